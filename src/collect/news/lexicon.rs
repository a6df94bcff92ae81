//! The phrases, from `lexicon/*.toml`, compiled once.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::tokens::Token;
use crate::domain::{Nace, NewsEvent};

/// The files; a language more is a file more.
const FILES: [(&str, &str); 6] = [
    ("it", include_str!("lexicon/it.toml")),
    ("en", include_str!("lexicon/en.toml")),
    ("fr", include_str!("lexicon/fr.toml")),
    ("de", include_str!("lexicon/de.toml")),
    ("es", include_str!("lexicon/es.toml")),
    ("", include_str!("lexicon/sectors.toml")),
];

/// Words between the two sides of a `~`.
const MAX_GAP: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    friends: Vec<String>,
    #[serde(default)]
    denied: Vec<String>,
    #[serde(default)]
    undone: Vec<String>,
    #[serde(default)]
    negators: Vec<String>,
    #[serde(default)]
    avoided: Vec<String>,
    #[serde(default)]
    market: Vec<String>,
    #[serde(default)]
    event: Vec<WrittenEvent>,
    #[serde(default)]
    sector: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    not_names: Vec<String>,
    #[serde(default)]
    institutions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEvent {
    is: String,
    severity: u8,
    phrases: Vec<String>,
}

/// What a phrase means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    /// Looks like an event and is none.
    Friend,
    /// Somebody says that it is not so: counts for the whole text.
    Denied,
    /// It was taken back, rejected, averted: counts for what stands nearest.
    Undone,
    /// `No`, `not`, `without`: counts for what follows and never for what went before.
    Negator,
    /// It is what somebody wants to avoid: takes away what stands nearest.
    Avoided,
    /// Speaks of many companies.
    Market,
    /// An event and how bad it is.
    Event(NewsEvent, u8),
    /// A field of activity.
    Sector(Nace),
}

/// One element of a phrase.
#[derive(Debug)]
enum Part {
    /// One of these words; a trailing `*` takes any ending.
    Word(Vec<(String, bool)>),
    /// Up to [`MAX_GAP`] words.
    Gap,
}

/// A phrase and what it means.
#[derive(Debug)]
pub(super) struct Phrase {
    parts: Vec<Part>,
    pub(super) meaning: Meaning,
    /// The language of its file; empty for words of several.
    pub(super) language: &'static str,
}

/// All phrases, and the words that name no company.
#[derive(Debug)]
pub(super) struct Lexicon {
    pub(super) phrases: Vec<Phrase>,
    not_names: Vec<Part>,
    institutions: Vec<Part>,
}

/// The lexicon of this build.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    // The files are part of the binary, and a test reads them all: an error here is a broken build.
    let read = |(language, text): &(&'static str, &str)| {
        toml::from_str(text).map(|file| (*language, file)).map_err(|e| e.to_string())
    };
    let files: Result<Vec<(&str, File)>, String> = FILES.iter().map(read).collect();
    files.and_then(Lexicon::of).expect("the embedded lexicon is valid")
});

impl Lexicon {
    fn of(files: Vec<(&'static str, File)>) -> Result<Self, String> {
        let mut lexicon = Self { phrases: Vec::new(), not_names: Vec::new(), institutions: Vec::new() };
        for (language, file) in files {
            let lists = [
                (file.friends, Meaning::Friend),
                (file.denied, Meaning::Denied),
                (file.undone, Meaning::Undone),
                (file.negators, Meaning::Negator),
                (file.avoided, Meaning::Avoided),
                (file.market, Meaning::Market),
            ];
            for (phrases, meaning) in lists {
                lexicon.add(&phrases, meaning, language);
            }
            for event in file.event {
                let is: NewsEvent = event.is.parse().map_err(|e| format!("{e}"))?;
                lexicon.add(&event.phrases, Meaning::Event(is, event.severity.min(5)), language);
            }
            for (code, phrases) in file.sector {
                let sector: Nace = code.parse().map_err(|e| format!("{e}"))?;
                lexicon.add(&phrases, Meaning::Sector(sector), language);
            }
            lexicon.not_names.extend(file.not_names.iter().map(|word| word_part(word)));
            lexicon.institutions.extend(file.institutions.iter().map(|word| word_part(word)));
        }
        Ok(lexicon)
    }

    fn add(&mut self, phrases: &[String], meaning: Meaning, language: &'static str) {
        let compile = |text: &String| Phrase { parts: text.split_whitespace().map(part).collect(), meaning, language };
        self.phrases.extend(phrases.iter().map(compile));
    }

    /// Whether a word is too common to be a company's name.
    pub(super) fn is_common(&self, folded: &str) -> bool {
        self.not_names.iter().any(|part| part.takes(folded))
    }

    /// Whether a word names a court, an office, an agency, a place: they act in the news, and are not its subject.
    pub(super) fn is_institution(&self, folded: &str) -> bool {
        self.institutions.iter().any(|part| part.takes(folded))
    }
}

fn part(text: &str) -> Part {
    if text == "~" { Part::Gap } else { word_part(text) }
}

/// `fallit*|fallimento`
fn word_part(text: &str) -> Part {
    let word = |w: &str| (w.trim_end_matches('*').to_owned(), w.ends_with('*'));
    Part::Word(text.split('|').map(word).collect())
}

impl Part {
    fn takes(&self, folded: &str) -> bool {
        match self {
            Self::Word(words) => {
                words.iter().any(|(word, open)| if *open { folded.starts_with(word.as_str()) } else { folded == word })
            }
            Self::Gap => true,
        }
    }
}

impl Phrase {
    /// Which of these words the phrase takes when it begins at the first; none when it does not. What stands in a gap
    /// is not taken.
    pub(super) fn match_at(&self, tokens: &[Token]) -> Option<Vec<usize>> {
        let mut taken = Vec::new();
        match_parts(&self.parts, tokens, 0, &mut taken).then_some(taken)
    }
}

fn match_parts(parts: &[Part], tokens: &[Token], at: usize, taken: &mut Vec<usize>) -> bool {
    match parts {
        [] => true,
        [Part::Gap, rest @ ..] => {
            // A gap stays in its clause: beyond a comma another thing is said.
            let clause = |at: usize| tokens.get(at).map(|token| token.clause);
            let here = at.checked_sub(1).and_then(clause);
            (at..=at + MAX_GAP).take_while(|to| clause(*to) == here).any(|to| match_parts(rest, tokens, to, taken))
        }
        [part, rest @ ..] => {
            if !tokens.get(at).is_some_and(|token| part.takes(&token.folded)) {
                return false;
            }
            taken.push(at);
            if match_parts(rest, tokens, at + 1, taken) {
                return true;
            }
            taken.pop();
            false
        }
    }
}
