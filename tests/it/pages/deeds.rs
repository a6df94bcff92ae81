use serde_json::json;
use vedetta::domain::Rank;

use super::Browser;
use crate::world::World;

#[tokio::test]
async fn interest_and_the_lump_sum_are_claimed_and_waived_invoice_by_invoice() {
    let world = World::new().await;
    world.client("north", "C-1", "Fonderia Alta Srl", 45).await;
    let analyst = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let page = analyst.read("/clients/C-1").await;
    assert!(page.contains("Interessi di mora") && page.contains("da decidere"), "{page}");
    assert!(page.contains("40,00\u{a0}€") && !page.contains("/interest#ledger"), "an analyst decides no interest");
    let claimed = [("state", "claimed"), ("what", "interest"), ("invoice", "C-1-3"), ("reason", "contratto")];
    assert_eq!(analyst.send("/clients/C-1/interest", &claimed).await.status(), 403);

    let manager = Browser::of_rank(&world, Rank::Manager, &[]).await;
    let wrong = [("state", "waived"), ("what", "lump_sum"), ("invoice", "C-1-3"), ("reason", " ")];
    let slip = manager.send("/clients/C-1/interest", &wrong).await.text().await.unwrap();
    assert!(slip.contains("role=\"alert\"") && slip.contains("Il motivo ha da 1 a 500 caratteri."), "{slip}");
    assert!(slip.contains("<option selected>C-1-3") && slip.contains("value=\"lump_sum\" selected"), "{slip}");

    assert_eq!(manager.send("/clients/C-1/interest", &claimed).await.status(), 303);
    let waived = [("state", "waived"), ("what", "lump_sum"), ("reason", "buon cliente")];
    assert_eq!(manager.send("/clients/C-1/interest", &waived).await.status(), 303);
    let ledger = world.get("/v1/clients/C-1/ledger").await;
    let lines = ledger["items"].as_array().unwrap();
    let of = |invoice: &str| lines.iter().find(|line| line["invoice"] == invoice).unwrap()["interest"].clone();
    assert_eq!((&of("C-1-3")[0]["state"], &of("C-1-3")[1]["state"]), (&json!("claimed"), &json!("waived")));
    assert_eq!(of("C-1-4")[0]["state"], "due", "nobody decided about it");
    let page = manager.read("/clients/C-1?done=charges").await;
    assert!(page.contains("<strong>chiesto</strong>") && page.contains("<strong>rinunciato</strong>"), "{page}");
}
