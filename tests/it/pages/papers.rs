use serde_json::json;
use vedetta::domain::Rank;

use super::Browser;
use crate::world::{World, house};

#[tokio::test]
async fn two_codes_are_made_one_company_and_taken_apart_again() {
    let world = World::new().await;
    world.client("north", "C-1", "Fonderia Alta Srl", 5).await;
    world.client("north", "C-2", "Fonderia Alta S.r.l.", 5).await;
    let manager = Browser::of_rank(&world, Rank::Manager, &[]).await;
    let wrong = [("into", "C-9"), ("reason", "due volte in anagrafica")];
    let page = manager.send("/clients/C-1/merge", &wrong).await.text().await.unwrap();
    assert!(page.contains("role=\"alert\"") && page.contains("value=\"C-9\" required"), "{page}");
    assert!(page.contains("value=\"due volte in anagrafica\""), "{page}");
    assert_eq!(manager.send("/clients/C-1/merge", &[("into", "C-2")]).await.status(), 303);
    assert_eq!(world.get("/v1/clients/C-1/rating").await["merged_into"], "C-2");
    let page = manager.read("/clients/C-1/papers").await;
    assert!(page.contains("anna.manager") && page.contains("action=\"/clients/C-1/unmerge\""), "{page}");
    assert_eq!(manager.send("/clients/C-1/unmerge", &[]).await.status(), 303);
    assert_eq!(world.get("/v1/clients/C-1/rating").await.get("merged_into"), None);
}

#[tokio::test]
async fn an_order_is_held_against_the_limit_and_the_file_is_taken_along_by_who_only_reads() {
    let world = World::new().await;
    world.client("north", "C-1", "Fonderia Alta Srl", 5).await;
    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    let page = viewer.read("/clients/C-1/papers?order=999.999%2C00").await;
    assert!(page.contains("class=\"then\"") && page.contains("999.999"), "{page}");
    assert!(!page.contains("/merge\"") && !page.contains("/erase\""), "a viewer decides nothing");
    let file = viewer.ask("GET", "/clients/C-1/file/pdf").send().await.unwrap();
    assert_eq!((file.status().as_u16(), file.headers()["content-type"].to_str().unwrap()), (200, "application/pdf"));
    assert_eq!(viewer.ask("GET", "/clients/C-1/file/exe").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_client_is_erased_by_an_administrator_who_types_its_code() {
    let world = World::new().await;
    world.client("north", "C-1", "Fonderia Alta Srl", 5).await;
    let manager = Browser::of_rank(&world, Rank::Manager, &[]).await;
    assert_eq!(manager.send("/clients/C-1/erase", &[("code", "C-1"), ("reason", "r")]).await.status(), 403);
    let admin = Browser::of_rank(&world, Rank::Admin, &[]).await;
    let slip = admin.send("/clients/C-1/erase", &[("code", "C-2"), ("reason", "art. 17")]).await.text().await.unwrap();
    assert!(slip.contains("non è quello di questo cliente") && slip.contains("value=\"art. 17\""), "{slip}");
    assert_eq!(admin.ask("GET", "/clients/C-1").send().await.unwrap().status(), 200);
    let done = admin.send("/clients/C-1/erase", &[("code", "C-1"), ("reason", "art. 17")]).await.text().await.unwrap();
    assert!(done.contains("Ricevuta") && !done.contains("Fonderia"), "{done}");
    assert_eq!(admin.ask("GET", "/clients/C-1").send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_decision_over_a_large_exposure_waits_for_a_second_person() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 12).await;
    let open = json!([{"client": "N-1", "invoice": "large", "issued_on": "2026-11-01", "due_on": "2026-12-01",
        "amount": "2500000.00"}]);
    world.post("/v1/invoices?portfolio=north", &open, 200).await;
    world.clock.advance(jiff::SignedDuration::from_secs(60));
    world.settle().await;
    let one = Browser::of_rank(&world, Rank::Manager, &[]).await;
    let two = Browser::of_rank(&world, Rank::Admin, &[]).await;
    let decision = [("grade", "C3"), ("reason", "la banca rientra"), ("until", "2026-12-31")];
    let asked = one.send("/clients/N-1/override", &decision).await;
    assert!(asked.headers()["location"].to_str().unwrap().contains("done=asked"));
    let own = one.read("/clients/N-1").await;
    assert!(own.contains("attende una seconda persona") && !own.contains("/override/confirm"), "{own}");
    assert!(own.contains("fino al 31/12/2026"), "the day that was typed is the last: {own}");
    assert_eq!(one.send("/clients/N-1/override/confirm", &[]).await.status(), 403);
    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    let elsewhere = Browser::of_rank(&world, Rank::Analyst, &["south"]).await;
    for path in ["/", "/review"] {
        let page = two.read(path).await;
        assert!(page.contains("Classi da confermare") && page.contains("anna.manager"), "{path}: {page}");
        assert!(page.contains("/clients/N-1?portfolio=north#main"), "{path}: {page}");
        for other in [&one, &viewer, &elsewhere] {
            assert!(
                !other.read(path).await.contains("Classi da confermare"),
                "{path}: who may not confirm is not asked"
            );
        }
    }
    assert!(two.read("/clients/N-1").await.contains("/override/confirm"));
    assert_eq!(two.send("/clients/N-1/override/confirm", &[]).await.status(), 303);
    assert_eq!(world.get("/v1/clients/N-1/rating").await["grade"], "C3");
    assert!(!two.read("/review").await.contains("Classi da confermare"));
}

#[tokio::test]
async fn a_client_under_a_legal_hold_is_not_erased_until_an_administrator_ends_the_hold() {
    let world = World::new().await;
    world.client("north", "C-1", "Fonderia Alta Srl", 5).await;
    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    assert!(viewer.read("/clients/C-1/papers").await.contains("Nessuna in vigore"));
    assert_eq!(viewer.send("/clients/C-1/hold", &[("held", "causa")]).await.status(), 403);
    let manager = Browser::of_rank(&world, Rank::Manager, &["north"]).await;
    let long = "causa ".repeat(100);
    let slip = manager.send("/clients/C-1/hold", &[("held", &long)]).await.text().await.unwrap();
    assert!(slip.contains("role=\"alert\"") && slip.contains(long.trim_end()), "{slip}");
    assert_eq!(manager.send("/clients/C-1/hold", &[("held", "causa 12/2026")]).await.status(), 303);
    let page = manager.read("/clients/C-1/papers").await;
    assert!(page.contains("<strong>causa 12/2026</strong>") && page.contains("anna.manager"), "{page}");
    assert!(!page.contains("/hold/end\""), "a manager ends no hold");
    let id = world.desk.holds(&house()).await.unwrap()[0].id.to_string();
    assert_eq!(manager.send("/clients/C-1/hold/end", &[("hold", &id)]).await.status(), 403);

    let admin = Browser::of_rank(&world, Rank::Admin, &[]).await;
    let erase = [("code", "C-1"), ("reason", "art. 17")];
    assert_eq!(admin.send("/clients/C-1/erase", &erase).await.status(), 403);
    assert_eq!(admin.send("/clients/C-1/hold/end", &[("hold", "999")]).await.status(), 404);
    assert_eq!(admin.send("/clients/C-1/hold/end", &[("hold", &id)]).await.status(), 303);
    assert!(admin.read("/clients/C-1/papers?done=freed").await.contains("Nessuna in vigore"));
    assert_eq!(admin.send("/clients/C-1/erase", &erase).await.status(), 200);
}
