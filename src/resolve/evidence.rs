//! A record beside one client: field by field onto the scales, the dear ones last.

use super::{
    Index,
    build::Row,
    compare::{self, Tie},
    decide::{self, Compared},
    forms::Form,
    name::{self, Name},
    places::{self, Street},
    scales::Scales,
    search::{Asked, Query},
    weigh::{self, Names},
    words,
};
use crate::domain::*;

/// Odds that make nobody look, whatever else is found: one in twenty is worth a look, and this is one in fifty.
const HOPELESS: f64 = 0.02;

impl Index {
    /// Weighs a record against a client by one of the client's names; none where nothing that is still to be compared
    /// could make it worth a look.
    pub(super) fn compare<'a>(&'a self, query: &'a Query<'a>, name: u32) -> Option<Compared<'a>> {
        let place = self.names[name as usize].row;
        let row = &self.rows[place as usize];
        let ours = self.words(name);
        let asked = match query.names.as_slice() {
            [one] => Some(one),
            several => several.iter().max_by_key(|asked| shared_letters(&asked.name.tokens, &ours)),
        };
        let theirs = asked.map(|asked| &asked.name);
        let form = self.names[name as usize].form();
        let may_be_person = theirs.is_some_and(Name::may_be_person);
        let is_person = query.subject.is_person || may_be_person && name::may_be_person(&ours, form);
        let mut scales = Scales::new(is_person, false);
        if let Some(asked) = asked {
            self.put_name(&mut scales, query, asked, &ours, name);
            put_form(&mut scales, &asked.name, form, query.subject.is_person || may_be_person, &ours);
        }
        // A number may turn everything, so nothing is hopeless before the numbers are compared.
        let is_hopeless = |scales: &Scales<'_>, best| query.numbers.is_empty() && scales.odds_if(best) < HOPELESS;
        if is_hopeless(&scales, weigh::PLACES_AT_BEST) {
            return None;
        }
        let is_other_town = self.put_places(&mut scales, query, row);
        if is_hopeless(&scales, weigh::STREET_AND_SECTOR_AT_BEST) {
            return None;
        }
        self.put_address(&mut scales, query, row, is_other_town);
        self.put_numbers(&mut scales, query, row);
        Some(Compared { row: place, scales })
    }

    fn put_name<'a>(&'a self, scales: &mut Scales<'a>, query: &'a Query<'a>, asked: &Asked, ours: &[&str], name: u32) {
        let row = &self.rows[self.names[name as usize].row as usize];
        let theirs: Vec<&str> = asked.name.tokens.iter().map(String::as_str).collect();
        let pairing = compare::pair(&theirs, ours);
        let is_whole = pairing.ties.iter().all(|(.., tie)| *tie == Tie::Exact);
        let is_same = is_whole && pairing.only_theirs.is_empty() && pairing.only_ours.is_empty();
        let is_one_run = !is_same && asked.run == name::run(ours);
        let shares: Vec<f64> = self.word_numbers(name).iter().map(|number| self.share_of(*number)).collect();
        let names = Names {
            theirs: &theirs,
            ours,
            shares_theirs: &asked.shares,
            shares_ours: &shares,
            known_theirs: &asked.known,
            pairing: &pairing,
            is_one_run,
            is_foreign_script: query.is_foreign_script,
            n_homonyms: if is_same || is_one_run { self.homonyms(name) } else { 0 },
            falling_together: self.falling_together,
        };
        let town = row.town.map(|town| &self.towns[town as usize].0.name);
        let is_town =
            |word: &str| town.is_some_and(|t| t == word) || query.town.as_ref().is_some_and(|t| t.name == word);
        scales.put("name", query.subject.name.as_str(), self.name(row), names.likelihood(is_town));
    }

    /// Country and town; answers whether the towns are two.
    fn put_places<'a>(&'a self, scales: &mut Scales<'a>, query: &'a Query<'a>, row: &'a Row) -> bool {
        let subject = query.subject;
        if let Some((theirs, ours)) = subject.country.as_ref().zip(row.country.as_ref()) {
            scales.put("country", theirs.code(), ours.code(), weigh::country(theirs == ours));
        }
        if let Some((theirs, ours)) = query.town.as_ref().zip(row.town) {
            let (ours, n_there) = &self.towns[ours as usize];
            let likeness = theirs.likeness(ours);
            let found = weigh::city(likeness, *n_there as usize, self.rows.len());
            scales.put("city", subject.city.as_deref().unwrap_or_default(), self.city(row), found);
            return matches!(likeness, places::Likeness::Around | places::Likeness::Different);
        }
        false
    }

    fn put_address<'a>(&'a self, scales: &mut Scales<'a>, query: &'a Query<'a>, row: &'a Row, is_other_town: bool) {
        let (subject, address) = (query.subject, self.address(row));
        let likeness = query.street.as_ref().and_then(|theirs| Some(theirs.likeness(&Street::of(address)?)));
        if let Some(found) = likeness.and_then(|likeness| weigh::street(likeness, is_other_town)) {
            scales.put("address", subject.address.as_deref().unwrap_or_default(), address, found);
        }
        if let Some((theirs, ours)) = subject.sector.zip(row.sector) {
            let is_same = theirs.division().is_some() && theirs.division() == ours.division();
            let found = weigh::sector(is_same, theirs.section() == ours.section());
            scales.put("sector", theirs.to_string(), ours.to_string(), found);
        }
    }

    fn put_numbers(&self, scales: &mut Scales<'_>, query: &Query<'_>, row: &Row) {
        if query.numbers.is_empty() {
            return;
        }
        for (theirs, ours, likeness) in decide::agreement(&query.numbers, &self.numbers(row)) {
            let field = match theirs.kind {
                IdentifierKind::Tax => "tax",
                IdentifierKind::Registry => "registry",
                IdentifierKind::Lei => "lei",
            };
            scales.put(field, theirs.text.clone(), ours.text.clone(), weigh::number(theirs, likeness));
        }
    }
}

/// What the legal forms of two names say; `is_person` when theirs may be a person's.
pub(super) fn put_form(scales: &mut Scales<'_>, theirs: &Name, ours: Option<Form>, is_person: bool, words: &[&str]) {
    let text = |form: Option<Form>| form.map_or("", Form::code);
    // A name without a form that holds a given name (`Galli Infissi di Galli Mario`) is a person's own trade.
    let names_a_person = || words.iter().any(|word| words::is_given_name(word));
    let says = match (theirs.form, ours) {
        (Some(a), Some(b)) => weigh::form(a.likeness(b)),
        (None, Some(form)) if is_person && !form.is_sole() => Some(weigh::person_and_company()),
        (Some(form), None) if !form.is_sole() && names_a_person() => Some(weigh::person_and_company()),
        _ => None,
    };
    if let Some(found) = says {
        scales.put("form", text(theirs.form), text(ours), found);
    }
}

/// Letters of words that are in both names.
fn shared_letters(theirs: &[String], ours: &[&str]) -> usize {
    theirs.iter().filter(|t| ours.contains(&t.as_str())).map(String::len).sum()
}
