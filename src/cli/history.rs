//! `train --from-store`: what was known of every client on past days, and what became of it, into a model.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
    time::Instant,
};

use anyhow::Context;
use clap::Args;
use jiff::{Span, civil::Date};
use serde_json::{Value, json};

use super::{
    Ended, Opened, Usage, args,
    ask::every_client,
    learn::{name_of, write_folder},
    out::Out,
};
use crate::{
    domain::{AsOf, Client, ClientId, PortfolioId, SectorContext},
    extract::Catalogue,
    train::{
        self, History,
        card::model_json,
        history::{
            Definition, HistoryReport, Label, Snapshot, Split, Trained, card, choose, grow, leak, read_labels, rows,
            span,
        },
    },
};

/// The most days on which rows are made: ten years of months.
const MAX_DAYS: usize = 120;
/// Labels of unknown clients that are named one by one.
const UNKNOWN_SHOWN: usize = 10;

/// How `train` reads the store.
#[derive(Debug, Args)]
pub(super) struct FromStore {
    /// Train on what the store knew on past days, by the features that rate today
    #[arg(long)]
    pub(super) from_store: bool,
    /// What to train on: client,as_of,label; without a label column the ledger tells the outcome
    #[arg(long, value_name = "FILE", requires = "from_store")]
    labels: Option<PathBuf>,
    /// Bad is an invoice due in the next 90 days paid more than so many days late, not a default within 12 months
    #[arg(long, value_name = "N", requires = "from_store")]
    label_days: Option<u16>,
    /// The first day of rows; without a file of labels rows are made on the first of each month
    #[arg(long, value_name = "DATE", requires = "from_store")]
    from: Option<Date>,
    /// The last day of rows that train
    #[arg(long, value_name = "DATE", requires = "from_store")]
    until: Option<Date>,
    /// Rows from this day on judge the model and do not train it, nor does any whose outcome was not known by then
    #[arg(long, value_name = "DATE", requires = "from_store")]
    judge_from: Option<Date>,
    /// Write the rows, too: client,as_of,label and every feature
    #[arg(long, value_name = "FILE", requires = "from_store")]
    rows: Option<PathBuf>,
}

impl FromStore {
    fn definition(&self) -> Definition {
        let file = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match (self.label_days, &self.labels) {
            (Some(days), _) => Definition::LateBy(days),
            (None, Some(path)) => Definition::Told(file(path)),
            (None, None) => Definition::Default,
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        let wrong = |why: &str| Err(Usage(why.to_owned()).into());
        match (self.from, self.until, self.judge_from) {
            (Some(from), Some(until), _) if from > until => wrong("--from must not be after --until"),
            (_, Some(until), Some(judge)) if judge <= until => wrong("--judge-from must be after --until"),
            (Some(from), _, Some(judge)) if judge <= from => wrong("--judge-from must be after --from"),
            _ => Ok(()),
        }
    }
}

/// What is asked of each client, and what of it cannot be answered.
struct Question {
    labels: HashMap<ClientId, Vec<Label>>,
    /// The name of each client that is its own in all portfolios.
    names: HashMap<ClientId, String>,
    snapshots: Vec<Snapshot>,
    unknown: Vec<String>,
}

/// Rows that were not used, and why.
type LeftOut = Vec<(String, usize)>;

pub(super) async fn train(house: &Opened, all: &args::Train, out: &Out) -> anyhow::Result<Ended> {
    let args::Train { store: asked, exclude, output, seed, algorithm, .. } = all;
    let algorithm = *algorithm;
    asked.check()?;
    let name = name_of(output)?;
    if house.rescorer.engine.training().is_some() {
        return Err(Usage(format!(
            "the configured model, {}, has learned from a sample already, and training it again would count the same defaults \
             twice: let [score] model name an expert's scorecard, as baseline-1",
            house.rescorer.engine.model()
        ))
        .into());
    }
    let definition = asked.definition();
    let context = Arc::new(house.store.dossiers().sector_context().await?);
    let (question, books) = question(house, asked, &context, out).await?;
    let unknown = question.unknown.clone();
    let (mut history, left_out) = gather(house, question, &books, &context, &definition, out).await?;
    history.exclude(exclude)?;
    if let Some(path) = &asked.rows {
        std::fs::write(path, history.csv()?).with_context(|| path.display().to_string())?;
    }
    out.hint(&format!("{} rows; looking for what knows the future, then training", history.days.len()));
    // The configured model, and not one that was promoted since: training that began where training ended would count the
    // same defaults twice.
    let (engine, output) = (Arc::clone(&house.rescorer.engine), output.clone());
    let split = Split { until: asked.until, judge_from: asked.judge_from, seed: *seed };
    let work = tokio::task::spawn_blocking(move || {
        leak::refuse_too_good(&history)?;
        let start = Instant::now();
        let expert = engine.artefact();
        let learn = match algorithm {
            Some(args::Algorithm::Scorecard) => train::history::train,
            Some(args::Algorithm::Boosted) => grow,
            None => choose,
        };
        let Trained { model, report, training, golden, .. } =
            learn(&history, expert, engine.scale(), &definition, split, &name)?;
        let text = card(&model, &report, &expert.name, &definition, &left_out);
        let files = [
            ("model.json", model_json(&model)?),
            ("card.md", text.as_bytes().to_vec()),
            ("golden.csv", golden),
            ("training.json", training),
        ];
        write_folder(&output, &files).with_context(|| output.display().to_string())?;
        anyhow::Ok((report, text, left_out, start.elapsed().as_secs_f64()))
    });
    let (report, text, left_out, seconds) = work.await??;
    out.answer(&answer(&report, &left_out, &unknown, seconds)?, || text)?;
    Ok(if unknown.is_empty() { Ended::Done } else { Ended::Partly })
}

fn answer(report: &HistoryReport, left_out: &LeftOut, unknown: &[String], seconds: f64) -> anyhow::Result<Value> {
    let mut json = serde_json::to_value(report)?;
    json["fit_seconds"] = json!((seconds * 1000.0).round() / 1000.0);
    json["left_out"] = left_out.iter().map(|(why, n)| json!({"why": why, "rows": n})).collect();
    json["unknown_clients"] = json!(unknown);
    Ok(json)
}

/// What is asked, and what the books can answer.
async fn question(
    house: &Opened,
    asked: &FromStore,
    context: &SectorContext,
    out: &Out,
) -> anyhow::Result<(Question, Books)> {
    let mut codes: BTreeMap<String, Vec<ClientId>> = BTreeMap::new();
    let mut books = Books::default();
    let note = |c: Client| {
        codes.entry(c.code.to_string()).or_default().push(c.id);
        books.owners.insert(c.id, c.portfolio);
    };
    every_client(house, false, note).await?;
    let mut names = HashMap::new();
    for (code, ids) in &codes {
        let name = |id: &ClientId| if ids.len() == 1 { code.clone() } else { format!("{code}#{}", id.get()) };
        names.extend(ids.iter().map(|id| (*id, name(id))));
    }
    let mut question = Question { labels: HashMap::new(), names, snapshots: Vec::new(), unknown: Vec::new() };
    if asked.definition().needs_ledger() {
        books.read(house, out).await?;
    }
    match &asked.labels {
        Some(path) => {
            let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
            let labels = read_labels(&bytes).with_context(|| path.display().to_string())?;
            question.take(labels, &codes, asked)?;
        }
        None => question.ask_everybody(asked, books.span().map(|(first, last)| (asked.from.unwrap_or(first), last)))?,
    }
    let days: BTreeSet<Date> = question.labels.values().flatten().map(|label| label.day).collect();
    if days.len() > MAX_DAYS {
        return Err(
            Usage(format!("{} days; at most {MAX_DAYS} can be asked for: use --from and --until", days.len())).into()
        );
    }
    question.snapshots = days.into_iter().map(|day| Snapshot::new(day, context)).collect();
    for client in question.unknown.iter().take(UNKNOWN_SHOWN) {
        out.hint(&format!("labels: there is no client {client:?}; its rows are left out"));
    }
    Ok((question, books))
}

impl Question {
    /// Asks what a file of labels asks.
    fn take(
        &mut self,
        labels: BTreeMap<String, Vec<Label>>,
        codes: &BTreeMap<String, Vec<ClientId>>,
        asked: &FromStore,
    ) -> anyhow::Result<()> {
        if asked.label_days.is_some() && labels.values().flatten().any(|label| label.bad.is_some()) {
            let why = "--labels has a column label, and --label-days asks the ledger for another outcome: leave one of them out";
            return Err(Usage(why.to_owned()).into());
        }
        for (code, mut days) in labels {
            days.retain(|label| asked.from.is_none_or(|from| label.day >= from));
            if asked.label_days.is_none() && days.iter().any(|label| label.bad.is_none()) {
                return Err(Usage("labels: a file without a column label needs --label-days".to_owned()).into());
            }
            match codes.get(&code).map(Vec::as_slice) {
                Some([id]) => drop(self.labels.insert(*id, days)),
                Some(_) => anyhow::bail!("labels: {code:?} is a client of several portfolios"),
                None => self.unknown.push(code),
            }
        }
        Ok(())
    }

    /// Asks of every client on the first of each month from the first day to the last.
    fn ask_everybody(&mut self, asked: &FromStore, books: Option<(Date, Date)>) -> anyhow::Result<()> {
        let Some((from, to)) = books else { return Ok(()) };
        let mut day = if from.day() == 1 { from } else { next_month(from) };
        let mut labels = Vec::new();
        while day <= to {
            let is_wanted = asked.until.is_none_or(|until| day <= until) || asked.judge_from.is_some_and(|j| day >= j);
            if is_wanted {
                labels.push(Label { day, bad: None, best: None });
            }
            day = next_month(day);
        }
        anyhow::ensure!(!labels.is_empty(), "the store has no month to learn from between {from} and {to}");
        self.labels = self.names.keys().map(|id| (*id, labels.clone())).collect();
        Ok(())
    }
}

fn next_month(day: Date) -> Date {
    day.first_of_month().checked_add(Span::new().months(1)).unwrap_or(Date::MAX)
}

/// From when to when each creditor's books tell of anything: one that ends earlier says nothing of what came later, and its
/// open invoices are no defaults for that.
#[derive(Debug, Default)]
struct Books {
    owners: HashMap<ClientId, PortfolioId>,
    spans: HashMap<PortfolioId, (Date, Date)>,
}

impl Books {
    async fn read(&mut self, house: &Opened, out: &Out) -> anyhow::Result<()> {
        // A day that is yet to come is a typing error, and no end of the books.
        let today = AsOf::at(house.clock.now()).valid_at;
        let pages = house.store.dossiers().pages().await?;
        let (progress, total) = (out.progress("reading"), pages.end - pages.start);
        for (done, number) in pages.enumerate() {
            let page = house.store.dossiers().page(number, jiff::Timestamp::MAX).await?;
            for dossier in &page.dossiers {
                let (Some((first, last)), Some(owner)) =
                    (span(std::slice::from_ref(dossier)), self.owners.get(&dossier.0))
                else {
                    continue;
                };
                let so_far = self.spans.entry(*owner).or_insert((first, last.min(today)));
                *so_far = (so_far.0.min(first), so_far.1.max(last.min(today)));
            }
            progress.at(done as u64 + 1, total.cast_unsigned());
        }
        match self.spans.is_empty() {
            true => anyhow::bail!("the store holds no invoices to learn from; import a ledger first, with --backfill"),
            false => Ok(()),
        }
    }

    /// The first and the last day of all of them; none when they were not asked.
    fn span(&self) -> Option<(Date, Date)> {
        let days = || self.spans.values();
        Some((days().map(|s| s.0).min()?, days().map(|s| s.1).max()?))
    }

    /// Whether a client's books reach as far as a day; books that were not asked reach anywhere.
    fn reach(&self, client: ClientId, day: Date) -> bool {
        let span = self.owners.get(&client).and_then(|owner| self.spans.get(owner));
        self.spans.is_empty() || span.is_some_and(|(_, last)| day <= *last)
    }
}

/// Makes the rows, page by page: at most one page of dossiers is in memory beside them.
async fn gather(
    house: &Opened,
    question: Question,
    books: &Books,
    context: &Arc<SectorContext>,
    definition: &Definition,
    out: &Out,
) -> anyhow::Result<(History, LeftOut)> {
    let mut history = History::new(&Catalogue::get().names());
    let pages = house.store.dossiers().pages().await?;
    let (progress, total) = (out.progress("rows"), pages.end - pages.start);
    let question = Arc::new(question);
    let (mut n_unknown, mut n_not_at_risk, mut n_unripe) = (0, 0, 0);
    for (done, number) in pages.enumerate() {
        let page = house.store.dossiers().page(number, jiff::Timestamp::MAX).await?;
        let (asked, context, definition) = (Arc::clone(&question), Arc::clone(context), definition.clone());
        let made = tokio::task::spawn_blocking(move || {
            let labels = |client: ClientId| asked.labels.get(&client).map_or(&[][..], Vec::as_slice);
            rows(&page.dossiers, &context, &asked.snapshots, &definition, labels)
        });
        let page = made.await??;
        for (client, row) in &page.rows {
            if !books.reach(*client, row.matures_on) {
                n_unripe += 1;
                continue;
            }
            history.push(question.names.get(client).map_or("", String::as_str), row)?;
        }
        n_unknown += page.n_unknown;
        n_not_at_risk += page.n_not_at_risk;
        progress.at(done as u64 + 1, total.cast_unsigned());
    }
    let left_out = vec![
        ("too little was known of the client for any rating".to_owned(), n_unknown),
        ("the question did not arise: nothing to be paid, or in default already".to_owned(), n_not_at_risk),
        ("the creditor's books end before the outcome is certain".to_owned(), n_unripe),
    ];
    Ok((history, left_out))
}
