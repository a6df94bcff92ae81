//! The HTTP client against a web full of traps.

use std::{io::Write, time::Duration};

use axum::body::Body;
use flate2::{Compression, write::GzEncoder};
use futures::stream;
use jiff::SignedDuration;
use secrecy::SecretString;
use vedetta::{
    clock::Clock,
    collect::{
        Answer, Credential, Fetcher, MAX_BODY_BYTES, Manners, Method, Request, Secrets, Settings,
        fetch::{Failure, Fetched, is_public},
    },
    store::Validator,
};

use super::web::{Web, api, fetcher, fetcher_with, nothing, page, polite, settings, start, status, text, with};

async fn ask(
    fetcher: &Fetcher,
    web: &Web,
    path: &str,
    known: &Validator,
) -> Result<Option<(Answer, Validator)>, Failure> {
    Ok(match fetcher.fetch(&page(web.url(path)), &api(), known).await? {
        Fetched::NotModified => None,
        Fetched::Answer(answer, validator) => Some((*answer, validator)),
        Fetched::File(..) => panic!("a page was asked for"),
    })
}

async fn first(fetcher: &Fetcher, web: &Web, path: &str) -> Result<(Answer, Validator), Failure> {
    ask(fetcher, web, path, &Validator::default()).await.map(|answer| answer.expect("the first answer is new"))
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

#[tokio::test]
async fn what_was_read_before_is_asked_for_conditionally() {
    let web = Web::new(|asked, _| match asked.uri.path() {
        "/etag" if asked.headers.get("if-none-match").is_some_and(|tag| tag == "\"v1\"") => status(304),
        "/etag" => with(text("news"), "etag", "\"v1\""),
        "/dated" if asked.headers.contains_key("if-modified-since") => status(304),
        "/dated" => with(text("news"), "last-modified", "Thu, 19 Nov 2026 08:00:00 GMT"),
        "/plain" => text("news"),
        _ => nothing(),
    })
    .await;
    let fetcher = fetcher();
    for path in ["/etag", "/dated", "/plain"] {
        let (answer, validator) = first(&fetcher, &web, path).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"news".as_slice()), "{path}");
        assert!(ask(&fetcher, &web, path, &validator).await.unwrap().is_none(), "{path} has not changed");
    }
    let missing = first(&fetcher, &web, "/missing").await.unwrap();
    assert_eq!(missing.0.status, 404, "a 404 is for the reader to understand");
}

#[tokio::test]
async fn an_unasked_304_is_no_answer() {
    let web = Web::new(|_, _| status(304)).await;
    assert!(matches!(first(&fetcher(), &web, "/").await, Err(Failure::Failed(_))));
}

#[tokio::test]
async fn a_busy_host_is_given_the_pause_it_asks_for() {
    let web = Web::new(|asked, n| match (asked.uri.path(), n) {
        ("/seconds", 0) => with(status(429), "retry-after", "120"),
        ("/date", 0) => with(status(503), "retry-after", "Fri, 20 Nov 2026 08:02:00 GMT"),
        _ => text("fine"),
    })
    .await;
    for path in ["/seconds", "/date"] {
        let fetcher = fetcher();
        assert_eq!(first(&fetcher, &web, path).await.unwrap().0.body, b"fine");
        let waited = fetcher.patience().jumped();
        assert!((Duration::from_secs(115)..Duration::from_secs(125)).contains(&waited), "{path} waited {waited:?}");
    }
}

#[tokio::test]
async fn a_host_that_asks_for_hours_is_left_alone_for_hours() {
    let web = Web::new(|_, n| if n == 0 { with(status(503), "retry-after", "36000") } else { text("fine") }).await;
    let clock = Clock::manual(start());
    let fetcher = fetcher_with(&settings(), Secrets::default(), clock.clone());
    assert!(matches!(first(&fetcher, &web, "/").await, Err(Failure::Failed(_))));
    for _ in 0..9 {
        clock.advance(SignedDuration::from_hours(1));
        fetcher.begin_run();
        let failure = first(&fetcher, &web, "/").await.unwrap_err();
        assert!(failure.to_string().contains("36000 s"), "{failure}");
    }
    assert_eq!(web.n("/"), 1);
    clock.advance(SignedDuration::from_hours(1));
    assert_eq!(first(&fetcher, &web, "/").await.unwrap().0.body, b"fine");
}

#[tokio::test]
async fn trouble_that_passes_is_waited_out_and_trouble_that_stays_ends_the_visits() {
    let web = Web::new(|asked, n| match asked.uri.path() {
        "/passes" if n < 2 => status(502),
        "/passes" => text("fine"),
        _ => status(500),
    })
    .await;
    let fetcher = fetcher();
    assert_eq!(first(&fetcher, &web, "/passes").await.unwrap().0.body, b"fine");
    for n in 0..8 {
        let failure = first(&fetcher, &web, "/stays").await.unwrap_err();
        assert_eq!(matches!(failure, Failure::NotAsked(_)), n >= 5, "{failure}");
    }
    assert_eq!(web.n("/stays"), 15, "five requests of three tries, then none");
}

#[tokio::test]
async fn a_post_that_may_have_been_done_is_not_repeated() {
    let web = Web::new(|asked, n| match (asked.uri.path(), n) {
        ("/busy", 0) => status(429),
        ("/busy", _) => text("{}"),
        _ => status(500),
    })
    .await;
    let post = |path| Request { method: Method::PostJson("{}".to_owned()), ..page(web.url(path)) };
    let (fetcher, none) = (fetcher(), Validator::default());
    assert!(fetcher.fetch(&post("/paid"), &api(), &none).await.is_err());
    assert!(fetcher.fetch(&post("/busy"), &api(), &none).await.is_ok());
    assert_eq!((web.n("/paid"), web.n("/busy")), (1, 2));
}

#[tokio::test]
async fn no_body_is_read_beyond_the_cap() {
    let bomb = gzipped(&vec![b' '; 64 * 1024 * 1024]);
    let many = gzipped(&vec![b'x'; 1024 * 1024]);
    let honest = gzipped("protesti ".repeat(50).as_bytes());
    let web = Web::new(move |asked, _| {
        let packed = |bytes: &Vec<u8>| with(text(bytes.clone()), "content-encoding", "gzip");
        match asked.uri.path() {
            "/bomb" => packed(&bomb),
            "/ratio" => packed(&many),
            "/honest" => packed(&honest),
            "/cut" => packed(&honest[..honest.len() / 2].to_vec()),
            "/brotli" => with(text("?"), "content-encoding", "br"),
            "/declared" => text(vec![b'x'; MAX_BODY_BYTES + 1]),
            _ => text(Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 65_536])))),
        }
    })
    .await;
    let fetcher = fetcher();
    assert_eq!(first(&fetcher, &web, "/honest").await.unwrap().0.body, "protesti ".repeat(50).as_bytes());
    for path in ["/bomb", "/ratio", "/cut", "/brotli", "/declared", "/endless"] {
        assert!(matches!(first(&fetcher, &web, path).await, Err(Failure::Failed(_))), "{path}");
    }
    assert_eq!(web.n("/bomb"), 1, "what is refused is not asked for again");
}

#[tokio::test]
async fn a_broken_connection_is_no_answer() {
    let cut_short = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of it";
    for bytes in [cut_short.as_slice(), b"", b"220 mail ready\r\n"] {
        let web = Web::raw(bytes).await;
        assert!(matches!(first(&fetcher(), &web, "/").await, Err(Failure::Failed(_))));
        assert_eq!(web.paths().len(), 3, "tried three times");
    }
}

#[tokio::test]
async fn redirects_are_followed_within_the_site_and_nowhere_else() {
    let canary = Web::new(|_, _| text("secret")).await;
    let elsewhere = format!("http://localhost:{}/", canary.port());
    let web = Web::new(move |asked, _| match asked.uri.path() {
        "/old" => with(status(301), "location", "/new"),
        "/loop" => with(status(302), "location", "/loop"),
        "/away" => with(status(302), "location", &elsewhere),
        "/file" => with(status(302), "location", "file:///etc/passwd"),
        _ => text("new"),
    })
    .await;
    let fetcher = fetcher();
    assert_eq!(first(&fetcher, &web, "/old").await.unwrap().0.body, b"new");
    for path in ["/loop", "/away", "/file"] {
        assert!(matches!(first(&fetcher, &web, path).await, Err(Failure::Failed(_))), "{path}");
    }
    assert_eq!(web.n("/loop"), 6, "the request and five redirects");
    assert!(canary.paths().is_empty());
}

#[tokio::test]
async fn a_credential_goes_to_its_own_host_only_and_its_absence_stops_the_source() {
    let other = Web::new(|_, _| text("other port")).await;
    let there = other.url("/").to_string();
    let web = Web::new(move |asked, _| match asked.uri.path() {
        "/moved" => with(status(302), "location", &there),
        _ => text("here"),
    })
    .await;
    let secrets = Secrets::new([("REGISTER".to_owned(), SecretString::from("s3cret"))]);
    let fetcher = fetcher_with(&settings(), secrets, Clock::manual(start()));
    let signed = |path, name: &str| {
        let credential = Some(Credential::BasicUser(name.to_owned()));
        Request { credential, ..page(web.url(path)) }
    };
    let none = Validator::default();
    assert!(fetcher.fetch(&signed("/", "register"), &api(), &none).await.is_ok());
    assert_eq!(web.last_header("authorization").unwrap(), "Basic czNjcmV0Og==");
    assert!(fetcher.fetch(&signed("/moved", "register"), &api(), &none).await.is_ok());
    assert_eq!((other.paths().len(), other.last_header("authorization")), (1, None));
    let failure = fetcher.fetch(&signed("/", "other"), &api(), &none).await.unwrap_err();
    assert!(matches!(&failure, Failure::Stop(why) if why.contains("VEDETTA_SECRET_OTHER")), "{failure}");
}

#[tokio::test]
async fn a_host_that_does_not_want_us_stops_the_source() {
    let web = Web::new(|asked, _| status(asked.uri.path().trim_start_matches('/').parse().unwrap_or(404))).await;
    for path in ["/403", "/451"] {
        assert!(matches!(first(&fetcher(), &web, path).await, Err(Failure::Stop(_))), "{path}");
    }
    let agent = web.last_header("user-agent").unwrap();
    assert!(agent.starts_with("Vedetta/") && agent.ends_with(" (+https://example.com/bot)"), "{agent}");
}

#[tokio::test]
async fn requests_keep_the_documented_pace() {
    let web = Web::new(|_, _| text("fine")).await;
    let burst = Manners { requests: 3, per: Duration::from_secs(60), ..api() };
    for (manners, n, at_least) in
        [(burst, 7, 120), (Manners { obeys_robots: false, heeds_reservations: false, ..polite() }, 5, 4)]
    {
        let fetcher = fetcher();
        for _ in 0..n {
            fetcher.fetch(&page(web.url("/")), &manners, &Validator::default()).await.unwrap();
        }
        let now = fetcher.patience().now();
        assert!(now >= Duration::from_secs(at_least), "{n} requests took {now:?}");
        assert!(now < Duration::from_secs(at_least + 20), "{n} requests took {now:?}");
    }
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let canary = Web::new(|_, _| text("secret")).await;
    let fetcher = fetcher_with(&Settings::default(), Secrets::default(), Clock::manual(start()));
    let port = canary.port();
    let hosts = ["127.0.0.1", "localhost", "localhost.", "2130706433", "0x7f.1", "017700000001", "[::1]", "0.0.0.0"];
    let mapped = ["[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "user@example.com", "169.254.169.254"];
    for host in hosts.into_iter().chain(mapped) {
        for url in [format!("http://{host}:{port}/"), format!("http://{host}/"), format!("https://{host}:8443/")] {
            let asked = fetcher.fetch(&page(url.parse().unwrap()), &api(), &Validator::default()).await;
            assert!(asked.is_err(), "{url}");
        }
    }
    assert!(canary.paths().is_empty());
    let public = ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101"];
    let private = ["10.1.2.3", "100.64.0.1", "192.168.1.1", "198.18.0.1", "240.0.0.1", "255.255.255.255", "fd00::1"];
    let odd = ["fe80::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "ff02::1", "::", "::ffff:10.0.0.1", "172.16.0.1"];
    assert!(public.iter().all(|ip| is_public(ip.parse().unwrap())));
    for ip in private.iter().chain(&odd) {
        assert!(!is_public(ip.parse().unwrap()), "{ip}");
    }
}

#[tokio::test]
async fn a_forbidden_page_is_never_asked_for() {
    let web = Web::new(|asked, _| match asked.uri.path() {
        "/robots.txt" => text("User-agent: *\nDisallow: /private\nCrawl-delay: 7\n"),
        _ => text("page"),
    })
    .await;
    let clock = Clock::manual(start());
    let fetcher = fetcher_with(&settings(), Secrets::default(), clock.clone());
    let none = Validator::default();
    let private = fetcher.fetch(&page(web.url("/private/1")), &polite(), &none).await;
    assert!(matches!(private, Err(Failure::NotAsked(_))));
    for path in ["/a", "/b", "/c"] {
        fetcher.fetch(&page(web.url(path)), &polite(), &none).await.unwrap();
    }
    assert_eq!((web.n("/private/1"), web.n("/robots.txt")), (0, 1));
    assert!(fetcher.patience().now() >= Duration::from_secs(14), "the crawl delay is honoured");
    clock.advance(SignedDuration::from_hours(25));
    fetcher.fetch(&page(web.url("/d")), &polite(), &none).await.unwrap();
    assert_eq!(web.n("/robots.txt"), 2, "rules are kept for a day");
}

#[tokio::test]
async fn what_a_missing_or_broken_robots_file_means() {
    let huge = format!("# {}\nUser-agent: *\nDisallow: /", "x".repeat(500 * 1024));
    let elsewhere = Web::new(|_, _| text("User-agent: vedetta\nDisallow: /")).await;
    let there = format!("http://localhost:{}/rules", elsewhere.port());
    let cases: Vec<(axum::response::Response, bool)> = vec![
        (status(404), true),
        (status(410), true),
        (status(401), false),
        (status(403), false),
        (status(429), false),
        (status(500), false),
        (text(huge), true),
        (with(status(302), "location", "/robots.txt"), false),
        (with(status(301), "location", &there), false),
        (text("User-agent: other\nDisallow: /"), true),
    ];
    for (robots, may_read) in cases {
        let what = format!("{robots:?}");
        let code = robots.status();
        let headers = robots.headers().clone();
        let body = axum::body::to_bytes(robots.into_body(), usize::MAX).await.unwrap();
        let web = Web::new(move |asked, _| match asked.uri.path() {
            "/robots.txt" => {
                let mut answer = text(body.clone());
                *answer.status_mut() = code;
                answer.headers_mut().extend(headers.clone());
                answer
            }
            _ => text("page"),
        })
        .await;
        let fetched = fetcher().fetch(&page(web.url("/page")), &polite(), &Validator::default()).await;
        assert_eq!(fetched.is_ok(), may_read, "{what}");
        assert_eq!(web.n("/page"), usize::from(may_read), "{what}");
    }
}

#[tokio::test]
async fn what_is_mislabelled_is_handed_on_as_it_came() {
    let web =
        Web::new(|_, _| with(text("<html>captcha</html>"), "content-type", "Application/JSON; Charset=UTF-8")).await;
    let (answer, _) = first(&fetcher(), &web, "/").await.unwrap();
    assert_eq!(answer.content_type, "application/json; charset=utf-8");
    assert_eq!(answer.body, b"<html>captcha</html>", "the reader judges by the bytes");
}
