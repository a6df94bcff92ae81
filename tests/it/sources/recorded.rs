//! Recorded answers, where a folder of them is at hand (`VEDETTA_SAMPLES`); else our own fixtures, in the same way.

use std::path::{Path, PathBuf};

use vedetta::{
    collect::{Misread, Page},
    domain::{Fact, Indicator, Status},
};

use super::{read_bytes, statuses};

const SOURCES: [(&str, &str); 7] = [
    ("companies_house", "companies-house"),
    ("gleif", "gleif"),
    ("rss", "press"),
    ("openapi_it", "openapi-it"),
    ("eurostat", "eurostat"),
    ("istat", "istat"),
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
        "direct-parent",
        "error_",
        "footer",
        "GOV_10Q",
        "CL_FREQ",
        "actualconstraint",
        "recorded_2556",
        "openapi.yaml",
        "istatcats",
        "golden",
        "publishes",
        "updates",
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

/// What each recorded answer of a statistical office must say: how many figures, the first of them, and no leftover.
const FIGURES: [(&str, usize, &str); 7] = [
    ("array_style_and_sparse.json", 2, "TOTAL  IT 2025-10 126.1 I15"),
    ("nama_10_gdp_real_sample.json", 4, "B1GQ  DE 2022 3989390 CP_MEUR"),
    ("prc_hicp_minr_IT_documented.json", 2, "TOTAL  IT 2026-07 128.1 I15"),
    ("sts_inpr_m_sdmx-csv.csv", 2, "production B-D AT 2024-01 102.4 I21"),
    ("sts_rb_q_IT_constructed.json", 35, "registrations B-E IT 2025-Q1 94.7 I21"),
    ("22_289.xml", 8, "JAN  IT 2019 29131195 "),
    ("filtro_esempio03.csv", 36, "KILLINJ  072006 2001 3047 "),
];

fn statistics_are_whole(name: &str, page: &Page) {
    let figures: Vec<&Indicator> =
        page.mentions.iter().filter_map(|m| if let Fact::Indicator(i) = &m.fact { Some(i) } else { None }).collect();
    assert_eq!(figures.len(), page.mentions.len(), "{name}: an office says figures");
    let ids: std::collections::HashSet<&str> = page.mentions.iter().map(|m| m.own_id.as_str()).collect();
    assert_eq!(ids.len(), page.mentions.len(), "{name}: every figure has an id of its own");
    let Some((_, n, first)) = FIGURES.iter().find(|(known, ..)| *known == name) else { return };
    let said = |i: &Indicator| format!("{} {} {} {} {} {}", i.series, i.sector, i.country, i.period, i.value, i.unit);
    assert_eq!((figures.len(), said(figures[0])), (*n, (*first).to_owned()), "{name}");
    assert_eq!(page.leftovers, [], "{name}");
}

/// Every record of GLEIF's has one state and a checked identifier; nothing in it is left over.
fn records_are_whole(name: &str, page: &Page) {
    assert_eq!(page.leftovers, [], "{name}");
    assert!(page.mentions.iter().all(|m| !m.subject.identifiers.is_empty()), "{name}");
    if !name.contains("modifications") && !name.contains("changes") {
        let states = page.mentions.iter().filter(|m| m.own_id.starts_with("status/")).count();
        let leis: std::collections::HashSet<_> = page.mentions.iter().map(|m| &m.subject.identifiers[0]).collect();
        assert_eq!(states, leis.len(), "{name}: one state for each record");
    }
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
            if matches!(kind, "eurostat" | "istat") {
                statistics_are_whole(&name, &page);
            }
            if kind == "gleif" {
                records_are_whole(&name, &page);
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
