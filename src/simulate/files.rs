use std::{collections::HashMap, fs, io, path::Path};

use jiff::{Span, civil::Date};

use super::{Company, Economy, web};
use crate::domain::{day_number, day_of_number};

/// Labels are written for every other month: what a client's books say of one month and of the next is nearly the same.
const LABELS_EVERY_MONTHS: usize = 2;
/// Months of books before the first labels.
const MONTHS_BEFORE_LABELS: u32 = 9;

const CLIENT_COLUMNS: [&str; 15] = [
    "client",
    "name",
    "country",
    "tax_id",
    "registry_id",
    "lei",
    "sector",
    "city",
    "address",
    "since",
    "active",
    "credit_limit",
    "currency",
    "yearly_value",
    "email",
];
const PROSPECT_COLUMNS: [&str; 11] =
    ["prospect", "name", "country", "tax_id", "registry_id", "lei", "sector", "city", "address", "kind", "client"];
const INVOICE_COLUMNS: [&str; 11] = [
    "client",
    "invoice",
    "issued_on",
    "due_on",
    "amount",
    "currency",
    "paid_on",
    "paid_amount",
    "kind",
    "credit_type",
    "disputed",
];

impl Economy {
    /// The import file of clients.
    pub fn clients_csv(&self) -> String {
        let rows = self.companies.iter().map(|company| self.client_row(company));
        csv_text(&CLIENT_COLUMNS, rows)
    }

    fn client_row(&self, company: &Company) -> [String; 15] {
        let who = &company.identity;
        let opening = self.calendar.first_day(self.calendar.opening_month());
        let stopped = [company.life.defaulted_on, company.records.winds_up_on];
        let is_active = stopped.into_iter().flatten().all(|day| day > opening);
        // Clients from the first month had been clients for a while already.
        let before =
            if company.life.joined == 0 { 60 + i32::try_from(who.fingerprint() % 3_000).unwrap_or(0) } else { 0 };
        let since = self.calendar.first_day(company.life.joined) - before;
        [
            company.code.clone(),
            who.name.clone(),
            who.land.code().to_owned(),
            who.tax.clone().unwrap_or_default(),
            who.registry.clone().unwrap_or_default(),
            who.lei.clone().unwrap_or_default(),
            who.nace.to_owned(),
            who.town.name.to_owned(),
            format!("{}, {}", who.street, who.postal_code),
            day_of_number(since).to_string(),
            is_active.to_string(),
            format!("{}.00", company.trading.limit_euros()),
            "EUR".to_owned(),
            format!("{}.00", company.trading.yearly_euros()),
            format!("accounts@{}.example", company.code.to_lowercase()),
        ]
    }

    /// The import file of invoices, as the creditor's books stand when a day is over: what was issued by then, and the
    /// payments that had arrived.
    pub fn invoices_csv(&self, as_of: Date) -> String {
        let as_of = day_number(as_of);
        let rows = self.companies.iter().flat_map(|company| invoice_rows(company, as_of, as_of));
        csv_text(&INVOICE_COLUMNS, rows)
    }

    /// The same without the payments of the year before: those that the bank's statement tells of.
    pub fn invoices_unpaid_csv(&self, as_of: Date) -> String {
        let as_of = day_number(as_of);
        let before = as_of - super::statement::DAYS - 1;
        let rows = self.companies.iter().flat_map(|company| invoice_rows(company, as_of, before));
        csv_text(&INVOICE_COLUMNS, rows)
    }

    /// The truth as a file: `client,as_of,label,best`, every other month up to the opening day, one row for each client alive
    /// then; 1 is a default within twelve months, and `best` is the probability of one that could be known from the
    /// client's own books at best.
    pub fn labels_csv(&self) -> String {
        let first = self.plan.history_months.saturating_sub(MONTHS_BEFORE_LABELS);
        let days: Vec<u32> = (0..=first).step_by(LABELS_EVERY_MONTHS).collect();
        let rows = days.into_iter().rev().flat_map(|months| {
            let back = Span::new().try_months(months).and_then(|span| self.plan.start.checked_sub(span));
            let day = back.unwrap_or(self.plan.start);
            let best: HashMap<String, f64> = self.oracle_pd_from_books(day).into_iter().collect();
            let outcomes = self.defaults_after(day, 12);
            outcomes.into_iter().map(move |(code, bad)| {
                let best = best.get(&code).map(|pd| format!("{pd:.6}")).unwrap_or_default();
                [code, day.to_string(), u8::from(bad).to_string(), best]
            })
        });
        csv_text(&["client", "as_of", "label", "best"], rows)
    }
}

impl Economy {
    /// Records of other hands and whose they are: `id,name,country,city,address,tax_id,sector,client`, the client's code
    /// empty where the record is about nobody in the list.
    pub fn variants_csv(&self) -> String {
        let rows = self
            .variants()
            .into_iter()
            .map(|v| [v.id, v.name, v.country, v.city, v.address, v.tax_id, v.sector, v.client.unwrap_or_default()]);
        csv_text(&["id", "name", "country", "city", "address", "tax_id", "sector", "client"], rows)
    }
}

impl Economy {
    /// Companies that ask for credit on the opening day, with the truth about each in the last two columns.
    pub fn prospects_csv(&self) -> String {
        let rows = self.prospects().cloned().map(|p| {
            let client = p.client.unwrap_or_default();
            let kind = p.kind.to_owned();
            [p.id, p.name, p.country, p.tax_id, p.registry_id, p.lei, p.sector, p.city, p.address, kind, client]
        });
        csv_text(&PROSPECT_COLUMNS, rows)
    }
}

/// The rows of a company as of a day, with the payments that had arrived by another one.
fn invoice_rows(company: &Company, as_of: i32, paid_by: i32) -> Vec<[String; 11]> {
    let mut rows = Vec::new();
    let issued = |i: &&(usize, &super::Invoice)| i.1.issued <= as_of;
    for (place, invoice) in company.invoices.iter().enumerate().collect::<Vec<_>>().iter().filter(issued) {
        let number = format!("{}/{}", company.code.trim_start_matches("C-"), place + 1);
        let paid = invoice.paid_as_of(paid_by);
        // Nobody disputes before the bill is due to be paid.
        let is_disputed = invoice.is_disputed && invoice.first_telling_day() <= as_of;
        let row = |number: String, issued, due, cents, paid: Option<(i32, i64)>, kind: &str, is_disputed: bool| {
            [
                company.code.clone(),
                number,
                day_of_number(issued).to_string(),
                day_of_number(due).to_string(),
                euros(cents),
                "EUR".to_owned(),
                paid.map(|(day, _)| day_of_number(day).to_string()).unwrap_or_default(),
                paid.map(|(_, cents)| euros(cents)).unwrap_or_default(),
                kind.to_owned(),
                "supply".to_owned(),
                is_disputed.to_string(),
            ]
        };
        rows.push(row(number.clone(), invoice.issued, invoice.due, invoice.cents, paid, "invoice", is_disputed));
        if let Some((noted, cents)) = invoice.credit_note.filter(|(noted, _)| *noted <= as_of) {
            let settled = invoice.paid.filter(|paid| *paid <= paid_by).map(|paid| (paid.max(noted), cents));
            let settled = settled.filter(|(day, _)| *day <= as_of);
            rows.push(row(format!("{number}-NC"), noted, noted, cents, settled, "credit_note", false));
        }
    }
    rows
}

/// `1234.50`.
pub(super) fn euros(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn csv_text<const N: usize>(columns: &[&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(columns).and_then(|()| {
        let mut rows = rows;
        rows.try_for_each(|row| writer.write_record(&row))
    });
    debug_assert!(written.is_ok(), "rows of one length written to memory cannot fail");
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Writes a portfolio as import files, its labels, and recorded answers of its web, into a folder that is made when
/// absent: `clients.csv`, `invoices.csv`, `invoices-unpaid.csv` (the same without the payments of the last year),
/// `payments.camt053.xml` (these payments as a bank tells of them), `payments.csv` (their truth), `labels.csv`, `variants.csv`,
/// `prospects.csv` (who asks for credit, and the truth about it), `web/<source>/…`.
pub fn write(dir: &Path, economy: &Economy) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    fs::write(dir.join("clients.csv"), economy.clients_csv())?;
    fs::write(dir.join("invoices.csv"), economy.invoices_csv(economy.plan.start))?;
    fs::write(dir.join("invoices-unpaid.csv"), economy.invoices_unpaid_csv(economy.plan.start))?;
    let (statement, truth) = economy.statement();
    fs::write(dir.join("payments.camt053.xml"), statement)?;
    fs::write(dir.join("payments.csv"), truth)?;
    fs::write(dir.join("labels.csv"), economy.labels_csv())?;
    fs::write(dir.join("variants.csv"), economy.variants_csv())?;
    fs::write(dir.join("prospects.csv"), economy.prospects_csv())?;
    for (name, body) in web::recorded(economy, day_number(economy.plan.start)) {
        let path = dir.join("web").join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, body)?;
    }
    Ok(())
}
