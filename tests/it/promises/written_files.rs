//! A hundred files that somebody might send, written out by hand or from a table of variants, each with what must become of
//! every row of it. All companies are invented.

use std::io::{Cursor, Write as _};

use jiff::civil::{Date, date};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::ledgers::{Spelling, spellings};
use crate::intake::{
    bank::{entry, free, message},
    invoice_xml::{Written, file, instalment, simplified},
};

/// What must become of a row: where it stands, and why it is refused.
pub(super) type Refused = (u64, &'static str, &'static str);

/// A file, and what must become of it.
pub(super) struct Fixture {
    /// Its name; what it is, is in front.
    pub(super) name: String,
    /// What it is imported as.
    pub(super) what: &'static str,
    pub(super) bytes: Vec<u8>,
    /// Whether invoices must be in the ledger before it.
    pub(super) on_a_ledger: bool,
    pub(super) n_accepted: u64,
    /// Those that are refused, by their line.
    pub(super) refused: Vec<Refused>,
}

/// What the payments of the tables and statements are for.
pub(super) const LEDGER: &str = "client,invoice,issued_on,due_on,amount,name\n\
    C1,2026/0101,2026-08-01,2026-09-01,10000.00,Meccanica Valdossa S.r.l.\n\
    C1,2026/0102,2026-08-05,2026-09-05,500.00,Meccanica Valdossa S.r.l.\n";

/// All of them, one of each sort after the other, so that some of them are some of every sort.
pub(super) fn written_files() -> Vec<Fixture> {
    let sorts = [tables(), workbooks(), electronic_invoices(), signed_invoices(), statements()];
    let longest = sorts.iter().map(Vec::len).max().unwrap_or_default();
    let mut sorts = sorts.map(Vec::into_iter);
    (0..longest).flat_map(|_| sorts.each_mut().map(Iterator::next)).flatten().collect()
}

/// A cell before it is spelled.
enum Cell {
    Text(&'static str),
    Minor(u64),
    Day(Date),
}
use Cell::{Day, Minor, Text};

/// For which column a row must be refused, and why.
type Fault = (&'static str, &'static str);

/// A table before it is spelled.
struct Table {
    what: &'static str,
    header: &'static [&'static str],
    rows: Vec<(Vec<Cell>, Option<Fault>)>,
}

impl Table {
    fn fixture(self, name: String, bytes: Vec<u8>) -> Fixture {
        let verdicts = || (2..).zip(self.rows.iter().map(|(_, verdict)| *verdict));
        let refused = verdicts().filter_map(|(line, verdict)| verdict.map(|(column, code)| (line, column, code)));
        let n_accepted = verdicts().filter(|(_, verdict)| verdict.is_none()).count() as u64;
        let on_a_ledger = self.what == "payments";
        Fixture { name, what: self.what, bytes, on_a_ledger, n_accepted, refused: refused.collect() }
    }

    fn csv(&self, spelling: Spelling) -> Vec<u8> {
        let header: Vec<String> = self.header.iter().map(|name| (*name).to_owned()).collect();
        let said = |cell: &Cell| match cell {
            Text(text) => (*text).to_owned(),
            Minor(minor) => spelling.amount(*minor),
            Day(day) => spelling.day(*day),
        };
        let rows = self.rows.iter().map(|(cells, _)| cells.iter().map(said).collect::<Vec<_>>());
        let lines = std::iter::once(header).chain(rows).map(|row| spelling.line(&row) + "\r\n");
        spelling.bytes(&lines.collect::<String>())
    }

    /// The same as a sheet, whose numbers and days are such, or texts as a person in a hurry leaves them.
    fn sheet(&self, spelling: Option<Spelling>) -> Vec<u8> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        let as_day = Format::new().set_num_format("dd/mm/yyyy");
        for (column, name) in (0..).zip(self.header) {
            sheet.write_string(0, column, *name).unwrap();
        }
        for (line, (cells, _)) in (1..).zip(&self.rows) {
            for (column, cell) in (0..).zip(cells) {
                let done = match (cell, spelling) {
                    (Text(text), _) => sheet.write_string(line, column, *text),
                    (Minor(minor), None) => sheet.write_number(line, column, *minor as f64 / 100.0),
                    (Minor(minor), Some(spelling)) => sheet.write_string(line, column, spelling.amount(*minor)),
                    (Day(day), Some(spelling)) => sheet.write_string(line, column, spelling.day(*day)),
                    (Day(day), None) => {
                        let day = ExcelDateTime::parse_from_str(&day.to_string()).unwrap();
                        sheet.write_datetime_with_format(line, column, day, &as_day)
                    }
                };
                done.unwrap();
            }
        }
        workbook.save_to_buffer().unwrap()
    }
}

fn clients() -> Table {
    let row = |code, name, tax_id, since, limit| vec![Text(code), Text(name), Text("IT"), Text(tax_id), since, limit];
    let day = || Day(date(2019, 5, 31));
    let perù = || row("C-1", "Caffè Società; \"Perù\" S.r.l.", "00743110157", day(), Minor(123_456_789));
    Table {
        what: "clients",
        header: &["client", "name", "country", "tax_id", "since", "credit_limit"],
        rows: vec![
            (perù(), None),
            (row("C-2", "Officine d’Été", "00743110158", day(), Minor(100)), Some(("tax_id", "bad_tax_id"))),
            (row("C-3", "Forlì, Åkesson", "", Day(date(2020, 12, 13)), Minor(200_000)), None),
            (row("C-4", "", "", day(), Minor(100)), Some(("name", "missing"))),
            (perù(), None),
            (row("C-5", "Rovere", "", Text("31/31/2020"), Minor(100)), Some(("since", "bad_date"))),
            (row("C-6", "Ontano", "", day(), Text("dodici")), Some(("credit_limit", "bad_amount"))),
            (row("C-1", "Perù", "", day(), Minor(100)), Some(("client", "duplicate"))),
            (row("", "Larice", "", day(), Minor(100)), Some(("client", "missing"))),
            (row("C-7", "Faggio", "", day(), Minor(99_999)), None),
        ],
    }
}

fn invoices() -> Table {
    let row = |number, issued, amount, kind| {
        vec![Text("C-1"), Text(number), issued, Day(date(2026, 5, 31)), amount, Text(kind), Text("Ditta Perù")]
    };
    let day = || Day(date(2026, 4, 30));
    Table {
        what: "invoices",
        header: &["client", "invoice", "issued_on", "due_on", "amount", "kind", "name"],
        rows: vec![
            (row("F1", day(), Minor(123_456), "invoice"), None),
            (row("F2", Text("domani"), Minor(100), "invoice"), Some(("issued_on", "bad_date"))),
            (row("F3", day(), Minor(987_654_321), "invoice"), None),
            (row("F4", day(), Text("-12"), "invoice"), Some(("amount", "not_positive"))),
            (row("N1", Day(date(2026, 4, 13)), Minor(5_000), "credit_note"), None),
            (row("F5", day(), Minor(100), "forse"), Some(("kind", "bad_word"))),
            (row("", day(), Minor(100), "invoice"), Some(("invoice", "missing"))),
            (row("F1", day(), Minor(777), "invoice"), Some(("invoice", "duplicate"))),
            (row("F3", day(), Minor(987_654_321), "invoice"), None),
        ],
    }
}

fn payments() -> Table {
    let row = |invoice, on, amount, name| vec![Text("C1"), Text(invoice), on, amount, Text(name)];
    let day = || Day(date(2026, 9, 15));
    Table {
        what: "payments",
        header: &["client", "invoice", "paid_on", "amount", "payment"],
        rows: vec![
            (row("2026/0101", day(), Minor(123_456), "P1"), None),
            (row("2026/0199", day(), Minor(100), "P2"), Some(("invoice", "unknown_invoice"))),
            (row("2026/0102", day(), Minor(60_000), "P3"), Some(("amount", "more_than_open"))),
            (row("2026/0102", Day(date(2026, 9, 13)), Minor(50_000), "P4"), None),
            (row("2026/0101", Text("ieri"), Minor(100), "P5"), Some(("paid_on", "bad_date"))),
            (row("2026/0101", day(), Text("0"), "P6"), Some(("amount", "not_positive"))),
            (row("2026/0101", day(), Minor(123_456), "P1"), None),
        ],
    }
}

fn tables() -> Vec<Fixture> {
    let all = [clients, invoices, payments];
    // Three separators, three encodings, two ways with amounts; the spelling of days goes round.
    let spellings = spellings().into_iter().enumerate().filter(|(n, _)| n % 3 == (n / 3) % 3);
    let of = |(n, spelling): (usize, Spelling)| {
        all.map(|table| {
            let table = table();
            let bytes = table.csv(spelling);
            let name = format!("{}-{n}.csv", table.what);
            table.fixture(name, bytes)
        })
    };
    spellings.flat_map(of).collect()
}

fn workbooks() -> Vec<Fixture> {
    let all = [clients, invoices, payments];
    let spellings = spellings();
    let italian = spellings.iter().find(|s| s.marks.0 == ',' && s.dates == "%d/%m/%Y").copied();
    let english = spellings.iter().find(|s| s.marks.0 == '.' && s.dates == "%Y-%m-%d").copied();
    let of = |(n, spelling): (usize, Option<Spelling>)| {
        all.map(|table| {
            let table = table();
            let bytes = table.sheet(spelling);
            let name = format!("{}-{n}.xlsx", table.what);
            table.fixture(name, bytes)
        })
    };
    [None, italian, english].into_iter().enumerate().flat_map(of).collect()
}

fn invoice_file(name: String, bytes: impl Into<Vec<u8>>, n_accepted: u64, refused: &[Refused]) -> Fixture {
    let (bytes, refused) = (bytes.into(), refused.to_vec());
    Fixture { name, what: "invoices", bytes, on_a_ledger: false, n_accepted, refused }
}

fn electronic_invoices() -> Vec<Fixture> {
    let mut all = Vec::new();
    for version in ["FPR12", "FPA12"] {
        let of = |number: &str| Written { version, number: number.to_owned(), ..Written::default() };
        let parts = |last| [instalment("600.00", "2026-10-10"), instalment(last, "2026-11-10")].concat();
        let payment = |last| {
            format!("\n<DatiPagamento><CondizioniPagamento>TP01</CondizioniPagamento>{}</DatiPagamento>", parts(last))
        };
        let total = "<ImportoTotaleDocumento>1220.00</ImportoTotaleDocumento>".to_owned();
        let too_much = Written { payment: payment("920.00"), general: total, ..of("6") };
        let in_parts = Written { payment: payment("620.00"), ..of("2") };
        let note = Written { kind: "TD04", amounts: ("100.00".to_owned(), "22.00".to_owned()), ..of("3/NC") };
        let own = Written { kind: "TD17", ..of("4") };
        let wrong = Written { vat: "00743110158".to_owned(), ..of("5") };
        let never = Written { date: "2026-02-30".to_owned(), ..of("7") };
        let marked = ["\u{feff}", &of("8").file()].concat();
        let named = |name: &str| format!("{version}-{name}.xml");
        all.extend([
            invoice_file(named("one"), of("1").file(), 1, &[]),
            invoice_file(named("instalments"), in_parts.file(), 2, &[]),
            invoice_file(named("note"), file(&[of("1"), note]), 2, &[]),
            invoice_file(named("own"), file(&[of("1"), own]), 1, &[(8, "TipoDocumento", "not_a_claim")]),
            invoice_file(named("buyer"), wrong.file(), 0, &[(3, "IdCodice", "bad_tax_id")]),
            invoice_file(named("too-much"), too_much.file(), 0, &[(7, "ImportoPagamento", "more_than_invoice")]),
            invoice_file(named("day"), file(&[of("1"), never]), 1, &[(8, "Data", "bad_date")]),
            invoice_file(named("marked"), marked, 1, &[]),
        ]);
    }
    let other = simplified("S4", "TD99", "50.00");
    all.extend([
        invoice_file("FSM10-one.xml".to_owned(), simplified("S1", "TD07", "122.00"), 1, &[]),
        invoice_file("FSM10-note.xml".to_owned(), simplified("S2", "TD08", "-22.00"), 1, &[]),
        invoice_file(
            "FSM10-nothing.xml".to_owned(),
            simplified("S3", "TD07", "0.00"),
            0,
            &[(2, "ImportoTotaleDocumento", "not_positive")],
        ),
        invoice_file("FSM10-other.xml".to_owned(), other, 0, &[(2, "TipoDocumento", "bad_word")]),
    ]);
    all
}

fn signed_invoices() -> Vec<Fixture> {
    let folder = format!("{}/tests/it/intake/signed", env!("CARGO_MANIFEST_DIR"));
    let signed = |name: &str| std::fs::read(format!("{folder}/{name}.xml.p7m")).unwrap();
    let beside = |name: &str, bytes: &[u8]| {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let good = Written::default().file();
        for (name, bytes) in [("good.xml", good.as_bytes()), ("bad.xml.p7m", bytes)] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        let zip = zip.finish().unwrap().into_inner();
        invoice_file(format!("{name}.zip"), zip, 1, &[(1, "", "bad_signature")])
    };
    let mut changed = signed("rsa");
    let place = changed.windows(6).position(|w| w == b"610.00").unwrap();
    changed[place] = b'9';
    let names = ["rsa", "streamed", "ec", "pem", "pss"];
    let mut all: Vec<Fixture> =
        names.map(|name| invoice_file(format!("{name}.xml.p7m"), signed(name), 1, &[])).into_iter().collect();
    all.extend([
        beside("detached", &signed("detached")),
        beside("no-certificate", &signed("no-certificate")),
        beside("changed", &changed),
    ]);
    all
}

fn statements() -> Vec<Fixture> {
    const C1: &str = "MECCANICA VALDOSSA SRL";
    let good = entry("B1", "500.00", C1, "IT01A", "", &free("FT 2026/0102"));
    let unclear = entry("B2", "77.00", "CASSA DI INCASSO", "IT02A", "", &free("saldo"));
    let without_day = good.replace("<BookgDt><Dt>2026-09-15</Dt></BookgDt>", "");
    let odd_money = unclear.replace("Ccy=\"EUR\"", "Ccy=\"EURO\"");
    let odd_amount = unclear.replace("77.00", "settanta");
    let mut all = Vec::new();
    for kind in ["camt.053.001.02", "camt.053.001.08", "camt.054.001.04"] {
        let mut add = |name: &str, text: String, n_accepted: u64, refused: &[Refused]| {
            all.push(Fixture {
                name: format!("{kind}-{name}.xml"),
                what: "payments",
                bytes: text.into_bytes(),
                on_a_ledger: true,
                n_accepted,
                refused: refused.to_vec(),
            });
        };
        let whole = message(kind, &[good.as_str(), &unclear].concat());
        let cut = whole.split_at(whole.find("<Nm>CASSA").unwrap()).0.to_owned();
        add("booked", whole, 2, &[]);
        add("twice", message(kind, &[good.as_str(), &good].concat()), 2, &[]);
        add("day", message(kind, &[without_day.as_str(), &unclear].concat()), 1, &[(4, "BookgDt", "missing")]);
        let odd = message(kind, &[good.as_str(), &odd_money, &odd_amount].concat());
        add("money", odd, 1, &[(5, "Amt", "bad_currency"), (6, "Amt", "bad_amount")]);
        add("cut", cut, 1, &[(5, "", "bad_xml")]);
    }
    all
}
