use deunicode::deunicode;

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
            "societa cooperativa",
            "soc coop a rl",
            "soc coop arl",
            "soc coop",
            "scarl",
            "scrl",
            "coop",
        ],
    ),
    ("consortium", &["societa consortile a responsabilita limitata", "societa consortile", "scpa", "consorzio"]),
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

/// Words that many companies have in their names: alone or together they name nobody.
const COMMON: &str = "\
    costruzioni generali generale general servizi servizio services service group gruppo groupe holding holdings \
    italia italiana italiano italy france francaise deutschland europe europa european international internazionale \
    trading commerciale commercial commercio industria industrie industries industriale industrial meccanica \
    meccaniche officine edilizia edile edil immobiliare immobiliere tech technology technologies tecnologie \
    consulting consulenza solutions soluzioni fratelli figli sons fils impresa imprese azienda agricola centro auto \
    food foods trasporti transport transports logistica logistics logistique acciai acciaierie steel metal metalli \
    plastica plast legno carta moda fashion tessile energia energy energie global national nazionale nuova nuovo new \
    nouvelle company compagnia compagnie societa societe studio progetti project projects impianti forniture supply \
    supplies distribuzione distribution sistemi systems system elettronica electronics engineering ingegneria \
    construction constructions building builders design media digital digitale nord sud est ovest north south east \
    west milano roma torino napoli paris lyon london manchester bologna firenze genova veneta lombarda di del della \
    dei de du des la le il lo of for per rossi russo ferrari esposito bianchi romano colombo ricci marino greco \
    bruno gallo conti costa giordano mancini rizzo lombardi moretti smith jones taylor brown williams wilson davies \
    evans martin bernard dubois thomas robert richard durand petit moreau muller schmidt schneider fischer weber";

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
    merge_letters(words)
}

/// `s r l` → `srl`, `a b c` → `abc`; a lone joint (`e`, `y`) stays what it is.
fn merge_letters(words: Vec<Word>) -> Vec<Word> {
    let mut merged: Vec<Word> = Vec::with_capacity(words.len());
    let mut run = false;
    for word in words {
        let is_letter = word.folded.len() == 1 && word.folded.bytes().all(|b| b.is_ascii_alphabetic());
        match merged.last_mut() {
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

pub(super) fn is_joint(word: &str) -> bool {
    JOINTS.contains(&word)
}

/// Whether many companies have this word in their name; short words and numbers name nobody either.
pub(super) fn is_common(word: &str) -> bool {
    word.len() < 4 || word.bytes().all(|b| b.is_ascii_digit()) || COMMON.split(' ').any(|common| common == word)
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
