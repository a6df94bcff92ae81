//! Recorded answers, where a folder of them is at hand (`VEDETTA_SAMPLES`); else our own fixtures, in the same way.

use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use vedetta::{
    collect::{Misread, Page},
    domain::{Fact, Indicator, Status},
};

use super::{leftover_paths, of_kind, read_bytes, statuses};

const SOURCES: &[(&str, &str)] = &[
    ("bodacc", "bodacc"),
    ("companies_house", "companies-house"),
    ("edgar", "edgar"),
    ("gazette", "gazette"),
    ("gdelt", "gdelt"),
    ("gleif", "gleif"),
    ("rss", "press"),
    ("openapi_it", "openapi-it"),
    ("eurostat", "eurostat"),
    ("istat", "istat"),
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
        "direct-parent",
        "error_",
        "empty_unknown",
        "gkg_themes",
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
        "NoSuchKey",
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
    for &(folder, kind) in SOURCES {
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
            holds_what_is_known(&name, &page);
            if let Some((_, _, states, n_leftovers)) = KNOWN.iter().find(|known| (known.0, known.1) == (kind, &*name)) {
                let found: Vec<Status> = statuses(&page).iter().map(|change| change.status).collect();
                assert_eq!((found.as_slice(), page.leftovers.len()), (*states, *n_leftovers), "{name}: {page:?}");
            }
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
