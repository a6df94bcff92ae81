//! From comparisons to a decision: each candidate against its rivals, and which rows are one company.

use std::collections::BTreeMap;

use super::{
    Because, Candidate, Decision, Index,
    build::Row,
    number::{Likeness, Number},
    scales::Scales,
};
use crate::domain::Certainty;

/// The most candidates that are put before a person.
const MAX_CANDIDATES: usize = 5;
/// Odds under this are nobody's rival: two hundred of them together move no certainty. Candidates that could not become
/// worth a look were left out before.
const NO_RIVAL: f64 = 1e-6;

/// A client compared with a record.
pub(super) struct Compared<'a> {
    pub(super) row: u32,
    pub(super) scales: Scales<'a>,
}

impl Index {
    /// Puts the candidates in order, each against its rivals: two that are equally likely are each half as sure.
    pub(super) fn decide(&self, compared: Vec<Compared<'_>>, worth_a_look: f64) -> Decision {
        // A client is compared by each of its names: the best one counts.
        let mut by_row: BTreeMap<u32, Compared<'_>> = BTreeMap::new();
        for one in compared {
            let is_better = by_row.get(&one.row).is_none_or(|known| known.scales.odds() < one.scales.odds());
            if is_better {
                by_row.insert(one.row, one);
            }
        }
        let mut compared: Vec<Compared<'_>> = by_row.into_values().collect();
        compared.sort_by(|a, b| b.scales.odds().total_cmp(&a.scales.odds()).then(a.row.cmp(&b.row)));
        let odds = compared.iter().map(|c| (c.row, c.scales.odds())).take_while(|(_, odds)| *odds > NO_RIVAL);
        let odds: Vec<(u32, f64)> = odds.collect();
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

    fn candidate(&self, compared: Compared<'_>, rivals: f64) -> Candidate {
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

    /// Whether two rows are one company in several books: they share a number, or name, town and legal
    /// form are given and the same, and no number differs. Two without a form may be two persons of one name.
    pub(super) fn is_one_company(&self, a: u32, b: u32) -> bool {
        if a == b {
            return true;
        }
        let (a, b) = (&self.rows[a as usize], &self.rows[b as usize]);
        // Names are told apart at once, numbers have to be read.
        if !self.has_same_words(a.name, b.name) {
            return false;
        }
        let (ours, theirs) = (self.numbers(a), self.numbers(b));
        let says: Vec<Likeness> = agreement(&theirs, &ours).into_iter().map(|(.., likeness)| likeness).collect();
        let form = |row: &Row| self.names[row.name as usize].form();
        let is_same_form = form(a).is_some() && form(a) == form(b);
        let is_same_town = a.town.is_some() && a.town == b.town && a.country == b.country;
        let has_same = says.contains(&Likeness::Same);
        !says.iter().any(|likeness| *likeness != Likeness::Same) && (has_same || (is_same_town && is_same_form))
    }

    /// Whether two names have the same words, in any order.
    pub(super) fn has_same_words(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.word_numbers(a), self.word_numbers(b));
        let sorted = |words: &[u32]| {
            let mut words = words.to_vec();
            words.sort_unstable();
            words
        };
        a == b || (a.len() == b.len() && sorted(a) == sorted(b))
    }
}

/// What each numbering that both sides have says: one kind may hold two numbers, and only one without any agreement
/// contradicts.
pub(super) fn agreement<'n>(theirs: &'n [Number], ours: &'n [Number]) -> Vec<(&'n Number, &'n Number, Likeness)> {
    let best = |number: &'n Number| {
        let pairs = ours.iter().filter_map(|o| Some((number, o, number.likeness(o)?)));
        pairs.min_by_key(|(.., likeness)| *likeness as u8)
    };
    theirs.iter().filter_map(best).collect()
}
