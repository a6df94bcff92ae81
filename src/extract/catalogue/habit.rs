use super::{Feature, row, words};

/// How a client is used to paying, and how far the present stands from it; every invoice counts once. Disputed invoices
/// and credit notes do not count; lines count in the client's main currency.
pub(super) const ROWS: &[Feature] = &[
    row(
        words(
            "lateness_recent_30d",
            "days",
            "Typical days late, the weight of an invoice halving every 30 days since it fell due: each invoice once, on a logarithmic scale, what is open as if paid as much later again; early counts as slightly below 0.",
            "typically {} late, weight halving every 30 days",
            "tipicamente {} di ritardo, con peso dimezzato ogni 30 giorni",
        ),
        |v| v.payments.habit.recent[0],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "lateness_recent_60d",
            "days",
            "Typical days late, the weight of an invoice halving every 60 days since it fell due: each invoice once, on a logarithmic scale, what is open as if paid as much later again; early counts as slightly below 0.",
            "typically {} late, weight halving every 60 days",
            "tipicamente {} di ritardo, con peso dimezzato ogni 60 giorni",
        ),
        |v| v.payments.habit.recent[1],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "lateness_recent_120d",
            "days",
            "Typical days late, the weight of an invoice halving every 120 days since it fell due: each invoice once, on a logarithmic scale, what is open as if paid as much later again; early counts as slightly below 0.",
            "typically {} late, weight halving every 120 days",
            "tipicamente {} di ritardo, con peso dimezzato ogni 120 giorni",
        ),
        |v| v.payments.habit.recent[2],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "lateness_recent_400d",
            "days",
            "Typical days late, the weight of an invoice halving every 400 days since it fell due: each invoice once, on a logarithmic scale, what is open as if paid as much later again; early counts as slightly below 0.",
            "typically {} late, weight halving every 400 days",
            "tipicamente {} di ritardo, con peso dimezzato ogni 400 giorni",
        ),
        |v| v.payments.habit.recent[3],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "lateness_usual",
            "days",
            "Typical days late of the invoices that fell due more than 90 days ago and are settled: the client's habit, on a logarithmic scale.",
            "usually {} late",
            "di solito {} di ritardo",
        ),
        |v| v.payments.habit.usual,
        |v| v.ledger_evidence(),
    ),
    row(
        words(
            "lateness_above_usual",
            "change",
            "By how much present delays exceed the client's own usual ones, the weight of an invoice halving every 45 days: 0.5 is half as long again.",
            "delays moved by {} against its own habit",
            "ritardi variati di {} rispetto alle sue abitudini",
        ),
        |v| v.payments.habit.above_usual,
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "lateness_beyond_usual_45d",
            "index",
            "Root mean square of how far invoices were paid later than usual, on a logarithmic scale, the weight halving every 45 days; 0 is always as usual.",
            "pays unevenly: {} (0 is always as usual; weight halving every 45 days)",
            "paga in modo irregolare: {} (0 è sempre come al solito; peso dimezzato ogni 45 giorni)",
        ),
        |v| v.payments.habit.beyond_usual[0],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "lateness_beyond_usual_400d",
            "index",
            "Root mean square of how far invoices were paid later than usual, on a logarithmic scale, the weight halving every 400 days; 0 is always as usual.",
            "pays unevenly: {} (0 is always as usual; weight halving every 400 days)",
            "paga in modo irregolare: {} (0 è sempre come al solito; peso dimezzato ogni 400 giorni)",
        ),
        |v| v.payments.habit.beyond_usual[1],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "late_over_30_recent_60d",
            "share",
            "Share of invoices paid, or open, more than 30 days late, the weight of an invoice halving every 60 days since it fell due.",
            "{} of invoices more than 30 days late, weight halving every 60 days",
            "{} delle fatture oltre 30 giorni di ritardo, con peso dimezzato ogni 60 giorni",
        ),
        |v| v.payments.habit.far[0][0],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "late_over_50_recent_60d",
            "share",
            "Share of invoices paid, or open, more than 50 days late, the weight of an invoice halving every 60 days since it fell due.",
            "{} of invoices more than 50 days late, weight halving every 60 days",
            "{} delle fatture oltre 50 giorni di ritardo, con peso dimezzato ogni 60 giorni",
        ),
        |v| v.payments.habit.far[0][1],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "late_over_75_recent_60d",
            "share",
            "Share of invoices paid, or open, more than 75 days late, the weight of an invoice halving every 60 days since it fell due.",
            "{} of invoices more than 75 days late, weight halving every 60 days",
            "{} delle fatture oltre 75 giorni di ritardo, con peso dimezzato ogni 60 giorni",
        ),
        |v| v.payments.habit.far[0][2],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "late_over_30_recent_400d",
            "share",
            "Share of invoices paid, or open, more than 30 days late, the weight of an invoice halving every 400 days since it fell due.",
            "{} of invoices more than 30 days late, weight halving every 400 days",
            "{} delle fatture oltre 30 giorni di ritardo, con peso dimezzato ogni 400 giorni",
        ),
        |v| v.payments.habit.far[1][0],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "late_over_50_recent_400d",
            "share",
            "Share of invoices paid, or open, more than 50 days late, the weight of an invoice halving every 400 days since it fell due.",
            "{} of invoices more than 50 days late, weight halving every 400 days",
            "{} delle fatture oltre 50 giorni di ritardo, con peso dimezzato ogni 400 giorni",
        ),
        |v| v.payments.habit.far[1][1],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "late_over_75_recent_400d",
            "share",
            "Share of invoices paid, or open, more than 75 days late, the weight of an invoice halving every 400 days since it fell due.",
            "{} of invoices more than 75 days late, weight halving every 400 days",
            "{} delle fatture oltre 75 giorni di ritardo, con peso dimezzato ogni 400 giorni",
        ),
        |v| v.payments.habit.far[1][2],
        |v| v.ledger_evidence(),
    ).worse(),
    row(
        words(
            "lateness_settled_400d",
            "days",
            "Typical days late of the invoices that fell due more than 90 days ago and are settled, the weight halving every 400 days, on a logarithmic scale.",
            "settled {} late, weight halving every 400 days",
            "saldate con {} di ritardo, con peso dimezzato ogni 400 giorni",
        ),
        |v| v.payments.habit.settled.late,
        |v| v.ledger_evidence(),
    ),
    row(
        words(
            "settled_beyond_usual_400d",
            "index",
            "Root mean square of how far the invoices that fell due more than 90 days ago and are settled were paid later than usual, on a logarithmic scale, the weight halving every 400 days; 0 is always as usual.",
            "used to pay unevenly: {} (0 is always as usual; weight halving every 400 days)",
            "pagava in modo irregolare: {} (0 è sempre come al solito; peso dimezzato ogni 400 giorni)",
        ),
        |v| v.payments.habit.settled.beyond_usual,
        |v| v.ledger_evidence(),
    ),
    row(
        words(
            "settled_over_30_400d",
            "share",
            "Share of the invoices that fell due more than 90 days ago and are settled that were paid more than 30 days late, the weight halving every 400 days.",
            "{} of settled invoices were more than 30 days late, weight halving every 400 days",
            "{} delle fatture saldate oltre 30 giorni di ritardo, con peso dimezzato ogni 400 giorni",
        ),
        |v| v.payments.habit.settled.far[0],
        |v| v.ledger_evidence(),
    ),
    row(
        words(
            "settled_over_50_400d",
            "share",
            "Share of the invoices that fell due more than 90 days ago and are settled that were paid more than 50 days late, the weight halving every 400 days.",
            "{} of settled invoices were more than 50 days late, weight halving every 400 days",
            "{} delle fatture saldate oltre 50 giorni di ritardo, con peso dimezzato ogni 400 giorni",
        ),
        |v| v.payments.habit.settled.far[1],
        |v| v.ledger_evidence(),
    ),
    row(
        words(
            "settled_over_75_400d",
            "share",
            "Share of the invoices that fell due more than 90 days ago and are settled that were paid more than 75 days late, the weight halving every 400 days.",
            "{} of settled invoices were more than 75 days late, weight halving every 400 days",
            "{} delle fatture saldate oltre 75 giorni di ritardo, con peso dimezzato ogni 400 giorni",
        ),
        |v| v.payments.habit.settled.far[2],
        |v| v.ledger_evidence(),
    ),
    row(
        words(
            "overdue_invoices",
            "count",
            "Open, undisputed invoices past due; remainders of at most 1 % of an invoice do not count.",
            "{} overdue invoices",
            "{} fatture scadute",
        ),
        |v| v.payments.habit.n_overdue,
        |v| v.ledger_evidence(),
    ).worse(),
];
