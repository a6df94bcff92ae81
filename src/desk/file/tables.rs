//! The facts of a file as tables.

use super::{
    bundle::Piece,
    compose::Teller,
    documents::Absent,
    gather::Gathered,
    sheets::{Cell, Sheet, workbook},
};
use crate::{
    desk::{Result, client::decimal, fields_of, six_decimals, three_decimals},
    domain::{Client, IdentifierKind, Outcome, say_line},
};

/// Every table of a file, as CSV; the ledger's also as one workbook.
pub(super) fn pieces(teller: &Teller<'_>) -> Result<Vec<Piece>> {
    let gathered = teller.gathered;
    let ledger = [invoices(gathered), payments(gathered), charges(gathered)];
    let others = [
        actions(gathered),
        ratings(gathered),
        reasons(teller),
        identity(gathered),
        signals(gathered),
        evidence(gathered),
    ];
    let mut pieces = Vec::with_capacity(ledger.len() + others.len() + 1);
    for sheet in &ledger {
        pieces.push(Piece::new(format!("ledger/{}.csv", sheet.name), sheet.csv()?));
    }
    let book = workbook(&ledger.each_ref(), gathered.as_of.valid_at)?;
    pieces.push(Piece::new("ledger/ledger.xlsx", book));
    for sheet in &others {
        let folder = if sheet.name == "evidence" { "evidence/index" } else { sheet.name };
        pieces.push(Piece::new(format!("{folder}.csv"), sheet.csv()?));
    }
    Ok(pieces)
}

fn invoices(gathered: &Gathered) -> Sheet {
    let of = |line: &crate::desk::LedgerLineView| {
        let (dispute, promise) = (line.dispute.as_ref(), line.promise.as_ref());
        let (plan, given_up) = (line.plan.as_ref(), line.written_off.as_ref());
        vec![
            line.client.clone().unwrap_or_else(|| gathered.client.code.to_string()).into(),
            line.invoice.clone().into(),
            line.kind.clone().into(),
            line.issued_on.into(),
            line.due_on.into(),
            Cell::number(&line.amount),
            line.currency.clone().into(),
            line.paid_on.into(),
            Cell::number(&line.paid_amount),
            Cell::number(&line.open),
            line.state.clone().into(),
            Cell::number(line.days_late),
            line.credit_type.clone().into(),
            line.disputed.into(),
            dispute.map(|dispute| dispute.since).into(),
            dispute.and_then(|dispute| dispute.amount.clone()).map(Cell::Number).into(),
            dispute.and_then(|dispute| dispute.closed_on).into(),
            dispute.and_then(|dispute| dispute.outcome.clone()).into(),
            promise.map(|promise| promise.due_on).into(),
            promise.and_then(|promise| promise.amount.clone()).map(Cell::Number).into(),
            promise.map(|promise| promise.state.clone()).into(),
            plan.map(|plan| plan.name.clone()).into(),
            plan.and_then(|plan| plan.due_on).into(),
            given_up.map(|given_up| given_up.on).into(),
            given_up.and_then(|given_up| given_up.amount.clone()).map(Cell::Number).into(),
            line.reference.clone().into(),
            line.refers_to.clone().into(),
            line.known_at.to_string().into(),
        ]
    };
    Sheet { name: "invoices", columns: INVOICES, rows: gathered.lines.iter().map(of).collect() }
}

const INVOICES: &[&str] = &[
    "client",
    "invoice",
    "kind",
    "issued_on",
    "due_on",
    "amount",
    "currency",
    "paid_on",
    "paid_amount",
    "open",
    "state",
    "days_late",
    "credit_type",
    "disputed",
    "disputed_on",
    "disputed_amount",
    "dispute_closed_on",
    "dispute_outcome",
    "promise_due_on",
    "promised_amount",
    "promise_state",
    "plan",
    "plan_due_on",
    "written_off_on",
    "written_off_amount",
    "reference",
    "refers_to",
    "known_at",
];

fn payments(gathered: &Gathered) -> Sheet {
    let of = |line: &crate::desk::LedgerLineView| {
        let row = |paid: &crate::desk::PaidView| {
            vec![
                line.invoice.clone().into(),
                paid.paid_on.into(),
                Cell::number(&paid.amount),
                line.currency.clone().into(),
                paid.told_by.clone().into(),
            ]
        };
        line.payments.iter().map(row).collect::<Vec<_>>()
    };
    let columns = &["invoice", "paid_on", "amount", "currency", "told_by"];
    Sheet { name: "payments", columns, rows: gathered.lines.iter().flat_map(of).collect() }
}

fn charges(gathered: &Gathered) -> Sheet {
    let of = |line: &crate::desk::LedgerLineView| {
        let row = |charge: &crate::desk::InterestView| {
            vec![
                line.invoice.clone().into(),
                charge.what.clone().into(),
                Cell::number(&charge.amount),
                charge.currency.clone().into(),
                charge.state.clone().into(),
                charge.until.into(),
            ]
        };
        line.interest.iter().map(row).collect::<Vec<_>>()
    };
    let columns = &["invoice", "what", "amount", "currency", "state", "until"];
    Sheet { name: "charges", columns, rows: gathered.lines.iter().flat_map(of).collect() }
}

fn actions(gathered: &Gathered) -> Sheet {
    let of = |outcome: &Outcome| {
        let instalments: Vec<String> =
            outcome.instalments.iter().map(|(on, amount)| format!("{on} {}", decimal(*amount))).collect();
        vec![
            outcome.id.to_string().into(),
            outcome.on.into(),
            outcome.kind.to_string().into(),
            outcome.result.map(|result| result.to_string()).into(),
            outcome.author.clone().into(),
            outcome.known_at.to_string().into(),
            outcome.amount.map(|amount| Cell::Number(decimal(amount))).into(),
            outcome.amount.map(|amount| amount.currency().to_string()).into(),
            outcome.due_on.into(),
            outcome.invoice.clone().into(),
            outcome.accepted.into(),
            Some(instalments.join("; ")).filter(|text| !text.is_empty()).into(),
            outcome.note.clone().into(),
        ]
    };
    let columns = &[
        "id",
        "on",
        "kind",
        "result",
        "author",
        "known_at",
        "amount",
        "currency",
        "due_on",
        "invoice",
        "accepted",
        "instalments",
        "note",
    ];
    Sheet { name: "actions", columns, rows: gathered.outcomes.iter().map(of).collect() }
}

fn ratings(gathered: &Gathered) -> Sheet {
    let rows = gathered.steps.iter().map(|step| {
        let rating = &step.rating;
        let decision = step.override_.as_ref();
        vec![
            Cell::number(step.client_seq),
            rating.as_of.valid_at.into(),
            rating.as_of.known_at.to_string().into(),
            step.change.from.map(|grade| grade.to_string()).into(),
            rating.grade.to_string().into(),
            rating.pd.map(|pd| Cell::number(six_decimals(pd.get()))).into(),
            rating.points.map(Cell::number).into(),
            Cell::number(three_decimals(rating.coverage)),
            step.cause.to_string().into(),
            rating.model.to_string().into(),
            decision.map(|decision| decision.author.clone()).into(),
            decision.map(|decision| decision.reason.clone()).into(),
        ]
    });
    let columns = &[
        "client_seq",
        "valid_at",
        "known_at",
        "from",
        "grade",
        "pd",
        "points",
        "coverage",
        "cause",
        "model",
        "override_by",
        "override_reason",
    ];
    Sheet { name: "ratings", columns, rows: rows.collect() }
}

fn reasons(teller: &Teller<'_>) -> Sheet {
    let of = |step: &crate::store::RecordedRating| {
        let row = |line: &crate::domain::ReasonLine| {
            vec![
                Cell::number(step.client_seq),
                line.feature.clone().into(),
                line.value.map(|value| Cell::number(six_decimals(value))).into(),
                Cell::number(line.points),
                say_line(teller.glossary, line, teller.language.is_italian()).into(),
            ]
        };
        let is_shown = step.rating.points.is_some();
        step.rating.lines.iter().filter(|_| is_shown).map(row).collect::<Vec<_>>()
    };
    let columns = &["client_seq", "feature", "value", "points", "text"];
    Sheet { name: "reasons", columns, rows: teller.gathered.steps.iter().flat_map(of).collect() }
}

fn identity(gathered: &Gathered) -> Sheet {
    let of = |client: &Client| {
        let who = &client.facts.who;
        let number = |kind: IdentifierKind| who.identifiers.iter().find(|i| i.kind() == kind).map(ToString::to_string);
        vec![
            client.code.to_string().into(),
            who.name.clone().into(),
            who.country.map(|country| country.to_string()).into(),
            number(IdentifierKind::Tax).into(),
            number(IdentifierKind::Registry).into(),
            number(IdentifierKind::Lei).into(),
            who.sector.map(|sector| sector.to_string()).into(),
            who.city.clone().into(),
            who.address.clone().into(),
            client.facts.email.clone().into(),
            client.facts.phone.clone().into(),
            client.facts.since.into(),
            client.facts.active.into(),
            client.known_at.to_string().into(),
        ]
    };
    let columns = &[
        "client",
        "name",
        "country",
        "tax_id",
        "registry_id",
        "lei",
        "sector",
        "city",
        "address",
        "email",
        "phone",
        "since",
        "active",
        "known_at",
    ];
    let clients = std::iter::once(&gathered.client).chain(&gathered.merged);
    Sheet { name: "identity", columns, rows: clients.map(of).collect() }
}

fn signals(gathered: &Gathered) -> Sheet {
    let rows = gathered.signals.iter().map(|link| {
        let signal = &link.signal;
        vec![
            signal.id.to_string().into(),
            signal.source.to_string().into(),
            signal.fact.kind().into(),
            signal.valid_at.into(),
            signal.known_at.to_string().into(),
            signal.is_official.into(),
            Cell::number(link.certainty.get()),
            signal.url.clone().into(),
            fields_of(&signal.fact).to_string().into(),
            signal.evidence.sha256.to_string().into(),
        ]
    });
    let columns =
        &["signal", "source", "kind", "valid_at", "known_at", "official", "certainty", "url", "fields", "sha256"];
    Sheet { name: "signals", columns, rows: rows.collect() }
}

fn evidence(gathered: &Gathered) -> Sheet {
    let rows = gathered.documents.0.iter().map(|document| {
        let absent = document.bytes.as_ref().err().map(|why| match why {
            Absent::TellsOfOthers => "tells_of_others",
            Absent::Gone => "not_kept",
            Absent::TooMany => "too_many",
        });
        vec![
            document.sha256.to_string().into(),
            document.path().into(),
            absent.into(),
            if document.is_own() { "ledger".to_owned() } else { document.sources.join(" ") }.into(),
            document.url.clone().into(),
            document.seen_at.to_string().into(),
            document.signals.join(" ").into(),
        ]
    });
    let columns = &["sha256", "path", "not_enclosed", "source", "url", "seen_at", "signals"];
    Sheet { name: "evidence", columns, rows: rows.collect() }
}
