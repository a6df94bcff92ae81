//! Legal forms: what a company says it is. The table is data (`tables/forms.toml`).

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

use super::words::{self, Word};

/// The most words that a form or a state is written in.
const MOST_WORDS: usize = 9;

/// Forms that are found also in the middle of a name must be this long, or words would be taken for them.
const LEAST_IN_THE_MIDDLE: usize = 3;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    form: Vec<WrittenForm>,
    states: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenForm {
    code: String,
    kind: Kind,
    #[serde(rename = "in")]
    countries: Vec<String>,
    #[serde(rename = "as")]
    spellings: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Limited,
    Public,
    Partnership,
    Silent,
    Cooperative,
    Sole,
    Civil,
    Consortium,
    Association,
}

/// A spelling of one or several legal forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form(u16);

/// What two legal forms say of two names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// They are one form.
    Same,
    /// They are one kind of company in two countries: a translation, perhaps. It says nothing.
    Kindred,
    /// They are two.
    Different,
}

struct Table {
    forms: Vec<WrittenForm>,
    /// By what is written, without blanks: which set of forms.
    spellings: HashMap<String, Form>,
    /// The forms that share a spelling.
    sets: Vec<Vec<usize>>,
    states: std::collections::HashSet<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let written: Written = toml::from_str(include_str!("tables/forms.toml")).expect("the embedded table is valid");
    let mut by_spelling: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, form) in written.form.iter().enumerate() {
        for spelling in form.spellings.iter().map(|s| squeezed(s)) {
            let places = by_spelling.entry(spelling).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }
    let mut sets: Vec<Vec<usize>> = by_spelling.values().cloned().collect();
    sets.sort();
    sets.dedup();
    let place_of = |set: &Vec<usize>| Form(u16::try_from(sets.binary_search(set).unwrap_or(0)).unwrap_or(0));
    let spellings = by_spelling.iter().map(|(spelling, set)| (spelling.clone(), place_of(set))).collect();
    let states = written.states.iter().map(|s| squeezed(s)).collect();
    Table { forms: written.form, spellings, sets, states }
});

/// What is written, without blanks and joints.
fn squeezed(text: &str) -> String {
    let words = words::words(text);
    words.iter().map(|w| w.folded.as_str()).filter(|w| !words::is_joint(w)).collect()
}

impl Form {
    fn all(self) -> impl Iterator<Item = &'static WrittenForm> {
        TABLE.sets[usize::from(self.0)].iter().map(|place| &TABLE.forms[*place])
    }

    /// The code of the first form that is written so.
    pub(super) fn code(self) -> &'static str {
        self.all().next().map_or("", |form| form.code.as_str())
    }

    /// For storing.
    pub(super) fn number(self) -> u16 {
        self.0
    }

    /// From storing.
    pub(super) fn of_number(number: u16) -> Option<Self> {
        (usize::from(number) < TABLE.sets.len()).then_some(Self(number))
    }

    /// One person trades under it: the name may be the person's.
    pub(super) fn is_sole(self) -> bool {
        self.all().any(|form| form.kind == Kind::Sole)
    }

    pub(super) fn likeness(self, other: Self) -> Likeness {
        let (ours, theirs) = (|| self.all(), || other.all());
        if self == other || ours().any(|a| theirs().any(|b| a.code == b.code)) {
            return Likeness::Same;
        }
        let apart = |a: &WrittenForm, b: &WrittenForm| !a.countries.iter().any(|c| b.countries.contains(c));
        let kindred = |a: &WrittenForm| theirs().any(|b| a.kind == b.kind && apart(a, b));
        if ours().any(kindred) { Likeness::Kindred } else { Likeness::Different }
    }
}

/// Takes legal forms and states off the ends of a name; answers the form. At least one word of the name stays.
pub(super) fn strip(tokens: &mut Vec<String>) -> Option<Form> {
    let whole = tokens.clone();
    let mut form = None;
    while let Some((len, found)) = at_end(tokens) {
        tokens.truncate(tokens.len() - len);
        form = found.or(form);
    }
    if let Some((len, found)) = at_start(tokens).filter(|(_, found)| form.is_none() || found.code() == "spc") {
        tokens.drain(..len);
        form = form.or(Some(found));
    }
    if form.is_none() {
        form = take_from_the_middle(tokens);
    }
    if tokens.is_empty() {
        *tokens = whole;
        return None;
    }
    form
}

/// The longest form or state that ends the name, with more words before it.
fn at_end(tokens: &[String]) -> Option<(usize, Option<Form>)> {
    let most = MOST_WORDS.min(tokens.len().saturating_sub(1));
    (1..=most).rev().find_map(|len| {
        let written = tokens[tokens.len() - len..].concat();
        if TABLE.states.contains(&written) {
            return Some((len, None));
        }
        Some((len, Some(*TABLE.spellings.get(&written)?)))
    })
}

fn at_start(tokens: &[String]) -> Option<(usize, Form)> {
    let most = MOST_WORDS.min(tokens.len().saturating_sub(1));
    (1..=most).rev().find_map(|len| Some((len, *TABLE.spellings.get(&tokens[..len].concat())?)))
}

/// `Rossi S.r.l. Costruzioni`: a form of its own word, in a name that has more words around it.
fn take_from_the_middle(tokens: &mut Vec<String>) -> Option<Form> {
    let inside = 1..tokens.len().saturating_sub(1);
    let is_form = |token: &String| token.len() >= LEAST_IN_THE_MIDDLE && !token.bytes().any(|b| b"aeiou".contains(&b));
    let place = inside.into_iter().find(|p| is_form(&tokens[*p]) && TABLE.spellings.contains_key(&tokens[*p]))?;
    let form = TABLE.spellings.get(&tokens[place]).copied();
    tokens.remove(place);
    form
}

/// The legal form that stands at the beginning of these words of a text, and how many words it takes.
pub(super) fn at_words(words: &[Word]) -> Option<(Form, usize)> {
    let most = MOST_WORDS.min(words.len());
    (1..=most).rev().find_map(|len| {
        let parts = words[..len].iter().map(|w| w.folded.as_str()).filter(|w| !words::is_joint(w));
        Some((*TABLE.spellings.get(&parts.collect::<String>())?, len))
    })
}
