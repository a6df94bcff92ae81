//! What a person says of a link, asked for or not: it is taken away, binds the next record, and can be given back.

use vedetta::{
    domain::{Cause, Certainty, ClientId, EvidenceRef, Fact, Grade, PortfolioId, Sha256, VatAnswer},
    store::{Entry, NewSignal, Review, ReviewDecision, SignalTarget, Split},
};

use super::{World, client_row, day_noon, news, rated, signal};

/// A record of the subject called `who`, linked without asking.
fn record(own_id: &str, who: &str, known: i32, clients: &[ClientId]) -> NewSignal {
    let target = SignalTarget::Clients(clients.iter().map(|client| (*client, Certainty::CERTAIN)).collect());
    NewSignal { target, subject: Some(Sha256::of(who.as_bytes())), ..news(own_id, own_id, known, clients[0]) }
}

async fn split(world: &World, whose: &[ClientId], new: &NewSignal, to: Option<ClientId>) -> Option<Split> {
    let note = Entry { who: "anna", what: "client.split", object: "C-1", details: "{}" };
    let whose = (whose, world.portfolio);
    world.store.facts().split(whose, &[new.signal.id], to, &note, day_noon(5)).await.unwrap()
}

async fn names(world: &World, client: ClientId) -> Vec<String> {
    let signals = world.store.facts().signals(client, None, 20).await.unwrap();
    let mut names: Vec<String> = signals.into_iter().map(|linked| linked.signal.url.unwrap()).collect();
    names.sort();
    names.into_iter().map(|url| url.rsplit('/').next().unwrap().to_owned()).collect()
}

/// Two portfolios that have the same company.
async fn two_books(world: &World) -> ([ClientId; 2], PortfolioId) {
    let other = world.store.facts().portfolio(&"other".parse().unwrap()).await.unwrap();
    let row = [client_row("X-1", "Officina Roverella 1")];
    let theirs = world.store.facts().put_clients(other, world.batch, &row).await.unwrap()[0].0;
    ([world.clients(1).await[0], theirs], other)
}

#[tokio::test]
async fn a_link_made_beside_another_portfolios_is_taken_back_by_its_own_alone() {
    let world = World::new().await;
    let ([ours, theirs], other) = two_books(&world).await;
    let facts = world.store.facts();
    let asked = record("n1", "Roverella", 3, &[ours]);
    let review = Review {
        id: 0,
        client: ours,
        portfolio: world.portfolio,
        certainty: Certainty::new(0.8).unwrap(),
        because: String::new(),
        signal: asked.signal,
        own_id: "n1".into(),
        subject_name: "ROVERELLA".into(),
        fingerprint: asked.subject,
        decision: None,
    };
    facts.put_review(&review, day_noon(4)).await.unwrap();
    let own = [world.portfolio];
    let id = facts.reviews(&own, 0, 9).await.unwrap()[0].id;
    assert!(facts.decide_review(id, &own, ReviewDecision::Same, "anna", day_noon(5)).await.unwrap());
    // The next record of the subject is linked to both without asking: there is no review of it.
    facts.put_signals(&[record("n2", "Roverella", 6, &[theirs, ours])]).await.unwrap();
    assert_eq!((names(&world, ours).await.len(), names(&world, theirs).await.len()), (2, 1));

    assert!(!facts.decide_review(id, &[other], ReviewDecision::NotSame, "eve", day_noon(7)).await.unwrap());
    assert!(facts.decide_review(id, &own, ReviewDecision::NotSame, "bruno", day_noon(7)).await.unwrap());
    assert_eq!((names(&world, ours).await, names(&world, theirs).await), (vec![], vec!["n2".to_owned()]));
    // A round that began before it was said does not link it again.
    facts.put_signals(&[record("n3", "Roverella", 6, &[theirs, ours])]).await.unwrap();
    assert_eq!((names(&world, ours).await.len(), names(&world, theirs).await.len()), (0, 2));
}

#[tokio::test]
async fn what_is_split_off_goes_with_its_subject_binds_and_can_be_given_back() {
    let world = World::new().await;
    let clients = world.clients(2).await;
    let (facts, ratings) = (world.store.facts(), world.store.ratings());
    let [wrong, right] = [clients[0], clients[1]];
    let told = [record("n1", "Roverella di Lecco", 3, &[wrong]), record("n2", "Roverella di Lecco", 4, &[wrong])];
    facts.put_signals(&told).await.unwrap();
    facts.put_signals(&[record("own", "Roverella", 4, &[wrong])]).await.unwrap();
    let evidence = [EvidenceRef::Signal(told[0].signal.id)];
    ratings.record(None, &[rated(wrong, Grade::C2, 4, None, &evidence)], day_noon(4)).await.unwrap();

    assert_eq!(split(&world, &[right], &told[1], None).await, None);
    let split = split(&world, &[wrong], &told[1], Some(right)).await.unwrap();
    assert_eq!((split.signals.len(), split.reviews.len()), (2, 1));
    assert_eq!(
        (names(&world, wrong).await, names(&world, right).await),
        (vec!["own".into()], vec!["n1".into(), "n2".into()])
    );
    let line = ratings.recorded(wrong, 1).await.unwrap().unwrap().rating.lines.remove(1);
    assert_eq!(line.evidence, [EvidenceRef::Withdrawn], "the past forgets what was never about it");
    let touched = facts.touched(9).await.unwrap();
    assert!(touched.contains(&(wrong, Cause::Expiry)) && touched.contains(&(right, Cause::Signals)));
    facts.put_signals(&[record("n3", "Roverella di Lecco", 6, &[wrong])]).await.unwrap();
    assert_eq!(names(&world, wrong).await, ["own"], "and the next record is not about it either");

    let own = [world.portfolio];
    assert!(facts.decide_review(split.reviews[0], &own, ReviewDecision::Same, "bruno", day_noon(7)).await.unwrap());
    assert_eq!(names(&world, wrong).await, ["n1", "n2", "own"]);
}

#[tokio::test]
async fn a_record_of_a_register_that_is_given_back_is_nobody_elses_any_more() {
    let world = World::new().await;
    let [first, second, _] = world.clients(3).await[..] else { panic!("three clients") };
    let checked = |client| {
        let subject = Some(Sha256::of(b"Roverella di Lecco"));
        NewSignal { subject, ..signal("v1", Fact::VatCheck(VatAnswer::Invalid), 3, client) }
    };
    let facts = world.store.facts();
    facts.put_signals(&[checked(first)]).await.unwrap();
    let n_signals = async |client| facts.signals(client, None, 9).await.unwrap().len();
    let split = split(&world, &[first], &checked(first), Some(second)).await.unwrap();
    assert_eq!((n_signals(first).await, n_signals(second).await), (0, 1));
    let own = [world.portfolio];
    assert!(facts.decide_review(split.reviews[0], &own, ReviewDecision::Same, "bruno", day_noon(7)).await.unwrap());
    assert_eq!((n_signals(first).await, n_signals(second).await), (1, 0));
    assert!(facts.touched(9).await.unwrap().contains(&(second, Cause::Expiry)));
}

#[tokio::test]
async fn of_whom_nobody_can_tell_nothing_is_linked_without_asking() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let new = record("n1", "Roverella di Lecco", 3, &[client]);
    facts.put_signals(std::slice::from_ref(&new)).await.unwrap();
    let review = split(&world, &[client], &new, None).await.unwrap().reviews[0];
    let own = [world.portfolio];
    for (decision, n_linked) in [(ReviewDecision::Unsure, 0), (ReviewDecision::Same, 2)] {
        assert!(facts.decide_review(review, &own, decision, "bruno", day_noon(6)).await.unwrap());
        facts.put_signals(&[record("n2", "Roverella di Lecco", 6, &[client])]).await.unwrap();
        assert_eq!(names(&world, client).await.len(), n_linked, "{decision:?}");
    }
    assert_eq!(facts.put_signals(&[record("n2", "Roverella di Lecco", 6, &[client])]).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_split_off_for_nobody_is_not_lost() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let new = record("n1", "Roverella di Lecco", 3, &[client]);
    facts.put_signals(std::slice::from_ref(&new)).await.unwrap();
    let split = split(&world, &[client], &new, None).await.unwrap();
    assert_eq!(facts.signals_by_id(&[new.signal.id]).await.unwrap(), [None]);
    let own = [world.portfolio];
    assert!(facts.decide_review(split.reviews[0], &own, ReviewDecision::Same, "bruno", day_noon(7)).await.unwrap());
    assert_eq!(names(&world, client).await, ["n1"]);
}

#[tokio::test]
async fn what_is_split_off_a_merged_company_goes_from_all_of_its_codes() {
    let world = World::new().await;
    let [gone, stays, _] = world.clients(3).await[..] else { panic!("three clients") };
    let (facts, ratings) = (world.store.facts(), world.store.ratings());
    let new = record("n1", "Roverella di Lecco", 3, &[gone]);
    facts.put_signals(std::slice::from_ref(&new)).await.unwrap();
    super::mergers::merge(&world, gone, stays, 4).await;
    let evidence = [EvidenceRef::Signal(new.signal.id)];
    ratings.record(None, &[rated(stays, Grade::C2, 4, None, &evidence)], day_noon(4)).await.unwrap();
    let split = split(&world, &[stays, gone], &new, None).await.unwrap();
    assert_eq!((split.signals.len(), split.reviews.len()), (1, 1));
    let line = ratings.recorded(stays, 1).await.unwrap().unwrap().rating.lines.remove(1);
    assert_eq!(line.evidence, [EvidenceRef::Withdrawn]);
    assert_eq!(facts.touched(1).await.unwrap().len(), 1);
    facts.put_signals(&[record("n2", "Roverella di Lecco", 6, &[gone, stays])]).await.unwrap();
    assert_eq!((names(&world, gone).await.len(), names(&world, stays).await.len()), (0, 0));
    // The judgement was about the code that had the link, so it ends for the other one with the merger.
    super::mergers::unmerge(&world, gone, 7).await;
    facts.put_signals(&[record("n3", "Roverella di Lecco", 8, &[gone, stays])]).await.unwrap();
    assert_eq!((names(&world, gone).await.len(), names(&world, stays).await.len()), (0, 1));
}

#[tokio::test]
async fn what_is_said_of_one_code_of_a_company_is_said_of_all() {
    let world = World::new().await;
    let [gone, stays, other] = world.clients(3).await[..] else { panic!("three clients") };
    let facts = world.store.facts();
    let told = [gone, stays, other].map(|client| record(&format!("n{client}"), "Roverella di Lecco", 3, &[client]));
    facts.put_signals(&told).await.unwrap();
    super::mergers::merge(&world, gone, stays, 4).await;
    let own = [world.portfolio];
    let asked = record("asked", "Roverella di Lecco", 5, &[gone]);
    let review = Review {
        id: 0,
        client: gone,
        portfolio: world.portfolio,
        certainty: Certainty::new(0.8).unwrap(),
        because: String::new(),
        signal: asked.signal,
        own_id: "asked".into(),
        subject_name: "ROVERELLA".into(),
        fingerprint: asked.subject,
        decision: None,
    };
    facts.put_review(&review, day_noon(5)).await.unwrap();
    let id = facts.reviews(&own, 0, 9).await.unwrap()[0].id;
    assert!(facts.decide_review(id, &own, ReviewDecision::NotSame, "anna", day_noon(6)).await.unwrap());
    let mut n_left = Vec::new();
    for client in [gone, stays, other] {
        n_left.push(names(&world, client).await.len());
    }
    assert_eq!(n_left, [0, 0, 1]);
}

#[tokio::test]
async fn of_two_judgements_the_newest_binds_whether_it_was_said_of_the_record_or_of_its_subject() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    // Nobody noted whom it speaks of, so the record alone is judged.
    let unnamed = NewSignal { subject: None, ..record("n1", "Roverella di Lecco", 3, &[client]) };
    facts.put_signals(std::slice::from_ref(&unnamed)).await.unwrap();
    split(&world, &[client], &unnamed, None).await.unwrap();
    let named = news("n1", "n1 again", 6, client);
    let named = NewSignal { subject: Some(Sha256::of(b"Roverella di Lecco")), ..named };
    facts.put_signals(std::slice::from_ref(&named)).await.unwrap();
    assert_eq!(names(&world, client).await.len(), 0);
    let review = Review {
        id: 0,
        client,
        portfolio: world.portfolio,
        certainty: Certainty::new(0.8).unwrap(),
        because: String::new(),
        signal: named.signal,
        own_id: "n1".into(),
        subject_name: "ROVERELLA".into(),
        fingerprint: named.subject,
        decision: None,
    };
    facts.put_review(&review, day_noon(7)).await.unwrap();
    let own = [world.portfolio];
    let id = facts.reviews(&own, 0, 9).await.unwrap()[0].id;
    assert!(facts.decide_review(id, &own, ReviewDecision::Same, "bruno", day_noon(8)).await.unwrap());
    assert_eq!(names(&world, client).await.len(), 1);
}
