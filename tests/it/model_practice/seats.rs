use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use jiff::SignedDuration;
use serde_json::{Value, json};
use vedetta::{
    desk::{Desk, Promotion},
    domain::{AsOf, Cause, Sha256},
    pipeline::{Expected, Rescorer, Upkeep},
    store::{Awaited, ModelFiles, Role, Run, SourceState},
};

use super::{changed, foreign, shifted};
use crate::world::{World, house};

async fn next_night(world: &World) -> Run {
    world.clock.advance(SignedDuration::from_hours(24));
    world.night().await
}

#[tokio::test]
async fn a_promoted_model_rates_from_the_next_night_on_and_one_command_takes_it_back() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let before = world.get("/v1/clients/C-1/rating").await;
    let stricter = shifted("stricter", -120);

    let shown = world.desk.promote(&house(), &stricter, |_| false).await.unwrap();
    assert!(shown.ok && !shown.promoted, "{shown:?}");
    assert_eq!(shown.portfolio.as_ref().unwrap().moved_down, 1);
    assert_eq!(world.get("/v1/models").await["models"][0]["model"], before["model"], "a rehearsal changes nothing");

    let done = world.desk.promote(&house(), &stricter, |_| true).await.unwrap();
    assert!(done.promoted && done.from == before["model"].as_str().unwrap(), "{done:?}");
    assert_eq!(next_night(&world).await.moved_down, 1);
    let after = world.get("/v1/clients/C-1/rating").await;
    assert!(after["model"].as_str().unwrap().starts_with("stricter@"), "{after}");
    let last = world.get("/v1/changes").await["events"].as_array().unwrap().iter().rev().nth(1).cloned().unwrap();
    assert_eq!(last["data"]["cause"], Cause::Model.as_str(), "{last}");

    let now = world.desk.promote_back(&house()).await.unwrap();
    assert_eq!(json!(now.model), before["model"]);
    assert_eq!(next_night(&world).await.moved_up, 1);
    let back = world.get("/v1/clients/C-1/rating").await;
    assert_eq!((&back["grade"], &back["model"]), (&before["grade"], &before["model"]));
}

#[tokio::test]
async fn what_a_promotion_shows_is_what_the_night_after_it_does() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let mut least = None;
    for cost in 1..120 {
        let shown = world.desk.promote(&house(), &shifted("a-bit-stricter", -cost), |_| false).await.unwrap();
        if shown.portfolio.unwrap().moved_down == 1 {
            least = Some(cost);
            break;
        }
    }
    let least = least.expect("some cost moves a grade");
    for (cost, n_moved) in [(least - 1, 0), (least, 1)] {
        let name = format!("costs-{cost}");
        let shown = world.desk.promote(&house(), &shifted(&name, -cost), |_| true).await.unwrap();
        let n_shown = i64::try_from(shown.portfolio.unwrap().moved_down).unwrap();
        assert!(shown.promoted && n_shown == n_moved, "{n_shown} shown for {cost} points of {least}");
        assert_eq!(next_night(&world).await.moved_down, n_moved, "{cost} points of {least}");
    }
}

#[tokio::test]
async fn what_a_promotion_shows_knows_which_sources_are_silent() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    world.protest("C-1", "500").await;
    let mut protests = changed("protests", "\"slope\": 1.0", "\"slope\": 1.0");
    let mut model: Value = serde_json::from_str(&protests.files.body).unwrap();
    model["inputs"].as_array_mut().unwrap().retain(|i| i["feature"].as_str().unwrap().starts_with("protest_"));
    protests.files.body = model.to_string();
    let awaited = Awaited { source: "chamber".parse().unwrap(), stale_after: SignedDuration::from_hours(24) };
    let upkeep = Upkeep { sources: vec![Expected { awaited, keep: None }], ..Upkeep::default() };
    let rescorer = Rescorer { upkeep: Arc::new(upkeep), ..world.desk.rescorer.clone() };
    let desk = Desk { rescorer, ..world.desk.clone() };
    let becomes = async || {
        let shown = desk.promote(&house(), &protests, |_| false).await.unwrap();
        shown.portfolio.unwrap().migration.into_iter().map(|moved| moved.to).collect::<Vec<_>>()
    };
    assert_ne!(becomes().await, ["ND"]);
    let (silent, now) = (SourceState { is_stale: true, ..SourceState::default() }, world.clock.now());
    world.desk.store.sources().set_state("chamber", &silent, now).await.unwrap();
    assert_eq!(becomes().await, ["ND"], "what nobody confirms is all that this model would know");
}

#[tokio::test]
async fn figures_name_the_model_that_gave_them_also_where_the_grade_stayed() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let before = world.get("/v1/clients/C-1/rating").await;
    let then = world.clock.now();
    assert!(world.desk.promote(&house(), &shifted("a-bit-stricter", -1), |_| true).await.unwrap().promoted);
    assert_eq!(next_night(&world).await.moved_down, 0);
    let ratings = world.desk.store.ratings();
    let facts = world.desk.store.facts();
    let (portfolio, _) = facts.portfolios().await.unwrap()[0];
    let client = facts.client(portfolio, &"C-1".parse().unwrap()).await.unwrap().unwrap();
    let current = ratings.current(client.id).await.unwrap().unwrap();
    let named = world.desk.rated_by().await.unwrap().of(&current);
    assert!(named.starts_with("a-bit-stricter@"), "{named}");
    let now = world.get(&format!("/v1/clients/C-1/rating?known_at={}", world.clock.now())).await;
    assert_eq!((&now["grade"], &now["model"]), (&before["grade"], &json!(named)), "{now}");
    let past = world.get(&format!("/v1/clients/C-1/rating?known_at={then}")).await;
    assert_eq!(past["model"], before["model"], "{past}");
}

#[tokio::test]
async fn promoting_who_rates_already_leaves_the_way_back_as_it_was() {
    let world = World::new().await;
    let configured = world.get("/v1/models").await["models"][0]["model"].clone();
    for _ in 0..2 {
        assert!(world.desk.promote(&house(), &shifted("stricter", -120), |_| true).await.unwrap().promoted);
    }
    assert_eq!(json!(world.desk.promote_back(&house()).await.unwrap().model), configured);
}

#[tokio::test]
async fn a_model_that_comes_to_rate_ends_its_own_shadow_and_no_other() {
    let world = World::new().await;
    let (first, second) = (shifted("first", -120), shifted("second", -60));
    let challenger = async || {
        let listed = world.get("/v1/models").await["models"].clone();
        let sits = listed.as_array().unwrap().iter().find(|model| model["role"] == "challenger").cloned();
        sits.map(|model| model["model"].as_str().unwrap().split('@').next().unwrap().to_owned())
    };
    world.desk.shadow(&house(), Some(&first.files)).await.unwrap();
    assert!(world.desk.promote(&house(), &second, |_| true).await.unwrap().promoted);
    assert_eq!(challenger().await.as_deref(), Some("first"), "another one was promoted");
    assert!(world.desk.promote(&house(), &first, |_| true).await.unwrap().promoted);
    assert_eq!(challenger().await, None);
    world.desk.shadow(&house(), Some(&second.files)).await.unwrap();
    world.desk.promote_back(&house()).await.unwrap();
    assert_eq!(challenger().await, None, "second rates again");
}

#[test]
fn the_list_names_what_ships_also_when_another_model_rates() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vedetta"));
        command.current_dir(folder.path()).args(arguments.split_whitespace()).arg("--json").stdin(Stdio::null());
        let output = command.envs(crate::stores::environment(&folder.path().join("vedetta-data"))).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let shipped = run("model list")["champion"].clone();
    let ModelFiles { body, golden, .. } = shifted("stricter", -120).files;
    let files = [("model.json", body), ("golden.csv", golden.unwrap())];
    let of_stricter = folder.path().join("models/stricter");
    std::fs::create_dir_all(&of_stricter).unwrap();
    let mut sums = String::new();
    for (name, text) in files {
        sums += &format!("{}  {name}\n", Sha256::of(text.as_bytes()));
        std::fs::write(of_stricter.join(name), text).unwrap();
    }
    std::fs::write(of_stricter.join("SHA256SUMS"), sums).unwrap();
    std::fs::write(of_stricter.join("card.md"), "# stricter").unwrap();
    std::fs::write(of_stricter.join("evaluation.json"), "{}").unwrap();
    run("model promote stricter --yes");
    let told = "select count(*) from model where card = '# stricter' and evaluation = '{}'";
    let store = folder.path().join("vedetta-data/vedetta.db");
    assert_eq!(crate::stores::ask(&store, told), [[1]], "card and evaluation are kept with the model");
    let listed = run("model list");
    assert!(listed["champion"].as_str().unwrap().starts_with("stricter@"), "{listed}");
    let models = listed["models"].as_array().unwrap();
    assert_eq!(models.len(), 2, "{listed}");
    let own = models.iter().find(|model| model["model"] == shipped).unwrap();
    assert!(own["built_in"] == true && own["role"].is_null() && own["kind"] == "catalogue", "{own}");
}

#[tokio::test]
async fn a_model_that_fails_a_check_is_not_promoted_and_what_it_would_do_is_shown() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let refused =
        world.desk.promote(&house(), &changed("moved", "\"base\": 645", "\"base\": 745"), |_| true).await.unwrap();
    assert!(!refused.ok && !refused.promoted && refused.portfolio.is_some(), "{refused:?}");
    assert!(world.desk.store.models().seated(Role::Champion).await.unwrap().is_none());
    assert!(world.desk.promote_back(&house()).await.is_err(), "there is nothing to go back to");
}

#[tokio::test]
async fn live_night_and_replay_rate_with_the_promoted_model() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    world.desk.promote(&house(), &shifted("stricter", -120), |_| true).await.unwrap();
    world.protest("C-1", "500").await;
    let live = world.get("/v1/clients/C-1/rating").await["model"].clone();
    let replayed = world.desk.rescorer.replay(AsOf::at(world.clock.now())).await.unwrap();
    assert_eq!(live, replayed[0].1.model.to_string());
    assert!(live.as_str().unwrap().starts_with("stricter@"), "{live}");
}

#[tokio::test]
async fn each_command_back_goes_one_promotion_further_back_and_ends_at_the_configured_model() {
    let world = World::new().await;
    let configured = world.get("/v1/models").await["models"][0]["model"].clone();
    for name in ["first", "second"] {
        assert!(world.desk.promote(&house(), &shifted(name, -50), |_| true).await.unwrap().promoted);
    }
    let first = world.desk.promote_back(&house()).await.unwrap().model;
    assert!(first.starts_with("first@"), "{first}");
    assert_eq!(json!(world.desk.promote_back(&house()).await.unwrap().model), configured);
    assert!(world.desk.promote_back(&house()).await.is_err(), "nobody was before the configured one");
    assert!(world.desk.promote(&house(), &shifted("second", -50), |_| true).await.unwrap().promoted);
    assert_eq!(
        json!(world.desk.promote_back(&house()).await.unwrap().model),
        configured,
        "what was taken back is gone"
    );
}

#[tokio::test]
async fn what_the_portfolio_would_do_is_seen_before_a_model_is_let_to_rate() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let mut seen = None;
    let decline = |shown: &Promotion| {
        seen = shown.portfolio.as_ref().map(|portfolio| portfolio.moved_down);
        false
    };
    let declined = world.desk.promote(&house(), &shifted("stricter", -120), decline).await.unwrap();
    assert!(!declined.promoted);
    assert_eq!(seen, Some(1));
    assert!(world.desk.store.models().seated(Role::Champion).await.unwrap().is_none());
}

#[tokio::test]
async fn a_model_that_a_newer_program_cannot_rate_with_keeps_nobody_from_its_seat() {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    let foreign = foreign();
    let (models, now) = (world.desk.store.models(), world.clock.now());
    models.seat(Role::Challenger, Some(&foreign.files), now, "an older program").await.unwrap();
    assert_eq!(next_night(&world).await.scanned, 1, "what nobody sees ends no night");

    models.seat(Role::Champion, Some(&foreign.files), now, "an older program").await.unwrap();
    let today = AsOf::at(world.clock.now());
    let refused = world.desk.rescorer.night(today.valid_at, today.known_at, &|_, _| {}).await.unwrap_err().to_string();
    assert!(refused.contains("foreign") && refused.contains("promote --back"), "{refused}");
    let done = world.desk.promote(&house(), &shifted("own", 0), |_| true).await.unwrap();
    assert!(done.promoted && done.portfolio.is_none(), "{done:?}");
    let back = world.desk.promote_back(&house()).await.unwrap().model;
    assert!(back.starts_with("baseline-1@"), "the foreign one is passed over: {back}");
    assert_eq!(next_night(&world).await.scanned, 1);
}

#[tokio::test]
async fn no_model_is_changed_in_the_middle_of_a_night() {
    let world = World::new().await;
    let now = AsOf::at(world.clock.now());
    world.desk.store.runs().start("night", now.valid_at, now.known_at).await.unwrap();
    let refused = world.desk.promote(&house(), &shifted("stricter", -120), |_| true).await.unwrap_err().to_string();
    assert!(refused.contains("a night is being rated"), "{refused}");
    world.clock.advance(SignedDuration::from_hours(7));
    let done = world.desk.promote(&house(), &shifted("stricter", -120), |_| true).await.unwrap();
    assert!(done.promoted, "a night that was cut off hours ago is in nobody's way");
}
