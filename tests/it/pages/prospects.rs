use vedetta::domain::Rank;

use super::Browser;
use crate::world::World;

#[tokio::test]
async fn a_prospect_is_evaluated_becomes_a_client_and_only_a_manager_begins() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let manager = Browser::of_rank(&world, Rank::Manager, &[]).await;
    assert!(manager.read("/assessments").await.contains("Ancora nessuna valutazione"));
    let typed = [
        ("name", "Officine Nuove <i>Srl"),
        ("country", "it"),
        ("city", "Arezzo"),
        ("amount", "5.000,00"),
        ("portfolio", "north"),
    ];
    let wrong = [&typed[..], &[("sector", "mobili")]].concat();
    let page = manager.send("/assessments", &wrong).await.text().await.unwrap();
    assert!(
        page.contains("codice ATECO") && page.contains("value=\"Arezzo\"") && page.contains("value=\"mobili\""),
        "{page}"
    );
    let made = manager.send("/assessments", &typed).await;
    assert_eq!(made.status(), 303);
    let path = made.headers()["location"].to_str().unwrap().to_owned();
    let page = manager.read(&path).await;
    assert!(page.contains("Officine Nuove &") && !page.contains("<i>Srl") && page.contains("5.000"), "{page}");
    assert!(page.contains("Ricalcola") && !page.contains("Ricalcolata"), "{page}");
    let again = manager.read(&format!("{path}?again=1")).await;
    assert!(again.contains("Ricalcolata: la decisione è la stessa."), "{again}");
    let nobody = manager.send(&format!("{path}/client"), &[("client", "N-9")]).await.text().await.unwrap();
    assert!(nobody.contains("role=\"alert\"") && nobody.contains("value=\"N-9\""), "{nobody}");
    assert_eq!(manager.send(&format!("{path}/client"), &[("client", "N-1")]).await.status(), 303);
    assert!(manager.read(&path).await.contains("href=\"/clients/N-1\""));
    assert!(manager.read("/clients/N-1/papers").await.contains(&path));
    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    assert_eq!(viewer.ask("GET", "/assessments/new").send().await.unwrap().status(), 403);
    assert!(viewer.read("/assessments").await.contains("Officine Nuove"), "and a viewer reads");
}

#[tokio::test]
async fn an_evaluation_is_erased_for_a_reason() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let admin = Browser::of_rank(&world, Rank::Admin, &[]).await;
    let made =
        admin.send("/assessments", &[("name", "Officine Nuove"), ("country", "IT"), ("portfolio", "north")]).await;
    let path = made.headers()["location"].to_str().unwrap().to_owned();
    let none = admin.send(&format!("{path}/erase"), &[("reason", "")]).await.text().await.unwrap();
    assert!(none.contains("da 1 a 500"), "{none}");
    assert_eq!(admin.send(&format!("{path}/erase"), &[("reason", "non compra")]).await.status(), 303);
    assert_eq!(admin.ask("GET", &path).send().await.unwrap().status(), 404);
}
