use std::fmt::Write;

use super::{Definition, HistoryReport, Rival};
use crate::{
    domain::{NOTICE, Points},
    score::{Artefact, Input},
    train::Error,
};

/// Inputs whose move the card names, those that moved most.
const N_MOVED: usize = 20;
/// Good rows and bad ones below which no figure of the card would be more than chance.
const ENOUGH_TO_JUDGE: usize = 10;
/// The ends of the scale of the living.
const POINTS: (Points, Points) = (1, 1000);

/// What a person should know before trusting the model. `expert` names the scorecard it began as, `left_out` says which
/// rows were not used and why, with their numbers.
pub fn card(
    artefact: &Artefact,
    report: &HistoryReport,
    expert: &str,
    definition: &Definition,
    left_out: &[(String, usize)],
) -> String {
    let (from, to) = report.days;
    let what = match artefact.forest {
        Some(_) => "boosted trees, grown on one's own history".to_owned(),
        None => format!("{expert}, moved by one's own history"),
    };
    let mut text = format!(
        "# {name}: {what}\n\n{NOTICE}\n\n\
         Feature table: `{catalogue}`\n\n## What it learned from\n\n\
         {n} rows of {clients} clients, {bad} of them bad, as of days from {from} to {to}. A row holds what was known at the end of \
         its day and nothing later: each was computed twice, from the whole dossier and from the dossier as it stood, with \
         the same result.\n\n- **Bad**: {definition}; within {months} months.\n",
        name = artefact.name,
        catalogue = artefact.catalogue.as_deref().unwrap_or("none"),
        n = report.n,
        clients = report.clients,
        bad = report.bad,
        definition = definition.sentence(),
        months = definition.horizon_months(),
    );
    for (why, n) in left_out.iter().filter(|(_, n)| *n > 0) {
        writeln!(text, "- Left out, {n} rows: {why}.").ok();
    }
    for dropped in &report.dropped {
        writeln!(text, "- `{}`: {}.", dropped.column, dropped.why).ok();
    }
    text += &how_good(report);
    text += &match artefact.forest {
        Some(_) => how_asked(artefact),
        None => how_far(report, expert),
    };
    text + "\n## What not\n\nIt speaks of clients like those it learned from, and of this definition of bad alone. Rows of one \
            client overlap in time and were weighed down for it; the standard errors count clients, not rows.\n"
}

/// What can be said of its quality; of a handful of bad rows no figure means anything, and none is given.
fn how_good(report: &HistoryReport) -> String {
    if report.bad.min(report.n - report.bad) < ENOUGH_TO_JUDGE {
        return format!(
            "\n## How good\n\nNobody knows yet: {} bad rows of {} are too few to judge a model by (at least {ENOUGH_TO_JUDGE} of \
             either kind). Its points are the expert's, moved no further than these rows allow.\n",
            report.bad, report.n,
        );
    }
    let best =
        |auc: Option<f64>| auc.map_or_else(String::new, |auc| format!(", of the best ranking possible {auc:.4}"));
    let mut text = format!(
        "\n## How good\n\nOn clients it had not seen (five folds of clients): AUC {:.4} (standard error {:.4}; ± {:.4} between folds). \
         Over all rows at once {:.4}, of the expert scorecard {:.4}{}. KS {:.3}, Brier {:.4}, log-loss {:.4}, calibration slope \
         before settling {:.2}.\n",
        report.auc,
        report.auc_se,
        report.auc_sd,
        report.auc_pooled,
        report.auc_expert,
        best(report.auc_best),
        report.ks,
        report.brier,
        report.log_loss,
        report.calibration_slope,
    );
    if let Some(rival) = &report.rival {
        text += &chosen(report, rival);
    }
    if let Some(later) = &report.later {
        write!(
            text,
            "\nOn later days, {} to {} ({} rows, {} bad), which came after every outcome that trained it: AUC {:.4} (standard error \
             {:.4}), of the expert scorecard {:.4}{}; mean PD over the share that went bad {:.2}.\n",
            later.days.0,
            later.days.1,
            later.n,
            later.bad,
            later.auc,
            later.auc_se,
            later.auc_expert,
            best(later.auc_best),
            later.pd_over_bad,
        )
        .ok();
    }
    text += "\n| grade | rows on the last day | bad | mean PD | binomial test |\n|---|---|---|---|---|\n";
    for g in &report.grades {
        let pd = g.pd.map_or_else(|| "–".to_owned(), |pd| format!("{:.2} %", pd * 100.0));
        writeln!(text, "| {} | {} | {} | {pd} | {} |", g.grade, g.n, g.bad, g.light).ok();
    }
    text
}

fn how_far(report: &HistoryReport, expert: &str) -> String {
    let mut text = format!(
        "\n## How far the evidence moved it\n\nThe points of {expert} are the prior; where the rows say nothing they stand. \"Span\" is \
         the points between an input's best and worst bin; \"evidence\" is the share of what is known of it that comes from \
         the rows.\n\n| input | span of the expert | span now | evidence |\n|---|---|---|---|\n"
    );
    for m in report.moved.iter().take(N_MOVED) {
        writeln!(text, "| {} | {} | {} | {:.0} % |", m.feature, m.expert, m.now, m.evidence * 100.0).ok();
    }
    text
}

/// Why this kind of model and not the other.
fn chosen(report: &HistoryReport, rival: &Rival) -> String {
    match (rival.auc_pooled, rival.trees_ahead.zip(rival.se)) {
        (Some(auc), Some((ahead, se))) => format!(
            "\nBoth kinds were tried on the same rows: {} {:.4}, {} {auc:.4}; the trees are ahead by {ahead:.4} (standard error \
             {se:.4}), and are taken only above two standard errors.\n",
            report.algorithm, report.auc_pooled, rival.algorithm,
        ),
        _ => format!("\nA {} model was tried, too, and could not be made of these rows.\n", rival.algorithm),
    }
}

/// What the trees ask most, and what they may not do.
fn how_asked(artefact: &Artefact) -> String {
    let mut text = "\n## What the trees ask\n\nWhere an expert says which way the risk goes with a feature, no question goes the other way.\n".to_owned();
    crate::train::card::asked(&mut text, artefact);
    text
}

/// Inputs and the points they must give, `case,FEATURE…,points`: nothing known, everything at its best and worst, and each
/// input alone at both.
pub(super) fn golden(artefact: &Artefact) -> Result<Vec<u8>, Error> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let features = artefact.inputs.iter().map(|input| input.feature.as_str());
    csv.write_record(["case"].into_iter().chain(features).chain(["points"]))?;
    let ends = |pick: fn(Points, Points) -> bool| -> Vec<Option<f64>> {
        artefact.inputs.iter().map(|input| Some(inside(input, pick))).collect()
    };
    let (best, worst) = (ends(|a, b| a > b), ends(|a, b| a < b));
    let nothing = vec![None; artefact.inputs.len()];
    let mut write = |case: String, values: &[Option<f64>]| {
        let points: Points = artefact.inputs.iter().zip(values).map(|(input, value)| input.points(*value)).sum();
        let points = artefact.calibrated(artefact.base + points).clamp(POINTS.0, POINTS.1).to_string();
        let cells = values.iter().map(|value| value.map(|v| v.to_string()).unwrap_or_default());
        csv.write_record([case].into_iter().chain(cells).chain([points]))
    };
    write("nothing is known".to_owned(), &nothing)?;
    write("everything is as good as it gets".to_owned(), &best)?;
    write("everything is as bad as it gets".to_owned(), &worst)?;
    for (place, input) in artefact.inputs.iter().enumerate() {
        for (words, values) in [("best", &best), ("worst", &worst)] {
            let alone = |(at, value): (usize, &Option<f64>)| value.filter(|_| at == place);
            let values: Vec<Option<f64>> = values.iter().enumerate().map(alone).collect();
            write(format!("only {}, at its {words}", input.feature), &values)?;
        }
    }
    csv.into_inner().map_err(|e| Error::Table(e.to_string()))
}

/// A value of the bin whose points beat all others: its upper bound, or one above the last bound.
fn inside(input: &Input, beats: fn(Points, Points) -> bool) -> f64 {
    let better = |at: usize, than: usize| beats(input.bins[at].points, input.bins[than].points);
    let at = (1..input.bins.len()).fold(0, |most, at| if better(at, most) { at } else { most });
    let above_last = || input.bins.iter().rev().find_map(|bin| bin.upto).map_or(0.0, |bound| bound + 1.0);
    input.bins.get(at).and_then(|bin| bin.upto).unwrap_or_else(above_last)
}
