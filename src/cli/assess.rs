//! `assess`: a prospect before credit is granted, and the evaluations that are kept.

use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::{
    Ended, Opened, Usage,
    ask::{caller, desk},
    out::{Out, table},
};
use crate::{
    app,
    config::{self, Flags},
    desk::{
        AdoptInput, AmountInput, AssessInput, AssessmentLine, Desk, Error, Moment, Onboarding, ReasonInput, Wanted,
    },
    domain::AsOf,
};

/// Evaluations that a list shows.
const LISTED: usize = 500;

/// What can be said of a prospect, or asked of those that were evaluated.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["name", "list", "show", "recompute", "adopt", "erase"]))]
pub(super) struct Assess {
    /// Its name
    #[arg(long)]
    name: Option<String>,
    /// Two letters, ISO 3166-1; a tax number or a register's needs it
    #[arg(long, requires = "name")]
    country: Option<String>,
    /// Tax or VAT number
    #[arg(long, requires = "name")]
    tax_id: Option<String>,
    /// Number in the company register
    #[arg(long, requires = "name")]
    registry_id: Option<String>,
    /// Legal Entity Identifier
    #[arg(long, requires = "name")]
    lei: Option<String>,
    /// NACE or ATECO
    #[arg(long, requires = "name")]
    sector: Option<String>,
    /// Town of its seat
    #[arg(long, requires = "name")]
    city: Option<String>,
    /// Street and number
    #[arg(long, requires = "name")]
    address: Option<String>,
    /// What it asks to owe at most [default: a typical amount of the rules]
    #[arg(long, requires = "name")]
    amount: Option<String>,
    /// What it is expected to buy in a year [default: reckoned from the amount]
    #[arg(long, requires = "name")]
    yearly_value: Option<String>,
    /// ISO 4217 of both amounts [default: EUR]
    #[arg(long, requires = "name")]
    currency: Option<String>,
    /// The newest evaluations
    #[arg(long)]
    list: bool,
    /// An evaluation as it was answered then
    #[arg(long, value_name = "ID")]
    show: Option<String>,
    /// An evaluation computed again from what is kept of it; asks nobody
    #[arg(long, value_name = "ID")]
    recompute: Option<String>,
    /// The prospect is now the client that --client names: what was found is the client's
    #[arg(long, value_name = "ID", requires = "client")]
    adopt: Option<String>,
    /// Your code of the client
    #[arg(long, value_name = "CODE", requires = "adopt")]
    client: Option<String>,
    /// Erase an evaluation and every document that was read for it
    #[arg(long, value_name = "ID", requires = "reason")]
    erase: Option<String>,
    /// Why; leave the prospect's name out of it
    #[arg(long, value_name = "TEXT", requires = "erase")]
    reason: Option<String>,
    /// Whose prospect it is [default: default]; with --list only this portfolio's
    #[arg(long, value_name = "NAME")]
    portfolio: Option<String>,
}

pub(super) async fn assess(flags: &Flags, asked: Assess, out: &Out) -> anyhow::Result<Ended> {
    let (house, config) = Opened::from_config(config::load(flags)?).await?;
    let collector = Arc::new(app::collector(&house.store, &house.clock, &config)?);
    let onboarding = app::onboarding(&collector, &config);
    let desk = desk(&house);
    if asked.name.is_some() {
        return evaluate(&desk, &onboarding, asked, out).await;
    }
    let (caller, portfolio) = (caller(), asked.portfolio.as_deref());
    if let Some(id) = &asked.show {
        let found = desk.assessment(&caller, id).await?;
        return answered(&found.body, Vec::new(), out);
    }
    if let Some(id) = &asked.recompute {
        let view = desk.recompute_assessment(&caller, id, &onboarding).await?;
        let json = serde_json::to_value(&view)?;
        out.answer(&json, || serde_json::to_string_pretty(&json).unwrap_or_default())?;
        return Ok(if view.same == Some(false) { Ended::Refused } else { Ended::Done });
    }
    if let (Some(id), Some(client)) = (&asked.adopt, &asked.client) {
        let view = desk.adopt_assessment(&caller, id, &AdoptInput { client: client.clone() }).await?;
        house.rescorer.rescore_touched(AsOf::at(house.clock.now())).await?;
        let text = || format!("{} is the file of {}; {} signals are its own", view.id, view.client, view.signals);
        out.answer(&serde_json::to_value(&view)?, text)?;
        return Ok(Ended::Done);
    }
    if let (Some(id), Some(reason)) = (&asked.erase, &asked.reason) {
        desk.erase_assessment(&caller, id, &ReasonInput { reason: reason.clone() }).await?;
        out.answer(&json!({"erased": id}), || format!("{id} is gone, and what was read for it"))?;
        return Ok(Ended::Done);
    }
    let lines = desk.assessments(&caller, portfolio, None, LISTED).await?.items;
    out.answer(&json!({"assessments": lines}), || list_text(&lines))?;
    Ok(Ended::Done)
}

async fn evaluate(desk: &Desk, onboarding: &Onboarding, asked: Assess, out: &Out) -> anyhow::Result<Ended> {
    let input = AssessInput {
        name: asked.name.unwrap_or_default(),
        country: asked.country,
        tax_id: asked.tax_id,
        registry_id: asked.registry_id,
        lei: asked.lei,
        sector: asked.sector,
        city: asked.city,
        address: asked.address,
        amount: asked.amount.map(AmountInput::Text),
        yearly_value: asked.yearly_value.map(AmountInput::Text),
        currency: asked.currency,
    };
    let made =
        desk.assess(&caller(), asked.portfolio.as_deref(), &input, onboarding).await.map_err(|error| match error {
            Error::InvalidFields(wrong) => Usage(in_flags(&wrong)).into(),
            other => anyhow::Error::from(other),
        })?;
    let present = present(desk, asked.portfolio.as_deref(), &made.body).await?;
    answered(&made.body, present, out)
}

/// The wrong fields as they are typed: `--tax-id: …`, each on a line.
fn in_flags(wrong: &[(String, String)]) -> String {
    let flag = |pointer: &str| format!("--{}", pointer.trim_start_matches('/').replace('_', "-"));
    let lines: Vec<String> = wrong.iter().map(|(pointer, why)| format!("{}: {why}", flag(pointer))).collect();
    lines.join("\n  ")
}

/// The ratings of the clients that a prospect is: who is one already has a grade that its ledger speaks in, too.
async fn present(desk: &Desk, portfolio: Option<&str>, body: &[u8]) -> anyhow::Result<Vec<Value>> {
    let json: Value = serde_json::from_slice(body)?;
    let mut found = Vec::new();
    if json["identity"]["standing"] == "client" {
        for code in json["identity"]["clients"].as_array().into_iter().flatten().filter_map(|c| c["client"].as_str()) {
            let caller = caller();
            let wanted = Wanted { caller: &caller, code, portfolio };
            // Who is not rated yet has nothing to be shown beside.
            let Ok(rating) = desk.rating(&wanted, Moment::default()).await else { continue };
            found.push(json!({"client": code, "grade": rating.grade, "pd": rating.pd, "valid_at": rating.valid_at}));
        }
    }
    Ok(found)
}

/// Shows an evaluation; some sources that did not answer make it a partial one.
fn answered(body: &[u8], present: Vec<Value>, out: &Out) -> anyhow::Result<Ended> {
    let mut json: Value = serde_json::from_slice(body)?;
    if !present.is_empty() {
        json["present_ratings"] = present.into();
    }
    out.answer(&json, || text_of(&json))?;
    let is_blind = |source: &Value| matches!(source["status"].as_str(), Some("partly" | "silent" | "out_of_time"));
    let is_partial = json["sources"].as_array().is_some_and(|sources| sources.iter().any(is_blind));
    Ok(if is_partial { Ended::Partly } else { Ended::Done })
}

fn text_of(json: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let amount = |value: &Value| value.as_f64().map_or("–".to_owned(), |amount| format!("{amount:.2}"));
    let (rating, identity, terms, asked) = (&json["rating"], &json["identity"], &json["terms"], &json["asked"]);
    let percent = |value: &Value| value.as_f64().map_or("–".to_owned(), |share| format!("{:.2} %", share * 100.0));
    let mut text = format!(
        "{}: {}\n{}   {}   PD {}   coverage {}\nlimit {} {}, asked for {}   terms: {} days, {} in advance{}\n",
        word(&json["prospect"]["name"]),
        word(&json["decision"]).to_uppercase(),
        word(&identity["standing"]),
        word(&rating["grade"]),
        percent(&rating["pd"]),
        percent(&rating["coverage"]),
        amount(&json["limit"]),
        word(&asked["currency"]),
        amount(&asked["amount"]),
        terms["days"],
        percent(&terms["advance"]),
        terms["guarantee"].as_str().map_or(String::new(), |guarantee| format!(", {guarantee}")),
    );
    for present in json["present_ratings"].as_array().into_iter().flatten() {
        let (client, grade) = (word(&present["client"]), word(&present["grade"]));
        text += &format!("client {client}: rated {grade} on {}, its ledger included\n", word(&present["valid_at"]));
    }
    for reason in json["reasons"].as_array().into_iter().flatten() {
        text += &format!("- {}: {}\n", word(&reason["decision"]), word(&reason["text"]));
    }
    for needed in json["needed"].as_array().into_iter().flatten() {
        text += &format!("  needed: {}\n", word(&needed["text"]));
    }
    if let Some(review) = json["human_review"].as_str() {
        text += &format!("! {review}\n");
    }
    let mut rows = table(&["source", "status", "questions", "signals", "why"]);
    for source in json["sources"].as_array().into_iter().flatten() {
        let why = source["why"].as_array().and_then(|why| why.first()).map(word).unwrap_or_default();
        rows.add_row([
            word(&source["source"]),
            word(&source["status"]),
            source["questions"].to_string(),
            source["signals"].to_string(),
            why,
        ]);
    }
    text += &rows.to_string();
    text + &format!("\n{}   {}\n{}", word(&json["id"]), word(&json["made_at"]), word(&json["notice"]))
}

fn list_text(lines: &[AssessmentLine]) -> String {
    let mut rows = table(&["id", "name", "decision", "grade", "limit", "made", "client"]);
    for line in lines {
        rows.add_row([
            line.id.clone(),
            line.name.clone(),
            line.decision.clone(),
            line.grade.clone(),
            line.limit.map_or("–".to_owned(), |limit| format!("{limit:.2} {}", line.currency)),
            line.made_at.to_string(),
            line.client.clone().unwrap_or_default(),
        ]);
    }
    rows.to_string()
}
