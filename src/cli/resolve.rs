//! `resolve`: whose record is it? One record from the command line, or a file of them.

use std::{collections::HashMap, path::Path};

use anyhow::Context;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::{
    Ended, Opened, Usage, args,
    ask::every_client,
    out::{Out, write},
};
use crate::{
    desk::harmless,
    domain::{Certainty, ClientId, Country, Identifier, Subject},
    resolve::{Candidate, Decision, Index},
};

/// The columns of a file of records; the first two must be there.
const COLUMNS: [&str; 7] = ["id", "name", "country", "city", "address", "tax_id", "sector"];

/// Rows that are matched at a time.
const CHUNK: usize = 10_000;

/// How sure a row can be at most that holds a number which cannot be right.
const DOUBTED: f64 = 0.9;

/// The clients, ready to be matched, and their codes.
struct Clients {
    index: Index,
    codes: HashMap<ClientId, String>,
}

impl Clients {
    async fn of(house: &Opened) -> anyhow::Result<Self> {
        let (mut clients, mut codes) = (Vec::new(), HashMap::new());
        every_client(house, false, |c| {
            codes.insert(c.id, c.code.to_string());
            clients.push((c.id, c.facts.who));
        })
        .await?;
        Ok(Self { index: Index::new(clients), codes })
    }

    fn code(&self, candidate: &Candidate) -> &str {
        self.codes.get(&candidate.client).map_or("", String::as_str)
    }
}

pub(super) async fn resolve(house: &Opened, asked: &args::Resolve, out: &Out) -> anyhow::Result<Ended> {
    match (&asked.from, &asked.name) {
        (Some(file), _) => from_file(house, file, asked.output.as_deref(), out).await,
        (None, Some(name)) => one(house, name, asked, out).await,
        (None, None) => Err(Usage("say --name NAME, or --from FILE.csv".into()).into()),
    }
}

async fn one(house: &Opened, name: &str, asked: &args::Resolve, out: &Out) -> anyhow::Result<Ended> {
    let country: Option<Country> = asked.country.as_deref().map(str::parse).transpose()?;
    let identifiers = match (&asked.tax_id, country) {
        (Some(text), Some(country)) => match number(country, text) {
            Some(number) => vec![number],
            // The error of a tax number teaches what one looks like.
            None => vec![Identifier::tax(country, text)?],
        },
        (Some(_), None) => return Err(Usage("--tax-id needs --country: numbers are checked by country".into()).into()),
        (None, _) => Vec::new(),
    };
    let subject = Subject {
        name: name.to_owned(),
        country,
        city: asked.city.clone(),
        is_person: identifiers.iter().any(Identifier::is_natural_person),
        identifiers,
        sector: asked.sector.as_deref().map(str::parse).transpose()?,
        address: asked.address.clone(),
        other_names: Vec::new(),
    };
    let clients = Clients::of(house).await?;
    let decision = clients.index.resolve(&subject);
    let candidates = decision.candidates().iter().map(|c| candidate_json(&clients, c));
    let json = json!({"decision": decision.as_str(), "candidates": candidates.collect::<Vec<_>>()});
    out.answer(&json, || serde_json::to_string_pretty(&json).unwrap_or_default())?;
    Ok(Ended::Done)
}

fn candidate_json(clients: &Clients, candidate: &Candidate) -> Value {
    let because = candidate.because.iter();
    let because = because.map(|b| json!({"field": b.field, "theirs": b.theirs, "ours": b.ours, "weight": b.weight}));
    json!({
        "client": clients.codes.get(&candidate.client),
        "certainty": candidate.certainty.get(),
        "because": because.collect::<Vec<_>>(),
    })
}

/// Answers every row of a file, in its order: `id,client,certainty,decision`. Rows are read in chunks
/// and matched on all cores: only the answers of a long file are held.
async fn from_file(house: &Opened, file: &Path, output: Option<&Path>, out: &Out) -> anyhow::Result<Ended> {
    let shown = file.display();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(file).with_context(|| shown.to_string())?;
    let header: Vec<String> =
        reader.headers()?.iter().map(|h| h.trim_start_matches('\u{feff}').trim().to_ascii_lowercase()).collect();
    if let Some(missing) = COLUMNS[..2].iter().find(|c| !header.iter().any(|h| h == *c)) {
        let known = COLUMNS.join(",");
        return Err(Usage(format!("{shown}: there is no column {missing:?}; the columns are {known}")).into());
    }
    let clients = Clients::of(house).await?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["id", "client", "certainty", "decision"])?;
    let mut n_doubtful = 0;
    let mut records = reader.records();
    loop {
        let chunk: Vec<csv::StringRecord> =
            records.by_ref().take(CHUNK).collect::<Result<_, _>>().with_context(|| shown.to_string())?;
        if chunk.is_empty() {
            break;
        }
        let answers: Vec<Answer> =
            chunk.par_iter().map(|record| clients.answer(&Row { header: &header, record })).collect();
        for (answer, record) in answers.iter().zip(&chunk) {
            n_doubtful += u64::from(answer.is_doubtful);
            let id = Row { header: &header, record }.cell("id");
            csv.write_record([
                harmless(id),
                harmless(answer.client),
                answer.certainty.clone(),
                answer.decision.to_owned(),
            ])?;
        }
    }
    write(output, &csv.into_inner()?)?;
    if n_doubtful > 0 {
        out.hint(&format!(
            "{n_doubtful} rows hold a number or a country that cannot be right: none of them was linked"
        ));
    }
    Ok(Ended::Done)
}

/// What is written of a row.
struct Answer<'a> {
    client: &'a str,
    certainty: String,
    decision: &'static str,
    is_doubtful: bool,
}

impl Clients {
    fn answer(&self, row: &Row<'_>) -> Answer<'_> {
        let (subject, is_doubtful) = row.subject();
        let (decision, best) = answer(&self.index, &subject, is_doubtful);
        let client = best.as_ref().map_or("", |c| self.code(c));
        // Cut, not rounded: what links must not be told from what does not by a rounding.
        let certainty = best.as_ref().map(|c| format!("{:.4}", (c.certainty.get() * 1e4).floor() / 1e4));
        Answer { client, certainty: certainty.unwrap_or_default(), decision, is_doubtful }
    }
}

/// The decision's word and its best candidate. A row with a number that cannot be right may be wrong elsewhere as well:
/// what would be a link is put before a person.
fn answer(index: &Index, subject: &Subject, is_doubtful: bool) -> (&'static str, Option<Candidate>) {
    let decision = index.resolve(subject);
    let best = decision.candidates().first().cloned();
    match decision {
        Decision::Link(_) if is_doubtful => ("review", best.map(doubted)),
        decision => (decision.as_str(), best),
    }
}

/// The candidate with a certainty that links nothing.
fn doubted(candidate: Candidate) -> Candidate {
    let certainty = Certainty::new(DOUBTED).unwrap_or(candidate.certainty);
    Candidate { certainty, ..candidate }
}

/// A row by the names of its columns.
struct Row<'a> {
    header: &'a [String],
    record: &'a csv::StringRecord,
}

impl<'a> Row<'a> {
    fn cell(&self, column: &str) -> &'a str {
        let place = self.header.iter().position(|h| h == column);
        place.and_then(|place| self.record.get(place)).map_or("", str::trim)
    }

    /// Whom the row names, and whether something in it cannot be right.
    fn subject(&self) -> (Subject, bool) {
        let text = |column: &str| Some(self.cell(column)).filter(|t| !t.is_empty());
        let country: Option<Result<Country, _>> = text("country").map(str::parse);
        let mut is_doubtful = matches!(country, Some(Err(_)));
        let country = country.and_then(Result::ok);
        let tax = text("tax_id").map(|tax| country.and_then(|country| number(country, tax)));
        is_doubtful |= matches!(tax, Some(None));
        let identifiers: Vec<Identifier> = tax.flatten().into_iter().collect();
        let subject = Subject {
            name: self.cell("name").to_owned(),
            country,
            city: text("city").map(str::to_owned),
            is_person: identifiers.iter().any(Identifier::is_natural_person),
            identifiers,
            sector: text("sector").and_then(|sector| sector.parse().ok()),
            address: text("address").map(str::to_owned),
            other_names: Vec::new(),
        };
        (subject, is_doubtful)
    }
}

/// A tax number; or the number of a register, which many write in the same column (a SIREN, a UK company number).
fn number(country: Country, text: &str) -> Option<Identifier> {
    Identifier::tax(country, text).or_else(|_| Identifier::registry(country, text)).ok()
}
