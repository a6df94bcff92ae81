use vedetta::{domain::Rank, store::ModelFiles};

use super::Browser;
use crate::world::{World, house};

/// The model of the house under another name: with one more point at the start, so that it is another model.
fn successor() -> ModelFiles {
    let folder = format!("{}/models/baseline-1", env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let body = read("model.json").replace("\"name\": \"baseline-1\"", "\"name\": \"baseline-2\"");
    ModelFiles { name: "baseline-2".to_owned(), body, golden: Some(read("golden.csv")), training: None }
}

/// The address that a form leads to, or the page that it answers with.
async fn sent(browser: &Browser<'_>, path: &str, model: &str) -> (Option<String>, String) {
    let answer = browser.send(path, &[("model", model)]).await;
    let led = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (led, answer.text().await.unwrap())
}

#[tokio::test]
async fn a_challenger_is_checked_promoted_and_taken_back_by_an_administrator() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 20).await;
    world.desk.shadow(&house(), Some(&successor())).await.unwrap();
    let admin = Browser::of_rank(&world, Rank::Admin, &[]).await;
    let page = admin.read("/models").await;
    let name = world.desk.models().await.unwrap()[1].model.clone();
    assert!(name.starts_with("baseline-2@") && page.contains(&name), "{page}");
    let (_, beside) = page.split_once("I due modelli a confronto").expect("both are told side by side");
    assert_eq!(beside.matches("645 punti").count(), 2, "{beside}");

    let (led, checked) = sent(&admin, "/models/check", &name).await;
    assert_eq!(led, None);
    assert!(checked.contains("action=\"/models/promote\"") && checked.contains("Salirebbero"), "{checked}");
    assert!(world.desk.models().await.unwrap()[0].model.starts_with("baseline-1@"), "a check promotes nobody");

    assert_eq!(sent(&admin, "/models/promote", &name).await.0.as_deref(), Some("/models?done=promoted"));
    assert_eq!(world.desk.models().await.unwrap()[0].model, name);
    assert_eq!(sent(&admin, "/models/back", "").await.0.as_deref(), Some("/models?done=back"));
    assert!(world.desk.models().await.unwrap()[0].model.starts_with("baseline-1@"));
    assert_eq!(admin.send("/models/check", &[("model", "nobody@0")]).await.status(), 404);
}

#[tokio::test]
async fn a_model_that_fails_a_check_is_not_promoted_and_the_page_says_which() {
    let world = World::new().await;
    let broken = ModelFiles { golden: None, ..successor() };
    world.desk.shadow(&house(), Some(&broken)).await.unwrap();
    let admin = Browser::of_rank(&world, Rank::Admin, &[]).await;
    let name = world.desk.models().await.unwrap()[1].model.clone();
    for path in ["/models/check", "/models/promote"] {
        let (led, page) = sent(&admin, path, &name).await;
        assert_eq!(led, None);
        assert!(page.contains("Non si può promuovere") && page.contains("Risultati noti"), "{page}");
    }
    assert!(world.desk.models().await.unwrap()[0].model.starts_with("baseline-1@"));
}

#[tokio::test]
async fn models_are_read_by_who_sees_every_portfolio_and_promoted_by_an_administrator() {
    let world = World::new().await;
    let manager = Browser::of_rank(&world, Rank::Manager, &[]).await;
    let page = manager.read("/models").await;
    assert!(page.contains("baseline-1@") && page.contains("vedetta model shadow NOME"), "{page}");
    for path in ["/models/check", "/models/promote", "/models/back"] {
        assert_eq!(manager.send(path, &[("model", "x")]).await.status(), 403, "{path}");
    }
    let some = Browser::of_rank(&world, Rank::Admin, &["north"]).await;
    assert_eq!(some.ask("GET", "/models").send().await.unwrap().status(), 403);
}
