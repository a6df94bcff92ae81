//! Feeds over HTTP: what is the same as the last time is not read again, and a moved feed is found.

use vedetta::{
    collect::{Answer, fetch::Fetched},
    store::Validator,
};

use super::web::{Web, fetcher, nothing, page, polite, status, text, with};

const FEED: &str = "<rss version=\"2.0\"><channel><item><title>Nuova sede</title></item></channel></rss>";

fn answer(fetched: Fetched) -> (Answer, Validator) {
    match fetched {
        Fetched::Answer(answer, validator) => (*answer, validator),
        Fetched::File(..) | Fetched::NotModified => panic!("an answer was expected"),
    }
}

#[tokio::test]
async fn a_feed_that_sends_304_is_not_read_again() {
    let web = Web::new(|asked, _| match (asked.uri.path(), asked.headers.get("if-none-match")) {
        ("/feed", Some(tag)) if tag == "\"v1\"" => status(304),
        ("/feed", _) => with(text(FEED), "etag", "\"v1\""),
        _ => nothing(),
    })
    .await;
    let (fetcher, request) = (fetcher(), page(web.url("/feed")));
    let (_, validator) = answer(fetcher.fetch(&request, &polite(), &Validator::default()).await.unwrap());
    let again = fetcher.fetch(&request, &polite(), &validator).await.unwrap();
    assert!(matches!(again, Fetched::NotModified));
}

#[tokio::test]
async fn a_feed_with_200_and_an_unchanged_body_is_not_read_again() {
    let web = Web::new(|asked, _| if asked.uri.path() == "/feed" { text(FEED) } else { nothing() }).await;
    let (fetcher, request) = (fetcher(), page(web.url("/feed")));
    let (_, validator) = answer(fetcher.fetch(&request, &polite(), &Validator::default()).await.unwrap());
    let again = fetcher.fetch(&request, &polite(), &validator).await.unwrap();
    assert!(matches!(again, Fetched::NotModified));
}

#[tokio::test]
async fn a_feed_that_moved_for_good_is_followed_on_its_own_host() {
    let web = Web::new(|asked, _| match asked.uri.path() {
        "/rss" => with(status(301), "location", "/feeds/economia.xml"),
        "/feeds/economia.xml" => text(FEED),
        _ => nothing(),
    })
    .await;
    let (answer, _) = answer(fetcher().fetch(&page(web.url("/rss")), &polite(), &Validator::default()).await.unwrap());
    assert_eq!(answer.body, FEED.as_bytes());
}
