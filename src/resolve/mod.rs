//! A mention in, a client and a certainty out.
//!
//! An [`Index`] holds every client by its numbers, by its names and by the words of its names. A record is compared with
//! the clients that share a number, the name, or the rarest of its words with it (`search`); each comparison is weighed
//! (`weigh`), and what is sure enough links.
//!
//! # Why
//!
//! *Why one scale for numbers and names?* Because a certainty must mean the same whatever it rests on: 0.95 is one wrong
//! link in twenty at the worst, and a person who looks at a review sees in bits what each field moved. The threshold under
//! which nothing moves a rating is the domain's; this room only says how sure it is.
//!
//! *How rare is a name?* Not the product of its words' shares: registers refuse a name that is taken, and a trade may have
//! one way of naming itself. The clients are a sample that shows how often names fall together for each time that the
//! product would have it, and the product is corrected by that (`rarity`). Without it, the more clients share their words,
//! the fewer are recognised.
//!
//! *Why does a near name link at all?* A slip in a rare word, at the same address, in the same trade, with nobody else of
//! that name about, is the client. What never links by itself: two names that share a rare word and differ in another
//! (a group and its subsidiary), another legal form, another town, a person's name without a number, a name that another
//! client bears as well and no street tells apart, a slip that gives a word by which another client is named, a street that
//! agrees where the town does not. A word more or less always goes to a person.
//!
//! *Why are an Italian tax number and an Italian register number compared with each other?* The register files a company
//! under its codice fiscale, which for companies is nearly always the partita IVA; likewise a French VAT number ends in the
//! SIREN (`number`). A number shared by clients of different names (a VAT group) leaves the name to decide.
//!
//! *Why flat arrays and not maps?* A million clients must fit beside everything else, and be asked in well under a
//! millisecond: binary searches over sorted numbers are small, and the rarest word first leaves little to compare. Of what
//! is left, name and form come first, the street last, and whoever can no longer become worth a look is dropped between.

mod build;
mod compare;
mod decide;
mod evidence;
mod fingerprint;
mod forms;
mod lexicon;
mod name;
mod newcomer;
mod number;
mod places;
mod rarity;
mod scales;
mod search;
mod text;
mod weigh;
mod words;

pub use build::Index;
pub use fingerprint::{fingerprint, is_distinct};

use crate::domain::*;

/// A client that a record may be about.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which client.
    pub client: ClientId,
    /// How sure.
    pub certainty: Certainty,
    /// Field by field; the weights add up to the log-odds of the certainty.
    pub because: Vec<Because>,
}

/// What one field says for or against.
#[derive(Debug, Clone, PartialEq)]
pub struct Because {
    /// `prior`, `name`, `form`, `country`, `city`, `address`, `sector`, `tax`, `registry`, `lei`, `text`, `homonym`.
    pub field: &'static str,
    /// What the record says.
    pub theirs: String,
    /// What the client's row says.
    pub ours: String,
    /// By how many bits it moves the odds: positive speaks for, negative against.
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
