use serde_json::{Value, json};

use super::Browser;
use crate::world::World;

/// More clients than a page of work has lines, each with an invoice for which the credit office sends a reminder, and one, the
/// last, whose claim the lawyer files.
async fn busy_office() -> World {
    const N: usize = 201;
    let world = World::new().await;
    let name = |n: usize| if n == N { "Cartiera Ultima Srl".to_owned() } else { format!("Officina {n} Srl") };
    let clients: Vec<Value> =
        (0..=N).map(|n| json!({"client": format!("C-{n}"), "name": name(n), "country": "IT"})).collect();
    world.post("/v1/clients?portfolio=alpha", &json!(clients), 200).await;
    let invoice = |n: usize| {
        let (issued, due) = ("2026-10-10", "2026-11-09");
        json!({"client": format!("C-{n}"), "invoice": "1", "issued_on": issued, "due_on": due, "amount": "5000"})
    };
    let invoices: Vec<Value> = (0..=N).map(invoice).collect();
    assert_eq!(world.post("/v1/invoices?portfolio=alpha", &json!(invoices), 200).await["accepted"], N + 1);
    let told = json!({"client": format!("C-{N}"), "kind": "company_status", "valid_at": "2026-11-18", "source": "register",
        "official": true, "fields": {"status": "insolvent_liquidation", "opened_on": "2026-11-18"}});
    world.post("/v1/signals", &told, 202).await;
    world.settle().await;
    world
}

#[tokio::test]
async fn what_one_person_has_to_do_is_shown_whoever_else_has_more_to_do_before() {
    let world = busy_office().await;
    let browser = Browser::with_key(&world, &world.key).await;
    let everybody = browser.read("/work?span=month").await;
    assert!(everybody.contains("owner=lawyer") && everybody.contains("owner=credit_office"), "each can be chosen");
    assert!(!everybody.contains("Cartiera Ultima"), "two hundred come before");
    let lawyer = browser.read("/work?span=month&owner=lawyer").await;
    assert!(lawyer.contains("Cartiera Ultima") && !lawyer.contains("Officina"), "{lawyer}");
    let office = browser.read("/work?span=month&owner=credit_office").await;
    assert!(office.contains("Officina 7 Srl") && !office.contains("Cartiera Ultima"));
    assert!(browser.read("/work?span=month&owner=nobody").await.contains("Niente da fare"));
}

/// Clients who owe a hundred more each than the one before, all of it late since the same day.
async fn office_of_rising_amounts(n: usize) -> World {
    let world = World::new().await;
    let clients: Vec<Value> = (1..=n)
        .map(|n| json!({"client": format!("C-{n:03}"), "name": format!("Officina {n:03} Srl"), "country": "IT"}))
        .collect();
    world.post("/v1/clients?portfolio=alpha", &json!(clients), 200).await;
    let invoice = |n: usize| {
        let (client, amount) = (format!("C-{n:03}"), (1_000 + 100 * n).to_string());
        json!({"client": client, "invoice": "1", "issued_on": "2026-10-10", "due_on": "2026-11-09", "amount": amount})
    };
    let invoices: Vec<Value> = (1..=n).map(invoice).collect();
    assert_eq!(world.post("/v1/invoices?portfolio=alpha", &json!(invoices), 200).await["accepted"], n);
    world.settle().await;
    world
}

/// Whom a page of work is about, in its order.
fn whom(page: &str) -> Vec<&str> {
    let names = page.split("<p class=\"whom\">").skip(1);
    names.filter_map(|after| after.split_once("\">")?.1.split_once("</a>")).map(|(name, _)| name).collect()
}

#[tokio::test]
async fn work_begins_with_who_has_most_to_lose_and_goes_on_on_the_next_page() {
    let world = office_of_rising_amounts(60).await;
    let browser = Browser::with_key(&world, &world.key).await;
    let page = browser.read("/work?span=month&owner=credit_office").await;
    let name = |n: usize| format!("Officina {n:03} Srl");
    let expected: Vec<String> = (11..=60).rev().map(name).collect();
    assert_eq!(whom(&page), expected, "what they owe tells them apart, and not their codes");
    assert!(page.contains("prima la perdita attesa più alta") && page.contains("1–50 / 60"), "{page}");
    assert!(
        page.contains("/work?span=month&amp;owner=credit_office&amp;page=2")
            || page.contains("owner=credit_office&#38;page=2")
    );
    let next = browser.read("/work?span=month&owner=credit_office&page=2").await;
    let expected: Vec<String> = (1..=10).rev().map(name).collect();
    assert_eq!(whom(&next), expected);
    assert!(next.contains("rel=\"prev\"") && !next.contains("rel=\"next\""));
    assert!(
        browser.read("/work?span=month&page=3").await.contains("Niente da fare"),
        "a page that is not there is empty"
    );
}

#[tokio::test]
async fn a_day_of_the_calendar_leads_to_all_of_its_work() {
    let world = office_of_rising_amounts(6).await;
    let browser = Browser::with_key(&world, &world.key).await;
    let calendar = browser.read("/work/calendar").await;
    let (before, _) = calendar.split_once("e altri 2<").unwrap();
    let (_, href) = before.rsplit_once("href=\"").unwrap();
    let (href, _) = href.split_once('"').unwrap();
    assert!(href.starts_with("/work?on=2026-"), "{href}");
    assert_eq!(whom(&browser.read(href).await).len(), 6);
    assert!(browser.read("/work?on=2026-12-24").await.contains("Niente da fare"));
}

#[tokio::test]
async fn a_calendar_counts_all_that_is_due_and_is_one_person_s_when_asked() {
    let world = busy_office().await;
    let browser = Browser::with_key(&world, &world.key).await;
    let office = browser.read("/work/calendar?owner=credit_office").await;
    assert!(office.contains("Officina 0 Srl") && office.contains("e altri 197"), "{office}");
    let lawyer = browser.read("/work/calendar?owner=lawyer").await;
    assert!(lawyer.contains("Cartiera Ultima") && !lawyer.contains("Officina"), "{lawyer}");
}

#[tokio::test]
async fn what_was_not_done_yesterday_stands_on_today() {
    let world = busy_office().await;
    world.clock.advance(jiff::SignedDuration::from_hours(24 * 30));
    let browser = Browser::with_key(&world, &world.key).await;
    let page = browser.read("/work/calendar").await;
    let (_, today) = page.split_once("aria-current=\"date\"").unwrap();
    let (today, _) = today.split_once("</td>").unwrap();
    assert!(today.contains("e altri 198"), "{today}");
}

#[tokio::test]
async fn money_that_is_promised_stands_on_its_day_in_the_calendar_and_in_the_work() {
    let world = World::new().await;
    let client = |code: &str, name: &str| json!({"client": code, "name": name, "country": "IT"});
    let clients = json!([client("P-1", "Promessa Srl"), client("R-1", "Rateale Srl")]);
    world.post("/v1/clients?portfolio=alpha", &clients, 200).await;
    let invoice = |code: &str| {
        let (issued, due) = ("2026-10-10", "2026-11-09");
        json!({"client": code, "invoice": "1", "issued_on": issued, "due_on": due, "amount": "5000"})
    };
    world.post("/v1/invoices?portfolio=alpha", &json!([invoice("P-1"), invoice("R-1")]), 200).await;
    world.settle().await;
    let browser = Browser::of_rank(&world, vedetta::domain::Rank::Analyst, &[]).await;
    let promise = [("what", "promise"), ("amount", "5.000,00"), ("due_on", "2026-11-25")];
    assert_eq!(browser.send("/clients/P-1/actions", &promise).await.status(), 303);
    let plan = [("what", "plan"), ("parts", "25/11/2026 2.000,00\n10/12/2026 3.000,00")];
    assert_eq!(browser.send("/clients/R-1/actions", &plan).await.status(), 303);
    let calendar = browser.read("/work/calendar").await;
    let on = |day: &str| {
        let (_, cell) = calendar.split_once(&format!("{day}</span>")).unwrap();
        cell.split_once("</td>").unwrap().0.to_owned()
    };
    for (day, sum, name) in [
        ("25/11/2026", "5.000,00", "Promessa Srl"),
        ("25/11/2026", "2.000,00", "Rateale Srl"),
        ("10/12/2026", "3.000,00", "Rateale Srl"),
    ] {
        let cell = on(day);
        assert!(cell.contains(&format!("Promessi {sum}")) && cell.contains(name), "{day}: {cell}");
    }
    let month = browser.read("/work?span=month").await;
    assert!(month.contains("Denaro promesso") && month.contains("10/12/2026"), "{month}");
    let page = browser.read("/clients/R-1").await;
    assert!(page.contains("10/12/2026</span> 3.000,00"), "each instalment is listed: {page}");
}

/// What is sent by a form.
type Fields<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn a_form_that_breaks_a_rule_is_told_what_would_be_right_and_not_that_it_cannot_be_read() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 45).await;
    let browser = Browser::of_rank(&world, vedetta::domain::Rank::Manager, &[]).await;
    let cases: [(&str, Fields<'_>, &str); 5] = [
        ("actions", &[("what", "note"), ("note", "  ")], "Una nota ha bisogno di parole"),
        ("actions", &[("what", "plan"), ("parts", "15/12/2026 10\npresto 10")], "Riga 2: "),
        ("actions", &[("what", "dispute"), ("invoice", "?")], "non ha una fattura con questo numero"),
        ("actions", &[("what", "promise"), ("due_on", "2026-11-01")], "Serve il giorno entro cui paga"),
        ("limit", &[("amount", "molto"), ("reason", "r")], "si scrive come 1.234,56"),
    ];
    for (form, fields, hint) in cases {
        let answer = browser.send(&format!("/clients/C-1/{form}"), fields).await;
        assert_eq!(answer.status(), 422, "{fields:?}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("Qualcosa non va") && page.contains(hint), "{fields:?}: {page}");
        assert!(!page.contains("non si può leggere") && !page.contains("/instalments"), "{fields:?}: {page}");
    }
}

#[tokio::test]
async fn whatever_can_be_done_about_a_client_is_recorded_where_the_work_is() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 45).await;
    let browser = Browser::of_rank(&world, vedetta::domain::Rank::Analyst, &[]).await;
    let page = browser.read("/clients/C-1").await;
    for kind in vedetta::domain::OutcomeKind::ALL {
        let offered = format!("<option value=\"{kind}\">");
        assert!(page.contains(&offered) || kind.to_string() == "call", "{kind}: a call is said by how it ended");
    }
    let done = async |fields: &[(&str, &str)]| browser.send("/clients/C-1/actions", fields).await.status().as_u16();
    for kind in ["handed_to_agency", "court_filed", "claim_filed"] {
        // What a field says that does not belong to the kind was not meant.
        assert_eq!(done(&[("what", kind), ("amount", "10"), ("accepted", "1"), ("parts", "x")]).await, 303, "{kind}");
    }
    assert_eq!(done(&[("what", "promise_kept"), ("amount", "100")]).await, 409, "nothing was promised");
    assert_eq!(done(&[("what", "promise"), ("amount", "100"), ("due_on", "2026-11-25")]).await, 303);
    assert_eq!(done(&[("what", "promise_kept"), ("amount", "100,00")]).await, 303);
    assert_eq!(done(&[("what", "dispute"), ("invoice", "C-1-1")]).await, 303);
    assert_eq!(done(&[("what", "dispute_settled"), ("invoice", "C-1-1"), ("accepted", "0")]).await, 303);
    assert_eq!(done(&[("what", "plan"), ("parts", "15/12/2026 1.500,00\n2027-01-10 250")]).await, 303);
    assert_eq!(done(&[("what", "plan"), ("parts", "presto 1.500,00")]).await, 422);
    let actions = world.get("/v1/clients/C-1/treatment").await["actions"].clone();
    let of = |kind: &str| actions.as_array().unwrap().iter().find(|action| action["kind"] == kind).unwrap().clone();
    assert_eq!((&of("promise_kept")["amount"], &of("dispute_settled")["accepted"]), (&json!("100.00"), &json!(false)));
    let parts = of("plan")["instalments"].clone();
    assert_eq!(
        parts,
        json!([{"due_on": "2026-12-15", "amount": "1500.00"}, {"due_on": "2027-01-10", "amount": "250.00"}])
    );
}
