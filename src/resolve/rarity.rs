//! How rare words and names are, among the clients and beyond them.

use std::collections::BTreeSet;

use super::{Index, name, newcomer::pairs, weigh};

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
        let mut counts = vec![0u32; self.lexicon.len()];
        for word in self.companies.iter().flat_map(|name| self.word_numbers(*name)) {
            counts[*word as usize] += 1;
        }
        let n_names = weigh::count(self.companies.len());
        let with = |n: f64, word: &u32| n * f64::from(counts[*word as usize].saturating_sub(1)) / n_names;
        let expected = self.companies.iter().map(|name| self.word_numbers(*name).iter().fold(n_names, with));
        // Each pair is expected from both of its names.
        let n_expected = expected.sum::<f64>() / 2.0;
        self.falling_together = weigh::falling_together(self.n_pairs, n_expected);
    }

    /// Finds one name of each company, also where it stands in several books, and how many pairs of companies have one
    /// name. They are kept in the order of the names, so that sums over them come out the same whatever the words' numbers.
    pub(super) fn count_companies(&mut self) {
        let names = (0u32..).take(self.names.len()).filter(|name| !self.word_numbers(*name).is_empty());
        let mut sets: Vec<(u64, u32)> = names.map(|name| (self.set_hash(name), name)).collect();
        sets.sort_unstable();
        let (mut companies, mut n_pairs) = (Vec::with_capacity(sets.len()), 0.0);
        for alike in sets.chunk_by(|a, b| a.0 == b.0) {
            let alike: Vec<u32> = alike.iter().map(|(_, name)| *name).collect();
            let own = self.companies_of(&alike);
            n_pairs += pairs(own.len());
            companies.extend(own);
        }
        companies.sort_unstable();
        companies.shrink_to_fit();
        (self.companies, self.n_pairs) = (companies, n_pairs);
    }

    /// Of names with the same words, in order, one of each company.
    pub(super) fn companies_of(&self, alike: &[u32]) -> Vec<u32> {
        let row = |name: u32| self.names[name as usize].row;
        let mut companies: Vec<u32> = Vec::new();
        for name in alike {
            let is_known = |other: &u32| row(*other) == row(*name) || self.is_one_company(row(*other), row(*name));
            if companies.len() > MANY || !companies.iter().any(is_known) {
                companies.push(*name);
            }
        }
        companies
    }

    /// A hash of a name's words in any order. It does not begin at 0, which the word numbered 0 would leave as it is.
    fn set_hash(&self, name: u32) -> u64 {
        let mut words = self.word_numbers(name).to_vec();
        words.sort_unstable();
        words.iter().fold(1, |hash, number| name::mix(hash, u64::from(*number)))
    }
}

#[cfg(test)]
mod tests {
    use super::Index;
    use crate::domain::{ClientId, Country, Prospect};

    #[test]
    fn a_name_and_the_same_with_one_word_more_are_two_names_whichever_word_it_is() {
        let named = |name: &str| Prospect { name: name.to_owned(), country: Some(Country::IT), ..Prospect::default() };
        // Each word comes first in one of these, and so has the number 0 there.
        for first in ["Valdossa", "Brandolini", "Tramezzani"] {
            let names = [first, "Valdossa", "Valdossa Brandolini", "Brandolini", "Tramezzani Brandolini", "Tramezzani"];
            let index = Index::new((1..).map(ClientId::new).zip(names.map(named)));
            assert_eq!(
                (index.companies.len(), index.n_pairs),
                (6, 1.0),
                "the only pair of one name is that of {first:?}"
            );
        }
    }
}
