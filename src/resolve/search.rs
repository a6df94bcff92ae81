//! From a record to the clients that are worth comparing: those of its numbers, of its spelling, and of its rarest words.

use std::collections::BTreeSet;

use super::{
    Decision, Index, compare,
    name::{self, Name},
    number::Number,
    places::{Street, Town},
    rarity::MAX_HOMONYMS,
    words,
};
use crate::domain::*;

/// Names that are looked at because they share a word; the rarest words come first, so what is left out is far.
const MAX_TOUCHED: usize = 2_000;
/// Names that are compared field by field.
const MAX_COMPARED: usize = 40;
/// Under this nobody's time is worth it.
const WORTH_A_LOOK: f64 = 0.05;
/// A word like one of theirs is so much less worth as one that is theirs.
const OF_ALIKE: f64 = 0.8;

/// A record, folded once.
pub(super) struct Query<'a> {
    pub(super) subject: &'a Subject,
    pub(super) names: Vec<Asked>,
    pub(super) numbers: Vec<Number>,
    pub(super) town: Option<Town>,
    pub(super) street: Option<Street>,
    pub(super) is_foreign_script: bool,
}

/// A name of a record, and what the clients' names know of it.
pub(super) struct Asked {
    pub(super) name: Name,
    /// The share of all names that hold each of its words.
    pub(super) shares: Vec<f64>,
    /// The hash of its words in order.
    pub(super) run: u64,
    /// Each word's number among the clients' words.
    pub(super) known: Vec<Option<u32>>,
}

/// The names that hold a word, how many bits it is worth, and its number.
struct Posting<'a> {
    names: &'a [u32],
    bits: f64,
    word: u32,
}

impl Index {
    /// Whose record is it?
    pub fn resolve(&self, subject: &Subject) -> Decision {
        let query = self.query(subject);
        let compared = self.candidates(&query).into_iter().filter_map(|name| self.compare(&query, name)).collect();
        self.decide(compared, WORTH_A_LOOK)
    }

    fn query<'a>(&self, subject: &'a Subject) -> Query<'a> {
        let names = [&subject.name].into_iter().chain(&subject.other_names).map(|name| Name::of(name));
        Query {
            subject,
            names: names.filter(|name| !name.tokens.is_empty()).map(|name| self.asked(name)).collect(),
            numbers: subject.identifiers.iter().map(Number::of).collect(),
            town: subject.city.as_deref().and_then(|city| Town::of(city, subject.country)),
            street: subject.address.as_deref().and_then(Street::of),
            is_foreign_script: words::is_foreign_script(&subject.name),
        }
    }

    fn asked(&self, name: Name) -> Asked {
        let known: Vec<Option<u32>> = name.tokens.iter().map(|token| self.lexicon.find(token)).collect();
        let share = |(token, number): (&String, &Option<u32>)| {
            number.map_or_else(|| self.share(token), |number| self.share_of(number))
        };
        let shares = name.tokens.iter().zip(&known).map(share).collect();
        Asked { run: name::run(&name.tokens), known, shares, name }
    }

    /// The names that may be the record's: those of its numbers, those spelled alike, those that share its rarest words.
    fn candidates(&self, query: &Query<'_>) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        for number in &query.numbers {
            let rows = self.by_number.find(name::hash([number.key.as_str()].into_iter()));
            found.extend(rows.take(MAX_HOMONYMS).map(|row| self.rows[row as usize].name));
        }
        let mut is_spelled_alike = false;
        for asked in &query.names {
            for hash in [asked.run, name::set(&asked.name.tokens)] {
                let alike: Vec<u32> = self.by_name.find(hash).take(MAX_HOMONYMS).collect();
                is_spelled_alike |= !alike.is_empty();
                found.extend(alike);
            }
        }
        for asked in &query.names {
            found.extend(self.sharing(asked, is_spelled_alike));
        }
        found
    }

    /// Names that share the rarest words of a name, the most telling first. Words with a slip are looked for only where
    /// nothing is spelled as the record is.
    fn sharing(&self, asked: &Asked, is_spelled_alike: bool) -> Vec<u32> {
        let mut postings = self.postings(asked, is_spelled_alike);
        postings.sort_by_key(|posting| posting.names.len());
        // The rarest words find; a word that too many names share only tells apart what a rarer one has found already.
        let mut n_touched = 0;
        let n_finding = postings.iter().take_while(|posting| {
            n_touched += posting.names.len();
            n_touched <= MAX_TOUCHED
        });
        let (finding, telling) = postings.split_at(n_finding.count());
        if let ([], [a, b, ..]) = (finding, telling) {
            return common(a.names, b.names).take(MAX_COMPARED).collect();
        }
        let mut touched: Vec<(u32, f64)> = Vec::new();
        for Posting { names, bits, .. } in finding {
            touched.extend(names.iter().map(|name| (*name, *bits)));
        }
        let mut sums = summed(touched);
        for (name, sum) in &mut sums {
            let words = self.word_numbers(*name);
            *sum += telling.iter().filter(|t| words.contains(&t.word)).map(|t| t.bits).sum::<f64>();
        }
        best(sums)
    }

    fn postings(&self, asked: &Asked, is_spelled_alike: bool) -> Vec<Posting<'_>> {
        let has_rare = asked.name.tokens.iter().any(|token| words::is_rare(token));
        let posting = |word: u32, worth: f64| Posting {
            names: self.lexicon.names(word),
            bits: -worth * self.share_of(word).log2(),
            word,
        };
        let mut postings = Vec::new();
        for (token, known) in asked.name.tokens.iter().zip(&asked.known) {
            postings.extend(known.map(|word| posting(word, 1.0)));
            // A word of the trade that is spelled well is no slip of another.
            let is_well_spelled = has_rare && known.is_some() && words::is_common(token);
            if !is_spelled_alike && !is_well_spelled {
                let alike = self.lexicon.alike(token).into_iter();
                let alike = alike.filter(|word| compare::tie(token, self.lexicon.word(*word)).is_some());
                postings.extend(alike.map(|word| posting(word, OF_ALIKE)));
            }
        }
        postings
    }
}

/// The bits that each name collects.
fn summed(mut touched: Vec<(u32, f64)>) -> Vec<(u32, f64)> {
    touched.sort_unstable_by_key(|(name, _)| *name);
    let mut sums: Vec<(u32, f64)> = Vec::with_capacity(touched.len());
    for (name, bits) in touched {
        match sums.last_mut() {
            Some(last) if last.0 == name => last.1 += bits,
            _ => sums.push((name, bits)),
        }
    }
    sums
}

/// The names that collect the most bits.
fn best(mut sums: Vec<(u32, f64)>) -> Vec<u32> {
    if sums.len() > MAX_COMPARED {
        sums.select_nth_unstable_by(MAX_COMPARED, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        sums.truncate(MAX_COMPARED);
    }
    sums.into_iter().map(|(name, _)| name).collect()
}

/// What two sorted lists share.
fn common<'l>(short: &'l [u32], long: &'l [u32]) -> impl Iterator<Item = u32> {
    let mut rest = long;
    short.iter().copied().filter(move |name| {
        rest = &rest[rest.partition_point(|other| other < name)..];
        rest.first() == Some(name)
    })
}
