//! From a record to the clients that are worth comparing, and from the comparisons to a decision.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Because, Candidate, Decision, Index,
    build::Row,
    compare::{self, Tie},
    forms::Form,
    name::{self, Name},
    number::{Likeness, Number},
    places::{Street, Town},
    weigh::{self, Names, Scales},
    words,
};
use crate::domain::*;

/// Names that are looked at because they share a word; the rarest words come first, so what is left out is far.
const MAX_TOUCHED: usize = 2_000;
/// Names that are compared field by field.
const MAX_COMPARED: usize = 40;
/// Names of one spelling that are compared: a name borne by more is nobody's.
const MAX_HOMONYMS: usize = 200;
/// The most candidates that are put before a person.
const MAX_CANDIDATES: usize = 5;
/// Under this nobody's time is worth it.
const WORTH_A_LOOK: f64 = 0.05;
/// A word like one of theirs is so much less worth as one that is theirs.
const OF_ALIKE: f64 = 0.8;

/// A record, folded once.
pub(super) struct Query<'a> {
    pub(super) subject: &'a Subject,
    names: Vec<Name>,
    numbers: Vec<Number>,
    town: Option<Town>,
    street: Option<Street>,
}

/// A client compared with a record.
pub(super) struct Compared {
    pub(super) row: u32,
    pub(super) scales: Scales,
}

impl<'a> Query<'a> {
    pub(super) fn new(subject: &'a Subject) -> Self {
        let names = [&subject.name].into_iter().chain(&subject.other_names).map(|name| Name::of(name));
        Self {
            subject,
            names: names.filter(|name| !name.tokens.is_empty()).collect(),
            numbers: subject.identifiers.iter().map(Number::of).collect(),
            town: subject.city.as_deref().and_then(|city| Town::of(city, subject.country)),
            street: subject.address.as_deref().and_then(Street::of),
        }
    }
}

impl Index {
    /// Whose record is it?
    pub fn resolve(&self, subject: &Subject) -> Decision {
        let query = Query::new(subject);
        let compared = self.candidates(&query).into_iter().filter_map(|name| self.compare(&query, name)).collect();
        self.decide(compared, WORTH_A_LOOK)
    }

    /// The names that may be the record's: those of its numbers, those spelled alike, those that share its rarest words.
    fn candidates(&self, query: &Query<'_>) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        for number in &query.numbers {
            let rows = self.by_number.find(name::hash([number.key.as_str()].into_iter()));
            found.extend(rows.take(MAX_HOMONYMS).map(|row| self.rows[row as usize].name));
        }
        let mut is_spelled_alike = false;
        for name in &query.names {
            for hash in [name::run(&name.tokens), name::set(&name.tokens)] {
                let alike: Vec<u32> = self.by_name.find(hash).take(MAX_HOMONYMS).collect();
                is_spelled_alike |= !alike.is_empty();
                found.extend(alike);
            }
        }
        for name in &query.names {
            found.extend(self.sharing(name, is_spelled_alike));
        }
        found
    }

    /// Names that share the rarest words of a name, the most telling first. Words with a slip are looked for only where
    /// nothing is spelled as the record is.
    fn sharing(&self, name: &Name, is_spelled_alike: bool) -> Vec<u32> {
        let mut lists: Vec<(&[u32], f64)> = Vec::new();
        for token in &name.tokens {
            let own = self.lexicon.find(token);
            lists.extend(own.map(|number| (self.lexicon.names(number), self.bits(token))));
            if !is_spelled_alike {
                let alike = self.lexicon.alike(token).into_iter();
                let alike = alike.filter(|number| compare::tie(token, self.lexicon.word(*number)).is_some());
                lists.extend(alike.map(|n| (self.lexicon.names(n), OF_ALIKE * self.bits(self.lexicon.word(n)))));
            }
        }
        lists.sort_by_key(|(names, _)| names.len());
        let mut touched: Vec<(u32, f64)> = Vec::new();
        for (names, bits) in &lists {
            if touched.len() + names.len() > MAX_TOUCHED {
                // A long list only helps those that a rarer word has found already.
                let found: BTreeSet<u32> = touched.iter().map(|(name, _)| *name).collect();
                touched.extend(found.into_iter().filter(|n| names.binary_search(n).is_ok()).map(|n| (n, *bits)));
            } else {
                touched.extend(names.iter().map(|name| (*name, *bits)));
            }
        }
        if touched.is_empty() && lists.len() > 1 {
            touched = common(lists[0].0, lists[1].0).map(|name| (name, 1.0)).take(MAX_TOUCHED).collect();
        }
        best(touched)
    }

    /// How rare a word is, in bits.
    fn bits(&self, word: &str) -> f64 {
        -self.share(word).log2()
    }

    pub(super) fn share(&self, word: &str) -> f64 {
        weigh::share(word, self.lexicon.count(word), self.names.len())
    }

    /// Weighs a record against a client by one of the client's names.
    fn compare(&self, query: &Query<'_>, name: u32) -> Option<Compared> {
        let place = self.names[name as usize].row;
        let ours = self.words(name);
        let best_of = |name: &&Name| shared_letters(&name.tokens, &ours);
        let theirs = query.names.iter().max_by_key(best_of);
        let row = &self.rows[place as usize];
        let is_person = query.subject.is_person || theirs.is_some_and(Name::may_be_person) && self.may_be_person(name);
        let mut scales = Scales::new(is_person, false);
        if let Some(theirs) = theirs {
            self.put_name(&mut scales, query, theirs, name);
            let form = self.names[name as usize].form();
            self.put_form(&mut scales, theirs, form, query.subject.is_person || theirs.may_be_person(), name);
        }
        self.put_places(&mut scales, query, row);
        self.put_numbers(&mut scales, query, row);
        Some(Compared { row: place, scales })
    }

    pub(super) fn may_be_person(&self, name: u32) -> bool {
        let tokens = self.words(name).into_iter().map(str::to_owned).collect();
        Name { tokens, form: self.names[name as usize].form() }.may_be_person()
    }

    /// Whether a name without a form holds a given name: `Galli Infissi di Galli Mario` is a person's own trade.
    fn names_a_person(&self, name: u32) -> bool {
        self.words(name).into_iter().any(words::is_given_name)
    }

    fn put_name(&self, scales: &mut Scales, query: &Query<'_>, theirs: &Name, name: u32) {
        let row = &self.rows[self.names[name as usize].row as usize];
        let words_theirs: Vec<&str> = theirs.tokens.iter().map(String::as_str).collect();
        let ours = self.words(name);
        let pairing = compare::pair(&words_theirs, &ours);
        let is_whole = pairing.ties.iter().all(|(.., tie)| *tie == Tie::Exact);
        let is_same = is_whole && pairing.only_theirs.is_empty() && pairing.only_ours.is_empty();
        let is_one_run = !is_same && name::run(&words_theirs) == name::run(&ours);
        let is_foreign_script = words::is_foreign_script(&query.subject.name);
        let n_homonyms = if is_same || is_one_run { self.homonyms(name) } else { 0 };
        let names =
            Names { theirs: &words_theirs, ours: &ours, pairing: &pairing, is_one_run, is_foreign_script, n_homonyms };
        let town = row.town.map(|town| &self.towns[town as usize].0.name);
        let is_town =
            |word: &str| town.is_some_and(|t| t == word) || query.town.as_ref().is_some_and(|t| t.name == word);
        let found = names.likelihood(|word| self.share(word), is_town);
        scales.put("name", &query.subject.name, self.name(row), found);
    }

    /// How many other companies among the clients have exactly this name.
    pub(super) fn homonyms(&self, name: u32) -> usize {
        let own = self.names[name as usize].row;
        let alike = self.by_name.find(name::set(&self.words(name))).take(MAX_HOMONYMS);
        let rows: BTreeSet<u32> = alike.map(|name| self.names[name as usize].row).filter(|row| *row != own).collect();
        rows.into_iter().filter(|row| !self.is_one_company(*row, own)).count()
    }

    pub(super) fn put_form(&self, scales: &mut Scales, theirs: &Name, ours: Option<Form>, is_person: bool, name: u32) {
        let text = |form: Option<Form>| form.map_or("", Form::code);
        let says = match (theirs.form, ours) {
            (Some(a), Some(b)) => weigh::form(a.likeness(b)),
            (None, Some(form)) if is_person && !form.is_sole() => Some(weigh::person_and_company()),
            (Some(form), None) if !form.is_sole() && self.names_a_person(name) => Some(weigh::person_and_company()),
            _ => None,
        };
        if let Some(found) = says {
            scales.put("form", text(theirs.form), text(ours), found);
        }
    }

    fn put_places(&self, scales: &mut Scales, query: &Query<'_>, row: &Row) {
        let subject = query.subject;
        if let Some((theirs, ours)) = subject.country.zip(row.country) {
            scales.put("country", theirs.code(), ours.code(), weigh::country(theirs == ours));
        }
        if let Some((theirs, ours)) = query.town.as_ref().zip(row.town) {
            let (ours, n_there) = &self.towns[ours as usize];
            let found = weigh::city(theirs.likeness(ours), *n_there as usize, self.rows.len());
            scales.put("city", subject.city.as_deref().unwrap_or_default(), self.city(row), found);
        }
        let address = self.address(row);
        if let Some((theirs, ours)) = query.street.as_ref().zip(Street::of(address)) {
            let found = weigh::street(theirs.likeness(&ours));
            scales.put("address", subject.address.as_deref().unwrap_or_default(), address, found);
        }
        if let Some((theirs, ours)) = subject.sector.zip(row.sector) {
            let is_same = theirs.division().is_some() && theirs.division() == ours.division();
            let found = weigh::sector(is_same, theirs.section() == ours.section());
            scales.put("sector", &theirs.to_string(), &ours.to_string(), found);
        }
    }

    fn put_numbers(&self, scales: &mut Scales, query: &Query<'_>, row: &Row) {
        if query.numbers.is_empty() {
            return;
        }
        for (theirs, ours, likeness) in agreement(&query.numbers, &self.numbers(row)) {
            scales.put(field_of(theirs.kind), &theirs.text, &ours.text, weigh::number(theirs, likeness));
        }
    }

    /// Puts the candidates in order, each against its rivals: two that are equally likely are each half as sure.
    pub(super) fn decide(&self, compared: Vec<Compared>, worth_a_look: f64) -> Decision {
        // A client is compared by each of its names: the best one counts.
        let mut by_row: BTreeMap<u32, Compared> = BTreeMap::new();
        for one in compared {
            let is_better = by_row.get(&one.row).is_none_or(|known| known.scales.odds() < one.scales.odds());
            if is_better {
                by_row.insert(one.row, one);
            }
        }
        let mut compared: Vec<Compared> = by_row.into_values().collect();
        compared.sort_by(|a, b| b.scales.odds().total_cmp(&a.scales.odds()).then(a.row.cmp(&b.row)));
        let odds: Vec<(u32, f64)> = compared.iter().map(|c| (c.row, c.scales.odds())).collect();
        let candidates = compared.into_iter().take(MAX_CANDIDATES).map(|c| {
            let rivals = odds.iter().filter(|(row, _)| *row != c.row && !self.is_one_company(*row, c.row));
            let rivals = rivals.map(|(_, odds)| odds).sum();
            self.candidate(c, rivals)
        });
        let mut candidates: Vec<Candidate> = candidates.filter(|c| c.certainty.get() >= worth_a_look).collect();
        candidates.sort_by(|a, b| b.certainty.get().total_cmp(&a.certainty.get()));
        let is_sure = |c: &Candidate| c.certainty >= Certainty::MOVES_A_RATING;
        match candidates.as_slice() {
            [] => Decision::None,
            [first, ..] if is_sure(first) => Decision::Link(candidates.into_iter().filter(is_sure).collect()),
            _ => Decision::Review(candidates),
        }
    }

    fn candidate(&self, compared: Compared, rivals: f64) -> Candidate {
        let Compared { row, scales } = compared;
        let row = &self.rows[row as usize];
        let alone = scales.odds();
        let odds = alone / (1.0 + rivals);
        let mut because = scales.because();
        if rivals > 0.0 {
            let weight = odds.log2() - alone.log2();
            because.push(Because { field: "homonym", theirs: String::new(), ours: "other clients".to_owned(), weight });
        }
        let certainty = Certainty::new(odds / (1.0 + odds)).unwrap_or(Certainty::CERTAIN);
        Candidate { client: row.client, certainty, because }
    }

    /// Whether two rows are one company in several books: they share a number, or name, town and legal form are given
    /// and the same, and no number differs.
    pub(super) fn is_one_company(&self, a: u32, b: u32) -> bool {
        let (a, b) = (&self.rows[a as usize], &self.rows[b as usize]);
        let (ours, theirs) = (self.numbers(a), self.numbers(b));
        let says: Vec<Likeness> = agreement(&theirs, &ours).into_iter().map(|(.., likeness)| likeness).collect();
        let form = |row: &Row| self.names[row.name as usize].form();
        let is_same_name = name::set(&self.words(a.name)) == name::set(&self.words(b.name));
        let is_same_town = a.town.is_some() && a.town == b.town && a.country == b.country;
        let has_same = says.contains(&Likeness::Same);
        is_same_name
            && !says.iter().any(|likeness| *likeness != Likeness::Same)
            && (has_same || (is_same_town && form(a) == form(b)))
    }
}

/// Letters of words that are in both names.
fn shared_letters(theirs: &[String], ours: &[&str]) -> usize {
    theirs.iter().filter(|t| ours.contains(&t.as_str())).map(String::len).sum()
}

/// What each numbering that both sides have says: one kind may hold two numbers, and only one without any agreement
/// contradicts.
fn agreement<'n>(theirs: &'n [Number], ours: &'n [Number]) -> Vec<(&'n Number, &'n Number, Likeness)> {
    let best = |number: &'n Number| {
        let pairs = ours.iter().filter_map(|o| Some((number, o, number.likeness(o)?)));
        pairs.min_by_key(|(.., likeness)| *likeness as u8)
    };
    theirs.iter().filter_map(best).collect()
}

fn field_of(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Tax => "tax",
        IdentifierKind::Registry => "registry",
        IdentifierKind::Lei => "lei",
    }
}

/// The names that collect the most bits.
fn best(mut touched: Vec<(u32, f64)>) -> Vec<u32> {
    touched.sort_unstable_by_key(|(name, _)| *name);
    let mut sums: Vec<(u32, f64)> = Vec::new();
    for (name, bits) in touched {
        match sums.last_mut() {
            Some(last) if last.0 == name => last.1 += bits,
            _ => sums.push((name, bits)),
        }
    }
    sums.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    sums.into_iter().take(MAX_COMPARED).map(|(name, _)| name).collect()
}

/// What two sorted lists share.
fn common<'l>(short: &'l [u32], long: &'l [u32]) -> impl Iterator<Item = u32> {
    let mut rest = long;
    short.iter().copied().filter(move |name| {
        rest = &rest[rest.partition_point(|other| other < name)..];
        rest.first() == Some(name)
    })
}
