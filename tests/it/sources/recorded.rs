//! Recorded answers, where a folder of them is at hand (`VEDETTA_SAMPLES`); else our own fixtures, in the same way.

use std::path::{Path, PathBuf};

use vedetta::{collect::Misread, domain::Status};

use super::{read_bytes, statuses};

const SOURCES: [(&str, &str); 7] = [
    ("companies_house", "companies-house"),
    ("gdelt", "gdelt"),
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
        "empty_unknown",
        "gkg_themes",
        "footer",
        "GOV_10Q",
        "invalid",
        "captcha",
        "headers",
        "gleif-rs_enums",
        "fetch_samples",
    ];
    marks.iter().any(|mark| name.contains(mark))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).map(|entries| entries.flatten().map(|e| e.path()).collect());
    let mut files: Vec<PathBuf> = entries.unwrap_or_default();
    files.sort();
    files
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
