//! What changed, how much is at risk, what is to be done today: the first page of the day, in one answer.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{
    Caller, Desk, Result, ReviewView, RunView, SignalView, Weighed, WorkAsk, WorkFound,
    lately::{Folded, Lately, days_before, folded},
    roll::{Roll, RollLine, common_currency, line_of},
};
use crate::domain::{AsOf, Cause, ClientId, Currency, Fact, Grade, NewsEvent, ProtestState, Status, say_line};

/// Severity, 0 to 5, from which a piece of news is told in the morning.
const SEVERE: u8 = 3;
/// Signals that are looked through for those that are told.
const MAX_FRESH: usize = 400;

/// How much of each section to give.
#[derive(Debug, Clone, Copy)]
pub struct MorningAsk {
    /// What happened after this instant counts as new.
    pub since: Timestamp,
    /// Lines of a section.
    pub lines: usize,
}

/// A client whose grade is another than it was.
#[derive(Debug, Clone, PartialEq)]
pub struct MoverView {
    /// The client as it is now.
    pub line: RollLine,
    /// The grade before.
    pub from: Grade,
    /// The grade now.
    pub to: Grade,
    /// Notches; negative is worse.
    pub notches: i32,
    /// Why, in one line.
    pub why: String,
    /// The same in Italian.
    pub why_it: String,
    /// What moved it last.
    pub cause: Cause,
    /// When it moved last.
    pub at: Timestamp,
}

/// A mover before it is put into words, which only the few that are shown are.
struct Mover<'a> {
    line: &'a RollLine,
    step: &'a Folded<'a>,
}

impl Mover<'_> {
    /// Exposure times notches: what stands first.
    fn weight(&self) -> i64 {
        self.line.exposure.minor().max(1).saturating_mul(i64::from(self.step.notches().unsigned_abs()))
    }
}

/// Who went down and who went up, of those that are found.
fn movers<'a>(
    folded: &'a HashMap<ClientId, Folded<'a>>,
    find: &impl Fn(ClientId) -> Option<&'a RollLine>,
) -> (Vec<Mover<'a>>, Vec<Mover<'a>>) {
    let moved = folded.iter().filter(|(_, step)| step.notches() != 0);
    let moved = moved.filter_map(|(client, step)| find(*client).map(|line| Mover { line, step }));
    moved.partition(|mover| mover.step.notches() < 0)
}

/// A bad fact that is new, and whom it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct FreshView {
    /// The client.
    pub line: RollLine,
    /// The fact.
    pub signal: SignalView,
}

/// A source as the morning sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceView {
    /// Which.
    pub id: String,
    /// When it answered last.
    pub last_ok_at: Option<Timestamp>,
    /// When it was asked last.
    pub last_tried_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Whether it has been silent for longer than it may.
    pub is_stale: bool,
}

/// Who has moved.
#[derive(Debug, Clone)]
pub struct Movers {
    /// Since when a move counts as new.
    pub since: Timestamp,
    /// Until when.
    pub now: Timestamp,
    /// The newest event that is in it.
    pub seq: i64,
    /// Who went down, heaviest first.
    pub down: Vec<MoverView>,
    /// How many went down.
    pub n_down: usize,
    /// What those owe, minor units.
    pub down_minor: i64,
    /// Who went up, heaviest first.
    pub up: Vec<MoverView>,
    /// How many went up.
    pub n_up: usize,
}

/// The first page of the day.
#[derive(Debug, Clone)]
pub struct Morning {
    /// Who has moved.
    pub movers: Movers,
    /// Clients.
    pub n_clients: usize,
    /// What they owe, minor units.
    pub exposure_minor: i64,
    /// What is owed by clients graded `C1` and worse, minor units.
    pub at_risk_minor: i64,
    /// How many those are.
    pub n_at_risk: usize,
    /// What is expected to be lost within twelve months, minor units.
    pub expected_loss_minor: i64,
    /// The currency, when they have one in common.
    pub currency: Option<Currency>,
    /// Bad facts that are new, who owes most first.
    pub facts: Vec<FreshView>,
    /// How many of them there are.
    pub n_facts: usize,
    /// What is to be done today, or should have been before, the heaviest first.
    pub due: Vec<Weighed>,
    /// For how many clients something is to be done.
    pub n_due: usize,
    /// Links that wait for a person.
    pub reviews: Vec<ReviewView>,
    /// How many of them wait.
    pub n_reviews: i64,
    /// Every source.
    pub sources: Vec<SourceView>,
    /// The last night.
    pub night: Option<RunView>,
}

/// The start of the last working day before a day: on a Monday the weekend is news, too.
pub fn last_working_day(now: Timestamp) -> Timestamp {
    let back = match AsOf::at(now).valid_at.weekday() {
        jiff::civil::Weekday::Monday => 3,
        jiff::civil::Weekday::Sunday => 2,
        _ => 1,
    };
    days_before(now, back)
}

/// Whether a fact is bad news about a client.
fn is_bad(fact: &Fact) -> bool {
    match fact {
        Fact::Protest(protest) => protest.state != ProtestState::Cancelled,
        Fact::PrejudicialAct(act) => !act.cancelled,
        Fact::CompanyStatus(change) => matches!(
            change.status,
            Status::ActiveWarning
                | Status::VoluntaryLiquidation
                | Status::Restructuring
                | Status::InsolventLiquidation
                | Status::Ceased
        ),
        Fact::Filing(filing) => filing.overdue,
        Fact::News(news) => {
            let is_good = matches!(news.event, NewsEvent::Recovery | NewsEvent::Growth | NewsEvent::None);
            !is_good && !news.negated && news.severity >= SEVERE
        }
        Fact::Identity(_) | Fact::Indicator(_) | Fact::VatCheck(_) | Fact::Clean { .. } => false,
    }
}

/// What a fact is told as: news by what happened, anything else by its kind.
fn story(fresh: &FreshView) -> (&str, &str) {
    let event = fresh.signal.fields.get("event").and_then(serde_json::Value::as_str);
    (fresh.signal.kind.as_str(), event.filter(|_| fresh.signal.kind == "news").unwrap_or_default())
}

/// Kinds of facts that can be bad news.
const KINDS: [&str; 5] = ["protest", "prejudicial_act", "company_status", "filing", "news"];

impl Desk {
    /// Who has moved, of those whom a caller sees.
    pub async fn movers(&self, roll: &Roll, lately: &Lately, caller: &Caller, ask: MorningAsk) -> Result<Movers> {
        let now = self.clock.now();
        let (seq, moves) = lately.moves(self, now).await?;
        let lines = roll.lines(self).await?;
        let find = |client| line_of(&lines, client).filter(|line| caller.reach.sees(line.portfolio));
        let folded = folded(&moves, ask.since);
        let (down, up) = movers(&folded, &find);
        let (n_down, n_up) = (down.len(), up.len());
        let down_minor = down.iter().map(|mover| mover.line.exposure.minor()).fold(0, i64::saturating_add);
        let [down, up] = [down, up].map(|movers| self.first_movers(movers, ask.lines));
        Ok(Movers { since: ask.since, now, seq, down, n_down, down_minor, up, n_up })
    }

    /// The first page of the day, for what a caller sees.
    pub async fn morning(&self, roll: &Roll, lately: &Lately, caller: &Caller, ask: MorningAsk) -> Result<Morning> {
        let movers = self.movers(roll, lately, caller, ask).await?;
        let lines = roll.lines(self).await?;
        let seen = || lines.iter().filter(|line| caller.reach.sees(line.portfolio));
        let (facts, n_facts) = self.fresh_facts(roll, caller, ask).await?;
        let today = AsOf::at(movers.now).valid_at;
        // An announcement may have been overtaken by a payment since: then the next is told in its place.
        let work = WorkAsk { owner: None, days: (today, today) };
        let WorkFound { items: mut due, n: n_due } = self.work(roll, caller, work, (0, 2 * ask.lines)).await?;
        due.truncate(ask.lines);
        let (reviews, n_reviews) = self.waiting(caller, ask.lines).await?;
        let at_risk = || seen().filter(|line| (Grade::C1..=Grade::D).contains(&line.grade));
        let sum = |minors: &mut dyn Iterator<Item = i64>| minors.fold(0, i64::saturating_add);
        Ok(Morning {
            movers,
            n_clients: seen().count(),
            exposure_minor: sum(&mut seen().map(|line| line.exposure.minor())),
            at_risk_minor: sum(&mut at_risk().map(|line| line.exposure.minor())),
            n_at_risk: at_risk().count(),
            expected_loss_minor: whole(seen().map(|line| line.expected_loss(self.lgd)).sum()),
            currency: common_currency(seen()),
            facts,
            n_facts,
            due,
            n_due,
            reviews,
            n_reviews,
            sources: self.source_states().await?,
            night: self.store.runs().last("night").await?.map(RunView::from),
        })
    }

    /// The heaviest of these, in words.
    fn first_movers(&self, mut movers: Vec<Mover<'_>>, lines: usize) -> Vec<MoverView> {
        movers.sort_by_key(|mover| (std::cmp::Reverse(mover.weight()), mover.line.id));
        let glossary = self.rescorer.glossary();
        let view = |Mover { line, step }: Mover<'_>| {
            let say = |italian| step.reason().map(|reason| say_line(&glossary, reason, italian)).unwrap_or_default();
            MoverView {
                line: line.clone(),
                from: step.from(),
                to: step.to(),
                notches: step.notches(),
                why: say(false),
                why_it: say(true),
                cause: step.cause(),
                at: step.at(),
            }
        };
        movers.into_iter().take(lines).map(view).collect()
    }

    /// Bad facts that are new, who owes most first, and how many there are.
    pub async fn fresh_facts(&self, roll: &Roll, caller: &Caller, ask: MorningAsk) -> Result<(Vec<FreshView>, usize)> {
        let lines = roll.lines(self).await?;
        let find = |client| line_of(&lines, client).filter(|line| caller.reach.sees(line.portfolio));
        let mut facts = self.fresh(caller, ask.since, &find).await?;
        let n = facts.len();
        facts.truncate(ask.lines);
        Ok((facts, n))
    }

    async fn fresh<'l>(
        &self,
        caller: &Caller,
        since: Timestamp,
        find: &impl Fn(ClientId) -> Option<&'l RollLine>,
    ) -> Result<Vec<FreshView>> {
        let portfolios: Vec<_> = self.portfolios(caller, None).await?.into_iter().map(|(id, _)| id).collect();
        let linked = self.store.facts().fresh_signals(&portfolios, &KINDS, since, MAX_FRESH).await?;
        let mut found: Vec<FreshView> = Vec::new();
        for link in linked {
            let Some(line) = find(link.client).filter(|_| is_bad(&link.signal.fact)) else { continue };
            found.push(FreshView { line: line.clone(), signal: SignalView::new(link.signal, link.certainty) });
        }
        // One story is told once, by its newest telling: a paper's second article about the same event adds nothing to a morning.
        found.sort_by(|a, b| {
            let (own, theirs) = (b.line.exposure.minor(), a.line.exposure.minor());
            let order = own.cmp(&theirs).then(a.line.id.cmp(&b.line.id)).then_with(|| story(a).cmp(&story(b)));
            order.then(b.signal.valid_at.cmp(&a.signal.valid_at))
        });
        found.dedup_by(|a, b| a.line.id == b.line.id && story(a) == story(b));
        Ok(found)
    }

    async fn waiting(&self, caller: &Caller, limit: usize) -> Result<(Vec<ReviewView>, i64)> {
        let portfolios: Vec<_> = self.portfolios(caller, None).await?.into_iter().map(|(id, _)| id).collect();
        Ok((self.reviews(caller, 0, limit).await?.items, self.store.facts().n_reviews(&portfolios).await?))
    }

    /// Every source that was ever asked, and how it answers.
    pub async fn source_states(&self) -> Result<Vec<SourceView>> {
        let (states, stale) = (self.store.sources().all().await?, self.rescorer.stale_sources().await?);
        let view = |(id, state): (String, crate::store::SourceState)| SourceView {
            is_stale: stale.contains(&id),
            id,
            last_ok_at: state.last_ok_at,
            last_tried_at: state.last_tried_at,
            last_error: state.last_error,
        };
        Ok(states.into_iter().map(view).collect())
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a sum of losses in cents is far below 2^53")]
fn whole(minor: f64) -> i64 {
    minor.round() as i64
}
