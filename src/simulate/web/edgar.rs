//! EDGAR. No client of the made-up economy is American; a few filers answer all the same, one for each turn of fate, so that
//! a portfolio of one's own can be tried against them.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{Web, iso, json as answer};

/// A filing: days before today, form, items.
type Filed = (i32, &'static str, &'static str);

/// Keys that somebody has, with the name, and what was filed, newest first.
const FILERS: [(&str, &str, &[Filed]); 3] = [
    (
        "0001990001",
        "CALDER RIDGE TOOLS, INC.",
        &[(20, "10-Q", ""), (24, "8-K", "2.02,9.01"), (31, "4", ""), (110, "10-K", "")],
    ),
    (
        "0001990002",
        "SABLE CREEK MILLS CORP",
        &[(12, "8-K/A", "1.03,9.01"), (16, "8-K", "1.03,2.04,9.01"), (40, "NT 10-Q", ""), (130, "10-K", "")],
    ),
    (
        "0001990003",
        "OREL LAKE FOODS, INC.",
        &[(60, "8-K", "1.01,1.02,1.03,3.03,5.01,9.01"), (300, "8-K", "1.03,2.04,7.01,9.01"), (420, "10-K", "")],
    ),
];

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/edgar/submissions/{file}", get(submissions))
}

async fn submissions(State(web): State<Web>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    if headers.get(header::USER_AGENT).is_none_or(|agent| agent.is_empty()) {
        let page = "<!DOCTYPE html><html><body><h1>Your Request Originates from an Undeclared Automated Tool</h1></body></html>";
        return (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "text/html")], page).into_response();
    }
    let key = file.strip_prefix("CIK").and_then(|rest| rest.strip_suffix(".json"));
    match FILERS.iter().find(|(known, ..)| Some(*known) == key) {
        Some((key, name, filed)) => answer(StatusCode::OK, filer(key, name, filed, web.today())),
        None => {
            let xml = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does \
                 not exist.</Message><Key>submissions/{file}</Key></Error>"
            );
            (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "application/xml")], xml).into_response()
        }
    }
}

fn filer(key: &str, name: &str, filed: &[Filed], today: i32) -> Value {
    let column = |cell: &dyn Fn(usize, &Filed) -> String| -> Vec<String> {
        filed.iter().enumerate().map(|(place, filing)| cell(place, filing)).collect()
    };
    let forms = column(&|_, (_, form, _)| (*form).to_owned());
    let address = json!({
        "street1": "12 Foundry Road", "street2": null, "city": "DAYTON", "stateOrCountry": "OH", "zipCode": "45402",
        "stateOrCountryDescription": "OH", "isForeignLocation": 0, "foreignStateTerritory": null, "country": null, "countryCode": null,
    });
    json!({
        "cik": key, "entityType": "operating", "sic": "3420", "sicDescription": "Cutlery & Hardware", "ownerOrg": "04 Manufacturing",
        "insiderTransactionForOwnerExists": 1, "insiderTransactionForIssuerExists": 1, "name": name, "tickers": [], "exchanges": [],
        "ein": "990000001", "lei": null, "description": "", "website": "", "investorWebsite": "", "category": "",
        "fiscalYearEnd": "1231", "stateOfIncorporation": "OH", "stateOfIncorporationDescription": "OH",
        "addresses": {"mailing": address, "business": address}, "phone": "9375550100", "flags": "", "formerNames": [],
        "filings": {
            "recent": {
                "accessionNumber": column(&|place, (days, ..)| format!("{key}-26-{days:03}{place:03}")),
                "filingDate": column(&|_, (days, ..)| iso(today - days)),
                "reportDate": column(&|_, (days, ..)| iso(today - days - 1)),
                "form": forms,
                "items": column(&|_, (.., items)| (*items).to_owned()),
                // One value short, as it really comes.
                "core_type": forms.iter().skip(1).collect::<Vec<_>>(),
                "size": vec![4_096; filed.len()],
            },
            "files": [],
        },
    })
}
