use vedetta::{
    domain::{Certainty, ClientId, Country, Fact, Identifier, Status, StatusChange},
    store::{AskedAgain, Entry, Held, NewSignal, SignalTarget, Validator},
};

use super::{World, client_row, day, day_noon, file_of, news, signal};
use crate::stores;

const TAX: &str = "00743110157";
const NOTE: Entry<'_> = Entry { who: "anna", what: "client.erased", object: "", details: "{}" };

/// A store with a person and somebody else.
async fn world_of_two() -> (World, ClientId, ClientId) {
    let world = World::new().await;
    let mut person = client_row("1", "Conti");
    person.facts.who.identifiers = vec![Identifier::tax(Country::IT, TAX).unwrap()];
    let rows = [person, client_row("C-2", "Officina Roverella")];
    let put = world.store.facts().put_clients(world.portfolio, world.batch, &rows).await.unwrap();
    (world, put[0].0, put[1].0)
}

fn resting_on(world: &World, page: &str, mut new: NewSignal) -> NewSignal {
    new.signal.evidence.sha256 = world.store.archive().put(page.as_bytes()).unwrap();
    new
}

#[tokio::test]
async fn erasing_a_person_leaves_facts_about_others_and_the_pages_they_rest_on() {
    let (world, person, other) = world_of_two().await;
    let facts = world.store.facts();
    let told = [
        resting_on(&world, "la vicenda continua", news("continua", "La vicenda continua", 3, other)),
        resting_on(&world, "un altro Conti", news("namesake", "Conti lascia Roverella", 3, other)),
        resting_on(&world, "di Conti, IT00743110157", news("number", "Ceduta a IT00743110157", 3, other)),
        resting_on(&world, "un altro Conti", news("own", "Conti chiude", 3, person)),
        resting_on(&world, "niente", news("alone", "Chiude", 3, person)),
    ];
    facts.put_signals(&told).await.unwrap();
    assert_eq!(facts.erase(person, NOTE, day_noon(5)).await.unwrap().unwrap().n_signals, 3);
    let ids: Vec<_> = told.iter().map(|new| new.signal.id).collect();
    let stay: Vec<_> = facts.signals_by_id(&ids).await.unwrap().iter().map(Option::is_some).collect();
    assert_eq!(stay, [true, true, false, false, false]);
    let kept = told.iter().map(|new| world.store.archive().get(&new.signal.evidence.sha256).unwrap().is_some());
    assert_eq!(kept.collect::<Vec<_>>(), [true, true, false, true, false]);
}

#[tokio::test]
async fn what_the_database_plans_by_names_nobody() {
    let (world, ..) = world_of_two().await;
    let named = "select count(*) from pg_stats where schemaname = current_schema()
         and concat(most_common_vals, histogram_bounds) ilike '%roverella%'";
    assert_eq!(stores::n_figures_with(&file_of(&world.folder), named), 0);
}

#[tokio::test]
async fn a_round_that_was_under_way_does_not_write_an_erased_person_back() {
    let (world, person, other) = world_of_two().await;
    let facts = world.store.facts();
    facts.erase(person, NOTE, day_noon(5)).await.unwrap().unwrap();
    let late = resting_on(&world, "Conti", news("late", "Conti chiude", 6, person));
    let mut shared = resting_on(&world, "Roverella", news("shared", "Roverella chiude", 6, other));
    shared.target = SignalTarget::Clients(vec![(person, Certainty::CERTAIN), (other, Certainty::CERTAIN)]);
    assert_eq!(facts.put_signals(&[late.clone(), shared.clone()]).await.unwrap(), 1);
    let found = facts.signals_by_id(&[late.signal.id, shared.signal.id]).await.unwrap();
    assert_eq!((found[0].is_some(), found[1].is_some()), (false, true));
    assert_eq!(world.store.archive().get(&late.signal.evidence.sha256).unwrap(), None);
}

#[tokio::test]
async fn a_round_that_was_under_way_does_not_write_the_address_of_an_erased_person_back() {
    let (world, person, other) = world_of_two().await;
    world.store.facts().erase(person, NOTE, day_noon(5)).await.unwrap().unwrap();
    let asked = |whom: &[ClientId]| AskedAgain {
        url: format!("https://registro.example/?n={}", whom.len()),
        whom: whom.to_vec(),
        validator: Validator { etag: Some("\"1\"".to_owned()), ..Validator::default() },
    };
    let all = [asked(&[]), asked(&[other]), asked(&[person, other])];
    world.store.sources().set_validators("register", &all).await.unwrap();
    let mut known = Vec::new();
    for AskedAgain { url, .. } in &all {
        known.push(world.store.sources().validator("register", url).await.unwrap().etag.is_some());
    }
    assert_eq!(known, [true, true, false]);
}

#[tokio::test]
async fn what_is_held_stays_when_the_rest_of_its_procedure_expires() {
    let world = World::new().await;
    let client = world.clients(1).await[0];
    let facts = world.store.facts();
    let opened = StatusChange { opened_on: Some(day(1)), ..StatusChange::plain(Status::InsolventLiquidation) };
    let closed = StatusChange { closed_on: Some(day(2)), ..opened.clone() };
    let told = [opened, closed].map(|change| signal("case", Fact::CompanyStatus(change), 3, client));
    facts.put_signals(&told).await.unwrap();
    let hold = facts.hold(Held::Signal(told[0].signal.id), "anna", "lawsuit", day_noon(4)).await.unwrap();
    assert_eq!(facts.expire(&[told[1].signal.id], "procedure_ended", day_noon(5)).await.unwrap(), 1);
    let found = facts.signals_by_id(&[told[0].signal.id]).await.unwrap();
    assert!(found[0].is_some() && facts.end_hold(hold, day_noon(6)).await.unwrap());
}
