use std::path::Path;

use serde_json::{Value, json};
use vedetta::{
    intake::{self, Content, Options, Outcome, rejected_csv},
    store::Store,
};

use super::{
    doses,
    ledgers::{Encoding, Fault, Ledger, Spelling, ledger, mended, spellings},
    program::{answer, vedetta},
};
use crate::{intake::options, world::start};

async fn open(folder: &Path) -> Store {
    let url = crate::stores::address(&folder.join("vedetta.db"));
    Store::open(&url, &folder.join("archive")).await.unwrap()
}

async fn import(store: &Store, bytes: &[u8], options: &Options) -> Outcome {
    intake::import(store, "ledger.csv", bytes, options, start(), &|_, _| {}).await.unwrap()
}

/// Everything an outcome says, to be compared.
fn said(outcome: &Outcome) -> Value {
    let rejects = outcome.rejects.iter().map(|r| json!([r.line, r.column, r.value, r.code, r.reason, r.row]));
    json!({
        "counts": [outcome.accepted, outcome.changed, outcome.unchanged, outcome.rejected, outcome.created_clients],
        "rejects": rejects.collect::<Vec<_>>(), "notes": outcome.notes, "header": outcome.header,
    })
}

fn places(outcome: &Outcome) -> Vec<(u64, &str, &str)> {
    outcome.rejects.iter().map(|r| (r.line, r.column.as_str(), r.code)).collect()
}

fn expected(faults: &[Fault]) -> Vec<(u64, &str, &str)> {
    faults.iter().map(|f| (f.line, f.column, f.code)).collect()
}

/// The names and the ledger of a portfolio, as the store has them.
async fn stored(store: &Store, portfolio: &str, names: &[(String, String)]) -> (Vec<(String, String)>, usize) {
    let portfolio = store.facts().portfolio(&portfolio.parse().unwrap()).await.unwrap();
    let (mut found, mut n_lines) = (Vec::new(), 0);
    for (code, _) in names {
        let client = store.facts().client(portfolio, &code.parse().unwrap()).await.unwrap().unwrap();
        found.push((client.code.to_string(), client.facts.who.name));
        n_lines += store.facts().ledger(client.id).await.unwrap().len();
    }
    (found, n_lines)
}

#[tokio::test]
async fn g21_every_row_of_every_spelling_is_accepted_or_refused_by_line_column_and_code() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut n_faults = 0;
    for (seed, spelling) in spellings().into_iter().cycle().take(doses::g21_ledgers()).enumerate() {
        let Ledger { bytes, n_rows, n_repeated, faults, names } = ledger(spelling, seed as u64);
        n_faults += faults.len();
        let portfolio = format!("p{seed}");
        let real =
            Options { portfolio: portfolio.parse().unwrap(), create_clients: true, ..options(Content::Invoices, None) };
        let dry = Options { dry_run: true, ..real.clone() };
        let plan = import(&store, &bytes, &dry).await;
        let first = import(&store, &bytes, &real).await;
        assert_eq!(said(&plan), said(&first), "a dry run of {spelling:?} says what the import does");
        assert_eq!(first.accepted + first.rejected, n_rows, "{spelling:?}");
        assert_eq!(places(&first), expected(&faults), "{spelling:?} {:?}", first.notes);
        assert_eq!((first.unchanged, first.created_clients), (n_repeated, names.len() as u64));

        let again = import(&store, &bytes, &real).await;
        assert_eq!((again.changed, again.created_clients), (0, 0), "{spelling:?}");
        assert_eq!((again.unchanged, places(&again)), (first.accepted, places(&first)));

        let rest = import(&store, &mended(&rejected_csv(&first), &faults), &real).await;
        assert_eq!((rest.changed, rest.rejected), (faults.len() as u64, 0), "{spelling:?} {:?}", rest.rejects);
        assert_eq!(stored(&store, &portfolio, &names).await, (names, (n_rows - n_repeated) as usize));
    }
    assert!(n_faults > 500, "{n_faults} faults were sown");
}

#[test]
fn g21_the_program_says_so_by_its_exit_code_and_keeps_what_it_refused_beside_the_file() {
    let spellings = [
        Spelling { delimiter: ';', encoding: Encoding::Windows1252, marks: (',', '.'), dates: "%d/%m/%Y" },
        Spelling { delimiter: '\t', encoding: Encoding::Utf8WithMark, marks: ('.', ','), dates: "%d.%m.%Y" },
    ];
    for (seed, spelling) in (100..).zip(spellings) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let file = folder.path().join("ledger.csv").display().to_string();
        let Ledger { bytes, n_rows, faults, .. } = ledger(spelling, seed);
        std::fs::write(&file, bytes).unwrap();
        let import = ["import", "invoices", file.as_str(), "--create-clients"];
        let dry = answer(&data, &[import.as_slice(), &["--dry-run"]].concat(), 3);
        let rejected = format!("{file}.rejected.csv");
        assert!(!Path::new(&rejected).exists(), "a dry run writes nothing");
        let first = answer(&data, &import, 3);
        assert_eq!(dry, first);
        let count = |answer: &Value, what: &str| answer[what].as_u64().unwrap();
        assert_eq!(count(&first, "accepted") + count(&first, "rejected"), n_rows);
        let listed = first["rejects"].as_array().unwrap().iter();
        let listed =
            listed.map(|r| (r["line"].as_u64().unwrap(), r["column"].as_str().unwrap(), r["code"].as_str().unwrap()));
        assert_eq!(listed.collect::<Vec<_>>(), expected(&faults));
        assert_eq!(count(&answer(&data, &import, 3), "changed"), 0);

        let kept = std::fs::read(&rejected).unwrap();
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(kept.as_slice());
        let behind = reader.headers().unwrap().iter().rev().take(4).collect::<Vec<_>>();
        assert_eq!(behind, ["reason", "code", "column", "line"]);
        for (record, fault) in reader.records().zip(&faults) {
            let record = record.unwrap();
            let last = |n: usize| &record[record.len() - n];
            assert_eq!((last(4), last(3), last(2)), (fault.line.to_string().as_str(), fault.column, fault.code));
        }
        std::fs::write(&file, mended(&kept, &faults)).unwrap();
        let rest = answer(&data, &import, 0);
        assert_eq!((count(&rest, "changed"), count(&rest, "rejected")), (faults.len() as u64, 0));
        let clients = vedetta(&data).args(["export", "ratings"]).output().unwrap().stdout;
        assert!(String::from_utf8(clients).unwrap().contains("Caffè Società \"\"Perù\"\" S.r.l."));
    }
}
