//! Feeds as publishers really write them.

use vedetta::{
    collect::Misread,
    domain::{About, Fact, NewsEvent, NewsItem},
};

use super::{fixture, leftover_paths, read, read_bytes};

const KIND: &str = "press";

fn news(page: &vedetta::collect::Page) -> Vec<&NewsItem> {
    page.mentions.iter().filter_map(|m| if let Fact::News(item) = &m.fact { Some(item) } else { None }).collect()
}

#[test]
fn the_same_story_under_two_identifiers_is_one() {
    let page = read(KIND, "rss/italian.xml");
    assert_eq!(page.mentions.len(), 3);
    let first = news(&page)[0];
    assert_eq!((first.event, first.about, first.severity), (NewsEvent::Default, About::Client, 5));
    assert_eq!(page.mentions[0].subject.name, "Officine Tarvello");
    assert_eq!(first.language, "it");
}

#[test]
fn italian_dates_are_read_missing_ones_are_today_and_future_ones_are_told() {
    let page = read(KIND, "rss/italian.xml");
    let days: Vec<_> = page.mentions.iter().map(|m| (m.valid_at.to_string(), m.published_at.is_some())).collect();
    let day = |text: &str, said| (text.to_owned(), said);
    assert_eq!(days, [day("2026-09-16", true), day("2026-11-21", false), day("2026-11-21", true)]);
    assert_eq!(leftover_paths(&page), ["/rss/channel/item/novita", "item/pubDate"]);
}

#[test]
fn atom_takes_the_story_and_not_its_editor() {
    let page = read(KIND, "rss/atom.xml");
    assert_eq!(page.mentions[0].url.as_deref(), Some("https://n.example/orlwick"));
    assert_eq!(page.mentions[0].valid_at.to_string(), "2026-11-02");
    assert_eq!(page.mentions[0].subject.name, "Orlwick Foundry");
    assert_eq!(page.leftovers, []);
}

#[test]
fn a_feed_that_declares_latin_and_sends_utf_8_is_read_as_what_it_is() {
    let sent = fixture("rss/rdf.xml");
    let page = read_bytes(KIND, &sent).unwrap();
    assert_eq!(news(&page)[0].title, "Kurzarbeit bei Möllner Zahnradwerke");
    let latin: Vec<u8> =
        String::from_utf8(sent).unwrap().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let page = read_bytes(KIND, &latin).unwrap();
    assert_eq!(news(&page)[0].title, "Kurzarbeit bei Möllner Zahnradwerke");
}

#[test]
fn a_truncated_feed_keeps_what_it_said() {
    let whole = fixture("rss/italian.xml");
    let cut = whole.windows(7).position(|w| w == b"Dal fut").unwrap();
    let page = read_bytes(KIND, &whole[..cut]).unwrap();
    assert_eq!(page.mentions.len(), 2);
    assert!(page.leftovers.last().unwrap().value.contains("breaks off"));
}

#[test]
fn entities_of_a_doctype_are_refused_and_html_is_no_feed() {
    let bomb = br#"<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>"#;
    assert!(matches!(read_bytes(KIND, bomb), Err(Misread::Unreadable(_))));
    assert!(matches!(
        read_bytes(KIND, b"<!doctype html><html><body>Forbidden</body></html>"),
        Err(Misread::Unreadable(_))
    ));
    assert!(matches!(read_bytes(KIND, b"Not a feed"), Err(Misread::Unreadable(_))));
}

#[test]
fn markup_and_double_escapes_leave_only_words() {
    let body = br#"<rss><channel><item><title>L&amp;amp;G: &amp;#x27;utile&amp;#x27; &lt;b&gt;giu&lt;/b&gt;</title><link>https://x.example/1</link></item></channel></rss>"#;
    assert_eq!(news(&read_bytes(KIND, body).unwrap())[0].title, "L&G: 'utile' giu");
}
