//! A register that is only a page.

use vedetta::{
    collect::{Answer, Cursor, Misread, Watched},
    domain::{ClientId, Country, Fact, Identifier, Instrument, Prospect, ProtestState},
};

use super::{TAX, fixture, leftover_paths, read, read_bytes, reader, recorded};

const KIND: &str = "protests-html";

#[test]
fn rows_are_read_with_italian_dates_and_amounts() {
    let page = read(KIND, "protests_html/rows.html");
    let Fact::Protest(bill) = &page.mentions[0].fact else { panic!("not a protest: {page:?}") };
    assert_eq!((bill.instrument, bill.state), (Instrument::Bill, ProtestState::Standing));
    assert_eq!(bill.amount.unwrap().to_string(), "18000.00 EUR");
    assert_eq!(bill.raised_on.unwrap().to_string(), "2026-11-05");
    let Fact::Protest(cheque) = &page.mentions[1].fact else { panic!("not a protest: {page:?}") };
    assert_eq!((cheque.instrument, cheque.state), (Instrument::Cheque, ProtestState::Cancelled));
    assert_eq!(page.mentions[0].subject.city.as_deref(), Some("Savona"));
    assert_eq!(page.leftovers, []);
}

#[test]
fn the_next_page_keeps_the_client() {
    let who = Prospect { identifiers: vec![Identifier::tax(Country::IT, TAX).unwrap()], ..Prospect::default() };
    let source = reader(KIND);
    let request = source.plan(&[Watched { client: ClientId::new(1), who }], &Cursor::default()).remove(0);
    assert_eq!(request.url.query(), Some(format!("cf={TAX}").as_str()));
    let page =
        source.read(&Answer { request: request.clone(), ..recorded(&fixture("protests_html/rows.html")) }).unwrap();
    assert_eq!(page.next[0].about, request.about);
    assert!(page.next[0].url.as_str().ends_with("p=2"));
}

#[test]
fn only_the_page_we_know_may_say_nothing_found() {
    let page = read(KIND, "protests_html/empty.html");
    assert_eq!(page.mentions[0].fact, Fact::Clean { what: "protests".to_owned() });
    let captcha = read_bytes(KIND, &fixture("protests_html/captcha.html"));
    assert!(matches!(captcha, Err(Misread::Quarantined(_))));
    let renamed = String::from_utf8(fixture("protests_html/rows.html")).unwrap().replace("class=\"protesti\"", "");
    assert!(matches!(read_bytes(KIND, renamed.as_bytes()), Err(Misread::Quarantined(_))));
}

#[test]
fn a_word_nobody_taught_us_is_a_leftover() {
    let body = String::from_utf8(fixture("protests_html/rows.html"))
        .unwrap()
        .replace("Annotato|", "")
        .replace("Normale", "Sub iudice");
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    assert_eq!(leftover_paths(&page), ["row 1: state"]);
}

#[test]
fn a_page_made_to_exhaust_us_is_refused_before_it_is_parsed() {
    let deep = "<div>".repeat(100_000);
    let wide = format!("<p {}>", "a=1 ".repeat(1_000));
    let long = "x".repeat(3 * 1024 * 1024);
    for page in [deep, wide, long] {
        assert!(matches!(read_bytes(KIND, page.as_bytes()), Err(Misread::Unreadable(_))));
    }
}

#[test]
fn a_column_that_nobody_knows_is_a_leftover() {
    let body = String::from_utf8(fixture("protests_html/rows.html")).unwrap();
    let body = body.replacen("</td></tr>", "</td><td class=\"nota\">riabilitazione richiesta</td></tr>", 1);
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    assert_eq!(leftover_paths(&page), ["row 1: cell 10"]);
}

#[test]
fn a_cancelled_and_an_annotated_paper_keep_the_name_they_stood_under() {
    let body = String::from_utf8(fixture("protests_html/rows.html")).unwrap();
    let standing = read_bytes(KIND, body.as_bytes()).unwrap();
    for (word, state) in [("Cancellato per pagamento", ProtestState::Cancelled), ("Annotato", ProtestState::Annotated)]
    {
        let later = read_bytes(KIND, body.replace("Normale", word).as_bytes()).unwrap();
        let Fact::Protest(paper) = &later.mentions[0].fact else { panic!("not a protest: {later:?}") };
        assert_eq!((paper.state, &later.mentions[0].own_id), (state, &standing.mentions[0].own_id));
    }
}
