//! What a client's page says beside the rating: facts, the ledger, what to do, and how much credit.

use jiff::civil::Date;

use super::deeds::{Charge, Group};
use crate::{
    desk::{ActionView, EvidenceView, LedgerLineView, LedgerPage, LimitView, SignalView, TreatmentView},
    serve::pages::{codes::capital, frame::part, look::Tongue},
};

/// The width of the drawing of the ageing, in its own units.
const WIDTH: f64 = 1000.0;

/// Something that a source said.
pub(super) struct FactRow {
    /// Its name.
    pub(super) signal: String,
    /// Whether it may be about somebody else: what is said of a whole market is about nobody.
    pub(super) may_be_another: bool,
    pub(super) text: String,
    pub(super) day: String,
    pub(super) source: String,
    pub(super) is_official: bool,
    pub(super) certainty: Option<String>,
    /// Where it can be read; only an address of the web, never a script.
    pub(super) url: Option<String>,
    /// Where the bytes that were read can be seen.
    pub(super) evidence: Option<String>,
    pub(super) seen: String,
    /// Whether it says something about risk; the rest is what every check leaves behind.
    pub(super) is_telling: bool,
}

/// Whether a fact says something about risk. That a company is active, or has filed in time, is what every check finds.
fn is_telling(signal: &SignalView) -> bool {
    let word = |name: &str| signal.fields.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    match signal.kind.as_str() {
        "protest" | "prejudicial_act" | "news" => true,
        "company_status" => !matches!(word("status"), "active" | "unknown" | "could_not_check"),
        "filing" => signal.fields.get("overdue").and_then(serde_json::Value::as_bool) == Some(true),
        "vat_check" => word("answer") == "invalid",
        _ => false,
    }
}

/// An address that may stand behind a link: sources are written by others, and may say `javascript:`.
pub(in crate::serve::pages) fn web_address(url: &str) -> Option<String> {
    let lower = url.trim().to_ascii_lowercase();
    (lower.starts_with("https://") || lower.starts_with("http://")).then(|| url.trim().to_owned())
}

impl FactRow {
    pub(super) fn of(signal: &SignalView, client: &str, t: Tongue) -> Self {
        let (seen, evidence) = match &signal.evidence {
            EvidenceView::Read { seen_at, sha256, .. } => {
                (t.instant(*seen_at), Some(format!("/clients/{}/evidence/{sha256}", part(client))))
            }
            EvidenceView::Withdrawn { .. } => (String::new(), None),
        };
        Self {
            signal: signal.signal.clone(),
            may_be_another: signal.kind != "indicator",
            text: t.fact(signal),
            day: t.day(signal.valid_at),
            source: signal.source.clone(),
            is_official: signal.official,
            certainty: (signal.certainty < 0.995).then(|| t.percent_whole(signal.certainty)),
            url: signal.url.as_deref().and_then(web_address),
            evidence,
            seen,
            is_telling: is_telling(signal),
        }
    }
}

/// What is open of one age.
pub(super) struct Age {
    pub(super) label: String,
    pub(super) amount: String,
    pub(super) invoices: String,
    pub(super) width: String,
    pub(super) class: &'static str,
}

/// A line of the ledger.
pub(super) struct Invoice {
    pub(super) number: String,
    pub(super) due: String,
    pub(super) amount: String,
    pub(super) open: String,
    pub(super) state: String,
    pub(super) late: String,
    pub(super) is_late: bool,
}

impl Invoice {
    pub(super) fn of(line: &LedgerLineView, t: Tongue) -> Self {
        Self {
            number: line.invoice.clone(),
            due: t.day(line.due_on),
            amount: t.decimal(&line.amount, &line.currency),
            open: t.decimal(&line.open, &line.currency),
            state: t.ledger(&line.state),
            late: if line.days_late > 0 { t.whole(line.days_late.into()) } else { String::new() },
            is_late: line.state == "overdue",
        }
    }
}

/// What is owed.
pub(super) struct Debt {
    pub(super) open: String,
    pub(super) overdue: String,
    pub(super) is_overdue: bool,
    pub(super) disputed: Option<String>,
    pub(super) index: String,
    pub(super) ages: Vec<Age>,
    pub(super) invoices: Vec<Invoice>,
    /// What lateness comes to, and what was decided of it.
    pub(super) charges: Vec<Charge>,
}

fn age_label(from: Option<i32>, to: Option<i32>, t: Tongue) -> String {
    match (from, to) {
        (None, _) => t.pick("da scadere", "not yet due").to_owned(),
        (Some(from), Some(to)) => format!("{from}–{to} {}", t.pick("giorni", "days")),
        (Some(from), None) => t.pick(format!("da {from} giorni"), format!("{from} days and more")),
    }
}

impl Debt {
    pub(super) fn of(lines: &[LedgerLineView], sums: &LedgerPage, t: Tongue) -> Self {
        let first = sums.totals.first();
        let number = |text: &str| text.parse::<f64>().unwrap_or_default();
        let most = first.map_or(0.0, |total| total.ageing.iter().map(|a| number(&a.amount)).fold(0.0, f64::max));
        let all = |pick: fn(&crate::desk::LedgerTotals) -> &String| {
            let each = sums.totals.iter().map(|total| t.decimal(pick(total), &total.currency)).collect::<Vec<_>>();
            if each.is_empty() { "–".to_owned() } else { each.join(" + ") }
        };
        let age = |age: &crate::desk::AgeingView, currency: &str| Age {
            label: age_label(age.from_days, age.to_days, t),
            amount: t.decimal(&age.amount, currency),
            invoices: t.whole(age.invoices.into()),
            width: format!("{:.1}", if most > 0.0 { number(&age.amount) / most * WIDTH } else { 0.0 }),
            class: if age.from_days.is_some() { "worse" } else { "start" },
        };
        Self {
            open: all(|total| &total.open),
            overdue: all(|total| &total.overdue),
            is_overdue: sums.totals.iter().any(|total| number(&total.overdue) > 0.0),
            disputed: sums
                .totals
                .iter()
                .any(|total| number(&total.disputed) > 0.0)
                .then(|| all(|total| &total.disputed)),
            index: sums.payment_index.map_or_else(|| "–".to_owned(), |index| format!("{index:.0}")),
            ages: first.map(|total| total.ageing.iter().map(|a| age(a, &total.currency)).collect()).unwrap_or_default(),
            invoices: lines.iter().map(|line| Invoice::of(line, t)).collect(),
            charges: Charge::all(lines, t),
        }
    }
}

/// What is to be done.
pub(super) struct Order {
    pub(super) action: String,
    pub(super) how: String,
    pub(super) due: Option<String>,
    pub(super) late: Option<String>,
    pub(super) phase: String,
    pub(super) owner: String,
    pub(super) why: String,
    pub(super) why_not_more: String,
    pub(super) next: Option<String>,
    pub(super) text: Option<String>,
    pub(super) text_language: String,
    pub(super) clocks: Vec<(String, String)>,
}

fn clock_label(kind: &str, t: Tongue) -> String {
    let said = match kind {
        "limitation" => t.pick("Prescrizione del credito più vecchio", "The oldest claim is lost by limitation"),
        "interest_since" => t.pick("Interessi di mora dal", "Default interest since"),
        "claim_by" => t.pick("Insinuazione entro il", "File the claim by"),
        "protected_since" => t.pick("Azioni esecutive sospese dal", "Enforcement barred since"),
        other => other,
    };
    said.to_owned()
}

impl Order {
    pub(super) fn of(treated: &TreatmentView, t: Tongue) -> Self {
        let line = &treated.line;
        // The words go to the client: in the client's language, whatever the reader's is.
        let text = if line.language == "it" { &line.text_it } else { &line.text };
        Self {
            action: capital(&t.action(&line.action)),
            how: t.channel(&line.channel),
            due: line.due_on.map(|on| t.day(on)),
            late: line.late_since.map(|on| t.day(on)),
            phase: t.phase(&line.phase),
            owner: t.owner(&line.owner),
            why: t.with_days(t.pick(&line.why_it, &line.why)),
            why_not_more: t.with_days(t.pick(&line.why_not_more_it, &line.why_not_more)),
            next: line.next.as_ref().map(|next| format!("{}, {}", t.phase(&next.phase), t.day(next.on))),
            text: text.as_deref().map(|text| t.with_days(text)),
            text_language: line.language.clone(),
            clocks: treated.legal_clocks.iter().map(|c| (clock_label(&c.kind, t), t.day(c.on))).collect(),
        }
    }
}

/// Something that was done or heard.
pub(super) struct ActionRow {
    pub(super) id: String,
    pub(super) day: String,
    pub(super) what: String,
    pub(super) about: String,
    /// Of a plan: each day on which something is to come, and how much.
    pub(super) parts: Vec<(String, String)>,
    pub(super) note: Option<String>,
    pub(super) author: String,
}

impl ActionRow {
    /// `currency`: of the ledger, which is the one of every plan.
    pub(super) fn of(action: &ActionView, currency: &str, t: Tongue) -> Self {
        let until = |on: Date| format!("{} {}", t.pick("entro il", "by"), t.day(on));
        let about = [
            action.result.as_deref().map(|result| t.result(result)),
            action.amount.as_ref().map(|a| t.decimal(a, action.currency.as_deref().unwrap_or("EUR"))),
            action.due_on.map(until),
            action.invoice.clone(),
            (!action.instalments.is_empty())
                .then(|| format!("{} {}", action.instalments.len(), t.pick("rate", "instalments"))),
        ];
        Self {
            id: action.id.clone(),
            day: t.day(action.on),
            what: capital(&t.outcome(&action.kind)),
            about: about.into_iter().flatten().collect::<Vec<_>>().join(", "),
            parts: action
                .instalments
                .iter()
                .map(|part| (t.day(part.due_on), t.decimal(&part.amount, currency)))
                .collect(),
            note: action.note.clone(),
            author: action.author.clone(),
        }
    }
}

/// How much credit.
pub(super) struct Granted {
    pub(super) in_force: String,
    pub(super) exposure: String,
    pub(super) available: String,
    pub(super) is_over: bool,
    pub(super) suggested: Option<[String; 3]>,
    pub(super) by_file: Option<String>,
    pub(super) temporary: Option<(String, String)>,
    pub(super) group: Option<Group>,
}

impl Granted {
    pub(super) fn of(limit: &LimitView, t: Tongue) -> Self {
        let about = |amount: f64| t.about(amount, &limit.currency);
        let temporary = limit.temporary.as_ref().map(|grant| {
            let until = grant.expires_at.map(|at| format!(" {} {}", t.pick("fino al", "until"), t.last_day(at)));
            let by = t.pick("concesso da", "granted by");
            let text = format!("{} {by} {}{}", about(grant.amount), grant.author, until.unwrap_or_default());
            (text, grant.reason.clone())
        });
        Self {
            in_force: limit.in_force.map_or_else(|| "–".to_owned(), about),
            exposure: about(limit.exposure),
            available: limit.available.map_or_else(|| "–".to_owned(), about),
            is_over: limit.available.is_some_and(|available| available < 0.0),
            suggested: limit.suggested.map(|s| [s.prudent, s.balanced, s.bold].map(about)),
            by_file: limit.granted.map(about),
            temporary,
            group: Group::of(limit, t),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::web_address;

    #[test]
    fn only_an_address_of_the_web_becomes_a_link() {
        assert_eq!(web_address("https://example.org/x"), Some("https://example.org/x".to_owned()));
        for evil in ["javascript:alert(1)", "data:text/html,x", "//evil.example", "JaVaScRiPt:alert(1)", ""] {
            assert_eq!(web_address(evil), None, "{evil}");
        }
    }
}
