//! Everything that a file tells, as of one moment: read once, and then only put into words.

use std::collections::HashSet;

use super::{
    FileOrder,
    documents::{self, Documents},
};
use crate::{
    desk::{Desk, Error, LedgerLineView, LedgerTotals, Moment, Result, TreatmentView, Wanted, interest::Terms},
    domain::{AsOf, Client, ClientCode, ClientId, Creditor, EntryKind, Outcome, ReasonLine, SignalId},
    pipeline::Examined,
    store::{LinkedSignal, Merger, RecordedRating},
};

/// Signals of a client that are told of, the newest: a company that has more of them is a listed one.
const MAX_SIGNALS: usize = 2_000;
/// Steps of its history, the newest.
const MAX_STEPS: usize = 1_000;

/// What is known of a client as of a moment.
pub(super) struct Gathered {
    pub(super) as_of: AsOf,
    /// The code that was asked for.
    pub(super) asked: ClientCode,
    /// Whose file it is: the client, or the one that it is merged into.
    pub(super) client: Client,
    /// Those merged into it.
    pub(super) merged: Vec<Client>,
    /// Every merger that it was ever part of.
    pub(super) mergers: Vec<Merger>,
    /// The creditor's book.
    pub(super) portfolio: String,
    /// Who is owed, as configured or as its electronic invoice of the latest date says; none where neither does.
    pub(super) creditor: Option<Creditor>,
    /// It is named as configured today, in a file that was asked for as of a moment.
    pub(super) is_creditor_of_today: bool,
    /// Invoices and credit notes, newest first.
    pub(super) lines: Vec<LedgerLineView>,
    pub(super) totals: Vec<LedgerTotals>,
    /// The last half year whose rate is known.
    pub(super) rates_from: jiff::civil::Date,
    pub(super) treatment: TreatmentView,
    pub(super) examined: Examined,
    /// What was done and heard, oldest first.
    pub(super) outcomes: Vec<Outcome>,
    /// What open sources say, oldest first.
    pub(super) signals: Vec<LinkedSignal>,
    /// Steps of the rating, oldest first.
    pub(super) steps: Vec<RecordedRating>,
    /// Lines of the present rating; none while nothing was recorded.
    pub(super) level: Vec<ReasonLine>,
    pub(super) documents: Documents,
    /// What is left out because there is more than is told of.
    pub(super) left_out: LeftOut,
}

/// Whether a limit was met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) signals: bool,
    pub(super) steps: bool,
}

impl Desk {
    /// Reads everything that the file of a client tells.
    pub(super) async fn gather(&self, wanted: &Wanted<'_>, order: &FileOrder) -> Result<Gathered> {
        let now = AsOf::at(self.clock.now());
        let known_at = order.moment.known_at.unwrap_or(now.known_at);
        let as_of = AsOf { valid_at: order.moment.valid_at.unwrap_or(AsOf::at(known_at).valid_at), known_at };
        let (found, survivor) = self.find_rated(wanted, as_of.known_at).await?;
        let asked = found.code.clone();
        let client = self.as_known(survivor.unwrap_or(found).id, as_of).await?;
        let whose = self.whose_at(&client, as_of.known_at).await?;
        let ids: Vec<ClientId> = whose.iter().map(|(id, _)| *id).collect();
        let (signals, more_signals) = self.signals_as_of(&client, &ids, as_of).await?;
        let (steps, more_steps) = self.steps_as_of(&client, as_of).await?;
        let documents = self.documents(&client, &ids, &signals, as_of).await?;
        let (lines, totals) = self.ledger_as_of(&client, whose, as_of).await?;
        let examined = self.rescorer.examine_past(client.id, as_of).await?;
        let treatment = self.treatment_view(&client, &examined, as_of).await?;
        let mut outcomes: Vec<Outcome> =
            examined.outcomes.iter().filter(|outcome| outcome.on <= as_of.valid_at).cloned().collect();
        outcomes.sort_by_key(|outcome| (outcome.on, outcome.known_at, *outcome.id.bytes()));
        let moment = Moment { valid_at: Some(as_of.valid_at), known_at: Some(as_of.known_at) };
        let level = self.level_at(client.id, moment).await?;
        let mut merged = Vec::new();
        for id in ids.into_iter().filter(|id| *id != client.id) {
            merged.push(self.as_known(id, as_of).await?);
        }
        let names = self.store.facts().portfolios().await?;
        let portfolio = names.iter().find(|(id, _)| *id == client.portfolio).map(|(_, name)| name);
        let configured = portfolio.and_then(|portfolio| self.creditors.get(portfolio)).cloned();
        // By what was asked and not by the hour: the same moment gives the same bytes later.
        let names_a_moment = order.moment.valid_at.is_some() || order.moment.known_at.is_some();
        let mut mergers = self.store.facts().mergers_of(client.id).await?;
        mergers.retain(|merger| merger.from_known <= as_of.known_at);
        Ok(Gathered {
            as_of,
            asked,
            merged,
            mergers,
            portfolio: portfolio.map(ToString::to_string).unwrap_or_default(),
            is_creditor_of_today: names_a_moment && configured.is_some(),
            creditor: configured.or_else(|| documents.seller(as_of.valid_at)),
            lines,
            totals,
            rates_from: Terms::get().rates.last().from,
            treatment,
            examined,
            outcomes,
            signals,
            steps,
            level: level.map(|level| level.lines).unwrap_or_default(),
            documents,
            left_out: LeftOut { signals: more_signals, steps: more_steps },
            client,
        })
    }

    /// A client as it was described then.
    async fn as_known(&self, id: ClientId, as_of: AsOf) -> Result<Client> {
        let known = self.store.facts().client_known(id, as_of.known_at).await?;
        known.ok_or(Error::NotFound("client"))
    }

    async fn signals_as_of(&self, client: &Client, ids: &[ClientId], as_of: AsOf) -> Result<(Vec<LinkedSignal>, bool)> {
        // The dossier knows when each link was made, which may be later than its signal was read.
        let dossier = self.store.dossiers().of(client.id, as_of.known_at).await?;
        let known = dossier.signals.iter().filter(|signal| signal.known_at <= as_of.known_at);
        let linked: HashSet<SignalId> = known.map(|signal| signal.id).collect();
        let mut signals = self.store.facts().signals_of(ids, None, MAX_SIGNALS + 1).await?;
        let more = signals.len() > MAX_SIGNALS;
        signals.truncate(MAX_SIGNALS);
        signals.retain(|link| linked.contains(&link.signal.id) && link.signal.valid_at <= as_of.valid_at);
        signals.sort_by_key(|link| (link.signal.valid_at, link.signal.known_at, *link.signal.id.bytes()));
        Ok((signals, more))
    }

    async fn steps_as_of(&self, client: &Client, as_of: AsOf) -> Result<(Vec<RecordedRating>, bool)> {
        let mut steps = self.store.ratings().history(client.id, None, MAX_STEPS + 1).await?;
        let more = steps.len() > MAX_STEPS;
        steps.truncate(MAX_STEPS);
        let is_told = |step: &RecordedRating| {
            step.rating.as_of.known_at <= as_of.known_at && step.rating.as_of.valid_at <= as_of.valid_at
        };
        steps.retain(is_told);
        steps.reverse();
        Ok((steps, more))
    }

    /// The documents that the facts were read from.
    async fn documents(
        &self,
        client: &Client,
        ids: &[ClientId],
        signals: &[LinkedSignal],
        as_of: AsOf,
    ) -> Result<Documents> {
        let mut batches = vec![client.batch];
        for id in ids {
            let revisions = self.store.facts().revisions(*id).await?;
            for of_invoice in revisions.chunk_by(|a, b| a.line.invoice == b.line.invoice) {
                let known: Vec<_> = of_invoice.iter().filter(|row| row.line.known_at <= as_of.known_at).collect();
                let is_said = known.last().is_some_and(|row| row.line.kind != EntryKind::Withdrawn);
                batches.extend(known.iter().filter(|_| is_said).map(|row| row.line.batch));
            }
        }
        batches.sort_unstable();
        batches.dedup();
        let files = self.store.facts().batches_by_id(&batches).await?.into_iter().flatten();
        let files: Vec<_> = files.filter(|batch| batch.seen_at <= as_of.known_at).collect();
        let archive = self.store.archive().clone();
        let signals: Vec<_> = signals.iter().map(|link| link.signal.clone()).collect();
        Ok(tokio::task::spawn_blocking(move || documents::collect(&archive, &signals, &files)).await??)
    }
}
