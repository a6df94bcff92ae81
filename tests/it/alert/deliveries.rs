use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vedetta::{
    alert::{Alerts, Counts, Mail, Settings, When, default_subscription, new_secret},
    clock::Clock,
    domain::{
        AsOf, Cause, ClientFacts, ClientId, Currency, Glossary, Grade, ModelId, PortfolioId, Probability, Prospect,
        Rating, RatingChange, ReasonLine, Sha256,
    },
    extract::Catalogue,
    store::{BatchRow, ClientRow, DeliveryState, Entry, Error, NewRating, Store, Subscription},
};

use super::{noon, receivers::Receiver};

pub(crate) const YES: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
pub(crate) const NO: &str = "HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n";

/// A house with one client, a clock that is moved by hand, and alerts that may call loopback.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) alerts: Alerts,
    pub(crate) portfolio: PortfolioId,
    client: ClientId,
    grade: Option<Grade>,
    folder: tempfile::TempDir,
}

pub(crate) fn no_words() -> Glossary {
    Glossary(std::sync::Arc::from([]))
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(&Settings::default(), None).await
    }

    /// One that sends as these settings say, and by this mail server.
    pub(crate) async fn with(settings: &Settings, mail: Option<&Mail>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(folder.path()).await;
        let clock = Clock::manual(noon());
        let settings = Settings { allow_private: true, ..settings.clone() };
        let alerts = Alerts::new(store.clone(), clock.clone(), Catalogue::get().glossary(), &settings).expect("alerts");
        let alerts = alerts.with_mail(mail).expect("a client of the mail server");
        let portfolio = store.facts().portfolio(&"main".parse().expect("a name")).await.expect("a portfolio");
        let client = put_clients(&store, portfolio, &["C-7".to_owned()], "Ferramenta Ottolupi & Figli").await[0];
        Self { store, clock, alerts, portfolio, client, grade: None, folder }
    }

    /// The store on connections of its own, as another process has it.
    pub(crate) async fn another_store(&self) -> Store {
        open(self.folder.path()).await
    }

    /// Where the store would lie as a file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("vedetta.sqlite")
    }

    /// Rates the client; answers the number of the event.
    pub(crate) async fn rate(&mut self, to: Grade) -> i64 {
        let outcome = outcome(self.client, self.grade, to, self.clock.now());
        self.store.ratings().record(None, &[outcome], self.clock.now()).await.expect("recorded");
        self.grade = Some(to);
        self.store.outbox().last_seq().await.expect("an outbox")
    }

    /// Makes so many clients more, each with grade B1; they owe 100, 200, 300 and so on.
    pub(crate) async fn crowd(&self, n_clients: usize) -> Vec<ClientId> {
        let codes: Vec<String> = (1..=n_clients).map(|n| format!("S-{n}")).collect();
        let clients = put_clients(&self.store, self.portfolio, &codes, "Tessitura Valbruna").await;
        self.rate_all(&clients, None, Grade::B1).await;
        clients
    }

    /// Takes many clients from one grade to another in one transaction, as a page of a night does.
    pub(crate) async fn rate_all(&self, clients: &[ClientId], from: Option<Grade>, to: Grade) {
        self.try_to_rate(&self.store, clients, from, to).await.expect("recorded");
    }

    /// The same on other connections of the store, again for as long as the store is too busy to take it.
    pub(crate) async fn rate_at_last(&self, store: &Store, clients: &[ClientId], from: Option<Grade>, to: Grade) {
        loop {
            match self.try_to_rate(store, clients, from, to).await {
                Ok(_) => return,
                Err(vedetta::store::Error::Unavailable(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    async fn try_to_rate(
        &self,
        store: &Store,
        clients: &[ClientId],
        from: Option<Grade>,
        to: Grade,
    ) -> vedetta::store::Result<u64> {
        let at = self.clock.now();
        let mut outcomes: Vec<NewRating> = clients.iter().map(|client| outcome(*client, from, to, at)).collect();
        for (place, outcome) in (1..).zip(&mut outcomes) {
            let exposure_minor = place * 10_000;
            outcome.exposure_minor = exposure_minor;
            outcome.change = outcome.change.take().map(|change| RatingChange { exposure_minor, ..change });
        }
        store.ratings().record(None, &outcomes, at).await
    }

    /// Takes clients each from its own grade to another, in one transaction: their events are in this order.
    pub(crate) async fn rate_each(&self, steps: &[(ClientId, Grade, Grade)]) {
        let at = self.clock.now();
        let outcomes: Vec<NewRating> =
            steps.iter().map(|(client, from, to)| outcome(*client, Some(*from), *to, at)).collect();
        self.store.ratings().record(None, &outcomes, at).await.expect("recorded");
    }

    /// A subscription to any drop by webhook; the tests change what they are about.
    pub(crate) fn wish(&self, id: &str, url: String) -> Subscription {
        Subscription {
            id: id.to_owned(),
            channel: "webhook".to_owned(),
            target: Some(url),
            secrets: vec![new_secret()],
            ..default_subscription(self.portfolio, noon())
        }
    }

    pub(crate) async fn put(&self, subscription: &Subscription) {
        self.store.deliveries().subscribe(subscription).await.expect("subscribed");
    }

    /// Puts a subscription in the place of the one of the same id.
    pub(crate) async fn change(&self, subscription: Subscription) {
        let (portfolio, id) = ([subscription.portfolio], subscription.id.clone());
        let deliveries = self.store.deliveries();
        let changed = deliveries.change(&portfolio, &id, |_| Ok::<_, Error>(subscription)).await.expect("a store");
        changed.expect("a subscription");
    }

    pub(crate) async fn stored(&self, id: &str) -> Subscription {
        self.store.deliveries().subscription_by_id(id).await.expect("a store").expect("a subscription")
    }

    async fn subscribe(&self, id: &str, receiver: &Receiver) {
        self.subscribe_when(id, receiver, &When::default()).await;
    }

    pub(crate) async fn subscribe_when(&self, id: &str, receiver: &Receiver, when: &When) {
        let when = serde_json::to_string(when).expect("conditions");
        self.put(&Subscription { when, ..self.wish(id, receiver.url()) }).await;
    }

    pub(crate) async fn deliver(&self) -> Counts {
        self.alerts.deliver_due_once().await.expect("delivered")
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }
}

async fn open(folder: &Path) -> Store {
    let url = crate::stores::address(&folder.join("vedetta.sqlite"));
    Store::open(&url, &folder.join("archive")).await.expect("a store")
}

/// Clients of one name and trade, in one transaction.
async fn put_clients(store: &Store, portfolio: PortfolioId, codes: &[String], name: &str) -> Vec<ClientId> {
    let row = BatchRow { name: "clients.csv".to_owned(), seen_at: noon(), sha256: Sha256::of(name.as_bytes()) };
    let batch = store.facts().batch(&row).await.expect("a batch");
    let facts = ClientFacts {
        who: Prospect { name: name.to_owned(), sector: "25.62".parse().ok(), ..Prospect::default() },
        since: None,
        active: None,
        credit_limit: None,
        yearly_value: None,
        currency: Currency::EUR,
        email: None,
        phone: None,
    };
    let client =
        |code: &String| ClientRow { code: code.parse().expect("a code"), facts: facts.clone(), known_at: noon() };
    let rows: Vec<ClientRow> = codes.iter().map(client).collect();
    let put = store.facts().put_clients(portfolio, batch, &rows).await.expect("clients");
    put.into_iter().map(|(client, _)| client).collect()
}

/// A rating with an event, of a client who owes 20 000 and has a protested bill.
fn outcome(client: ClientId, from: Option<Grade>, to: Grade, at: Timestamp) -> NewRating {
    let model = ModelId { name: "test".to_owned(), hash: "000000000000".to_owned() };
    let rating =
        Rating { grade: to, pd: None, points: None, coverage: 1.0, as_of: AsOf::at(at), model, lines: Vec::new() };
    let bill = ReasonLine {
        feature: "protest_amount_12m".to_owned(),
        value: Some(18_000.0),
        points: -31,
        evidence: Vec::new(),
    };
    let change = RatingChange {
        client_seq: 0,
        from,
        to,
        pd_from: Probability::new(0.041).ok(),
        pd_to: Probability::new(0.0613).ok(),
        cause: Cause::Signals,
        exposure_minor: 2_000_000,
        reasons: vec![bill],
        treatment: Some("formal_notice".to_owned()),
    };
    NewRating { client, rating, cause: Cause::Signals, exposure_minor: 2_000_000, change: Some(change) }
}

pub(crate) fn ids(receiver: &Receiver) -> Vec<String> {
    let id = |request: &String| {
        let line = request.lines().find_map(|line| line.strip_prefix("webhook-id: ").map(str::to_owned));
        line.expect("every request has an id")
    };
    receiver.requests().iter().map(id).collect()
}

/// An alert reaches its receiver, whatever else is due to others.
async fn passes_the_backlog(house: &House, prompt: &Receiver, seq: i64) {
    let (alerts, shutdown) = (house.alerts.clone(), CancellationToken::new());
    let mut running = JoinSet::new();
    let token = shutdown.clone();
    running.spawn(async move { alerts.run(token).await });
    tokio::time::timeout(Duration::from_secs(9), prompt.has_seen(1)).await.expect("the alert passes the backlog");
    assert_eq!(ids(prompt), [seq.to_string()]);
    shutdown.cancel();
    running.join_all().await;
}

#[tokio::test]
async fn who_subscribes_is_told_of_nothing_that_was_before() {
    let (mut house, receiver) = (House::new().await, Receiver::saying(YES).await);
    house.rate(Grade::B1).await;
    house.rate(Grade::C3).await;
    house.pass(1);
    let late = Subscription { created_at: house.clock.now(), ..house.wish("late", receiver.url()) };
    house.put(&late).await;
    assert_eq!(house.deliver().await, Counts::default());
    house.rate(Grade::D).await;
    assert_eq!(house.deliver().await.delivered, 1);
}

#[tokio::test]
async fn a_drop_reaches_its_webhook_once() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    house.subscribe("sub_1", &receiver).await;
    house.rate(Grade::B1).await;
    let seq = house.rate(Grade::B3).await;
    assert_eq!(house.deliver().await, Counts { delivered: 1, ..Counts::default() });
    assert_eq!(house.deliver().await, Counts::default());
    assert_eq!(ids(&receiver), [seq.to_string()], "the first rating is no drop");
    assert_eq!(house.store.deliveries().n_delivered().await.unwrap(), 1);
}

#[tokio::test]
async fn whoever_watches_a_merged_code_hears_of_its_survivor_as_long_as_the_merger_lasts() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    let old = put_clients(&house.store, house.portfolio, &["C-OLD".to_owned()], "Ferramenta Ottolupi").await[0];
    let when = When { clients: vec!["C-OLD".to_owned()], ..When::default() };
    house.subscribe_when("sub_1", &receiver, &when).await;
    house.rate(Grade::B1).await;
    house.rate(Grade::B2).await;
    assert_eq!(house.deliver().await, Counts::default(), "it is another client's rating");
    let note = Entry { who: "anna", what: "client.merged", object: "C-OLD", details: "{}" };
    house.store.facts().merge(old, house.client, &note, noon()).await.unwrap();
    let seq = house.rate(Grade::C1).await;
    assert_eq!(house.deliver().await, Counts { delivered: 1, ..Counts::default() });
    house.store.facts().unmerge(old, &note, noon()).await.unwrap();
    house.rate(Grade::C3).await;
    assert_eq!(house.deliver().await, Counts::default());
    assert_eq!(ids(&receiver), [seq.to_string()]);
}

#[tokio::test]
async fn a_wavering_rating_is_told_once_across_restarts() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    house.subscribe("sub_1", &receiver).await;
    for grade in [Grade::B1, Grade::B3, Grade::B2, Grade::B3, Grade::B2, Grade::B3, Grade::C1] {
        house.rate(grade).await;
        house.deliver().await;
    }
    assert_eq!(ids(&receiver), ["2", "7"]);
}

#[tokio::test]
async fn the_stream_is_told_without_anything_being_sent() {
    let mut house = House::new().await;
    house.store.deliveries().subscribe(&default_subscription(house.portfolio, noon())).await.unwrap();
    house.rate(Grade::B1).await;
    house.rate(Grade::B2).await;
    assert_eq!(house.deliver().await, Counts::default());
    let told = house.store.deliveries().of("sub_default_1", None, 10).await.unwrap();
    let [told] = told.as_slice() else { panic!("one delivery: {told:#?}") };
    assert_eq!((told.seq, told.state, told.n_attempts, told.next_at), (2, DeliveryState::Delivered, 1, None));
    assert_eq!(house.store.deliveries().n_delivered().await.unwrap(), 1);
}

#[tokio::test]
async fn a_failing_receiver_is_tried_eight_times_with_the_same_id_and_then_given_up_in_sight() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(NO).await;
    house.subscribe("sub_1", &receiver).await;
    house.rate(Grade::B1).await;
    let seq = house.rate(Grade::B2).await;
    for promised in [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000] {
        assert_eq!(house.deliver().await, Counts { retrying: 1, ..Counts::default() });
        house.pass(promised * 79 / 100);
        assert_eq!(house.deliver().await, Counts::default(), "too early after {promised} s");
        house.pass(promised * 42 / 100 + 1);
    }
    assert_eq!(house.deliver().await, Counts { exhausted: 1, ..Counts::default() });
    house.pass(1_000_000);
    assert_eq!(house.deliver().await, Counts::default());
    assert_eq!(ids(&receiver), vec![seq.to_string(); 8]);
    let seen = house.store.deliveries().of("sub_1", None, 10).await.unwrap();
    assert_eq!((seen[0].state, seen[0].n_attempts, seen[0].last_status), (DeliveryState::Exhausted, 8, Some(500)));
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_called_no_more() {
    let mut house = House::new().await;
    let receiver = Receiver::saying("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n").await;
    house.subscribe("sub_1", &receiver).await;
    house.rate(Grade::B1).await;
    house.rate(Grade::B2).await;
    assert_eq!(house.deliver().await, Counts { dropped: 1, ..Counts::default() });
    let off = house.store.deliveries().subscription(&[house.portfolio], "sub_1").await.unwrap().unwrap();
    assert!(off.disabled.unwrap().contains("410"));
    house.rate(Grade::B3).await;
    assert_eq!(house.deliver().await, Counts::default());
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_failed_for_five_days_is_switched_off() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(NO).await;
    house.subscribe("sub_1", &receiver).await;
    house.rate(Grade::B1).await;
    house.rate(Grade::B2).await;
    house.deliver().await;
    house.pass(5 * 86_400);
    house.rate(Grade::B3).await;
    assert_eq!(house.deliver().await.dropped, 1);
    let off = house.store.deliveries().subscription(&[house.portfolio], "sub_1").await.unwrap().unwrap();
    assert!(off.disabled.unwrap().contains("5 days"));
}

#[tokio::test]
async fn a_receiver_that_hangs_delays_no_other() {
    let mut house = House::new().await;
    let (stuck, prompt) = (Receiver::hanging().await, Receiver::saying(YES).await);
    house.subscribe("sub_1", &stuck).await;
    house.subscribe("sub_2", &prompt).await;
    let (alerts, shutdown) = (house.alerts.clone(), CancellationToken::new());
    let mut running = JoinSet::new();
    let token = shutdown.clone();
    running.spawn(async move { alerts.run(token).await });
    for grade in [Grade::B1, Grade::B2, Grade::B3, Grade::C1] {
        house.rate(grade).await;
    }
    // The stuck receiver holds its first request for the whole deadline of ten seconds.
    tokio::time::timeout(Duration::from_secs(8), prompt.has_seen(3)).await.expect("three drops arrive meanwhile");
    assert_eq!(ids(&prompt), ["2", "3", "4"]);
    tokio::time::timeout(Duration::from_secs(8), stuck.has_seen(1)).await.expect("the first arrives there, too");
    assert_eq!(stuck.requests().len(), 1);
    shutdown.cancel();
    running.join_all().await;
}

#[tokio::test]
async fn a_long_backlog_of_a_dead_endpoint_starves_nobody() {
    let mut house = House::new().await;
    let (stuck, prompt) = (Receiver::hanging().await, Receiver::saying(YES).await);
    house.subscribe("sub_1", &stuck).await;
    house.subscribe_when("sub_2", &prompt, &When { notches_at_least: Some(5), ..When::default() }).await;
    // More than the worker looks at in one go, every second one a drop.
    for place in 0..1_100 {
        house.rate(if place % 2 == 0 { Grade::B1 } else { Grade::B3 }).await;
    }
    let seq = house.rate(Grade::D).await;
    passes_the_backlog(&house, &prompt, seq).await;
}

#[tokio::test]
async fn an_endpoint_that_fails_and_has_more_due_than_fits_in_memory_hides_nobody() {
    let mut house = House::new().await;
    let prompt = Receiver::saying(YES).await;
    house.subscribe("sub_1", &Receiver::saying(NO).await).await;
    house.subscribe("sub_2", &prompt).await;
    // Due a second before anything else, and about events that are gone: each is given up, and the endpoint rests after it.
    let flood = "insert into delivery (subscription, seq, state, next_at, updated_at)
         with recursive n (i) as (select 1 union all select i + 1 from n where i < 70000)
         select 'sub_1', 1000000 + i, 'pending', 1772539199000, 0 from n";
    crate::stores::ask(&house.file(), flood);
    house.rate(Grade::B1).await;
    let seq = house.rate(Grade::B3).await;
    passes_the_backlog(&house, &prompt, seq).await;
    let due = house.store.deliveries().due("sub_1", noon(), 32).await.unwrap();
    assert_eq!(due.len(), 32, "no more than a turn is read");
    assert!(due.is_sorted_by_key(|delivery| delivery.seq), "{due:#?}");
}

#[tokio::test]
async fn what_changes_while_an_endpoint_is_served_counts_from_the_next_message_on() {
    let house = House::new().await;
    let (before, after) = (Receiver::held().await, Receiver::saying(YES).await);
    house.put(&Subscription { storm: "each".to_owned(), ..house.wish("sub_1", before.url()) }).await;
    let clients = house.crowd(5).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::B3).await;
    let (alerts, mut sending) = (house.alerts.clone(), JoinSet::new());
    sending.spawn(async move { alerts.deliver_due_once().await.unwrap() });
    before.has_seen(1).await;
    let moved = Subscription { target: Some(after.url()), secrets: vec![new_secret()], ..house.stored("sub_1").await };
    house.change(moved).await;
    before.let_go(5);
    let counts = sending.join_next().await.unwrap().unwrap();
    assert_eq!(counts, Counts { delivered: 5, ..Counts::default() });
    assert_eq!((before.requests().len(), after.requests().len()), (1, 4));
}

#[tokio::test]
async fn who_ends_a_subscription_while_it_is_served_gets_nothing_more() {
    let house = House::new().await;
    let held = Receiver::held().await;
    house.put(&house.wish("sub_1", held.url())).await;
    let clients = house.crowd(5).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::B3).await;
    let (alerts, mut sending) = (house.alerts.clone(), JoinSet::new());
    sending.spawn(async move { alerts.deliver_due_once().await.unwrap() });
    held.has_seen(1).await;
    assert!(house.store.deliveries().unsubscribe(&[house.portfolio], "sub_1").await.unwrap());
    held.let_go(5);
    sending.join_next().await.unwrap().unwrap();
    assert_eq!(held.requests().len(), 1);
}

#[tokio::test]
async fn a_test_is_sent_at_once_signed_and_outside_the_feed() {
    let house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    house.subscribe("sub_1", &receiver).await;
    let subscription = house.store.deliveries().subscription(&[house.portfolio], "sub_1").await.unwrap().unwrap();
    assert_eq!(house.alerts.test(&subscription).await.status, Some(200));
    let [request] = &receiver.requests()[..] else { panic!("one request") };
    assert!(request.contains("vedetta.test") && request.contains("webhook-signature: v1,"), "{request}");
    let stream = default_subscription(house.portfolio, noon());
    assert!(house.alerts.test(&stream).await.error.unwrap().contains("sse"));
    assert_eq!(house.store.outbox().last_seq().await.unwrap(), 0);
}

#[tokio::test]
async fn sectors_are_those_of_the_client_and_other_portfolios_hear_nothing() {
    let mut house = House::new().await;
    let other = house.store.facts().portfolio(&"other".parse().unwrap()).await.unwrap();
    for (id, portfolio, sector) in [("a", house.portfolio, "C"), ("b", house.portfolio, "F"), ("c", other, "C")] {
        let when = When { sectors: vec![sector.to_owned()], ..When::default() };
        let when = serde_json::to_string(&when).unwrap();
        let subscription = Subscription { id: id.to_owned(), when, ..default_subscription(portfolio, noon()) };
        house.store.deliveries().subscribe(&subscription).await.unwrap();
    }
    house.rate(Grade::B1).await;
    house.rate(Grade::B3).await;
    house.deliver().await;
    for (id, expected) in [("a", 1), ("b", 0), ("c", 0)] {
        assert_eq!(house.store.deliveries().of(id, None, 10).await.unwrap().len(), expected, "{id}");
    }
}
