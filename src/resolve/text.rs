use std::collections::BTreeMap;

use super::{
    Candidate, Decision, Index, decide, frequent,
    name::{self, Word},
    weigh,
};
use crate::domain::*;

/// The longest text that is searched, in words: a headline and its summary.
const MAX_WORDS: usize = 400;

/// A one-word name must be this long to be told from a word of the language.
const LONG_WORD: usize = 6;

/// Words that stand before a name and make it another company's.
const BEFORE: &[&str] = &["nuova", "nuovo", "new", "nouvelle", "ex", "gruppo", "groupe"];

/// Which clients a text names: the longest name wins where two overlap.
pub(super) fn find(index: &Index, text: &str, country: Option<Country>) -> Decision {
    let mut words = name::words(text);
    words.truncate(MAX_WORDS);
    let long: Vec<&Word> = words.iter().filter(|w| w.folded.len() >= 4).collect();
    let title_case = long.len() >= 3 && long.iter().filter(|w| w.is_capital).count() * 10 >= long.len() * 8;
    let scene = Scene { index, words: &words, title_case, town_text: format!(" {} ", weigh::fold(text)), country };
    let mut found: BTreeMap<ClientId, Candidate> = BTreeMap::new();
    let mut at = 0;
    while at < words.len() {
        match scene.longest_name(at) {
            Some((len, places)) => {
                for candidate in scene.judge(at, len, places) {
                    let better = found.get(&candidate.client).is_none_or(|c| c.certainty < candidate.certainty);
                    if better {
                        found.insert(candidate.client, candidate);
                    }
                }
                at += len;
            }
            None => at += 1,
        }
    }
    // What the text names surely is linked; a doubtful name beside it is not worth a person's time.
    let sure = |c: &Candidate| c.certainty >= Certainty::MOVES_A_RATING;
    let any_sure = found.values().any(sure);
    decide(found.into_values().filter(|c| !any_sure || sure(c)).collect())
}

struct Scene<'a> {
    index: &'a Index,
    words: &'a [Word],
    /// Every word has a capital, so a capital says nothing.
    title_case: bool,
    town_text: String,
    country: Option<Country>,
}

impl<'a> Scene<'a> {
    /// The longest name that starts here: how many words of the text it takes, and whose it is.
    fn longest_name(&self, at: usize) -> Option<(usize, &'a [usize])> {
        if name::is_joint(&self.words[at].folded) {
            return None;
        }
        // A joint inside (`Rossi & Figli`) takes a word of the text and none of the key.
        let most = (self.index.longest + 2).min(self.words.len() - at);
        (1..=most).rev().find_map(|len| {
            let part = &self.words[at..at + len];
            let tokens: Vec<&str> = part.iter().map(|w| w.folded.as_str()).filter(|w| !name::is_joint(w)).collect();
            let ends_in_joint = part.last().is_some_and(|w| name::is_joint(&w.folded));
            let broken = part.iter().skip(1).any(|w| w.opens);
            let places = self.index.by_key.get(&tokens.join(" ")).filter(|_| !ends_in_joint && !broken)?;
            Some((len, places.as_slice()))
        })
    }

    fn judge(&self, at: usize, len: usize, places: &[usize]) -> Vec<Candidate> {
        let part = &self.words[at..at + len];
        let behind = &self.words[at + len..];
        let form = name::form_at(behind).filter(|_| behind.first().is_some_and(|w| !w.opens || w.folded.len() <= 5));
        let tokens: Vec<&str> = part.iter().map(|w| w.folded.as_str()).filter(|w| !name::is_joint(w)).collect();
        let n_distinctive = tokens.iter().filter(|t| self.index.is_distinctive(t)).count();
        // Words of the language that happen to be a name have no capitals in a text that uses them.
        let is_proper = part.iter().filter(|w| w.folded.len() >= 3 && !name::is_joint(&w.folded)).all(|w| w.is_capital);
        if !is_proper {
            return Vec::new();
        }
        let is_one = self.index.is_one_company(places);
        let is_longer = self.is_longer(at, len, form.is_some());
        let judged = places.iter().filter_map(|place| {
            let entry = &self.index.entries[*place];
            let town = entry.who.city.as_deref().map(weigh::fold);
            let has_town = town.is_some_and(|t| !t.is_empty() && self.town_text.contains(&format!(" {t} ")));
            let same_form = form.map(|(family, _)| entry.name.form == Some(family) || entry.name.form.is_none());
            let other_country = self.country.zip(entry.who.country).is_some_and(|(a, b)| a != b);
            let backed = same_form == Some(true) && has_town;
            let one_word = tokens.len() == 1;
            let is_named = match (one_word, n_distinctive) {
                (true, 1) => {
                    tokens[0].len() >= LONG_WORD && (!part[0].opens && !self.title_case || same_form == Some(true))
                }
                (true, _) => false,
                (false, 0) => backed,
                (false, _) => true,
            };
            let worth_a_look = n_distinctive > 0 || same_form == Some(true) || has_town;
            let may_be_person = entry.name.may_be_person() && form.is_none();
            let sure = is_one && is_named && !may_be_person && !is_longer && same_form != Some(false) && !other_country;
            let plus = f64::from(u8::from(same_form == Some(true))) + f64::from(u8::from(has_town));
            let certainty = if sure { 0.95 + 0.01 * plus } else { 0.6 + 0.1 * plus };
            (sure || worth_a_look).then(|| self.candidate(*place, part, form.map(|f| f.0), certainty))
        });
        judged.collect()
    }

    /// Whether the text goes on as if the name were only part of a longer one: `Acciai Santabruna Servizi`.
    fn is_longer(&self, at: usize, len: usize, has_form: bool) -> bool {
        let goes_on = self.words.get(at + len).filter(|w| !w.opens && !has_form).is_some_and(|w| {
            w.is_capital
                && !name::is_joint(&w.folded)
                && (!self.title_case || frequent::is_common(&w.folded) && w.folded.len() > 4)
        });
        let begins_before = at > 0 && !self.words[at].opens && {
            let before = &self.words[at - 1];
            let is_word = before.is_capital && !before.opens && before.folded.len() > 3;
            BEFORE.contains(&before.folded.as_str()) || (is_word && !self.title_case)
        };
        goes_on || begins_before
    }

    fn candidate(&self, place: usize, part: &[Word], form: Option<&str>, certainty: f64) -> Candidate {
        let spelled: Vec<&str> = part.iter().map(|w| w.folded.as_str()).chain(form).collect();
        let subject = Subject { name: spelled.join(" "), country: self.country, ..Subject::default() };
        let theirs = name::Name::of(&subject.name);
        self.index.candidate(place, &subject, &theirs, certainty)
    }
}
