//! G26: of a key only its hash is anywhere, and one that is revoked opens nothing any more.

use std::time::Instant;

use serde_json::json;
use vedetta::{
    publish::Relay,
    store::{Scope, Store},
};

use super::{
    doses::{figures, g26_keys},
    program::eventually,
};
use crate::{alert::deliveries::no_words, redis::RedisServer, stores, world::World};

/// The part of a key that is random, in case it stood somewhere without its beginning.
fn random_part(key: &str) -> String {
    key.chars().skip(10).take(20).collect()
}

#[tokio::test]
async fn g26_no_key_stands_in_the_database_its_log_the_archive_a_backup_redis_or_an_answer_that_is_kept() {
    let (world, redis) = (World::new().await, RedisServer::start_keeping());
    let mut keys = Vec::new();
    for n in 0..g26_keys() {
        let scope = [Scope::Read, Scope::Write, Scope::Admin][n % 3];
        keys.push(world.key_for(scope, &["north"]).await);
    }
    // One that was made over the API, by a request that may be sent again.
    let request = world.ask("POST", "/v1/keys").header("idempotency-key", "one").json(&json!({"scope": "read"}));
    let made = crate::world::read(request.send().await.unwrap(), 201).await;
    keys.push(made["key"].as_str().unwrap().to_owned());
    for key in &keys {
        assert_eq!(world.bare("GET", "/v1/changes").bearer_auth(key).send().await.unwrap().status(), 200);
    }
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let relay = Relay::new(world.desk.store.clone(), no_words(), redis.url());
    assert!(relay.drain().await.unwrap() > 0);
    // A backup is packed: what is in it is looked for in the store that it gives.
    let (backup, elsewhere) = (world.file().with_extension("backup"), world.file().with_extension("elsewhere"));
    world.desk.store.back_up(&backup).await.unwrap();
    let restored = Store::open(&stores::address(&elsewhere), &world.file().with_extension("archive")).await.unwrap();
    restored.restore(&backup, false).await.unwrap();
    restored.close().await;
    let sought: Vec<String> = keys.iter().map(|key| random_part(key)).collect();
    assert_eq!(world.files_with_any(&sought), Vec::<String>::new());
    let written = redis.written();
    assert!(written.contains("N-1") && !sought.iter().any(|random| written.contains(random)));
    assert_ne!(world.files_with(made["id"].as_str().unwrap()), Vec::<String>::new(), "the search finds what is there");
    figures(&format!("{} keys, 0 in the store, its log, the archive, a backup or Redis", keys.len()));
}

#[tokio::test]
async fn g26_a_key_that_was_revoked_opens_no_replica_and_one_with_a_slip_is_not_looked_for() {
    let world = World::new().await;
    let replica = world.replica().await;
    let made = world.post("/v1/keys", &json!({"scope": "read"}), 201).await;
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = async |key: &str| {
        http.get(format!("{replica}/v1/changes")).bearer_auth(key).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(key).await, 200);
    assert_eq!(world.ask("DELETE", &format!("/v1/keys/{id}")).send().await.unwrap().status(), 204);
    let revoked = Instant::now();
    eventually("the key opens nothing", async || (status(key).await == 401).then_some(())).await;
    figures(&format!("a revoked key was refused by another process after {:.2} s", revoked.elapsed().as_secs_f64()));
    // The last digit is part of what the others come to.
    let slip =
        key.char_indices().next_back().map(|(at, last)| (key.split_at(at).0, if last == '0' { '1' } else { '0' }));
    let slip = slip.map(|(rest, other)| format!("{rest}{other}")).unwrap();
    world.desk.store.close().await;
    let answer = async |key: &str| world.bare("GET", "/v1/clients").bearer_auth(key).send().await.unwrap().status();
    assert_eq!(answer(&slip).await, 401, "a slip is seen without the store");
    assert_eq!(answer(key).await, 503, "what may be a key is looked for, and the store is gone");
}
