//! One company before all clients, without building everything anew.
//!
//! # Why
//!
//! *Why is a copy made, and not a second index laid over the first?* A company changes what is known of everybody: a word
//! that it bears is less rare, its town is fuller, a name of its own makes a homonym of another's, and of many homonyms it
//! is among those that are looked at. Two indexes that are asked one after the other would have to tell each other all that.
//! A copy is the index that [`Index::new`] would have built, number by number, and costs what reading the arrays costs;
//! folding the names, which is nearly all of the building, is done for the one company only.

use std::collections::BTreeSet;

use super::{
    Index,
    build::{Hashes, place},
    name,
};
use crate::domain::{ClientId, Prospect};

impl Index {
    /// The index of this company and, behind it, of everybody who is here: equal to [`Index::new`] of them in this order.
    pub fn with_first(&self, company: (ClientId, Prospect)) -> Self {
        let alone = Self::new([company]);
        if self.is_empty() {
            return alone;
        }
        let (n_rows, n_names) = (place(alone.rows.len()), place(alone.names.len()));
        let (lexicon, own_words, their_words) = alone.lexicon.followed_by(&self.lexicon, n_names);
        let own_tokens = alone.tokens.iter().map(|word| own_words[*word as usize]);
        let their_tokens = self.tokens.iter().map(|word| their_words[*word as usize]);
        // Where the own words end the others' begin.
        let own_begins = alone.begins.iter().take(alone.names.len()).copied();
        let their_begins = self.begins.iter().map(|begin| begin + place(alone.tokens.len()));
        let their_names = self.names.iter().map(|name| name.further(n_rows));
        let mut index = Self {
            rows: Vec::new(),
            names: alone.names.iter().copied().chain(their_names).collect(),
            tokens: own_tokens.chain(their_tokens).collect(),
            begins: own_begins.chain(their_begins).collect(),
            lexicon,
            by_name: alone.by_name.followed_by(&self.by_name, n_names),
            by_number: alone.by_number.followed_by(&self.by_number, n_rows),
            towns: self.towns.clone(),
            texts: [alone.texts.as_str(), &self.texts].concat(),
            companies: self.companies.iter().map(|name| name + n_names).collect(),
            n_pairs: self.n_pairs,
            falling_together: 1.0,
            longest: alone.longest.max(self.longest),
        };
        index.put_rows(&alone, self);
        index.count_companies_again(n_names);
        index.measure_falling_together();
        index
    }

    /// Rows and towns; the company's town comes first, as the first one that was met.
    fn put_rows(&mut self, alone: &Self, behind: &Self) {
        let mut place_before = None;
        if let Some((town, _)) = alone.towns.first() {
            let known = self.towns.iter().position(|(other, _)| other == town);
            let n_there = known.map_or(0, |at| self.towns.remove(at).1);
            self.towns.insert(0, (town.clone(), n_there + 1));
            place_before = Some(known.map_or(u32::MAX, place));
        }
        let renumbered = |town: u32| match place_before {
            Some(before) if town == before => 0,
            Some(before) if town < before => town + 1,
            _ => town,
        };
        let (n_names, n_letters) = (place(alone.names.len()), place(alone.texts.len()));
        let theirs = behind.rows.iter().map(|row| {
            let mut row = *row;
            (row.town, row.text, row.name) = (row.town.map(renumbered), row.text + n_letters, row.name + n_names);
            row
        });
        self.rows = alone.rows.iter().copied().chain(theirs).collect();
    }

    /// Counts anew the companies of the names that the first `n_names` bear as well; all others are as they were.
    fn count_companies_again(&mut self, n_names: u32) {
        let mut seen = BTreeSet::new();
        for own in 0..n_names {
            if seen.contains(&own) || self.word_numbers(own).is_empty() {
                continue;
            }
            let alike = self.by_name.find(name::set(&self.words(own))).filter(|other| self.has_same_words(own, *other));
            let alike: Vec<u32> = alike.collect();
            let before: Vec<u32> = alike.iter().copied().filter(|name| *name >= n_names).collect();
            let (before, now) = (self.companies_of(&before), self.companies_of(&alike));
            self.n_pairs += pairs(now.len()) - pairs(before.len());
            self.companies.retain(|name| before.binary_search(name).is_err());
            self.companies.extend(now);
            seen.extend(alike);
        }
        self.companies.sort();
    }
}

/// How many pairs so many make.
pub(super) fn pairs(n: usize) -> f64 {
    let n = super::weigh::count(n);
    n * (n - 1.0) / 2.0
}

impl Hashes {
    /// These, and behind those of the same hash the others, whose places are that much further back.
    fn followed_by(&self, others: &Self, further: u32) -> Self {
        let (mut all, mut rest) = (Vec::with_capacity(self.0.len() + others.0.len()), others.0.as_slice());
        let moved = |(hash, place): &(u64, u32)| (*hash, place + further);
        for entry in &self.0 {
            let (before, after) = rest.split_at(rest.partition_point(|other| moved(other) < *entry));
            all.extend(before.iter().map(moved));
            all.push(*entry);
            rest = after;
        }
        all.extend(rest.iter().map(moved));
        Self(all)
    }
}
