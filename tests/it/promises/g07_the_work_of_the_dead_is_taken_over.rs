use std::{collections::BTreeSet, time::Duration};

use redis::{AsyncCommands, streams::StreamRangeReply};
use vedetta::publish::{Consumer, DEAD, Entry, Errands, Stream, Work};

use super::doses;
use crate::redis::RedisServer;

const GROUP: &str = "ledger";

fn entries(after: i64) -> Vec<Entry> {
    let entry = |seq: i64| Entry {
        seq,
        kind: "rating.changed".to_owned(),
        subject: format!("C-{seq}"),
        event: format!("{{\"id\":\"{seq}\"}}"),
    };
    (after + 1..=doses::g7_entries().min(after + 200)).map(entry).collect()
}

/// A consumer that takes over at once: no test waits for a minute.
async fn consumer(redis: &RedisServer, name: usize) -> Consumer {
    let consumer = Consumer::connect(&redis.url(), GROUP, &format!("consumer-{name}")).await.unwrap();
    consumer.patient(Duration::ZERO)
}

#[tokio::test]
async fn g7_what_dead_consumers_had_is_taken_over_and_what_nobody_survives_is_parked() {
    let redis = RedisServer::start();
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    stream.follow(doses::g7_entries(), |after| async move { Ok(entries(after)) }).await.unwrap();
    let mut done = BTreeSet::new();
    for name in 0..doses::G7_DEATHS {
        let taken = consumer(&redis, name).await.take(0).await.unwrap();
        assert!(!taken.is_empty(), "consumer {name} took something, and died with it");
    }
    // Others wait for a minute before they take over, and so die with entries that nobody had before them.
    for name in 0..doses::g7_more_deaths() {
        let mut patient = Consumer::connect(&redis.url(), GROUP, &format!("patient-{name}")).await.unwrap();
        assert!(!patient.take(0).await.unwrap().is_empty(), "consumer patient-{name} died with nothing");
    }
    // Each of them deals with everything but poison, on which it dies.
    for name in doses::G7_DEATHS.. {
        let mut consumer = consumer(&redis, name).await;
        let taken = consumer.take(0).await.unwrap();
        if taken.is_empty() {
            break;
        }
        let is_poison = |seq: i64| doses::g7_poison().contains(&seq);
        let well: Vec<_> = taken.into_iter().filter(|entry| !is_poison(entry.seq)).collect();
        done.extend(well.iter().map(|entry| entry.seq));
        let ids: Vec<String> = well.into_iter().map(|entry| entry.id).collect();
        if !ids.is_empty() {
            consumer.acknowledge(&ids).await.unwrap();
        }
    }
    assert_eq!(done.len() + doses::g7_poison().len(), doses::g7_entries() as usize);
    let dead: StreamRangeReply = redis.connect().await.xrange_all(DEAD).await.unwrap();
    let field = |entry: &redis::streams::StreamId, name: &str| entry.get::<String>(name).unwrap();
    let parked: Vec<_> = dead.ids.iter().map(|entry| (field(entry, "group"), field(entry, "id"))).collect();
    assert_eq!(parked, doses::g7_poison().iter().map(|seq| (GROUP.to_owned(), format!("{seq}-0"))).collect::<Vec<_>>());
    assert_eq!(field(&dead.ids[0], "subject"), format!("C-{}", doses::g7_poison()[0]));
    let mut last = consumer(&redis, usize::MAX).await;
    assert_eq!(last.position().await.unwrap(), doses::g7_entries(), "nothing is left to be acknowledged");
    let (n_dead, n_poison) = (doses::g7_more_deaths() + doses::G7_DEATHS, parked.len());
    doses::figures(&format!("{n_dead} dead consumers, {} entries taken over or done, {n_poison} parked", done.len()));
}

#[tokio::test]
async fn g7_a_group_that_is_lost_with_its_redis_goes_on_behind_what_it_acknowledged() {
    let mut redis = RedisServer::start();
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    stream.follow(doses::g7_entries(), |after| async move { Ok(entries(after)) }).await.unwrap();
    let mut member = consumer(&redis, 0).await;
    let taken = member.take(0).await.unwrap();
    let ids: Vec<String> = taken.iter().take(150).map(|entry| entry.id.clone()).collect();
    member.acknowledge(&ids).await.unwrap();
    let position = member.position().await.unwrap();
    assert_eq!(position, 150);
    redis.kill();
    redis.restart();
    let mut stream = Stream::connect(&redis.url(), "epoch-1", "one").await.unwrap();
    stream.follow(doses::g7_entries(), |after| async move { Ok(entries(after)) }).await.unwrap();
    let again = consumer(&redis, 1).await.take(position).await.unwrap();
    assert!(again.len() > 1 && again.iter().map(|entry| entry.seq).eq(151..151 + again.len() as i64), "{again:?}");
}

#[tokio::test]
async fn g7_a_page_goes_to_one_worker_and_leaves_the_stream_when_it_is_done() {
    let redis = RedisServer::start();
    let mut first = Work::connect(&redis.url(), "0123456789", "first").await.unwrap();
    let mut second = Work::connect(&redis.url(), "0123456789", "second").await.unwrap();
    let mut stranger = Work::connect(&redis.url(), "of another house", "first").await.unwrap();
    assert_eq!(first.take().await.unwrap(), None, "nothing was handed out yet");
    first.offer(4, 1_000, &[10, 11, 12]).await.unwrap();
    let (one, two) = (first.take().await.unwrap().unwrap(), second.take().await.unwrap().unwrap());
    assert_eq!((one.run, one.page, one.now, two.page), (4, 10, 1_000, 11));
    assert_eq!(stranger.take().await.unwrap(), None);
    first.done(&one.id).await.unwrap();
    assert_eq!(first.n_left().await.unwrap(), 2);
    // A worker that goes gives back what it has, and then cannot keep it any more.
    second.give_back(std::slice::from_ref(&two.id)).await.unwrap();
    let third = first.take().await.unwrap().unwrap();
    assert_eq!(third.page, 12);
    assert_eq!(first.take().await.unwrap().unwrap().page, 11);
    second.keep(std::slice::from_ref(&two.id)).await.unwrap();
    assert_eq!(second.take().await.unwrap(), None, "it is the first worker's now");
}

#[tokio::test]
async fn g7_a_page_that_takes_down_whoever_does_it_is_given_out_five_times_and_parked() {
    let redis = RedisServer::start();
    let mut work = Work::connect(&redis.url(), "0123456789", "worker").await.unwrap();
    work.offer(4, 1_000, &[17]).await.unwrap();
    for _ in 0..5 {
        let piece = work.take().await.unwrap().unwrap();
        assert!(!piece.is_dead);
        work.give_back(&[piece.id]).await.unwrap();
    }
    let dead = work.take().await.unwrap().unwrap();
    assert!(dead.is_dead && (dead.run, dead.page) == (4, 17));
    let parked: StreamRangeReply = redis.connect().await.xrange_all(DEAD).await.unwrap();
    assert_eq!(parked.ids[0].get::<String>("subject").as_deref(), Some("page 17 of run 4"));
    work.clear().await.unwrap();
    assert_eq!(work.n_left().await.unwrap(), 1, "what is in it stays");
    work.done(&dead.id).await.unwrap();
    work.clear().await.unwrap();
    assert!(!redis.connect().await.exists::<_, bool>("vedetta:work:01234567").await.unwrap());
}

#[tokio::test]
async fn g7_a_source_waits_once_goes_to_another_worker_and_is_parked_when_nobody_survives_it() {
    let redis = RedisServer::start();
    let mut first = Errands::connect(&redis.url(), "0123456789", "first").await.unwrap();
    let mut second = Errands::connect(&redis.url(), "0123456789", "second").await.unwrap();
    assert_eq!(first.offer(&["gleif", "press"]).await.unwrap(), 2);
    let [gleif] = first.take(1).await.unwrap().try_into().unwrap();
    assert_eq!(gleif.source, "gleif");
    assert_eq!(second.offer(&["gleif", "press", "vies"]).await.unwrap(), 1, "one is being asked, and one waits");
    let others = second.take(9).await.unwrap();
    assert_eq!(others.iter().map(|errand| errand.source.as_str()).collect::<Vec<_>>(), ["press", "vies"]);
    for other in &others {
        second.done(&other.id).await.unwrap();
    }
    assert_eq!(second.offer(&["press"]).await.unwrap(), 1, "it is due again");
    let [press] = second.take(1).await.unwrap().try_into().unwrap();
    second.done(&press.id).await.unwrap();
    for _ in 0..4 {
        first.give_back(std::slice::from_ref(&gleif.id)).await.unwrap();
        let [again] = first.take(9).await.unwrap().try_into().unwrap();
        assert!(!again.is_dead && again.id == gleif.id);
    }
    first.give_back(std::slice::from_ref(&gleif.id)).await.unwrap();
    let [dead] = second.take(9).await.unwrap().try_into().unwrap();
    assert!(dead.is_dead && dead.source == "gleif");
    let parked: StreamRangeReply = redis.connect().await.xrange_all(DEAD).await.unwrap();
    assert_eq!(parked.ids[0].get::<String>("subject").as_deref(), Some("gleif"));
}
