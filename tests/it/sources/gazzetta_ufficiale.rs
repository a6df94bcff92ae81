//! Oracle: decrees as the gazette words them.

use vedetta::domain::{Country, Fact, Status};

use super::{of_kind, read, read_bytes, statuses};

const KIND: &str = "gazzetta-ufficiale";

#[test]
fn a_decree_names_its_cooperative_its_seat_and_its_day() {
    let page = read(KIND, "gazzetta_ufficiale/serie_generale.xml");
    let first = &page.mentions[0];
    assert_eq!(first.subject.name, "Primula 2000 societa' cooperativa sociale");
    assert_eq!((first.subject.city.as_deref(), first.subject.country), (Some("Supino"), Some(Country::IT)));
    assert_eq!((first.is_official, first.own_id.as_str()), (true, "decree/26A02801"));
    assert_eq!(first.published_at.unwrap().to_string(), "2026-06-13", "from the address");
    let told = statuses(&page);
    assert_eq!(
        (told[0].status, told[0].opened_on.unwrap().to_string().as_str()),
        (Status::InsolventLiquidation, "2026-05-22")
    );
    assert_eq!(page.leftovers, []);
}

#[test]
fn a_dissolution_is_no_insolvency_a_new_commissioner_no_change_and_a_law_nothing() {
    let page = read(KIND, "gazzetta_ufficiale/serie_generale.xml");
    let told = statuses(&page);
    assert_eq!(told[1].status, Status::VoluntaryLiquidation);
    assert_eq!(page.mentions[1].subject.name, "Ponte Alto societa' cooperativa in liquidazione");
    assert_eq!(page.mentions[1].subject.city.as_deref(), Some("Lonigo"));
    assert!(matches!(&of_kind(&page, "filing")[0].fact, Fact::Filing(filing) if filing.category == "gazette"));
    assert!(told[2].revoked_on.is_some() && told[2].status == Status::InsolventLiquidation);
    assert_eq!(page.mentions.len(), 4, "the decree-law is about nobody");
}

#[test]
fn a_decree_whose_company_cannot_be_made_out_is_a_leftover() {
    let item = "<rss version=\"2.0\"><channel><item><title>DECRETO 3 giugno 2026</title><link>http://x/eli/id/2026/06/13/1/SG</link>\
        <description>Liquidazione coatta amministrativa e nomina</description></item></channel></rss>";
    let page = read_bytes(KIND, item.as_bytes()).unwrap();
    assert_eq!((page.mentions.len(), page.leftovers.len()), (0, 1));
}

/// A feed of one decree with these words.
fn decreed(words: &str) -> vedetta::collect::Page {
    let item = format!(
        "<rss version=\"2.0\"><channel><item><title>MINISTERO - DECRETO 3 giugno 2026</title>\
         <link>http://x/eli/id/2026/06/13/26A1/SG</link><description>{words}</description></item></channel></rss>"
    );
    read_bytes(KIND, item.as_bytes()).unwrap()
}

#[test]
fn the_company_is_found_in_every_wording_of_a_decree() {
    for (words, name, seat) in [
        (
            "Annullamento del decreto 3 marzo 2025 di liquidazione coatta amministrativa della Alba Chiara, in Roma.",
            "Alba Chiara",
            Some("Roma"),
        ),
        (
            "Chiusura della procedura di liquidazione coatta amministrativa della «Alba Chiara», in Roma. (26A02810)",
            "Alba Chiara",
            Some("Roma"),
        ),
        (
            "Sostituzione del commissario liquidatore della societa' cooperativa «Alba Chiara», in Roma",
            "societa' cooperativa Alba Chiara",
            Some("Roma"),
        ),
        (
            "Scioglimento per atto dell'autorita', senza nomina di commissario liquidatore, della Alba Chiara",
            "Alba Chiara",
            None,
        ),
        (
            "Gestione commissariale della Alba Chiara in liquidazione, in Sant'Agata e nomina del commissario",
            "Alba Chiara in liquidazione",
            Some("Sant'Agata"),
        ),
    ] {
        let page = decreed(words);
        assert_eq!(page.leftovers, [], "{words}");
        let subject = &page.mentions[0].subject;
        assert_eq!((subject.name.as_str(), subject.city.as_deref()), (name, seat), "{words}");
    }
    assert_eq!(decreed("Revoca dell'autorizzazione all'immissione in commercio del medicinale").mentions, []);
}
