use serde_json::json;
use vedetta::domain::Rank;

use super::Browser;
use crate::world::{World, read};

/// A house in which a payment of 70 EUR waits: its payer has one open invoice, of 120 EUR.
async fn world() -> World {
    let world = World::new().await;
    let client = json!([{"client": "C-1", "name": "Officine Sette Ponti Srl", "country": "IT"}]);
    world.post("/v1/clients?portfolio=north", &client, 200).await;
    let open = json!([{"client": "C-1", "invoice": "A-1", "issued_on": "2026-10-01", "due_on": "2026-10-31", "amount": "120"}]);
    world.post("/v1/invoices?portfolio=north", &open, 200).await;
    let statement = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy=\"EUR\">\
        70.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-10</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>\
        <NtryDtls><TxDtls><RltdPties><Dbtr><Nm>OFFICINE SETTE PONTI</Nm></Dbtr></RltdPties><RmtInf><Ustrd>&lt;b&gt; saldo</Ustrd></RmtInf>\
        </TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>";
    let send =
        world.ask("POST", "/v1/payments?portfolio=north").header("content-type", "application/xml").body(statement);
    assert_eq!(read(send.send().await.unwrap(), 200).await["accepted"], 1);
    world
}

#[tokio::test]
async fn a_payment_that_waits_is_booked_on_the_ticked_invoice_and_a_wrong_amount_keeps_the_tick() {
    let world = world().await;
    let browser = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let page = browser.read("/payments").await;
    assert!(page.contains("OFFICINE SETTE PONTI") && page.contains("70,00") && !page.contains("<b> saldo"), "{page}");
    let (_, rest) = page.split_once("action=\"/payments/").unwrap();
    let path = format!("/payments/{}", rest.split('"').next().unwrap());
    let row = [("act", "book"), ("client.0", "C-1"), ("invoice.0", "A-1")];
    let none = browser.send(&path, &row).await.text().await.unwrap();
    assert!(none.contains("role=\"alert\"") && none.contains("almeno una fattura"), "{none}");
    let much = [&row[..], &[("tick.0", "1"), ("amount.0", "70,01")]].concat();
    let refused = browser.send(&path, &much).await.text().await.unwrap();
    assert!(
        refused.contains("value=\"70,01\"") && refused.contains("name=\"tick.0\" value=\"1\" checked"),
        "{refused}"
    );
    let right = [&row[..], &[("tick.0", "1")]].concat();
    assert_eq!(browser.send(&path, &right).await.status(), 303);
    assert!(browser.read("/payments").await.contains("Nessun incasso da assegnare"));
    assert!(browser.read("/payments?state=booked").await.contains("A-1"));
    let ledger = world.get("/v1/clients/C-1/ledger").await;
    assert_eq!(ledger["items"][0]["payments"][0]["amount"], "70.00");
}

#[tokio::test]
async fn a_payment_for_no_invoice_is_dismissed_and_only_read_by_a_viewer() {
    let world = world().await;
    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    let page = viewer.read("/payments").await;
    assert!(page.contains("OFFICINE SETTE PONTI") && !page.contains("action=\"/payments/"), "{page}");
    assert_eq!(viewer.send("/payments/1", &[("act", "dismiss")]).await.status(), 403);
    let analyst = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    assert_eq!(analyst.send("/payments/1", &[("act", "dismiss")]).await.status(), 303);
    assert!(analyst.read("/payments?state=dismissed").await.contains("OFFICINE SETTE PONTI"));
}

#[tokio::test]
async fn a_booking_is_taken_back_on_its_page_and_waits_again() {
    let world = world().await;
    let browser = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let page = browser.read("/payments").await;
    let (_, rest) = page.split_once("action=\"/payments/").unwrap();
    let path = format!("/payments/{}", rest.split('"').next().unwrap());
    let right = [("act", "book"), ("tick.0", "1"), ("client.0", "C-1"), ("invoice.0", "A-1")];
    assert_eq!(browser.send(&path, &right).await.status(), 303);
    let undo = format!("{path}/undo");
    assert!(browser.read("/payments?state=booked").await.contains(&format!("action=\"{undo}\"")));
    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    assert!(!viewer.read("/payments?state=booked").await.contains("/undo"));
    assert_eq!(viewer.send(&undo, &[]).await.status(), 403);
    assert_eq!(browser.send(&undo, &[]).await.status(), 303);
    assert!(browser.read("/payments?done=undone").await.contains("aspetta di nuovo"));
    assert_eq!(world.get("/v1/clients/C-1/ledger").await["items"][0]["open"], "120.00");
    let late = browser.send(&undo, &[]).await.text().await.unwrap();
    assert!(late.contains("role=\"alert\""), "{late}");
}

#[tokio::test]
async fn what_the_bank_took_back_is_on_a_tab_of_its_own() {
    let world = world().await;
    let browser = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let page = browser.read("/payments").await;
    assert!(page.contains("href=\"/payments?state=returned\"") && page.contains("Stornati"), "{page}");
    let (_, rest) = page.split_once("action=\"/payments/").unwrap();
    let path = format!("/payments/{}", rest.split('"').next().unwrap());
    let right = [("act", "book"), ("tick.0", "1"), ("client.0", "C-1"), ("invoice.0", "A-1")];
    assert_eq!(browser.send(&path, &right).await.status(), 303);
    assert!(!browser.read("/payments?state=returned").await.contains("OFFICINE SETTE PONTI"));
    let returned = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy=\"EUR\">\
        70.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-12</Dt></BookgDt>\
        <AcctSvcrRef>B2</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Nm>OFFICINE SETTE PONTI</Nm></Dbtr></RltdPties><RmtInf>\
        <Ustrd>storno A-1</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>";
    let send =
        world.ask("POST", "/v1/payments?portfolio=north").header("content-type", "application/xml").body(returned);
    assert_eq!(read(send.send().await.unwrap(), 200).await["accepted"], 1);
    let tab = browser.read("/payments?state=returned").await;
    assert!(tab.contains("OFFICINE SETTE PONTI") && tab.contains("70,00"), "{tab}");
    assert!(!tab.contains("/undo"), "what the bank took back is no booking to be undone: {tab}");
}
