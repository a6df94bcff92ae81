use std::sync::Arc;

use jiff::SignedDuration;
use vedetta::{
    desk::{Desk, Roll},
    pipeline::{Expected, Rescorer, Upkeep},
    store::{Awaited, SourceState},
};

use super::Browser;
use crate::world::{World, house};

/// The desk of a house that awaits a source every day.
fn awaiting(world: &World, source: &str) -> Desk {
    let awaited = Awaited { source: source.parse().unwrap(), stale_after: SignedDuration::from_hours(24) };
    let upkeep = Upkeep { sources: vec![Expected { awaited, keep: None }], ..Upkeep::default() };
    let rescorer = Rescorer { upkeep: Arc::new(upkeep), ..world.desk.rescorer.clone() };
    Desk { rescorer, ..world.desk.clone() }
}

#[tokio::test]
async fn a_client_is_seen_while_a_source_has_answered_about_it_lately() {
    let world = World::new().await;
    for (code, late) in [("C-1", 0), ("C-2", 40)] {
        world.client("north", code, "Officine Valdarno S.r.l.", late).await;
    }
    let desk = awaiting(&world, "gleif");
    let unseen = async || {
        let found = desk.coverage(&Roll::default(), &house(), (0, 10)).await.unwrap();
        let codes: Vec<_> = found.unseen.iter().map(|one| (one.line.code.clone(), one.last.is_some())).collect();
        (found.n_unseen, codes, found.sources[0].n_fresh, found.sources[0].n_late)
    };
    let (n, _, fresh, late) = unseen().await;
    assert_eq!((n, fresh, late), (2, 0, 0), "nobody has been asked yet");
    let roll = desk.coverage(&Roll::default(), &house(), (0, 10)).await.unwrap();
    let first = roll.unseen.iter().find(|one| one.line.code == "C-1").unwrap().line.id;
    desk.store.sources().note_seen("gleif", &[first], world.clock.now()).await.unwrap();
    assert_eq!(unseen().await, (1, vec![("C-2".to_owned(), false)], 1, 0));
    world.clock.advance(SignedDuration::from_hours(25));
    let (n, codes, fresh, late) = unseen().await;
    assert_eq!((n, fresh, late), (2, 0, 1));
    assert!(codes.contains(&("C-1".to_owned(), true)), "it says when it was seen last: {codes:?}");
}

#[tokio::test]
async fn a_source_that_fails_says_so_with_its_error_as_text() {
    let world = World::new().await;
    let now = world.clock.now();
    let browser = Browser::with_key(&world, &world.key).await;
    assert!(browser.read("/sources").await.contains("Nessuna fonte accesa"));
    let state = SourceState {
        last_tried_at: Some(now),
        last_error: Some("status 500: <script>x</script>".to_owned()),
        is_stale: true,
        ..SourceState::default()
    };
    world.desk.store.sources().set_state("gleif", &state, now).await.unwrap();
    let page = browser.read("/sources").await;
    assert!(page.contains("status 500") && !page.contains("<script>x"), "{page}");
}
