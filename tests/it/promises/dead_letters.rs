//! What nobody could deal with is listed, and given out again, from the command line.

use std::time::Duration;

use jiff::Timestamp;
use vedetta::{
    domain::Grade,
    publish::{Consumer, Entry, Stream},
    store::{Store, Subscription},
};

use super::program::answer;
use crate::{
    alert::{
        deliveries::{House, NO, YES, ids},
        receivers::Receiver,
    },
    redis::RedisServer,
    stores,
};

const GROUP: &str = "ledger";
/// As often as an entry is given out before it is parked, and once more.
const TIMES: usize = 6;

async fn member(redis: &RedisServer, name: &str) -> Consumer {
    Consumer::connect(&redis.url(), GROUP, name).await.unwrap().patient(Duration::ZERO)
}

#[tokio::test]
async fn g7_a_dead_letter_is_listed_and_a_replay_gives_it_to_its_group_again_and_empties_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let redis = RedisServer::start();
    let queue = ["--queue".to_owned(), redis.address()];
    let dlq = |arguments: &[&str], code: i32| {
        let all: Vec<&str> = queue.iter().map(String::as_str).chain(["dlq"]).chain(arguments.iter().copied()).collect();
        answer(&data, &all, code)
    };
    let entry = |seq: i64| Entry { seq, kind: "k".to_owned(), subject: format!("C-{seq}"), event: format!("{seq}") };
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    stream.follow(3, |after| async move { Ok((after + 1..=3).map(entry).collect()) }).await.unwrap();
    // Nobody survives the second entry.
    for n in 0..TIMES {
        let mut consumer = member(&redis, &n.to_string()).await;
        let taken = consumer.take(0).await.unwrap();
        let well: Vec<String> = taken.into_iter().filter(|entry| entry.seq != 2).map(|entry| entry.id).collect();
        if !well.is_empty() {
            consumer.acknowledge(&well).await.unwrap();
        }
    }
    let listed = dlq(&["list"], 0);
    let [letter] = listed["letters"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&letter["entry"], &letter["group"], &letter["subject"]), (&"2-0".into(), &GROUP.into(), &"C-2".into()));
    assert!(member(&redis, "before").await.take(0).await.unwrap().is_empty(), "it is parked");

    assert_eq!(dlq(&["replay", letter["id"].as_str().unwrap()], 0)["replayed"], 1);
    let mut mended = member(&redis, "mended").await;
    let again = mended.take(0).await.unwrap();
    assert_eq!(again.iter().map(|entry| (entry.seq, entry.event.as_str())).collect::<Vec<_>>(), [(2, "2")]);
    mended.acknowledge(&["2-0".to_owned()]).await.unwrap();
    assert_eq!(dlq(&["list"], 0)["letters"].as_array().unwrap().len(), 0);
    let left = dlq(&["replay", letter["id"].as_str().unwrap()], 3);
    assert_eq!(
        (&left["replayed"], left["left"].as_array().unwrap().len()),
        (&0.into(), 1),
        "there is no such letter now"
    );
    assert_eq!(dlq(&["replay", "--all"], 0)["replayed"], 0);
}

#[tokio::test]
async fn an_exhausted_delivery_is_listed_and_a_replay_sends_it_again() {
    let house = House::new().await;
    let (refusing, receiver) = (Receiver::saying(NO).await, Receiver::saying(YES).await);
    let wish = house.wish("sub_1", refusing.url());
    house.put(&wish).await;
    let clients = house.crowd(2).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::B3).await;
    for _ in 0..12 {
        house.deliver().await;
        house.pass(45_000);
    }
    // The command looks at another folder: the store goes there by a backup.
    let folder = tempfile::tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("store.backup"));
    house.change(Subscription { target: Some(receiver.url()), ..wish }).await;
    house.store.back_up(&backup).await.unwrap();
    let url = stores::address(&data.join("vedetta.db"));
    let store = Store::open(&url, &data.join("archive")).await.unwrap();
    store.restore(&backup, false).await.unwrap();
    let listed = answer(&data, &["dlq", "list"], 0);
    let letters = listed["letters"].as_array().unwrap();
    assert_eq!(letters.len(), 2, "{listed}");
    assert!(letters.iter().all(|letter| letter["attempts"] == 8 && letter["error"].is_string()), "{listed}");
    assert_eq!(answer(&data, &["dlq", "replay", "--all"], 0)["replayed"], 2);
    assert_eq!(answer(&data, &["dlq", "list"], 0)["letters"].as_array().unwrap().len(), 0);
    let due = store.deliveries().due("sub_1", Timestamp::MAX, 10).await.unwrap();
    assert_eq!(due.len(), 2, "they are on their way again");
    assert!(ids(&receiver).is_empty());
}
