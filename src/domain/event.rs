use jiff::Timestamp;

use super::{
    Cause, ClientCode, ClientId, Cohort, Grade, PortfolioId, PortfolioName, Probability, ReasonLine, Scoreboard,
    TreatmentChange,
};

/// Something that happened in the house and that others are told of. The outbox is a list of these, in order of `seq`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Per installation, from 1, without gaps; the id on the queue, the stream and the webhook.
    pub seq: i64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Whose event it is; none for an event of the whole installation (a stale source).
    pub portfolio: Option<(PortfolioId, PortfolioName)>,
    /// Which client it is about.
    pub client: Option<(ClientId, ClientCode)>,
    /// What happened.
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum EventBody {
    /// A grade changed.
    RatingChanged(RatingChange),
    /// An analyst's decision began or ended.
    RatingOverridden(RatingChange),
    /// A client went into another phase of treatment, or something else is to be done about it.
    TreatmentChanged(TreatmentChange),
    /// A signal was withdrawn and no longer counts.
    SignalWithdrawn {
        /// Which rule: `cancelled`, `expired`, `erased`.
        rule: String,
    },
    /// A link is too weak to move a rating; a person should look.
    ReviewNeeded {
        /// The review's key.
        review: i64,
    },
    /// A source has not answered for longer than it may.
    SourceStale {
        /// Which.
        source: String,
        /// What it said last.
        error: String,
    },
    /// It answers again.
    SourceRecovered {
        /// Which.
        source: String,
    },
    /// The clients are no longer spread as those that the model learned from.
    ModelDrifted {
        /// The model, as ratings carry it.
        model: String,
        /// The night that saw it.
        run: i64,
        /// Stability index of the points.
        psi: f64,
        /// The features that crossed a threshold since the night before, and their indices.
        features: Vec<(String, f64)>,
    },
    /// More clients of an earlier night went into default than its PDs allow.
    ModelMiscalibrated {
        /// The model, as ratings carry it.
        model: String,
        /// The night that saw it.
        run: i64,
        /// Whose PDs, and what became of them.
        cohort: Cohort,
    },
    /// Analysts, or the model, have been right more often than chance lets expect.
    OverridesJudged {
        /// The night that saw it.
        run: i64,
        /// How they stand.
        board: Scoreboard,
    },
    /// Everybody has been rescored.
    NightCompleted {
        /// The run's key.
        run: i64,
        /// Clients scanned.
        scanned: i64,
        /// Better than before.
        moved_up: i64,
        /// Worse than before.
        moved_down: i64,
        /// Could not be rescored.
        failed: i64,
    },
    /// A subscription was switched off by the house or by its reader, and its owner should know.
    SubscriptionDisabled {
        /// Which.
        subscription: String,
        /// Why, in a few words.
        reason: String,
    },
    /// Something that is about every portfolio, as who sees only some of them is told of it: that it happened, and no figure over
    /// all. Never recorded.
    InPart(Box<Self>),
    /// Something that this program cannot read: a newer one wrote it, or it is damaged. It keeps its place among the others.
    Unread {
        /// The CloudEvents type that it was recorded with.
        kind: String,
        /// Why it cannot be read.
        why: String,
    },
}

impl EventBody {
    /// The CloudEvents type.
    pub fn kind(&self) -> &str {
        match self {
            Self::RatingChanged(_) => "rating.changed",
            Self::RatingOverridden(_) => "rating.overridden",
            Self::TreatmentChanged(_) => "treatment.changed",
            Self::SignalWithdrawn { .. } => "signal.withdrawn",
            Self::ReviewNeeded { .. } => "review.needed",
            Self::SourceStale { .. } => "source.stale",
            Self::SourceRecovered { .. } => "source.recovered",
            Self::ModelDrifted { .. } => "model.drifted",
            Self::ModelMiscalibrated { .. } => "model.miscalibrated",
            Self::OverridesJudged { .. } => "overrides.judged",
            Self::NightCompleted { .. } => "night.completed",
            Self::SubscriptionDisabled { .. } => "subscription.disabled",
            Self::InPart(body) => body.kind(),
            Self::Unread { kind, .. } => kind,
        }
    }

    /// Whether it has figures over the clients of all portfolios.
    pub fn has_figures_of_all(&self) -> bool {
        matches!(
            self,
            Self::NightCompleted { .. }
                | Self::ModelDrifted { .. }
                | Self::ModelMiscalibrated { .. }
                | Self::OverridesJudged { .. }
        )
    }
}

impl Event {
    /// The same for who sees only some of the portfolios.
    #[must_use]
    pub fn in_part(self) -> Self {
        if self.body.has_figures_of_all() {
            Self { body: EventBody::InPart(Box::new(self.body)), ..self }
        } else {
            self
        }
    }
}

/// A step of a client's rating.
#[derive(Debug, Clone, PartialEq)]
pub struct RatingChange {
    /// Per client, from 1, without gaps.
    pub client_seq: i64,
    /// The grade before; none for a client rated for the first time.
    pub from: Option<Grade>,
    /// The grade now.
    pub to: Grade,
    /// PD before.
    pub pd_from: Option<Probability>,
    /// PD now.
    pub pd_to: Option<Probability>,
    /// Why.
    pub cause: Cause,
    /// What the client owes, minor units of the portfolio's ledger.
    pub exposure_minor: i64,
    /// The lines that changed most, largest first, at most five; points are differences.
    pub reasons: Vec<ReasonLine>,
    /// The phase of treatment that goes with the new rating.
    pub treatment: Option<String>,
}

impl RatingChange {
    /// Notches; negative is worse, 0 from or to `ND`.
    pub fn notches(&self) -> i32 {
        self.from.map_or(0, |from| from.notches_to(self.to))
    }
}
