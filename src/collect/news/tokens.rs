//! Words of a text, folded, with where they stood.

/// A word: letters and digits, folded; what stood around it.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// Lower case, without accents.
    pub(super) folded: String,
    /// As it is written.
    pub(super) raw: String,
    /// Which clause of the text it stands in: commas, colons, full stops and quotes begin a new one.
    pub(super) clause: usize,
    /// Inside «…» or “…”: somebody's words.
    pub(super) is_quoted: bool,
    /// An ampersand stands before it, between blanks: `Rossi & Figli`.
    pub(super) is_anded: bool,
    /// What joins it to the word before without a blank: the apostrophe of `dell'Adda`, a hyphen, a full stop.
    pub(super) joint: Option<char>,
}

/// Lower case, without accents, one blank between words: what is equal here is the same text to a reader.
pub fn fold(text: &str) -> String {
    tokens(text).into_iter().map(|token| token.folded).collect::<Vec<_>>().join(" ")
}

/// The words of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut word = String::new();
    let (mut clause, mut is_quoted, mut is_straight, mut gap) = (0, false, false, String::new());
    let mut last = ' ';
    for c in text.chars().chain([' ']) {
        if c.is_alphanumeric() {
            word.push(c);
            last = c;
            continue;
        }
        if !word.is_empty() {
            let joint = match gap.chars().collect::<Vec<_>>()[..] {
                [joint @ ('\'' | '’' | '-' | '.' | '&' | '/')] if !tokens.is_empty() => Some(joint),
                _ => None,
            };
            let raw = std::mem::take(&mut word);
            let is_anded = gap.trim() == "&" && joint.is_none() && !tokens.is_empty();
            tokens.push(Token { folded: folded(&raw), raw, clause, is_quoted, is_anded, joint });
            gap.clear();
        }
        gap.push(c);
        match c {
            '«' | '“' | '„' => (clause, is_quoted) = (clause + 1, true),
            '»' | '”' => (clause, is_quoted) = (clause + 1, false),
            '"' => {
                is_straight = !is_straight;
                (clause, is_quoted) = (clause + 1, is_straight);
            }
            ',' | ';' | ':' | '?' | '!' | '(' | ')' | '–' | '—' | '|' => clause += 1,
            // A full stop ends a clause, but not inside S.r.l. or 1.000.
            '.' if last.is_lowercase() => clause += 1,
            _ => {}
        }
        last = c;
    }
    tokens
}

fn folded(word: &str) -> String {
    word.chars()
        .flat_map(|c| deunicode::deunicode_char(c).unwrap_or("").chars().collect::<Vec<_>>())
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
