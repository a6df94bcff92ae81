//! What asks the open sources, or says how it would: `collect`.

use std::{collections::HashMap, path::Path};

use anyhow::Context;
use serde_json::{Value, json};

use super::{
    Ended, Opened, Usage, args,
    out::{Out, table},
};
use crate::{
    app,
    collect::{Planned, Source, SourceReport, Tried, Weighed, try_path, without_secrets},
    config::{self, Flags},
    domain::{AsOf, ClientId, SourceId},
};

/// Questions that the table for people shows of each list; `--json` shows more.
const QUESTIONS_FOR_PEOPLE: usize = 25;

/// Clients of one question that the table names.
const CODES_FOR_PEOPLE: usize = 3;

pub(super) async fn collect(flags: &Flags, asked: args::Collect, out: &Out) -> anyhow::Result<Ended> {
    let config = config::load(flags)?;
    if let Some(source) = &asked.r#try {
        return try_source(flags, &config, source, asked.from.as_deref(), out).await;
    }
    let (house, config) = Opened::from_config(config).await?;
    let collector = app::collector(&house.store, &house.clock, &config)?;
    let sources: Vec<SourceId> = asked.sources.iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
    let known: Vec<&str> = config.sources.iter().map(|s| s.id.as_str()).collect();
    if let Some(unknown) = sources.iter().find(|s| !known.contains(&s.as_str())) {
        return Err(Usage(format!("there is no source {unknown}; there are: {}", known.join(", "))).into());
    }
    let which = (!sources.is_empty()).then_some(sources.as_slice());
    if asked.plan {
        return plan(&house, &collector.plan(which).await?, out).await;
    }
    let progress = out.progress("questions");
    let reports = collector.collect(which, &|p| progress.at(p.done, p.planned)).await;
    drop(progress);
    house.rescorer.rescore_touched(AsOf::at(house.clock.now())).await?;
    let json = Value::Array(reports.iter().map(SourceReport::to_json).collect());
    out.answer(&json!({"sources": json}), || reports_text(&reports))?;
    let all_well = reports.iter().all(SourceReport::is_whole);
    Ok(if all_well { Ended::Done } else { Ended::Partly })
}

pub(super) fn reports_text(reports: &[SourceReport]) -> String {
    let mut rows = table(&[
        "source",
        "requests",
        "unchanged",
        "signals",
        "leftovers",
        "quarantined",
        "failed",
        "left out",
        "error",
    ]);
    for r in reports {
        rows.add_row([
            r.id.to_string(),
            r.requests.to_string(),
            r.not_modified.to_string(),
            r.signals.to_string(),
            r.leftovers.to_string(),
            r.quarantined.to_string(),
            r.failed.to_string(),
            r.left_out.to_string(),
            r.error.clone().or(r.limit.clone()).unwrap_or_default(),
        ]);
    }
    rows.to_string()
}

fn reader(config: &config::Config, id: &SourceId) -> anyhow::Result<Box<dyn Source>> {
    let Some(source) = config.sources.iter().find(|s| s.id == *id) else {
        let known: Vec<&str> = config.sources.iter().map(|s| s.id.as_str()).collect();
        return Err(Usage(format!("there is no source {id}; there are: {}", known.join(", "))).into());
    };
    Ok(source.reader()?)
}

async fn try_source(
    flags: &Flags,
    config: &config::Config,
    source: &str,
    from: Option<&Path>,
    out: &Out,
) -> anyhow::Result<Ended> {
    let clock = crate::clock::Clock::system();
    let source: SourceId = source.parse()?;
    let reader = reader(config, &source)?;
    let tried = match from {
        Some(path) => {
            // A recorded answer is read also by a source that is switched off: nobody is asked.
            try_path(reader.as_ref(), path, clock.now()).with_context(|| path.display().to_string())?
        }
        None => {
            let (house, config) = Opened::from_config(config::load(flags)?).await?;
            app::collector(&house.store, &clock, &config)?.try_one(&source).await?
        }
    };
    let json = tried.to_json();
    out.answer(&json, || tried_text(&tried, &json))?;
    Ok(if tried.error.is_none() { Ended::Done } else { Ended::Refused })
}

/// What is shown of an answer before what it says.
fn tried_text(tried: &Tried, json: &Value) -> String {
    let mut text = String::new();
    if let Some(request) = &tried.request {
        text += &format!("{} {}\n", request.method, request.address);
        for (name, value) in &request.headers {
            text += &format!("  {name}: {value}\n");
        }
        text += &match &tried.answer {
            Some(a) => format!("{} {}, {} bytes, {} ms\n", a.status, a.content_type, a.n_bytes, a.duration_ms),
            None => "no answer\n".to_owned(),
        };
    }
    text + &serde_json::to_string_pretty(json).unwrap_or_default()
}

async fn plan(house: &Opened, plans: &[Planned], out: &Out) -> anyhow::Result<Ended> {
    let mut codes: HashMap<ClientId, String> = HashMap::new();
    for client in plans.iter().flat_map(|plan| plan.order.clients_shown()) {
        if !codes.contains_key(&client)
            && let Some(known) = house.store.facts().client_by_id(client).await?
        {
            codes.insert(client, known.code.to_string());
        }
    }
    let sources = plans.iter().map(|plan| {
        let mut object = plan.order.to_json(&codes);
        object.insert("id".to_owned(), json!(plan.source.as_str()));
        object.insert("why".to_owned(), json!(plan.why));
        Value::Object(object)
    });
    out.answer(&json!({"sources": sources.collect::<Vec<_>>()}), || plans_text(plans, &codes))?;
    Ok(Ended::Done)
}

fn plans_text(plans: &[Planned], codes: &HashMap<ClientId, String>) -> String {
    if plans.is_empty() {
        return "no source is due; name one to see what it would be asked".to_owned();
    }
    let texts = plans.iter().map(|plan| {
        let order = &plan.order;
        let mut text = format!("{} ({}): {} questions\n", plan.source, plan.why, order.asked.len());
        text += &questions_text(&order.asked, codes);
        if let Some(because) = &order.because {
            text += &format!("\nleft out: {} questions, {because}\n", order.left_out.len());
            text += &questions_text(&order.left_out, codes);
        }
        text
    });
    texts.collect::<Vec<_>>().join("\n\n")
}

fn questions_text(questions: &[Weighed], codes: &HashMap<ClientId, String>) -> String {
    let mut rows = table(&["", "clients", "step", "why", "address"]);
    for (place, question) in questions.iter().take(QUESTIONS_FOR_PEOPLE).enumerate() {
        let whom = &question.request.whom;
        let mut clients: Vec<&str> =
            whom.iter().take(CODES_FOR_PEOPLE).filter_map(|client| codes.get(client)).map(String::as_str).collect();
        let more = whom.len().saturating_sub(CODES_FOR_PEOPLE);
        let more = (more > 0).then(|| format!("and {more} more"));
        clients.extend(more.as_deref());
        let address = without_secrets(&question.request.url);
        let row =
            [(place + 1).to_string(), clients.join(", "), question.request.step.to_owned(), question.why(), address];
        rows.add_row(row);
    }
    let more = questions.len().saturating_sub(QUESTIONS_FOR_PEOPLE);
    let more = if more > 0 { format!("\n… and {more} more") } else { String::new() };
    rows.to_string() + &more
}
