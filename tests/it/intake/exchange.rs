use jiff::civil::{Date, date};
use vedetta::{
    domain::EntryKind,
    intake::{Reject, import_folder},
    store::LedgerRow,
};

use super::{
    house::{House, codes, counts, creating, now},
    invoice_xml::{Written, file, instalment, simplified},
};
use crate::intake::options;

const CODE: &str = "IT00743110157";

fn said(row: &LedgerRow) -> (&str, EntryKind, Date, i64) {
    (row.number.as_str(), row.line.kind, row.line.due_on, row.line.amount.minor())
}

#[tokio::test]
async fn each_instalment_of_an_electronic_invoice_is_a_line_with_its_day() {
    let house = House::new().await;
    let payment = format!(
        "<DatiPagamento><CondizioniPagamento>TP01</CondizioniPagamento>{}{}</DatiPagamento>",
        instalment("600.00", "2026-10-10"),
        instalment("620.00", "2026-11-10")
    );
    let xml = Written { payment, ..Written::default() }.file();
    assert_eq!(counts(&house.import("a.xml", &xml, &creating()).await), [2, 2, 0, 0, 1]);
    let rows = house.rows(CODE).await;
    let expected = [
        ("12/2026 (1/2)", EntryKind::Invoice, date(2026, 10, 10), 60_000),
        ("12/2026 (2/2)", EntryKind::Invoice, date(2026, 11, 10), 62_000),
    ];
    assert_eq!(rows.iter().map(said).collect::<Vec<_>>(), expected);
    let who = house.client(CODE).await.facts.who;
    assert_eq!((who.name.as_str(), who.city.as_deref()), ("Meccanica Valdossa S.r.l.", Some("Milano")));
    assert_eq!(counts(&house.import("a.xml", &xml, &creating()).await), [2, 0, 2, 0, 0], "twice is once");
}

#[tokio::test]
async fn a_client_is_found_by_its_number_and_an_unknown_one_is_refused_unless_it_may_be_created() {
    let house = House::new().await;
    let clients = "client,name,country,tax_id\nC-7,Valdossa,IT,00743110157\n";
    house.import("clients.csv", clients, &options(vedetta::intake::Content::Clients, None)).await;
    let strict = options(vedetta::intake::Content::Invoices, None);
    assert_eq!(counts(&house.import("a.xml", Written::default().file(), &strict).await), [1, 1, 0, 0, 0]);
    assert_eq!(house.rows("C-7").await[0].number, "12/2026");
    let other = Written { vat: "01987651005".to_owned(), ..Written::default() };
    let outcome = house.import("b.xml", other.file(), &strict).await;
    assert_eq!(codes(&outcome), [(4, "client", "unknown_client")]);
    let wrong = Written { vat: "00743110158".to_owned(), ..Written::default() };
    assert_eq!(codes(&house.import("c.xml", wrong.file(), &strict).await), [(3, "IdCodice", "bad_tax_id")]);
}

#[tokio::test]
async fn what_is_to_be_paid_is_what_the_document_leaves_to_be_paid() {
    let house = House::new().await;
    let part = |general: &str, summary: &str, number: &str| Written {
        version: "FPA12",
        number: number.to_owned(),
        general: general.to_owned(),
        summary: summary.to_owned(),
        ..Written::default()
    };
    let documents = [
        part("", "<EsigibilitaIVA>S</EsigibilitaIVA>", "split"),
        Written {
            payment: format!(
                "<DatiPagamento><CondizioniPagamento>TP02</CondizioniPagamento>{}</DatiPagamento>",
                instalment("1220.00", "2026-10-10")
            ),
            ..part("", "<EsigibilitaIVA>S</EsigibilitaIVA>", "split in full")
        },
        part("<DatiRitenuta><ImportoRitenuta>200.00</ImportoRitenuta></DatiRitenuta>", "", "withheld"),
        part("<Arrotondamento>-0.005</Arrotondamento>", "", "rounded"),
        part("<ImportoTotaleDocumento>1219.50</ImportoTotaleDocumento>", "", "stated"),
    ];
    assert_eq!(house.import("pa.xml", file(&documents), &creating()).await.changed, 5);
    let rows = house.rows(CODE).await;
    let amounts: Vec<_> = rows.iter().map(|r| (r.number.as_str(), r.line.amount.minor())).collect();
    let expected = [("rounded", 121_999), ("split", 100_000), ("split in full", 100_000), ("stated", 121_950)];
    assert_eq!(amounts, [&expected[..], &[("withheld", 102_000)]].concat());
    assert!(rows.iter().all(|r| r.line.due_on == date(2026, 10, 10)), "thirty days where no day is named");
}

#[tokio::test]
async fn instalments_of_more_than_their_document_are_refused_and_rounding_is_taken_off_the_last() {
    let of = |number: &str, last: &str| {
        let parts = [instalment("610.00", "2026-10-10"), instalment(last, "2026-11-10")].concat();
        Written {
            number: number.to_owned(),
            general: "<ImportoTotaleDocumento>1220.00</ImportoTotaleDocumento>".to_owned(),
            payment: format!("\n<DatiPagamento><CondizioniPagamento>TP01</CondizioniPagamento>{parts}</DatiPagamento>"),
            ..Written::default()
        }
    };
    let house = House::new().await;
    let outcome = house.import("more.xml", file(&[of("A1", "910.00"), of("A2", "610.40")]), &creating()).await;
    assert_eq!(codes(&outcome), [(7, "ImportoPagamento", "more_than_invoice")], "{outcome:?}");
    let Reject { file, reason, .. } = &outcome.rejects[0];
    assert!(file == "more.xml" && reason.contains("1520.00 EUR") && reason.contains("1220.00 EUR"), "{file}: {reason}");
    let amounts: Vec<i64> = house.rows(CODE).await.iter().map(|row| row.line.amount.minor()).collect();
    assert_eq!(amounts, [61_000, 61_000]);
}

#[tokio::test]
async fn a_credit_note_comes_off_the_invoice_that_it_names() {
    let house = House::new().await;
    let note = Written {
        kind: "TD04",
        number: "3/NC".to_owned(),
        amounts: ("100.00".to_owned(), "22.00".to_owned()),
        linked: "<DatiFattureCollegate><IdDocumento>12/2026</IdDocumento></DatiFattureCollegate>".to_owned(),
        ..Written::default()
    };
    house.import("a.xml", file(&[note.clone(), Written::default()]), &creating()).await;
    let rows = house.rows(CODE).await;
    assert_eq!(rows.iter().map(|r| r.line.paid_minor).collect::<Vec<_>>(), [12_200, 12_200], "off both");
    let larger = Written { amounts: ("2000.00".to_owned(), "0.00".to_owned()), number: "4/NC".to_owned(), ..note };
    let outcome = house.import("b.xml", larger.file(), &creating()).await;
    assert_eq!(codes(&outcome), [(4, "amount", "more_than_invoice")]);
    let again = house.import("a.xml", file(&[Written::default()]), &creating()).await;
    assert_eq!((again.unchanged, house.paid(CODE, "12/2026").await.len()), (1, 1), "and stays off");
}

#[tokio::test]
async fn numbers_that_begin_anew_each_year_are_two_invoices() {
    let house = House::new().await;
    let of = |date: &str| Written { number: "1".to_owned(), date: date.to_owned(), ..Written::default() }.file();
    for _ in 0..2 {
        house.import("a.xml", of("2025-02-01"), &creating()).await;
        house.import("b.xml", of("2026-02-01"), &creating()).await;
    }
    let rows = house.rows(CODE).await;
    assert_eq!(
        rows.iter().map(|r| (r.number.as_str(), r.line.issued_on.year())).collect::<Vec<_>>(),
        [("1", 2025), ("1/2026", 2026)]
    );
}

#[tokio::test]
async fn simplified_invoices_and_their_notes_are_read() {
    let house = House::new().await;
    house.import("s.xml", simplified("S1", "TD07", "122.00"), &creating()).await;
    house.import("n.xml", simplified("S2", "TD08", "-22.00"), &creating()).await;
    let rows = house.rows(CODE).await;
    let said: Vec<_> = rows.iter().map(|r| (r.number.as_str(), r.line.kind, r.line.amount.minor())).collect();
    assert_eq!(said, [("S1", EntryKind::Invoice, 12_200), ("S2", EntryKind::CreditNote, 2_200)]);
}

#[tokio::test]
async fn a_signed_invoice_is_read_when_its_signature_holds_and_gives_nothing_when_it_does_not() {
    let folder = format!("{}/tests/it/intake/signed", env!("CARGO_MANIFEST_DIR"));
    let signed = |name: &str| std::fs::read(format!("{folder}/{name}.xml.p7m")).unwrap();
    for name in ["rsa", "streamed", "ec", "pem", "pss"] {
        let house = House::new().await;
        let outcome = house.import("x.xml.p7m", signed(name), &creating()).await;
        assert_eq!(counts(&outcome), [1, 1, 0, 0, 1], "{name}");
        assert_eq!(house.rows(CODE).await[0].line.amount.minor(), 61_000, "{name}");
    }
    let house = House::new().await;
    let mut changed = signed("rsa");
    let place = changed.windows(6).position(|w| w == b"610.00").unwrap();
    changed[place] = b'9';
    let why = house.refusal("x.xml.p7m", &changed, &creating()).await;
    assert!(why.contains("changed after it was signed"), "{why}");
    let mut forged = signed("rsa");
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let why = house.refusal("x.xml.p7m", &forged, &creating()).await;
    assert!(why.contains("does not hold against the certificate"), "{why}");
    for (name, word) in [("detached", "detached"), ("no-certificate", "certificate of a signer is not")] {
        let why = house.refusal("x.xml.p7m", signed(name), &creating()).await;
        assert!(why.contains(word), "{name}: {why}");
    }
    assert_eq!(house.store.facts().n_clients().await.unwrap(), 0, "nothing of such a file lands");
}

#[tokio::test]
async fn of_a_folder_and_of_a_zip_what_is_good_lands_and_the_rest_is_named_by_its_file() {
    let house = House::new().await;
    let folder = house.folder.path().join("invoices");
    std::fs::create_dir(&folder).unwrap();
    let second = Written { number: "13/2026".to_owned(), ..Written::default() };
    let own = Written { kind: "TD17", number: "A1".to_owned(), ..Written::default() };
    let files = [
        ("IT01_00001.xml", Written::default().file()),
        ("IT01_00002.xml", file(&[second, own])),
        ("IT01_00003.xml", "<a><b>".to_owned()),
        ("IT01_00004.xml.p7m", "garbage".to_owned()),
        ("IT01_00001_RC_001.xml", "<RicevutaConsegna/>".to_owned()),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in &files {
        std::fs::write(folder.join(name), text).unwrap();
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
    }
    let zip = zip.finish().unwrap().into_inner();
    let dry = vedetta::intake::Options { dry_run: true, ..creating() };
    let plan = import_folder(&house.store, &folder, &dry, now(), &|_, _| {}).await.unwrap();
    let outcome = import_folder(&house.store, &folder, &creating(), now(), &|_, _| {}).await.unwrap();
    assert_eq!((counts(&outcome), counts(&plan)), ([2, 2, 0, 3, 1], [2, 2, 0, 3, 1]));
    let places: Vec<_> = outcome.rejects.iter().map(|r| (r.file.as_str(), r.code)).collect();
    assert!(places.contains(&("IT01_00002.xml", "not_a_claim")), "{places:?}");
    assert!(
        places.contains(&("IT01_00003.xml", "bad_xml")) && places.contains(&("IT01_00004.xml.p7m", "bad_signature"))
    );
    assert_eq!(counts(&house.import("all.zip", &zip, &creating()).await), [2, 0, 2, 3, 0]);
}

#[tokio::test]
async fn a_zip_that_grows_beyond_all_measure_is_refused_before_it_is_unpacked() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("a.xml", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut zip, &vec![b' '; 9 << 20]).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let house = House::new().await;
    let why = house.refusal("a.zip", &zip, &creating()).await;
    assert!(why.contains("\"a.xml\" unpacks to 9437184 bytes"), "{why}");
}

/// The same invoice, issued by somebody else.
fn issued_by(number: &str, written: &Written) -> String {
    written.file().replace("01234560785", number).replace("Forniture Astengo", "Fonderia Brevaglia")
}

#[tokio::test]
async fn an_invoice_that_was_received_is_no_claim_where_it_is_known_who_issues() {
    let creditor = |number: &str| {
        let number = vedetta::domain::Identifier::tax("IT".parse().unwrap(), number).unwrap();
        vedetta::domain::Creditor::new("Forniture Astengo S.p.A.", Some(number), "").ok()
    };
    let house = House::new().await;
    let unknown = house.import("a.xml", issued_by("01987651005", &Written::default()), &creating()).await;
    assert_eq!(counts(&unknown), [1, 1, 0, 0, 1], "nothing says who the creditor is");
    assert!(unknown.notes.iter().any(|note| note.contains("nothing says who is")), "{:?}", unknown.notes);

    let house = House::new().await;
    let named = vedetta::intake::Options { creditor: creditor("01234560785"), ..creating() };
    let received = house.import("a.xml", issued_by("01987651005", &Written::default()), &named).await;
    assert_eq!((counts(&received)[3], received.rejects[0].code), (1, "other_seller"));
    let why = &received.rejects[0].reason;
    assert!(why.contains("Fonderia Brevaglia") && why.contains("IT01234560785") && why.contains("is a debt"), "{why}");
    let own = house.import("b.xml", Written::default().file(), &named).await;
    assert_eq!(counts(&own), [1, 1, 0, 0, 1]);

    // Who issued what is in the book says nothing: the first one may have been received, and a creditor's number may change.
    let second = Written { number: "13/2026".to_owned(), ..Written::default() };
    let other = house.import("c.xml", issued_by("01987651005", &second), &creating()).await;
    assert_eq!(counts(&other)[..2], [1, 1], "{:?}", other.rejects);
}
