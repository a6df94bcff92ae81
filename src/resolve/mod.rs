//! A mention in, a client and a certainty out.
//!
//! An [`Index`] holds every client by identifier, by name and by the words of its name. A record is matched by its
//! identifiers first; without them by its name, and what else is known must not speak against it.
//!
//! # Why
//!
//! *Why do near names never link?* Because harming a company through a homonym is the worst thing this program can do, and
//! a missed link costs a glance: a near name, a generic name, two clients of one name, another town or legal form all go to
//! a person. A name links by itself only when it is the same after folding, has two words that few companies have, is nobody
//! else's in the index, and nothing contradicts it.
//!
//! *Why are an Italian tax number and an Italian register number compared with each other?* The register files a company
//! under its codice fiscale, which for companies is nearly always the partita IVA; likewise a French VAT number ends in the
//! SIREN. A tax number shared by clients of different names (a VAT group) decides nothing and goes to review.

mod frequent;
mod name;
mod text;
mod weigh;

use std::collections::{BTreeSet, HashMap};

use crate::domain::*;
use name::Name;

/// The most entries that are compared by near names: the rarest words come first, so what is left out is far.
const MAX_NEAR: usize = 2_000;

/// The most candidates that are put before a person.
const MAX_CANDIDATES: usize = 5;

/// All clients by identifier and by name, for matching.
#[derive(Debug, Default)]
pub struct Index {
    entries: Vec<Entry>,
    by_identifier: HashMap<String, Vec<usize>>,
    by_key: HashMap<String, Vec<usize>>,
    by_token: HashMap<String, Vec<usize>>,
    /// By the first four letters of a word, for names with a slip in a word.
    by_start: HashMap<String, Vec<usize>>,
    /// The most words that a name has.
    longest: usize,
}

#[derive(Debug)]
struct Entry {
    client: ClientId,
    who: Prospect,
    name: Name,
}

/// A client that a record may be about.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which client.
    pub client: ClientId,
    /// How sure.
    pub certainty: Certainty,
    /// Field by field.
    pub because: Vec<Because>,
}

/// What one field says for or against.
#[derive(Debug, Clone, PartialEq)]
pub struct Because {
    /// `tax`, `registry`, `lei`, `name`, `form`, `country`, `city`, `sector`, `homonym`, `generic`.
    pub field: &'static str,
    /// What the record says.
    pub theirs: String,
    /// What the client's row says.
    pub ours: String,
    /// Positive speaks for, negative against.
    pub weight: f64,
}

/// What to do with a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It is about these clients (one company may be a client of several portfolios), certainty 0.95 or more.
    Link(Vec<Candidate>),
    /// It may be; a person should look. Best first.
    Review(Vec<Candidate>),
    /// It is about nobody we know.
    None,
}

impl Decision {
    /// Its word on the wire: `link`, `review`, `none`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Link(_) => "link",
            Self::Review(_) => "review",
            Self::None => "none",
        }
    }

    /// The candidates, best first; none for [`Decision::None`].
    pub fn candidates(&self) -> &[Candidate] {
        match self {
            Self::Link(candidates) | Self::Review(candidates) => candidates,
            Self::None => &[],
        }
    }
}

impl Index {
    /// Builds it from the clients.
    pub fn new(clients: impl IntoIterator<Item = (ClientId, Prospect)>) -> Self {
        let mut index = Self::default();
        for (client, who) in clients {
            let place = index.entries.len();
            let name = Name::of(&who.name);
            for key in who.identifiers.iter().map(identifier_key).collect::<BTreeSet<_>>() {
                index.by_identifier.entry(key).or_default().push(place);
            }
            for token in name.tokens.iter().collect::<BTreeSet<_>>() {
                index.by_token.entry(token.clone()).or_default().push(place);
            }
            for start in name.tokens.iter().filter_map(|t| t.get(..4)).collect::<BTreeSet<_>>() {
                index.by_start.entry(start.to_owned()).or_default().push(place);
            }
            index.by_key.entry(name.key.clone()).or_default().push(place);
            index.longest = index.longest.max(name.tokens.len());
            index.entries.push(Entry { client, who, name });
        }
        index
    }

    /// How many clients it holds.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds nobody.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whose record is it?
    pub fn resolve(&self, subject: &Subject) -> Decision {
        self.by_identifiers(subject).unwrap_or_else(|| self.by_name(subject))
    }

    /// Which clients does this text name (a headline in it, it, en, fr)? Whole words only; generic names need their legal
    /// form and town.
    pub fn find_in_text(&self, text: &str, country: Option<Country>) -> Decision {
        text::find(self, text, country)
    }

    fn by_identifiers(&self, subject: &Subject) -> Option<Decision> {
        let keys: BTreeSet<String> = subject.identifiers.iter().map(identifier_key).collect();
        let places: BTreeSet<usize> =
            keys.iter().filter_map(|k| self.by_identifier.get(k)).flatten().copied().collect();
        if places.is_empty() {
            return None;
        }
        let theirs = Name::of(&subject.name);
        let of_that_name: Vec<usize> =
            places.iter().copied().filter(|p| self.entries[*p].name.key == theirs.key).collect();
        let places: Vec<usize> = places.into_iter().collect();
        let one_company = places.iter().all(|p| self.entries[*p].name.key == self.entries[places[0]].name.key);
        // A number that several names share says which group it is; only the name says which company.
        let (chosen, is_sure) = match (one_company, of_that_name.is_empty()) {
            (true, _) => (places, true),
            (false, false) => (of_that_name, true),
            (false, true) => (places, false),
        };
        let contradicted = chosen.iter().any(|p| weigh::identifiers(subject, &self.entries[*p].who).1);
        let certainty = if is_sure && !contradicted { 1.0 } else { 0.8 };
        let candidates = chosen.iter().map(|p| self.candidate(*p, subject, &theirs, certainty)).collect();
        Some(if certainty < 1.0 { Decision::Review(candidates) } else { Decision::Link(candidates) })
    }

    fn by_name(&self, subject: &Subject) -> Decision {
        let theirs = Name::of(&subject.name);
        if theirs.tokens.is_empty() {
            return Decision::None;
        }
        let possible = |p: &usize| !weigh::identifiers(subject, &self.entries[*p].who).1;
        let same: Vec<usize> = self.by_key.get(&theirs.key).into_iter().flatten().copied().filter(possible).collect();
        if same.is_empty() {
            return self.near(subject, &theirs, possible);
        }
        // A client of the same name whose identifiers speak against it is a homonym all the same.
        let n_homonyms = self.by_key.get(&theirs.key).map_or(0, Vec::len);
        let is_one = n_homonyms == same.len() && self.is_one_company(&same);
        let rarity = weigh::Rarity {
            n_distinctive: theirs.tokens.iter().filter(|t| self.is_distinctive(t)).count(),
            n_uncommon: theirs.tokens.iter().filter(|t| !frequent::is_common(t)).count(),
        };
        let certainty = |place: usize| {
            let entry = &self.entries[place];
            let fields = weigh::fields(subject, &theirs, &entry.who, &entry.name);
            // A person's name is nobody's alone, however rare it is among our clients.
            let is_person = subject.is_person || (theirs.may_be_person() && entry.name.may_be_person());
            weigh::certainty(&fields, rarity, is_one && !is_person)
        };
        let candidates: Vec<Candidate> =
            same.iter().map(|p| self.candidate(*p, subject, &theirs, certainty(*p))).collect();
        decide(candidates)
    }

    /// Names that are nearly the same: never a link.
    fn near(&self, subject: &Subject, theirs: &Name, possible: impl Fn(&usize) -> bool) -> Decision {
        let mut blocks: Vec<&Vec<usize>> = theirs.tokens.iter().filter_map(|t| self.by_token.get(t)).collect();
        blocks.extend(theirs.tokens.iter().filter_map(|t| t.get(..4)).filter_map(|t| self.by_start.get(t)));
        blocks.sort_by_key(|b| b.len());
        let pool: BTreeSet<usize> = blocks.into_iter().flatten().take(MAX_NEAR).copied().filter(possible).collect();
        let mut found: Vec<(f64, usize)> = pool
            .into_iter()
            .filter_map(|p| {
                let entry = &self.entries[p];
                // The names first: most are far apart, and what speaks against a far one need not be looked at.
                let likeness = self.likeness(theirs, &entry.name);
                if likeness < weigh::NEAR_ENOUGH {
                    return None;
                }
                let fields = weigh::fields(subject, theirs, &entry.who, &entry.name);
                let likeness = likeness - 0.1 * fields.n_against();
                (likeness >= weigh::NEAR_ENOUGH).then_some((likeness, p))
            })
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found.truncate(MAX_CANDIDATES);
        // A near name is at best as sure as a coin that has been looked at: well under what moves a rating.
        let candidates: Vec<Candidate> =
            found.iter().map(|(likeness, p)| self.candidate(*p, subject, theirs, 0.8 * likeness)).collect();
        if candidates.is_empty() { Decision::None } else { Decision::Review(candidates) }
    }

    /// How alike two names are, 0 to 1: letters (Jaro-Winkler), or shared words weighted by how rare they are. The letters
    /// alone may be close by accident (`alfa srl`, `alfa sud`): a rare word must be shared as well.
    fn likeness(&self, theirs: &Name, ours: &Name) -> f64 {
        let is_shared = |t: &&String| ours.tokens.iter().any(|o| weigh::is_same_word(o, t));
        let shared: Vec<&String> = theirs.tokens.iter().filter(is_shared).collect();
        if !shared.iter().any(|t| self.is_distinctive(t) || !frequent::is_common(t)) {
            return 0.0;
        }
        let weight = |t: &String| if self.is_distinctive(t) { 1.0 } else { 0.25 };
        let total = |tokens: &[String]| tokens.iter().map(weight).sum::<f64>();
        let all = total(&theirs.tokens).max(total(&ours.tokens));
        let words = shared.iter().map(|t| weight(t)).sum::<f64>() / all;
        words.max(strsim::jaro_winkler(&theirs.key, &ours.key))
    }

    /// A word that names somebody: not one that many companies have, and rare among our clients.
    fn is_distinctive(&self, token: &str) -> bool {
        let often = (self.entries.len() / 2_000).max(3);
        !frequent::is_common(token) && self.by_token.get(token).is_none_or(|places| places.len() <= often)
    }

    /// Whether clients of one name are one company in several books: they share an identifier, or town and legal form
    /// are given and the same, and no identifier differs.
    fn is_one_company(&self, places: &[usize]) -> bool {
        let first = &self.entries[places[0]];
        places[1..].iter().all(|p| {
            let other = &self.entries[*p];
            let as_subject = Subject { identifiers: other.who.identifiers.clone(), ..Subject::default() };
            let (shared, contradicted) = weigh::identifiers(&as_subject, &first.who);
            let same_town = match (&first.who.city, &other.who.city) {
                (Some(a), Some(b)) => weigh::fold(a) == weigh::fold(b),
                _ => false,
            };
            !contradicted
                && (shared
                    || (same_town && first.name.form == other.name.form && first.who.country == other.who.country))
        })
    }

    fn candidate(&self, place: usize, subject: &Subject, theirs: &Name, certainty: f64) -> Candidate {
        let entry = &self.entries[place];
        let fields = weigh::fields(subject, theirs, &entry.who, &entry.name);
        let because = fields.because(subject, &entry.who, self.likeness(theirs, &entry.name));
        let certainty = Certainty::new(certainty.clamp(0.0, 1.0)).unwrap_or(Certainty::CERTAIN);
        Candidate { client: entry.client, certainty, because }
    }
}

/// All of them link, or a person looks at all of them.
fn decide(mut candidates: Vec<Candidate>) -> Decision {
    candidates.sort_by(|a, b| b.certainty.get().total_cmp(&a.certainty.get()).then(a.client.cmp(&b.client)));
    match candidates.as_slice() {
        [] => Decision::None,
        all if all.iter().all(|c| c.certainty >= Certainty::MOVES_A_RATING) => Decision::Link(candidates),
        _ => Decision::Review(candidates),
    }
}

/// One text for identifiers that are the same number under two names.
fn identifier_key(identifier: &Identifier) -> String {
    let country = identifier.country().map_or_else(String::new, |c| c.to_string());
    let text = identifier.text();
    match (identifier.kind(), country.as_str()) {
        (IdentifierKind::Tax | IdentifierKind::Registry, "IT") if text.len() == 11 => format!("IT:{text}"),
        (IdentifierKind::Tax, "FR") => format!("FR:{}", text.get(2..).unwrap_or(text)),
        (IdentifierKind::Registry, "FR") => format!("FR:{text}"),
        (kind, _) => format!("{kind:?}:{country}:{text}"),
    }
}
