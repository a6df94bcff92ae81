//! The phrases, from the `toml` files beside this one, compiled once into one automaton over words.
//!
//! The notation, in text folded to lower case without accents, where an apostrophe or a hyphen is a blank:
//! `a|b` either word; `fallit*` any ending; `*insolvenz` any beginning; `@name` the words of the file's class `name`;
//! `il|la?` may be missing; `~` up to four words between, `~~` up to eight, in the same clause.

mod phrase;
mod written;

use std::{collections::HashMap, sync::LazyLock};

use aho_corasick::{AhoCorasick, MatchKind};

pub(super) use self::phrase::Phrase;
use self::{
    phrase::{Atoms, Part},
    written::{Classes, File},
};
use super::tokens::Token;
use crate::domain::{Nace, NewsEvent};

/// What a phrase means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    /// Looks like an event and is none.
    Friend,
    /// The text is of another world (sport, war, the stock exchange): these events are not meant, unless said in words
    /// that mean nothing else.
    Context(Events),
    /// Somebody says that it is not so: counts for the whole text.
    Denied,
    /// It was taken back, rejected, averted: counts for what stands nearest.
    Undone,
    /// `No`, `not`, `without`: counts for what follows and never for what went before.
    Negator,
    /// It is what somebody wants to avoid: takes away what stands nearest.
    Avoided,
    /// It is only said to be so.
    Rumoured,
    /// Speaks of many companies.
    Market,
    /// An event and how bad it is.
    Event(Happening),
    /// A field of activity.
    Sector(Nace),
}

/// An event as its table tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Happening {
    /// Which.
    pub(super) event: NewsEvent,
    /// How bad, 0 to 5.
    pub(super) severity: u8,
    /// Its words mean nothing else, whatever else the text speaks of, and happen to companies alone.
    pub(super) is_sure: bool,
    /// Good news that gives way to bad news beside it.
    pub(super) is_weak: bool,
}

/// A set of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Events(u16);

impl Events {
    /// The set with one more.
    pub(super) const fn with(self, event: NewsEvent) -> Self {
        Self(self.0 | 1 << event as u16)
    }

    /// Both together.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it is one of them.
    pub(super) const fn has(self, event: NewsEvent) -> bool {
        self.0 & 1 << event as u16 != 0
    }
}

/// What a word is to the names of companies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Too common to be a name.
    Common,
    /// A court, an office, an agency, a place: they act in the news, and are not its subject.
    Institution,
    /// A trade with which companies' names begin or end.
    Trade,
    /// Begins like a trade: `Edilcosta`, `Termoplast`.
    Compound,
    /// A legal form: it ends a name.
    Form,
    /// Says that a name follows.
    Introduction,
    /// Says that a place follows.
    BeforePlace,
    /// Stands inside names.
    Particle,
}

/// All phrases, and what words are to names.
#[derive(Debug)]
pub(super) struct Lexicon {
    phrases: Vec<Phrase>,
    /// Phrases by the atoms they may begin with.
    beginning_with: Vec<Vec<u32>>,
    /// Roles of atoms, one bit each.
    roles: Vec<u16>,
    automaton: AhoCorasick,
    /// What each pattern of the automaton stands for.
    atoms: Vec<u32>,
}

/// The words of a text, and which atoms of the lexicon each of them is.
pub(super) struct Marked<'a> {
    pub(super) tokens: &'a [Token],
    atoms: Vec<Vec<u32>>,
}

/// The lexicon of this build.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    // The files are part of the binary, and a test reads them all: an error here is a broken build.
    written::files().and_then(Lexicon::of).expect("the embedded lexicon is valid")
});

/// The lexicon in the course of being compiled.
#[derive(Debug, Default)]
struct Builder {
    atoms: Atoms,
    phrases: Vec<Phrase>,
    roles: HashMap<u32, u16>,
}

impl Lexicon {
    fn of(files: Vec<(&'static str, File)>) -> Result<Self, String> {
        let mut builder = Builder::default();
        for (language, file) in files {
            let wrong = |e: String| format!("lexicon {language:?}: {e}");
            builder.add_file(language, file).map_err(wrong)?;
        }
        builder.finish()
    }

    /// Finds which atoms the words are: one pass over the text, whatever the size of the lexicon.
    pub(super) fn mark<'a>(&self, tokens: &'a [Token]) -> Marked<'a> {
        let mut text = String::from(" ");
        let mut word_at = vec![0; 1];
        for (place, token) in tokens.iter().enumerate() {
            text.push_str(&token.folded);
            text.push(' ');
            word_at.resize(text.len(), place);
        }
        let mut atoms: Vec<Vec<u32>> = vec![Vec::new(); tokens.len()];
        for found in self.automaton.find_overlapping_iter(&text) {
            // The last letter lies inside the word for every kind of atom but one that ends in a blank.
            let at = word_at.get(found.end().saturating_sub(2)).copied().unwrap_or_default();
            let (Some(atom), Some(atoms)) = (self.atoms.get(found.pattern().as_usize()), atoms.get_mut(at)) else {
                continue;
            };
            atoms.push(*atom);
        }
        Marked { tokens, atoms }
    }

    /// The phrases that may begin at a word.
    pub(super) fn beginning_at<'a>(&'a self, marked: &'a Marked<'_>, at: usize) -> impl Iterator<Item = &'a Phrase> {
        let atoms = marked.atoms.get(at).map(Vec::as_slice).unwrap_or_default();
        let places = atoms.iter().filter_map(|atom| self.beginning_with.get(*atom as usize)).flatten();
        places.filter_map(|place| self.phrases.get(*place as usize))
    }

    /// Whether a word has a role.
    pub(super) fn is(&self, marked: &Marked<'_>, at: usize, role: Role) -> bool {
        let atoms = marked.atoms.get(at).map(Vec::as_slice).unwrap_or_default();
        atoms.iter().any(|atom| self.roles.get(*atom as usize).is_some_and(|roles| roles & role.bit() != 0))
    }
}

impl Role {
    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

impl Builder {
    fn add_file(&mut self, language: &'static str, file: File) -> Result<(), String> {
        let classes = file.words;
        let lists = [
            (file.friends, Meaning::Friend),
            (file.denied, Meaning::Denied),
            (file.undone, Meaning::Undone),
            (file.negators, Meaning::Negator),
            (file.avoided, Meaning::Avoided),
            (file.rumoured, Meaning::Rumoured),
            (file.market, Meaning::Market),
        ];
        for (phrases, meaning) in lists {
            self.add(&phrases, &classes, meaning, language)?;
        }
        for event in &file.event {
            self.add(&event.phrases, &classes, event.meaning()?, language)?;
        }
        for context in &file.context {
            self.add(&context.phrases, &classes, context.meaning()?, language)?;
        }
        for (code, phrases) in &file.sector {
            let sector: Nace = code.parse().map_err(|e| format!("{e}"))?;
            self.add(phrases, &classes, Meaning::Sector(sector), language)?;
        }
        let names = file.names;
        let roles = [
            (names.common, Role::Common),
            (names.institutions, Role::Institution),
            (names.trades, Role::Trade),
            (names.compounds, Role::Compound),
            (names.forms, Role::Form),
            (names.introductions, Role::Introduction),
            (names.before_places, Role::BeforePlace),
            (names.particles, Role::Particle),
        ];
        for (words, role) in roles {
            for atom in words.iter().flat_map(|line| line.split_whitespace()).map(|word| self.atoms.of(word)) {
                *self.roles.entry(atom).or_default() |= role.bit();
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        phrases: &[String],
        classes: &Classes,
        meaning: Meaning,
        language: &'static str,
    ) -> Result<(), String> {
        for text in phrases {
            let parts = self.atoms.parts(text, classes)?;
            self.phrases.push(Phrase { parts, meaning, language });
        }
        Ok(())
    }

    fn finish(self) -> Result<Lexicon, String> {
        let n_atoms = self.atoms.len();
        let mut beginning_with: Vec<Vec<u32>> = vec![Vec::new(); n_atoms];
        for (place, phrase) in self.phrases.iter().enumerate() {
            let place = u32::try_from(place).map_err(|e| e.to_string())?;
            let Some(Part::Word(first)) = phrase.parts.first() else { continue };
            for atom in first {
                if let Some(places) = beginning_with.get_mut(*atom as usize) {
                    places.push(place);
                }
            }
        }
        let mut roles = vec![0; n_atoms];
        for (atom, bits) in self.roles {
            if let Some(at) = roles.get_mut(atom as usize) {
                *at = bits;
            }
        }
        let (patterns, atoms): (Vec<String>, Vec<u32>) = self.atoms.patterns().unzip();
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(patterns);
        let automaton = automaton.map_err(|e| e.to_string())?;
        Ok(Lexicon { phrases: self.phrases, beginning_with, roles, automaton, atoms })
    }
}

impl Marked<'_> {
    /// Whether a word is one of these atoms.
    fn is_any(&self, at: usize, atoms: &[u32]) -> bool {
        self.atoms.get(at).is_some_and(|own| own.iter().any(|atom| atoms.binary_search(atom).is_ok()))
    }
}
