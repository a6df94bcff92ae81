//! One phrase: its parts, and how they meet the words of a text.

use std::collections::HashMap;

use super::{Marked, Meaning, written::Classes};

/// Words between the two sides of a `~`.
const SHORT_GAP: usize = 4;

/// And of a `~~`: a German verb and its ending stand far apart.
const LONG_GAP: usize = 8;

/// One element of a phrase. Words are atoms of the lexicon, in rising order.
#[derive(Debug)]
pub(super) enum Part {
    /// One of these words.
    Word(Vec<u32>),
    /// One of these words, or nothing.
    Maybe(Vec<u32>),
    /// Up to so many words.
    Gap(usize),
}

/// A phrase and what it means.
#[derive(Debug)]
pub(in crate::collect::news) struct Phrase {
    pub(super) parts: Vec<Part>,
    pub(in crate::collect::news) meaning: Meaning,
    /// The language of its file; empty for words of several.
    pub(in crate::collect::news) language: &'static str,
}

impl Phrase {
    /// Which words the phrase takes when it begins at `at`; none when it does not. What stands in a gap is not taken.
    pub(in crate::collect::news) fn match_at(&self, marked: &Marked<'_>, at: usize) -> Option<Vec<usize>> {
        let mut taken = Vec::with_capacity(self.parts.len());
        let clause = |at: usize| marked.tokens.get(at).map(|token| token.clause);
        let is_match = match_parts(&self.parts, marked, at, &mut taken);
        // Words on both sides of a comma make an event, but no set phrase that would excuse one.
        let is_one = self.meaning != Meaning::Friend || taken.iter().all(|word| clause(*word) == clause(at));
        (is_match && is_one).then_some(taken)
    }
}

fn match_parts(parts: &[Part], marked: &Marked<'_>, at: usize, taken: &mut Vec<usize>) -> bool {
    match parts {
        [] => true,
        [Part::Gap(most), rest @ ..] => {
            // A gap stays in its clause: beyond a comma another thing is said.
            let clause = |at: usize| marked.tokens.get(at).map(|token| token.clause);
            let here = at.checked_sub(1).and_then(clause);
            (at..=at + most).take_while(|to| clause(*to) == here).any(|to| match_parts(rest, marked, to, taken))
        }
        [Part::Maybe(atoms), rest @ ..] => take(atoms, rest, marked, at, taken) || match_parts(rest, marked, at, taken),
        [Part::Word(atoms), rest @ ..] => take(atoms, rest, marked, at, taken),
    }
}

fn take(atoms: &[u32], rest: &[Part], marked: &Marked<'_>, at: usize, taken: &mut Vec<usize>) -> bool {
    if !marked.is_any(at, atoms) {
        return false;
    }
    taken.push(at);
    let is_match = match_parts(rest, marked, at + 1, taken);
    if !is_match {
        taken.pop();
    }
    is_match
}

/// The words of all phrases, each under one number.
#[derive(Debug, Default)]
pub(super) struct Atoms(HashMap<String, u32>);

impl Atoms {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of `fallit*`, `*pleite` or `fallimento`.
    pub(super) fn of(&mut self, written: &str) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(written.to_owned()).or_insert(next)
    }

    /// The parts of a phrase as it is written.
    pub(super) fn parts(&mut self, text: &str, classes: &Classes) -> Result<Vec<Part>, String> {
        let parts = text.split_whitespace().map(|part| self.part(part, classes)).collect::<Result<Vec<_>, _>>()?;
        match (parts.first(), parts.last()) {
            (Some(Part::Word(_)), Some(Part::Word(_) | Part::Maybe(_))) => Ok(parts),
            _ => Err(format!("the phrase {text:?} must begin and end with a word")),
        }
    }

    fn part(&mut self, text: &str, classes: &Classes) -> Result<Part, String> {
        match text {
            "~" => return Ok(Part::Gap(SHORT_GAP)),
            "~~" => return Ok(Part::Gap(LONG_GAP)),
            _ => {}
        }
        let (words, is_optional) = text.strip_suffix('?').map_or((text, false), |words| (words, true));
        let mut atoms = Vec::new();
        for word in words.split('|') {
            match word.strip_prefix('@') {
                None => atoms.push(self.of(word)),
                Some(class) => {
                    let words = classes.get(class).ok_or_else(|| format!("there is no class @{class}, in {text:?}"))?;
                    atoms.extend(words.split_whitespace().map(|word| self.of(word)));
                }
            }
        }
        atoms.sort_unstable();
        atoms.dedup();
        Ok(if is_optional { Part::Maybe(atoms) } else { Part::Word(atoms) })
    }

    /// What to look for in a text that has a blank before and behind every word, and the number it stands for.
    pub(super) fn patterns(self) -> impl Iterator<Item = (String, u32)> {
        self.0.into_iter().map(|(written, atom)| {
            let bare = written.trim_matches('*');
            let (before, behind) = (written.starts_with('*'), written.ends_with('*'));
            let (head, tail) = (if before { "" } else { " " }, if behind { "" } else { " " });
            (format!("{head}{bare}{tail}"), atom)
        })
    }
}
