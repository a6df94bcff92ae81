use vedetta::domain::{Fact, Procedure, Status, StatusChange};
use vedetta::store::{Awaited, PastTerm};

use super::{World, day, day_noon, file_of, news, rated, signal};
use crate::stores::ask;
use vedetta::domain::{Cause, ClientId, EvidenceRef, Grade, Indicator};
use vedetta::store::{NewSignal, SignalTarget};

fn procedure(opened: i32, closed: Option<i32>) -> Fact {
    Fact::CompanyStatus(StatusChange {
        procedure: Some(Procedure { code: "FA".into(), words: "fallimento".into() }),
        opened_on: Some(day(opened)),
        closed_on: closed.map(day),
        ..StatusChange::plain(Status::InsolventLiquidation)
    })
}

fn past(rule: &'static str, before: i32) -> PastTerm {
    PastTerm { rule, country: None, not_in: Vec::new(), before: day(before) }
}

#[tokio::test]
async fn a_procedure_that_ended_long_ago_takes_its_opening_along() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let (opening, end) =
        (signal("open", procedure(-300, None), 3, client), signal("end", procedure(-300, Some(-5)), 4, client));
    let other = signal("other", procedure(-20, None), 4, client);
    facts.put_signals(&[opening, end.clone(), other.clone()]).await.unwrap();
    let ids = facts.past_term(&past("procedure_ended", 0), 10).await.unwrap();
    assert_eq!(ids, [end.signal.id]);
    assert_eq!(facts.expire(&ids, "procedure_ended", day_noon(9)).await.unwrap(), 2);
    let left = world.store.dossiers().of(client, jiff::Timestamp::MAX).await.unwrap().signals;
    assert_eq!(
        left.iter().map(|s| s.id).collect::<Vec<_>>(),
        [other.signal.id],
        "its opening would look like an open one"
    );
}

#[tokio::test]
async fn a_countrys_own_term_holds_for_its_clients_alone() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    facts.put_signals(&[news("n1", "Roverella chiude", 3, client)]).await.unwrap();
    let of = |country: Option<&str>, not_in: &[&str]| PastTerm {
        country: country.map(str::to_owned),
        not_in: not_in.iter().map(|c| (*c).to_owned()).collect(),
        ..past("news", 9)
    };
    for (term, n) in [(of(None, &[]), 1), (of(None, &["IT"]), 0), (of(Some("IT"), &[]), 1), (of(Some("DE"), &[]), 0)] {
        assert_eq!(facts.past_term(&term, 10).await.unwrap().len(), n, "{term:?}");
    }
}

#[tokio::test]
async fn bytes_that_another_fact_rests_on_stay_only_where_no_law_says_otherwise() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let sha256 = world.store.archive().put(b"an answer about two things").unwrap();
    let mut shared = Vec::new();
    for own_id in ["n1", "n2", "n3"] {
        let mut new = news(own_id, own_id, 3, client);
        new.signal.evidence.sha256 = sha256;
        shared.push(new);
    }
    facts.put_signals(&shared).await.unwrap();
    facts.expire(&[shared[0].signal.id], "news", day_noon(6)).await.unwrap();
    facts.forget_traces().await.unwrap();
    assert!(world.store.archive().contains(&sha256), "an old article, and another that rests on the same page");
    facts.withdraw(shared[1].signal.id, "cancelled", day_noon(6)).await.unwrap();
    assert!(!world.store.archive().contains(&sha256), "a page that names what was cancelled is what was cancelled");
    assert_eq!(
        world.store.dossiers().of(client, jiff::Timestamp::MAX).await.unwrap().signals.len(),
        1,
        "the other fact stays"
    );
}

#[tokio::test]
async fn documents_that_nothing_rests_on_go_after_their_time_those_of_a_stranger_too() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let archive = world.store.archive();
    let [used, unused, stray] = [b"used".as_slice(), b"unused", b"stray"].map(|bytes| archive.put(bytes).unwrap());
    let mut new = news("n1", "n1", 3, client);
    new.signal.evidence.sha256 = used;
    facts.put_signals(&[new]).await.unwrap();
    facts.note_archived("press", &[(used, day_noon(3)), (unused, day_noon(3))]).await.unwrap();
    let shelf = stray.bytes()[0];
    assert_eq!(
        facts.adopt_strays(&[shelf.wrapping_add(1)], day_noon(5)).await.unwrap(),
        0,
        "its turn is another night"
    );
    assert_eq!(facts.adopt_strays(&[shelf], day_noon(5)).await.unwrap(), 1);
    assert_eq!(facts.drop_unused(Some("press"), &[], day_noon(4)).await.unwrap(), 1);
    assert_eq!(facts.drop_unused(None, &["press"], day_noon(5)).await.unwrap(), 0);
    assert_eq!(facts.drop_unused(None, &["press"], day_noon(6)).await.unwrap(), 1);
    assert_eq!([used, unused, stray].map(|name| archive.contains(&name)), [true, false, false]);
}

#[tokio::test]
async fn a_present_rating_that_rests_on_nothing_is_found_and_mended() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let (there, never) = (news("n1", "n1", 3, client), news("n2", "n2", 3, client));
    facts.put_signals(std::slice::from_ref(&there)).await.unwrap();
    let evidence = [EvidenceRef::Signal(there.signal.id), EvidenceRef::Signal(never.signal.id)];
    world.store.ratings().record(None, &[rated(client, Grade::C2, 4, None, &evidence)], day_noon(4)).await.unwrap();
    assert_eq!(facts.dangling(0).await.unwrap(), [(client, never.signal.id)]);
    facts.mend(client, &[never.signal.id], day_noon(5)).await.unwrap();
    assert_eq!(facts.dangling(0).await.unwrap(), []);
}

#[tokio::test]
async fn who_has_not_spoken_of_a_client_for_too_long_is_late_for_it_alone() {
    let world = World::new().await;
    let clients = world.clients(2).await;
    let sources = world.store.sources();
    let awaited = [Awaited { source: "gleif".parse().unwrap(), stale_after: jiff::SignedDuration::from_hours(48) }];
    sources.note_seen("gleif", &clients, day_noon(1)).await.unwrap();
    sources.note_seen("gleif", &clients[..1], day_noon(4)).await.unwrap();
    let late = |found: Vec<vedetta::store::Late>| found.into_iter().map(|l| l.client.unwrap()).collect::<Vec<_>>();
    assert_eq!(late(sources.late_on_page(&awaited, 0, day_noon(5)).await.unwrap()), clients[1..]);
    assert_eq!(late(sources.late_on(&awaited, &clients, day_noon(5)).await.unwrap()), clients[1..]);
    assert_eq!(late(sources.late_on(&awaited, &clients, day_noon(3)).await.unwrap()), []);
}

#[tokio::test]
async fn a_source_that_speaks_of_one_code_of_a_company_is_not_late_for_it() {
    let world = World::new().await;
    let clients = world.clients(3).await;
    let sources = world.store.sources();
    let awaited = [Awaited { source: "gleif".parse().unwrap(), stale_after: jiff::SignedDuration::from_hours(48) }];
    sources.note_seen("gleif", &clients, day_noon(1)).await.unwrap();
    sources.note_seen("gleif", &clients[..1], day_noon(4)).await.unwrap();
    for (client, survivor) in [(clients[0], clients[1]), (clients[2], clients[1])] {
        super::mergers::merge(&world, client, survivor, 2).await;
    }
    assert_eq!(sources.late_on_survivors(&awaited, day_noon(5)).await.unwrap(), []);
    super::mergers::unmerge(&world, clients[0], 5).await;
    let late = sources.late_on_survivors(&awaited, day_noon(5)).await.unwrap();
    assert_eq!(late.into_iter().map(|late| late.client).collect::<Vec<_>>(), [Some(clients[1])]);
}

/// A store as it was before reviews had the hash of their document in a column of its own: a file, for there was no other.
async fn older_store(folder: &std::path::Path, body: &[u8]) -> String {
    let file = folder.join("older.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let written = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations");
    let mut migrator = sqlx::migrate::Migrator::new(written).await.unwrap();
    migrator.migrations.to_mut().retain(|migration| migration.version <= 6);
    migrator.run(&pool).await.unwrap();
    for sql in [
        "insert into portfolio (id, name) values (1, 'main')",
        "insert into client (id, portfolio, code, version, search, sector) values (1, 1, 'C-1', 1, '', '')",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    let review =
        "insert into review (client, signal, source, own_id, certainty, because, subject_name, body, opened_at)
         values (1, x'00', 'press', 'n1', 0.5, '', 'Roverella', $1, 0)";
    sqlx::query(review).bind(body).execute(&pool).await.unwrap();
    pool.close().await;
    format!("sqlite:{}", file.display())
}

#[tokio::test]
async fn a_review_from_before_still_keeps_the_document_it_rests_on() {
    let folder = tempfile::tempdir().unwrap();
    let sha256 = vedetta::domain::Sha256::of(b"a page about Roverella");
    let url = older_store(folder.path(), &[b"what the signal says".as_slice(), sha256.bytes()].concat()).await;
    let store = vedetta::store::Store::open(&url, &folder.path().join("archive")).await.unwrap();
    let other = store.archive().put(b"a page about nobody").unwrap();
    assert_eq!(store.archive().put(b"a page about Roverella").unwrap(), sha256);
    let facts = store.facts();
    facts.note_archived("press", &[(sha256, day_noon(1)), (other, day_noon(1))]).await.unwrap();
    assert_eq!(facts.drop_unused(None, &[], day_noon(9)).await.unwrap(), 1);
    assert_eq!([sha256, other].map(|name| store.archive().contains(&name)), [true, false]);
}

/// A figure about a market.
fn figure(period: &str, client: ClientId) -> NewSignal {
    let indicator = Indicator {
        series: "bankruptcies".into(),
        sector: "C25".into(),
        country: "IT".into(),
        period: period.into(),
        value: 12.0,
        unit: "NR".into(),
        flag: String::new(),
    };
    let target = SignalTarget::Sector { country: None, sector: "C25".into() };
    NewSignal { target, ..signal(period, Fact::Indicator(indicator), 3, client) }
}

#[tokio::test]
async fn what_was_said_of_a_market_is_looked_for_only_between_the_events_that_name_it() {
    let world = World::new().await;
    let clients = world.clients(4).await;
    let (facts, ratings) = (world.store.facts(), world.store.ratings());
    let figures = [figure("2026-08", clients[0]), figure("2026-09", clients[0])];
    facts.put_signals(&figures).await.unwrap();
    let on = |n: usize| [EvidenceRef::Signal(figures[n].signal.id)];
    let outcomes = [
        rated(clients[0], Grade::B1, 4, None, &[]),
        rated(clients[1], Grade::B1, 4, None, &on(0)),
        rated(clients[2], Grade::B1, 4, None, &[on(0), on(1)].concat()),
        rated(clients[3], Grade::B1, 4, None, &[]),
    ];
    ratings.record(None, &outcomes, day_noon(4)).await.unwrap();
    let raw = |sql| ask(&file_of(&world.folder), sql);
    assert_eq!(raw("select first_seq, last_seq from market_named order by first_seq"), [[2, 3], [3, 3]]);
    // No event outside the range is opened: not even one that is nothing but the name of what goes.
    raw("update event set body = (select id from signal order by key limit 1) where seq = 4");

    assert_eq!(facts.expire_markets(&past("indicator", 9), day_noon(9)).await.unwrap(), 2);
    for (place, is_named) in [(0, false), (1, true), (2, true)] {
        let line = ratings.recorded(clients[place], 1).await.unwrap().unwrap().rating.lines.remove(1);
        assert_eq!(line.feature, if is_named { "withdrawn" } else { "late_share" });
        assert_eq!(line.evidence, vec![EvidenceRef::Withdrawn; usize::from(is_named)]);
    }
    let touched: Vec<_> =
        facts.touched(9).await.unwrap().into_iter().filter(|(_, why)| *why == Cause::Expiry).collect();
    assert_eq!(touched, [(clients[1], Cause::Expiry), (clients[2], Cause::Expiry)]);
    let told = world.store.outbox().after(4, 9, None).await.unwrap();
    assert_eq!(told.len(), 2, "each client is told once, however many of its figures go");
    assert_eq!(raw("select count(*) from market_named"), [[0]]);
}
