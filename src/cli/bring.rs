//! What brings facts in and makes ratings of them: `import`, `night`.

use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{
    Ended, Opened, Usage,
    ask::{caller, desk},
    out::{Out, table, write},
    pay,
};
use crate::{
    domain::{AsOf, PortfolioName},
    intake::{self, Content, Options, Outcome},
    store::Run,
};

/// How many rejects `--json` lists; all of them are in `FILE.rejected.csv`.
const MAX_REJECTS_SHOWN: usize = 100;

#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Who your clients are: client, name, country, tax_id, …
    Clients(ImportFile),
    /// Your ledger: client, invoice, issued_on, due_on, amount, paid_on, …; or electronic invoices, a file or a folder of them
    Invoices(ImportFile),
    /// What arrived: a bank's statement (camt.053, camt.054), or client, invoice, paid_on, amount, …
    Payments(ImportFile),
    /// Files that were imported and changed something, newest first
    List {
        /// In this portfolio only
        #[arg(long, value_name = "NAME")]
        portfolio: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 20, value_name = "N")]
        limit: usize,
    },
    /// Take a file back within 24 hours: its rows say again what they said before, and what was known until now stays known
    Undo {
        /// Its number, as `import list` shows it
        id: i64,
    },
}

#[derive(Debug, Args)]
pub(super) struct ImportFile {
    /// CSV, XLSX, or what the command names besides; - for standard input
    pub(super) file: String,
    /// What their columns are called; see config/maps
    #[arg(long, value_name = "MAP.toml")]
    pub(super) map: Option<PathBuf>,
    /// Whose clients they are
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub(super) portfolio: String,
    /// Each fact counts as known on the day it happened, not today
    #[arg(long)]
    pub(super) backfill: bool,
    /// An invoice of an unknown client code creates the client
    #[arg(long)]
    pub(super) create_clients: bool,
    /// Say what would happen and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Checked whole first: nothing is written if a row is refused; an import that is interrupted is gone on with by running it
    /// again
    #[arg(long)]
    pub(super) atomic: bool,
}

/// What became of a file as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// Row by row, or in a dry run.
    ByRow,
    /// It was checked whole first, and is written.
    Checked,
    /// It was checked whole first, and is not written, for a row was refused.
    Refused,
}

impl ImportFile {
    /// What is given as the file of a row where only one was read.
    pub(super) fn name(&self) -> String {
        Path::new(&self.file).file_name().map_or("stdin".into(), |n| n.to_string_lossy()).into_owned()
    }

    /// Whether a dry run of the whole file goes before the import.
    pub(super) fn is_checked_first(&self) -> bool {
        self.atomic && !self.dry_run
    }
}

pub(super) async fn import(house: &Opened, import: Import, out: &Out) -> anyhow::Result<Ended> {
    let (content, file) = match import {
        Import::Clients(file) => (Content::Clients, file),
        Import::Invoices(file) => (Content::Invoices, file),
        Import::Payments(file) => return pay::import(house, file, out).await,
        Import::List { portfolio, limit } => return list(house, portfolio.as_deref(), limit, out).await,
        Import::Undo { id } => return undo(house, id, out).await,
    };
    let map = file.map.as_ref().map(|m| std::fs::read_to_string(m).with_context(|| m.display().to_string()));
    let options = Options {
        content,
        portfolio: file.portfolio.parse()?,
        map: map.transpose().map_err(|e| Usage(format!("--map {e:#}")))?,
        backfill: file.backfill,
        create_clients: file.create_clients,
        dry_run: file.dry_run,
        terms_days: house.terms_days,
        creditor: file.portfolio.parse::<PortfolioName>().ok().and_then(|name| house.creditors.get(&name)).cloned(),
    };
    let path = Path::new(&file.file);
    if file.is_checked_first() && path.is_dir() {
        let why =
            "--atomic takes one file, which is kept between check and import: put the folder's invoices into a zip";
        return Err(Usage(why.to_owned()).into());
    }
    let progress = out.progress("rows");
    let (name, now) = (file.name(), house.clock.now());
    let told = |done, all| progress.at(done, all);
    // Read once: what is checked and what is written are the same bytes.
    let bytes = if path.is_dir() { Vec::new() } else { read(&file.file)? };
    let take = async |options: &Options| {
        let taken = match path {
            folder if folder.is_dir() => intake::import_folder(&house.store, folder, options, now, &told).await,
            _ => intake::import(&house.store, &name, &bytes, options, now, &told).await,
        };
        taken.map_err(|failure| in_words(failure, &file))
    };
    if file.is_checked_first() {
        let plan = take(&Options { dry_run: true, ..options.clone() }).await?;
        if plan.rejected > 0 {
            drop(progress);
            return tell(&file, &plan, import_json(&plan, &name), Taken::Refused, out);
        }
    }
    if !options.dry_run {
        let desk = desk(house);
        if !desk.portfolio_names(&caller()).await?.iter().any(|known| known == options.portfolio.as_str()) {
            out.hint(&format!("portfolio {:?} is new", options.portfolio.as_str()));
        }
        desk.open_portfolio(&options.portfolio).await?;
    }
    let outcome = take(&options).await?;
    drop(progress);
    let taken = if file.is_checked_first() { Taken::Checked } else { Taken::ByRow };
    tell(&file, &outcome, import_json(&outcome, &name), taken, out)
}

/// A wrong map is a wrong configuration, and the file is not to blame.
pub(super) fn in_words(failure: intake::Error, file: &ImportFile) -> anyhow::Error {
    match (failure, &file.map) {
        (intake::Error::Map(why), Some(map)) => Usage(format!("--map {}: {why}", map.display())).into(),
        (other, _) => other.into(),
    }
}

/// Says what came of an import, and keeps the rows that were refused where the others were taken.
pub(super) fn tell(
    file: &ImportFile,
    outcome: &Outcome,
    json: Value,
    taken: Taken,
    out: &Out,
) -> anyhow::Result<Ended> {
    for note in &outcome.notes {
        out.hint(note);
    }
    if taken == Taken::Refused {
        out.answer(&unwritten(json), || import_text(outcome, true))?;
        let n = outcome.rejected;
        out.hint(&format!("nothing was written: {n} rows refused; mend them, and the whole file comes again"));
        return Ok(Ended::Refused);
    }
    keep_rejects(file, outcome, out)?;
    tell_number(outcome, out);
    out.answer(&json, || import_text(outcome, file.dry_run))?;
    if let Some(fault) = overtaken(outcome, taken) {
        out.fault(&fault);
    }
    Ok(if outcome.rejected == 0 { Ended::Done } else { Ended::Partly })
}

/// The answer of a file that was refused whole: what its good rows would have done they have not done.
fn unwritten(mut json: Value) -> Value {
    let done = ["accepted", "changed", "unchanged", "created_clients", "booked", "review", "taken_back", "passed_over"];
    json["acceptable"] = json["accepted"].clone();
    for count in done {
        if let Some(count) = json.get_mut(count) {
            *count = 0.into();
        }
    }
    json["written"] = false.into();
    json
}

/// What to say where a file in which nothing was refused had rows that the import then refused: somebody wrote in between, for
/// check and import are no one transaction.
fn overtaken(outcome: &Outcome, taken: Taken) -> Option<String> {
    (taken == Taken::Checked && outcome.rejected > 0).then(|| {
        let n = outcome.rejected;
        format!("{n} rows were refused after the check had found none: the store changed in between, and the others are written")
    })
}

async fn list(house: &Opened, portfolio: Option<&str>, limit: usize, out: &Out) -> anyhow::Result<Ended> {
    let found = desk(house).imports(&caller(), portfolio, None, limit).await?;
    out.answer(&json!({"imports": found.items}), || {
        let mut rows = table(&["id", "at", "portfolio", "kind", "file", "rows", "undo"]);
        for import in &found.items {
            let undo = match import.undone_at {
                Some(at) => format!("undone {at}"),
                None if import.can_be_undone => format!("until {}", import.until),
                None => String::new(),
            };
            rows.add_row([
                import.id.to_string(),
                import.at.to_string(),
                import.portfolio.clone(),
                import.kind.clone(),
                import.file.clone(),
                if import.finished { import.rows.to_string() } else { "unfinished".to_owned() },
                undo,
            ]);
        }
        rows.to_string()
    })?;
    Ok(Ended::Done)
}

async fn undo(house: &Opened, id: i64, out: &Out) -> anyhow::Result<Ended> {
    let undone = desk(house).undo_import(&caller(), id).await?;
    out.answer(&serde_json::to_value(&undone)?, || {
        let mut text = format!(
            "import {id} undone: {} as before, {} withdrawn, {} changed since, {} kept",
            undone.restored, undone.withdrawn, undone.changed_since, undone.kept
        );
        for left in &undone.left {
            let payment = left.payment.map(|id| format!("payment {id}"));
            let what = [left.client.clone(), left.invoice.clone(), payment].into_iter().flatten();
            text += &format!("\n  {}: {}", left.why, what.collect::<Vec<_>>().join(" "));
        }
        text
    })?;
    Ok(Ended::Done)
}

pub(super) fn read(file: &str) -> anyhow::Result<Vec<u8>> {
    // One byte more than is read tells that there is more, and of a file of any size no more comes into memory.
    let most = intake::MAX_FILE as u64 + 1;
    let mut bytes = Vec::new();
    if file == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes).context("standard input")?;
    } else {
        let opened = std::fs::File::open(file).with_context(|| file.to_owned())?;
        let n_bytes = opened.metadata().map_or(0, |about| about.len());
        anyhow::ensure!(
            n_bytes < most,
            "{file}: has {n_bytes} bytes; at most {} are read: a larger ledger comes in parts",
            intake::MAX_FILE
        );
        bytes.try_reserve_exact(usize::try_from(n_bytes)?).with_context(|| file.to_owned())?;
        opened.take(most).read_to_end(&mut bytes).with_context(|| file.to_owned())?;
    }
    Ok(bytes)
}

/// Every refused row, as it came and why, beside the file it came from. A dry run writes nothing.
fn keep_rejects(file: &ImportFile, outcome: &Outcome, out: &Out) -> anyhow::Result<()> {
    if outcome.rejects.is_empty() || file.dry_run || file.file == "-" {
        return Ok(());
    }
    // A path that ends with a slash names a folder, whose rejects lie beside it, too.
    let path = format!("{}.rejected.csv", file.file.trim_end_matches('/'));
    match write(Some(Path::new(&path)), &intake::rejected_csv(outcome)) {
        Ok(()) => out.hint(&format!("{} rows refused; see {path}", outcome.rejected)),
        // A folder one may not write to is no reason to fail: the rows are in the answer too.
        Err(failure) => out.hint(&format!("{} rows refused; not written to {path}: {failure:#}", outcome.rejected)),
    }
    Ok(())
}

/// How the file is taken back: beside the answer, which is the plan's.
fn tell_number(outcome: &Outcome, out: &Out) {
    if let Some(import) = outcome.import {
        out.hint(&format!("import {import}; vedetta import undo {import} takes it back within 24 hours"));
    }
}

/// The answer of an import of `file`; a row that was refused names the file it stood in, one of many or this one.
pub(super) fn import_json(outcome: &Outcome, file: &str) -> Value {
    let reject = |r: &intake::Reject| {
        let file = if r.file.is_empty() { file } else { &r.file };
        json!({
            "file": file, "line": r.line, "column": r.column, "value": r.value, "code": r.code, "reason": r.reason,
        })
    };
    json!({
        "accepted": outcome.accepted, "changed": outcome.changed, "unchanged": outcome.unchanged,
        "rejected": outcome.rejected, "created_clients": outcome.created_clients,
        "rejects": outcome.rejects.iter().take(MAX_REJECTS_SHOWN).map(reject).collect::<Vec<_>>(),
        "notes": outcome.notes,
    })
}

fn import_text(outcome: &Outcome, dry_run: bool) -> String {
    let mood = if dry_run { "would be accepted" } else { "accepted" };
    let mut text = format!(
        "{} rows {mood} ({} changed, {} unchanged), {} refused, {} clients created",
        outcome.accepted, outcome.changed, outcome.unchanged, outcome.rejected, outcome.created_clients
    );
    for r in outcome.rejects.iter().take(10) {
        let file = if r.file.is_empty() { String::new() } else { format!("{}, ", r.file) };
        let column = if r.column.is_empty() { String::new() } else { format!(", {}", r.column) };
        let value = if r.value.is_empty() { String::new() } else { format!(" ({:?})", r.value) };
        text += &format!("\n  {file}line {}{column}: {}{value}", r.line, r.reason);
    }
    text
}

pub(super) async fn night(house: &Opened, valid_at: Option<Date>, out: &Out) -> anyhow::Result<Ended> {
    let now = house.clock.now();
    let valid_at = valid_at.unwrap_or(AsOf::at(now).valid_at);
    let progress = Arc::new(out.progress("pages"));
    let start = std::time::Instant::now();
    let run = house.rescorer.night(valid_at, now, &|done, all| progress.at(done, all)).await?;
    drop(progress);
    let stale = house.rescorer.stale_sources().await?;
    let json = night_json(&run, &stale, start.elapsed().as_secs_f64());
    out.answer(&json, || night_text(&run, &stale, start.elapsed().as_secs_f64()))?;
    Ok(if run.failed == 0 { Ended::Done } else { Ended::Partly })
}

pub(super) fn night_json(run: &Run, stale: &[String], seconds: f64) -> Value {
    json!({
        "run": run.id, "valid_at": run.valid_at.to_string(), "scanned": run.scanned,
        "moved_up": run.moved_up, "moved_down": run.moved_down,
        "exposure_on_movers": major(run.exposure_on_movers), "failed": run.failed,
        "stale_sources": stale, "seconds": (seconds * 1000.0).round() / 1000.0,
    })
}

fn night_text(run: &Run, stale: &[String], seconds: f64) -> String {
    let stale = if stale.is_empty() { "none".to_owned() } else { stale.join(", ") };
    format!(
        "Night of {}: {} clients in {seconds:.1} s\n  better {}, worse {}, exposure on movers {:.2}\n  failed {}, stale sources: {stale}",
        run.valid_at,
        run.scanned,
        run.moved_up,
        run.moved_down,
        major(run.exposure_on_movers),
        run.failed
    )
}

#[expect(clippy::cast_precision_loss, reason = "shown, not added up")]
pub(super) fn major(minor: i64) -> f64 {
    minor as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Taken, overtaken};

    #[test]
    fn a_file_that_was_found_good_and_then_was_not_is_no_quiet_success() {
        let refused = Outcome { rejected: 2, ..Outcome::default() };
        assert!(overtaken(&refused, Taken::Checked).unwrap().starts_with("2 rows were refused after the check"));
        assert_eq!(overtaken(&refused, Taken::ByRow), None);
        assert_eq!(overtaken(&Outcome::default(), Taken::Checked), None);
    }
}
