//! What no model may break, tried on every client there is: its own facts, bent for the worse, and rated again.

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    Error, Rescorer,
    assess::{Assessor, MIN_SHARE, Vectors},
    invented,
    upkeep::Silent,
};
use crate::{
    domain::{
        AsOf, Certainty, ClientId, Dossier, EntryKind, Fact, Grade, KnownSignal, LedgerLine, Procedure, Rating,
        SectorContext, SignalId, SourceId, Status, StatusChange, day_number, day_of_number,
    },
    extract::{Markets, View},
    score::{self, Engine, Finding},
    store::DossierPage,
};

/// By how many days payments are put off; a week and a quarter see different windows.
const DELAYS: [i32; 2] = [7, 90];
/// What fell due longer ago and is settled stays as it was: it is the client's habit, and a model may take a habitual delay
/// for less of a warning than a new one.
const PRESENT_DAYS: i32 = 90;

/// Stands for those who were made up; no client of the store has it.
const INVENTED: ClientId = ClientId::new(0);

/// What was found wrong with one client.
struct Broken {
    client: ClientId,
    why: String,
}

/// How many clients were tried, and those with whom the model broke a rule.
#[derive(Default)]
struct Tried {
    n_clients: usize,
    delay: Vec<Broken>,
    liquidation: Vec<Broken>,
}

impl Rescorer {
    /// Whether a model keeps its word on every client: more delay never improves, an open liquidation is `D`. Records
    /// nothing.
    pub async fn invariants(&self, engine: &Arc<Engine>, as_of: AsOf) -> Result<Vec<Finding>, Error> {
        let rescorer = Self { engine: Arc::clone(engine), ..self.clone() };
        let look = move |page: &DossierPage, context: &_| {
            let markets = Markets::new(context, as_of);
            let assessor = rescorer.assessor(&markets, as_of);
            let tried = page.dossiers.par_iter().with_min_len(MIN_SHARE).map(|(id, d)| try_one(&assessor, *id, d));
            Ok(tried.collect::<Result<Vec<_>, _>>()?)
        };
        let mut tried = Tried::default();
        self.each_page(look, |page| {
            tried.n_clients += page.len();
            for (delay, liquidation) in page {
                tried.delay.extend(delay);
                tried.liquidation.extend(liquidation);
            }
        })
        .await?;
        let (nothing, own) = (SectorContext::default(), Self { engine: Arc::clone(engine), ..self.clone() });
        let markets = Markets::new(&nothing, as_of);
        for dossier in invented::dossiers(as_of) {
            let (delay, liquidation) = try_one(&own.assessor(&markets, as_of), INVENTED, &dossier)?;
            tried.delay.extend(delay);
            tried.liquidation.extend(liquidation);
        }
        let n = tried.n_clients;
        Ok(vec![
            self.finding("more_delay_never_improves", n, &tried.delay).await?,
            self.finding("open_liquidation_is_D", n, &tried.liquidation).await?,
        ])
    }

    /// A rule that was broken is shown on the first client with whom it was.
    async fn finding(&self, check: &'static str, n_clients: usize, broken: &[Broken]) -> Result<Finding, Error> {
        let Some(first) = broken.first() else {
            return Ok(Finding::passed(check, format!("{n_clients} clients of the portfolio, and invented ones")));
        };
        if first.client == INVENTED {
            return Ok(Finding::failed(check, format!("an invented client: {}", first.why)));
        }
        let client = self.store.facts().client_by_id(first.client).await?;
        let code = client.map_or_else(|| first.client.to_string(), |client| client.code.to_string());
        let text = format!("{} of {n_clients} clients: {code}: {}", broken.len(), first.why);
        Ok(Finding::failed(check, text))
    }
}

fn try_one(
    assessor: &Assessor<'_>,
    client: ClientId,
    dossier: &Dossier,
) -> Result<(Option<Broken>, Option<Broken>), score::Error> {
    let rate = |dossier: &Dossier| -> Result<Rating, score::Error> {
        let view = View::among(dossier, assessor.markets);
        assessor.rate(&Vectors::of(&view, client, &Silent::default()), None, None, false)
    };
    let before = rate(dossier)?;
    let mut delay = None;
    for days in DELAYS {
        let after = rate(&delayed(dossier, assessor.as_of, days))?;
        if let (Some(from), Some(to)) = (before.points, after.points)
            && to > from
        {
            let why = format!(
                "what fell due in the last {PRESENT_DAYS} days, paid {days} days later, raises the points from {from} to {to}"
            );
            delay = Some(Broken { client, why });
        }
    }
    let liquidated = rate(&liquidated(dossier, assessor.as_of))?.grade;
    let why = format!("an open liquidation gives {liquidated}");
    let liquidation = (liquidated != Grade::D).then_some(Broken { client, why });
    Ok((delay, liquidation))
}

/// The same client, had it paid what is due or open so many days later; what would be paid after the day asked about is open.
fn delayed(dossier: &Dossier, as_of: AsOf, days: i32) -> Dossier {
    let today = day_number(as_of.valid_at);
    let is_past = |line: &LedgerLine| {
        today - day_number(line.due_on) > PRESENT_DAYS && line.paid_on.is_some_and(|on| on <= as_of.valid_at)
    };
    let later = |line: &LedgerLine| {
        if line.kind == EntryKind::CreditNote || is_past(line) {
            return *line;
        }
        LedgerLine { paid_on: line.paid_on.map(|on| day_of_number(day_number(on) + days)), ..*line }
    };
    Dossier { ledger: dossier.ledger.iter().map(later).collect(), ..dossier.clone() }
}

/// The same client on the day a court put it into liquidation.
fn liquidated(dossier: &Dossier, as_of: AsOf) -> Dossier {
    let Ok(source) = "model-check".parse::<SourceId>() else { return dossier.clone() };
    let procedure = Some(Procedure { code: "check".into(), words: "liquidazione giudiziale".into() });
    let opened_on = Some(as_of.valid_at);
    let change = StatusChange { procedure, opened_on, ..StatusChange::plain(Status::InsolventLiquidation) };
    let told = KnownSignal {
        id: SignalId::of(&source, "liquidation", ""),
        source,
        valid_at: as_of.valid_at,
        known_at: as_of.known_at,
        is_official: true,
        certainty: Certainty::CERTAIN,
        fact: Fact::CompanyStatus(change),
    };
    let mut dossier = dossier.clone();
    dossier.signals.push(told);
    dossier
}
