//! Why a record may be about a client, as persons read it: what each clue makes likelier, and how much.
//!
//! # Why
//!
//! *Why times and not bits?* Whoever matches adds bits; whoever decides knows what "forty times likelier" means. A bit is a factor
//! of two, so nothing is lost but the decimals.

use super::{
    codes::{Table, capital},
    look::Tongue,
};

/// Beyond this nobody counts.
const MANY: f64 = 1_000.0;
/// A factor below this moves nothing that a reader could see.
const NOTHING: f64 = 1.1;

const FIELDS: Table = &[
    ("prior", "prima di ogni indizio", "before any clue"),
    ("name", "nome", "name"),
    ("form", "forma giuridica", "legal form"),
    ("country", "paese", "country"),
    ("city", "città", "town"),
    ("address", "indirizzo", "address"),
    ("sector", "settore", "trade"),
    ("tax", "partita IVA o codice fiscale", "tax number"),
    ("registry", "numero di registro", "register number"),
    ("lei", "LEI", "LEI"),
    ("text", "di che cosa parla il testo", "what the text speaks of"),
    ("homonym", "omonimi", "namesakes"),
];

/// What one field says for or against.
pub(super) struct Clue {
    pub(super) field: String,
    /// What the record says, and what we have.
    pub(super) theirs: String,
    pub(super) ours: String,
    /// How much likelier or less likely it makes the record the client's.
    pub(super) effect: String,
    pub(super) class: &'static str,
}

/// The text between quotes as a program writes them, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('"')?;
    let (mut out, mut chars) = (String::new(), text.char_indices());
    while let Some((at, found)) = chars.next() {
        match found {
            '"' => return Some((out, text.get(at + 1..)?)),
            '\\' => out.push(chars.next()?.1),
            other => out.push(other),
        }
    }
    None
}

/// `field: "theirs" against "ours" (+1.23 bits)`.
fn parts(line: &str) -> Option<(&str, String, String, f64)> {
    let (field, rest) = line.split_once(": ")?;
    let (theirs, rest) = quoted(rest)?;
    let (ours, rest) = quoted(rest.strip_prefix(" against ")?)?;
    let bits = rest.strip_prefix(" (")?.strip_suffix(" bits)")?.parse().ok()?;
    Some((field, theirs, ours, bits))
}

/// `40 times likelier`.
fn effect(bits: f64, t: Tongue) -> (String, &'static str) {
    let factor = bits.abs().exp2();
    if factor < NOTHING {
        return (t.pick("non sposta nulla", "moves nothing").to_owned(), "quiet");
    }
    let times = match factor {
        MANY.. => t.pick("oltre mille", "more than a thousand").to_owned(),
        ..10.0 => t.pick(format!("{factor:.1}").replace('.', ","), format!("{factor:.1}")),
        _ => format!("{factor:.0}"),
    };
    match bits > 0.0 {
        true => (t.pick(format!("{times} volte più probabile"), format!("{times} times likelier")), "better"),
        false => (t.pick(format!("{times} volte meno probabile"), format!("{times} times less likely")), "worse"),
    }
}

impl Clue {
    /// Reads a line of an explanation; one of another form is no clue.
    pub(super) fn of(line: &str, t: Tongue) -> Option<Self> {
        let (field, theirs, ours, bits) = parts(line)?;
        let (effect, class) = match field {
            // How many others it might be; it is the start, and no clue of its own.
            "prior" => (String::new(), "quiet"),
            _ => effect(bits, t),
        };
        let ours = match (field, ours.strip_prefix("one of ")) {
            ("prior", Some(n)) => {
                let n = n.parse().map_or_else(|_| n.to_owned(), |n| t.whole(n));
                t.pick(format!("uno di {n} possibili"), format!("one of {n} possible"))
            }
            ("homonym", _) => t.pick("altri clienti si chiamano così", "other clients are called so").to_owned(),
            _ => ours,
        };
        Some(Self { field: capital(&t.said(FIELDS, field)), theirs, ours, effect, class })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::look::Language, Clue, Tongue, parts};

    #[test]
    fn a_clue_says_how_many_times_likelier_it_makes_the_record_the_client_s() {
        let (italian, english): (Tongue, Tongue) = (Language::Italian.into(), Language::English.into());
        let effect = |line: &str, t| Clue::of(line, t).unwrap().effect;
        assert_eq!(effect("city: \"Brescia\" against \"Brescia\" (+5.00 bits)", italian), "32 volte più probabile");
        assert_eq!(effect("form: \"SpA\" against \"S.r.l.\" (-1.50 bits)", english), "2.8 times less likely");
        assert_eq!(effect("tax: \"1\" against \"1\" (+20.00 bits)", english), "more than a thousand times likelier");
        assert_eq!(effect("sector: \"\" against \"25.6\" (+0.05 bits)", italian), "non sposta nulla");
        assert_eq!(
            Clue::of("prior: \"\" against \"one of 8000\" (-6.32 bits)", italian).unwrap().ours,
            "uno di 8.000 possibili"
        );
    }

    #[test]
    fn what_is_quoted_inside_a_clue_stays_whole_and_another_line_is_no_clue() {
        let found = parts(r#"name: "ACME \"Nord\" against all" against "Acme" (+3.10 bits)"#).unwrap();
        assert_eq!((found.1.as_str(), found.2.as_str()), ("ACME \"Nord\" against all", "Acme"));
        assert!(parts("somebody wrote this").is_none());
    }
}
