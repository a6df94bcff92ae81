use vedetta::domain::Rank;

use super::Browser;
use crate::world::World;

fn policy() -> String {
    std::fs::read_to_string(format!("{}/config/policy.toml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[tokio::test]
async fn the_policy_in_force_is_told_phase_by_phase_and_way_by_way() {
    let world = World::new().await;
    let page = Browser::of_rank(&world, Rank::Viewer, &[]).await.read("/policy").await;
    for said in [
        "Sollecito bonario",
        "Messa in mora",
        "Guanti bianchi",
        "Insinuazione al passivo",
        "insolvenza",
        "Compra ancora",
    ] {
        assert!(page.to_lowercase().contains(&said.to_lowercase()), "{said} in {page}");
    }
    assert!(!page.contains("<textarea"), "a viewer tries none");
}

#[tokio::test]
async fn a_draft_is_tried_on_everybody_and_a_wrong_one_comes_back_with_its_lines() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 40).await;
    let manager = Browser::of_rank(&world, Rank::Manager, &[]).await;
    let draft = policy().replace("version = \"2026-2\"", "version = \"bozza\"");
    let tried = manager.send("/policy", &[("draft", &draft)]).await.text().await.unwrap();
    assert!(tried.contains("bozza") && tried.contains("Nessuno cambierebbe fase"), "{tried}");
    let wrong = policy().replace("tolerance = 100.0", "tolerance = \"<b>molto</b>\"");
    let refused = manager.send("/policy", &[("draft", &wrong)]).await.text().await.unwrap();
    assert!(refused.contains("La bozza non si può usare") && refused.contains("riga "), "{refused}");
    assert!(refused.contains("molto") && !refused.contains("<b>molto"), "what was pasted is still there, as text");
}

#[tokio::test]
async fn a_draft_is_tried_on_one_portfolio_by_who_sees_it() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 40).await;
    world.client("south", "S-1", "Cantiere Meridiano S.r.l.", 40).await;
    let manager = Browser::of_rank(&world, Rank::Manager, &["north"]).await;
    let shown = manager.read("/policy").await;
    assert!(shown.contains("name=\"portfolio\" value=\"north\"") && !shown.contains("south"), "{shown}");
    let tried = manager.send("/policy", &[("draft", &policy()), ("portfolio", "north")]).await;
    assert!(tried.text().await.unwrap().contains("Portafoglio: north"));
    assert_eq!(manager.send("/policy", &[("draft", &policy()), ("portfolio", "south")]).await.status(), 404);
    let of_all = Browser::of_rank(&world, Rank::Admin, &[]).await.read("/policy").await;
    assert!(of_all.contains("<option value=\"south\">"), "{of_all}");
}

#[tokio::test]
async fn a_draft_is_tried_by_a_manager_who_sees_every_portfolio() {
    let world = World::new().await;
    for browser in
        [Browser::of_rank(&world, Rank::Analyst, &[]).await, Browser::of_rank(&world, Rank::Manager, &["north"]).await]
    {
        assert_eq!(browser.send("/policy", &[("draft", "x")]).await.status(), 403);
    }
}
