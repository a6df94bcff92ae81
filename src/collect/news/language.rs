//! In which language a text is written.

use super::tokens::fold;

/// Words that stand in nearly every sentence of one language and in few of another.
const STOP_WORDS: [(&str, &[&str]); 5] = [
    (
        "it",
        &[
            "il", "lo", "gli", "della", "del", "dei", "delle", "di", "per", "con", "che", "alla", "dal", "nel", "sono",
            "una", "e", "piu", "verso", "tra",
        ],
    ),
    (
        "en",
        &[
            "the", "of", "and", "to", "at", "for", "with", "as", "by", "on", "after", "from", "is", "are", "its",
            "over", "against", "into",
        ],
    ),
    (
        "fr",
        &[
            "le", "les", "des", "du", "et", "au", "aux", "pour", "une", "dans", "sur", "est", "avec", "par", "placee",
            "apres",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "das", "und", "von", "mit", "im", "den", "zu", "bei", "ist", "ein", "eine", "nach", "fur",
            "beim", "stellt",
        ],
    ),
    (
        "es",
        &[
            "el", "los", "las", "y", "en", "por", "con", "una", "para", "del", "al", "se", "tras", "su", "que",
            "presenta",
        ],
    ),
];

/// How many small words one phrase of the lexicon weighs.
const PHRASE_WEIGHT: usize = 2;

/// The declared language (`en-us` is `en`), else the one whose small words and phrases occur most, else none: `und`.
pub(super) fn of(headline: &str, summary: &str, declared: Option<&str>, phrases: &[&str]) -> String {
    let declared = declared.and_then(|tag| tag.trim().get(..2)).map(str::to_ascii_lowercase);
    if let Some(language) = declared.filter(|tag| tag.bytes().all(|b| b.is_ascii_lowercase())) {
        return language;
    }
    let text = fold(&format!("{headline} {summary}"));
    let count = |language: &str, words: &[&str]| {
        let small = text.split(' ').filter(|word| words.contains(word)).count();
        small + PHRASE_WEIGHT * phrases.iter().filter(|of| **of == language).count()
    };
    let best =
        STOP_WORDS.iter().map(|(language, words)| (count(language, words), *language)).rev().max_by_key(|(n, _)| *n);
    best.filter(|(n, _)| *n > 0).map_or("und", |(_, language)| language).to_owned()
}
