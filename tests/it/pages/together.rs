use vedetta::domain::Rank;

use super::Browser;
use crate::world::World;

/// The name of the box beside a client.
fn tick(page: &str, name: &str) -> String {
    let (before, _) = page.split_once(&format!("<span class=\"sr\">{name}</span></label>")).unwrap();
    let (_, tick) = before.rsplit_once("name=\"").unwrap();
    tick.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn one_note_is_written_for_the_ticked_clients_once_it_is_confirmed() {
    let world = World::new().await;
    for (code, name) in [("C-1", "Fabbri Srl"), ("C-2", "Fonderia Alta Srl"), ("C-3", "Vetreria Bassa Srl")] {
        world.client("alpha", code, name, 10).await;
    }
    let analyst = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let list = analyst.read("/clients").await;
    let (one, two) = (tick(&list, "Fabbri Srl"), tick(&list, "Fonderia Alta Srl"));
    let chosen = [("what", "note"), (one.as_str(), "1"), (two.as_str(), "1")];
    let page = analyst.send("/together", &chosen).await.text().await.unwrap();
    assert!(page.contains("Fabbri Srl") && page.contains("Fonderia Alta Srl") && !page.contains("Vetreria"), "{page}");
    let noted = async |code: &str| {
        let found = world.get(&format!("/v1/clients/{code}/treatment")).await;
        found["actions"].as_array().unwrap().iter().map(|a| a["note"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(noted("C-1").await.is_empty(), "nothing is done before it is confirmed");
    let empty = analyst.send("/together/do", &chosen).await.text().await.unwrap();
    assert!(empty.contains("Scrivi la nota") && empty.contains("Fabbri Srl"), "{empty}");
    let all = [&chosen[..], &[("note", "visti in fiera")]].concat();
    for _ in 0..2 {
        let done = analyst.send("/together/do", &all).await.text().await.unwrap();
        assert!(done.contains("Registrato per 2 clienti"), "{done}");
    }
    assert_eq!(noted("C-1").await, ["visti in fiera"], "twice is the same as once");
    assert!(noted("C-3").await.is_empty());
}

#[tokio::test]
async fn the_ticked_clients_are_exported_and_nobody_else_s_can_be_ticked() {
    let world = World::new().await;
    world.client("north", "N-1", "Fabbri Srl", 10).await;
    world.client("south", "S-1", "Vetreria Bassa Srl", 10).await;
    let house = Browser::with_key(&world, &world.key).await;
    let list = house.read("/clients").await;
    let (north, south) = (tick(&list, "Fabbri Srl"), tick(&list, "Vetreria Bassa Srl"));
    let analyst = Browser::of_rank(&world, Rank::Analyst, &["north"]).await;
    let both = [("what", "export"), (north.as_str(), "1"), (south.as_str(), "1")];
    let file = analyst.send("/together", &both).await.text().await.unwrap();
    assert!(file.contains("N-1;Fabbri Srl") && !file.contains("S-1"), "{file}");
    let seen = [("what", "seen"), (north.as_str(), "1"), (south.as_str(), "1")];
    let done = analyst.send("/together/do", &seen).await.text().await.unwrap();
    assert!(done.contains("Registrato per 1 clienti"), "{done}");
    assert!(world.get("/v1/clients/S-1/treatment").await["actions"].as_array().unwrap().is_empty());
    let none = analyst.send("/together", &[("what", "seen")]).await.text().await.unwrap();
    assert!(none.contains("Nessun cliente scelto"), "{none}");
    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    assert!(!viewer.read("/clients").await.contains("type=\"checkbox\" form=\"together\""));
    assert_eq!(viewer.send("/together/do", &seen).await.status(), 403);
}
