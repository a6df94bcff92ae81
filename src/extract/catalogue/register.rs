use super::{Feature, row, words};

/// What registers and gazettes say. Each value is missing until somebody has looked: zero means looked and found nothing.
pub(super) const ROWS: &[Feature] = &[
    row(
        words(
            "protest_count_12m",
            "count",
            "Protests raised in the last 365 days that stand, each once however many sources tell it; refusals for dispute or fraud (D2, E, F1) do not count; missing unless a register was read within 400 days.",
            "{} protests in 12 months",
            "{} protesti in 12 mesi",
        ),
        |v| v.open.protests.count_12m,
        |v| v.protest_evidence(),
    )
    .worse(),
    row(
        words(
            "protest_amount_12m",
            "EUR",
            "Amount of the protests that count in the last 365 days, those in euro.",
            "protested bills for {} in 12 months",
            "protesti per {} in 12 mesi",
        ),
        |v| v.open.protests.amount_12m,
        |v| v.protest_evidence(),
    )
    .worse(),
    row(
        words(
            "protest_amount_90d",
            "EUR",
            "Amount of the protests that count in the last 90 days, those in euro.",
            "protested bills for {} in 90 days",
            "protesti per {} in 90 giorni",
        ),
        |v| v.open.protests.amount_90d,
        |v| v.protest_evidence(),
    )
    .worse(),
    row(
        words(
            "protest_inability_12m",
            "count",
            "Protests of bills in the last 365 days refused with a code that speaks of inability to pay: B1, C1, G2, H1, M2.",
            "{} protests for inability to pay in 12 months",
            "{} protesti per incapacità di pagare in 12 mesi",
        ),
        |v| v.open.protests.inability_12m,
        |v| v.protest_evidence(),
    )
    .worse(),
    row(
        words(
            "protest_count_5y",
            "count",
            "Protests that count raised in the last five years, after which the register forgets them.",
            "{} protests in five years",
            "{} protesti in cinque anni",
        ),
        |v| v.open.protests.count_5y,
        |v| v.protest_evidence(),
    )
    .worse(),
    row(
        words(
            "protest_months_since_last",
            "months",
            "Months since the last protest that counts; missing when there is none in five years.",
            "last protest {} ago",
            "ultimo protesto {} fa",
        ),
        |v| v.open.protests.months_since_last,
        |v| v.protest_evidence(),
    )
    .better(),
    row(
        words(
            "insolvent_procedure_open",
            "yes/no",
            "An insolvent procedure (compulsory or insolvent liquidation, extraordinary administration) is open: opened, neither closed nor revoked, at most ten years old.",
            "insolvency procedure open: {}",
            "procedura di insolvenza aperta: {}",
        ),
        |v| v.open.status.insolvent,
        |v| v.status_evidence(),
    )
    .worse(),
    row(
        words(
            "restructuring_open",
            "yes/no",
            "A procedure that means to save the business is open: opened, neither closed nor revoked, at most ten years old.",
            "restructuring procedure open: {}",
            "procedura di ristrutturazione aperta: {}",
        ),
        |v| v.open.status.restructuring,
        |v| v.status_evidence(),
    )
    .worse(),
    row(
        words(
            "voluntary_liquidation",
            "yes/no",
            "The newest status of a register is voluntary, solvent liquidation.",
            "in voluntary liquidation: {}",
            "in liquidazione volontaria: {}",
        ),
        |v| v.open.status.voluntary_liquidation,
        |v| v.status_evidence(),
    )
    .worse(),
    row(
        words(
            "company_ceased",
            "yes/no",
            "The newest status of a register is that the company has ceased, and no other register says later that it trades.",
            "ceased: {}",
            "cessata: {}",
        ),
        |v| v.open.status.ceased,
        |v| v.status_evidence(),
    )
    .worse(),
    row(
        words(
            "status_warning",
            "yes/no",
            "The newest status of a register is trading with a warning: a strike-off proposal, a petition, a negotiated settlement.",
            "warning in the register: {}",
            "avvertenza nel registro: {}",
        ),
        |v| v.open.status.warning,
        |v| v.status_evidence(),
    )
    .worse(),
    row(
        words(
            "company_dormant",
            "yes/no",
            "The newest status of a register is dormant.",
            "dormant: {}",
            "inattiva: {}",
        ),
        |v| v.open.status.dormant,
        |v| v.status_evidence(),
    )
    .worse(),
    row(
        words(
            "procedure_ended",
            "yes/no",
            "A procedure opened in the last ten years has been closed; a revoked one does not count.",
            "a procedure was closed in the last ten years: {}",
            "una procedura chiusa negli ultimi dieci anni: {}",
        ),
        |v| v.open.status.ended,
        |v| v.status_evidence(),
    )
    .worse(),
    row(
        words(
            "filings_overdue",
            "count",
            "Kinds of documents that are overdue at a register, the newest word of each source on each counting; missing unless filings were read within 400 days.",
            "{} overdue filings",
            "{} depositi in ritardo",
        ),
        |v| v.open.status.filings_overdue,
        |v| v.filing_evidence(),
    )
    .worse(),
    row(
        words(
            "prejudicial_acts",
            "count",
            "Mortgages, seizures and charges of the last five years that are not struck out; missing unless they were looked for within 400 days.",
            "{} prejudicial acts",
            "{} pregiudizievoli",
        ),
        |v| v.open.status.prejudicial_acts,
        |v| v.act_evidence(),
    )
    .worse(),
    row(
        words(
            "vat_invalid",
            "yes/no",
            "The last VIES answer within 400 days was: not enrolled. Weak, since enrolment is a choice in some countries.",
            "VAT number not in VIES: {}",
            "partita IVA non iscritta al VIES: {}",
        ),
        |v| v.open.status.vat_invalid,
        |v| v.vat_evidence(),
    )
    .worse(),
];
