//! The codes of the offices in our words. Oracles: the code lists of Eurostat (`INDIC_BT`, `S_ADJ`, `INDIC`) and the
//! flows of ISTAT, as their own catalogues name them.

use crate::domain::Country;

/// Flows of ISTAT, and what they count. A flow's parts have its number in front: `115_333_DF_DCSC_INDXPRODIND_1_6`.
const FLOWS: [(&str, &str); 11] = [
    ("115_333", "production"),
    ("115_362", "production"),
    ("114_191", "turnover"),
    ("119_367", "turnover"),
    ("120_337", "turnover"),
    ("111_263", "sentiment"),
    ("111_40", "sentiment"),
    ("117_262", "sentiment"),
    ("6_64", "sentiment"),
    ("76_177", "protests"),
    ("df_bulk_protestsse", "protests"),
];

/// Headings that the surveys of sentiment cover, after the user guide of the joint harmonised programme of business and
/// consumer surveys: they have no dimension of activities.
const SURVEYS: [(&str, &str); 6] = [
    ("BS-ICI", "C"),
    ("BS-CCI", "F"),
    ("BS-RCI", "G47"),
    ("BS-SCI", "H-S_X_K_O_P_Q"),
    ("BS-ESI", "A-U"),
    ("BS-EEI", "A-U"),
];

/// Our word for a series, where we have one; else the office's own code.
pub(super) fn series(dataset: &str, code: Option<&str>) -> String {
    let code_word = match code {
        Some("BKRT") => Some("bankruptcies"),
        Some("REG") => Some("registrations"),
        Some("PRD" | "PROD") => Some("production"),
        Some("NETTUR" | "TOVT" | "VOL_SLS" | "TOVV") => Some("turnover"),
        Some(code) if code.starts_with("BS-") => Some("sentiment"),
        _ => None,
    };
    if let Some(word) = code_word {
        return word.to_owned();
    }
    let is_flow = |flow: &str| dataset.strip_prefix(flow).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    let flow_word = FLOWS.iter().find(|(flow, _)| is_flow(flow)).map(|(_, word)| *word);
    let flow_word = flow_word.or_else(|| dataset.starts_with("df_bulk_bankruptci").then_some("bankruptcies"));
    // Orders come in the flow of turnover, and are not turnover.
    let is_orders = code.is_some_and(|code| code.contains("ORD"));
    match (flow_word, code) {
        (Some(word), _) if !is_orders => word.to_owned(),
        (_, Some(code)) => code.to_owned(),
        (_, None) if dataset.starts_with("ei_bssi") => "sentiment".to_owned(),
        (_, None) => dataset.to_owned(),
    }
}

/// The heading that a survey of sentiment covers.
pub(super) fn heading_of_survey(code: &str) -> Option<&'static str> {
    SURVEYS.iter().find(|(survey, _)| code.starts_with(survey)).map(|(_, heading)| *heading)
}

/// The unit that is written into the code of an indicator: `IND_PROD_21` is an index of base 2021, `BS-ICI-BAL` a balance.
pub(super) fn unit_of(code: &str) -> Option<String> {
    if code.starts_with("BS-") {
        return code.rsplit('-').next().map(str::to_owned);
    }
    let year = code.rsplit('_').next().filter(|year| matches!(year.len(), 2 | 4))?;
    base_unit(year)
}

/// `2021` and `21` are the index of base 2021, as Eurostat writes it.
pub(super) fn base_unit(year: &str) -> Option<String> {
    let digits = year.trim();
    let two = digits.get(digits.len().checked_sub(2)?..)?;
    let is_year = digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 2 || digits.starts_with("20"));
    // An index is rebased in years that end in 0, 1 (2021, for the pandemic) or 5.
    (is_year && two.ends_with(['0', '1', '5'])).then(|| format!("I{two}"))
}

/// Seasonally adjusted before adjusted for working days before raw. Codes of Eurostat, and of ISTAT.
pub(super) fn adjustment_rank(code: &str) -> u32 {
    match code {
        "SCA" | "Y" => 3,
        "SA" | "CA" | "W" => 2,
        _ => 1,
    }
}

/// Volumes before values, for prices are no activity; what is counted for the whole market before its parts.
pub(super) fn volume_rank(code: Option<&str>) -> u32 {
    match code {
        Some("VOL_SLS" | "TOVV") => 2,
        Some(code) if code.contains("VOL") => 2,
        _ => 1,
    }
}

/// Codes that stand for all there is.
pub(super) fn is_total(code: &str) -> bool {
    matches!(code, "T" | "TOT" | "TOTAL" | "TOTALE" | "_T" | "9" | "ALL")
}

/// Whether a dimension is of NACE Rev. 2.1 (ATECO 2025), whose sections have other letters.
pub(super) fn is_later_edition(dimension: &str) -> bool {
    let name = dimension.to_ascii_uppercase();
    name.contains("2025") || name.contains("R21") || name.contains("R2_1") || name.contains("2_1")
}

/// The country of an area: its own code, or that of the country a region lies in. Unions of countries have none.
pub(super) fn country_of(area: &str) -> Option<Country> {
    if let Ok(country) = area.parse() {
        return Some(country);
    }
    let is_union = area.starts_with("EU") || area.starts_with("EA");
    let is_region = !is_union && area.len() <= 5 && area.starts_with(|c: char| c.is_ascii_uppercase());
    let region = is_region.then(|| area.get(..2)).flatten().and_then(|code| code.parse().ok());
    // ISTAT numbers its municipalities and provinces.
    region.or_else(|| area.bytes().all(|b| b.is_ascii_digit()).then_some(Country::IT).filter(|_| !area.is_empty()))
}

/// A mark in Eurostat's letters. SDMX writes them in capitals, and `A` for a figure without a mark.
pub(super) fn flag_of(status: &str) -> String {
    match status.trim() {
        "A" | "" => String::new(),
        other => other.to_lowercase(),
    }
}
