//! Two names side by side: which words are the same, which nearly, and which only one of them has.

use super::words;

/// A word must be this long for a slip in it to be told from another word.
const LEAST_FOR_A_SLIP: usize = 5;
/// And this long for two slips.
const LEAST_FOR_TWO: usize = 9;
const MOST_SLIPS: u32 = 2;
/// A shortened word keeps at least so many letters (`Ind.`), and leaves out at least so many.
const LEAST_OF_SHORT: usize = 3;
const LEAST_LEFT_OUT: usize = 2;
/// Two spellings of one word differ in length by so many letters at most.
const MOST_LONGER: usize = 4;

/// How two words are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// Letter by letter.
    Exact,
    /// One sound or one stem, written in two ways: transliteration, umlauts, singular and plural.
    Spelling,
    /// One is the beginning of the other: `Costr.`, `Costruzioni`.
    Short,
    /// A letter twice, left out, or changed places with the next: a slip of the hand.
    Typo,
    /// Another letter, or another ending: a slip, or another family.
    Slip,
    /// Two letters wrong.
    TwoSlips,
    /// One is the first letter of the other.
    Initial,
}

impl Tie {
    /// Whether the one word is the other only if a hand slipped.
    pub(super) const fn is_slip(self) -> bool {
        matches!(self, Self::Typo | Self::Slip | Self::TwoSlips)
    }
}

/// Two names, word by word.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    /// Place in theirs, place in ours, how alike.
    pub(super) ties: Vec<(usize, usize, Tie)>,
    /// Words that only theirs has, by place.
    pub(super) only_theirs: Vec<usize>,
    /// Words that only ours has, by place.
    pub(super) only_ours: Vec<usize>,
}

/// Pairs the words of two names, the surest pairs first; each word is used once, wherever it stands.
pub(super) fn pair(theirs: &[&str], ours: &[&str]) -> Pairing {
    let mut pairs = Pairs {
        theirs,
        ours,
        free_theirs: vec![true; theirs.len()],
        free_ours: vec![true; ours.len()],
        ties: Vec::new(),
    };
    pairs.take(|a, b| (a == b).then_some(Tie::Exact));
    if pairs.ties.len() < theirs.len().max(ours.len()) {
        pairs.take(tie);
        pairs.take(|a, b| is_initial(a, b).then_some(Tie::Initial));
    }
    let places = |free: &[bool]| (0..free.len()).filter(|place| free[*place]).collect();
    Pairing { only_theirs: places(&pairs.free_theirs), only_ours: places(&pairs.free_ours), ties: pairs.ties }
}

struct Pairs<'a> {
    theirs: &'a [&'a str],
    ours: &'a [&'a str],
    free_theirs: Vec<bool>,
    free_ours: Vec<bool>,
    ties: Vec<(usize, usize, Tie)>,
}

impl Pairs<'_> {
    fn take(&mut self, tie: impl Fn(&str, &str) -> Option<Tie>) {
        for (t, word) in self.theirs.iter().enumerate().filter(|(t, _)| self.free_theirs[*t]) {
            let free = self.ours.iter().enumerate().filter(|(o, _)| self.free_ours[*o]);
            let best = free.filter_map(|(o, other)| Some((tie(word, other)?, o))).min();
            if let Some((tie, o)) = best {
                self.free_ours[o] = false;
                self.ties.push((t, o, tie));
            }
        }
        self.ties.iter().for_each(|(t, ..)| self.free_theirs[*t] = false);
    }
}

/// How two different words may still be one.
pub(super) fn tie(a: &str, b: &str) -> Option<Tie> {
    if a == b {
        return Some(Tie::Exact);
    }
    // Edil 2000 and Edil 2001 are two.
    if words::is_number(a) || words::is_number(b) {
        return None;
    }
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let left_out = long.len() - short.len();
    // Only words of the trade are shortened: `Valdo` and `Valdossa` are two names.
    if short.len() >= LEAST_OF_SHORT && left_out >= LEAST_LEFT_OUT && long.starts_with(short) && words::is_common(long)
    {
        return Some(Tie::Short);
    }
    if short.len() < LEAST_FOR_A_SLIP || left_out > MOST_LONGER {
        return None;
    }
    if is_inflected(short, long) {
        return Some(Tie::Spelling);
    }
    // Most words differ in so many letters, or from the first sound, that nothing has to be laid side by side.
    if letters_apart(a, b) > MOST_SLIPS {
        let may_sound_alike = words::first_sound(a) == words::first_sound(b);
        return (may_sound_alike && words::sound(a) == words::sound(b)).then_some(Tie::Spelling);
    }
    // One letter is a slip even where it sounds the same: `Valdella` and `Valdilla` may be two families.
    match strsim::osa_distance(a, b) {
        1 if is_of_the_hand(a, b) => Some(Tie::Typo),
        1 => Some(Tie::Slip),
        _ if words::sound(a) == words::sound(b) => Some(Tie::Spelling),
        2 if short.len() >= LEAST_FOR_TWO => Some(Tie::TwoSlips),
        _ => None,
    }
}

/// How many letters one word has that the other has not, whatever their order: never more than there are slips.
fn letters_apart(a: &str, b: &str) -> u32 {
    let mut counts = [0i32; 128];
    a.bytes().for_each(|letter| counts[usize::from(letter & 127)] += 1);
    b.bytes().for_each(|letter| counts[usize::from(letter & 127)] -= 1);
    let more = counts.iter().filter(|n| **n > 0).sum::<i32>();
    let fewer = counts.iter().filter(|n| **n < 0).sum::<i32>();
    more.unsigned_abs().max(fewer.unsigned_abs())
}

/// A common word in singular and plural: `Construction` and `Constructions`, `Officina` and `Officine`. A name of its own
/// is not inflected: `Brandolini` and `Brandolino` are two families.
fn is_inflected(short: &str, long: &str) -> bool {
    if !words::is_common(short) && !words::is_common(long) {
        return false;
    }
    let stem = |word: &str| word.trim_end_matches('s').trim_end_matches(['a', 'e', 'i', 'o']).to_owned();
    stem(short) == stem(long)
}

/// Whether two words one letter apart differ as hands err: not in the last letter, and not by another letter in its place.
fn is_of_the_hand(a: &str, b: &str) -> bool {
    a.as_bytes().last() == b.as_bytes().last() && (a.len() != b.len() || strsim::levenshtein(a, b) == 2)
}

fn is_initial(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.len() == 1 && long.len() > 2 && long.starts_with(short) && short.bytes().all(|b| b.is_ascii_alphabetic())
}
