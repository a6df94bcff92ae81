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

#[tokio::test]
async fn a_fact_about_somebody_else_leaves_the_client_and_is_given_back() {
    let world = World::new().await;
    world.client("north", "C-1", "Fonderia Alta Srl", 5).await;
    world.client("north", "C-2", "Fonderia Alta di Bergamo Srl", 5).await;
    world.protest("C-1", "18000.00").await;
    let signals = async |code: &str| world.get(&format!("/v1/clients/{code}/signals")).await["items"].clone();
    let signal = signals("C-1").await[0]["signal"].as_str().unwrap().to_owned();
    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    assert!(!viewer.read("/clients/C-1").await.contains("/split#facts"), "a viewer decides nothing");

    let analyst = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    assert!(analyst.read("/clients/C-1").await.contains(&format!("name=\"signal\" value=\"{signal}\"")));
    let form = |to, reason| [("signal", signal.as_str()), ("to", to), ("reason", reason)];
    for (to, reason, says) in [("C-9", "omonimo", "codice di un altro cliente"), ("", "", "da 1 a 500 caratteri")] {
        let slip = analyst.send("/clients/C-1/split", &form(to, reason)).await.text().await.unwrap();
        assert!(slip.contains("role=\"alert\"") && slip.contains(says), "{slip}");
        assert!(slip.contains(&format!("name=\"to\" value=\"{to}\"")), "{slip}");
    }
    assert_eq!(analyst.send("/clients/C-1/split", &form("C-2", "omonimo di Bergamo")).await.status(), 303);
    assert_eq!((signals("C-1").await, &signals("C-2").await[0]["signal"]), (json!([]), &json!(signal)));
    let admin = Browser::of_rank(&world, Rank::Admin, &[]).await;
    assert!(admin.read("/settings/log").await.contains("omonimo di Bergamo"), "the reason is in the log");

    let page = analyst.read("/clients/C-1?done=split").await;
    let (_, aside) = page.split_once("Detti di qualcun altro").expect("what was taken away is listed");
    let (_, rest) = aside.split_once("action=\"/review/").unwrap();
    let review = rest.split('"').next().unwrap();
    let back = [("decision", "same"), ("back", "/clients/C-1?done=given_back&portfolio=north#facts")];
    let given = analyst.send(&format!("/review/{review}"), &back).await;
    assert_eq!(given.headers()["location"], "/clients/C-1?done=given_back&portfolio=north#facts");
    assert_eq!(signals("C-1").await[0]["signal"], json!(signal));
    assert!(!analyst.read("/clients/C-1").await.contains("Detti di qualcun altro"));
    let elsewhere = [("decision", "same"), ("back", "https://evil.example")];
    assert_eq!(analyst.send(&format!("/review/{review}"), &elsewhere).await.headers()["location"], "/");
}

#[tokio::test]
async fn clients_stand_together_under_one_limit_and_are_taken_apart() {
    let world = World::new().await;
    world.client("north", "C-1", "Fonderia Alta Srl", 5).await;
    world.client("north", "C-2", "Fonderia Alta Due Srl", 5).await;
    let analyst = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    assert!(analyst.read("/clients/C-1").await.contains("In nessun gruppo."));
    assert_eq!(analyst.send("/clients/C-1/group", &[("group", "Alta")]).await.status(), 403);
    let manager = Browser::of_rank(&world, Rank::Manager, &[]).await;
    let slip = manager.send("/clients/C-1/group", &[("group", "Famiglia Alta")]).await.text().await.unwrap();
    assert!(
        slip.contains("Un gruppo nuovo ha bisogno di un fido") && slip.contains("value=\"Famiglia Alta\""),
        "{slip}"
    );

    let group = async |code: &str| world.get(&format!("/v1/clients/{code}/limit")).await["group"].clone();
    let make = [("group", "Famiglia Alta"), ("limit", "50.000,00")];
    assert_eq!(manager.send("/clients/C-1/group", &make).await.status(), 303);
    assert_eq!(manager.send("/clients/C-2/group", &[("group", "Famiglia Alta")]).await.status(), 303);
    let both = group("C-1").await;
    assert_eq!((&both["clients"], &both["limit"]), (&json!(["C-1", "C-2"]), &json!(50_000.0)), "{both}");
    let page = manager.read("/clients/C-2?done=joined").await;
    assert!(page.contains("di 50.000\u{a0}€") && page.contains("<a href=\"/clients/C-1\">C-1</a>"), "{page}");
    assert_eq!(
        manager.send("/clients/C-2/group", &[("group", "Famiglia Alta"), ("limit", "60.000")]).await.status(),
        303
    );
    assert_eq!(group("C-1").await["limit"], 60_000.0);

    let other = [("group", "Altri"), ("limit", "10")];
    let slip = manager.send("/clients/C-2/group", &other).await.text().await.unwrap();
    assert!(slip.contains("role=\"alert\"") && slip.contains("Famiglia Alta"), "{slip}");
    let moved = [&other[..], &[("from_another", "1")]].concat();
    assert_eq!(manager.send("/clients/C-2/group", &moved).await.status(), 303);
    assert_eq!((&group("C-1").await["clients"], &group("C-2").await["group"]), (&json!(["C-1"]), &json!("Altri")));
    assert_eq!(manager.send("/clients/C-2/group/leave", &[]).await.status(), 303);
    assert_eq!(group("C-2").await, json!(null));
    assert_eq!(manager.send("/clients/C-2/group/leave", &[]).await.status(), 404);
    assert!(!manager.read("/clients/C-1").await.contains("value=\"Altri\""), "a group without clients is none");
}
