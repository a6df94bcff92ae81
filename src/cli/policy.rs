//! A policy of treatment before it is used: `policy check`, `policy dry-run`, `policy backtest`.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use clap::Subcommand;
use jiff::civil::Date;
use serde_json::json;

use super::{
    Ended, Opened, Usage,
    ask::{caller, desk},
    out::{Out, table, write},
    policy_report,
};
use crate::{
    config::Flags,
    desk::{self, BacktestView, DryRunView, EstimateView, PlayedView, backtest_span},
    domain::AsOf,
    extract::Catalogue,
    treat::{Policy, Problem},
};

#[derive(Debug, Subcommand)]
pub(super) enum Asked {
    /// Say what is wrong with a policy, by file, line and key
    Check {
        /// The policy
        file: PathBuf,
    },
    /// Who would move where under a policy, and what each person would have to do; records nothing
    DryRun {
        /// The policy
        file: PathBuf,
        /// With the clients of this portfolio only
        #[arg(long, value_name = "NAME")]
        portfolio: Option<String>,
        /// As of this day [default: today]
        #[arg(long, value_name = "DATE")]
        valid_at: Option<Date>,
        /// A report to read, HTML
        #[arg(long, value_name = "FILE.html")]
        html: Option<PathBuf>,
    },
    /// What a policy would have done with the ledger of the past, beside the one in force; records nothing
    Backtest {
        /// The policy
        file: PathBuf,
        /// With the clients of this portfolio only
        #[arg(long, value_name = "NAME")]
        portfolio: Option<String>,
        /// The first day [default: a year before the last one]
        #[arg(long, value_name = "DATE", requires = "to")]
        from: Option<Date>,
        /// The last day [default: the last day of the ledger, or today]
        #[arg(long, value_name = "DATE", requires = "from")]
        to: Option<Date>,
        /// A calendar year instead
        #[arg(long, value_name = "YEAR", conflicts_with = "from", value_parser = clap::value_parser!(i16).range(1900..=9998))]
        year: Option<i16>,
        /// A report to read, HTML
        #[arg(long, value_name = "FILE.html")]
        html: Option<PathBuf>,
    },
}

pub(super) async fn policy(flags: &Flags, asked: &Asked, out: &Out) -> anyhow::Result<Ended> {
    match asked {
        Asked::Check { file } => check(flags, file, out),
        Asked::DryRun { file, portfolio, valid_at, html } => {
            let draft = Arc::new(read(file)?);
            let whose = (&caller(), portfolio.as_deref());
            let view = desk(&Opened::new(flags).await?).dry_run(whose, draft, *valid_at).await?;
            if let Some(html) = html {
                write(Some(html), policy_report::dry_run(&view).as_bytes())?;
            }
            out.answer(&serde_json::to_value(&view)?, || dry_run_text(&view))?;
            Ok(Ended::Done)
        }
        Asked::Backtest { file, portfolio, from, to, year, html } => {
            let draft = Arc::new(read(file)?);
            let house = Opened::new(flags).await?;
            let span = match (from.zip(*to), year) {
                (Some(span), _) => span,
                (None, Some(year)) => (jiff::civil::date(*year, 1, 1), jiff::civil::date(*year, 12, 31)),
                (None, None) => {
                    let last = house.store.facts().ledger_span().await?.map(|(_, last)| last);
                    backtest_span(last, AsOf::at(house.clock.now()).valid_at)
                }
            };
            let whose = (&caller(), portfolio.as_deref());
            let view = desk(&house).backtest(whose, draft, span).await.map_err(in_words)?;
            if let Some(html) = html {
                write(Some(html), policy_report::backtest(&view).as_bytes())?;
            }
            out.answer(&serde_json::to_value(&view)?, || backtest_text(&view))?;
            Ok(Ended::Done)
        }
    }
}

/// A span that cannot be is a wrong usage.
fn in_words(error: desk::Error) -> anyhow::Error {
    match error {
        desk::Error::Invalid { pointer, why } => Usage(format!("--{} {why}", pointer.trim_start_matches('/'))).into(),
        other => other.into(),
    }
}

/// Everything that is wrong with a policy, the features that its signs name included.
fn problems(text: &str) -> Result<Policy, Vec<Problem>> {
    Policy::parse_knowing(text, |feature| Catalogue::get().place(feature).is_some()).map_err(|error| error.0)
}

/// A policy with every text in two languages has some thirty thousand bytes.
const MAX_POLICY_BYTES: u64 = 1 << 20;

fn content(file: &Path) -> anyhow::Result<String> {
    let said = |why: &dyn std::fmt::Display| Usage(format!("{}: {why}", file.display()));
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(|e| said(&e))?;
    opened.take(MAX_POLICY_BYTES + 1).read_to_string(&mut text).map_err(|e| said(&e))?;
    if text.len() as u64 > MAX_POLICY_BYTES {
        return Err(said(&format!("has more than {MAX_POLICY_BYTES} bytes: it is no policy")).into());
    }
    Ok(text)
}

fn read(file: &Path) -> anyhow::Result<Policy> {
    let found = problems(&content(file)?);
    found.map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|problem| format!("{}: {problem}", file.display())).collect();
        Usage(lines.join("\n")).into()
    })
}

/// What is no fault of a policy by itself: another one of its version is in force, and decisions name the version alone.
fn warning(flags: &Flags, policy: &Policy) -> Option<String> {
    let in_force = crate::config::load(flags).ok()?.policy;
    (in_force.version() == policy.version() && *in_force != *policy).then(|| {
        format!(
            "says otherwise than the policy in force, which is version {} too: give it a version of its own, or nobody can tell \
             which of them decided",
            policy.version()
        )
    })
}

fn check(flags: &Flags, file: &Path, out: &Out) -> anyhow::Result<Ended> {
    let shown = file.display().to_string();
    match problems(&content(file)?) {
        Ok(policy) => {
            let warning = warning(flags, &policy);
            let phases: Vec<&str> = policy.phases().iter().map(|phase| phase.as_str()).collect();
            let json = json!({
                "ok": true, "file": shown, "version": policy.version(), "phases": phases, "owners": policy.owners(),
                "problems": [], "warnings": warning.as_slice(),
            });
            if let Some(warning) = &warning {
                out.hint(&format!("{shown}: {warning}"));
            }
            out.answer(&json, || format!("{shown}: version {} can be used: {}", policy.version(), phases.join(" → ")))?;
            Ok(Ended::Done)
        }
        Err(problems) => {
            let listed: Vec<_> =
                problems.iter().map(|p| json!({"file": shown, "line": p.line, "key": p.key, "why": p.why})).collect();
            let lines: Vec<String> = problems.iter().map(|problem| format!("{shown}: {problem}")).collect();
            out.answer(&json!({"ok": false, "file": shown, "problems": listed}), || lines.join("\n"))
                .context("policy check")?;
            // What is wrong was said where it was asked for; the exit says that it was.
            Err(Usage(format!("{shown}: {}", counted(problems.len(), "problem"))).into())
        }
    }
}

/// `, portfolio north`, and nothing where it is about everybody.
pub(super) fn in_portfolio(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(", portfolio {name}"))
}

fn dry_run_text(view: &DryRunView) -> String {
    let mut text = format!(
        "{} → {} as of {}{}: {} of {} open positions would be treated otherwise\n\n",
        view.present,
        view.draft,
        view.valid_at,
        in_portfolio(view.portfolio.as_deref()),
        view.moved,
        view.positions
    );
    let overdue = format!("overdue, {}", view.currency);
    let mut rows = table(&["from", "to", "positions", &overdue]);
    for cell in &view.transitions {
        rows.add_row([&cell.from, &cell.to, &cell.positions.to_string(), &format!("{:.2}", cell.overdue)]);
    }
    text += &format!("{rows}\n\n");
    let mut rows = table(&["who", "tasks now", "tasks then", "a day now", "a day then", "busiest day"]);
    for load in &view.owners {
        rows.add_row([
            load.owner.clone(),
            load.present.to_string(),
            load.draft.to_string(),
            format!("{:.1}", load.present_per_day),
            format!("{:.1}", load.draft_per_day),
            load.draft_busiest_day.to_string(),
        ]);
    }
    text += &format!("{rows}\n\n");
    let mut rows = table(&["client", "from", "to", "overdue"]);
    for line in &view.moves {
        rows.add_row([&line.client, &line.from, &line.to, &format!("{:.2} {}", line.overdue, line.currency)]);
    }
    text + &rows.to_string() + "\n" + &view.notice
}

/// What of the ledger is not played, because it is disputed; on a line of its own.
fn left_out(view: &BacktestView) -> String {
    match view.disputed_invoices {
        0 => String::new(),
        n => format!(
            "left out as disputed: {} of {:.2} {}\n",
            counted(n, "invoice"),
            view.disputed_amount,
            view.currency
        ),
    }
}

/// `1 problem`, `2 problems`.
pub(super) fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn backtest_text(view: &BacktestView) -> String {
    let mut text = format!(
        "{} to {}{}: {} clients, {} late invoices, {:.2} {} late on an average day\n{}\n",
        view.from,
        view.to,
        in_portfolio(view.portfolio.as_deref()),
        view.clients,
        view.late_invoices,
        view.late_on_average,
        view.currency,
        left_out(view)
    );
    if view.late_invoices == 0 {
        text += "nothing was late in these days: there is nothing to test a policy on\n";
    }
    let (draft, present) = (format!("draft {}", view.draft.policy), format!("present {}", view.present.policy));
    let mut rows = table(&["", &draft, &present]);
    for &(what, digits, unit, figure) in FIGURES {
        let shown = |played: &PlayedView| {
            let EstimateView { value, low, high } = figure(played);
            format!("{value:.digits$} ({low:.digits$} to {high:.digits$})")
        };
        let unit = if unit == "money" { &view.currency } else { unit };
        rows.add_row([format!("{what}, {unit}"), shown(&view.draft), shown(&view.present)]);
    }
    text += &format!("{rows}\n{ANNOYED}\n\n");
    let mut rows = table(&["who", "actions", "a day", "busiest day"]);
    for (owner, (n, a_day, busiest)) in &view.draft.by_owner {
        rows.add_row([owner.clone(), n.to_string(), format!("{a_day:.2}"), busiest.to_string()]);
    }
    text + &rows.to_string() + "\n\n" + &view.assumption + "\n" + &view.notice
}

/// What it is to be annoyed.
const ANNOYED: &str =
    "annoyed: by an action when the money was on its way, or by a notice and beyond while it was buying";

/// A figure of a back-test: what it is, with how many decimals it is shown, its unit (`money`: the currency of the ledgers), and
/// where it stands.
pub(super) type Figure = (&'static str, usize, &'static str, fn(&PlayedView) -> EstimateView);

/// The figures of a back-test, in the order in which they are shown.
pub(super) const FIGURES: &[Figure] = &[
    ("actions", 0, "actions", |p| p.actions),
    ("needless actions", 0, "actions", |p| p.needless),
    ("clients annoyed", 0, "clients", |p| p.clients_annoyed),
    ("cost of the actions", 2, "money", |p| p.cost),
    ("days gained (assumed)", 2, "days an invoice", |p| p.days_gained),
    ("cash earlier (assumed)", 2, "money", |p| p.cash_earlier),
    ("interest saved (assumed)", 2, "money", |p| p.interest),
];
