use jiff::SignedDuration;
use vedetta::{domain::Rank, store::Scope};

use super::{Browser, PASSWORD, form, key, sign_in};
use crate::world::{World, house};

#[tokio::test]
async fn a_form_needs_the_proof_of_its_own_session() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 0).await;
    let (own, other) = (Browser::with_key(&world, &world.key).await, Browser::with_key(&world, &world.key).await);
    let foreign = other.proof().await;
    for proof in ["", "0", foreign.as_str()] {
        let fields = [("what", "note"), ("note", "x"), ("proof", proof)];
        let answer = form(own.ask("POST", "/clients/C-1/actions"), &fields).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{proof:?}");
    }
    let without = form(own.ask("POST", "/clients/C-1/actions"), &[("what", "note")]).send().await.unwrap();
    assert!(without.status().is_client_error());
    assert_eq!(own.send("/clients/C-1/actions", &[("what", "note"), ("note", "x")]).await.status(), 303);
}

#[tokio::test]
async fn each_rank_may_do_what_the_one_before_may_and_more() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 0).await;
    for (rank, act, decide) in [(Rank::Viewer, 403, 403), (Rank::Analyst, 303, 403), (Rank::Manager, 303, 303)] {
        let browser = Browser::of_rank(&world, rank, &[]).await;
        let note = browser.send("/clients/C-1/actions", &[("what", "note"), ("note", rank.as_str())]).await;
        assert_eq!(note.status(), act, "{rank}");
        let limit = [("amount", "1.234,56"), ("reason", "tried by a test")];
        assert_eq!(browser.send("/clients/C-1/limit", &limit).await.status(), decide, "{rank}");
    }
    let limit = world.get("/v1/clients/C-1/limit").await;
    assert_eq!(limit["temporary"]["amount"], 1234.56);
    assert_eq!(limit["temporary"]["author"], "anna.manager");
}

#[tokio::test]
async fn a_key_that_may_only_read_writes_nothing_on_the_pages_either() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 0).await;
    let reads = world.key_for(Scope::Read, &[]).await;
    let browser = Browser::with_key(&world, &reads).await;
    assert_eq!(browser.send("/clients/C-1/actions", &[("what", "note"), ("note", "x")]).await.status(), 403);
    assert!(!browser.read("/clients/C-1").await.contains("action=\"/clients/C-1/actions\""));
}

#[tokio::test]
async fn a_session_sees_its_portfolios_and_nothing_of_the_others() {
    let world = World::new().await;
    world.client("alpha", "A-1", "Alfa Torneria Srl", 0).await;
    world.client("beta", "B-1", "Beta Fonderia Srl", 40).await;
    let told = world.protest("B-1", "18000.00").await;
    assert!(told["id"].is_string(), "{told}");
    for browser in [
        Browser::with_key(&world, &key(&world, &["alpha"]).await).await,
        Browser::of_rank(&world, Rank::Admin, &["alpha"]).await,
    ] {
        for path in ["/?days=30", "/changes?days=30", "/clients", "/clients?q=fonderia", "/work?span=month", "/review"]
        {
            let page = browser.read(path).await;
            assert!(!page.contains("Fonderia") && !page.contains("B-1"), "{path}");
        }
        assert!(browser.read("/clients").await.contains("Alfa Torneria"));
        assert!(!browser.read("/export/clients.csv").await.contains("Fonderia"));
        let foreign = browser.ask("GET", "/clients/B-1").send().await.unwrap();
        assert_eq!(foreign.status(), 404);
        let note = browser.send("/clients/B-1/actions", &[("what", "note"), ("note", "x")]).await;
        assert_eq!(note.status(), 404);
    }
}

#[tokio::test]
async fn a_session_ends_by_itself_by_its_button_and_with_its_key_or_person() {
    let world = World::new().await;
    let status = async |browser: &Browser<'_>| browser.ask("GET", "/help").send().await.unwrap().text().await.unwrap();
    let is_open = async |browser: &Browser<'_>| status(browser).await.contains("name=\"proof\"");

    let by_button = Browser::with_key(&world, &world.key).await;
    assert!(is_open(&by_button).await);
    assert_eq!(by_button.send("/sign-out", &[]).await.status(), 303);
    assert!(!is_open(&by_button).await);

    let made = world.desk.create_key(&house(), Scope::Read, &[]).await.unwrap();
    let by_key = Browser::with_key(&world, &made.key).await;
    world.desk.revoke_key(&house(), &made.id).await.unwrap();
    assert!(!is_open(&by_key).await);

    let by_person = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    world.desk.set_password(&house(), "anna.viewer", "another password").await.unwrap();
    assert!(!is_open(&by_person).await);
    assert_eq!(sign_in(&world, "anna.viewer", PASSWORD).await, None);
    world.desk.revoke_person(&house(), "anna.viewer").await.unwrap();
    assert_eq!(sign_in(&world, "anna.viewer", "another password").await, None);

    let by_itself = Browser::with_key(&world, &world.key).await;
    world.clock.advance(SignedDuration::from_hours(12));
    assert!(!is_open(&by_itself).await);
}

#[tokio::test]
async fn the_feed_of_a_session_ends_when_its_reader_signs_out() {
    let world = World::new().await;
    let browser = Browser::with_key(&world, &world.key).await;
    let feed = browser.ask("GET", "/live").send().await.unwrap();
    assert_eq!(feed.status(), 200);
    assert_eq!(browser.send("/sign-out", &[]).await.status(), 303);
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), feed.text()).await;
    assert_eq!(ended.expect("it ends within five seconds").unwrap(), "");
}

#[tokio::test]
async fn the_feed_of_a_session_tells_what_its_portfolios_allow() {
    let world = World::new().await;
    world.client("alpha", "A-1", "Alfa Torneria Srl", 0).await;
    world.client("beta", "B-1", "Beta Fonderia Srl", 0).await;
    let browser = Browser::with_key(&world, &key(&world, &["beta"]).await).await;
    let mut feed = browser.ask("GET", "/live?after=0").send().await.unwrap();
    assert_eq!(feed.headers()["content-type"], "text/event-stream");
    let first = String::from_utf8(feed.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(first.contains("B-1") && !first.contains("A-1"), "{first}");
}
