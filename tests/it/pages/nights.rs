use vedetta::domain::Rank;

use super::Browser;
use crate::world::World;

#[tokio::test]
async fn a_night_is_ordered_by_a_manager_once_and_is_told_when_it_has_ended() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 45).await;
    let manager = Browser::of_rank(&world, Rank::Manager, &[]).await;
    assert!(manager.read("/nights").await.contains("Ancora nessuna notte"));
    let far = manager.send("/nights", &[("valid_at", "2020-01-01")]).await.text().await.unwrap();
    assert!(far.contains("uno dei 366 prima") && far.contains("value=\"2020-01-01\""), "{far}");
    assert_eq!(manager.send("/nights", &[("valid_at", "")]).await.status(), 303);
    assert!(manager.read("/nights").await.contains("in attesa"));
    world.night().await;
    assert!(manager.read("/nights").await.contains("finita"));
    let some = Browser::of_rank(&world, Rank::Admin, &["alpha"]).await;
    assert_eq!(some.ask("GET", "/nights").send().await.unwrap().status(), 403);
    assert_eq!(some.send("/nights", &[("valid_at", "x")]).await.status(), 403, "however wrong the day");
    assert!(!some.read("/sources").await.contains("href=\"/nights\""), "and finds no way there");
}

#[tokio::test]
async fn the_morning_tells_whoever_sees_one_portfolio_when_the_night_ended_and_not_how_many_the_house_has() {
    let world = World::new().await;
    world.client("alpha", "A-1", "Fabbri Torneria Srl", 45).await;
    world.client("beta", "B-1", "Officine Sette Ponti", 2).await;
    world.night().await;
    let all = Browser::of_rank(&world, Rank::Manager, &[]).await.read("/").await;
    assert!(all.contains(": valutati 2, peggiorati 0, migliorati 0") && all.contains("href=\"/nights\""), "{all}");
    let some = Browser::of_rank(&world, Rank::Analyst, &["alpha"]).await.read("/").await;
    assert!(
        some.contains("notte finita") && !some.contains("valutati") && !some.contains("href=\"/nights\""),
        "{some}"
    );
}
