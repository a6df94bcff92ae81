use proptest::prelude::*;
use vedetta::intake::{Content, InvoiceDraft, Outcome, Reading, Rows, read, rejected_csv};

use super::{clients, invoices, options};

const HEADER: &str = "client,invoice,issued_on,due_on,amount,currency,paid_on,paid_amount,kind,disputed";

fn drafts(reading: &Reading) -> Vec<InvoiceDraft> {
    match &reading.rows {
        Rows::Invoices(rows) => rows.iter().map(|(_, draft)| draft.clone()).collect(),
        Rows::Clients(_) | Rows::Payments(_) => panic!("invoices were read"),
    }
}

fn codes(reading: &Reading) -> Vec<(u64, &str, &str)> {
    reading.rejects.iter().map(|r| (r.line, r.column.as_str(), r.code)).collect()
}

fn refusal(file: &str, content: Content, map: Option<&str>) -> String {
    read("f.csv", file.as_bytes(), &options(content, map)).unwrap_err().to_string()
}

#[test]
fn a_bad_row_is_refused_by_line_and_column_and_the_rest_lands() {
    let file = format!(
        "{HEADER}\n\
         C1,F1,2026-01-01,2026-02-01,100.00,EUR,,,,\n\
         \n\
         C1,F2,2026-13-01,2026-02-01,100.00,EUR,,,,\n\
         C1,F3,2026-01-01,,-5,EUR,,,,\n\
         C1,F4,2026-01-01,,abc,EUR,,,,\n\
         ,F5,2026-01-01,,1,EUR,,,,\n\
         C1,F6,2026-01-01,,1,EURO,,,,\n\
         C1,F7,2026-01-01,,1,EUR,,,,perhaps\n\
         C1,F8,2026-01-01\n\
         C1,F1,2026-01-01,2026-02-01,100.00,EUR,,,,\n\
         C1,F1,2026-01-01,2026-02-01,101.00,EUR,,,,\n\
         C1,\"F\n9\",2026-01-01,,0,EUR,,,,\n\
         C1,F10,2026-01-01,,7.5,EUR,,,,\n"
    );
    let reading = invoices(file, None);
    assert_eq!(
        codes(&reading),
        [
            (4, "issued_on", "bad_date"),
            (5, "amount", "not_positive"),
            (6, "amount", "bad_amount"),
            (7, "client", "missing"),
            (8, "currency", "bad_currency"),
            (9, "disputed", "bad_word"),
            (10, "", "wrong_columns"),
            (12, "invoice", "duplicate"),
            (13, "amount", "not_positive"),
        ]
    );
    assert_eq!((drafts(&reading).len(), reading.n_repeated), (2, 1));
}

#[test]
fn a_client_row_that_would_link_wrongly_is_refused() {
    let reading = clients(
        "Client,Name,Country,Tax ID,Sector,Registry_ID,LEI\n\
         A,Meccanica Valdossa S.r.l.,IT,00743110157,25.62,,\n\
         B,Altra S.r.l.,IT,00743110158,,,\n\
         C,Terza,ZZ,,,,\n\
         D,Quarta,IT,,nothing,,\n\
         E,Quinta,,IT00743110157,,,\n\
         F,Sesta,FR,,,732829321,\n\
         G,Settima,,,,,5493001KJTIIGC8Y1R13\n\
         H,,IT,,,,\n",
        None,
    );
    assert_eq!(
        codes(&reading),
        [
            (3, "Tax ID", "bad_tax_id"),
            (4, "Country", "bad_country"),
            (5, "Sector", "bad_sector"),
            (7, "Registry_ID", "bad_registry_id"),
            (8, "LEI", "bad_lei"),
            (9, "Name", "missing"),
        ]
    );
    let Rows::Clients(rows) = &reading.rows else { panic!("clients were read") };
    assert_eq!(rows[1].1.facts.who.country.unwrap().code(), "IT", "the prefix of the tax number says the country");
}

#[test]
fn a_quote_that_is_never_closed_costs_one_line() {
    let file =
        "client,invoice,issued_on,amount\nC1,\"F1,2026-01-01,1\nC1,F2,2026-01-01,2\nC1,\"F\"\"3\",2026-01-01,3\n";
    let reading = invoices(file, None);
    assert_eq!(codes(&reading), [(2, "", "wrong_columns")]);
    assert_eq!(drafts(&reading).iter().map(|d| d.number.as_str()).collect::<Vec<_>>(), ["F2", "F\"3"]);
}

#[test]
fn a_line_of_megabytes_is_one_reject() {
    let long = "x".repeat(3 << 20);
    let reading =
        invoices(format!("client,invoice,issued_on,amount\nC1,{long},2026-01-01,1\nC1,F2,2026-01-01,2\n"), None);
    assert_eq!((codes(&reading), drafts(&reading).len()), (vec![(2, "", "too_long")], 1));
    assert!(reading.rejects[0].row[0].len() <= 300);
}

#[test]
fn letters_are_read_in_whatever_set_they_came() {
    let rows = |bytes: &[u8]| {
        let Rows::Clients(rows) = clients(bytes, None).rows else { panic!("clients were read") };
        rows.into_iter().map(|(_, d)| d.facts.who.name).collect::<Vec<_>>()
    };
    let text = "client;name\nA;Società Perché € è\nB;Müller & Söhne\n";
    let expected = ["Società Perché € è", "Müller & Söhne"];
    assert_eq!(rows(text.as_bytes()), expected);
    assert_eq!(rows(&[b"\xef\xbb\xbf", text.as_bytes()].concat()), expected);
    assert_eq!(rows(&encoding_rs::WINDOWS_1252.encode(text).0), expected);
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(rows(&utf16), expected);
    let damaged = clients(b"client,name\nA,Citt\xc3\xa0\nB,Citt\xe0\nC,Perch\xc3\xa9\n", None);
    assert_eq!(codes(&damaged), [(3, "name", "bad_encoding")], "one damaged byte does not make a file Western");
    let nul = clients(b"client,name\nA,x\0y\n", None);
    assert_eq!(codes(&nul), [(2, "name", "bad_encoding")]);
}

#[test]
fn a_file_that_is_none_is_refused_with_what_was_found() {
    let no_amount = refusal("client,invoice,issued_on,total\n", Content::Invoices, None);
    assert!(no_amount.contains("\"amount\"") && no_amount.contains("total"), "{no_amount}");
    assert!(refusal("", Content::Clients, None).contains("empty"));
    assert!(refusal("client,name,Name\n", Content::Clients, None).contains("twice"));
    let workbook = read("x.xlsx", b"PK\x03\x04rest", &options(Content::Clients, None)).unwrap_err();
    assert!(workbook.to_string().contains("CSV"));
}

#[test]
fn a_map_that_is_wrong_names_the_key() {
    let wrong = |map: &str| refusal("client,invoice,issued_on,amount\n", Content::Invoices, Some(map));
    assert!(wrong("[file]\ndelimeter = ';'\n").contains("delimeter"));
    assert!(wrong("[file]\ndelimiter = 'x'\n").contains("file.delimiter"));
    assert!(wrong("[file]\nencoding = 'klingon'\n").contains("file.encoding"));
    assert!(wrong("[file]\ndates = '%d/%m'\n").contains("file.dates"));
    assert!(wrong("[columns]\nclyent = 'x'\n").contains("columns.clyent"));
    assert!(wrong("[words]\ndisputed = { maybe = ['x'] }\n").contains("words.disputed.maybe"));
    assert!(wrong("[columns]\npaid_on = 'Settled'\n").contains("Settled"), "a mapped column must be there");
}

#[test]
fn a_map_says_how_a_file_differs() {
    let map = r#"
        [file]
        delimiter = ";"
        encoding  = "windows-1252"
        decimal   = ","
        dates     = "%d/%m/%Y"
        currency  = "USD"
        [columns]
        client    = "customerID"
        issued_on = "InvoiceDate"
        [words]
        disputed  = { true = ["Yes", "Sì"], false = ["No", ""] }
    "#;
    let text =
        "customerID;Extra;invoice;InvoiceDate;amount;disputed\nC1;x;F1;1/2/2026;1.234,56;Sì\nC1;x;F2;31/12/2025;12;\n";
    let reading = invoices(encoding_rs::WINDOWS_1252.encode(text).0, Some(map));
    let rows = drafts(&reading);
    assert_eq!(rows[0].amount.to_string(), "1234.56 USD");
    assert_eq!(rows[0].issued_on, jiff::civil::date(2026, 2, 1));
    assert_eq!((rows[0].disputed, rows[1].disputed), (true, false));
    assert!(reading.notes.iter().any(|n| n == "columns ignored: Extra"), "{:?}", reading.notes);
}

#[test]
fn amounts_are_read_in_the_files_own_spelling() {
    let amount = |text: &str, decimal: &str| {
        let map = format!("[file]\ndecimal = '{decimal}'\n");
        let file = format!("client;invoice;issued_on;amount\nC1;F1;2026-01-01;{text}\n");
        let reading = invoices(file, Some(&map));
        drafts(&reading).first().map_or_else(|| reading.rejects[0].code.to_owned(), |d| d.amount.to_string())
    };
    for text in ["1.234,56", "1 234,56", "1\u{a0}234,56", "€ 1.234,56", "1234,56 EUR", "1'234,56", "1234,560"] {
        assert_eq!(amount(text, ","), "1234.56 EUR", "{text}");
    }
    assert_eq!(amount("1,234.56", "."), "1234.56 EUR");
    assert_eq!(amount("£ 5", "."), "5.00 GBP");
    for text in ["12,34.56", "1,23,456", "1.2.3", "1.234.56", "12x", "1e5", "1.005"] {
        assert_eq!(amount(text, "."), "bad_amount", "{text}");
    }
    for text in ["-5", "5-", "(5)", "0", "0.00"] {
        assert_eq!(amount(text, "."), "not_positive", "{text}");
    }
}

#[test]
fn a_payment_is_whole_when_only_its_day_is_known() {
    let reading = invoices(
        format!(
            "{HEADER}\nC1,F1,2026-01-01,,100,,2026-01-20,,,\nC1,F2,2026-01-01,,100,,2026-01-20,40,,\n\
             C1,F3,2026-01-01,,100,,,40,,\nC1,F4,2026-01-01,,100,,,0,,\nC1,F5,2026-01-05,2026-01-01,100,,2025-12-20,,credit_note,\n"
        ),
        None,
    );
    let paid: Vec<(bool, i64)> = drafts(&reading).iter().map(|d| (d.paid_on.is_some(), d.paid_minor)).collect();
    assert_eq!(paid, [(true, 10_000), (true, 4_000), (false, 4_000), (false, 0), (true, 10_000)]);
}

#[test]
fn refused_rows_come_back_as_they_came() {
    let reading = invoices("client,invoice,issued_on,amount\nC1,\"F,1\",soon,1\nC1,F2\n", None);
    let outcome = Outcome { rejects: reading.rejects, header: reading.header, ..Outcome::default() };
    let csv = String::from_utf8(rejected_csv(&outcome)).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "client,invoice,issued_on,amount,line,column,code,reason");
    assert!(lines[1].starts_with("C1,\"F,1\",soon,1,2,issued_on,bad_date,"), "{}", lines[1]);
    assert!(lines[2].starts_with("C1,F2,,,3,,wrong_columns,"), "{}", lines[2]);
}

/// An invoice as one dialect writes it.
#[derive(Debug, Clone)]
struct Written {
    client: String,
    minor: i64,
    day: jiff::civil::Date,
    name: String,
}

fn written() -> impl Strategy<Value = Written> {
    ("[A-Z]{1,4}[0-9]{1,4}", 1i64..9_999_999_999, 0i32..20_000, "[a-zàèìòùéüßñ ,;'\"&]{0,24}").prop_map(
        |(client, minor, day, name)| Written { client, minor, day: vedetta::domain::day_of_number(day), name },
    )
}

fn spell(rows: &[Written], delimiter: &str, decimal: char, thousands: &str, dates: &str, line_end: &str) -> String {
    let cell = |text: String| match text.contains([',', ';', '"', '\t', '|']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    };
    let mut lines = vec![["client", "invoice", "issued_on", "amount", "credit_type"].join(delimiter)];
    for (number, row) in rows.iter().enumerate() {
        let whole = (row.minor / 100).to_string();
        let grouped: Vec<&str> = whole.as_bytes().rchunks(3).rev().map(|c| std::str::from_utf8(c).unwrap()).collect();
        let amount = format!("{}{decimal}{:02}", grouped.join(thousands), row.minor % 100);
        let day = jiff::fmt::strtime::format(dates, row.day).unwrap();
        let fields = [row.client.clone(), format!("F{number}"), day, amount, row.name.clone()];
        lines.push(fields.map(cell).join(delimiter));
    }
    lines.join(line_end) + line_end
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_same_rows_come_out_of_every_dialect(
        rows in prop::collection::vec(written(), 1..30),
        delimiter in prop::sample::select(vec![",", ";", "\t", "|"]),
        (decimal, thousands) in prop::sample::select(vec![('.', ""), ('.', ","), (',', "."), (',', " "), (',', "")]),
        dates in prop::sample::select(vec!["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%Y%m%d"]),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        western in any::<bool>(),
    ) {
        let plain = drafts(&invoices(spell(&rows, ",", '.', "", "%Y-%m-%d", "\n"), None));
        let text = spell(&rows, delimiter, decimal, thousands, dates, line_end);
        let map = format!("[file]\ndates = '{dates}'\n");
        let reading = match western {
            true => invoices(encoding_rs::WINDOWS_1252.encode(&text).0, Some(&map)),
            false => invoices(&text, Some(&map)),
        };
        prop_assert_eq!(&reading.rejects, &[]);
        prop_assert_eq!(drafts(&reading), plain);
    }

    #[test]
    fn accepted_and_refused_rows_add_up_to_all(rows in prop::collection::vec("[A-Z0-9,;\"./ -]{1,40}", 0..40)) {
        // Quotes are kept even, so that a row is a line.
        let rows: Vec<String> = rows.into_iter().map(|r| r.replace('"', "'")).collect();
        let total = rows.iter().filter(|r| r.chars().any(|c| !matches!(c, ' ' | ','))).count() as u64;
        let reading = invoices(format!("client,invoice,issued_on,amount\n{}\n", rows.join("\n")), Some("[file]\ndelimiter = ','\n"));
        let accepted = drafts(&reading).len() as u64 + reading.n_repeated;
        prop_assert_eq!(accepted + reading.rejects.len() as u64, total);
    }

    #[test]
    fn no_bytes_make_it_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let file = [b"client,name,country\n".as_slice(), &bytes].concat();
        prop_assert!(read("f", &file, &options(Content::Clients, None)).is_ok());
    }
}

#[tokio::test]
async fn a_file_that_is_called_a_workbook_and_is_none_is_told_so() {
    let house = super::house::House::new().await;
    let noise: Vec<u8> = (0..2_000u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let why = house.refusal("clienti.xlsx", &noise, &super::house::creating()).await;
    assert!(why.contains("is called .xlsx and is no workbook"), "{why}");
}
