//! Whose record is it? Above all: when is it nobody's, or not surely somebody's.

mod near;
mod newcomer;

use vedetta::{
    domain::{ClientId, Country, Identifier, Prospect, Subject},
    resolve::{Decision, Index},
};

fn client(name: &str, city: &str, tax: &str) -> Prospect {
    Prospect {
        name: name.to_owned(),
        country: Some(Country::IT),
        city: Some(city.to_owned()).filter(|c| !c.is_empty()),
        identifiers: Some(tax)
            .filter(|t| !t.is_empty())
            .map(|t| Identifier::tax(Country::IT, t).unwrap())
            .into_iter()
            .collect(),
        ..Prospect::default()
    }
}

fn index(clients: Vec<Prospect>) -> Index {
    Index::new((1..).map(ClientId::new).zip(clients))
}

fn town() -> Index {
    index(vec![
        client("Meccanica Valdossa S.r.l.", "Brescia", "00743110157"),
        client("Orsatelli Brandolini S.p.A.", "Milano", ""),
        client("Costruzioni Generali S.r.l.", "Roma", ""),
        client("Fratelli Tramezzani S.n.c.", "Parma", ""),
        client("Fratelli Tramezzani S.n.c.", "Bari", ""),
        client("Acciai Santabruna S.p.A.", "Terni", ""),
    ])
}

fn subject(name: &str, city: &str) -> Subject {
    let city = Some(city.to_owned()).filter(|c| !c.is_empty());
    Subject { name: name.to_owned(), country: Some(Country::IT), city, ..Subject::default() }
}

fn seen(decision: &Decision) -> (&'static str, Vec<i64>) {
    (decision.as_str(), decision.candidates().iter().map(|c| c.client.get()).collect())
}

#[test]
fn an_equal_tax_number_is_certain_also_as_a_register_number() {
    let index = town();
    let mut record = subject("Valdossa Meccanica di Brescia", "");
    record.identifiers = vec![Identifier::tax(Country::IT, "IT00743110157").unwrap()];
    let decision = index.resolve(&record);
    assert_eq!(seen(&decision), ("link", vec![1]));
    assert!(decision.candidates()[0].certainty.get() > 0.999);
    record.identifiers = vec![Identifier::registry(Country::IT, "00743110157").unwrap()];
    assert_eq!(seen(&index.resolve(&record)), ("link", vec![1]));
}

#[test]
fn another_tax_number_means_another_company_whatever_the_name() {
    let mut record = subject("Meccanica Valdossa S.r.l.", "Brescia");
    record.identifiers = vec![Identifier::tax(Country::IT, "12345670017").unwrap()];
    assert_eq!(seen(&town().resolve(&record)), ("none", vec![]));
}

#[test]
fn a_tax_number_shared_by_companies_of_other_names_goes_to_a_person() {
    let shared = "00743110157";
    let index = index(vec![client("Alfaterm S.r.l.", "", shared), client("Betadorn S.r.l.", "", shared)]);
    let mut record = subject("Gammaquist S.r.l.", "");
    record.identifiers = vec![Identifier::tax(Country::IT, shared).unwrap()];
    assert_eq!(seen(&index.resolve(&record)), ("review", vec![1, 2]));
    record.name = "ALFATERM SRL".to_owned();
    assert_eq!(seen(&index.resolve(&record)), ("link", vec![1]));
}

#[test]
fn a_distinctive_name_links_in_any_spelling_of_its_legal_form() {
    let index = town();
    for name in [
        "ORSATELLI & BRANDOLINI SPA",
        "Orsatelli Brandolini",
        "Orsatelli Brandolini Società per Azioni in liquidazione",
    ] {
        assert_eq!(seen(&index.resolve(&subject(name, ""))), ("link", vec![2]), "{name}");
    }
    assert_eq!(seen(&index.resolve(&subject("Meccanica Valdossa srl", "BRESCIA"))), ("link", vec![1]));
}

#[test]
fn what_contradicts_a_name_stops_the_link() {
    let index = town();
    assert_eq!(index.resolve(&subject("Orsatelli Brandolini S.p.A.", "Palermo")).as_str(), "review");
    assert_eq!(index.resolve(&subject("Orsatelli Brandolini S.r.l.", "Milano")).as_str(), "review");
    let mut french = subject("Orsatelli Brandolini S.p.A.", "Milano");
    french.country = Some(Country::FR);
    assert_ne!(index.resolve(&french).as_str(), "link");
    let mut person = subject("Orsatelli Brandolini", "Milano");
    person.is_person = true;
    assert_eq!(index.resolve(&person).as_str(), "review");
}

#[test]
fn a_generic_name_never_links_by_itself() {
    assert_eq!(town().resolve(&subject("Costruzioni Generali S.r.l.", "Roma")).as_str(), "review");
}

#[test]
fn two_firms_with_one_name_in_two_provinces_are_told_apart_by_town_and_form_or_not_at_all() {
    let index = town();
    assert_eq!(seen(&index.resolve(&subject("Fratelli Tramezzani Snc", "Parma"))), ("link", vec![4]));
    assert_eq!(seen(&index.resolve(&subject("Fratelli Tramezzani Snc", "Bari (BA)"))), ("link", vec![5]));
    assert_ne!(index.resolve(&subject("Fratelli Tramezzani Snc", "Como")).as_str(), "link");
    for (name, city) in [("Fratelli Tramezzani Snc", ""), ("Fratelli Tramezzani", "Parma")] {
        assert_eq!(index.resolve(&subject(name, city)).as_str(), "review", "{name} {city}");
    }
}

#[test]
fn one_company_in_two_books_is_linked_in_both() {
    let both = index(vec![
        client("Valdossa Orbitek S.r.l.", "Lecco", "00743110157"),
        client("Valdossa Orbitek Srl", "Lecco", "00743110157"),
    ]);
    assert_eq!(seen(&both.resolve(&subject("Valdossa Orbitek S.r.l.", "Lecco"))), ("link", vec![1, 2]));
}

#[test]
fn a_near_name_goes_to_a_person_and_a_far_one_to_nobody() {
    let index = town();
    for near in ["Orsatelli Brandolino S.p.A.", "Orsateli Brandolini", "Acciai Santabruna Servizi S.p.A."] {
        assert_eq!(index.resolve(&subject(near, "")).as_str(), "review", "{near}");
    }
    for far in ["Costruzioni Meccaniche Lombarde", "Generali Servizi S.r.l.", "Panificio Quattroventi", "", "S.r.l."] {
        assert_eq!(index.resolve(&subject(far, "")).as_str(), "none", "{far}");
    }
}

#[test]
fn every_candidate_says_why() {
    let decision = town().resolve(&subject("Orsatelli Brandolini S.r.l.", "Milano"));
    let because = &decision.candidates()[0].because;
    let weight = |field: &str| because.iter().find(|b| b.field == field).map(|b| b.weight);
    assert!(weight("name") > Some(0.0) && weight("city") > Some(0.0) && weight("form") < Some(0.0));
}

#[test]
fn a_headline_names_a_client_only_by_its_whole_name() {
    let index = town();
    let find = |text: &str| index.find_in_text(text, Some(Country::IT));
    assert_eq!(seen(&find("Crisi per Acciai Santabruna: chiesto il concordato")), ("link", vec![6]));
    assert_eq!(seen(&find("Acciai Santabruna S.p.A. in liquidazione")), ("link", vec![6]));
    assert_eq!(seen(&find("Fallita la Acciai Santabruna Servizi")), ("review", vec![6]));
    assert_eq!(seen(&find("Fallita la Nuova Acciai Santabruna")), ("review", vec![6]));
    assert_eq!(find("Orsatelli Brandolini S.r.l. fallisce").as_str(), "review", "another legal form");
    assert_eq!(find("Tra costruzioni generali e servizi, il settore cala"), Decision::None);
    assert_eq!(find("Costruzioni Generali in calo"), Decision::None);
    assert_eq!(seen(&find("Roma, fallita la Costruzioni Generali S.r.l.")), ("link", vec![3]));
    assert_eq!(seen(&find("Guai per Fratelli Tramezzani")), ("review", vec![4, 5]));
    assert_eq!(find("Santabrunata di acciai"), Decision::None);
}

#[test]
fn a_hundred_thousand_clients_do_not_hide_one() {
    let letters =
        |n: usize| (0..7).map(|i| char::from(b'a' + ((n / 7usize.pow(i)) % 7 + i as usize) as u8)).collect::<String>();
    let mut clients: Vec<Prospect> =
        (0..20_000).map(|n| client(&format!("Ditta {} {} S.r.l.", letters(n), letters(n * 31 + 7)), "", "")).collect();
    clients.push(client("Orsatelli Brandolini S.p.A.", "Milano", ""));
    let index = index(clients);
    assert_eq!(index.len(), 20_001);
    assert_eq!(seen(&index.resolve(&subject("Orsatelli & Brandolini spa", ""))), ("link", vec![20_001]));
}

#[test]
fn an_apostrophe_and_a_short_spelling_do_not_make_another_company() {
    let index = index(vec![
        client("Dall'Orbecco Galvanica S.r.l.", "Padova", ""),
        client("Fratelli Zuccherelli S.n.c.", "Lodi", ""),
        client("Società Cooperativa Orto Fiordilago", "Cesena", ""),
    ]);
    for name in ["Dall Orbecco Galvanica srl", "Dallorbecco Galvanica srl", "DALL'ORBECCO GALVANICA SRL"] {
        assert_eq!(seen(&index.resolve(&subject(name, "Padova"))), ("link", vec![1]), "{name}");
    }
    assert_eq!(seen(&index.resolve(&subject("F.lli Zuccherelli snc", "Lodi"))), ("link", vec![2]));
    assert_eq!(seen(&index.resolve(&subject("ORTO FIORDILAGO SOC. COOP. SOCIALE", "Cesena"))), ("link", vec![3]));
}

#[test]
fn a_name_that_may_be_a_persons_never_links_by_itself() {
    let index = index(vec![client("Zambarini Mario", "Parma", ""), client("Mario Zambarini S.r.l.", "Lodi", "")]);
    assert_eq!(seen(&index.resolve(&subject("Zambarini Mario", "Parma"))), ("review", vec![1]));
    assert_eq!(index.find_in_text("Parma, arrestato Zambarini Mario", Some(Country::IT)).as_str(), "review");
    assert_eq!(seen(&index.resolve(&subject("MARIO ZAMBARINI SRL", "Lodi"))), ("link", vec![2]));
}

#[test]
fn a_surname_and_a_trade_link_only_with_their_town() {
    let index =
        index(vec![client("Silvestri Serramenti S.r.l.", "Fermo", ""), client("Ombrelli Dargone S.r.l.", "", "")]);
    assert_eq!(seen(&index.resolve(&subject("Silvestri Serramenti srl", ""))), ("review", vec![1]));
    assert_eq!(seen(&index.resolve(&subject("Ombrelli Dargone srl", ""))), ("link", vec![2]));
}

#[test]
fn words_that_many_clients_share_make_one_name_in_one_town() {
    let pairs = (0..8).flat_map(|a| (0..8).map(move |b| (a, b)));
    let name = |(a, b): (usize, usize)| format!("Vurz{} Qualn{} S.r.l.", "oaeiuy".repeat(a + 1), "aeo".repeat(b + 1));
    let index = index(pairs.map(|pair| client(&name(pair), "Lecco", "")).collect());
    assert_eq!(seen(&index.resolve(&subject(&name((1, 2)), "Lecco"))), ("link", vec![11]));
    assert_eq!(index.resolve(&subject(&name((1, 2)), "")).as_str(), "review");
}

/// A record in Brescia with everything the client's row has.
fn full(name: &str, address: &str) -> Subject {
    Subject { address: Some(address.to_owned()), sector: "25.62".parse().ok(), ..subject(name, "Brescia") }
}

fn full_client(name: &str, address: &str) -> Prospect {
    Prospect { address: Some(address.to_owned()), sector: "25.62".parse().ok(), ..client(name, "Brescia", "") }
}

#[test]
fn a_group_and_its_subsidiary_at_one_address_are_two() {
    let index = index(vec![full_client("Zuvarga Costruzioni S.r.l.", "Via Roma 5")]);
    for other in
        ["Zuvarga Holding S.r.l.", "Zuvarga Costruzioni Servizi S.r.l.", "Gruppo Zuvarga S.r.l.", "Zuvarga S.p.A."]
    {
        assert_ne!(index.resolve(&full(other, "Via Roma 5")).as_str(), "link", "{other}");
    }
}

#[test]
fn a_person_and_a_firm_of_the_same_name_are_two() {
    let index =
        index(vec![full_client("Mario Zambarini S.r.l.", "Via Roma 5"), full_client("Elena Dorbassi", "Via Po 2")]);
    for (other, address) in [("Mario Zambarini", "Via Roma 5"), ("Elena Dorbassi S.r.l.", "Via Po 2")] {
        assert_ne!(index.resolve(&full(other, address)).as_str(), "link", "{other}");
    }
}

#[test]
fn a_slip_in_a_rare_word_links_where_town_street_and_trade_agree_and_not_before() {
    let index = index(vec![full_client("Meccanica Valdossari S.r.l.", "Via dell'Industria 12, 25100")]);
    assert_eq!(index.resolve(&subject("Meccanica Valdosari srl", "")).as_str(), "review");
    assert_eq!(seen(&index.resolve(&full("MECC. VALDOSARI SRL", "V. Industria, 12"))), ("link", vec![1]));
    assert_ne!(index.resolve(&full("Meccanica Valdosari SPA", "Via Industria 12")).as_str(), "link", "another form");
}

#[test]
fn legal_forms_of_all_countries_are_told_in_any_spelling() {
    for (a, b) in [
        ("Orvenko Sp. z o.o.", "ORVENKO SP ZOO"),
        ("Orvenko d.o.o.", "Орвенко ДОО"),
        ("Orvenko GmbH & Co. KG", "ORVENKO GMBH U. CO KG"),
        ("Orvenko ApS", "Orvenko Anpartsselskab"),
        ("Orvenko SIA", "SIA \"Orvenko\""),
        ("Orvenko Kft.", "Orvenko Korlátolt Felelősségű Társaság"),
        ("Орвенко ЕООД", "Orvenko EOOD"),
        ("Orvenko Società Cooperativa", "ORVENKO SOC.COOP.A R.L."),
        ("Orvenko, Unipessoal, Lda.", "Orvenko Lda"),
    ] {
        let index = index(vec![client(a, "Brescia", "")]);
        let decision = index.resolve(&subject(b, "Brescia"));
        let form = decision.candidates().iter().flat_map(|c| &c.because).find(|b| b.field == "form");
        assert!(form.is_some_and(|form| form.weight > 0.0), "{a} and {b}: {decision:?}");
    }
}

#[test]
fn weights_add_up_to_the_certainty() {
    let index = town();
    for record in [subject("Fratelli Tramezzani Snc", "Parma"), subject("Orsateli Brandolini", "Milano (MI)")] {
        for candidate in index.resolve(&record).candidates() {
            let p = candidate.certainty.get();
            let bits: f64 = candidate.because.iter().map(|b| b.weight).sum();
            assert!((bits - (p / (1.0 - p)).log2()).abs() < 1e-9, "{candidate:?}");
        }
    }
}

#[test]
fn a_former_name_finds_the_client() {
    let mut renamed = client("Quirvano Holding S.r.l.", "Brescia", "");
    renamed.other_names = vec!["Belmorasca Fonderie S.r.l.".to_owned()];
    let index = index(vec![renamed]);
    assert_eq!(seen(&index.resolve(&subject("Fonderie Belmorasca SRL", "Brescia"))), ("link", vec![1]));
}
