//! VIES: valid, invalid, or nobody can say.

use axum::{Router, body::Bytes, extract::State, http::StatusCode, response::Response, routing::post};
use serde_json::{Value, json};

use super::{Company, Web, iso, json as answer_of};

/// One Italian company in so many never enrolled, which is a choice: its number lives, and VIES calls it invalid.
const NOT_ENROLLED: u64 = 29;
/// One number in so many is asked for while its country's server does not answer.
const UNAVAILABLE: u64 = 31;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/vies/rest-api/check-vat-number", post(check))
}

async fn check(State(web): State<Web>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (Some(country), Some(number)) = (body["countryCode"].as_str(), body["vatNumber"].as_str()) else {
        return answer_of(StatusCode::BAD_REQUEST, refused("INVALID_INPUT"));
    };
    let prefixed = format!("{country}{number}");
    let company = web.company(number).or_else(|| web.company(&prefixed));
    let is_down = company.is_some_and(|company| company.identity.fingerprint().is_multiple_of(UNAVAILABLE));
    // Trouble comes with HTTP 200, in an envelope of its own.
    if is_down && web.is_first_time(&format!("vies {prefixed} {}", web.today())) {
        return answer_of(StatusCode::OK, refused("MS_UNAVAILABLE"));
    }
    answer_of(StatusCode::OK, outcome(company, country, number, web.today()))
}

pub(super) fn refused(code: &str) -> Value {
    json!({"actionSucceed": false, "errorWrappers": [{"error": code}]})
}

/// The answer about one number.
pub(super) fn outcome(company: Option<&Company>, country: &str, number: &str, day: i32) -> Value {
    let enrolled = company.filter(|c| country != "IT" || !c.identity.fingerprint().is_multiple_of(NOT_ENROLLED));
    let shown = |text: String| if enrolled.is_some() && country == "IT" { text } else { "---".to_owned() };
    let address =
        enrolled.map(|c| format!("{} \n{} {}\n", c.identity.street, c.identity.postal_code, c.identity.town.name));
    json!({
        "countryCode": country,
        "vatNumber": number,
        "requestDate": format!("{}T06:00:00.101Z", iso(day)),
        "valid": enrolled.is_some(),
        "requestIdentifier": "",
        "name": shown(enrolled.map(|c| c.identity.name.to_uppercase()).unwrap_or_default()),
        "address": shown(address.unwrap_or_default()),
        "traderName": "---",
        "traderStreet": "---",
        "traderPostalCode": "---",
        "traderCity": "---",
        "traderCompanyType": "---",
        "traderNameMatch": "NOT_PROCESSED",
        "traderStreetMatch": "NOT_PROCESSED",
        "traderPostalCodeMatch": "NOT_PROCESSED",
        "traderCityMatch": "NOT_PROCESSED",
        "traderCompanyTypeMatch": "NOT_PROCESSED",
    })
}
