//! What asks and changes nothing: `rating`, `explain`.

use std::sync::Arc;

use anyhow::Context;

use super::{
    Ended, Opened,
    args::Asked,
    out::{Out, table},
};
use crate::{
    app,
    desk::{Caller, Desk, Explanation, Moment, RatingView, Reach, ReasonView, Wanted},
    domain::{Client, ClientId},
    store::ClientFilter,
};

/// How many rows are read at a time when everything is written out.
pub(super) const PAGE: usize = 1000;

/// Who the command line is, for the audit log: it sits on the same machine as the data and sees everything.
pub(super) fn caller() -> Caller {
    Caller { name: "cli".to_owned(), reach: Reach::Everything }
}

/// The desk, for a command that orders no night.
pub(super) fn desk(house: &Opened) -> Desk {
    let desk = app::desk(&house.store, &house.clock, &house.rescorer, false).0;
    Desk { creditors: Arc::clone(&house.creditors), ..desk }
}

pub(super) async fn rating(house: &Opened, asked: &Asked, out: &Out) -> anyhow::Result<Ended> {
    let caller = caller();
    let wanted = Wanted { caller: &caller, code: &asked.client, portfolio: asked.portfolio.as_deref() };
    let moment = Moment { valid_at: asked.valid_at, known_at: asked.known_at };
    let view = desk(house).rating(&wanted, moment).await.with_context(|| format!("client {:?}", asked.client))?;
    out.answer(&serde_json::to_value(&view)?, || rating_text(&view))?;
    Ok(Ended::Done)
}

fn rating_text(view: &RatingView) -> String {
    let pd = view.pd.map_or_else(|| "–".to_owned(), |pd| format!("{:.2} %", pd * 100.0));
    let points = view.points.map_or_else(|| "–".to_owned(), |p| p.to_string());
    let mut text = format!(
        "{} {}{}: {}   PD {pd}   {points} points   coverage {:.0} %\nas of {}, known {}\n",
        view.client,
        view.name,
        merged_text(view.merged_into.as_deref()),
        view.grade,
        view.coverage * 100.0,
        view.valid_at,
        view.known_at
    );
    text += &reasons_text(&view.reasons);
    text + "\n" + &view.notice
}

/// Whose rating it is, when it is not the client's own.
fn merged_text(merged_into: Option<&str>) -> String {
    merged_into.map_or_else(String::new, |survivor| format!(" (merged into {survivor})"))
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
    let view = desk(house).explanation(&wanted, None, None).await.with_context(|| format!("client {client:?}"))?;
    out.answer(&serde_json::to_value(&view)?, || explanation_text(&view))?;
    Ok(Ended::Done)
}

fn explanation_text(view: &Explanation) -> String {
    let Some(to) = &view.to else { return format!("{} {}: nothing has been rated yet", view.client, view.name) };
    let merged = merged_text(view.merged_into.as_deref());
    let mut text = format!("{} {}{merged}: {}\n{}\n", view.client, view.name, to.grade, reasons_text(&view.level));
    if let Some(why) = &view.not_determined {
        text += &format!("{}\n", why.text);
    }
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

/// Calls `each` for every client, in key order; without those that are merged into another if only the rated are wanted.
pub(super) async fn every_client(house: &Opened, only_rated: bool, mut each: impl FnMut(Client)) -> anyhow::Result<()> {
    let portfolios = house.store.facts().portfolios().await?.into_iter().map(|(id, _)| id).collect();
    let filter = ClientFilter { portfolios, only_rated, ..ClientFilter::default() };
    let mut after: Option<ClientId> = None;
    loop {
        let page = house.store.facts().clients(&filter, after, PAGE).await?;
        let Some(last) = page.last().map(|c| c.id) else { return Ok(()) };
        after = Some(last);
        page.into_iter().for_each(&mut each);
    }
}
