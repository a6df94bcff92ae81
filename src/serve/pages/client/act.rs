//! What is done on a client's page: an action and its outcome, a decision about the grade, a limit.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::civil::Date;
use serde::Deserialize;

use crate::{
    desk::{ActionInput, AmountInput, GrantInput, InstalmentInput, OverrideInput, Wanted},
    serve::{
        House,
        fault::Fault,
        input::Place,
        pages::{
            form::{ByAnalyst, ByManager, amount, day, end_of, said},
            frame::part,
            look::{Tongue, own_path},
            morning::client_href,
            session::Guest,
        },
    },
};

/// Instalments that the form makes: two years of months; a longer plan goes through the API.
const MAX_INSTALMENTS: i64 = 24;

/// What was done, as the form says it; empty fields say nothing.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::serve::pages) struct ActionForm {
    /// A kind of action, or the end of a call in a word: `reached`, `no_answer`, `refused`.
    what: String,
    on: String,
    amount: String,
    due_on: String,
    invoice: String,
    instalments: String,
    note: String,
    portfolio: String,
    back: String,
}

/// Equal parts, a month apart, the last one with the cents that are left.
fn instalments(total: &AmountInput, n: i64, first: Date) -> Result<Vec<InstalmentInput>, Fault> {
    let AmountInput::Text(text) = total else { return Ok(Vec::new()) };
    let wrong = || Fault::unprocessable("/amount", "must be an amount, as 1234.56");
    let cents = crate::domain::Money::parse(text, "EUR".parse().map_err(|_| wrong())?).map_err(|_| wrong())?.minor();
    let each = cents / n;
    let part = |k: i64| {
        let minor = if k + 1 == n { cents - each * (n - 1) } else { each };
        let due_on = first.checked_add(jiff::Span::new().months(k)).map_err(|_| wrong())?;
        Ok(InstalmentInput { due_on, amount: AmountInput::Text(format!("{}.{:02}", minor / 100, minor % 100)) })
    };
    (0..n).map(part).collect()
}

impl ActionForm {
    fn input(&self, t: Tongue) -> Result<ActionInput, Fault> {
        let (kind, result) = match self.what.as_str() {
            "reached" | "no_answer" | "refused" => ("call".to_owned(), Some(self.what.clone())),
            kind => (kind.to_owned(), None),
        };
        let mut input = ActionInput {
            kind,
            on: day(&self.on, "/on")?,
            result,
            amount: amount(&self.amount, t),
            currency: None,
            due_on: day(&self.due_on, "/due_on")?,
            invoice: said(&self.invoice),
            invoice_client: None,
            accepted: None,
            instalments: Vec::new(),
            note: said(&self.note),
            reference: None,
        };
        if input.kind == "plan" {
            let n = said(&self.instalments).and_then(|n| n.parse().ok()).filter(|n| (1..=MAX_INSTALMENTS).contains(n));
            let n = n.ok_or_else(|| Fault::unprocessable("/instalments", format!("must be 1 to {MAX_INSTALMENTS}")))?;
            let wrong = || Fault::unprocessable("/due_on", "a plan needs its first day, and an amount");
            let (total, first) = input.amount.take().zip(input.due_on.take()).ok_or_else(wrong)?;
            input.instalments = instalments(&total, n, first)?;
        }
        // One form for all: what does not belong to this kind was not meant.
        if !matches!(input.kind.as_str(), "promise" | "promise_kept" | "dispute") {
            input.amount = None;
        }
        if input.kind != "promise" {
            input.due_on = None;
        }
        if !matches!(input.kind.as_str(), "dispute" | "dispute_settled" | "note") {
            input.invoice = None;
        }
        Ok(input)
    }
}

/// The client that a form is about.
pub(super) fn wanted<'a>(guest: &'a Guest, code: &'a str, portfolio: &'a str) -> Wanted<'a> {
    let portfolio = Some(portfolio.trim()).filter(|name| !name.is_empty());
    Wanted { caller: &guest.visitor.caller, code, portfolio }
}

/// Back to the page, with a word about what was done.
pub(super) fn back(code: &str, portfolio: &str, done: &str, anchor: &str) -> Response {
    let portfolio = said(portfolio).map(|name| format!("&portfolio={}", part(&name))).unwrap_or_default();
    Redirect::to(&format!("{}?done={done}{portfolio}#{anchor}", client_href(code))).into_response()
}

/// Records what was done.
pub(in crate::serve::pages) async fn act(
    State(house): State<House>,
    Place(code): Place<String>,
    ByAnalyst(guest, form): ByAnalyst<ActionForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    house.desk.act(&wanted, &form.input(guest.look.tongue)?).await?;
    match said(&form.back) {
        Some(path) => Ok(Redirect::to(own_path(Some(&path))).into_response()),
        None => Ok(back(&code, &form.portfolio, "action", "treatment")),
    }
}

/// A grade above the model's, or its end.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::serve::pages) struct OverrideForm {
    grade: String,
    reason: String,
    until: String,
    portfolio: String,
}

/// Puts a grade above the model's.
pub(in crate::serve::pages) async fn overrule(
    State(house): State<House>,
    Place(code): Place<String>,
    ByManager(guest, form): ByManager<OverrideForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    let expires_at = day(&form.until, "/expires_at")?.and_then(end_of);
    let input = OverrideInput { grade: form.grade, reason: form.reason, expires_at };
    let rating = house.desk.overrule(&wanted, &input).await?;
    let done = if rating.pending_override.is_some() { "asked" } else { "override" };
    Ok(back(&code, &form.portfolio, done, "main"))
}

/// Lets a grade stand that somebody else asked for.
pub(in crate::serve::pages) async fn confirm_override(
    State(house): State<House>,
    Place(code): Place<String>,
    ByManager(guest, form): ByManager<OverrideForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    house.desk.confirm_override(&wanted).await?;
    Ok(back(&code, &form.portfolio, "override", "main"))
}

/// Ends a grade above the model's, or gives up one that waits.
pub(in crate::serve::pages) async fn end_override(
    State(house): State<House>,
    Place(code): Place<String>,
    ByManager(guest, form): ByManager<OverrideForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    house.desk.end_override(&wanted).await?;
    Ok(back(&code, &form.portfolio, "override", "main"))
}

/// A limit, or its end.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::serve::pages) struct GrantForm {
    amount: String,
    reason: String,
    until: String,
    portfolio: String,
}

/// Grants a limit.
pub(in crate::serve::pages) async fn grant(
    State(house): State<House>,
    Place(code): Place<String>,
    ByManager(guest, form): ByManager<GrantForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    let wrong = || Fault::unprocessable("/amount", "must be an amount");
    let amount = amount(&form.amount, guest.look.tongue).ok_or_else(wrong)?;
    let expires_at = day(&form.until, "/expires_at")?.and_then(end_of);
    house.desk.grant_limit(&wanted, &GrantInput { amount, currency: None, expires_at, reason: form.reason }).await?;
    Ok(back(&code, &form.portfolio, "limit", "limit"))
}

/// Ends a limit that was granted here.
pub(in crate::serve::pages) async fn end_limit(
    State(house): State<House>,
    Place(code): Place<String>,
    ByManager(guest, form): ByManager<GrantForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    house.desk.end_limit(&wanted).await?;
    Ok(back(&code, &form.portfolio, "limit", "limit"))
}

#[cfg(test)]
mod tests {
    use super::instalments;
    use crate::desk::AmountInput;

    #[test]
    fn instalments_add_up_to_the_cent() {
        let parts = instalments(&AmountInput::Text("100.00".into()), 3, jiff::civil::date(2026, 1, 31)).unwrap();
        let amounts: Vec<_> = parts.iter().map(|part| part.amount.clone()).collect();
        assert_eq!(amounts, ["33.33", "33.33", "33.34"].map(|a| AmountInput::Text(a.to_owned())));
        assert_eq!(parts[1].due_on, jiff::civil::date(2026, 2, 28));
    }
}
