use vedetta::{
    domain::{Cause, Certainty, ClientId, Country, EventBody, Grade, Identifier, PortfolioId, Sha256},
    store::{ClientFilter, Error, Review, ReviewDecision, RowOutcome, Store},
};

use super::{World, client_row, day, day_noon, invoice, news, rated};

#[tokio::test]
async fn writing_the_same_clients_and_invoices_twice_changes_nothing() {
    let world = World::new().await;
    let facts = world.store.facts();
    let clients = world.clients(3).await;
    let again: Vec<_> = (1..=3).map(|i| client_row(&format!("C-{i}"), &format!("Officina Roverella {i}"))).collect();
    let put = facts.put_clients(world.portfolio, world.batch, &again).await.unwrap();
    assert!(put.iter().all(|(_, outcome)| *outcome == RowOutcome::Unchanged));
    assert_eq!(put.iter().map(|(id, _)| *id).collect::<Vec<_>>(), clients);

    let rows: Vec<_> = (0..50).map(|i| invoice(clients[i % 3], &format!("F{i}"), 5)).collect();
    assert!(facts.put_ledger(&rows).await.unwrap().iter().all(|o| *o == RowOutcome::Created));
    let later: Vec<_> = rows
        .iter()
        .map(|row| {
            let mut row = row.clone();
            row.line.known_at = day_noon(9);
            row
        })
        .collect();
    assert!(facts.put_ledger(&later).await.unwrap().iter().all(|o| *o == RowOutcome::Unchanged));
    assert_eq!(facts.ledger(clients[0]).await.unwrap().len(), 17);
    assert_eq!(facts.ledger_span().await.unwrap(), Some((day(5), day(5))));
}

#[tokio::test]
async fn a_payment_is_a_new_revision_and_the_old_one_stays() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let open = invoice(client, "F1", 5);
    let mut paid = open.clone();
    paid.line.paid_on = Some(day(40));
    paid.line.paid_minor = 123_456;
    paid.line.paid_known_at = Some(day_noon(41));
    assert_eq!(
        facts.put_ledger(&[open.clone(), paid.clone()]).await.unwrap(),
        [RowOutcome::Created, RowOutcome::Changed]
    );
    let dossier = world.store.dossiers().of(client, jiff::Timestamp::MAX).await.unwrap();
    assert_eq!(dossier.ledger, [open.line, paid.line]);
    assert_eq!(facts.ledger(client).await.unwrap(), [paid]);
    assert_eq!(facts.ledger_span().await.unwrap(), Some((day(5), day(40))));
}

#[tokio::test]
async fn a_changed_client_row_is_a_new_version_and_identifiers_come_back_as_they_went() {
    let world = World::new().await;
    let facts = world.store.facts();
    let client = world.clients(1).await[0];
    let before = facts.revision().await.unwrap();
    let mut row = client_row("C-1", "Officina Roverella S.r.l.");
    row.known_at = day_noon(7);
    row.facts.who.identifiers = vec![
        Identifier::tax(Country::IT, "00743110157").unwrap(),
        Identifier::tax("DE".parse().unwrap(), "DE123456788").unwrap(),
        Identifier::lei("5493001KJTIIGC8Y1R12").unwrap(),
    ];
    let put = facts.put_clients(world.portfolio, world.batch, std::slice::from_ref(&row)).await.unwrap();
    assert_eq!(put, [(client, RowOutcome::Changed)]);
    assert!(facts.revision().await.unwrap() > before);
    let found = facts.client(world.portfolio, &row.code).await.unwrap().unwrap();
    assert_eq!(found.facts, row.facts);
    assert_eq!(world.store.dossiers().of(client, jiff::Timestamp::MAX).await.unwrap().versions.len(), 2);
}

#[tokio::test]
async fn many_rows_at_once_come_back_as_they_went_whatever_is_written_in_them() {
    let world = World::new().await;
    // What means something to a database's own formats, in more rows than it is given one by one.
    let odd = [r"\N", r"\.", r"a\tb", "a\tb", "a\nb", "a\r\nb", r"\\x41", "'; --", "\"quoted\"", "Žižkov 𝄞 ﷽", ""];
    let name = |i: usize| format!("Officina {} {i}", odd[i % odd.len()]);
    let rows: Vec<_> = (0..450).map(|i| client_row(&format!("C-{i}"), &name(i))).collect();
    let put = world.store.facts().put_clients(world.portfolio, world.batch, &rows).await.unwrap();
    assert_eq!(put.len(), rows.len());
    for (row, (client, _)) in rows.iter().zip(&put) {
        let stored = world.store.facts().client_by_id(*client).await.unwrap().unwrap();
        assert_eq!(stored.facts, row.facts);
    }
    let copy = World::new().await;
    let file = world.folder.path().join("copy.vedetta");
    world.store.back_up(&file).await.unwrap();
    copy.store.restore(&file, true).await.unwrap();
    for (row, (client, _)) in rows.iter().zip(&put) {
        let stored = copy.store.facts().client_by_id(*client).await.unwrap().unwrap();
        assert_eq!(stored.facts, row.facts);
    }
}

#[tokio::test]
async fn a_plan_answers_like_the_real_thing_and_writes_nothing() {
    let world = World::new().await;
    let facts = world.store.facts();
    let clients = world.clients(1).await;
    let rows = [client_row("C-1", "Altro Nome"), client_row("C-2", "Nuova"), client_row("C-2", "Nuova")];
    let plan = facts.plan_clients(world.portfolio, &rows).await.unwrap();
    let outcomes: Vec<_> = plan.iter().map(|(id, outcome)| (id.get(), *outcome)).collect();
    assert_eq!(outcomes, [(1, RowOutcome::Changed), (0, RowOutcome::Created), (0, RowOutcome::Unchanged)]);
    assert_eq!(facts.plan_ledger(&[invoice(clients[0], "F1", 1)]).await.unwrap(), [RowOutcome::Created]);
    assert_eq!(facts.n_clients().await.unwrap(), 1);
    assert!(facts.ledger(clients[0]).await.unwrap().is_empty());
}

#[tokio::test]
async fn lists_filter_by_grade_sector_and_text() {
    let world = World::new().await;
    let clients = world.clients(12).await;
    let ratings = [rated(clients[4], Grade::C1, 1, None, &[]), rated(clients[5], Grade::A1, 1, None, &[])];
    world.store.ratings().record(None, &ratings, day_noon(1)).await.unwrap();
    let list = async |filter: ClientFilter| {
        let filter = ClientFilter { portfolios: vec![world.portfolio], ..filter };
        let found = world.store.facts().clients(&filter, None, 100).await.unwrap();
        found.into_iter().map(|c| c.code.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list(ClientFilter { grade: Some(Grade::C1), ..ClientFilter::default() }).await, ["C-5"]);
    assert_eq!(list(ClientFilter { grade: Some(Grade::NotDetermined), ..ClientFilter::default() }).await.len(), 10);
    assert_eq!(list(ClientFilter { sector: "25".parse().ok(), ..ClientFilter::default() }).await.len(), 12);
    assert_eq!(list(ClientFilter { sector: "C".parse().ok(), ..ClientFilter::default() }).await.len(), 12);
    assert!(list(ClientFilter { sector: "26".parse().ok(), ..ClientFilter::default() }).await.is_empty());
    assert_eq!(list(ClientFilter { q: Some("ROVERELLA 1".into()), ..ClientFilter::default() }).await.len(), 4);
    assert!(list(ClientFilter { q: Some("%".into()), ..ClientFilter::default() }).await.is_empty());
    let counts = world.store.ratings().grade_counts(&[world.portfolio]).await.unwrap();
    assert_eq!(
        counts.iter().map(|c| (c.grade, c.n_clients)).collect::<Vec<_>>(),
        [(Grade::A1, 1), (Grade::C1, 1), (Grade::NotDetermined, 10)]
    );
}

#[tokio::test]
async fn a_signal_is_kept_once_and_a_new_link_to_it_counts() {
    let world = World::new().await;
    let clients = world.clients(2).await;
    let facts = world.store.facts();
    let first = news("n1", "Esuberi alla Roverella", 3, clients[0]);
    assert_eq!(facts.put_signals(&[first.clone(), first.clone()]).await.unwrap(), 1);
    let second = news("n1", "Esuberi alla Roverella", 3, clients[1]);
    assert_eq!(facts.put_signals(&[first.clone(), second]).await.unwrap(), 0);
    for client in clients {
        assert_eq!(facts.signals(client, None, 10).await.unwrap()[0].signal, first.signal);
    }
}

#[tokio::test]
async fn a_review_is_opened_once_and_same_links_from_the_decision_on() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let new = news("n1", "Roverella in crisi", 3, client);
    let review = Review {
        id: 0,
        client,
        portfolio: world.portfolio,
        certainty: Certainty::new(0.8).unwrap(),
        because: "name: similar".into(),
        signal: new.signal,
        own_id: "n1".into(),
        subject_name: "Roverella".into(),
        fingerprint: None,
        decision: None,
    };
    facts.put_review(&review, day_noon(4)).await.unwrap();
    facts.put_review(&review, day_noon(5)).await.unwrap();
    let open = facts.reviews(&[world.portfolio], 0, 10).await.unwrap();
    assert_eq!(open, [Review { id: open[0].id, ..review }]);
    let events = world.store.outbox().after(0, 10, None).await.unwrap();
    assert_eq!(events.iter().map(|e| &e.body).collect::<Vec<_>>(), [&EventBody::ReviewNeeded { review: open[0].id }]);

    let decide = |decision| {
        facts.decide_review(open[0].id, std::slice::from_ref(&world.portfolio), decision, "anna", day_noon(8))
    };
    assert!(decide(ReviewDecision::Unsure).await.unwrap());
    assert!(decide(ReviewDecision::Same).await.unwrap());
    let dossier = world.store.dossiers().of(client, jiff::Timestamp::MAX).await.unwrap();
    assert_eq!((dossier.signals[0].known_at, dossier.signals[0].certainty), (day_noon(8), Certainty::CERTAIN));
    assert_eq!(facts.touched(10).await.unwrap(), [(client, Cause::Signals)]);
}

fn reviewed(own_id: &str, client: ClientId, portfolio: PortfolioId) -> Review {
    Review {
        id: 0,
        client,
        portfolio,
        certainty: Certainty::new(0.8).unwrap(),
        because: String::new(),
        signal: news(own_id, own_id, 3, client).signal,
        own_id: own_id.into(),
        subject_name: "Roverella".into(),
        fingerprint: Some(Sha256::of(b"roverella")),
        decision: None,
    }
}

#[tokio::test]
async fn same_holds_for_the_next_record_of_the_subject_and_not_same_takes_all_of_them_back() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let portfolios = [world.portfolio];
    let n_signals = async || world.store.dossiers().of(client, jiff::Timestamp::MAX).await.unwrap().signals.len();
    facts.put_review(&reviewed("n1", client, world.portfolio), day_noon(4)).await.unwrap();
    let id = facts.reviews(&portfolios, 0, 10).await.unwrap()[0].id;
    assert!(facts.decide_review(id, &portfolios, ReviewDecision::Same, "anna", day_noon(5)).await.unwrap());
    facts.put_review(&reviewed("n2", client, world.portfolio), day_noon(6)).await.unwrap();
    assert_eq!(n_signals().await, 2, "the second record needs no person");
    assert!(facts.reviews(&portfolios, 0, 10).await.unwrap().is_empty());

    assert!(facts.decide_review(id, &portfolios, ReviewDecision::NotSame, "bruno", day_noon(7)).await.unwrap());
    assert_eq!(n_signals().await, 0);
    assert_eq!(facts.touched(10).await.unwrap(), [(client, Cause::Expiry)]);
    facts.put_review(&reviewed("n3", client, world.portfolio), day_noon(8)).await.unwrap();
    assert!(facts.reviews(&portfolios, 0, 10).await.unwrap().is_empty(), "nobody is asked twice");
    let said = facts.judgements_of(client).await.unwrap();
    let said: Vec<_> = said.iter().map(|j| (j.author.as_str(), j.decision)).collect();
    assert_eq!(said, [("anna", ReviewDecision::Same), ("bruno", ReviewDecision::NotSame)]);
    assert_eq!(facts.judgements().await.unwrap().len(), 1);

    assert!(facts.decide_review(id, &portfolios, ReviewDecision::Same, "anna", day_noon(9)).await.unwrap());
    assert_eq!(n_signals().await, 2);
}

#[tokio::test]
async fn an_address_of_no_store_we_know_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for url in ["mysql://localhost/vedetta", "sqlite::memory:", "sqlite:", "vedetta.db"] {
        assert!(matches!(Store::open(url, folder.path()).await, Err(Error::Url(_))), "{url}");
    }
}
