//! The monthly file: a page that links to it, and a zip of the table. Names of columns begin with blanks here and there, as
//! they really do.

use std::io::{Cursor, Write};

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use jiff::civil::Date;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{Company, Web, all_british, dissolved_on, profile};
use crate::domain::{day_number, day_of_number};

const FILE_STEM: &str = "BasicCompanyDataAsOneFile-";

/// The columns before those of former names, and behind them.
const FIRST_COLUMNS: &str = "CompanyName, CompanyNumber,RegAddress.CareOf,RegAddress.POBox,RegAddress.AddressLine1, \
    RegAddress.AddressLine2,RegAddress.PostTown,RegAddress.County,RegAddress.Country,RegAddress.PostCode,CompanyCategory,\
    CompanyStatus,CountryOfOrigin,DissolutionDate,IncorporationDate,Accounts.AccountRefDay,Accounts.AccountRefMonth,\
    Accounts.NextDueDate,Accounts.LastMadeUpDate,Accounts.AccountCategory,Returns.NextDueDate,Returns.LastMadeUpDate,\
    Mortgages.NumMortCharges,Mortgages.NumMortOutstanding,Mortgages.NumMortPartSatisfied,Mortgages.NumMortSatisfied,\
    SICCode.SicText_1,SICCode.SicText_2,SICCode.SicText_3,SICCode.SicText_4,LimitedPartnerships.NumGenPartners,\
    LimitedPartnerships.NumLimPartners,URI";
const LAST_COLUMNS: &str = "ConfStmtNextDueDate, ConfStmtLastMadeUpDate";
const N_FORMER_NAMES: usize = 10;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/companies-house-bulk/en_output.html", get(index))
        .route("/companies-house-bulk/{file}", get(file))
}

/// The first of the month: the file of a month holds what was so when it began.
fn month_of(day: i32) -> Date {
    day_of_number(day).first_of_month()
}

async fn index(State(web): State<Web>) -> Html<String> {
    let month = month_of(web.today());
    let link = format!("<a href=\"{FILE_STEM}{month}.zip\">{FILE_STEM}{month}.zip (1Kb)</a>");
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><body><h2>Company data as one file</h2><ul><li>{link}</li></ul></body></html>"
    ))
}

async fn file(State(web): State<Web>, Path(name): Path<String>) -> Response {
    let month = month_of(web.today());
    if name != format!("{FILE_STEM}{month}.zip") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let companies: Vec<&Company> = all_british(&web).collect();
    match packed(&table(&companies, month), month) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/x-zip-compressed")], bytes).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn packed(table: &str, month: Date) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(format!("{FILE_STEM}{month}.csv"), SimpleFileOptions::default())?;
    zip.write_all(table.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}

/// The table of the companies that live when a month begins.
fn table(companies: &[&Company], month: Date) -> String {
    let day = day_number(month);
    let names: Vec<String> = (1..=N_FORMER_NAMES)
        .map(|place| format!("PreviousName_{place}.CONDATE, PreviousName_{place}.CompanyName"))
        .collect();
    let mut table = format!("{FIRST_COLUMNS},{},{LAST_COLUMNS}\r\n", names.join(", "));
    for company in companies.iter().filter(|company| dissolved_on(company, day).is_none()) {
        let cells: Vec<String> =
            row(company, day).into_iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        table.push_str(&cells.join(","));
        table.push_str("\r\n");
    }
    table
}

fn row(company: &Company, day: i32) -> Vec<String> {
    let profile = profile(company, day);
    let text = |path: &str| profile.pointer(path).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let date = |path: &str| british_day(&text(path));
    let status = match (text("/company_status").as_str(), text("/company_status_detail").as_str()) {
        ("active", "active-proposal-to-strike-off") => "Active - Proposal to Strike off",
        ("active", _) => "Active",
        ("administration", _) => "In Administration",
        _ => "Liquidation",
    };
    let number = text("/company_number");
    let n_charges = if super::has_charges(company) { "1" } else { "0" };
    let blank = String::new;
    let mut row = vec![
        text("/company_name"),
        number.clone(),
        blank(),
        blank(),
        text("/registered_office_address/address_line_1"),
    ];
    row.extend([blank(), text("/registered_office_address/locality"), text("/registered_office_address/region")]);
    row.extend([text("/registered_office_address/country"), text("/registered_office_address/postal_code")]);
    row.extend(["Private Limited Company", status, "United Kingdom", ""].map(str::to_owned));
    row.extend([date("/date_of_creation"), text("/accounts/accounting_reference_date/day")]);
    row.extend([text("/accounts/accounting_reference_date/month"), date("/accounts/next_due")]);
    row.extend([date("/accounts/last_accounts/made_up_to"), "TOTAL EXEMPTION FULL".to_owned(), blank(), blank()]);
    row.extend([n_charges, n_charges, "0", "0"].map(str::to_owned));
    row.extend([
        format!("{} - Made up", text("/sic_codes/0")),
        blank(),
        blank(),
        blank(),
        "0".to_owned(),
        "0".to_owned(),
    ]);
    row.push(format!("http://business.data.gov.uk/id/company/{number}"));
    row.extend(std::iter::repeat_n(blank(), 2 * N_FORMER_NAMES));
    row.extend([date("/confirmation_statement/next_due"), date("/confirmation_statement/last_made_up_to")]);
    row
}

/// `2026-11-05` as `05/11/2026`.
fn british_day(iso: &str) -> String {
    let parts: Vec<&str> = iso.rsplit('-').collect();
    parts.join("/")
}
