use std::collections::HashMap;

use proptest::prelude::*;
use vedetta::{
    domain::{Cause, ClientId, Dossier, Grade},
    store::NightPage,
};

use super::{World, day, day_noon, invoice, news, rated};

/// What happens to a portfolio: which client, what, and a number for details.
pub(super) type Step = (usize, u8, i32);

pub(super) async fn apply(world: &World, clients: &[ClientId], (place, what, n): Step) {
    let client = clients[place % clients.len()];
    let facts = world.store.facts();
    match what % 4 {
        0 | 1 => {
            let mut row = invoice(client, &format!("F{}", n % 7), n % 300);
            row.line.disputed = n % 3 == 0;
            row.line.known_at = day_noon(n % 400);
            if n % 2 == 0 {
                row.line.paid_on = Some(day(n % 500));
                row.line.paid_minor = i64::from(n) * 1_000;
                row.line.paid_known_at = Some(day_noon(n % 500 + 1));
            }
            facts.put_ledger(&[row]).await.unwrap();
        }
        2 => drop(facts.put_signals(&[news(&format!("n{n}"), "Sciopero", n % 300, client)]).await.unwrap()),
        _ => {
            let mut row = super::client_row(&format!("C-{}", place % clients.len() + 1), &format!("Nome {n}"));
            row.known_at = day_noon(n % 300);
            drop(facts.put_clients(world.portfolio, world.batch, &[row]).await.unwrap());
        }
    }
}

pub(super) async fn packed(world: &World) -> Vec<(ClientId, Dossier)> {
    let mut dossiers = Vec::new();
    for page in world.store.dossiers().pages().await.unwrap() {
        dossiers.extend(world.store.dossiers().page(page, jiff::Timestamp::MAX).await.unwrap().dossiers);
    }
    dossiers
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_packed_page_is_the_dossiers_from_the_facts(
        rounds in prop::collection::vec(prop::collection::vec((0..90usize, any::<u8>(), 0..1_000i32), 1..40), 1..3),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let clients = world.clients(90).await;
            for round in rounds {
                for step in round {
                    apply(&world, &clients, step).await;
                }
                let from_facts = world.store.dossiers().of_many(&clients, jiff::Timestamp::MAX).await.unwrap();
                prop_assert_eq!(packed(&world).await, from_facts);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_page_takes_in_new_clients_and_many_or_few_changes() {
    let world = World::new().await;
    let mut clients = world.clients(120).await;
    packed(&world).await;
    for n_changed in [3, 110, 1] {
        let rows: Vec<_> = clients.iter().take(n_changed).map(|c| invoice(*c, &format!("N{n_changed}"), 2)).collect();
        world.store.facts().put_ledger(&rows).await.unwrap();
        let more = world.clients(clients.len() + 5).await;
        assert_eq!(packed(&world).await, world.store.dossiers().of_many(&more, jiff::Timestamp::MAX).await.unwrap());
        clients = more;
    }
    world.store.dossiers().drop_pages().await.unwrap();
    assert_eq!(packed(&world).await, world.store.dossiers().of_many(&clients, jiff::Timestamp::MAX).await.unwrap());
}

#[tokio::test]
async fn a_fact_written_while_its_page_is_scored_stays_marked_and_is_read_next_time() {
    let world = World::new().await;
    let clients = world.clients(3).await;
    let (ratings, facts) = (world.store.ratings(), world.store.facts());
    facts.put_ledger(&[invoice(clients[0], "F1", 1), invoice(clients[2], "F1", 1)]).await.unwrap();
    let page = world.store.dossiers().packed(0, jiff::Timestamp::MAX).await.unwrap();
    facts.put_ledger(&[invoice(clients[1], "F2", 2)]).await.unwrap();

    let run = world.store.runs().start("night", day(400), day_noon(400)).await.unwrap();
    let (number, mark, repacked) = (page.number(), page.mark(), page.repacked());
    assert!(repacked.is_some(), "there was no page before");
    let night = NightPage {
        run: run.id,
        number,
        mark,
        repacked,
        figures: HashMap::new(),
        beside: None,
        treatments: Vec::new(),
    };
    let found: Vec<_> = clients.iter().map(|client| rated(*client, Grade::B1, 400, None, &[])).collect();
    assert_eq!(ratings.record_page(night, &found, day_noon(400)).await.unwrap(), 3);

    assert_eq!(facts.touched(10).await.unwrap(), [(clients[1], Cause::Signals)]);
    assert_eq!(packed(&world).await, world.store.dossiers().of_many(&clients, jiff::Timestamp::MAX).await.unwrap());
    assert_eq!(ratings.figures_of_page(0).await.unwrap(), ratings.figures(&clients).await.unwrap());
}
