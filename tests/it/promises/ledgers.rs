//! Made-up ledgers in every spelling, with faults whose place and name are known.

use jiff::{ToSpan, civil::date};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::doses;

const COLUMNS: [&str; 9] =
    ["client", "invoice", "issued_on", "due_on", "amount", "currency", "disputed", "name", "credit_type"];

/// How a ledger is written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelling {
    pub(super) delimiter: char,
    pub(super) encoding: Encoding,
    /// The mark before the cents and the one between thousands.
    pub(super) marks: (char, char),
    pub(super) dates: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Encoding {
    Utf8,
    Utf8WithMark,
    Windows1252,
}

/// Every spelling there is.
pub(super) fn spellings() -> Vec<Spelling> {
    let mut all = Vec::new();
    for delimiter in [';', ',', '\t'] {
        for encoding in [Encoding::Utf8, Encoding::Utf8WithMark, Encoding::Windows1252] {
            for marks in [(',', '.'), ('.', ',')] {
                for dates in ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"] {
                    all.push(Spelling { delimiter, encoding, marks, dates });
                }
            }
        }
    }
    all
}

impl Spelling {
    pub(super) fn amount(self, minor: u64) -> String {
        let (point, comma) = self.marks;
        let digits = (minor / 100).to_string();
        let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
        format!("{}{point}{:02}", groups.join(&comma.to_string()), minor % 100)
    }

    pub(super) fn day(self, day: jiff::civil::Date) -> String {
        day.strftime(self.dates).to_string()
    }

    pub(super) fn line(self, fields: &[String]) -> String {
        let quoted = |field: &String| match field.contains([self.delimiter, '"', '\n']) {
            true => format!("\"{}\"", field.replace('"', "\"\"")),
            false => field.clone(),
        };
        fields.iter().map(quoted).collect::<Vec<_>>().join(&self.delimiter.to_string())
    }

    pub(super) fn bytes(self, text: &str) -> Vec<u8> {
        match self.encoding {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf8WithMark => ["\u{feff}", text].concat().into_bytes(),
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
        }
    }
}

/// A row that must be refused: where, for what, and what it should have been.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: u64,
    pub(super) column: &'static str,
    pub(super) code: &'static str,
    pub(super) mended: Vec<String>,
}

pub(super) struct Ledger {
    pub(super) bytes: Vec<u8>,
    /// Rows, the header aside.
    pub(super) n_rows: u64,
    /// Rows that repeat an earlier one word for word.
    pub(super) n_repeated: u64,
    pub(super) faults: Vec<Fault>,
    /// The name of every client by its code.
    pub(super) names: Vec<(String, String)>,
}

/// A ledger with faults sown by a seed.
pub(super) fn ledger(spelling: Spelling, seed: u64) -> Ledger {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let header: Vec<String> = COLUMNS.iter().map(|c| (*c).to_owned()).collect();
    let mut text = spelling.line(&header) + "\r\n";
    let mut next_line = 2;
    let mut ledger = Ledger { bytes: Vec::new(), n_rows: 0, n_repeated: 0, faults: Vec::new(), names: Vec::new() };
    let names = ["Caffè Società \"Perù\" S.r.l.", "Forlì, Müller; Åkesson", "Officine d’Été", "Rovere"];
    ledger.names.extend((1..).zip(names).map(|(n, name)| (format!("C-{n}"), name.to_owned())));
    let mut last_good: Option<Vec<String>> = None;
    for number in 0..doses::LEDGER_ROWS {
        let row = good_row(&mut rng, spelling, number, &ledger.names);
        // The first rows are whole, so that every client is made by one of its own.
        let is_faulty = number >= names.len() && rng.random_ratio(1, doses::ONE_FAULT_IN);
        let mut written = row.clone();
        if is_faulty {
            let (column, code) = spoil(&mut rng, &mut written, last_good.as_ref().unwrap());
            ledger.faults.push(Fault { line: next_line, column, code, mended: row });
        } else {
            last_good = Some(row);
        }
        let n_times = if !is_faulty && rng.random_ratio(1, 10) { 2 } else { 1 };
        for _ in 0..n_times {
            let line = spelling.line(&written);
            next_line += 1 + line.matches('\n').count() as u64;
            text += &(line + "\r\n");
        }
        ledger.n_rows += n_times;
        ledger.n_repeated += n_times - 1;
    }
    ledger.bytes = spelling.bytes(&text);
    ledger
}

fn good_row(rng: &mut ChaCha8Rng, spelling: Spelling, number: usize, names: &[(String, String)]) -> Vec<String> {
    let (client, name) = if number < names.len() { &names[number] } else { &names[rng.random_range(0..names.len())] };
    let issued = date(2025, 1, 1) + rng.random_range(0..600).days();
    let word = if rng.random_bool(0.1) { "merce\nsfusa" } else { "città" };
    vec![
        client.clone(),
        format!("F{number}"),
        spelling.day(issued),
        spelling.day(issued + 30.days()),
        spelling.amount(rng.random_range(100_000..900_000_000)),
        "EUR".to_owned(),
        "false".to_owned(),
        name.clone(),
        word.to_owned(),
    ]
}

/// Makes a row wrong; answers the column and the code of the refusal.
fn spoil(rng: &mut ChaCha8Rng, row: &mut Vec<String>, other: &[String]) -> (&'static str, &'static str) {
    let faults = [
        (0, "", "missing"),
        (1, "", "missing"),
        (2, "31/31/2025", "bad_date"),
        (3, "domani", "bad_date"),
        (4, "dodici", "bad_amount"),
        (4, "-12", "not_positive"),
        (5, "EURO", "bad_currency"),
        (6, "perhaps", "bad_word"),
    ];
    match rng.random_range(0..faults.len() + 2) {
        n if n < faults.len() => {
            let (place, value, code) = faults[n];
            value.clone_into(&mut row[place]);
            (COLUMNS[place], code)
        }
        n if n == faults.len() => {
            row.truncate(4);
            ("", "wrong_columns")
        }
        // The number of another invoice of the same client, with other content.
        _ => {
            other[0].clone_into(&mut row[0]);
            other[1].clone_into(&mut row[1]);
            ("invoice", "duplicate")
        }
    }
}

/// A file of rejects after somebody has mended every row of it.
pub(super) fn mended(rejected: &[u8], faults: &[Fault]) -> Vec<u8> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(rejected);
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    writer.write_record(reader.headers().unwrap()).unwrap();
    for (record, fault) in reader.records().zip(faults) {
        let record = record.unwrap();
        let behind = record.iter().skip(COLUMNS.len());
        writer.write_record(fault.mended.iter().map(String::as_str).chain(behind)).unwrap();
    }
    writer.into_inner().unwrap()
}
