//! G26: of a key only its hash is anywhere.

use serde_json::json;
use vedetta::store::Scope;

use crate::world::World;

#[tokio::test]
async fn g26_no_key_stands_in_the_database_its_log_the_archive_or_an_answer_that_is_kept() {
    let world = World::new().await;
    let mut keys = Vec::new();
    for n in 0..20 {
        let scope = [Scope::Read, Scope::Write, Scope::Admin][n % 3];
        keys.push(world.key_for(scope, &["north"]).await);
    }
    // One that was made over the API, by a request that may be sent again.
    let request = world.ask("POST", "/v1/keys").header("idempotency-key", "one").json(&json!({"scope": "read"}));
    let made = crate::world::read(request.send().await.unwrap(), 201).await;
    keys.push(made["key"].as_str().unwrap().to_owned());
    for key in &keys {
        assert_eq!(world.bare("GET", "/v1/changes").bearer_auth(key).send().await.unwrap().status(), 200);
        // The part that is random, in case it stood somewhere without its beginning.
        let random: String = key.chars().skip(10).take(20).collect();
        assert_eq!(world.files_with(&random), Vec::<String>::new());
    }
    assert_ne!(world.files_with(made["id"].as_str().unwrap()), Vec::<String>::new(), "the search finds what is there");
}
