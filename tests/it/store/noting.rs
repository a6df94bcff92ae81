use vedetta::{
    domain::Sha256,
    store::{Known, Note, noting, within},
};

use super::{World, day_noon, news};

fn note(what: &'static str) -> Note {
    Note::new(day_noon(9), "key_1", what, "C-1", "{}".to_owned())
}

#[tokio::test]
async fn a_note_is_in_the_first_transaction_that_changes_something_and_in_no_other() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let (facts, access) = (world.store.facts(), world.store.access());
    assert!(!noting(note("key.revoked"), access.revoke("key_of_nobody", day_noon(9))).await.unwrap());
    assert!(world.store.audit().rows(0, 9).await.unwrap().is_empty(), "nothing was done, and nobody did it");

    let (asked, until) = (Sha256::of(b"asked"), day_noon(10));
    let claimed = world.store.once().claim(("key_1", "r1"), &asked, day_noon(9), until).await.unwrap();
    let Known::New(claim) = claimed else { panic!("{claimed:?}") };
    let revoking = noting(note("key.revoked"), access.revoke("key_of_nobody", day_noon(9)));
    assert!(!within(claim, revoking).await.unwrap());
    assert!(world.store.audit().rows(0, 9).await.unwrap().is_empty(), "that a request is worked on is no change");

    let refused = news("n1", "Roverella chiude", 3, vedetta::domain::ClientId::new(999_999));
    noting(note("signals.put"), facts.put_signals(&[refused])).await.unwrap_err();
    assert!(world.store.audit().rows(0, 9).await.unwrap().is_empty(), "it was taken back, with its note");

    let work = async {
        for own_id in ["n1", "n2"] {
            facts.put_signals(&[news(own_id, "Roverella chiude", 3, client)]).await.unwrap();
        }
    };
    noting(note("signals.put"), work).await;
    let noted = world.store.audit().rows(0, 9).await.unwrap();
    assert_eq!(noted.iter().map(|row| row.what.as_str()).collect::<Vec<_>>(), ["signals.put"]);
    assert_eq!(world.store.audit().verify().await.unwrap(), 1);
}
