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

fn item(fields: &str) -> String {
    format!(r#"<rss version="2.0"><channel><title>x</title><item>{fields}</item></channel></rss>"#)
}

fn day_of(date: &str) -> (String, bool) {
    let feed = item(&format!("<title>Nuova sede</title><link>https://x.example/1</link><pubDate>{date}</pubDate>"));
    let page = read_bytes(KIND, feed.as_bytes()).unwrap();
    (page.mentions[0].valid_at.to_string(), page.mentions[0].published_at.is_some())
}

#[test]
fn month_names_are_read_in_five_languages() {
    for (written, day) in [
        ("mer, 16 nov 2022 00:38:15 +0100", "2022-11-16"),
        ("lun, 03 gen 2022 08:00:00 +0100", "2022-01-03"),
        ("gio, 01 giu 2023 08:00 +0200", "2023-06-01"),
        ("mar, 12 ago 2025 08:00:00 +0200", "2025-08-12"),
        ("Do, 05 Mär 2026 10:00:00 +0100", "2026-03-05"),
        ("jeu., 14 juil. 2026 10:00:00 +0200", "2026-07-14"),
        ("lun, 05 ene 2026 10:00:00 +0100", "2026-01-05"),
        ("Wed, 1 Oct 25 10:00:00 GMT", "2025-10-01"),
        ("2026-09-11T08:42:43+02:00", "2026-09-11"),
    ] {
        assert_eq!(day_of(written), (day.to_owned(), true), "{written}");
    }
}

#[test]
fn a_date_nobody_can_read_is_today_and_told() {
    let feed = item("<title>Nuova sede</title><pubDate>ieri sera</pubDate>");
    let page = read_bytes(KIND, feed.as_bytes()).unwrap();
    assert_eq!((page.mentions[0].valid_at.to_string().as_str(), page.mentions[0].published_at), ("2026-11-21", None));
    assert_eq!(leftover_paths(&page), ["item/pubDate"]);
}

#[test]
fn duplicated_guids_of_different_stories_are_different_stories() {
    let body = r#"<rss><channel>
        <item><title>Chiude la Tarvello</title><link>https://x.example/1</link><guid>7</guid></item>
        <item><title>Riapre la Ronchese</title><link>https://x.example/2</link><guid>7</guid></item></channel></rss>"#;
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    assert_eq!(page.mentions.len(), 2);
    assert_ne!(page.mentions[0].own_id, page.mentions[1].own_id);
}

#[test]
fn a_403_of_a_firewall_is_a_refusal_and_html_with_200_is_no_feed() {
    use vedetta::collect::Answer;
    let page = b"<html><head><title>Access denied</title></head><body>Request blocked (WAF)</body></html>";
    let answer = |status| Answer { status, content_type: "text/html".to_owned(), ..super::recorded(page) };
    assert!(matches!(super::reader(KIND).read(&answer(403)), Err(Misread::Refused(_))));
    assert!(matches!(super::reader(KIND).read(&answer(200)), Err(Misread::Unreadable(_))));
    assert!(matches!(super::reader(KIND).read(&answer(503)), Err(Misread::NotNow(_))));
}

#[test]
fn a_feed_without_items_says_nothing_and_is_no_error() {
    let page = read_bytes(KIND, b"<rss version=\"2.0\"><channel><title>x</title></channel></rss>").unwrap();
    assert_eq!((page.mentions.len(), page.leftovers.len()), (0, 0));
}

#[test]
fn only_title_address_day_and_judgement_are_kept_of_an_article() {
    let feed = item(
        "<title>Crisi alla Tarvello Spa</title><link>https://x.example/1</link><description>Parola per parola, il testo del giornale</description>",
    );
    let page = read_bytes(KIND, feed.as_bytes()).unwrap();
    assert!(!format!("{:?}", page.mentions).contains("Parola per parola"));
}
