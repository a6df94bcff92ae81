use super::{super::DAYS_PER_MONTH, Feature, row, words};

/// How clients pay us, from our own ledger. Disputed invoices and credit notes are never late; lines count in the
/// client's main currency.
pub(super) const ROWS: &[Feature] = &[
    row(
        words(
            "days_beyond_terms_90d",
            "days",
            "Amount-weighted days from due date to payment (or to today while open) of invoices due in the last 90 days or still open past due; early is 0, at most 90 each.",
            "pays {} beyond terms (invoices due in the last 90 days)",
            "paga {} oltre i termini (fatture scadute negli ultimi 90 giorni)",
        ),
        |v| v.payments.beyond_terms[0],
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "days_beyond_terms_180d",
            "days",
            "Amount-weighted days from due date to payment (or to today while open) of invoices due in the last 180 days or still open past due; early is 0, at most 180 each.",
            "pays {} beyond terms (invoices due in the last 180 days)",
            "paga {} oltre i termini (fatture scadute negli ultimi 180 giorni)",
        ),
        |v| v.payments.beyond_terms[1],
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "days_beyond_terms_365d",
            "days",
            "Amount-weighted days from due date to payment (or to today while open) of invoices due in the last 365 days or still open past due; early is 0, at most 365 each.",
            "pays {} beyond terms (invoices due in the last year)",
            "paga {} oltre i termini (fatture scadute nell'ultimo anno)",
        ),
        |v| v.payments.beyond_terms[2],
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "days_late_recent",
            "days",
            "Mean days late per invoice past due, whatever its amount, the weight halving every 90 days since the due date, over three years; early is 0, at most 365 each.",
            "{} late on average, recent invoices counting most",
            "{} di ritardo in media, con più peso alle fatture recenti",
        ),
        |v| v.payments.days_late_recent,
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "payment_timing_365d",
            "days",
            "Amount-weighted days from due date to payment (or to today while open) of invoices due in the last 365 days or still open past due; early payments count as negative, at most 365 each way.",
            "payments arrive {} from the due date on average in a year (negative is early)",
            "i pagamenti arrivano in media a {} dalla scadenza in un anno (negativo è in anticipo)",
        ),
        |v| v.payments.timing,
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "days_beyond_terms_trend",
            "days",
            "Amount-weighted days beyond terms of invoices due in the last 90 days minus those of invoices due 91 to 365 days ago.",
            "days beyond terms moved by {} against the nine months before",
            "i giorni oltre i termini sono variati di {} rispetto ai nove mesi precedenti",
        ),
        |v| v.payments.trend,
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "late_share_365d",
            "share",
            "Share of the amount due in the last 365 days, or still open past due, that was paid or is open after the due date.",
            "{} of the amount was late in a year",
            "{} dell'importo in ritardo in un anno",
        ),
        |v| v.payments.late_share[0],
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "late_over_30_share_365d",
            "share",
            "Share of the amount due in the last 365 days, or still open past due, that was or is more than 30 days late.",
            "{} of the amount was more than 30 days late in a year",
            "{} dell'importo oltre 30 giorni di ritardo in un anno",
        ),
        |v| v.payments.late_share[1],
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "late_over_60_share_365d",
            "share",
            "Share of the amount due in the last 365 days, or still open past due, that was or is more than 60 days late.",
            "{} of the amount was more than 60 days late in a year",
            "{} dell'importo oltre 60 giorni di ritardo in un anno",
        ),
        |v| v.payments.late_share[2],
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "late_over_90_share_365d",
            "share",
            "Share of the amount due in the last 365 days, or still open past due, that was or is more than 90 days late.",
            "{} of the amount was more than 90 days late in a year",
            "{} dell'importo oltre 90 giorni di ritardo in un anno",
        ),
        |v| v.payments.late_share[3],
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "worst_delay_365d",
            "days",
            "Longest delay of an invoice due in the last 365 days or still open past due; remainders of at most 1 % of an invoice do not count as open.",
            "worst delay in a year: {}",
            "ritardo peggiore in un anno: {}",
        ),
        |v| v.payments.worst_delay,
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "oldest_overdue_days",
            "days",
            "Days since the oldest open, undisputed invoice fell due; 0 when nothing is overdue; remainders of at most 1 % of an invoice do not count.",
            "oldest overdue invoice: {}",
            "scaduto più vecchio: {}",
        ),
        |v| v.payments.oldest_overdue,
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "overdue_share",
            "share",
            "Open amount past due as a share of the exposure (open invoices less credit notes, those not yet due counted whole even when paid ahead), both without disputed invoices; at most 1, and 0 when nothing is owed.",
            "{} of the exposure is overdue",
            "{} dell'esposizione è scaduto",
        ),
        |v| v.payments.overdue_share(),
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "overdue_amount",
            "money",
            "Open amount past due, undisputed, in the client's main currency.",
            "{} overdue",
            "{} di scaduto",
        ),
        |v| v.payments.has_invoices().then_some(v.payments.overdue_major),
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "payment_index",
            "index",
            "Payment index from 0 to 100 from the amount-weighted days beyond terms of 365 days: 80 within terms, 70 at 15 days, 50 at 30, 40 at 60, 30 at 90, 20 at 120.",
            "payment index {}",
            "indice di pagamento {}",
        ),
        |v| v.payments.beyond_terms[2].map(payment_index),
        |v| v.ledger_evidence(),
    )
    .better(),
    row(
        words(
            "invoices_365d",
            "count",
            "Invoices issued in the last 365 days.",
            "{} invoices in a year",
            "{} fatture in un anno",
        ),
        |v| v.payments.has_invoices().then(|| f64::from(v.payments.n_year)),
        |v| v.ledger_evidence(),
    ),
    row(
        words(
            "volume_trend_180d",
            "index",
            "Amount invoiced in the last 180 days over that of the 180 days before, at most 10; missing before a year of history.",
            "invoiced {} times the half-year before",
            "fatturato {} volte il semestre precedente",
        ),
        |v| v.payments.volume_trend,
        |v| v.ledger_evidence(),
    ),
    row(
        words(
            "months_since_last_invoice",
            "months",
            "Months since the last invoice was issued.",
            "last invoice {} ago",
            "ultima fattura {} fa",
        ),
        |v| v.payments.last_issued.map(|d| f64::from(v.today - d) / DAYS_PER_MONTH),
        |v| v.ledger_evidence(),
    ),
    row(
        words(
            "disputed_share_365d",
            "share",
            "Share of the amount invoiced in the last 365 days that the client disputes.",
            "{} of the year's invoices is disputed",
            "{} del fatturato dell'anno è contestato",
        ),
        |v| v.payments.disputed_share,
        |v| v.ledger_evidence(),
    )
    .worse(),
    row(
        words(
            "limit_use",
            "share",
            "Exposure over the credit limit granted, both in one currency; at most 10.",
            "uses {} of the credit limit",
            "usa {} del fido",
        ),
        |v| v.limit_use(),
        |v| v.limit_evidence(),
    )
    .worse(),
    row(
        words(
            "months_with_us",
            "months",
            "Months since the client's first day: the date given, or the first invoice when that is earlier.",
            "client for {}",
            "cliente da {}",
        ),
        |v| v.months_with_us(),
        |v| v.client_evidence(),
    )
    .better(),
    row(
        words(
            "still_buying",
            "yes/no",
            "Whether the creditor says that the client still buys.",
            "still buying: {}",
            "cliente attivo negli acquisti: {}",
        ),
        |v| v.client.and_then(|c| c.is_active).map(|a| f64::from(u8::from(a))),
        |v| v.client_evidence(),
    )
    .better(),
];

/// The trade's 0-100 index, straight lines between the published marks; 0 from 180 days on.
fn payment_index(days: f64) -> f64 {
    const MARKS: [(f64, f64); 7] =
        [(0.0, 80.0), (15.0, 70.0), (30.0, 50.0), (60.0, 40.0), (90.0, 30.0), (120.0, 20.0), (180.0, 0.0)];
    let between = MARKS.windows(2).find(|pair| days <= pair[1].0);
    between.map_or(0.0, |pair| pair[0].1 + (pair[1].1 - pair[0].1) * (days - pair[0].0) / (pair[1].0 - pair[0].0))
}
