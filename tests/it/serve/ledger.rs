use serde_json::{Value, json};
use vedetta::store::Scope;

use crate::world::{World, problem, read};

const TABLE: &str = "client,invoice,issued_on,due_on,amount,paid_on,paid_amount,kind,disputed_on,promised_on,written_off_on\n\
    C-1,LATE,2026-08-01,2026-09-01,1000.00,,,,,2026-10-01,\nC-1,PAID,2026-08-01,2026-09-01,365.00,2026-09-11,,,,,\n\
    C-1,SOON,2026-11-01,2026-12-01,50.00,,,,,,\nC-1,ARGUED,2026-08-01,2026-09-01,70.00,,,,2026-09-02,,\n\
    C-1,GONE,2025-08-01,2025-09-01,30.00,,,,,,2026-06-30\nC-1,NOTE,2026-11-02,2026-11-02,20.00,,,credit_note,,,\n";

async fn world() -> World {
    let world = World::new().await;
    world.client("main", "C-1", "Officine Sette Ponti", 2).await;
    let import = world.ask("POST", "/v1/invoices?portfolio=main").header("content-type", "text/csv").body(TABLE);
    assert_eq!(read(import.send().await.unwrap(), 200).await["accepted"], 6);
    world
}

fn line<'a>(page: &'a Value, number: &str) -> &'a Value {
    page["items"].as_array().unwrap().iter().find(|line| line["invoice"] == number).unwrap()
}

#[tokio::test]
async fn a_ledger_says_what_is_open_how_old_it_is_and_what_lateness_comes_to() {
    let world = world().await;
    let page = world.get("/v1/clients/C-1/ledger?portfolio=main").await;
    let states =
        ["LATE", "PAID", "SOON", "ARGUED", "GONE"].map(|number| line(&page, number)["state"].as_str().unwrap());
    assert_eq!(states, ["overdue", "paid", "open", "disputed", "written_off"]);
    let late = line(&page, "LATE");
    assert_eq!((&late["days_late"], &late["open"]), (&json!(80), &json!("1000.00")));
    // 1 000 EUR for 80 days at 10.15 %: the last rate known is that of the first half of 2026.
    assert_eq!(late["interest"][0]["amount"], "22.25");
    assert_eq!((&late["interest"][1]["what"], &late["interest"][1]["amount"]), (&json!("lump_sum"), &json!("40.00")));
    assert_eq!(late["promise"]["state"], "broken");
    let paid = line(&page, "PAID");
    assert_eq!(paid["payments"], json!([{"paid_on": "2026-09-11", "amount": "365.00", "told_by": "ledger"}]));
    assert_eq!(paid["interest"][0]["amount"], "1.02");
    assert_eq!(line(&page, "ARGUED")["interest"], json!([]), "nothing runs on what is disputed");
    // 30 EUR for 302 days.
    assert_eq!(line(&page, "GONE")["interest"][0]["amount"], "2.52", "nothing runs on what was given up");
    let totals = &page["totals"][0];
    let sums = ["open", "overdue", "disputed", "credits", "written_off"].map(|sum| totals[sum].as_str().unwrap());
    assert_eq!(&sums[1..], ["1000.00", "70.00", "20.00", "30.00"]);
    let ages: Vec<_> = totals["ageing"].as_array().unwrap().iter().map(|age| age["from_days"].as_i64()).collect();
    assert_eq!(ages, [None, Some(1), Some(31), Some(61), Some(91)]);
    assert_eq!(totals["ageing"][3]["amount"], "1000.00");
    let index = page["payment_index"].as_f64().unwrap();
    assert!((0.0..80.0).contains(&index), "{index}");
}

#[tokio::test]
async fn default_interest_is_claimed_or_waived_by_somebody_and_the_log_knows_who() {
    let world = world().await;
    let path = "/v1/clients/C-1/interest?portfolio=main";
    let claim = json!({"invoice": "LATE", "what": "interest", "state": "claimed", "reason": "agreed by phone"});
    let reader = world.key_for(Scope::Read, &["main"]).await;
    problem(world.bare("POST", path).bearer_auth(&reader).json(&claim).send().await.unwrap(), 403).await;
    let decided = world.post(path, &claim, 200).await;
    assert_eq!((&decided[0]["amount"], &decided[0]["state"]), (&json!("22.25"), &json!("claimed")));
    world
        .post(path, &json!({"invoice": "LATE", "what": "lump_sum", "state": "waived", "reason": "good client"}), 200)
        .await;
    let page = world.get("/v1/clients/C-1/ledger?portfolio=main").await;
    let states: Vec<_> =
        line(&page, "LATE")["interest"].as_array().unwrap().iter().map(|i| i["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["claimed", "waived"]);
    world.clock.advance(jiff::SignedDuration::from_hours(24 * 10));
    let page = world.get("/v1/clients/C-1/ledger?portfolio=main").await;
    let since = &line(&page, "LATE")["interest"][1];
    assert_eq!((&since["state"], &since["amount"]), (&json!("due"), &json!("2.78")), "what came since is due again");
    let then = world.clock.now();
    world.clock.advance(jiff::SignedDuration::from_secs(60));
    let waived = json!({"invoice": "LATE", "what": "interest", "state": "waived", "reason": "good client"});
    world.post(path, &waived, 200).await;
    let page = world.get(&format!("/v1/clients/C-1/ledger?portfolio=main&known_at={then}")).await;
    assert_eq!(line(&page, "LATE")["interest"][0]["state"], "claimed", "nobody had waived it then");
    let all = json!({"what": "interest", "state": "claimed", "reason": "all that is late"});
    let claimed = world.post(path, &all, 200).await;
    assert!(
        claimed.as_array().unwrap().iter().all(|one| one["invoice"] != "LATE"),
        "what was waived stays waived: {claimed}"
    );
    let nothing = json!({"invoice": "SOON", "state": "claimed", "reason": "x"});
    problem(world.ask("POST", path).json(&nothing).send().await.unwrap(), 422).await;
    assert!(world.desk.store.audit().verify().await.unwrap() > 3);
}

#[tokio::test]
async fn a_bank_statement_is_sent_and_what_waits_is_decided_over_the_api() {
    let world = world().await;
    let statement = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy=\"EUR\">\
        70.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-10</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>\
        <NtryDtls><TxDtls><RltdPties><Dbtr><Nm>OFFICINE SETTE PONTI</Nm></Dbtr></RltdPties><RmtInf><Ustrd>saldo</Ustrd></RmtInf>\
        </TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>";
    let send =
        world.ask("POST", "/v1/payments?portfolio=main").header("content-type", "application/xml").body(statement);
    let outcome = read(send.send().await.unwrap(), 200).await;
    assert_eq!((&outcome["accepted"], &outcome["rejected"]), (&json!(1), &json!(0)), "{outcome}");
    let waiting = world.get("/v1/payments?portfolio=main").await;
    let payment = &waiting["items"][0];
    assert_eq!(payment["candidates"][0]["invoice"], "ARGUED", "{waiting}");
    let path = format!("/v1/payments/{}", payment["id"]);
    let part = |amount: Value| json!({"parts": [{"client": "C-1", "invoice": "ARGUED", "amount": amount}]});
    problem(world.ask("POST", &path).json(&part(json!("70.01"))).send().await.unwrap(), 422).await;
    let of_it = json!({"client": "C-1", "invoice": "ARGUED", "amount": "10.00"});
    problem(world.ask("POST", &path).json(&json!({"parts": [of_it, of_it]})).send().await.unwrap(), 422).await;
    let decided = world.post(&path, &part(Value::Null), 200).await;
    assert_eq!((&decided["state"], &decided["parts"][0]["amount"]), (&json!("booked"), &json!("70.00")));
    let page = world.get("/v1/clients/C-1/ledger?portfolio=main").await;
    assert_eq!(
        line(&page, "ARGUED")["payments"][0],
        json!({"paid_on": "2026-11-10", "amount": "70.00", "told_by": "bank"})
    );
    assert_eq!(world.get("/v1/payments?portfolio=main").await["items"], json!([]));
    let other = world.key_for(Scope::Read, &["other"]).await;
    let seen = read(world.bare("GET", "/v1/payments?state=all").bearer_auth(&other).send().await.unwrap(), 200).await;
    assert_eq!(seen["items"], json!([]), "another creditor sees nothing of it");
}

/// A bank's word of 70 EUR from a payer whom nothing but the name tells.
const SEVENTY: &str = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy=\"EUR\">\
    70.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-10</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>\
    <NtryDtls><TxDtls><RltdPties><Dbtr><Nm>OFFICINE SETTE PONTI</Nm></Dbtr></RltdPties><RmtInf><Ustrd>saldo</Ustrd></RmtInf>\
    </TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>";

/// A world in which that payment waits, and its path.
async fn waiting() -> (World, String) {
    let world = world().await;
    let send = world.ask("POST", "/v1/payments?portfolio=main").header("content-type", "application/xml").body(SEVENTY);
    assert_eq!(read(send.send().await.unwrap(), 200).await["accepted"], 1);
    let path = format!("/v1/payments/{}", world.get("/v1/payments?portfolio=main").await["items"][0]["id"]);
    (world, path)
}

#[tokio::test]
async fn a_booking_that_is_taken_back_is_known_since_then_and_was_believed_until_then() {
    let (world, path) = waiting().await;
    let book = |client: &str, invoice: &str| json!({"parts": [{"client": client, "invoice": invoice}]});
    problem(world.ask("POST", &format!("{path}/undo")).send().await.unwrap(), 409).await;
    world.post(&path, &book("C-1", "LATE"), 200).await;
    world.settle().await;
    let before = world.clock.now();
    world.clock.advance(jiff::SignedDuration::from_secs(3_600));
    let undone = read(world.ask("POST", &format!("{path}/undo")).send().await.unwrap(), 200).await;
    assert_eq!((&undone["state"], &undone["arrived_on"]), (&json!("review"), &json!("2026-11-10")));
    assert_eq!((&undone["parts"], &undone["candidates"][0]["invoice"]), (&json!([]), &json!("LATE")));
    let kept = &undone["undone"][0];
    assert_eq!(
        (&kept["invoice"], &kept["amount"], &kept["booked_at"]),
        (&json!("LATE"), &json!("70.00"), &json!(before.to_string()))
    );
    let late = async |query: &str| {
        let page = world.get(&format!("/v1/clients/C-1/ledger?portfolio=main{query}")).await;
        let late = line(&page, "LATE");
        (late["open"].clone(), late["payments"].as_array().unwrap().len())
    };
    assert_eq!(late("").await, (json!("1000.00"), 0));
    assert_eq!(late(&format!("&known_at={before}")).await, (json!("930.00"), 1), "then it was believed to be paid");
    let n_rated = world.settle().await.scanned;
    assert_eq!(n_rated, 1, "what the client owes has changed, so that it is rated anew");
    problem(world.ask("POST", &format!("{path}/undo")).send().await.unwrap(), 409).await;
    // It may be booked where it belongs, and counts there on the day on which it came.
    world.clock.advance(jiff::SignedDuration::from_secs(3_600));
    world.post(&path, &book("C-1", "ARGUED"), 200).await;
    let page = world.get("/v1/clients/C-1/ledger?portfolio=main").await;
    let paid = json!({"paid_on": "2026-11-10", "amount": "70.00", "told_by": "bank"});
    assert_eq!((&line(&page, "ARGUED")["payments"][0], late("").await.1), (&paid, 0));
    assert_eq!(world.get("/v1/payments?state=booked").await["items"][0]["undone"][0]["invoice"], "LATE");
    assert!(world.desk.store.audit().verify().await.unwrap() > 3);
}

#[tokio::test]
async fn an_erasure_leaves_the_payments_that_were_once_booked_on_somebody_else() {
    for is_own in [false, true] {
        let (world, path) = waiting().await;
        world.client("main", "P-1", "Valdossa Perseghin", 0).await;
        let open = json!([{"client": "P-1", "invoice": "OPEN", "issued_on": "2026-10-01", "due_on": "2026-10-31", "amount": "70"}]);
        world.post("/v1/invoices?portfolio=main", &open, 200).await;
        let book = |client: &str, invoice: &str| json!({"parts": [{"client": client, "invoice": invoice}]});
        // First on the wrong invoice, then on the right one; the person is either.
        let (wrong, right) =
            if is_own { (("C-1", "LATE"), ("P-1", "OPEN")) } else { (("P-1", "OPEN"), ("C-1", "LATE")) };
        world.post(&path, &book(wrong.0, wrong.1), 200).await;
        world.clock.advance(jiff::SignedDuration::from_secs(60));
        read(world.ask("POST", &format!("{path}/undo")).send().await.unwrap(), 200).await;
        world.post(&path, &book(right.0, right.1), 200).await;
        world.settle().await;
        world.post("/v1/clients/P-1/erase?portfolio=main", &json!({"reason": "asked for it"}), 200).await;
        let left = world.get("/v1/payments?portfolio=main&state=all").await["items"][0].clone();
        if is_own {
            assert_eq!((&left["parts"], &left["payer"]), (&json!([]), &Value::Null), "{left}");
            assert_eq!(left["undone"][0]["client"], "C-1", "what was believed of the other client stays");
        } else {
            assert_eq!((&left["state"], &left["parts"][0]["client"]), (&json!("booked"), &json!("C-1")), "{left}");
            assert_eq!(left["undone"], json!([]));
            assert_eq!(line(&world.get("/v1/clients/C-1/ledger?portfolio=main").await, "LATE")["open"], "930.00");
        }
    }
}

#[tokio::test]
async fn a_payment_that_waits_again_outlives_the_erasure_of_whom_it_was_taken_from() {
    let (world, path) = waiting().await;
    world.client("main", "P-1", "Valdossa Perseghin", 0).await;
    let open = json!([{"client": "P-1", "invoice": "OPEN", "issued_on": "2026-10-01", "due_on": "2026-10-31", "amount": "70"}]);
    world.post("/v1/invoices?portfolio=main", &open, 200).await;
    world.post(&path, &json!({"parts": [{"client": "P-1", "invoice": "OPEN"}]}), 200).await;
    read(world.ask("POST", &format!("{path}/undo")).send().await.unwrap(), 200).await;
    world.settle().await;
    world.post("/v1/clients/P-1/erase?portfolio=main", &json!({"reason": "asked for it"}), 200).await;
    let left = world.get("/v1/payments?portfolio=main").await["items"][0].clone();
    assert_eq!(
        (&left["amount"], &left["payer"], &left["undone"]),
        (&json!("70.00"), &Value::Null, &json!([])),
        "{left}"
    );
}

#[tokio::test]
async fn a_person_is_erased_from_payments_and_electronic_invoices_too() {
    let world = world().await;
    let person = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy=\"EUR\">\
        7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-10</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>\
        <NtryDtls><TxDtls><RltdPties><Dbtr><Nm>CANARYNAME PERSEGHIN</Nm></Dbtr><DbtrAcct><Id><IBAN>IT60CANARYIBAN</IBAN></Id></DbtrAcct>\
        </RltdPties><RmtInf><Ustrd>CANARYTEXT for CANARY-1</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>";
    let xml = crate::intake::invoice_xml::Written {
        name: "Canaryname Perseghin".to_owned(),
        number: "CANARY-1".to_owned(),
        amounts: ("7.00".to_owned(), "0.00".to_owned()),
        ..Default::default()
    };
    let client = json!([{"client": "P-1", "name": "Canaryname Perseghin", "country": "IT", "tax_id": "00743110157"}]);
    world.post("/v1/clients?portfolio=main", &client, 200).await;
    let send = |path: &str, body: String| world.ask("POST", path).header("content-type", "application/xml").body(body);
    for (path, body) in
        [("/v1/invoices?portfolio=main", xml.file()), ("/v1/payments?portfolio=main", person.to_owned())]
    {
        assert_eq!(read(send(path, body).send().await.unwrap(), 200).await["changed"], 1, "{path}");
    }
    let page = world.get("/v1/clients/P-1/ledger?portfolio=main").await;
    assert_eq!(page["items"][0]["state"], "paid", "{page}");
    world.settle().await;
    world.post("/v1/clients/P-1/erase?portfolio=main", &json!({"reason": "asked for it"}), 200).await;
    for canary in ["Canaryname", "CANARYNAME", "IT60CANARYIBAN", "CANARYTEXT", "CANARY-1"] {
        assert_eq!(world.files_with(canary), Vec::<String>::new(), "{canary}");
    }
}

#[tokio::test]
async fn a_promise_of_a_sum_is_not_kept_by_what_had_come_before_it() {
    let world = World::new().await;
    world.client("main", "C-1", "Officine Sette Ponti", 2).await;
    let head = "client,invoice,issued_on,due_on,amount,paid_on,paid_amount,promised_on,promised_amount";
    let state = async |paid: &str, promise: &str| {
        let table = format!("{head}\nC-1,LATE,2026-08-01,2026-09-01,1000.00,{paid},{promise}\n");
        let import = world.ask("POST", "/v1/invoices?portfolio=main").header("content-type", "text/csv").body(table);
        assert_eq!(read(import.send().await.unwrap(), 200).await["accepted"], 1);
        world.clock.advance(jiff::SignedDuration::from_secs(60));
        let page = world.get("/v1/clients/C-1/ledger?portfolio=main").await;
        line(&page, "LATE")["promise"]["state"].clone()
    };
    assert_eq!(state("2026-09-05,400", ",").await, Value::Null);
    assert_eq!(state("2026-09-05,400", "2026-11-10,300").await, "broken", "the four hundred were there before");
    assert_eq!(state("2026-11-09,700", "2026-11-10,300").await, "kept");
}

#[tokio::test]
async fn a_ledger_answers_what_was_known_of_the_money_when_the_goods_left() {
    let world = World::new().await;
    world.client("main", "C-1", "Officine Sette Ponti", 2).await;
    let told = async |paid: &str| {
        let head = "client,invoice,issued_on,due_on,amount,paid_on";
        let table = format!("{head}\nC-1,LATE,2026-08-01,2026-09-01,1000.00,{paid}\n");
        let import = world.ask("POST", "/v1/invoices?portfolio=main").header("content-type", "text/csv").body(table);
        assert_eq!(read(import.send().await.unwrap(), 200).await["accepted"], 1);
    };
    told("").await;
    let shipped = world.clock.now();
    world.clock.advance(jiff::SignedDuration::from_secs(3_600));
    told("2026-09-10").await;
    let open = async |query: &str| {
        let page = world.get(&format!("/v1/clients/C-1/ledger?portfolio=main{query}")).await;
        line(&page, "LATE")["open"].clone()
    };
    assert_eq!(open("").await, "0.00");
    assert_eq!(open(&format!("&known_at={shipped}")).await, "1000.00", "nobody knew of the payment then");
    assert_eq!(open("&valid_at=2026-09-05").await, "1000.00", "it had not come by then");
    let wrong = world.ask("GET", "/v1/clients/C-1/ledger?known_at=yesterday").send().await.unwrap();
    problem(wrong, 400).await;
}

#[tokio::test]
async fn what_is_paid_on_a_day_to_come_is_open_until_then_everywhere() {
    let world = world().await;
    let ahead = json!([{"client": "C-1", "invoice": "AHEAD", "issued_on": "2026-08-01", "due_on": "2026-09-01",
        "amount": "500.00", "paid_on": "2026-12-01"}]);
    assert_eq!(world.post("/v1/invoices?portfolio=main", &ahead, 200).await["accepted"], 1);
    world.clock.advance(jiff::SignedDuration::from_secs(60));
    world.settle().await;
    let page = world.get("/v1/clients/C-1/ledger?portfolio=main").await;
    let today = page["as_of"].as_str().unwrap();
    let on_the_day = world.get(&format!("/v1/clients/C-1/ledger?portfolio=main&valid_at={today}")).await;
    for page in [&page, &on_the_day] {
        let ahead = line(page, "AHEAD");
        assert_eq!((&ahead["state"], &ahead["open"]), (&json!("overdue"), &json!("500.00")), "{ahead}");
        assert_eq!((&ahead["payments"], &ahead["paid_on"]), (&json!([]), &Value::Null));
        assert_eq!(ahead["paid_amount"], "0.00");
    }
    assert_eq!((&page["items"], &page["totals"]), (&on_the_day["items"], &on_the_day["totals"]));
    assert_eq!(page["payment_index"], on_the_day["payment_index"]);
    let treated = world.get("/v1/clients/C-1/treatment?portfolio=main").await;
    let overdue: f64 = treated["overdue"].as_str().unwrap().parse().unwrap();
    assert!(overdue >= 1480.0, "1 000 and 500, less the note of 20: {treated}");
    let later = world.get("/v1/clients/C-1/ledger?portfolio=main&valid_at=2026-12-01").await;
    assert_eq!(line(&later, "AHEAD")["state"], "paid");
    world.clock.advance(jiff::SignedDuration::from_hours(24 * 12));
    let page = world.get("/v1/clients/C-1/ledger?portfolio=main").await;
    assert_eq!(
        (&line(&page, "AHEAD")["state"], &line(&page, "AHEAD")["paid_on"]),
        (&json!("paid"), &json!("2026-12-01"))
    );
}

#[tokio::test]
async fn what_is_left_of_a_payment_waits_until_somebody_says_what_it_is_for() {
    let (world, path) = waiting().await;
    let soon = json!({"parts": [{"client": "C-1", "invoice": "SOON"}]});
    let booked = world.post(&path, &soon, 200).await;
    assert_eq!((&booked["state"], &booked["unassigned"]), (&json!("partly_booked"), &json!("20.00")), "{booked}");
    let waiting = world.get("/v1/payments?portfolio=main").await;
    let left = &waiting["items"][0];
    assert_eq!((&left["id"], &left["parts"][0]["amount"]), (&booked["id"], &json!("50.00")), "{waiting}");
    let numbers: Vec<_> =
        left["candidates"].as_array().unwrap().iter().map(|c| c["invoice"].as_str().unwrap()).collect();
    assert!(numbers.contains(&"LATE") && numbers.contains(&"ARGUED") && !numbers.contains(&"SOON"), "{numbers:?}");
    problem(world.ask("POST", &path).json(&soon).send().await.unwrap(), 422).await;
    let late = |amount: &str| json!({"parts": [{"client": "C-1", "invoice": "LATE", "amount": amount}]});
    problem(world.ask("POST", &path).json(&late("20.01")).send().await.unwrap(), 422).await;
    let booked = world.post(&path, &late("20.00"), 200).await;
    assert_eq!((&booked["state"], &booked["unassigned"]), (&json!("booked"), &json!("0.00")), "{booked}");
    assert_eq!(booked["parts"].as_array().unwrap().len(), 2);
    assert_eq!(world.get("/v1/payments?portfolio=main").await["items"], json!([]));
    let page = world.get("/v1/clients/C-1/ledger?portfolio=main").await;
    assert_eq!((&line(&page, "SOON")["open"], &line(&page, "LATE")["open"]), (&json!("0.00"), &json!("980.00")));

    world.clock.advance(jiff::SignedDuration::from_secs(3_600));
    let undone = read(world.ask("POST", &format!("{path}/undo")).send().await.unwrap(), 200).await;
    assert_eq!((&undone["state"], &undone["unassigned"]), (&json!("review"), &json!("70.00")), "all of it waits again");
    let page = world.get("/v1/clients/C-1/ledger?portfolio=main").await;
    assert_eq!((&line(&page, "SOON")["open"], &line(&page, "LATE")["open"]), (&json!("50.00"), &json!("1000.00")));
    world.post(&path, &soon, 200).await;
    let rest = world.post(&path, &json!({"parts": []}), 200).await;
    assert_eq!(
        (&rest["state"], &rest["unassigned"]),
        (&json!("booked"), &json!("0.00")),
        "the rest is for nothing here"
    );
}

#[tokio::test]
async fn a_portfolio_that_is_not_there_is_no_empty_answer() {
    let world = world().await;
    for path in ["/v1/treatments", "/v1/payments", "/v1/clients/C-1/ledger", "/v1/treatments.ics"] {
        let answer = world.ask("GET", &format!("{path}?portfolio=mian")).send().await.unwrap();
        assert_eq!(problem(answer, 404).await["code"], "unknown_portfolio", "{path}");
    }
    let answer = world.ask("GET", "/v1/treatments.ics?owner=nobody").send().await.unwrap();
    problem(answer, 404).await;
}
