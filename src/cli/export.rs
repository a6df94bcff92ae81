//! What writes everything out: `replay` and `export`.

use std::{collections::HashMap, path::Path};

use jiff::{Timestamp, civil::Date};
use serde_json::{Value, json};

use super::{
    Ended, Opened,
    args::{self, ExportTo, Format},
    ask::{PAGE, desk, every_client},
    out::{Out, write},
    sheet, treatment,
};
use crate::{
    desk::harmless,
    domain::{AsOf, Probability},
    publish,
};

/// The columns of `export ratings` and `replay`.
const RATING_COLUMNS: [&str; 10] =
    ["client", "name", "grade", "pd", "points", "coverage", "valid_at", "known_at", "model", "client_seq"];

/// The columns of `export changes`.
const CHANGE_COLUMNS: [&str; 12] =
    ["seq", "time", "type", "client", "from", "to", "notches", "pd_from", "pd_to", "cause", "client_seq", "exposure"];

/// Rows on their way out, each an object.
pub(super) struct Rows {
    /// What they are: `ratings`, `changes`, `treatments`.
    pub(super) what: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) rows: Vec<Value>,
}

impl Rows {
    /// Writes them to where they should go. With `--json` standard output gets one object: the rows, or where they went.
    fn write(self, format: Format, to: Option<&Path>, out: &Out) -> anyhow::Result<()> {
        if out.json && to.is_none() {
            return out.answer(&json!({ (self.what): self.rows }), String::new);
        }
        let bytes = match format {
            Format::Csv => self.csv()?,
            Format::Json => [serde_json::to_vec_pretty(&self.rows)?, b"\n".to_vec()].concat(),
            Format::Xlsx => sheet::workbook(self.what, self.columns, &self.rows)?,
        };
        write(to, &bytes)?;
        match to {
            Some(file) if out.json => out.answer(&json!({"rows": self.rows.len(), "file": file}), String::new),
            _ => Ok(()),
        }
    }

    fn csv(&self) -> anyhow::Result<Vec<u8>> {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(self.columns)?;
        let cell = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => harmless(text),
            other => other.to_string(),
        };
        for row in &self.rows {
            csv.write_record(self.columns.iter().map(|c| cell(&row[*c])))?;
        }
        Ok(csv.into_inner()?)
    }
}

fn shown(pd: Probability) -> f64 {
    (pd.get() * 1e6).round() / 1e6
}

fn share(coverage: f64) -> f64 {
    (coverage * 1e3).round() / 1e3
}

pub(super) async fn replay(
    house: &Opened,
    valid_at: Date,
    known_at: Option<Timestamp>,
    output: Option<&Path>,
    out: &Out,
) -> anyhow::Result<Ended> {
    let as_of = match known_at {
        Some(known_at) => AsOf { valid_at, known_at },
        None => AsOf::end_of(valid_at),
    };
    let ratings = house.rescorer.replay(as_of).await?;
    let mut names = HashMap::new();
    every_client(house, false, |c| {
        names.insert(c.id, (c.code.to_string(), c.facts.who.name));
    })
    .await?;
    let named = ratings.into_iter().filter_map(|(id, rating)| Some((names.get(&id)?, rating)));
    let rows: Vec<Value> = named
        .map(|((code, name), rating)| {
            json!({
                "client": code, "name": name, "grade": rating.grade.to_string(), "pd": rating.pd.map(shown),
                "points": rating.points, "coverage": share(rating.coverage), "valid_at": as_of.valid_at.to_string(),
                "known_at": as_of.known_at.to_string(), "model": rating.model.to_string(), "client_seq": null,
            })
        })
        .collect();
    out.hint(&format!("{} clients as of {valid_at}", rows.len()));
    Rows { what: "ratings", columns: &RATING_COLUMNS, rows }.write(Format::Csv, output, out)?;
    Ok(Ended::Done)
}

pub(super) async fn export(house: &Opened, export: args::Export, out: &Out) -> anyhow::Result<Ended> {
    let (rows, ExportTo { format, output }) = match export {
        args::Export::Ratings(to) => (ratings(house).await?, to),
        args::Export::Changes(to) => (changes(house, to.format).await?, to),
        args::Export::Treatments(asked) => (treatment::rows(house, &asked).await?, asked.to),
    };
    rows.write(format, output.as_deref(), out)?;
    Ok(Ended::Done)
}

async fn ratings(house: &Opened) -> anyhow::Result<Rows> {
    let mut clients = Vec::new();
    every_client(house, true, |c| clients.push(c)).await?;
    let rated_by = desk(house).rated_by().await?;
    let mut rows: Vec<Value> = Vec::with_capacity(clients.len());
    for client in clients {
        let current = house.store.ratings().current(client.id).await?;
        let c = current.as_ref();
        rows.push(json!({
            "client": client.code.to_string(),
            "name": client.facts.who.name,
            "grade": c.map_or("ND".to_owned(), |c| c.recorded.rating.grade.to_string()),
            "pd": c.and_then(|c| c.pd).map(shown),
            "points": c.and_then(|c| c.points),
            "coverage": c.map_or(0.0, |c| share(c.coverage)),
            "valid_at": c.map(|c| c.as_of.valid_at.to_string()),
            "known_at": c.map(|c| c.as_of.known_at.to_string()),
            "model": c.map(|c| rated_by.of(c)),
            "client_seq": c.map_or(0, |c| c.recorded.client_seq),
        }));
    }
    Ok(Rows { what: "ratings", columns: &RATING_COLUMNS, rows })
}

/// Every event: whole in JSON, its figures in CSV.
async fn changes(house: &Opened, format: Format) -> anyhow::Result<Rows> {
    let (glossary, mut seq, mut rows) = (house.rescorer.glossary(), 0, Vec::new());
    loop {
        let events = house.store.outbox().after(seq, PAGE, None).await?;
        let Some(last) = events.last() else { break };
        seq = last.seq;
        for event in &events {
            let envelope = publish::cloud_event_from(event, &glossary, &house.source);
            let of_data = |key: &str| envelope["data"].get(key).cloned().unwrap_or(Value::Null);
            rows.push(match format {
                Format::Json => envelope,
                Format::Csv | Format::Xlsx => json!({
                    "seq": event.seq, "time": event.at.to_string(), "type": event.body.kind(),
                    "client": of_data("client"), "from": of_data("from"), "to": of_data("to"),
                    "notches": of_data("notches"), "pd_from": of_data("pd_from"), "pd_to": of_data("pd_to"),
                    "cause": of_data("cause"), "client_seq": of_data("client_seq"), "exposure": of_data("exposure"),
                }),
            });
        }
    }
    Ok(Rows { what: "changes", columns: &CHANGE_COLUMNS, rows })
}
