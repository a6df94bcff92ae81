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

/// Equal instalments that the form makes: two years of months; a longer plan is listed.
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
    /// Instalments that differ: one a line, its day and its amount.
    parts: String,
    /// Of a dispute's end: `1` when the client was right, `0` when it was not.
    accepted: String,
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

/// A day as a form's line says it: as a program writes days, or as one writes them by hand.
fn day_by_hand(text: &str) -> Option<Date> {
    text.parse().ok().or_else(|| Date::strptime("%d/%m/%Y", text).ok())
}

/// Instalments that differ: one a line, its day and its amount.
fn listed(lines: &str, t: Tongue) -> Result<Vec<InstalmentInput>, Fault> {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let part = |(place, line): (usize, &str)| {
        let wrong = |field: &str, why: &str| Fault::unprocessable(format!("/instalments/{place}/{field}"), why);
        let (on, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let due_on =
            day_by_hand(on).ok_or_else(|| wrong("due_on", "must be a day, as 2026-11-20, before an amount"))?;
        let amount = amount(rest, t).ok_or_else(|| wrong("amount", "must be an amount, behind a day"))?;
        Ok(InstalmentInput { due_on, amount })
    };
    lines.enumerate().map(part).collect()
}

impl ActionForm {
    /// What is to come of a plan: as it was listed, or equal parts.
    fn plan(&self, total: Option<AmountInput>, first: Option<Date>, t: Tongue) -> Result<Vec<InstalmentInput>, Fault> {
        if let Some(lines) = said(&self.parts) {
            return listed(&lines, t);
        }
        let n = said(&self.instalments).and_then(|n| n.parse().ok()).filter(|n| (1..=MAX_INSTALMENTS).contains(n));
        let n = n.ok_or_else(|| Fault::unprocessable("/instalments", format!("must be 1 to {MAX_INSTALMENTS}")))?;
        let wrong = || Fault::unprocessable("/due_on", "a plan needs its first day, and an amount");
        let (total, first) = total.zip(first).ok_or_else(wrong)?;
        instalments(&total, n, first)
    }

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
            accepted: if self.what == "dispute_settled" { said(&self.accepted).map(|word| word == "1") } else { None },
            instalments: Vec::new(),
            note: said(&self.note),
            reference: None,
        };
        if input.kind == "plan" {
            input.instalments = self.plan(input.amount.take(), input.due_on.take(), t)?;
        }
        if input.kind == "note" && input.note.is_none() {
            return Err(Fault::unprocessable("/note", "a note needs words"));
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

/// What was recorded by mistake.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::serve::pages) struct MistakeForm {
    action: String,
    portfolio: String,
}

/// Takes back what was recorded by mistake.
pub(in crate::serve::pages) async fn withdraw(
    State(house): State<House>,
    Place(code): Place<String>,
    ByAnalyst(guest, form): ByAnalyst<MistakeForm>,
) -> Result<Response, Fault> {
    let wanted = wanted(&guest, &code, &form.portfolio);
    house.desk.withdraw_action(&wanted, &form.action).await?;
    Ok(back(&code, &form.portfolio, "withdrawn", "treatment"))
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
    use super::{Tongue, instalments, listed};
    use crate::desk::AmountInput;

    #[test]
    fn instalments_add_up_to_the_cent() {
        let parts = instalments(&AmountInput::Text("100.00".into()), 3, jiff::civil::date(2026, 1, 31)).unwrap();
        let amounts: Vec<_> = parts.iter().map(|part| part.amount.clone()).collect();
        assert_eq!(amounts, ["33.33", "33.33", "33.34"].map(|a| AmountInput::Text(a.to_owned())));
        assert_eq!(parts[1].due_on, jiff::civil::date(2026, 2, 28));
    }

    #[test]
    fn a_plan_of_different_instalments_is_read_line_by_line_and_a_wrong_line_is_named() {
        let parts = listed("15/12/2026 1.500,00 €\n\n 2027-02-01   250\n", Tongue::default()).unwrap();
        let amounts: Vec<_> = parts.iter().map(|part| part.amount.clone()).collect();
        assert_eq!(amounts, ["1500.00", "250"].map(|a| AmountInput::Text(a.to_owned())));
        assert_eq!(parts[1].due_on, jiff::civil::date(2027, 2, 1));
        for (lines, pointer) in
            [("2027-02-01 10\nsoon 10", "/instalments/1/due_on"), ("2027-02-01", "/instalments/0/amount")]
        {
            let refused = listed(lines, Tongue::default()).unwrap_err();
            assert_eq!(refused.errors[0].pointer, pointer);
        }
    }
}
