use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::Date};

use super::{BatchId, Country, Currency, Identifier, Money, Nace, WordError};

/// A client's key in the store, in order of creation; shown as `cli_42` in logs, never to outsiders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(i64);

impl ClientId {
    /// Takes the store's key.
    pub const fn new(key: i64) -> Self {
        Self(key)
    }

    /// The store's key.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cli_{}", self.0)
    }
}

/// A portfolio's key in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortfolioId(i64);

impl PortfolioId {
    /// Takes the store's key.
    pub const fn new(key: i64) -> Self {
        Self(key)
    }

    /// The store's key.
    pub const fn get(self) -> i64 {
        self.0
    }
}

macro_rules! text_word {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = WordError;

            fn from_str(text: &str) -> Result<Self, WordError> {
                let text = text.trim();
                if text.is_empty() {
                    return Err(WordError::new($what, text, "must not be empty"));
                }
                if text.chars().count() > $max {
                    return Err(WordError::new($what, text, concat!("must have at most ", $max, " characters")));
                }
                if text.chars().any(char::is_control) {
                    return Err(WordError::new($what, text, "must not hold control characters"));
                }
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_word! {
    /// The creditor's own code for a client: 1 to 100 characters, unique in its portfolio.
    ClientCode, "client code", 100
}

text_word! {
    /// A creditor's book of clients, which never mixes with another's: 1 to 60 characters.
    PortfolioName, "portfolio name", 60
}

/// What is known of a company before it is a client: the words that [`crate::resolve`] matches and
/// [`crate::collect`] asks about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prospect {
    /// The name as the creditor writes it; at most 300 characters are kept.
    pub name: String,
    /// Where it is established.
    pub country: Option<Country>,
    /// Town of its seat.
    pub city: Option<String>,
    /// Street and number.
    pub address: Option<String>,
    /// Former and trading names, as registers told them.
    pub other_names: Vec<String>,
    /// Every checked identifier: tax, registry, LEI.
    pub identifiers: Vec<Identifier>,
    /// Its activity.
    pub sector: Option<Nace>,
}

/// What the creditor says of a client, as one version: a changed row is a new version, known later.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientFacts {
    /// Name, country, identifiers, sector: who it is.
    pub who: Prospect,
    /// Since when it has been a client.
    pub since: Option<Date>,
    /// Whether it still buys, when the creditor says so.
    pub active: Option<bool>,
    /// The limit granted.
    pub credit_limit: Option<Money>,
    /// What it buys in a year.
    pub yearly_value: Option<Money>,
    /// The currency of its ledger.
    pub currency: Currency,
    /// Whom to write to.
    pub email: Option<String>,
    /// Whom to call: digits, with `+` in front of a country's code.
    pub phone: Option<String>,
}

/// A client as the creditor last described it.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// Its key.
    pub id: ClientId,
    /// Whose client it is.
    pub portfolio: PortfolioId,
    /// The creditor's code.
    pub code: ClientCode,
    /// The newest version of what is known.
    pub facts: ClientFacts,
    /// When that version was learned.
    pub known_at: Timestamp,
    /// The file or request it was read from.
    pub batch: BatchId,
}
