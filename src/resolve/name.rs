use super::{
    forms::{self, Form},
    words,
};

/// A company's name in the form in which names are compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Name {
    /// The words that matter, folded, in order.
    pub(super) tokens: Vec<String>,
    /// Its legal form, where it says one.
    pub(super) form: Option<Form>,
}

impl Name {
    pub(super) fn of(text: &str) -> Self {
        let words = words::words(text).into_iter().map(|w| w.folded);
        let mut tokens: Vec<String> = words.filter(|w| !words::is_joint(w)).collect();
        let form = forms::strip(&mut tokens);
        Self { tokens, form }
    }

    /// Whether it may be a person's: two or three words, a given name among them, and no form of a company.
    pub(super) fn may_be_person(&self) -> bool {
        may_be_person(&self.tokens, self.form)
    }
}

/// The same of a name's words and form.
pub(super) fn may_be_person(tokens: &[impl AsRef<str>], form: Option<Form>) -> bool {
    form.is_none_or(Form::is_sole)
        && (2..=3).contains(&tokens.len())
        && tokens.iter().any(|token| words::is_given_name(token.as_ref()))
}

/// The words in order and without blanks: `Edil Ponte` and `Edilponte` are one.
pub(super) fn run(tokens: &[impl AsRef<str>]) -> u64 {
    hash(tokens.iter().map(AsRef::as_ref))
}

/// The words in any order.
pub(super) fn set(tokens: &[impl AsRef<str>]) -> u64 {
    let mut sorted: Vec<&str> = tokens.iter().map(AsRef::as_ref).collect();
    sorted.sort_unstable();
    // A blank between them: no run of words is ever this.
    hash(sorted.into_iter().flat_map(|word| [word, " "]))
}

/// A hash of numbers, one behind the other: a step of Fibonacci hashing.
pub(super) fn mix(hash: u64, number: u64) -> u64 {
    (hash.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// FNV-1a: the same on every machine, and short texts are all it sees.
pub(super) fn hash<'a>(parts: impl Iterator<Item = &'a str>) -> u64 {
    parts
        .flat_map(str::bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
