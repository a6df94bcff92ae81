use super::{Catalogue, View, ledger, protests, series::Reading, status, view};
use crate::domain::{About, BatchId, EvidenceRef, Fact, KnownSignal, SignalId};

/// Files that a ledger feature points to, the newest; a ledger of years has hundreds.
const MAX_BATCHES: usize = 5;
/// Signals that a feature points to, the newest.
const MAX_SIGNALS: usize = 10;

impl View<'_> {
    /// What a feature rests on: signals, or the imported files. Never empty for a feature with a value.
    pub fn evidence(&self, place: usize) -> Vec<EvidenceRef> {
        let Some(feature) = Catalogue::get().features().get(place) else { return Vec::new() };
        let found = (feature.evidence)(self);
        if found.is_empty() { self.any_evidence() } else { found }
    }

    /// Everything a missing feature would have rested on: the batches of the client's rows; without rows, what open sources
    /// said of it.
    pub fn any_evidence(&self) -> Vec<EvidenceRef> {
        let files = self.ledger_evidence().into_iter().filter_map(|e| match e {
            EvidenceRef::Batch(batch) => Some(batch),
            _ => None,
        });
        let found = newest(self.client.map(|c| c.batch).into_iter().chain(files).collect());
        if found.is_empty() { self.told(|_| true) } else { found }
    }

    fn visible_batches(&self) -> impl Iterator<Item = BatchId> {
        ledger::visible(&self.lines, self.as_of).map(|v| v.line.batch)
    }

    pub(super) fn ledger_evidence(&self) -> Vec<EvidenceRef> {
        self.files.get_or_init(|| newest(self.visible_batches().collect())).clone()
    }

    pub(super) fn limit_evidence(&self) -> Vec<EvidenceRef> {
        let mut found = self.client_evidence();
        found.extend(self.ledger_evidence().into_iter().filter(|e| !found.contains(e)).collect::<Vec<_>>());
        found
    }

    pub(super) fn client_evidence(&self) -> Vec<EvidenceRef> {
        match self.client {
            Some(client) if client.since.is_some() || client.is_active.is_some() || client.credit_limit.is_some() => {
                vec![EvidenceRef::Batch(client.batch)]
            }
            _ => self.ledger_evidence(),
        }
    }

    pub(super) fn protest_evidence(&self) -> Vec<EvidenceRef> {
        let standing = protests::standing(view::visible(self.dossier, self.as_of), self.today);
        if standing.is_empty() {
            return pointers(view::visible(self.dossier, self.as_of).filter(|s| protests::is_clean(s)));
        }
        pointers(standing.into_iter().map(|(signal, _)| signal))
    }

    /// The words on status that stand, and empty answers on procedures.
    pub(super) fn status_evidence(&self) -> Vec<EvidenceRef> {
        let said = status::current(view::visible(self.dossier, self.as_of)).into_iter().map(|(signal, _)| signal);
        let clean = |fact: &Fact| matches!(fact, Fact::Clean { what } if what == "procedures" || what == "insolvency");
        pointers(said.chain(view::visible(self.dossier, self.as_of).filter(|s| clean(&s.fact))))
    }

    pub(super) fn filing_evidence(&self) -> Vec<EvidenceRef> {
        self.told(|fact| match fact {
            Fact::Filing(_) => true,
            Fact::Clean { what } => what == "filings",
            _ => false,
        })
    }

    pub(super) fn act_evidence(&self) -> Vec<EvidenceRef> {
        self.told(|fact| match fact {
            Fact::PrejudicialAct(_) => true,
            Fact::Clean { what } => what == "prejudicial_acts" || what == "charges",
            _ => false,
        })
    }

    pub(super) fn vat_evidence(&self) -> Vec<EvidenceRef> {
        self.told(|fact| matches!(fact, Fact::VatCheck(_)))
    }

    pub(super) fn news_evidence(&self) -> Vec<EvidenceRef> {
        self.told(|fact| match fact {
            Fact::News(item) => item.about == About::Client,
            Fact::Clean { what } => what == "news",
            _ => false,
        })
    }

    pub(super) fn sector_news_evidence(&self) -> Vec<EvidenceRef> {
        self.market_told(|fact| matches!(fact, Fact::News(_)))
    }

    pub(super) fn bankruptcy_evidence(&self) -> Vec<EvidenceRef> {
        self.figures(|read| read.yoy, true)
    }

    /// The figures behind one number of the market's activity.
    pub(super) fn activity_evidence(&self, number: fn(&Reading) -> Option<f64>) -> Vec<EvidenceRef> {
        self.figures(number, false)
    }

    fn figures(&self, number: fn(&Reading) -> Option<f64>, of_bankruptcies: bool) -> Vec<EvidenceRef> {
        let (sector, country) = self.client.map_or((None, None), |c| (c.sector, c.country));
        let found = self.markets.get().figures_of(sector, country, number, of_bankruptcies);
        found.into_iter().map(EvidenceRef::Signal).collect()
    }

    fn told(&self, wanted: fn(&Fact) -> bool) -> Vec<EvidenceRef> {
        pointers(view::visible(self.dossier, self.as_of).filter(|s| wanted(&s.fact)))
    }

    fn market_told(&self, wanted: fn(&Fact) -> bool) -> Vec<EvidenceRef> {
        let (sector, country) = self.client.map_or((None, None), |c| (c.sector, c.country));
        let mut found: Vec<_> = self.markets.get().told(sector, country, wanted).map(|s| (s.valid_at, s.id)).collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.into_iter().take(MAX_SIGNALS).map(|(_, id)| EvidenceRef::Signal(id)).collect()
    }
}

/// The newest signals first, ties by name so that the answer does not depend on their order.
fn pointers<'a>(signals: impl Iterator<Item = &'a KnownSignal>) -> Vec<EvidenceRef> {
    let mut found: Vec<(jiff::Timestamp, SignalId)> = signals.map(|s| (s.known_at, s.id)).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.dedup();
    found.into_iter().take(MAX_SIGNALS).map(|(_, id)| EvidenceRef::Signal(id)).collect()
}

fn newest(mut batches: Vec<BatchId>) -> Vec<EvidenceRef> {
    batches.sort_unstable_by(|a, b| b.cmp(a));
    batches.dedup();
    batches.into_iter().take(MAX_BATCHES).map(EvidenceRef::Batch).collect()
}
