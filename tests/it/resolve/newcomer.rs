//! A company among all clients: whose record would it be, were it one of them?

use vedetta::{
    domain::{ClientId, Country, Identifier, Prospect, Subject},
    resolve::Index,
    simulate::{Economy, Plan},
};

use super::client;
use crate::variants;

/// More than are looked at of one name.
const N_OF_ONE_NAME: usize = 230;
/// Companies that come one after the other, each alone.
const N_NEWCOMERS: usize = 24;

/// Clients of an economy, a family of homonyms in every second of them a town of its own, companies that stand in two
/// books, and some that have other names, a number of somebody else's, or no name that says anything.
fn crowd(economy: &Economy) -> Vec<(ClientId, Prospect)> {
    let mut all: Vec<Prospect> = variants::clients(economy).into_iter().map(|(_, who)| who).collect();
    let twice: Vec<Prospect> = all.iter().step_by(17).cloned().collect();
    let numbered: Vec<_> = all.iter().flat_map(|who| who.identifiers.clone()).take(40).collect();
    for (place, who) in all.iter_mut().enumerate().filter(|(place, _)| place % 11 == 0) {
        who.other_names = vec![format!("Vecchia {}", who.name), format!("Tramezzani {place} S.p.A.")];
    }
    all.extend(twice);
    for place in 0..N_OF_ONE_NAME {
        let town = if place % 2 == 0 { "Parma".to_owned() } else { format!("Borgo{place}") };
        all.push(client("Fratelli Tramezzani S.n.c.", &town, ""));
    }
    for (place, number) in numbered.into_iter().enumerate() {
        all.push(Prospect { identifiers: vec![number], ..client(&format!("Gruppo {place}"), "", "") });
    }
    all.push(client("S.r.l.", "", ""));
    (1..).map(ClientId::new).zip(all).collect()
}

fn asked(who: &Prospect) -> Subject {
    let Prospect { name, country, city, address, sector, identifiers, .. } = who.clone();
    Subject { name, country, city, address, sector, identifiers, ..Subject::default() }
}

/// Companies that are nobody's client: variants of the clients and traps, homonyms, names that nobody bears, the names and
/// numbers of clients, and one without a name.
fn newcomers(economy: &Economy, crowd: &[(ClientId, Prospect)]) -> Vec<Prospect> {
    let variants = economy.variants();
    let from_variant = |record: &vedetta::simulate::Variant| {
        let Subject { name, country, city, address, sector, identifiers, .. } = variants::subject(record);
        Prospect { name, country, city, address, sector, identifiers, ..Prospect::default() }
    };
    let mut newcomers: Vec<Prospect> =
        variants.iter().step_by(variants.len() / N_NEWCOMERS).take(N_NEWCOMERS).map(from_variant).collect();
    let own = &crowd[3].1;
    newcomers.extend([
        client("Fratelli Tramezzani S.n.c.", "Parma", ""),
        client("Tramezzani Fratelli", "Altrove", ""),
        client("Aaquist Zzyzxen Brandolini S.r.l.", "Nonvista", "12345670017"),
        Prospect { other_names: vec![own.name.clone(), "Tramezzani Fratelli".to_owned()], ..own.clone() },
        Prospect { identifiers: vec![Identifier::lei("5493001KJTIIGC8Y1R12").unwrap()], ..Prospect::default() },
        Prospect { country: Some(Country::IT), ..client("S.p.A.", "Parma", "") },
    ]);
    newcomers
}

#[test]
fn a_company_before_all_clients_is_found_exactly_as_if_the_index_had_been_built_with_it() {
    let plan = Plan { history_months: 1, horizon_months: 0, ..Plan::new(2_000, 6, jiff::civil::date(2026, 11, 20)) };
    let economy = Economy::new(&plan);
    let crowd = crowd(&economy);
    let records: Vec<Subject> = economy.variants().iter().step_by(97).map(variants::subject).collect();
    let clients = Index::new(crowd.iter().cloned());
    for newcomer in newcomers(&economy, &crowd) {
        let first = (ClientId::new(0), newcomer.clone());
        let built = Index::new([first.clone()].into_iter().chain(crowd.iter().cloned()));
        let joined = clients.with_first(first);
        assert_eq!(joined.resolve(&asked(&newcomer)), built.resolve(&asked(&newcomer)), "{newcomer:?}");
        for record in &records {
            assert_eq!(joined.resolve(record), built.resolve(record), "{record:?} beside {newcomer:?}");
        }
        // Every word, place, number and share: nothing is cut, ordered or weighed in another way, whatever is asked.
        assert!(joined == built, "the index with {newcomer:?} before it is another");
    }
}

#[test]
fn a_company_before_nobody_is_alone() {
    let first = (ClientId::new(0), client("Meccanica Valdossa S.r.l.", "Brescia", "00743110157"));
    assert!(Index::new([]).with_first(first.clone()) == Index::new([first]));
}
