//! Names that are nearly a client's: a word more or less, a slip that is another's word, a namesake elsewhere.

use super::{client, full, full_client, index, seen, subject};
use vedetta::{
    domain::{Prospect, Subject},
    resolve::Index,
};

const TOWNS: [&str; 12] =
    ["Lecco", "Parma", "Fermo", "Udine", "Pisa", "Cuneo", "Trento", "Matera", "Foggia", "Siena", "Novara", "Savona"];
/// Words on each side of a made-up name.
const N_WORDS: usize = 40;

#[test]
fn a_name_with_a_word_more_or_less_goes_to_a_person_and_never_links() {
    let index = index(vec![
        full_client("Orsatelli Brandolini Forniture S.p.A.", "Via Roma 5"),
        full_client("Vurzagno Qualnesi S.r.l.", "Via Po 7"),
    ]);
    for (name, address) in [
        ("Orsatelli Brandolini S.p.A.", "Via Roma 5"),
        ("Orsatelli Brandolini Forniture Industriali S.p.A.", "Via Roma 5"),
        ("Vurzagno S.r.l.", "Via Po 7"),
        ("Vurzagno Qualnesi Dormioli S.r.l.", "Via Po 7"),
    ] {
        assert_eq!(index.resolve(&subject(name, "Brescia")).as_str(), "review", "{name} in the same town");
        assert_eq!(index.resolve(&full(name, address)).as_str(), "review", "{name}, and all else agrees");
    }
    for rare in ["Orsatelli Brandolini S.p.A.", "Orsatelli Brandolini Forniture Industriali S.p.A."] {
        assert_eq!(index.resolve(&subject(rare, "")).as_str(), "review", "{rare}");
    }
}

#[test]
fn a_slip_that_gives_a_word_by_which_another_client_is_named_does_not_link() {
    let street = "Via dell'Industria 12";
    let alone = vec![full_client("Meccanica Valdossari S.r.l.", street)];
    let beside = vec![alone[0].clone(), client("Trasporti Valdosari S.r.l.", "Lodi", "")];
    let record = Subject { address: None, ..full("Meccanica Valdosari S.r.l.", street) };
    assert_eq!(seen(&index(alone).resolve(&record)), ("link", vec![1]));
    assert_eq!(index(beside).resolve(&record).as_str(), "review");
}

#[test]
fn a_namesake_in_another_town_does_not_link_for_a_street_of_the_same_name() {
    let index = index(vec![full_client("Fratelli Tramezzani S.n.c.", "Via Roma 5")]);
    let mut record = full("Fratelli Tramezzani S.n.c.", "Via Roma 5");
    assert_eq!(seen(&index.resolve(&record)), ("link", vec![1]));
    for town in ["Bari", "Verona (VR)"] {
        record.city = Some(town.to_owned());
        assert_ne!(index.resolve(&record).as_str(), "link", "{town}");
    }
}

/// Clients whose names put two words together, each bearing the words that its number says.
fn portfolio(numbers: impl Iterator<Item = usize>) -> Index {
    index(
        numbers
            .enumerate()
            .map(|(place, n)| client(&name(n), TOWNS[place % TOWNS.len()], ""))
            .collect::<Vec<Prospect>>(),
    )
}

fn name(n: usize) -> String {
    let word = |n: usize| {
        let syllables = ["bor", "gan", "dil", "mur", "tes", "vop", "zul"];
        format!("{}{}", syllables[n % 7], syllables[n / 7 % 7])
    };
    format!("{}azza {}endi", word(n / N_WORDS), word(n % N_WORDS))
}

#[test]
fn how_rare_a_name_is_depends_on_how_often_the_clients_names_fall_together() {
    let n_names = N_WORDS * N_WORDS;
    let apart = portfolio(0..n_names);
    let doubled = portfolio((0..n_names / 2).chain(1..=n_names / 2));
    let record = subject(&name(0), TOWNS[0]);
    assert_eq!(seen(&apart.resolve(&record)), ("link", vec![1]), "no two clients have one name");
    assert_eq!(doubled.resolve(&record).as_str(), "review", "most names are borne by two");
}
