//! In which language a text is written.

use super::tokens::Token;

/// Words that stand in nearly every sentence of one language and in few of another.
const SMALL_WORDS: [(&str, &[&str]); 5] = [
    (
        "it",
        &[
            "il", "lo", "gli", "della", "del", "dei", "delle", "dello", "degli", "dell", "di", "per", "con", "che",
            "alla", "allo", "alle", "agli", "ai", "dal", "dalla", "dai", "nel", "nella", "nei", "sono", "una", "e",
            "piu", "verso", "tra", "sul", "sulla", "sui", "dopo", "non", "anche", "i", "un", "milioni", "anni", "mesi",
        ],
    ),
    (
        "en",
        &[
            "the", "of", "and", "to", "at", "for", "with", "as", "by", "on", "after", "from", "is", "are", "its",
            "over", "against", "into", "in", "out", "will", "has", "have", "it", "that", "says", "amid", "up", "off",
            "an", "be", "been", "was", "were", "not", "year", "more",
        ],
    ),
    (
        "fr",
        &[
            "le", "les", "des", "du", "et", "au", "aux", "pour", "une", "dans", "sur", "est", "avec", "par", "placee",
            "apres", "chez", "ses", "sa", "son", "ne", "pas", "en", "de", "la", "un", "qui", "sont", "ans", "se",
            "plus", "d", "l", "leur", "sous",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "das", "und", "von", "mit", "im", "den", "zu", "bei", "ist", "ein", "eine", "nach", "fur",
            "beim", "stellt", "wegen", "auf", "um", "vor", "sich", "nicht", "aus", "wird", "werden", "am", "dem",
            "des", "zum", "zur", "ab", "an", "in", "wieder", "meldet", "muss", "droht", "uber", "keine", "als",
        ],
    ),
    (
        "es",
        &[
            "el", "los", "las", "y", "en", "por", "con", "una", "para", "del", "al", "se", "tras", "su", "sus", "que",
            "presenta", "la", "de", "un", "a", "sin", "anos", "meses", "millones", "mas", "lo", "sobre", "entre",
            "ante", "hasta", "desde",
        ],
    ),
];

/// How many small words one phrase of the lexicon weighs.
const PHRASE_WEIGHT: usize = 2;

/// So many small words more than any other language has make a language certain.
const CERTAIN_BY: usize = 2;

/// The declared language (`en-us` is `en`), else the one whose small words and phrases occur most, else none: `und`.
pub(super) fn of(words: &[Token], declared: Option<&str>, phrases: &[&str]) -> String {
    let declared = declared.and_then(|tag| tag.trim().get(..2)).map(str::to_ascii_lowercase);
    if let Some(language) = declared.filter(|tag| tag.bytes().all(|b| b.is_ascii_lowercase())) {
        return language;
    }
    let weight = |language: &str| PHRASE_WEIGHT * phrases.iter().filter(|of| **of == language).count();
    let counts = SMALL_WORDS.iter().map(|(language, small)| (n_small(words, small) + weight(language), *language));
    counts.rev().max_by_key(|(n, _)| *n).filter(|(n, _)| *n > 0).map_or("und", |(_, language)| language).to_owned()
}

/// The language that a text is certainly written in, going by its small words alone.
pub(super) fn certain(words: &[Token]) -> Option<&'static str> {
    let mut counts = SMALL_WORDS.map(|(language, small)| (n_small(words, small), language));
    counts.sort_unstable();
    let [.., (second, _), (most, language)] = counts;
    (most >= second + CERTAIN_BY).then_some(language)
}

fn n_small(words: &[Token], small: &[&str]) -> usize {
    words.iter().filter(|word| small.contains(&word.folded.as_str())).count()
}
