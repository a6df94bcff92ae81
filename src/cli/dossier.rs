//! `dossier`: the file for the lawyer.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use jiff::{Timestamp, civil::Date};
use serde_json::json;

use super::{
    Ended, Opened, Usage,
    ask::{caller, desk},
    out::{Out, write},
};
use crate::desk::{ClientFile, FileKind, FileOrder, Language, Moment, Wanted};

/// The file of a client.
#[derive(Debug, Args)]
pub(super) struct Dossier {
    /// Your code of the client
    client: String,
    /// Where to write it: FILE.zip for all of it, FILE.pdf for the pages alone
    #[arg(short, value_name = "FILE", required_unless_present = "pdf")]
    output: Option<PathBuf>,
    /// Where to write the pages, too
    #[arg(long, value_name = "FILE.pdf")]
    pdf: Option<PathBuf>,
    /// In which language
    #[arg(long, value_enum, default_value_t = Lang::It)]
    lang: Lang,
    /// The day it is about [default: today]
    #[arg(long, value_name = "DATE")]
    valid_at: Option<Date>,
    /// What was known then [default: now]
    #[arg(long, value_name = "INSTANT")]
    known_at: Option<Timestamp>,
    /// Which portfolio, when the code is in several
    #[arg(long, value_name = "NAME")]
    portfolio: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lang {
    It,
    En,
}

/// What the name of a file asks for.
fn kind_of(path: &Path) -> anyhow::Result<FileKind> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("zip") => Ok(FileKind::Archive),
        Some("pdf") => Ok(FileKind::Pdf),
        _ => Err(Usage(format!("{}: its name must end in .zip or .pdf", path.display())).into()),
    }
}

pub(super) async fn dossier(house: &Opened, asked: &Dossier, out: &Out) -> anyhow::Result<Ended> {
    let mut wanted_files = Vec::new();
    if let Some(path) = &asked.output {
        wanted_files.push((path, kind_of(path)?));
    }
    wanted_files.extend(asked.pdf.as_ref().map(|path| (path, FileKind::Pdf)));
    let caller = caller();
    let wanted = Wanted { caller: &caller, code: &asked.client, portfolio: asked.portfolio.as_deref() };
    // Both files are of one moment, also when none was named.
    let known_at = asked.known_at.unwrap_or_else(|| house.clock.now());
    let moment = Moment { valid_at: asked.valid_at, known_at: Some(known_at) };
    let language = if asked.lang == Lang::It { Language::Italian } else { Language::English };
    let mut written = Vec::new();
    for (path, kind) in wanted_files {
        let order = FileOrder { moment, language, kind };
        let file = desk(house).client_file(&wanted, order).await;
        let file = file.with_context(|| format!("client {:?}", asked.client))?;
        write(Some(path), &file.bytes)?;
        written.push((path, file));
    }
    let json = json!({"files": written.iter().map(|(path, file)| told(path, file)).collect::<Vec<_>>()});
    out.answer(&json, || {
        let lines = written.iter().map(|(path, file)| {
            let ClientFile { n_pages, n_documents, n_named, sha256, .. } = file;
            format!(
                "{}: {n_pages} pages, {n_documents} documents enclosed, {n_named} named\nsha256 {sha256}",
                path.display()
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    })?;
    let cut: Vec<&String> = written.iter().flat_map(|(_, file)| &file.cut).collect();
    for sentence in &cut {
        out.hint(sentence);
    }
    Ok(if cut.is_empty() { Ended::Done } else { Ended::Partly })
}

fn told(path: &Path, file: &ClientFile) -> serde_json::Value {
    json!({
        "file": path, "sha256": file.sha256.to_string(), "bytes": file.bytes.len(), "pages": file.n_pages,
        "documents": file.n_documents, "named": file.n_named, "cut": file.cut,
    })
}
