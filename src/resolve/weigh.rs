use super::{Because, identifier_key, name::Name};
use crate::domain::*;

/// From this likeness on a near name is shown to a person.
pub(super) const NEAR_ENOUGH: f64 = 0.86;

/// From this Jaro-Winkler likeness on two words are the same word with a slip in it.
const SAME_WORD: f64 = 0.93;

/// The shorter of two words that are so alike has at least these percent of the longer's letters: with every letter of it
/// found and the whole bonus for a common beginning (0.4), 0.93 needs a Jaro likeness of 0.88, and that `(2 + share) / 3`.
const LEAST_PERCENT: usize = 64;

/// Whether two words are one word, perhaps with a slip in it.
pub(super) fn is_same_word(a: &str, b: &str) -> bool {
    let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
    a == b || (100 * short >= LEAST_PERCENT * long && strsim::jaro_winkler(a, b) >= SAME_WORD)
}

/// What the fields beside the name say: `Some(true)` agree, `Some(false)` contradict, `None` one side is silent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    is_same_name: bool,
    form: Option<bool>,
    country: Option<bool>,
    city: Option<bool>,
    sector: Option<bool>,
}

/// Compares everything but the identifiers.
pub(super) fn fields(subject: &Subject, theirs: &Name, who: &Prospect, ours: &Name) -> Fields {
    let both = |a: Option<bool>| a;
    Fields {
        is_same_name: theirs.key == ours.key,
        form: both(theirs.form.zip(ours.form).map(|(a, b)| a == b)),
        country: both(subject.country.zip(who.country).map(|(a, b)| a == b)),
        city: both(subject.city.as_deref().zip(who.city.as_deref()).map(|(a, b)| fold(a) == fold(b))),
        sector: both(subject.sector.zip(who.sector).map(|(a, b)| a.division() == b.division())),
    }
}

impl Fields {
    /// How many of country, form and town speak against.
    pub(super) fn n_against(&self) -> f64 {
        [self.form, self.country, self.city].iter().map(|f| if *f == Some(false) { 1.0 } else { 0.0 }).sum()
    }

    /// Field by field, with weights a person can read.
    pub(super) fn because(&self, subject: &Subject, who: &Prospect, likeness: f64) -> Vec<Because> {
        let mut because: Vec<Because> = subject
            .identifiers
            .iter()
            .filter_map(|theirs| {
                let ours = who.identifiers.iter().find(|o| comparable(theirs, o))?;
                let same = identifier_key(theirs) == identifier_key(ours);
                let (theirs_text, ours) = (theirs.to_string(), ours.to_string());
                Some(Because {
                    field: field_of(theirs.kind()),
                    theirs: theirs_text,
                    ours,
                    weight: if same { 10.0 } else { -10.0 },
                })
            })
            .collect();
        let name_weight = if self.is_same_name { 4.0 } else { 4.0 * (likeness - 0.5) };
        because.push(Because {
            field: "name",
            theirs: subject.name.clone(),
            ours: who.name.clone(),
            weight: name_weight,
        });
        let text = |t: Option<&str>| t.unwrap_or_default().to_owned();
        let code = |c: Option<Country>| c.map_or_else(String::new, |c| c.to_string());
        let nace = |n: Option<Nace>| n.map_or_else(String::new, |n| n.to_string());
        let form = |name: &str| text(Name::of(name).form);
        let others = [
            ("form", self.form, form(&subject.name), form(&who.name), 1.0, -2.0),
            ("country", self.country, code(subject.country), code(who.country), 0.5, -3.0),
            ("city", self.city, text(subject.city.as_deref()), text(who.city.as_deref()), 2.0, -2.0),
            ("sector", self.sector, nace(subject.sector), nace(who.sector), 1.0, -0.5),
        ];
        for (field, says, theirs, ours, agrees, contradicts) in others {
            if let Some(agree) = says {
                because.push(Because { field, theirs, ours, weight: if agree { agrees } else { contradicts } });
            }
        }
        because
    }
}

/// How much the words of a name say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rarity {
    /// Words that few clients have.
    pub(super) n_distinctive: usize,
    /// Words that are no trade, no surname and nothing else that many companies are called by, however many clients have
    /// them.
    pub(super) n_uncommon: usize,
}

/// How sure a record of exactly this name is the client's; `is_one`: no other company of that name is known.
pub(super) fn certainty(fields: &Fields, rarity: Rarity, is_one: bool) -> f64 {
    let agrees = |f: Option<bool>| f64::from(u8::from(f == Some(true)));
    let n_agree = agrees(fields.form) + agrees(fields.country) + agrees(fields.city) + agrees(fields.sector);
    let is_contradicted = fields.n_against() > 0.0;
    let is_backed = fields.city == Some(true)
        || (fields.sector == Some(true) && fields.form == Some(true) && fields.country == Some(true));
    // In one town no two companies of one form bear one name of its own, though clients elsewhere share its words.
    let is_local = rarity.n_uncommon >= 2 && fields.city == Some(true) && fields.form == Some(true);
    let is_named = rarity.n_distinctive >= 2 || (rarity.n_distinctive == 1 && is_backed) || is_local;
    if is_one && !is_contradicted && is_named {
        return (0.95 + 0.01 * n_agree).min(0.99);
    }
    (0.7 + 0.03 * n_agree - 0.15 * fields.n_against()).clamp(0.3, 0.9)
}

/// Whether an identifier is shared, and whether one of the same kind and country differs.
pub(super) fn identifiers(subject: &Subject, who: &Prospect) -> (bool, bool) {
    let pairs = || {
        subject.identifiers.iter().flat_map(|theirs| {
            who.identifiers.iter().filter(|ours| comparable(theirs, ours)).map(move |ours| (theirs, ours))
        })
    };
    let is_same = |(a, b): (&Identifier, &Identifier)| identifier_key(a) == identifier_key(b);
    let shared = pairs().any(is_same);
    // One kind may hold two numbers (an Italian company has a partita IVA and a codice fiscale): only a kind without any
    // agreement contradicts.
    let contradicted = [IdentifierKind::Tax, IdentifierKind::Registry, IdentifierKind::Lei].into_iter().any(|kind| {
        let mut of_kind = pairs().filter(|(a, b)| a.kind() == kind && b.kind() == kind).peekable();
        of_kind.peek().is_some() && !of_kind.any(is_same)
    });
    (shared, contradicted)
}

/// Lower case without accents and punctuation, for towns.
pub(super) fn fold(text: &str) -> String {
    let plain = deunicode::deunicode(text).to_ascii_lowercase();
    let words: Vec<&str> = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

/// Two identifiers that can agree or differ: one kind and country, or two names of one number.
fn comparable(a: &Identifier, b: &Identifier) -> bool {
    (a.kind() == b.kind() && a.country() == b.country()) || identifier_key(a) == identifier_key(b)
}

fn field_of(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Tax => "tax",
        IdentifierKind::Registry => "registry",
        IdentifierKind::Lei => "lei",
    }
}
