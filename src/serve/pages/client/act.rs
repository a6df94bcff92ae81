//! What is done on a client's page: an action and its outcome, a decision about the grade, a limit.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::{civil::Date, tz::TimeZone};
use serde::Deserialize;

use crate::{
    desk::{ActionInput, AmountInput, GrantInput, InstalmentInput, OverrideInput, Wanted},
    domain::Rank,
    serve::{
        House,
        fault::Fault,
        input::Place,
        pages::{
            frame::part,
            look::{Tongue, own_path},
            morning::client_href,
            session::{Guest, Sent},
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

fn said(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn day(text: &str, pointer: &str) -> Result<Option<Date>, Fault> {
    let wrong = |_| Fault::unprocessable(pointer, "must be a day, as 2026-11-20");
    said(text).map(|text| text.parse().map_err(wrong)).transpose()
}

/// An amount as the language writes it: `1.234,56` in Italian; a point alone that thousands do not follow is a decimal point.
pub(super) fn amount(text: &str, t: Tongue) -> Option<AmountInput> {
    let text: String = said(text)?.chars().filter(|c| !c.is_whitespace() && *c != '€').collect();
    let (thousands, point) = t.pick(('.', ','), (',', '.'));
    let groups = text.split(thousands).skip(1).collect::<Vec<_>>();
    let is_grouped = |group: &&str| group.split(point).next().is_some_and(|whole| whole.len() == 3);
    let text = if groups.iter().all(is_grouped) { text.replace(thousands, "") } else { text };
    Some(AmountInput::Text(text.replace(',', ".")))
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

/// Back to the page, with a word about what was done.
fn back(code: &str, portfolio: &str, done: &str, anchor: &str) -> Response {
    let portfolio = said(portfolio).map(|name| format!("&portfolio={}", part(&name))).unwrap_or_default();
    Redirect::to(&format!("{}?done={done}{portfolio}#{anchor}", client_href(code))).into_response()
}

/// Records what was done.
pub(in crate::serve::pages) async fn act(
    State(house): State<House>,
    guest: Guest,
    Place(code): Place<String>,
    Sent(form): Sent<ActionForm>,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Analyst)?;
    let portfolio = said(&form.portfolio);
    let wanted = Wanted { caller: &guest.visitor.caller, code: &code, portfolio: portfolio.as_deref() };
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

/// The end of a day, in the time of the store.
fn end_of(day: Date) -> Option<jiff::Timestamp> {
    Some(day.at(23, 59, 59, 0).to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Puts a grade above the model's.
pub(in crate::serve::pages) async fn overrule(
    State(house): State<House>,
    guest: Guest,
    Place(code): Place<String>,
    Sent(form): Sent<OverrideForm>,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Manager)?;
    let portfolio = said(&form.portfolio);
    let wanted = Wanted { caller: &guest.visitor.caller, code: &code, portfolio: portfolio.as_deref() };
    let expires_at = day(&form.until, "/expires_at")?.and_then(end_of);
    house.desk.overrule(&wanted, &OverrideInput { grade: form.grade, reason: form.reason, expires_at }).await?;
    Ok(back(&code, &form.portfolio, "override", "main"))
}

/// Ends a grade above the model's.
pub(in crate::serve::pages) async fn end_override(
    State(house): State<House>,
    guest: Guest,
    Place(code): Place<String>,
    Sent(form): Sent<OverrideForm>,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Manager)?;
    let portfolio = said(&form.portfolio);
    let wanted = Wanted { caller: &guest.visitor.caller, code: &code, portfolio: portfolio.as_deref() };
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
    guest: Guest,
    Place(code): Place<String>,
    Sent(form): Sent<GrantForm>,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Manager)?;
    let portfolio = said(&form.portfolio);
    let wanted = Wanted { caller: &guest.visitor.caller, code: &code, portfolio: portfolio.as_deref() };
    let wrong = || Fault::unprocessable("/amount", "must be an amount");
    let amount = amount(&form.amount, guest.look.tongue).ok_or_else(wrong)?;
    let expires_at = day(&form.until, "/expires_at")?.and_then(end_of);
    house.desk.grant_limit(&wanted, &GrantInput { amount, currency: None, expires_at, reason: form.reason }).await?;
    Ok(back(&code, &form.portfolio, "limit", "limit"))
}

/// Ends a limit that was granted here.
pub(in crate::serve::pages) async fn end_limit(
    State(house): State<House>,
    guest: Guest,
    Place(code): Place<String>,
    Sent(form): Sent<GrantForm>,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Manager)?;
    let portfolio = said(&form.portfolio);
    let wanted = Wanted { caller: &guest.visitor.caller, code: &code, portfolio: portfolio.as_deref() };
    house.desk.end_limit(&wanted).await?;
    Ok(back(&code, &form.portfolio, "limit", "limit"))
}

#[cfg(test)]
mod tests {
    use super::{amount, instalments};
    use crate::{
        desk::AmountInput,
        serve::pages::look::Tongue::{English, Italian},
    };

    #[test]
    fn amounts_are_read_as_each_language_writes_them() {
        let text = |text: &str| Some(AmountInput::Text(text.to_owned()));
        assert_eq!(amount("1.234,56 €", Italian), text("1234.56"));
        assert_eq!(amount("1.234.567", Italian), text("1234567"));
        assert_eq!(amount("1234.5", Italian), text("1234.5"));
        assert_eq!(amount("1,234.56", English), text("1234.56"));
        assert_eq!(amount("12,5", English), text("12.5"));
        assert_eq!(amount("  ", Italian), None);
    }

    #[test]
    fn instalments_add_up_to_the_cent() {
        let parts = instalments(&AmountInput::Text("100.00".into()), 3, jiff::civil::date(2026, 1, 31)).unwrap();
        let amounts: Vec<_> = parts.iter().map(|part| part.amount.clone()).collect();
        assert_eq!(amounts, ["33.33", "33.33", "33.34"].map(|a| AmountInput::Text(a.to_owned())));
        assert_eq!(parts[1].due_on, jiff::civil::date(2026, 2, 28));
    }
}
