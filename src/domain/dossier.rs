use jiff::{Timestamp, civil::Date};

use super::{
    BatchId, Certainty, Claim, Country, Fact, InvoiceKey, LedgerLine, Money, Nace, Outcome, SignalId, SourceId,
};

/// Everything feature extraction needs about one client, both clocks kept: the same dossier answers for any `as_of`, except
/// that who is one company with the client, and what was recorded of disputes by mistake, is as it was known when the dossier was
/// asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dossier {
    /// Versions of what the creditor says of the client, oldest first.
    pub versions: Vec<ClientVersion>,
    /// Every revision of every ledger line, by invoice and then by when it was known.
    pub ledger: Vec<LedgerLine>,
    /// Every signal linked to the client, by when it was known.
    pub signals: Vec<KnownSignal>,
    /// What revisions of the ledger say beyond amount and payment, in the ledger's order; few say anything.
    pub claims: Vec<LineClaim>,
    /// What persons recorded of disputes and how they ended, as far as was known when the dossier was asked for.
    pub disputes: Vec<Outcome>,
}

/// What a revision of a ledger line says of a dispute, a promise, a plan or a write-off.
#[derive(Debug, Clone, PartialEq)]
pub struct LineClaim {
    /// Which invoice.
    pub invoice: InvoiceKey,
    /// When the revision was learned.
    pub known_at: Timestamp,
    /// The file or request it was read from.
    pub batch: BatchId,
    /// What it says.
    pub claim: Claim,
}

impl LineClaim {
    /// The place of its revision among those of a ledger.
    pub const fn key(&self) -> (InvoiceKey, Timestamp, BatchId) {
        (self.invoice, self.known_at, self.batch)
    }
}

/// The part of a client's facts that features use, as one version.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientVersion {
    /// When it was learned.
    pub known_at: Timestamp,
    /// Where it is established.
    pub country: Option<Country>,
    /// Its activity.
    pub sector: Option<Nace>,
    /// Client since.
    pub since: Option<Date>,
    /// Still buying, when said.
    pub is_active: Option<bool>,
    /// The limit granted.
    pub credit_limit: Option<Money>,
    /// What it buys in a year.
    pub yearly_value: Option<Money>,
    /// The file or request it was read from.
    pub batch: BatchId,
}

/// A signal of a dossier: the fact, its clocks, and how sure we are that it is about this client.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownSignal {
    /// Its name, for the reasons.
    pub id: SignalId,
    /// Who said it.
    pub source: SourceId,
    /// Since when it is so.
    pub valid_at: Date,
    /// When we learned it, or when the link to the client was made, whichever came later.
    pub known_at: Timestamp,
    /// A register or gazette.
    pub is_official: bool,
    /// How sure the link is.
    pub certainty: Certainty,
    /// What it says.
    pub fact: Fact,
}

/// What is known about markets, shared by all clients of a night.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SectorContext {
    /// Indicators and sector news, by when they were known.
    pub signals: Vec<SectorSignal>,
}

/// A signal about a market.
#[derive(Debug, Clone, PartialEq)]
pub struct SectorSignal {
    /// Its name, for the reasons.
    pub id: SignalId,
    /// Who said it.
    pub source: SourceId,
    /// Since when it is so.
    pub valid_at: Date,
    /// When we learned it.
    pub known_at: Timestamp,
    /// A statistical office, not a newspaper.
    pub is_official: bool,
    /// Country of the market, where known; sector news of a national paper has its country.
    pub country: Option<Country>,
    /// The NACE heading or code it is about, as published (`C25`, `B-E`, `13`).
    pub sector: String,
    /// An [`Fact::Indicator`] or an [`Fact::News`].
    pub fact: Fact,
}
