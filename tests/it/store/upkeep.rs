use jiff::SignedDuration;
use vedetta::{
    domain::{EventBody, Sha256},
    store::{Attempt, DeliveryKind, DeliveryState, Error, NewDelivery, NewKey, Scope, SourceState, Subscription},
};

use super::{World, day_noon, file_of};

#[tokio::test]
async fn the_archive_notices_damage() {
    let world = World::new().await;
    let archive = world.store.archive();
    let name = archive.put(b"<rss>a feed</rss>").unwrap();
    assert_eq!(archive.put(b"<rss>a feed</rss>").unwrap(), name);
    assert_eq!(archive.get(&name).unwrap().unwrap(), b"<rss>a feed</rss>");
    assert_eq!(archive.get(&Sha256::of(b"never")).unwrap(), None);
    let hex = name.to_string();
    let path = world.folder.path().join("archive").join(hex.split_at(2).0).join(format!("{hex}.zst"));
    std::fs::write(&path, zstd::encode_all(b"another feed".as_slice(), 3).unwrap()).unwrap();
    assert!(matches!(archive.get(&name), Err(Error::Damaged { .. })));
    std::fs::write(&path, b"not zstd").unwrap();
    assert!(matches!(archive.get(&name), Err(Error::Damaged { .. })));
}

#[tokio::test]
async fn a_source_is_announced_stale_once_and_recovered_once() {
    let world = World::new().await;
    let sources = world.store.sources();
    let ok = SourceState { cursor: "{}".into(), last_ok_at: Some(day_noon(1)), ..SourceState::default() };
    let stale = SourceState { is_stale: true, last_error: Some("timeout".into()), ..ok.clone() };
    for state in [&ok, &stale, &stale, &ok, &ok] {
        sources.set_state("gleif", state, day_noon(2)).await.unwrap();
    }
    assert_eq!(sources.state("gleif").await.unwrap(), ok);
    let events = world.store.outbox().after(0, 10, None).await.unwrap();
    let bodies: Vec<_> = events.into_iter().map(|e| e.body).collect();
    let source = || "gleif".to_owned();
    assert_eq!(
        bodies,
        [
            EventBody::SourceStale { source: source(), error: "timeout".into() },
            EventBody::SourceRecovered { source: source() }
        ]
    );
}

#[tokio::test]
async fn the_audit_chain_holds_and_breaks_when_a_row_is_changed() {
    let world = World::new().await;
    for n in 0..3 {
        world.store.audit().note(day_noon(n), "cli", "rating.override", "C-1", "{}").await.unwrap();
    }
    assert_eq!(world.store.audit().verify().await.unwrap(), 3);
    crate::stores::ask(&file_of(&world.folder), "update audit set who = 'anna' where id = 2");
    assert!(matches!(world.store.audit().verify().await, Err(Error::Damaged { what: "audit", .. })));
}

fn subscription(world: &World) -> Subscription {
    Subscription {
        id: "sub_1".into(),
        portfolio: world.portfolio,
        name: "drops".into(),
        channel: "webhook".into(),
        target: Some("https://erp.example/hook".into()),
        digest: "none".into(),
        when: "{}".into(),
        quiet: Some("22:00-07:00".into()),
        time_zone: "Europe/Rome".into(),
        storm: "each".into(),
        contact: Some("owner@erp.example".into()),
        secrets: vec!["whsec_new".into(), "whsec_old".into()],
        old_secret_until: Some(day_noon(2)),
        locale: "it".into(),
        created_at: day_noon(0),
        disabled: None,
        failing_since: None,
    }
}

#[tokio::test]
async fn fanning_out_twice_delivers_once_and_a_disabled_endpoint_drops_the_rest() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let deliveries = world.store.deliveries();
    let wanted = subscription(&world);
    deliveries.subscribe(&wanted).await.unwrap();
    assert!(matches!(deliveries.subscribe(&wanted).await, Err(Error::Conflict(_))));
    assert_eq!(deliveries.subscription_by_id("sub_1").await.unwrap().as_ref(), Some(&wanted));
    let to = |subscription: &str, seq| NewDelivery {
        subscription: subscription.to_owned(),
        seq,
        kind: DeliveryKind::Event,
        wait: None,
        due: Some(day_noon(1)),
    };
    let episode = ("sub_1".to_owned(), client, "{\"since\":1}".to_owned());
    for _ in 0..2 {
        let episodes = std::slice::from_ref(&episode);
        let new = [to("sub_1", 1), to("sub_1", 2), to("gone", 2)];
        deliveries.fan_out(2, &new, &[], episodes, day_noon(1)).await.unwrap();
    }
    assert_eq!(world.store.outbox().checkpoint("alert").await.unwrap(), 2);
    let episodes = deliveries.episodes("sub_1", [client].into_iter()).await.unwrap();
    assert_eq!(episodes, [(client, "{\"since\":1}".to_owned())]);
    let due = deliveries.due("sub_1", day_noon(1), 10).await.unwrap();
    assert_eq!(due.iter().map(|d| d.seq).collect::<Vec<_>>(), [1, 2]);

    let at = day_noon(1) + SignedDuration::from_secs(5);
    let failed = Attempt {
        at,
        status: Some(410),
        error: Some("gone".into()),
        state: DeliveryState::Exhausted,
        next_at: None,
        is_theirs: true,
        disable: Some("the endpoint answered 410".into()),
    };
    deliveries.attempted(&[(due[0].id, failed.clone())]).await.unwrap();
    assert!(deliveries.due("sub_1", at, 10).await.unwrap().is_empty());
    assert_eq!(deliveries.next_due().await.unwrap(), None);
    let states: Vec<_> = deliveries.of("sub_1", None, 10).await.unwrap().into_iter().map(|d| d.state).collect();
    assert_eq!(states, [DeliveryState::Dropped, DeliveryState::Exhausted]);
    let off = deliveries.subscription(&[world.portfolio], "sub_1").await.unwrap().unwrap();
    assert_eq!((off.disabled, off.failing_since, off.secrets), (failed.disable, Some(at), wanted.secrets));
    assert!(deliveries.unsubscribe(&[world.portfolio], "sub_1").await.unwrap());
}

#[tokio::test]
async fn a_key_is_found_by_its_hash_and_says_when_it_was_revoked() {
    let world = World::new().await;
    let access = world.store.access();
    let key = NewKey {
        id: "key_1".into(),
        hash: Sha256::of(b"vdt_secret"),
        hint: "vdt_se".into(),
        scope: Scope::Write,
        portfolios: vec![world.portfolio],
        created_at: day_noon(0),
    };
    access.put_key(&key).await.unwrap();
    assert!(access.revoke("key_1", day_noon(3)).await.unwrap());
    assert!(!access.revoke("key_2", day_noon(3)).await.unwrap());
    let found = access.key(&key.hash).await.unwrap().unwrap();
    assert_eq!((found.key, found.revoked_at), (key, Some(day_noon(3))));
}

#[test]
fn a_stored_day_comes_back_as_it_went() {
    use vedetta::domain::{day_number, day_of_number};
    let mut expected = jiff::civil::date(-9999, 1, 1);
    for number in day_number(expected)..=day_number(jiff::civil::Date::MAX) {
        assert_eq!(day_of_number(number), expected);
        expected = expected.tomorrow().unwrap_or(expected);
    }
    assert_eq!((day_of_number(i32::MIN), day_of_number(i32::MAX)), (jiff::civil::Date::MIN, jiff::civil::Date::MAX));
}
