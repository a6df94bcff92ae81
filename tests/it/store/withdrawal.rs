use vedetta::domain::{
    Cause, EventBody, EvidenceRef, Fact, Grade, Procedure, Protest, ReasonLine, Status, StatusChange,
};

use super::{World, day, day_noon, file_of, news, open, rated, signal};
use crate::stores;

/// Whether any file of the database holds the text, in a row that is or in what is left of one that was.
fn is_on_disk(world: &World, text: &str) -> bool {
    stores::settle(&file_of(&world.folder));
    let own = std::fs::read_dir(world.folder.path().join("data")).into_iter().flatten();
    let files = own.map(|file| file.unwrap().path()).chain(stores::files_of(world.folder.path()));
    files
        .map(|file| std::fs::read(file).unwrap())
        .any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

fn protest(state: &str) -> Fact {
    Fact::Protest(Protest {
        instrument: "bill".parse().unwrap(),
        amount: None,
        raised_on: Some(day(1)),
        due_on: None,
        reason_code: Some("CM1-CANARY".into()),
        state: state.parse().unwrap(),
    })
}

#[tokio::test]
async fn a_withdrawn_signal_vanishes_everywhere_but_the_grade_stays() {
    let world = World::new().await;
    let client = world.clients(2).await[0];
    let facts = world.store.facts();
    let new = news("n1", "CANARY Roverella chiude", 3, client);
    facts.put_signals(std::slice::from_ref(&new)).await.unwrap();
    let evidence = [EvidenceRef::Signal(new.signal.id)];
    let ratings = world.store.ratings();
    ratings.record(None, &[rated(client, Grade::C2, 4, None, &evidence)], day_noon(4)).await.unwrap();
    world.store.dossiers().page(0, jiff::Timestamp::MAX).await.unwrap();
    assert!(is_on_disk(&world, "CANARY"));

    assert!(facts.withdraw(new.signal.id, "erased", day_noon(6)).await.unwrap());
    assert!(!facts.withdraw(new.signal.id, "erased", day_noon(6)).await.unwrap());
    assert!(!is_on_disk(&world, "CANARY"));
    let recorded = ratings.current(client).await.unwrap().unwrap().recorded;
    assert_eq!(recorded.rating.grade, Grade::C2);
    let mark =
        ReasonLine { feature: "withdrawn".into(), value: None, points: 16, evidence: vec![EvidenceRef::Withdrawn] };
    for lines in [&recorded.rating.lines, &recorded.change.reasons] {
        assert_eq!(lines[1..], std::slice::from_ref(&mark)[..], "not even the feature's name tells what it was");
    }
    assert!(
        world
            .store
            .dossiers()
            .page(0, jiff::Timestamp::MAX)
            .await
            .unwrap()
            .dossiers
            .iter()
            .all(|(_, d)| d.signals.is_empty())
    );
    assert!(facts.touched(5).await.unwrap().contains(&(client, Cause::Expiry)));
    let last = world.store.outbox().after(1, 5, None).await.unwrap();
    assert_eq!(last[0].body, EventBody::SignalWithdrawn { rule: "erased".into() });
    assert_eq!(last[0].client.as_ref().map(|(id, _)| *id), Some(client));
    assert_eq!(facts.put_signals(&[new]).await.unwrap(), 0, "what was erased is not let in again");
}

#[tokio::test]
async fn a_cancelled_protest_takes_its_record_out_in_whatever_order_it_is_read() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let standing = signal("p1", protest("standing"), 3, client);
    let cancelled = signal("p1", protest("cancelled"), 9, client);
    assert_eq!(facts.put_signals(std::slice::from_ref(&standing)).await.unwrap(), 1);
    assert_eq!(facts.put_signals(&[cancelled.clone(), standing.clone()]).await.unwrap(), 0);
    assert_eq!(facts.put_signals(&[standing, cancelled]).await.unwrap(), 0);
    assert!(world.store.dossiers().of(client, jiff::Timestamp::MAX).await.unwrap().signals.is_empty());
    assert!(!is_on_disk(&world, "CM1-CANARY"));
    assert_eq!(world.store.outbox().count().await.unwrap(), 1);
}

#[tokio::test]
async fn reasons_are_scrubbed_by_a_process_that_never_read_them() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let new = news("n1", "Roverella chiude", 3, client);
    world.store.facts().put_signals(std::slice::from_ref(&new)).await.unwrap();
    let evidence = [EvidenceRef::Signal(new.signal.id)];
    world.store.ratings().record(None, &[rated(client, Grade::C2, 4, None, &evidence)], day_noon(4)).await.unwrap();
    let other = open(&world.folder).await;
    other.facts().withdraw(new.signal.id, "expired", day_noon(6)).await.unwrap();
    let recorded = world.store.ratings().recorded(client, 1).await.unwrap().unwrap();
    assert_eq!(recorded.rating.lines[1].evidence, [EvidenceRef::Withdrawn]);
}

#[tokio::test]
async fn a_void_announcement_takes_its_record_out_and_keeps_it_out() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let opened = StatusChange { opened_on: Some(day(1)), ..StatusChange::plain(Status::InsolventLiquidation) };
    let why = Procedure { code: "annulation".into(), words: "Annulation".into() };
    let announced = signal("announcement/A/1", Fact::CompanyStatus(opened), 3, client);
    let void = signal("announcement/A/1", Fact::CompanyStatus(StatusChange::void(why, day(8))), 9, client);
    assert_eq!(facts.put_signals(std::slice::from_ref(&announced)).await.unwrap(), 1);
    assert_eq!(facts.put_signals(&[void, announced.clone()]).await.unwrap(), 0);
    assert!(world.store.dossiers().of(client, jiff::Timestamp::MAX).await.unwrap().signals.is_empty());
    assert_eq!(facts.put_signals(&[announced]).await.unwrap(), 0, "older pages still list it");
}

#[tokio::test]
async fn what_was_only_unlisted_may_come_again_until_a_stronger_rule_keeps_it_out() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let new = signal("p1", protest("standing"), 3, client);
    for (rule, n_later) in [("unlisted", 1), ("erased", 0)] {
        facts.put_signals(std::slice::from_ref(&new)).await.unwrap();
        assert!(facts.withdraw(new.signal.id, rule, day_noon(6)).await.unwrap());
        assert_eq!(facts.put_signals(std::slice::from_ref(&new)).await.unwrap(), n_later, "{rule}");
    }
}

#[tokio::test]
async fn what_is_no_longer_listed_leaves_the_page_to_whoever_rests_on_it() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let sha256 = world.store.archive().put(b"a page with two protests").unwrap();
    let on_page = |own_id| {
        let mut new = signal(own_id, protest("standing"), 3, client);
        new.signal.evidence.sha256 = sha256;
        new
    };
    let (stays, goes) = (on_page("p1"), on_page("p2"));
    facts.put_signals(&[stays.clone(), goes.clone()]).await.unwrap();
    facts.withdraw(goes.signal.id, "unlisted", day_noon(6)).await.unwrap();
    assert!(world.store.archive().get(&sha256).unwrap().is_some());
    facts.withdraw(stays.signal.id, "unlisted", day_noon(7)).await.unwrap();
    assert_eq!(world.store.archive().get(&sha256).unwrap(), None);
}
