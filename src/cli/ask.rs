//! What asks and changes nothing: `resolve`, `rating`, `explain`, `replay`, `export`, `tail`.

use std::path::Path;

use jiff::{Timestamp, civil::Date};
use serde_json::{Value, json};

use super::{
    Ended, Opened, Usage,
    args::{self, Asked, ExportTo, Format},
    out::{Out, table, write},
};
use crate::{
    app,
    desk::{Caller, Desk, Explanation, Moment, RatingView, Reach, ReasonView, Wanted},
    domain::{AsOf, Client, ClientId, Identifier, Probability, Subject},
    publish,
    resolve::{Candidate, Decision, Index},
    store::ClientFilter,
};

/// How many rows are read at a time when everything is written out.
const PAGE: usize = 1000;

/// Who the command line is, for the audit log: it sits on the same machine as the data and sees everything.
pub(super) fn caller() -> Caller {
    Caller { name: "cli".to_owned(), reach: Reach::Everything }
}

fn desk(house: &Opened) -> Desk {
    app::desk(&house.store, &house.clock, &house.rescorer, false).0
}

pub(super) async fn rating(house: &Opened, asked: &Asked, out: &Out) -> anyhow::Result<Ended> {
    let caller = caller();
    let wanted = Wanted { caller: &caller, code: &asked.client, portfolio: asked.portfolio.as_deref() };
    let moment = Moment { valid_at: asked.valid_at, known_at: asked.known_at };
    let view = desk(house).rating(&wanted, moment).await?;
    out.answer(&serde_json::to_value(&view)?, || rating_text(&view))?;
    Ok(Ended::Done)
}

fn rating_text(view: &RatingView) -> String {
    let pd = view.pd.map_or_else(|| "–".to_owned(), |pd| format!("{:.2} %", pd * 100.0));
    let points = view.points.map_or_else(|| "–".to_owned(), |p| p.to_string());
    let mut text = format!(
        "{} {}: {}   PD {pd}   {points} points   coverage {:.0} %\nas of {}, known {}\n",
        view.client,
        view.name,
        view.grade,
        view.coverage * 100.0,
        view.valid_at,
        view.known_at
    );
    text += &reasons_text(&view.reasons);
    text + "\n" + &view.notice
}

fn reasons_text(reasons: &[ReasonView]) -> String {
    let mut rows = table(&["points", "reason", "evidence"]);
    for reason in reasons {
        rows.add_row([format!("{:+}", reason.points), reason.text.clone(), reason.evidence.len().to_string()]);
    }
    rows.to_string()
}

pub(super) async fn explain(house: &Opened, client: &str, portfolio: Option<&str>, out: &Out) -> anyhow::Result<Ended> {
    let caller = caller();
    let wanted = Wanted { caller: &caller, code: client, portfolio };
    let view = desk(house).explanation(&wanted, None, None).await?;
    out.answer(&serde_json::to_value(&view)?, || explanation_text(&view))?;
    Ok(Ended::Done)
}

fn explanation_text(view: &Explanation) -> String {
    let Some(to) = &view.to else { return format!("{} {}: nothing has been rated yet", view.client, view.name) };
    let mut text = format!("{} {}: {}\n{}\n", view.client, view.name, to.grade, reasons_text(&view.level));
    if let Some(from) = &view.from {
        text += &format!(
            "\nFrom {} ({}) to {} ({}): {:+} points\n",
            from.grade, from.valid_at, to.grade, to.valid_at, view.points_change
        );
        let mut rows = table(&["points", "reason"]);
        for line in &view.change {
            rows.add_row([format!("{:+}", line.points), line.text.clone()]);
        }
        text += &rows.to_string();
    }
    text + "\n" + &view.notice
}

pub(super) async fn resolve(house: &Opened, asked: &args::Resolve, out: &Out) -> anyhow::Result<Ended> {
    let country = asked.country.as_deref().map(str::parse).transpose()?;
    let identifiers = match (&asked.tax_id, country) {
        (Some(text), Some(country)) => vec![Identifier::tax(country, text)?],
        (Some(_), None) => return Err(Usage("--tax-id needs --country: numbers are checked by country".into()).into()),
        (None, _) => Vec::new(),
    };
    let subject = Subject {
        name: asked.name.clone(),
        country,
        city: asked.city.clone(),
        is_person: identifiers.iter().any(Identifier::is_natural_person),
        identifiers,
        sector: asked.sector.as_deref().map(str::parse).transpose()?,
    };
    let mut clients = Vec::new();
    every_client(house, |c| clients.push((c.id, c.facts.who))).await?;
    let index = Index::new(clients);
    let decision = index.resolve(&subject);
    let (word, candidates) = match &decision {
        Decision::Link(candidates) => ("link", candidates.as_slice()),
        Decision::Review(candidates) => ("review", candidates.as_slice()),
        Decision::None => ("none", &[][..]),
    };
    let mut shown = Vec::new();
    for candidate in candidates {
        shown.push(candidate_json(house, candidate).await?);
    }
    let json = json!({"decision": word, "candidates": shown});
    out.answer(&json, || serde_json::to_string_pretty(&json).unwrap_or_default())?;
    Ok(Ended::Done)
}

async fn candidate_json(house: &Opened, candidate: &Candidate) -> anyhow::Result<Value> {
    let client = house.store.facts().client_by_id(candidate.client).await?;
    let because = candidate.because.iter();
    let because = because.map(|b| json!({"field": b.field, "theirs": b.theirs, "ours": b.ours, "weight": b.weight}));
    Ok(json!({
        "client": client.map(|c| c.code.to_string()),
        "certainty": candidate.certainty.get(),
        "because": because.collect::<Vec<_>>(),
    }))
}

/// Calls `each` for every client, in key order.
async fn every_client(house: &Opened, mut each: impl FnMut(Client)) -> anyhow::Result<()> {
    let portfolios = house.store.facts().portfolios().await?.into_iter().map(|(id, _)| id).collect();
    let filter = ClientFilter { portfolios, ..ClientFilter::default() };
    let mut after: Option<ClientId> = None;
    loop {
        let page = house.store.facts().clients(&filter, after, PAGE).await?;
        let Some(last) = page.last().map(|c| c.id) else { return Ok(()) };
        after = Some(last);
        page.into_iter().for_each(&mut each);
    }
}

/// The columns of `export ratings` and `replay`.
const RATING_COLUMNS: [&str; 10] =
    ["client", "name", "grade", "pd", "points", "coverage", "valid_at", "known_at", "model", "client_seq"];

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
    let mut names = std::collections::HashMap::new();
    every_client(house, |c| {
        names.insert(c.id, (c.code.to_string(), c.facts.who.name));
    })
    .await?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(RATING_COLUMNS)?;
    let n = ratings.len();
    for (id, rating) in ratings {
        let Some((code, name)) = names.get(&id) else { continue };
        let (points, model) = (rating.points.map(|p| p.to_string()).unwrap_or_default(), rating.model.to_string());
        let row = [
            harmless(code),
            harmless(name),
            rating.grade.to_string(),
            pd_text(rating.pd),
            points,
            format!("{:.3}", rating.coverage),
            as_of.valid_at.to_string(),
            as_of.known_at.to_string(),
            model,
            String::new(),
        ];
        csv.write_record(&row)?;
    }
    write(output, &csv.into_inner()?)?;
    out.hint(&format!("{n} clients as of {valid_at}"));
    Ok(Ended::Done)
}

fn pd_text(pd: Option<Probability>) -> String {
    pd.map(|pd| format!("{:.6}", pd.get())).unwrap_or_default()
}

/// A text cell that a spreadsheet would run as a formula is quoted with an apostrophe (OWASP, CSV injection).
fn harmless(text: &str) -> String {
    const TRIGGERS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    if text.starts_with(TRIGGERS) { format!("'{text}") } else { text.to_owned() }
}

pub(super) async fn export(house: &Opened, export: args::Export) -> anyhow::Result<Ended> {
    match export {
        args::Export::Ratings(to) => export_ratings(house, &to).await?,
        args::Export::Changes(to) => export_changes(house, &to).await?,
    }
    Ok(Ended::Done)
}

async fn export_ratings(house: &Opened, to: &ExportTo) -> anyhow::Result<()> {
    let mut clients = Vec::new();
    every_client(house, |c| clients.push(c)).await?;
    let mut rows: Vec<Value> = Vec::with_capacity(clients.len());
    for client in clients {
        let current = house.store.ratings().current(client.id).await?;
        let c = current.as_ref();
        rows.push(json!({
            "client": client.code.to_string(),
            "name": client.facts.who.name,
            "grade": c.map_or("ND".to_owned(), |c| c.recorded.rating.grade.to_string()),
            "pd": c.and_then(|c| c.pd).map(|pd| (pd.get() * 1e6).round() / 1e6),
            "points": c.and_then(|c| c.points),
            "coverage": c.map_or(0.0, |c| (c.coverage * 1e3).round() / 1e3),
            "valid_at": c.map(|c| c.as_of.valid_at.to_string()),
            "known_at": c.map(|c| c.as_of.known_at.to_string()),
            "model": c.map(|c| c.recorded.rating.model.to_string()),
            "client_seq": c.map_or(0, |c| c.recorded.client_seq),
        }));
    }
    write_rows(to, &RATING_COLUMNS, &rows)
}

async fn export_changes(house: &Opened, to: &ExportTo) -> anyhow::Result<()> {
    let (glossary, mut seq, mut rows) = (house.rescorer.glossary(), 0, Vec::new());
    loop {
        let events = house.store.outbox().after(seq, PAGE, None).await?;
        let Some(last) = events.last() else { break };
        seq = last.seq;
        for event in &events {
            let envelope = publish::cloud_event(event, &glossary);
            let of_data = |key: &str| envelope["data"].get(key).cloned().unwrap_or(Value::Null);
            rows.push(match to.format {
                Format::Json => envelope,
                Format::Csv => json!({
                    "seq": event.seq, "time": event.at.to_string(), "type": event.body.kind(),
                    "client": of_data("client"), "from": of_data("from"), "to": of_data("to"),
                    "notches": of_data("notches"), "pd_from": of_data("pd_from"), "pd_to": of_data("pd_to"),
                    "cause": of_data("cause"), "client_seq": of_data("client_seq"), "exposure": of_data("exposure"),
                }),
            });
        }
    }
    const COLUMNS: [&str; 12] = [
        "seq",
        "time",
        "type",
        "client",
        "from",
        "to",
        "notches",
        "pd_from",
        "pd_to",
        "cause",
        "client_seq",
        "exposure",
    ];
    write_rows(to, &COLUMNS, &rows)
}

fn write_rows(to: &ExportTo, columns: &[&str], rows: &[Value]) -> anyhow::Result<()> {
    if to.format == Format::Json {
        let mut bytes = serde_json::to_vec_pretty(rows)?;
        bytes.push(b'\n');
        return write(to.output.as_deref(), &bytes);
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(columns)?;
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        other => other.to_string(),
    };
    for row in rows {
        csv.write_record(columns.iter().map(|c| cell(&row[*c])))?;
    }
    write(to.output.as_deref(), &csv.into_inner()?)
}

pub(super) async fn tail(house: &Opened, after: i64, once: bool) -> anyhow::Result<Ended> {
    let glossary = house.rescorer.glossary();
    let mut seq = after;
    loop {
        let events = house.store.outbox().after(seq, PAGE, None).await?;
        for event in &events {
            seq = event.seq;
            let mut line = serde_json::to_vec(&publish::cloud_event(event, &glossary))?;
            line.push(b'\n');
            write(None, &line)?;
        }
        if once && events.is_empty() {
            return Ok(Ended::Done);
        }
        if events.is_empty() {
            // Another process writes: there is nothing here that could wake us, so we look now and then.
            tokio::select! {
                () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {}
                _ = tokio::signal::ctrl_c() => return Ok(Ended::Interrupted),
            }
        }
    }
}
