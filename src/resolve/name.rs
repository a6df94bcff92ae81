use deunicode::deunicode;

use super::frequent;

/// Legal forms by their usual spellings after folding; the first word of each line is the family that is compared.
/// Longer spellings stand before the shorter ones that end them.
const FORMS: &[(&str, &[&str])] = &[
    (
        "srl",
        &[
            "societa a responsabilita limitata semplificata",
            "societa a responsabilita limitata",
            "srl semplificata",
            "srls",
            "srlu",
            "srl",
        ],
    ),
    ("spa", &["societa per azioni", "spa"]),
    ("sapa", &["societa in accomandita per azioni", "sapa"]),
    ("snc", &["societa in nome collettivo", "snc"]),
    (
        "sas",
        &[
            "societa in accomandita semplice",
            "societe par actions simplifiee unipersonnelle",
            "societe par actions simplifiee",
            "sasu",
            "sas",
        ],
    ),
    (
        "coop",
        &[
            "societa cooperativa a responsabilita limitata",
            "societa cooperativa sociale",
            "societa cooperativa agricola",
            "societa cooperativa",
            "cooperativa sociale",
            "societa coop sociale",
            "societa coop agricola",
            "societa coop a rl",
            "societa coop arl",
            "societa coop",
            "scarl",
            "scrl",
            "coop",
        ],
    ),
    ("consortium", &["societa consortile a responsabilita limitata", "societa consortile", "scpa", "consorzio"]),
    ("ss", &["societa semplice agricola", "societa semplice", "ss"]),
    ("person", &["ditta individuale", "impresa individuale", "entreprise individuelle", "eirl"]),
    ("ltd", &["private limited company", "limited", "ltd"]),
    ("plc", &["public limited company", "plc"]),
    ("llp", &["limited liability partnership", "llp"]),
    ("sarl", &["societe a responsabilite limitee", "eurl", "sarl"]),
    ("sa", &["societe anonyme", "sociedad anonima", "sa"]),
    ("snc", &["societe en nom collectif"]),
    ("sci", &["societe civile immobiliere", "sci"]),
    ("kg", &["gmbh co kg", "ag co kg", "kgaa", "kg"]),
    ("gmbh", &["gesellschaft mit beschrankter haftung", "ug haftungsbeschrankt", "ggmbh", "gmbh", "ug"]),
    ("ag", &["aktiengesellschaft", "ag"]),
    ("ohg", &["ohg"]),
    ("ek", &["ek"]),
    ("sl", &["sociedad limitada unipersonal", "sociedad limitada", "slu", "sl"]),
    ("sau", &["sau"]),
    ("bv", &["besloten vennootschap", "bv"]),
    ("nv", &["naamloze vennootschap", "nv"]),
    ("inc", &["incorporated", "inc"]),
    ("corp", &["corporation", "corp"]),
    ("llc", &["llc"]),
    ("spzoo", &["sp zoo", "spolka z ograniczona odpowiedzialnoscia"]),
    ("sro", &["sro"]),
];

/// What stands behind a legal form without changing whose name it is: the state of the company, one owner.
const STATES: &[&str] = &[
    "in liquidazione coatta amministrativa",
    "in liquidazione giudiziale",
    "in liquidazione",
    "in concordato preventivo",
    "in concordato",
    "in amministrazione straordinaria",
    "in fallimento",
    "in liquidation",
    "en liquidation judiciaire",
    "en liquidation",
    "en redressement judiciaire",
    "in administration",
    "in insolvenz",
    "i l",
    "il",
    "unipersonale",
    "a socio unico",
    "con socio unico",
    "con unico socio",
    "societa benefit",
    "co",
    "c",
];

/// Words that join two names and that everybody leaves out or writes differently.
const JOINTS: &[&str] = &["and", "e", "et", "und", "y", "ed", "the"];

/// Short spellings of words of names, and the words they stand for.
const SHORT: &[(&str, &str)] = &[
    ("flli", "fratelli"),
    ("soc", "societa"),
    ("agr", "agricola"),
    ("mecc", "meccanica"),
    ("bros", "brothers"),
    ("mfg", "manufacturing"),
    ("intl", "international"),
    ("svcs", "services"),
];

/// Articles that lose their vowel before another: `Dall'Oglio`, `Dall Oglio` and `Dalloglio` are one name.
const ELIDED: &[&str] = &["dall", "dell", "all", "nell", "sull"];

/// A company's name in the form in which names are compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Name {
    /// The words that matter, folded, in order.
    pub(super) tokens: Vec<String>,
    /// The same, joined by blanks.
    pub(super) key: String,
    /// The family of its legal form, where it says one.
    pub(super) form: Option<&'static str>,
}

impl Name {
    pub(super) fn of(text: &str) -> Self {
        let mut tokens: Vec<String> = words(text).into_iter().map(|w| w.folded).filter(|w| !is_joint(w)).collect();
        let mut form = None;
        let whole = tokens.clone();
        loop {
            if STATES.iter().any(|state| strip_end(&mut tokens, state)) {
                continue;
            }
            let found = FORMS.iter().find(|(_, forms)| forms.iter().any(|f| strip_end(&mut tokens, f)));
            match found {
                Some((family, _)) => form = form.or(Some(*family)),
                None => break,
            }
        }
        if form.is_none() {
            let found = FORMS.iter().find(|(_, forms)| forms.iter().any(|f| strip_start(&mut tokens, f)));
            form = found.map(|(family, _)| *family);
        }
        if tokens.is_empty() {
            tokens = whole;
        }
        Self { key: tokens.join(" "), tokens, form }
    }
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
    let spelled = deunicode(text).replace(['&', '+'], " and ");
    let mut words: Vec<Word> = Vec::new();
    let (mut current, mut opens, mut is_capital) = (String::new(), true, false);
    let mut chars = spelled.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_ascii_alphanumeric() {
            if current.is_empty() {
                is_capital = c.is_ascii_uppercase();
            }
            current.push(c.to_ascii_lowercase());
            continue;
        }
        // A dot or apostrophe inside a word belongs to it: S.r.l., dell'Orto.
        let inside = matches!(c, '.' | '\'' | '`') && !current.is_empty();
        if inside && chars.peek().is_some_and(char::is_ascii_alphanumeric) {
            continue;
        }
        let ends_part = matches!(c, ':' | ';' | '!' | '?' | '"' | '(' | ')' | ',' | '|')
            || (c == '.' && current.len() > 3)
            || (c == '-' && current.is_empty());
        if !current.is_empty() {
            words.push(Word { folded: std::mem::take(&mut current), is_capital, opens });
            opens = false;
        }
        opens |= ends_part;
    }
    if !current.is_empty() {
        words.push(Word { folded: current, is_capital, opens });
    }
    let mut words = merge_letters(words);
    words.iter_mut().for_each(|word| spell_out(&mut word.folded));
    words
}

/// Puts the word in the place of its short spelling.
fn spell_out(word: &mut String) {
    if let Some((_, whole)) = SHORT.iter().find(|(short, _)| short == word) {
        *word = (*whole).to_owned();
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
                continue;
            }
        }
    }
    merged
}

/// The legal form that stands at the beginning of these words, and how many words it takes.
pub(super) fn form_at(words: &[Word]) -> Option<(&'static str, usize)> {
    let spelled: Vec<&str> = words.iter().take(7).map(|w| w.folded.as_str()).collect();
    FORMS.iter().find_map(|(family, forms)| {
        let fits = |form: &&&str| {
            let parts: Vec<&str> = form.split(' ').collect();
            spelled.len() >= parts.len() && spelled[..parts.len()] == parts[..]
        };
        forms.iter().find(fits).map(|form| (*family, form.split(' ').count()))
    })
}

impl Name {
    /// Whether it may be a person's: two or three words, a given name among them, and no legal form.
    pub(super) fn may_be_person(&self) -> bool {
        self.form.is_none()
            && (2..=3).contains(&self.tokens.len())
            && self.tokens.iter().any(|token| frequent::is_given_name(token))
    }
}

pub(super) fn is_joint(word: &str) -> bool {
    JOINTS.contains(&word)
}

fn strip_end(tokens: &mut Vec<String>, phrase: &str) -> bool {
    let parts: Vec<&str> = phrase.split(' ').collect();
    let fits = tokens.len() > parts.len() && tokens[tokens.len() - parts.len()..].iter().eq(parts.iter());
    if fits {
        tokens.truncate(tokens.len() - parts.len());
    }
    fits
}

fn strip_start(tokens: &mut Vec<String>, phrase: &str) -> bool {
    let parts: Vec<&str> = phrase.split(' ').collect();
    let fits = tokens.len() > parts.len() && tokens[..parts.len()].iter().eq(parts.iter());
    if fits {
        tokens.drain(..parts.len());
    }
    fits
}
