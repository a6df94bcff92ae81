use vedetta::{domain::Rank, store::ModelFiles};

use super::Browser;
use crate::world::{World, house};

/// The model of the house under another name: with one more point at the start, so that it is another model.
fn successor() -> ModelFiles {
    let folder = format!("{}/models/baseline-1", env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let body = read("model.json").replace("\"name\": \"baseline-1\"", "\"name\": \"baseline-2\"");
    let golden = Some(read("golden.csv"));
    ModelFiles { name: "baseline-2".to_owned(), body, golden, training: None, card: None, evaluation: None }
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

/// What `evaluate` writes, as short as it can be.
const EVALUATION: &str = r#"{"n": 1200, "bad": 60, "auc": {"value": 0.8126, "low": 0.75, "high": 0.87},
    "gini": {"value": 0.625, "low": null, "high": null}, "ks": {"value": 0.5, "low": null, "high": null},
    "brier": {"value": 0.04, "low": null, "high": null}, "log_loss": {"value": 0.2, "low": null, "high": null},
    "calibration_slope": {"value": 0.9, "low": null, "high": null},
    "calibration_intercept": {"value": 0.1, "low": null, "high": null},
    "hosmer_lemeshow_p": {"value": 0.2, "low": null, "high": null},
    "grades": [{"grade": "B2", "n": 700, "bad": 35, "pd": 0.04, "rate": 0.05, "rate_low": 0.036, "rate_high": 0.068,
        "light": "yellow", "pd_upper": 0.07}],
    "segments": [{"name": "<i>north</i>", "n": 500, "bad": 20, "pd": 0.05, "rate": 0.04, "auc": null}],
    "vintages": [], "migration": []}"#;

#[tokio::test]
async fn card_and_evaluation_of_a_model_are_kept_with_it_and_read_beside_it() {
    let world = World::new().await;
    let manager = Browser::of_rank(&world, Rank::Manager, &[]).await;
    let address =
        async |place: usize| format!("/models/card?model={}", world.desk.models().await.unwrap()[place].model);
    let shipped = manager.read(&address(0).await).await;
    assert!(shipped.contains("an expert scorecard for trade credit</h3>"), "{shipped}");
    assert!(
        shipped.contains("<strong>Definition of default</strong>") && shipped.contains("evaluation.json"),
        "{shipped}"
    );

    world.desk.shadow(&house(), Some(&successor())).await.unwrap();
    let own = address(1).await;
    assert!(manager.read("/models").await.contains(&own), "the page of models leads there");
    assert!(manager.read(&own).await.contains("non è conservata alcuna scheda"), "an older program kept none");

    let card = Some("# baseline-2\n\n| column | points |\n|---|---|\n| <script>x</script> | 5 |\n".to_owned());
    let told = ModelFiles { card, evaluation: Some(EVALUATION.to_owned()), ..successor() };
    world.desk.shadow(&house(), Some(&told)).await.unwrap();
    world.desk.shadow(&house(), Some(&successor())).await.unwrap();
    let page = manager.read(&own).await;
    assert!(page.contains("<td>5</td>") && !page.contains("<script>"), "{page}");
    for said in [
        "0,813",
        "0,750 – 0,870",
        "1.200",
        "3,6\u{a0}% – 6,8\u{a0}%",
        "da guardare",
        "Per segmento",
        "&#60;i&#62;north",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }

    let odd = ModelFiles { evaluation: Some("[]".to_owned()), ..successor() };
    world.desk.shadow(&house(), Some(&odd)).await.unwrap();
    assert!(manager.read(&own).await.contains("non si legge"));
    assert_eq!(manager.ask("GET", "/models/card?model=nobody%400").send().await.unwrap().status(), 404);
    let some = Browser::of_rank(&world, Rank::Admin, &["north"]).await;
    assert_eq!(some.ask("GET", &own).send().await.unwrap().status(), 403);
}
