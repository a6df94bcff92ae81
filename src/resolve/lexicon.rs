//! The words of all clients' names: sorted and numbered, with the names that hold each, and the words one slip away.
//!
//! Everything is a flat array of numbers and one text: a million clients are a few hundred megabytes less than as a map of
//! strings, and a look-up is a binary search that the caches like.

use std::collections::HashMap;

use super::{
    name::hash,
    words::{is_number, sound},
};

/// Words this long are found with a slip in them.
const LEAST_FOR_A_SLIP: usize = 5;

/// Words and, behind each, the names that hold it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Lexicon {
    /// All words in order, one behind the other.
    letters: String,
    /// Where each begins in `letters`; one more than there are words.
    begins: Vec<u32>,
    /// Where each word's names begin in `names`; one more than there are words.
    lists: Vec<u32>,
    names: Vec<u32>,
    /// Hashes of every word with one letter left out, and of its sound, in order; and whose they are.
    slips: Vec<(u32, u32)>,
    /// Where the slips begin whose hash begins with each number; one more than there are such beginnings.
    shelves: Vec<u32>,
    /// How far a hash is shifted to give its beginning.
    shift: u32,
}

/// Words as they come in, numbered by first appearance.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    numbers: HashMap<Box<str>, u32>,
}

impl Gathering {
    pub(super) fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.insert(word.into(), number);
        number
    }

    /// Sorts the words; `tokens` (the words of all names, by their first numbers) get the final numbers, and `begins`
    /// says where each name's words begin.
    pub(super) fn finish(self, tokens: &mut [u32], begins: &[u32]) -> Lexicon {
        let mut sorted: Vec<(Box<str>, u32)> = self.numbers.into_iter().collect();
        sorted.sort_unstable();
        let mut lexicon = Lexicon::default();
        let mut final_number = vec![0u32; sorted.len()];
        for (place, (word, first)) in (0u32..).zip(&sorted) {
            final_number[*first as usize] = place;
            lexicon.begins.push(length(&lexicon.letters));
            lexicon.letters.push_str(word);
        }
        lexicon.begins.push(length(&lexicon.letters));
        tokens.iter_mut().for_each(|token| *token = final_number[*token as usize]);
        lexicon.list_names(tokens, begins, sorted.len());
        drop(sorted);
        lexicon.find_slips();
        lexicon
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

impl Lexicon {
    fn list_names(&mut self, tokens: &[u32], begins: &[u32], n_words: usize) {
        let mut counts = vec![0u32; n_words + 1];
        tokens.iter().for_each(|token| counts[*token as usize + 1] += 1);
        for place in 1..counts.len() {
            counts[place] += counts[place - 1];
        }
        self.lists = counts.clone();
        self.names = vec![0; tokens.len()];
        for (name, span) in (0u32..).zip(begins.windows(2)) {
            for token in &tokens[span[0] as usize..span[1] as usize] {
                let next = &mut counts[*token as usize];
                self.names[*next as usize] = name;
                *next += 1;
            }
        }
    }

    fn find_slips(&mut self) {
        let mut slips = Vec::new();
        for number in 0..u32::try_from(self.len()).unwrap_or(u32::MAX) {
            slips.extend(slips_of(self.word(number)).map(|hash| (hash, number)));
        }
        slips.sort_unstable();
        slips.dedup();
        slips.shrink_to_fit();
        self.slips = slips;
        self.shelve();
    }

    /// Notes where the slips of each shelf begin. A shelf of eight slips or so is read in one go, where a binary search over
    /// all of them would wait for memory twenty times.
    fn shelve(&mut self) {
        let n_bits = (self.slips.len() / 8).max(1).ilog2().min(24);
        self.shift = u32::BITS - n_bits;
        let mut shelves = vec![0u32; (1 << n_bits) + 1];
        for (hash, _) in &self.slips {
            shelves[self.shelf(*hash) + 1] += 1;
        }
        let mut n_before = 0;
        for shelf in &mut shelves {
            n_before += *shelf;
            *shelf = n_before;
        }
        self.shelves = shelves;
    }

    fn shelf(&self, hash: u32) -> usize {
        (u64::from(hash) >> self.shift) as usize
    }

    /// The words of these names and of others that stand `further` back; and what numbers the own words and the others'
    /// have there.
    pub(super) fn followed_by(&self, others: &Self, further: u32) -> (Self, Vec<u32>, Vec<u32>) {
        let (mut all, mut own, mut theirs) = (Self::default(), Vec::new(), Vec::with_capacity(others.len()));
        all.letters.reserve(self.letters.len() + others.letters.len());
        all.names.reserve(self.names.len() + others.names.len());
        let (mut next_own, mut next_theirs, mut new_slips) = (0, 0, Vec::new());
        for number in 0u32.. {
            let (is_own, is_theirs) = match (self.get(next_own), others.get(next_theirs)) {
                (Some(a), Some(b)) => (a <= b, b <= a),
                (a, b) => (a.is_some(), b.is_some()),
            };
            if !is_own && !is_theirs {
                break;
            }
            let word = if is_own { self.word(next_own) } else { others.word(next_theirs) };
            all.begins.push(length(&all.letters));
            all.letters.push_str(word);
            all.lists.push(u32::try_from(all.names.len()).unwrap_or(u32::MAX));
            if is_own {
                all.names.extend(self.names(next_own));
                own.push(number);
                next_own += 1;
            }
            if is_own && !is_theirs {
                new_slips.extend(slips_of(word).map(|hash| (hash, number)));
            }
            if is_theirs {
                all.names.extend(others.names(next_theirs).iter().map(|name| name + further));
                theirs.push(number);
                next_theirs += 1;
            }
        }
        all.begins.push(length(&all.letters));
        all.lists.push(u32::try_from(all.names.len()).unwrap_or(u32::MAX));
        all.slips.reserve(others.slips.len() + new_slips.len());
        all.slips.extend(others.slips.iter().map(|(hash, word)| (*hash, theirs[*word as usize])));
        all.slips.extend(new_slips);
        // Two runs in order: sorting them is putting one into the other.
        all.slips.sort();
        all.slips.dedup();
        all.shelve();
        (all, own, theirs)
    }

    /// The words that share a hash.
    fn slipped(&self, hash: u32) -> impl Iterator<Item = u32> {
        let shelf = self.shelf(hash);
        let span = self.shelves.get(shelf..shelf + 2).map_or(0..0, |span| span[0] as usize..span[1] as usize);
        self.slips[span].iter().filter(move |slip| slip.0 == hash).map(|slip| slip.1)
    }

    pub(super) fn len(&self) -> usize {
        self.begins.len().saturating_sub(1)
    }

    /// The word of a number.
    pub(super) fn word(&self, number: u32) -> &str {
        let at = number as usize;
        self.letters.get(self.begins[at] as usize..self.begins[at + 1] as usize).unwrap_or_default()
    }

    fn get(&self, number: u32) -> Option<&str> {
        ((number as usize) < self.len()).then(|| self.word(number))
    }

    /// The number of a word.
    pub(super) fn find(&self, word: &str) -> Option<u32> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let number = u32::try_from(middle).ok()?;
            match self.word(number).cmp(word) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(number),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The names that hold a word, in order.
    pub(super) fn names(&self, number: u32) -> &[u32] {
        let at = number as usize;
        &self.names[self.lists[at] as usize..self.lists[at + 1] as usize]
    }

    /// Words that may be this one with a slip in it, or in another spelling; this one not among them.
    pub(super) fn alike(&self, word: &str) -> Vec<u32> {
        let mut found: Vec<u32> = slips_of(word).flat_map(|hash| self.slipped(hash)).collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|number| self.word(*number) != word);
        found
    }

    /// Bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        self.letters.capacity()
            + 4 * (self.begins.capacity() + self.lists.capacity() + self.names.capacity() + self.shelves.capacity())
            + 8 * self.slips.capacity()
    }
}

/// Hashes that a word shares with its slips: itself, itself without each of its letters, and its sound.
fn slips_of(word: &str) -> impl Iterator<Item = u32> {
    let may_slip = word.len() >= LEAST_FOR_A_SLIP && word.is_ascii() && !is_number(word);
    let left_out = (0..if may_slip { word.len() } else { 0 })
        .filter_map(|place| Some(hash([word.get(..place)?, word.get(place + 1..)?].into_iter())));
    let whole = may_slip.then(|| hash([word].into_iter()));
    let heard = may_slip.then(|| hash(["~", &sound(word)].into_iter()));
    let hashes = left_out.chain(whole).chain(heard);
    // The upper half mixes with the lower: 32 bits are enough to find, and what is found is compared.
    hashes.map(|hash| u32::try_from((hash ^ (hash >> 32)) & u64::from(u32::MAX)).unwrap_or(u32::MAX))
}
