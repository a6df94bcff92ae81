//! What keeps a store over years: `migrate`, `backup`, `restore`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Ended, Opened, Usage, out::Out};
use crate::{
    app,
    config::{self, Flags},
    store::{Contents, Error, verify_backup},
};

/// What the audit log calls a backup that was made, and a restore.
pub(super) const BACKED_UP: &str = "store.backed_up";
const RESTORED: &str = "store.restored";

#[derive(Debug, Subcommand)]
pub(super) enum Keep {
    /// Bring the store's schema up to date, as every command does that opens it
    Migrate,
    /// Write everything to one file while the house runs; or verify such a file
    Backup(Backup),
    /// Make the store what a backup says; one file moves a house from SQLite to PostgreSQL, too
    Restore(Restore),
}

/// `backup FILE`, or `backup verify FILE`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Backup {
    /// Where to write it; a file that is there already is left alone
    #[arg(required = true)]
    file: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<Verify>,
}

#[derive(Debug, Subcommand)]
enum Verify {
    /// Whether a backup is whole, bit by bit
    Verify {
        /// Which
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup
    file: PathBuf,
    /// Replace what the store holds
    #[arg(long)]
    force: bool,
}

pub(super) async fn keep(flags: &Flags, what: &Keep, out: &Out) -> anyhow::Result<Ended> {
    match what {
        Keep::Migrate => migrate(&Opened::new(flags).await?, out).await,
        Keep::Backup(Backup { what: Some(Verify::Verify { file }), .. }) => verify(file, out),
        Keep::Backup(asked) => backup(&Opened::new(flags).await?, asked, out).await,
        Keep::Restore(asked) => {
            let (house, config) = Opened::from_config(config::load(flags)?).await?;
            let ended = restore(&house, asked, out).await?;
            // Checkpoints of the log that was replaced speak of another one.
            house.store.audit().seal_restored(&app::seal(&config)?, house.clock.now()).await?;
            Ok(ended)
        }
    }
}

async fn migrate(house: &Opened, out: &Out) -> anyhow::Result<Ended> {
    let version = house.store.schema_version().await?;
    out.answer(&json!({"schema": version}), || format!("the schema is up to date: migration {version}"))?;
    Ok(Ended::Done)
}

fn verify(file: &Path, out: &Out) -> anyhow::Result<Ended> {
    let contents = verify_backup(file)?;
    out.answer(&told(contents), || format!("{} is whole: {}", file.display(), in_words(contents)))?;
    Ok(Ended::Done)
}

async fn backup(house: &Opened, asked: &Backup, out: &Out) -> anyhow::Result<Ended> {
    let file = asked.file.as_deref().ok_or_else(|| Usage("backup needs a file to write".to_owned()))?;
    let contents = match house.store.back_up(file).await {
        Err(Error::Conflict(what)) => return Err(Usage(format!("{what} is already there and is left alone")).into()),
        other => other?,
    };
    let details = json!({"file": file.display().to_string(), "rows": contents.n_rows}).to_string();
    house.store.audit().note(house.clock.now(), "cli", BACKED_UP, "", &details).await?;
    out.answer(&told(contents), || format!("{} written: {}", file.display(), in_words(contents)))?;
    Ok(Ended::Done)
}

async fn restore(house: &Opened, asked: &Restore, out: &Out) -> anyhow::Result<Ended> {
    let contents = match house.store.restore(&asked.file, asked.force).await {
        Err(Error::Conflict(what)) if !asked.force => {
            return Err(Usage(format!("{what} is already there; --force replaces it")).into());
        }
        other => other?,
    };
    let details = json!({"file": asked.file.display().to_string(), "rows": contents.n_rows}).to_string();
    house.store.audit().note(house.clock.now(), "cli", RESTORED, "", &details).await?;
    out.answer(&told(contents), || format!("restored: {}", in_words(contents)))?;
    Ok(Ended::Done)
}

fn told(contents: Contents) -> Value {
    json!({"tables": contents.n_tables, "rows": contents.n_rows, "documents": contents.n_documents})
}

fn in_words(contents: Contents) -> String {
    format!("{} rows of {} tables, {} documents", contents.n_rows, contents.n_tables, contents.n_documents)
}
