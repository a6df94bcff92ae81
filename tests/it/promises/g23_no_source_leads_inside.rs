//! G23, for sources: no address that a source is configured with, redirected to, or named by leads to this machine or
//! network.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use vedetta::{
    clock::Clock,
    collect::{Fetcher, Patience, Secrets, Settings, Taking, fetch::Failure},
    store::Validator,
};

use crate::{
    alert::addresses::PRIVATE_HOSTS,
    collect::web::{Web, api, page, polite, settings, start, text, with},
};

/// The least number of addresses that the promise speaks of.
const N_VECTORS: usize = 120;

/// Counts who connects to the ports that a source may name, where they are free on this machine.
fn canary() -> Arc<AtomicUsize> {
    let n_connected = Arc::new(AtomicUsize::new(0));
    for address in ["127.0.0.1:8080", "127.0.0.1:8443", "[::1]:8080", "[::1]:8443"] {
        let Ok(listener) = TcpListener::bind(address) else { continue };
        let count = Arc::clone(&n_connected);
        std::thread::spawn(move || {
            for _ in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    n_connected
}

fn knowing(settings: &Settings, hosts: &[(&str, &str)]) -> Fetcher {
    let hosts = hosts.iter().map(|(name, address)| ((*name).to_owned(), address.parse().unwrap()));
    Fetcher::knowing(settings, Secrets::default(), Clock::manual(start()), Patience::jumping(), hosts).unwrap()
}

async fn ask(fetcher: &Fetcher, url: &str, taking: Taking) -> Result<(), Failure> {
    let Ok(url) = url.parse() else { return Err(Failure::NotAsked("not an address".to_owned())) };
    let request = vedetta::collect::Request { taking, ..page(url) };
    fetcher.fetch(&request, &api(), &Validator::default()).await.map(drop)
}

#[tokio::test]
async fn g23_no_way_of_writing_a_private_address_is_connected_to() {
    let n_connected = canary();
    let fetcher = knowing(&Settings::default(), &[]);
    let mut n_vectors = 0;
    for host in PRIVATE_HOSTS {
        for url in [format!("http://{host}:8080/"), format!("https://{host}:8443/x?y"), format!("http://{host}/")] {
            n_vectors += 1;
            let asked = ask(&fetcher, &url, Taking::Whole).await;
            assert!(matches!(asked, Err(Failure::NotAsked(_))), "{url}: {asked:?}");
        }
    }
    let odd = [
        "http://user@93.184.216.34/",
        "http://user:word@93.184.216.34/",
        "http://93.184.216.34:22/",
        "http://93.184.216.34:25/",
        "http://93.184.216.34:6379/",
        "http://93.184.216.34:5432/",
        "ftp://93.184.216.34/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:8080/",
        "data:text/plain,x",
        "http://93.184.216.34@127.0.0.1:8080/",
    ];
    for url in odd {
        n_vectors += 1;
        for taking in [Taking::Whole, Taking::Lines, Taking::Listen { seconds: 1 }] {
            assert!(matches!(ask(&fetcher, url, taking).await, Err(Failure::NotAsked(_))), "{url}");
        }
    }
    assert!(n_vectors >= N_VECTORS, "{n_vectors}");
    assert_eq!(n_connected.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn g23_a_name_that_leads_inside_is_refused_at_the_connection_even_beside_a_public_address() {
    let n_connected = canary();
    let names = [
        ("inside.example", "127.0.0.1"),
        ("inside6.example", "::1"),
        ("mapped.example", "::ffff:127.0.0.1"),
        ("metadata.example", "169.254.169.254"),
        ("mixed.example", "93.184.216.34"),
        ("mixed.example", "127.0.0.1"),
    ];
    let fetcher = knowing(&Settings::default(), &names);
    for (name, _) in names {
        for url in [format!("http://{name}:8080/"), format!("https://{name}:8443/"), format!("http://{name}.:8080/")] {
            let failure = ask(&fetcher, &url, Taking::Whole).await.unwrap_err();
            let said = failure.to_string();
            assert!(said.contains("private address") || said.contains("left alone"), "{url}: {said}");
        }
    }
    assert_eq!(n_connected.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn g23_no_redirect_leads_a_source_or_its_robots_file_inside() {
    let canary = Web::new(|_, _| text("secret")).await;
    let port = canary.port();
    let web = Web::new(move |asked, _| {
        let query = asked.uri.query().unwrap_or_default();
        let target = query.parse::<usize>().ok().and_then(|n| PRIVATE_HOSTS.get(n));
        match target {
            Some(host) => {
                let location = format!("http://{host}:{port}/");
                let mut answer = text("");
                *answer.status_mut() = axum::http::StatusCode::FOUND;
                // A header holds ASCII only; what cannot be sent cannot lead anywhere.
                if let Ok(location) = location.parse() {
                    answer.headers_mut().insert("location", location);
                }
                answer
            }
            None => text("User-agent: *\nAllow: /"),
        }
    })
    .await;
    // Loopback is allowed here, or the first hop could not be made: what refuses the second is that it is another site.
    let fetcher = knowing(&settings(), &[("register.example", "127.0.0.1")]);
    let mut n_followed = 0;
    for n in 0..PRIVATE_HOSTS.len() {
        let url = format!("http://register.example:{}/page?{n}", web.port());
        n_followed += usize::from(ask(&fetcher, &url, Taking::Whole).await.is_ok());
    }
    // A location that no header can hold is no redirect.
    let unsayable = PRIVATE_HOSTS.iter().filter(|host| !host.is_ascii()).count();
    assert_eq!((n_followed, canary.paths().len()), (unsayable, 0));
    let robots = Web::new(move |asked, _| match asked.uri.path() {
        "/robots.txt" => {
            let mut answer = with(text(""), "location", "ftp://127.0.0.1/robots.txt");
            *answer.status_mut() = axum::http::StatusCode::FOUND;
            answer
        }
        _ => text("page"),
    })
    .await;
    let asked = fetcher.fetch(&page(robots.url("/page")), &polite(), &Validator::default()).await;
    assert!(matches!(asked, Err(Failure::NotAsked(_))), "{asked:?}");
    assert_eq!(robots.n("/page"), 0);
}
