use super::{
    Decision, Index, compare,
    decide::Compared,
    evidence, forms,
    name::{self, Name},
    places::Town,
    scales::Scales,
    weigh::{self, Names},
    words::{self, Word},
};
use crate::domain::*;

/// The longest text that is searched, in words: a headline and its summary.
const MAX_WORDS: usize = 400;

/// A one-word name must be this long to be told from a word of the language.
const LONG_WORD: usize = 6;

/// Names of one spelling that are looked at.
const MAX_HOMONYMS: usize = 20;

/// A headline that names a client less surely than this is not worth a person's time.
const WORTH_A_LOOK: f64 = 0.2;

/// Words that stand before a name and make it another company's.
const BEFORE: &[&str] = &["nuova", "nuovo", "new", "nouvelle", "ex", "gruppo", "groupe", "group", "gruppe"];

impl Index {
    /// Which clients does this text name (a headline in it, it, en, fr)? Whole words only; generic names need their legal
    /// form or their town.
    pub fn find_in_text(&self, text: &str, country: Option<Country>) -> Decision {
        let mut words = words::words(text);
        words.truncate(MAX_WORDS);
        let long: Vec<&Word> = words.iter().filter(|w| w.folded.len() >= 4).collect();
        let title_case = long.len() >= 3 && long.iter().filter(|w| w.is_capital).count() * 10 >= long.len() * 8;
        let known = words.iter().map(|w| self.lexicon.find(&w.folded).is_some()).collect();
        let scene = Scene { index: self, words: &words, known, title_case, country };
        let mut found = Vec::new();
        let mut at = 0;
        while at < words.len() {
            match scene.longest_name(at) {
                Some((len, names)) => {
                    found.extend(names.into_iter().filter_map(|name| scene.judge(at, len, name)));
                    at += len;
                }
                None => at += 1,
            }
        }
        // What the text names surely is linked; two companies in one headline are no rivals.
        let mut links = Vec::new();
        let mut reviews = Vec::new();
        for (_, compared) in groups(found) {
            match self.decide(compared, WORTH_A_LOOK) {
                Decision::Link(candidates) => links.extend(candidates),
                Decision::Review(candidates) => reviews.extend(candidates),
                Decision::None => {}
            }
        }
        reviews.sort_by(|a, b| b.certainty.get().total_cmp(&a.certainty.get()));
        links.sort_by_key(|candidate| candidate.client);
        links.dedup_by_key(|candidate| candidate.client);
        match (links.is_empty(), reviews.is_empty()) {
            (false, _) => Decision::Link(links),
            (true, false) => Decision::Review(reviews),
            (true, true) => Decision::None,
        }
    }
}

/// What was found, by the place in the text where it stands.
fn groups(found: Vec<(usize, Compared<'_>)>) -> Vec<(usize, Vec<Compared<'_>>)> {
    let mut groups: Vec<(usize, Vec<Compared<'_>>)> = Vec::new();
    for (at, compared) in found {
        match groups.last_mut() {
            Some((place, group)) if *place == at => group.push(compared),
            _ => groups.push((at, vec![compared])),
        }
    }
    groups
}

struct Scene<'a, 't> {
    index: &'a Index,
    words: &'t [Word],
    /// Which of them stand in some client's name.
    known: Vec<bool>,
    /// Every word has a capital, so a capital says nothing.
    title_case: bool,
    country: Option<Country>,
}

impl<'a> Scene<'a, '_> {
    /// The longest name that starts here: how many words of the text it takes, and whose names it is.
    fn longest_name(&self, at: usize) -> Option<(usize, Vec<u32>)> {
        if !self.known[at] {
            return None;
        }
        // A joint inside (`Rossi & Figli`) takes a word of the text and none of the name.
        let most = (self.index.longest + 2).min(self.words.len() - at);
        let goes_on = |place: &usize| {
            let word = &self.words[*place];
            (self.known[*place] || words::is_joint(&word.folded)) && (*place == at || !word.opens)
        };
        let most = (at..at + most).take_while(goes_on).count();
        (1..=most).rev().find_map(|len| {
            let part = &self.words[at..at + len];
            if part.last().is_some_and(|w| words::is_joint(&w.folded)) {
                return None;
            }
            let names: Vec<u32> = self.index.by_name.find(name::run(&named(part))).take(MAX_HOMONYMS).collect();
            (!names.is_empty()).then_some((len, names))
        })
    }

    /// How surely the words name this client; none when they are words of the language.
    fn judge(&self, at: usize, len: usize, name: u32) -> Option<(usize, Compared<'a>)> {
        let part = &self.words[at..at + len];
        // Words of the language that happen to be a name have no capitals in a text that uses them.
        let is_proper = |w: &&Word| w.folded.len() < 3 || words::is_joint(&w.folded) || w.is_capital;
        if !part.iter().all(|w| is_proper(&w)) {
            return None;
        }
        let index = self.index;
        let row_place = index.names[name as usize].row;
        let row = &index.rows[row_place as usize];
        let tokens = named(part);
        let theirs =
            Name { tokens: tokens.iter().map(|t| (*t).to_owned()).collect(), form: self.form_behind(at + len) };
        let form = index.names[name as usize].form();
        let is_person = theirs.may_be_person() && name::may_be_person(&tokens, form);
        let mut scales = Scales::new(is_person, true);
        let pairing = compare::pair(&tokens, &tokens);
        let shares: Vec<f64> = tokens.iter().map(|word| index.share(word)).collect();
        let names = Names {
            theirs: &tokens,
            ours: &tokens,
            shares_theirs: &shares,
            shares_ours: &shares,
            known_theirs: &vec![None; tokens.len()],
            pairing: &pairing,
            is_one_run: false,
            is_foreign_script: false,
            n_homonyms: index.homonyms(name),
            falling_together: index.falling_together,
        };
        scales.put("name", tokens.join(" "), index.name(row), names.likelihood(|_| false));
        evidence::put_form(&mut scales, &theirs, form, theirs.may_be_person(), &tokens);
        if let Some((theirs, ours)) = self.country.as_ref().zip(row.country.as_ref()) {
            scales.put("country", theirs.code().to_owned(), ours.code(), weigh::country(theirs == ours));
        }
        if row.town.is_some_and(|town| self.names_town(&index.towns[town as usize].0)) {
            scales.put("city", index.city(row), index.city(row), weigh::TOWN_NAMED);
        }
        if self.is_longer(at, len, theirs.form.is_some()) {
            scales.put("text", "part of a longer name", index.name(row), weigh::LONGER);
        } else if tokens.len() == 1 && theirs.form.is_none() && !self.is_name_alone(&part[0]) {
            scales.put("text", "may be a word", index.name(row), weigh::A_WORD);
        }
        Some((at, Compared { row: row_place, scales }))
    }

    fn form_behind(&self, at: usize) -> Option<forms::Form> {
        let behind = &self.words[at..];
        let begins = behind.first().is_some_and(|w| !w.opens || w.folded.len() <= 5);
        forms::at_words(behind).filter(|_| begins).map(|(form, _)| form)
    }

    /// Whether one word can only be a name: long, rare, and with a capital where the language writes none.
    fn is_name_alone(&self, word: &Word) -> bool {
        word.folded.len() >= LONG_WORD && words::is_rare(&word.folded) && !word.opens && !self.title_case
    }

    fn names_town(&self, town: &Town) -> bool {
        let joined =
            |len: usize| self.words.windows(len).map(|part| part.iter().map(|w| w.folded.as_str()).collect::<String>());
        (1..=3).flat_map(joined).any(|text| Town::of(&text, self.country).is_some_and(|named| named.name == town.name))
    }

    /// Whether the text goes on as if the name were only part of a longer one: `Acciai Santabruna Servizi`.
    fn is_longer(&self, at: usize, len: usize, has_form: bool) -> bool {
        let goes_on = self.words.get(at + len).filter(|w| !w.opens && !has_form).is_some_and(|w| {
            w.is_capital
                && !words::is_joint(&w.folded)
                && (!self.title_case || words::is_common(&w.folded) && w.folded.len() > 4)
        });
        let begins_before = at > 0 && !self.words[at].opens && {
            let before = &self.words[at - 1];
            let is_word = before.is_capital && !before.opens && before.folded.len() > 3;
            BEFORE.contains(&before.folded.as_str()) || (is_word && !self.title_case)
        };
        goes_on || begins_before
    }
}

/// The words that matter in a part of a text.
fn named(part: &[Word]) -> Vec<&str> {
    part.iter().map(|w| w.folded.as_str()).filter(|w| !words::is_joint(w)).collect()
}
