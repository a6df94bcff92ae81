//! Recorded answers, where a folder of them is at hand (`VEDETTA_SAMPLES`); else our own fixtures, in the same way.

use std::path::{Path, PathBuf};

use vedetta::{collect::Misread, domain::Status};

use super::{read_bytes, statuses};

const SOURCES: [(&str, &str); 10] = [
    ("bodacc", "bodacc"),
    ("companies_house", "companies-house"),
    ("gleif", "gleif"),
    ("rss", "press"),
    ("openapi_it", "openapi-it"),
    ("eurostat", "eurostat"),
    ("protests_html", "protests-html"),
    ("infocamere", "infocamere"),
    ("recherche_entreprises", "recherche-entreprises"),
    ("vies", "vies"),
];

/// What some recorded answers are known to say: the states in order, and how many values nobody understood.
const KNOWN: [(&str, &str, &[Status], usize); 14] = {
    use Status::*;
    [
        (
            "bodacc",
            "v2.1_records_collective.json",
            &[InsolventLiquidation, Restructuring, InsolventLiquidation, InsolventLiquidation],
            0,
        ),
        ("bodacc", "bodacc.json", &[Ceased], 0),
        // Its number is an invented one, and its check digit is wrong.
        ("recherche-entreprises", "search-123456789.json", &[Unknown], 1),
        ("recherche-entreprises", "search-302474648.json", &[Active], 0),
        ("recherche-entreprises", "search-880878145.json", &[Ceased], 0),
        ("vies", "check-vat-number_IE6388047V_valid.json", &[], 0),
        ("vies", "ms_get_IT_shape.json", &[], 0),
        ("vies", "error_MS_UNAVAILABLE.json", &[], 0),
        ("infocamere", "blocchi-impresa_constructed.xml", &[VoluntaryLiquidation, ActiveWarning, Active], 0),
        // The tax code of this one was replaced by a hash.
        ("infocamere", "dati-identificativi_real_fragment.xml", &[VoluntaryLiquidation], 1),
        ("infocamere", "ListaImpreseRI_constructed.xml", &[Active], 0),
        ("infocamere", "protesti_VisuraEffetto_constructed.xml", &[], 0),
        ("openapi-it", "example_IT-advanced.json", &[Active], 0),
        (
            "openapi-it",
            "real_IT-negativita_10354890963_procedure.json",
            &[InsolventLiquidation, Restructuring, ActiveWarning, ActiveWarning],
            0,
        ),
    ]
};

/// Files that are no answer of the source's, or answers that say no: they must give an error that says so. That nobody
/// could say is an answer of VIES.
fn is_no_answer(kind: &str, name: &str) -> bool {
    if kind == "vies" && name.starts_with("error_") {
        return false;
    }
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
        "rule.yml",
        "open-api",
        "natures-juridiques",
        "tranches-effectifs",
        "last-modified",
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
            if is_no_answer(kind, &name) {
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
            if let Some((_, _, states, n_leftovers)) = KNOWN.iter().find(|known| (known.0, known.1) == (kind, &*name)) {
                let found: Vec<Status> = statuses(&page).iter().map(|change| change.status).collect();
                assert_eq!((found.as_slice(), page.leftovers.len()), (*states, *n_leftovers), "{name}: {page:?}");
            }
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
