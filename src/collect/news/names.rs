//! Which company a text names: runs of capitalised words, weighed by what stands in and around them.

use super::{lexicon::LEXICON, tokens::Token};

/// Small words that stand inside names: Fonderie *del* Chiampo, Figli *di* Rossi.
const PARTICLES: [&str; 20] = [
    "di", "del", "della", "dei", "degli", "delle", "dell", "da", "e", "de", "la", "le", "du", "des", "von", "van",
    "of", "and", "y", "el",
];

/// Legal forms, folded; they end a name, in whatever case they are written.
const LEGAL_FORMS: [&str; 31] = [
    "srl",
    "spa",
    "srls",
    "sas",
    "snc",
    "scarl",
    "scrl",
    "sapa",
    "coop",
    "cooperativa",
    "societa",
    "soc",
    "ltd",
    "limited",
    "plc",
    "llp",
    "inc",
    "corp",
    "llc",
    "gmbh",
    "ag",
    "kg",
    "se",
    "sa",
    "sarl",
    "sasu",
    "sl",
    "bv",
    "nv",
    "group",
    "holding",
];

/// Words of trades with which companies' names begin or end.
const TRADE_WORDS: [&str; 73] = [
    "meccanica",
    "meccaniche",
    "officine",
    "fonderie",
    "fonderia",
    "acciai",
    "acciaierie",
    "acciaieria",
    "ferriere",
    "gruppo",
    "trasporti",
    "autotrasporti",
    "logistica",
    "logistics",
    "costruzioni",
    "edilizia",
    "edil",
    "impresa",
    "cantieri",
    "tessile",
    "tessitura",
    "filatura",
    "lanificio",
    "maglificio",
    "calzaturificio",
    "calzature",
    "mobilificio",
    "arredamenti",
    "mobili",
    "ceramiche",
    "ceramica",
    "vetrerie",
    "vetreria",
    "cartiera",
    "cartiere",
    "supermercati",
    "molino",
    "molini",
    "pastificio",
    "salumificio",
    "caseificio",
    "cantina",
    "cantine",
    "conceria",
    "concerie",
    "chimica",
    "plastica",
    "idrotermica",
    "elettro",
    "termo",
    "industrie",
    "industria",
    "manifattura",
    "manifatture",
    "steel",
    "foods",
    "food",
    "packaging",
    "builders",
    "homes",
    "fixtures",
    "autoparts",
    "energy",
    "chemicals",
    "textiles",
    "engineering",
    "construction",
    "motors",
    "stores",
    "werke",
    "bau",
    "group",
    "foundry",
];

/// Words before a name that say that one follows.
const INTRODUCTIONS: [&str; 31] = [
    "alla",
    "della",
    "dalla",
    "alle",
    "delle",
    "allo",
    "dello",
    "all",
    "dell",
    "dall",
    "per",
    "ex",
    "at",
    "against",
    "by",
    "for",
    "chez",
    "bei",
    "gruppo",
    "azienda",
    "societa",
    "cooperativa",
    "ditta",
    "impresa",
    "company",
    "firm",
    "supplier",
    "retailer",
    "maker",
    "la",
    "of",
];

/// Words before a single capitalised word that make it a place rather than a company.
const BEFORE_PLACES: [&str; 10] = ["in", "a", "ad", "di", "near", "nel", "nella", "tribunale", "across", "en"];

/// A run of words that may be a name.
struct Run {
    from: usize,
    to: usize,
}

/// The best candidate, as it is written. `spoken` marks the words that belong to phrases and so to no name.
/// `of_trade` those that name a trade.
pub(super) fn company(words: &[Token], spoken: &[bool], of_trade: &[bool]) -> Option<String> {
    let mut best: Option<(i32, Run)> = None;
    for run in runs(words, spoken) {
        // A trade alone is the trade, not a company of it.
        if of_trade.get(run.from..run.to).is_some_and(|words| words.iter().all(|is_trade| *is_trade)) {
            continue;
        }
        let score = score(words, &run);
        if score > 0 && best.as_ref().is_none_or(|(so_far, _)| score > *so_far) {
            best = Some((score, run));
        }
    }
    best.map(|(_, run)| written(words, &run))
}

/// Whether a word is written as a name is.
fn is_capital(token: &Token) -> bool {
    token.raw.chars().next().is_some_and(char::is_uppercase) && token.raw.chars().count() > 1
}

/// English headlines often capitalise every word; then a capital says nothing.
fn is_title_case(words: &[Token]) -> bool {
    let long: Vec<&Token> = words.iter().filter(|w| w.raw.chars().count() >= 4 && !w.is_quoted).collect();
    long.len() >= 4 && long.iter().filter(|w| is_capital(w)).count() * 4 > long.len() * 3
}

fn runs(words: &[Token], spoken: &[bool]) -> Vec<Run> {
    let is_spoken = |at: usize| spoken.get(at).copied().unwrap_or(false);
    let is_title_case = is_title_case(words);
    let begins_clause = |at: usize| at.checked_sub(1).is_none_or(|before| !same_clause(words, before, at));
    // A common word inside a sentence has its capital from a name (la cooperativa Nuova Aurora); at its beginning, from
    // the sentence.
    let is_common = |at: usize, w: &Token| (is_title_case || begins_clause(at)) && LEXICON.is_common(&w.folded);
    let may = |at: usize| {
        words
            .get(at)
            .is_some_and(|w| is_capital(w) && !is_spoken(at) && !is_common(at, w) && !LEXICON.is_institution(&w.folded))
    };
    let mut runs = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if !may(at) {
            at += 1;
            continue;
        }
        let from = at;
        while may(at + 1) && same_clause(words, at, at + 1) || bridges(words, at, &may) {
            at += if may(at + 1) { 1 } else { 2 };
        }
        let mut to = at + 1;
        // Numbers and legal forms belong to the name before them.
        while words.get(to).is_some_and(|w| same_clause(words, at, to) && is_tail(w, words.get(to + 1))) {
            to += 1;
        }
        at = to;
        runs.push(Run { from, to });
    }
    // Somebody's words are not where the subject is named, unless they are nothing but a name.
    let is_speech = |run: &Run| {
        let clause = words.get(run.from).filter(|w| w.is_quoted).map(|w| w.clause);
        clause.is_some_and(|clause| words.iter().filter(|w| w.clause == clause).count() > run.to - run.from)
    };
    runs.retain(|run| !is_speech(run));
    runs
}

fn same_clause(words: &[Token], a: usize, b: usize) -> bool {
    matches!((words.get(a), words.get(b)), (Some(a), Some(b)) if a.clause == b.clause)
}

/// A particle between two capitalised words, of the same clause.
fn bridges(words: &[Token], at: usize, may: &impl Fn(usize) -> bool) -> bool {
    let is_particle = words
        .get(at + 1)
        .is_some_and(|w| PARTICLES.contains(&w.folded.as_str()) || (w.joint.is_some() && w.raw.chars().count() <= 2));
    // A bridge from a first word that names no trade (`Sequestro della Guardia`) is grammar, not a name.
    let starts_trade = words.get(at).is_some_and(|w| TRADE_WORDS.contains(&w.folded.as_str()));
    is_particle && starts_trade && may(at + 2) && same_clause(words, at, at + 2)
}

fn is_tail(word: &Token, next: Option<&Token>) -> bool {
    let folded = word.folded.as_str();
    let is_number = folded.bytes().all(|b| b.is_ascii_digit()) && word.joint.is_none() && folded.len() <= 4;
    // `S.r.l.` comes as three letters.
    let is_letter =
        folded.len() == 1 && (word.joint.is_some() || next.is_some_and(|n| n.joint.is_some() && n.folded.len() == 1));
    let is_number = is_number && next.is_none_or(|n| LEGAL_FORMS.contains(&n.folded.as_str()));
    is_number || LEGAL_FORMS.contains(&folded) || is_letter || matches!(folded, "sociale" | "agricola")
}

fn score(words: &[Token], run: &Run) -> i32 {
    let inside = words.get(run.from..run.to).unwrap_or_default();
    let before = run.from.checked_sub(1).and_then(|at| words.get(at));
    let has = |list: &[&str]| inside.iter().any(|w| list.contains(&w.folded.as_str()));
    let trade_word = inside.iter().any(|w| {
        TRADE_WORDS.contains(&w.folded.as_str())
            || TRADE_WORDS.iter().any(|t| t.len() >= 4 && w.folded.len() > t.len() + 2 && w.folded.starts_with(t))
    });
    let is_single = inside.len() == 1;
    // A trade alone is the trade, not a company of it.
    if is_single && inside.iter().all(|w| TRADE_WORDS.contains(&w.folded.as_str())) {
        return 0;
    }
    let mut score = 1 + i32::from(!is_single);
    score += 4 * i32::from(has(&LEGAL_FORMS));
    score += 3 * i32::from(trade_word);
    score += i32::from(run.from <= 1);
    match before {
        Some(before) if BEFORE_PLACES.contains(&before.folded.as_str()) && is_single && !trade_word => score -= 3,
        Some(before)
            if INTRODUCTIONS.contains(&before.folded.as_str()) && same_clause(words, run.from - 1, run.from) =>
        {
            score += 2;
        }
        _ => {}
    }
    score
}

/// The name as it is written: joined words without a blank, a possessive taken off.
fn written(words: &[Token], run: &Run) -> String {
    let mut name = String::new();
    for token in words.get(run.from..run.to).unwrap_or_default() {
        match token.joint.filter(|_| !name.is_empty()) {
            Some('\'' | '’') if token.folded == "s" => continue,
            Some(joint) => name.push(joint),
            None if name.is_empty() => {}
            None if token.is_anded => name.push_str(" & "),
            None => name.push(' '),
        }
        name.push_str(&token.raw);
    }
    name
}
