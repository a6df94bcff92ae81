//! `demo`: the whole job on made-up data, shown.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    Ended, args,
    bring::night_json,
    gather::reports_text,
    house::Signals,
    out::{Out, table},
};
use crate::{
    app::demo::{Demo, DemoPlan, DemoReport},
    collect::SourceReport,
    config::Flags,
};

pub(super) async fn demo(flags: &Flags, asked: &args::Demo, out: &Out) -> anyhow::Result<Ended> {
    let plan = DemoPlan {
        n_clients: asked.clients as usize,
        seed: asked.seed,
        data: flags.data.clone(),
        flags: Flags { bind: Some(asked.bind.clone()), ..flags.clone() },
    };
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    let out = *out;
    let say = move |text: &str| out.hint(text);
    let demo = tokio::select! {
        opened = Demo::open(&plan, &say) => opened?,
        _ = signals.next() => {
            out.hint("vedetta: interrupted before the first night");
            forget(&plan);
            return Ok(Ended::Interrupted);
        }
    };
    let json = demo_json(&demo);
    out.answer(&json, || demo_text(&demo))?;
    if asked.once {
        forget(&plan);
        return Ok(Ended::Done);
    }
    out.hint(&format!(
        "\nOpen {address} in a browser and sign in with the key {key}.\nThe API is there too (docs at {address}/docs). Try:\n  curl -H 'Authorization: Bearer {key}' {address}/v1/clients/{client}/rating\nA day passes every {seconds} s. Ctrl-C ends it; the data is in {folder}.",
        address = demo.address,
        key = demo.key,
        client = demo.report.drops.first().map_or("C-0001", |d| d.client.as_str()),
        seconds = asked.day_every,
        folder = demo.folder.display(),
    ));
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let ended = async move {
        signals.next().await;
        stop.cancel();
    };
    let (gone_on, ()) = tokio::join!(demo.go_on(Duration::from_secs(asked.day_every.max(1)), shutdown, &say), ended);
    gone_on?;
    Ok(Ended::Done)
}

/// Removes a folder that nobody asked for, so nobody will look for it.
fn forget(plan: &DemoPlan) {
    if plan.data.is_none() {
        std::fs::remove_dir_all(plan.folder()).ok();
    }
}

fn demo_json(demo: &Demo) -> serde_json::Value {
    let r = &demo.report;
    json!({
        "clients": r.n_clients,
        "rated": r.n_rated,
        "grades": r.grades.iter().map(|(g, n)| (g.clone(), json!(n))).collect::<serde_json::Map<_, _>>(),
        "sources": r.sources.iter().map(SourceReport::to_json).collect::<Vec<_>>(),
        "night": night_json(&r.night, &[], r.night_seconds),
        "changes": r.n_changes,
        "alerts_delivered": r.n_alerts,
        "auc": r.auc,
        "auc_best": r.auc_best,
        "drops": r.drops.iter().map(|d| json!({
            "client": d.client, "name": d.name, "from": d.from, "to": d.to, "why": d.why,
        })).collect::<Vec<_>>(),
        "prospects": demo.prospects.iter().map(|p| json!({
            "kind": p.kind, "name": p.name, "country": p.country, "tax_id": p.tax_id, "registry_id": p.registry_id,
            "city": p.city, "sector": p.sector,
        })).collect::<Vec<_>>(),
        "address": demo.address,
        "key": demo.key,
        "data": demo.folder,
    })
}

fn demo_text(demo: &Demo) -> String {
    let r = &demo.report;
    let DemoReport { n_clients, n_rated, n_changes, n_alerts, .. } = r;
    let mut grades = table(&["grade", "clients", ""]);
    let most = r.grades.iter().map(|(_, n)| *n).max().unwrap_or(1).max(1);
    for (grade, n) in &r.grades {
        grades.add_row([grade.clone(), n.to_string(), "▇".repeat(n * 40 / most)]);
    }
    let mut drops = table(&["client", "name", "from", "to", "because"]);
    for d in &r.drops {
        drops.add_row([&d.client, &d.name, &d.from, &d.to, &d.why]);
    }
    let mut prospects = table(&["name", "country", "number", "town", "truly"]);
    for p in &demo.prospects {
        let number = if p.tax_id.is_empty() { &p.registry_id } else { &p.tax_id };
        prospects.add_row([&p.name, &p.country, number, &p.city, p.kind]);
    }
    let auc = |a: Option<f64>| a.map_or_else(|| "–".to_owned(), |a| format!("{a:.3}"));
    format!(
        "{n_clients} clients, {n_rated} rated; {n_changes} changes, {n_alerts} alerts delivered and verified\n\n{grades}\n\n{}\n\nWorst drops\n{drops}\n\nWho asks for credit (try POST /v1/assessments)\n{prospects}\n\nForesight of the defaults of the next 12 months (area under the ROC curve)\n  these ratings {}   the best ranking possible from what could be seen {}\n\n{}",
        reports_text(&r.sources),
        auc(r.auc),
        auc(r.auc_best),
        crate::domain::NOTICE,
    )
}
