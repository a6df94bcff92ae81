//! What is written becomes words: lower case, ASCII, short spellings spelled out; and what each word is worth.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use deunicode::deunicode;
use serde::Deserialize;

/// Articles that lose their vowel before another: `Dall'Oglio`, `Dall Oglio` and `Dalloglio` are one name.
const ELIDED: &[&str] = &["dall", "dell", "all", "nell", "sull"];

/// Words shorter than this, and numbers, name nobody.
const LEAST_LETTERS: usize = 4;

/// What a word of no list is worth, in bits: so few companies have it that a national register of millions holds a score
/// of them at most (a surname or a made-up word; counted on Italian surnames, where the median one names 20 companies of
/// six millions).
const RARE_BITS: f64 = 18.0;

/// What a short word or a number is worth.
const SHORT_BITS: f64 = 7.0;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    joints: String,
    short: HashMap<String, String>,
    common: List,
    trades: List,
    surnames: List,
    given: List,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    bits: f64,
    words: String,
}

struct Table {
    joints: HashSet<String>,
    short: HashMap<String, String>,
    bits: HashMap<String, f64>,
    given: HashSet<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let written: Written = toml::from_str(include_str!("tables/words.toml")).expect("the embedded table is valid");
    let split = |text: &str| text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut bits = HashMap::new();
    for list in [&written.given, &written.surnames, &written.trades, &written.common] {
        bits.extend(split(&list.words).into_iter().map(|word| (word, list.bits)));
    }
    Table {
        joints: split(&written.joints).into_iter().collect(),
        short: written.short,
        bits,
        given: split(&written.given.words).into_iter().collect(),
    }
});

/// How rare a word is among all companies of a country, in bits, whatever the clients are.
pub(super) fn bits(word: &str) -> f64 {
    match TABLE.bits.get(word) {
        Some(bits) => *bits,
        None if word.len() < LEAST_LETTERS || is_number(word) => SHORT_BITS,
        None => RARE_BITS,
    }
}

/// Whether many companies have this word in their name.
pub(super) fn is_common(word: &str) -> bool {
    bits(word) < RARE_BITS
}

/// Whether a company may be named by this word alone: it is on no list, and long enough.
pub(super) fn is_rare(word: &str) -> bool {
    !is_common(word)
}

/// Whether persons are called so.
pub(super) fn is_given_name(word: &str) -> bool {
    TABLE.given.contains(word)
}

/// Whether it only joins two names.
pub(super) fn is_joint(word: &str) -> bool {
    TABLE.joints.contains(word)
}

/// Only digits.
pub(super) fn is_number(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit())
}

/// A word of a text, and what it looked like there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Lower case, ASCII, without dots and apostrophes.
    pub(super) folded: String,
    /// It starts with a capital.
    pub(super) is_capital: bool,
    /// A sentence, a bracket or a new part begins here.
    pub(super) opens: bool,
}

/// The words of a text: `S.r.l.`, `s r l` and `SRL` are one word, `&` is *and*, accents are gone.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = merge_letters(split(&deunicode(text)));
    words.iter_mut().for_each(|word| spell_out(&mut word.folded));
    words
}

fn split(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut current, mut opens, mut is_capital) = (String::new(), true, false);
    // Letters since the last dot inside the word: `F.lli` is one word, `Soc.Coop` is two.
    let mut since_dot = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_ascii_alphanumeric() {
            if current.is_empty() {
                is_capital = c.is_ascii_uppercase();
            }
            current.push(c.to_ascii_lowercase());
            since_dot += 1;
            continue;
        }
        let goes_on = chars.peek().is_some_and(char::is_ascii_alphanumeric);
        let is_apostrophe = matches!(c, '\'' | '`');
        if goes_on && !current.is_empty() && (is_apostrophe || (c == '.' && since_dot == 1)) {
            since_dot = 0;
            continue;
        }
        let ends_part = matches!(c, ':' | ';' | '!' | '?' | '"' | '(' | ')' | ',' | '|')
            || (c == '.' && current.len() > 3)
            || (c == '-' && current.is_empty());
        if !current.is_empty() {
            words.push(Word { folded: std::mem::take(&mut current), is_capital, opens });
            opens = false;
        }
        if matches!(c, '&' | '+') {
            words.push(Word { folded: "and".to_owned(), is_capital: false, opens });
            opens = false;
        }
        since_dot = 0;
        opens |= ends_part;
    }
    if !current.is_empty() {
        words.push(Word { folded: current, is_capital, opens });
    }
    words
}

/// Puts the word in the place of its short spelling.
fn spell_out(word: &mut String) {
    if let Some(whole) = TABLE.short.get(word) {
        word.clone_from(whole);
    }
}

/// `s r l` → `srl`, `a b c` → `abc`; a lone joint (`e`, `y`) stays what it is.
fn merge_letters(words: Vec<Word>) -> Vec<Word> {
    let mut merged: Vec<Word> = Vec::with_capacity(words.len());
    let mut run = false;
    for word in words {
        let is_letter = word.folded.len() == 1 && word.folded.bytes().all(|b| b.is_ascii_alphabetic());
        match merged.last_mut() {
            Some(last) if ELIDED.contains(&last.folded.as_str()) && !word.opens => last.folded.push_str(&word.folded),
            Some(last) if run && is_letter && !word.opens => last.folded.push_str(&word.folded),
            _ => {
                run = is_letter && !is_joint(&word.folded);
                merged.push(word);
            }
        }
    }
    merged
}

/// Whether a text is written in other letters than Latin ones: then its spelling here is a reader's, not the writer's.
pub(super) fn is_foreign_script(text: &str) -> bool {
    /// The first letter behind the Latin blocks of Unicode (Greek begins here).
    const FIRST: char = '\u{370}';
    text.chars().any(|c| c.is_alphabetic() && c >= FIRST && !('\u{1e00}'..='\u{1eff}').contains(&c))
}

/// Lower case without accents and punctuation, for towns and streets.
pub(super) fn fold(text: &str) -> String {
    let plain = deunicode(text).to_ascii_lowercase();
    let words: Vec<&str> = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

/// How groups of letters sound; longer groups stand before the shorter ones that they hold.
const GROUPS: [(&str, &str); 36] = [
    ("tsch", "c"),
    ("shch", "s"),
    ("sch", "s"),
    ("tkh", "t"),
    ("kkh", "h"),
    ("pkh", "f"),
    ("vkh", "v"),
    ("skh", "s"),
    ("wh", "v"),
    ("sh", "s"),
    ("ch", "h"),
    ("kh", "h"),
    ("ph", "f"),
    ("th", "t"),
    ("zh", "z"),
    ("ts", "z"),
    ("tz", "z"),
    ("ks", "x"),
    ("ou", "u"),
    ("oi", "i"),
    ("ei", "i"),
    ("ai", "e"),
    ("ae", "a"),
    ("oe", "o"),
    ("ue", "u"),
    ("yu", "iu"),
    ("ya", "ia"),
    ("ck", "k"),
    ("mp", "b"),
    ("nt", "d"),
    ("gk", "g"),
    ("y", "i"),
    ("j", "i"),
    ("w", "v"),
    ("c", "k"),
    ("q", "k"),
];

/// What the first letters of a text sound like, and how many bytes they are.
fn spoken(rest: &str) -> Option<(&str, usize)> {
    let first = rest.chars().next()?;
    let group = GROUPS.iter().find(|(written, _)| rest.starts_with(written));
    Some(match group {
        Some((written, spoken)) => (*spoken, written.len()),
        None => (rest.get(..first.len_utf8()).unwrap_or_default(), first.len_utf8()),
    })
}

/// How a word sounds, so that two ways of writing another script or an umlaut meet: `Khartopoiia` and `Chartopiia`,
/// `Mueller` and `Müller`, `Wassilij` and `Vasilii`.
pub(super) fn sound(word: &str) -> String {
    let mut sound = String::with_capacity(word.len());
    let mut rest = word;
    while let Some((spoken, len)) = spoken(rest) {
        // A doubled letter sounds once.
        if !sound.ends_with(spoken) {
            sound.push_str(spoken);
        }
        rest = rest.get(len..).unwrap_or_default();
    }
    // Greek eta is written `e` by one table and `i` by the other.
    sound.replace('e', "i")
}

/// What a word's sound begins with.
pub(super) fn first_sound(word: &str) -> Option<char> {
    let (spoken, _) = spoken(word)?;
    spoken.chars().next().map(|c| if c == 'e' { 'i' } else { c })
}
