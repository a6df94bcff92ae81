//! The claim: what is owed, by invoice, with interest and the lump sum on the day.

use super::{Teller, numbers, row, total, words};
use crate::{
    desk::{LedgerLineView, LedgerTotals},
    domain::{Currency, Money},
    paper::{Block, Row, Table},
};

/// Invoices that are printed; the tables beside the PDF have them all.
const MAX_PRINTED: usize = 1_500;

pub(super) fn blocks(teller: &Teller<'_>, cut: &mut Vec<String>) -> Vec<Block> {
    let gathered = teller.gathered;
    let mut lines: Vec<&LedgerLineView> = gathered.lines.iter().collect();
    lines.sort_by(|a, b| (a.due_on, &a.invoice).cmp(&(b.due_on, &b.invoice)));
    let (open, done): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.state != "paid");
    let mut blocks = vec![Block::Table(sums(teller))];
    blocks.extend(law(teller));
    let printed = open.len().min(MAX_PRINTED);
    if !open.is_empty() {
        blocks.push(Block::Subheading(teller.text("Documenti non pagati", "Documents not paid")));
        blocks.push(Block::Table(open_table(teller, &open[..printed])));
    }
    // The newest of what was paid: the others say least about this claim.
    let skipped = (open.len() + done.len()).saturating_sub(MAX_PRINTED).min(done.len());
    let shown = &done[skipped..];
    if !shown.is_empty() {
        blocks.push(Block::Subheading(teller.text("Documenti pagati", "Documents paid")));
        blocks.push(Block::Table(paid_table(teller, shown)));
    }
    let all = open.len() + done.len();
    if all > MAX_PRINTED {
        cut.push(if teller.language.is_italian() {
            format!("Sono stampati {MAX_PRINTED} documenti contabili su {all}; tutti sono in ledger/invoices.csv.")
        } else {
            format!("{MAX_PRINTED} of {all} documents of the ledger are printed; all are in ledger/invoices.csv.")
        });
    }
    blocks
}

fn sums(teller: &Teller<'_>) -> Table {
    let of = |totals: &LedgerTotals| {
        let money = |decimal: &str| teller.language.money(decimal, &totals.currency);
        row(vec![
            totals.currency.clone(),
            money(&totals.open),
            money(&totals.overdue),
            money(&totals.disputed),
            money(&totals.credits),
            money(&totals.interest),
            teller.language.money(&totals.lump_sums_eur, "EUR"),
        ])
    };
    let columns = vec![
        words(teller.say("Valuta", "Currency"), 1.0),
        numbers(teller.say("Aperto", "Open"), 1.8),
        numbers(teller.say("Scaduto", "Overdue"), 1.8),
        numbers(teller.say("Contestato", "Disputed"), 1.8),
        numbers(teller.say("Note di credito", "Credit notes"), 1.6),
        numbers(teller.say("Interessi di mora", "Default interest"), 1.8),
        numbers(teller.say("Forfettario", "Lump sums"), 1.6),
    ];
    Table { columns, rows: teller.gathered.totals.iter().map(of).collect() }
}

/// By which law interest is counted, and where its rate is not known yet.
fn law(teller: &Teller<'_>) -> Vec<Block> {
    let gathered = teller.gathered;
    let day = teller.language.day(gathered.as_of.valid_at);
    let mut text = if teller.language.is_italian() {
        format!(
            "Interessi di mora ai sensi del D.Lgs. 231/2002, calcolati al {day}: dal giorno successivo alla scadenza, senza \
             costituzione in mora (art. 4), al tasso di riferimento BCE del semestre maggiorato (art. 5); importo forfettario \
             di 40 € per fattura pagata in ritardo (art. 6). Non sono calcolati su quanto è contestato."
        )
    } else {
        format!(
            "Default interest under D.Lgs. 231/2002 (Directive 2011/7/EU), counted on {day}: from the day after the due day, \
             without notice, at the ECB's reference rate of the half year plus the legal margin; a lump sum of 40 € for each \
             invoice that is paid late. None is counted on what is disputed."
        )
    };
    let known_until = gathered.rates_from.checked_add(jiff::Span::new().months(6)).unwrap_or(gathered.rates_from);
    if gathered.as_of.valid_at >= known_until {
        let from = teller.language.day(gathered.rates_from);
        text += &if teller.language.is_italian() {
            format!(
                " Provvisorio: l'ultimo tasso noto è quello del semestre dal {from}, usato anche per i giorni successivi."
            )
        } else {
            format!(
                " Provisional: the last rate known is that of the half year from {from}, which is used for later days, too."
            )
        };
    }
    vec![Block::Note(text)]
}

fn number(teller: &Teller<'_>, line: &LedgerLineView) -> String {
    let mut number = line.invoice.clone();
    if line.kind == "credit_note" {
        number = format!("{number} ({})", teller.language.word("credit_note"));
    }
    match &line.client {
        Some(code) => format!("{number} [{code}]"),
        None => number,
    }
}

fn charge(teller: &Teller<'_>, line: &LedgerLineView, what: &str) -> String {
    let parts = line.interest.iter().filter(|charge| charge.what == what).map(|charge| {
        let amount = teller.language.money(&charge.amount, &charge.currency);
        if charge.state == "due" { amount } else { format!("{amount} ({})", teller.language.word(&charge.state)) }
    });
    parts.collect::<Vec<_>>().join(" + ")
}

fn state(teller: &Teller<'_>, line: &LedgerLineView) -> String {
    let language = teller.language;
    let mut state = language.word(&line.state);
    if line.days_late > 0 {
        state = format!("{state}, {} {}", line.days_late, teller.say("gg", "days"));
    }
    if let Some(dispute) = &line.dispute {
        state += &format!("; {} {}", teller.say("contestata dal", "disputed since"), language.day(dispute.since));
        if let Some(outcome) = &dispute.outcome {
            state += &format!(" ({})", language.word(outcome));
        }
    }
    if let Some(promise) = &line.promise {
        let until = language.day(promise.due_on);
        state += &format!(
            "; {} {until} ({})",
            teller.say("promessa entro il", "promised by"),
            language.word(&promise.state)
        );
    }
    if let Some(plan) = &line.plan {
        state += &format!("; {} {}", teller.say("piano", "plan"), plan.name);
    }
    state
}

fn open_table(teller: &Teller<'_>, lines: &[&LedgerLineView]) -> Table {
    let language = teller.language;
    let mut rows: Vec<Row> = lines
        .iter()
        .map(|line| {
            row(vec![
                number(teller, line),
                language.day(line.issued_on),
                language.day(line.due_on),
                language.money(&line.amount, &line.currency),
                language.money(&line.open, &line.currency),
                charge(teller, line, "interest"),
                charge(teller, line, "lump_sum"),
                state(teller, line),
            ])
        })
        .collect();
    rows.extend(open_sums(teller, lines));
    let columns = vec![
        words(teller.say("Documento", "Document"), 2.0),
        words(teller.say("Data", "Issued"), 1.3),
        words(teller.say("Scadenza", "Due"), 1.3),
        numbers(teller.say("Importo", "Amount"), 1.5),
        numbers(teller.say("Aperto", "Open"), 1.5),
        numbers(teller.say("Interessi", "Interest"), 1.4),
        numbers(teller.say("Art. 6", "Lump sum"), 1.1),
        words(teller.say("Stato", "State"), 2.2),
    ];
    Table { columns, rows }
}

/// A sum for each currency, of invoices alone.
fn open_sums(teller: &Teller<'_>, lines: &[&LedgerLineView]) -> Vec<Row> {
    let mut sums: std::collections::BTreeMap<&str, (i64, i64)> = std::collections::BTreeMap::new();
    for line in lines.iter().filter(|line| line.kind == "invoice") {
        let Ok(currency) = line.currency.parse::<Currency>() else { continue };
        let minor = |decimal: &str| Money::parse(decimal, currency).map_or(0, Money::minor);
        let sum = sums.entry(line.currency.as_str()).or_default();
        *sum = (sum.0.saturating_add(minor(&line.amount)), sum.1.saturating_add(minor(&line.open)));
    }
    let of = |(currency, (amount, open)): (&str, (i64, i64))| {
        let currency = currency.parse().unwrap_or(Currency::EUR);
        let money = |minor| teller.money(Money::from_minor(minor, currency));
        let title = format!("{} {currency}", teller.say("Fatture", "Invoices"));
        let none = String::new;
        total(vec![title, none(), none(), money(amount), money(open), none(), none(), none()])
    };
    sums.into_iter().map(of).collect()
}

fn paid_table(teller: &Teller<'_>, lines: &[&LedgerLineView]) -> Table {
    let language = teller.language;
    let rows = lines.iter().map(|line| {
        row(vec![
            number(teller, line),
            language.day(line.issued_on),
            language.day(line.due_on),
            language.money(&line.amount, &line.currency),
            language.maybe_day(line.payments.last().map(|paid| paid.paid_on).or(line.paid_on)),
            line.days_late.to_string(),
            charge(teller, line, "interest"),
            charge(teller, line, "lump_sum"),
        ])
    });
    let columns = vec![
        words(teller.say("Documento", "Document"), 2.4),
        words(teller.say("Data", "Issued"), 1.4),
        words(teller.say("Scadenza", "Due"), 1.4),
        numbers(teller.say("Importo", "Amount"), 1.7),
        numbers(teller.say("Pagata il", "Paid on"), 1.5),
        numbers(teller.say("Giorni di ritardo", "Days late"), 1.3),
        numbers(teller.say("Interessi", "Interest"), 1.6),
        numbers(teller.say("Art. 6", "Lump sum"), 1.5),
    ];
    Table { columns, rows: rows.collect() }
}
