use std::{borrow::Cow, cell::OnceCell};

use super::{
    Catalogue, DAYS_PER_MONTH, FRESH_DAYS, Markets, PROTEST_RETENTION_DAYS,
    claims::Disputes,
    ledger::{self, Payments},
    markets::Market,
    news::{self, News},
    protests::Protests,
    status::Standing,
};
use crate::domain::{
    About, AsOf, Certainty, ClientVersion, Currency, Dossier, EvidenceRef, Fact, FeatureVector, KnownSignal,
    LedgerLine, MILLIS_PER_DAY, NewsEvent, ProtestState, SectorContext, SourceId, Status, VatAnswer, day_number,
};

/// A client without an invoice for longer has stopped buying.
const STILL_BUYING_DAYS: i32 = 92;
/// Invoices that make a ledger worth rating on.
const ENOUGH_INVOICES: u32 = 3;
/// Or so many days since the first invoice.
const ENOUGH_LEDGER_DAYS: i32 = 182;
/// News older than this is in no window.
const NEWS_DAYS: i32 = 365;

/// A client's dossier as far as one `as_of` can see it: later facts filtered out, windows ready.
#[derive(Debug)]
pub struct View<'a> {
    pub(super) dossier: &'a Dossier,
    pub(super) markets: MarketsRef<'a>,
    pub(super) as_of: AsOf,
    pub(super) today: i32,
    pub(super) client: Option<&'a ClientVersion>,
    pub(super) lines: Cow<'a, [LedgerLine]>,
    pub(super) currency: Option<Currency>,
    pub(super) payments: Payments,
    pub(super) open: OpenSources,
    pub(super) market: Market,
    /// The files its ledger came in: twenty features rest on them, so they are looked for once.
    pub(super) files: OnceCell<Vec<EvidenceRef>>,
}

/// Markets of one's own, or those of the night.
#[derive(Debug)]
pub(super) enum MarketsRef<'a> {
    Own(Box<Markets<'a>>),
    Shared(&'a Markets<'a>),
}

impl<'a> MarketsRef<'a> {
    pub(super) fn get(&self) -> &Markets<'a> {
        match self {
            Self::Own(markets) => markets,
            Self::Shared(markets) => markets,
        }
    }
}

/// What open sources say of the client itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenSources {
    pub(super) protests: Protests,
    pub(super) status: Standing,
    pub(super) news: News,
}

impl<'a> View<'a> {
    /// Filters the dossier and the markets to what was so and known. For many clients of one `as_of` make [`Markets`] once
    /// and use [`View::among`].
    pub fn new(dossier: &'a Dossier, markets: &'a SectorContext, as_of: AsOf) -> Self {
        let (sector, country) = client_of(dossier, as_of).map_or((None, None), |c| (c.sector, c.country));
        Self::build(dossier, MarketsRef::Own(Box::new(Markets::around(markets, as_of, sector, country))), as_of)
    }

    /// The view of a client as of when the markets were read.
    pub fn among(dossier: &'a Dossier, markets: &'a Markets<'a>) -> Self {
        Self::build(dossier, MarketsRef::Shared(markets), markets.as_of)
    }

    fn build(dossier: &'a Dossier, markets: MarketsRef<'a>, as_of: AsOf) -> Self {
        let today = day_number(as_of.valid_at);
        let client = client_of(dossier, as_of);
        let lines = ledger::in_order(&dossier.ledger);
        let currency = ledger::main_currency(&lines, as_of);
        let payments = Payments::read(&lines, currency, &Disputes::of(dossier, as_of), as_of);
        let open = open_sources(dossier, as_of, false);
        let market = markets.get().of(client.and_then(|c| c.sector), client.and_then(|c| c.country), false);
        let files = OnceCell::new();
        Self { dossier, markets, as_of, today, client, lines, currency, payments, open, market, files }
    }

    /// The day it is of, counted from 1970-01-01.
    pub fn today(&self) -> i32 {
        self.today
    }

    /// Every feature, from all signals.
    pub fn features(&self) -> FeatureVector {
        let table = Catalogue::get();
        // A ratio of finite numbers that is not finite is as good as missing.
        let value = |f: &super::Feature| (f.value)(self).filter(|v| v.is_finite());
        let values: Vec<Option<f64>> = table.features().iter().map(value).collect();
        FeatureVector::new(table.hash(), &values).expect("only finite values were kept")
    }

    /// The same without unofficial signals, and how many distinct unofficial sources there were; none when there were none.
    /// Sources that speak ill are counted when there are any, for a good word does not make a bad one more likely; sources
    /// about the market are counted only when none speaks of the client.
    pub fn official_features(&self) -> Option<(FeatureVector, usize)> {
        let n = self.n_unofficial_sources();
        if n == 0 {
            return None;
        }
        let (sector, country) = self.client.map_or((None, None), |c| (c.sector, c.country));
        let official = View {
            dossier: self.dossier,
            markets: MarketsRef::Shared(self.markets.get()),
            lines: Cow::Borrowed(&self.lines),
            open: open_sources(self.dossier, self.as_of, true),
            market: self.markets.get().of(sector, country, true),
            files: OnceCell::new(),
            ..*self
        };
        Some((official.features(), n))
    }

    fn n_unofficial_sources(&self) -> usize {
        let told = || visible(self.dossier, self.as_of).filter(|s| !s.is_official && tells(s, self.today));
        let distinct = |signals: &mut dyn Iterator<Item = &'a KnownSignal>| {
            let mut sources: Vec<&SourceId> = signals.map(|s| &s.source).collect();
            sources.sort_unstable();
            sources.dedup();
            sources.len()
        };
        match (distinct(&mut told().filter(|s| speaks_ill(&s.fact))), distinct(&mut told())) {
            (0, 0) => self.market.n_unofficial(),
            (0, any) => any,
            (ill, _) => ill,
        }
    }

    /// What the client owes, minor units of its main currency.
    pub fn exposure_minor(&self) -> i64 {
        self.payments.exposure_minor
    }

    /// The currency its exposure is in: that of most of its invoices.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// What is overdue (minor units, invoices not disputed), and the days since the oldest of it fell due.
    pub fn overdue(&self) -> (i64, i32) {
        (self.payments.overdue_minor, self.payments.overdue_days)
    }

    /// Whether it still buys: the creditor says so, or it was invoiced in the last three months.
    pub fn is_active(&self) -> bool {
        let said = self.client.and_then(|c| c.is_active);
        let invoiced = || self.payments.last_issued.is_some_and(|day| self.today - day <= STILL_BUYING_DAYS);
        said.unwrap_or_else(invoiced)
    }

    /// Whether there is enough to rate on: 3 invoices or 6 months of ledger, or an identified open source.
    pub fn is_known_enough(&self) -> bool {
        let old_enough = |first: i32| self.today - first >= ENOUGH_LEDGER_DAYS;
        self.payments.n_invoices >= ENOUGH_INVOICES
            || self.payments.first_issued.is_some_and(old_enough)
            || visible(self.dossier, self.as_of).any(|s| is_answer(&s.fact))
    }

    pub(super) fn limit_use(&self) -> Option<f64> {
        /// Ten times the limit says all there is to say.
        const MOST: f64 = 10.0;
        let limit = self.client?.credit_limit.filter(|l| l.minor() > 0 && Some(l.currency()) == self.currency)?;
        Some((self.payments.exposure_major / limit.major()).clamp(0.0, MOST))
    }

    pub(super) fn months_with_us(&self) -> Option<f64> {
        let since = self.client.and_then(|c| c.since).map(day_number).filter(|d| *d <= self.today);
        let first = since.into_iter().chain(self.payments.first_issued).min()?;
        Some(f64::from(self.today - first) / DAYS_PER_MONTH)
    }

    pub(super) fn families_fresh(&self) -> f64 {
        let has_indicators = self.market.bankruptcies_yoy.is_some() || self.market.activity_yoy.is_some();
        let families = [
            self.open.status.is_checked,
            self.open.protests.is_checked(),
            self.open.status.filings_overdue.is_some(),
            self.open.status.prejudicial_acts.is_some(),
            self.open.news.is_checked(),
            has_indicators,
        ];
        families.into_iter().map(|f| f64::from(u8::from(f))).sum()
    }
}

/// The newest version of the client that was known.
fn client_of(dossier: &Dossier, as_of: AsOf) -> Option<&ClientVersion> {
    let known = dossier.versions.iter().filter(|v| v.known_at <= as_of.known_at);
    known.max_by_key(|v| (v.known_at, v.batch))
}

fn open_sources(dossier: &Dossier, as_of: AsOf, official_only: bool) -> OpenSources {
    let today = day_number(as_of.valid_at);
    let signals = visible(dossier, as_of).filter(move |s| s.is_official || !official_only);
    OpenSources {
        protests: Protests::read(signals.clone(), today),
        status: Standing::read(signals.clone(), today),
        news: News::read(signals, today),
    }
}

/// The signals that were so and known, and that are surely about this client.
pub(super) fn visible(dossier: &Dossier, as_of: AsOf) -> impl Iterator<Item = &KnownSignal> + Clone {
    dossier.signals.iter().filter(move |s| {
        s.known_at <= as_of.known_at && s.valid_at <= as_of.valid_at && s.certainty >= Certainty::MOVES_A_RATING
    })
}

/// Whether a signal still speaks for the present: so, or learned, within [`FRESH_DAYS`].
pub(super) fn is_fresh(signal: &KnownSignal, today: i32) -> bool {
    let learned = i32::try_from(signal.known_at.as_millisecond().div_euclid(MILLIS_PER_DAY)).unwrap_or(i32::MAX);
    today.saturating_sub(day_number(signal.valid_at).max(learned)) <= FRESH_DAYS
}

/// Whether the source gave an answer at all: "could not check" is none.
fn is_answer(fact: &Fact) -> bool {
    match fact {
        Fact::CompanyStatus(c) => !matches!(c.status, Status::Unknown | Status::CouldNotCheck),
        Fact::VatCheck(answer) => *answer != VatAnswer::NoAnswer,
        Fact::Protest(p) => p.state != ProtestState::Cancelled,
        _ => true,
    }
}

/// Whether an unofficial signal can move a feature today.
fn tells(signal: &KnownSignal, today: i32) -> bool {
    let age = today - day_number(signal.valid_at);
    match &signal.fact {
        Fact::News(n) => n.about == About::Client && n.event != NewsEvent::None && age < NEWS_DAYS,
        Fact::Protest(_) => age < PROTEST_RETENTION_DAYS,
        Fact::Identity(_) | Fact::Indicator(_) => false,
        other => is_answer(other),
    }
}

fn speaks_ill(fact: &Fact) -> bool {
    match fact {
        Fact::CompanyStatus(c) => c.status != Status::Active,
        Fact::Protest(p) => p.state != ProtestState::Cancelled,
        Fact::PrejudicialAct(a) => !a.cancelled,
        Fact::Filing(f) => f.overdue,
        Fact::News(n) => news::is_bad(n),
        Fact::VatCheck(answer) => *answer == VatAnswer::Invalid,
        Fact::Identity(_) | Fact::Indicator(_) | Fact::Clean { .. } => false,
    }
}
