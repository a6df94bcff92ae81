//! How rare words and names are, among the clients and beyond them.

use std::collections::BTreeSet;

use super::{Index, name, weigh};

/// Names of one spelling that are looked at: a name borne by more is nobody's.
pub(super) const MAX_HOMONYMS: usize = 200;
/// Among so many of one name it no longer matters whether two of them are one company in two books.
const MANY: usize = 20;

impl Index {
    /// The share of names that hold this word.
    pub(super) fn share(&self, word: &str) -> f64 {
        self.lexicon.find(word).map_or_else(|| weigh::share(word, 0, self.names.len()), |number| self.share_of(number))
    }

    /// The same of a word of the clients' names.
    pub(super) fn share_of(&self, number: u32) -> f64 {
        weigh::share(self.lexicon.word(number), self.lexicon.names(number).len(), self.names.len())
    }

    /// How many other companies among the clients have exactly this name.
    pub(super) fn homonyms(&self, name: u32) -> usize {
        let own = self.names[name as usize].row;
        let alike = self.by_name.find(name::set(&self.words(name))).take(MAX_HOMONYMS);
        let rows: BTreeSet<u32> = alike.map(|name| self.names[name as usize].row).filter(|row| *row != own).collect();
        if rows.len() > MANY {
            return rows.len();
        }
        rows.into_iter().filter(|row| !self.is_one_company(*row, own)).count()
    }

    /// How often the clients' names fall together, for each time that their words by themselves would have them.
    ///
    /// A register gives no name twice in one place, and who founds a company takes a name that is free: the product of
    /// the words' shares expects more homonyms than there are, or fewer where a trade has one way of naming itself. The
    /// clients are a sample that shows which.
    pub(super) fn measure_falling_together(&mut self) {
        let mut sets: Vec<(u64, u32)> =
            (0..).zip(self.begins.windows(2)).map(|(name, span)| (self.set_hash(span), name)).collect();
        sets.sort_unstable();
        let n_found: f64 = sets.chunk_by(|a, b| a.0 == b.0).map(|alike| self.pairs_of_two(alike)).sum();
        let n_names = weigh::count(self.names.len());
        let others = |number: &u32| weigh::count(self.lexicon.names(*number).len().saturating_sub(1));
        let expected = self.begins.windows(2).map(|span| {
            let words = &self.tokens[span[0] as usize..span[1] as usize];
            words.iter().fold(n_names, |n, number| n * others(number) / n_names)
        });
        // Each pair is expected from both of its names.
        let n_expected = expected.sum::<f64>() / 2.0;
        self.falling_together = weigh::falling_together(n_found, n_expected);
    }

    /// A hash of a name's words in any order.
    fn set_hash(&self, span: &[u32]) -> u64 {
        let mut words = self.tokens[span[0] as usize..span[1] as usize].to_vec();
        words.sort_unstable();
        words.iter().fold(0, |hash, number| name::mix(hash, u64::from(*number)))
    }

    /// How many pairs among names of one spelling are two companies.
    fn pairs_of_two(&self, alike: &[(u64, u32)]) -> f64 {
        let rows: BTreeSet<u32> = alike.iter().map(|(_, name)| self.names[*name as usize].row).collect();
        let rows: Vec<u32> = rows.into_iter().collect();
        if rows.len() > MANY {
            return weigh::count(rows.len()) * weigh::count(rows.len() - 1) / 2.0;
        }
        let pairs = rows.iter().enumerate().flat_map(|(at, a)| rows[at + 1..].iter().map(move |b| (*a, *b)));
        weigh::count(pairs.filter(|(a, b)| !self.is_one_company(*a, *b)).count())
    }
}
