use vedetta::{domain::Rank, store::Scope};

use super::{Browser, PASSWORD, sign_in};
use crate::world::World;

const OTHER: &str = "another long password";

#[tokio::test]
async fn an_administrator_makes_somebody_who_signs_in_and_is_raised_locked_and_readmitted() {
    let world = World::new().await;
    let admin = Browser::of_rank(&world, Rank::Admin, &[]).await;
    let fields = [("name", "Bruno"), ("password", PASSWORD), ("rank", "viewer"), ("portfolios", "north")];
    assert_eq!(admin.send("/settings/people", &fields).await.status(), 303);
    let cookie = sign_in(&world, "bruno", PASSWORD).await.unwrap();
    let bruno = Browser { world: &world, cookie };
    assert_eq!(bruno.ask("GET", "/alerts/new").send().await.unwrap().status(), 403);
    assert_eq!(admin.send("/settings/people/bruno/rank", &[("rank", "analyst")]).await.status(), 303);
    assert_eq!(bruno.ask("GET", "/alerts/new").send().await.unwrap().status(), 200, "from the next request on");

    assert_eq!(admin.send("/settings/people/bruno/password", &[("password", OTHER)]).await.status(), 303);
    assert_eq!(bruno.ask("GET", "/clients").send().await.unwrap().status(), 303, "the session has ended");
    assert_eq!(admin.send("/settings/people/bruno/access", &[("access", "out")]).await.status(), 303);
    assert_eq!(sign_in(&world, "bruno", OTHER).await, None);
    assert_eq!(admin.send("/settings/people/bruno/access", &[("access", "in")]).await.status(), 303);
    assert!(sign_in(&world, "bruno", OTHER).await.is_some());
    let log = admin.read("/settings/log?what=person").await;
    for word in ["person.created", "person.rank", "person.password", "person.revoked", "person.readmitted"] {
        assert!(log.contains(word), "{word} in {log}");
    }
}

#[tokio::test]
async fn a_refused_person_keeps_what_was_typed_but_for_the_password() {
    let world = World::new().await;
    let admin = Browser::of_rank(&world, Rank::Admin, &[]).await;
    for (name, password, hint) in
        [("carla", "short", "da 12 a 200"), ("ca rla", PASSWORD, "da 1 a 60"), ("anna.admin", PASSWORD, "libero")]
    {
        let fields = [("name", name), ("password", password), ("rank", "manager"), ("portfolios", "north, south")];
        let page = admin.send("/settings/people", &fields).await.text().await.unwrap();
        assert!(page.contains(hint) && page.contains("value=\"north, south\""), "{page}");
        assert!(page.contains("value=\"manager\" selected") && !page.contains(&format!("value=\"{password}\"")));
    }
}

#[tokio::test]
async fn nobody_locks_out_or_lowers_themselves() {
    let world = World::new().await;
    let admin = Browser::of_rank(&world, Rank::Admin, &[]).await;
    for (path, fields) in [("rank", [("rank", "viewer")]), ("access", [("access", "out")])] {
        let page = admin.send(&format!("/settings/people/anna.admin/{path}"), &fields).await.text().await.unwrap();
        assert!(page.contains("role=\"alert\"") && page.contains("nobody locks out"), "{page}");
    }
    assert!(admin.read("/settings/people").await.contains("anna.admin"), "and still manages the house");
}

#[tokio::test]
async fn a_key_is_shown_once_opens_the_api_and_is_revoked() {
    let world = World::new().await;
    let admin = Browser::of_rank(&world, Rank::Admin, &[]).await;
    let page = admin.send("/settings/keys", &[("scope", "read"), ("portfolios", "")]).await.text().await.unwrap();
    let (_, rest) = page.split_once("<code class=\"secret\">").unwrap();
    let key = rest.split('<').next().unwrap().to_owned();
    assert!(key.starts_with("vdt_"), "{key}");
    assert!(!admin.read("/settings/keys").await.contains(&key));
    let asks = async || world.bare("GET", "/v1/clients").bearer_auth(&key).send().await.unwrap().status();
    assert_eq!(asks().await, 200);
    let keys = world.get("/v1/keys").await;
    let hint = key.chars().take(8).collect::<String>();
    let id = keys["items"].as_array().unwrap().iter().find(|one| one["hint"] == hint.as_str()).unwrap()["id"].clone();
    assert_eq!(admin.send(&format!("/settings/keys/{}/revoke", id.as_str().unwrap()), &[]).await.status(), 303);
    assert_eq!(asks().await, 401);
    let long = "x".repeat(61);
    let refused = admin.send("/settings/keys", &[("scope", "read"), ("portfolios", &long)]).await.text().await.unwrap();
    assert!(refused.contains("role=\"alert\"") && refused.contains(&format!("value=\"{long}\"")), "{refused}");
}

#[tokio::test]
async fn the_log_is_read_by_pages_and_by_who_did_it() {
    let world = World::new().await;
    let admin = Browser::of_rank(&world, Rank::Admin, &[]).await;
    for _ in 0..60 {
        world.key_for(Scope::Read, &[]).await;
    }
    let rows = |page: &str| page.matches("<th scope=\"row\" class=\"num\">").count();
    let first = admin.read("/settings/log?who=test&what=key").await;
    assert_eq!(rows(&first), 50);
    let (_, older) = first.split_once("rel=\"next\" href=\"").unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    assert_eq!(rows(&admin.read(&older).await), 11, "the sixty, and the key of the house");
    assert!(admin.read("/settings/log?who=nobody").await.contains("Nessuna riga corrisponde"));
}

#[tokio::test]
async fn who_is_no_administrator_or_sees_some_portfolios_only_manages_nothing() {
    let world = World::new().await;
    let manager = Browser::of_rank(&world, Rank::Manager, &[]).await;
    let some = Browser::of_rank(&world, Rank::Admin, &["north"]).await;
    for browser in [&manager, &some] {
        for path in ["/settings/people", "/settings/keys", "/settings/log"] {
            assert_eq!(browser.ask("GET", path).send().await.unwrap().status(), 403, "{path}");
        }
        assert_eq!(browser.send("/settings/keys", &[("scope", "admin")]).await.status(), 403);
        assert_eq!(browser.send("/settings/people/anna.manager/rank", &[("rank", "admin")]).await.status(), 403);
    }
    assert!(!manager.read("/sources").await.contains("/settings/"), "and finds no way there");
}
