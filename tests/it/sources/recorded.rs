//! Recorded answers, where a folder of them is at hand (`VEDETTA_SAMPLES`); else our own fixtures, in the same way.

use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use vedetta::{
    collect::{Misread, Page},
    domain::{Fact, Status},
};

use super::{leftover_paths, of_kind, read_bytes, statuses};

const SOURCES: [(&str, &str); 8] = [
    ("companies_house", "companies-house"),
    ("edgar", "edgar"),
    ("gazette", "gazette"),
    ("gleif", "gleif"),
    ("rss", "press"),
    ("openapi_it", "openapi-it"),
    ("eurostat", "eurostat"),
    ("protests_html", "protests-html"),
];

/// Files that are no answer of the source's, or answers that say no: they must give an error that says so.
fn is_no_answer(name: &str) -> bool {
    let marks = [
        "swagger_",
        "enum_",
        "bulk_",
        ".openapi.json",
        ".md",
        "SOURCES",
        "structure",
        "fields_all",
        "registration_authorities",
        "entity_legal_forms",
        "fuzzycompletions",
        "field_modifications",
        "direct-parent",
        "error_",
        "footer",
        "GOV_10Q",
        "invalid",
        "captcha",
        "headers",
        "gleif-rs_enums",
        "fetch_samples",
        "NoSuchKey",
    ];
    marks.iter().any(|mark| name.contains(mark))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).map(|entries| entries.flatten().map(|e| e.path()).collect());
    let mut files: Vec<PathBuf> = entries.unwrap_or_default();
    files.sort();
    files
}

/// What is known of single recorded answers of the United Kingdom and the United States: states, key days, and that nothing
/// in them is left over.
fn holds_what_is_known(name: &str, page: &Page) {
    let said: Vec<Status> = statuses(page).iter().map(|change| change.status).collect();
    let opened: Vec<Option<Date>> = statuses(page).iter().map(|change| change.opened_on).collect();
    let expected: &[Status] = match name {
        "profile_00000006.json" => &[Status::Ceased],
        "stream_company-profile.json" => &[Status::Active],
        "stream_company-insolvency.json"
        | "insolvency_retrieve_by_company_number.json"
        | "insolvency_case_type_compulsory_liquidation_output.json" => &[Status::InsolventLiquidation],
        "stream_filing-history.json" => {
            assert_eq!(of_kind(page, "filing").len(), 1, "{name}");
            &[]
        }
        "feed_sample.json" | "feed_sample.atom.xml" => {
            assert_eq!(page.mentions, [], "{name}: no notice of insolvency");
            &[]
        }
        "insolvency_entries.json" => {
            let n_numbers = page.mentions.iter().map(|m| m.subject.identifiers.len());
            assert_eq!(n_numbers.collect::<Vec<_>>(), [0, 1], "{name}: only the second shows its number");
            assert!(page.mentions.iter().all(|m| !m.subject.name.is_empty() && !m.subject.name.contains("Resolution")));
            &[Status::VoluntaryLiquidation, Status::InsolventLiquidation]
        }
        "submissions_CIK0000895419_wolfspeed.json" => {
            assert_eq!(opened, [Some(date(2025, 6, 30)); 3], "{name}: three reports of one case");
            let closed: Vec<_> = statuses(page).iter().map(|change| change.closed_on).collect();
            assert_eq!(closed, [None, None, Some(date(2025, 9, 29))], "{name}: its plan took effect");
            assert!(of_kind(page, "clean").is_empty());
            &[Status::InsolventLiquidation; 3]
        }
        "submissions_CIK0000940418_siemens.json" => {
            assert!(of_kind(page, "clean").is_empty(), "{name}: a holder of shares says nothing of its own solvency");
            &[]
        }
        _ => return,
    };
    assert_eq!(said, expected, "{name}");
    // One file was made with an id that no company can have, and is told so.
    let odd = if name.contains("compulsory_liquidation") { &["$.company_number"][..] } else { &[] };
    assert_eq!(leftover_paths(page), odd, "{name}");
}

#[test]
fn the_recorded_row_of_the_bulk_file_is_read() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures");
    let given = std::env::var_os("VEDETTA_SAMPLES").map(PathBuf::from);
    let recorded = given.map(|folder| folder.join("companies_house/bulk_header_and_row.csv")).filter(|f| f.exists());
    let body = std::fs::read(recorded.unwrap_or_else(|| own.join("companies_house/bulk_rows.csv"))).unwrap();
    let page = read_bytes("companies-house-bulk", &body).unwrap();
    let first = &page.mentions[0];
    assert!(matches!(first.fact, Fact::CompanyStatus(_)));
    assert!(!first.subject.name.is_empty() && first.subject.city.is_some() && first.subject.sector.is_some());
    assert_eq!(first.subject.identifiers.len(), 1);
    let former = page.mentions.iter().find_map(|m| match &m.fact {
        Fact::Identity(identity) if identity.what == "previous_name" => identity.valid_until,
        _ => None,
    });
    assert!(former.is_some_and(|day| day < date(2020, 1, 1)));
}

#[test]
fn every_recorded_sample_is_read() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures");
    let given = std::env::var_os("VEDETTA_SAMPLES").map(PathBuf::from);
    let mut n_read = 0;
    for (folder, kind) in SOURCES {
        for file in files(&given.as_ref().unwrap_or(&own).join(folder)) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let body = std::fs::read(&file).unwrap();
            let result = read_bytes(kind, &body);
            if is_no_answer(&name) {
                assert!(result.is_err(), "{name} is no answer of {kind}, and was read as one");
                continue;
            }
            let page = match result {
                Ok(page) => page,
                // A search that is still pending, an answer for which there is nothing to read.
                Err(Misread::NotNow(_)) => continue,
                Err(e) => panic!("{kind}: {name}: {e}"),
            };
            n_read += 1;
            holds_what_is_known(&name, &page);
            let text = String::from_utf8_lossy(&body);
            if kind == "gleif" && text.contains("LAPSED") && !text.contains("INACTIVE") && !text.contains("IN_PROGRESS")
            {
                assert!(statuses(&page).iter().all(|c| c.status == Status::Active), "{name}: a lapsed LEI is no event");
            }
            if text.contains("STATO DI INSOLVENZA") {
                let open = statuses(&page).into_iter().filter(|c| c.closed_on.is_none() && c.revoked_on.is_none());
                assert!(
                    open.map(|c| c.status).any(|s| s == Status::InsolventLiquidation),
                    "{name}: it is in procedure"
                );
            }
        }
    }
    assert!(n_read >= 10, "only {n_read} answers were found");
}
