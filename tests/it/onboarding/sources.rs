//! How the sources are asked about a prospect: at once, for so long, and whose records count.

use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use vedetta::desk::AssessInput;

use super::register::{asking, assess, codes, company, source, with_register};
use crate::{
    collect::web::{Web, status, text},
    world::World,
};

const GERVASONI: &str =
    "r-1|PANIFICIO GERVASONI SNC|01654010345|Parma|active\nr-2|PANIFICIO GERVASONI SNC|01654010345|Parma|protests";

/// Whoever comes waits until so many are there, but not for ever.
struct Meeting {
    n_here: Mutex<usize>,
    changed: Condvar,
}

impl Meeting {
    fn is_complete(&self, n: usize) -> bool {
        let mut n_here = self.n_here.lock().unwrap();
        *n_here += 1;
        self.changed.notify_all();
        let waited = self.changed.wait_timeout_while(n_here, Duration::from_secs(10), |n_here| *n_here < n).unwrap();
        !waited.1.timed_out()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn every_source_has_been_asked_before_any_of_them_has_answered() {
    const N: usize = 6;
    let world = World::new().await;
    let meeting = Arc::new(Meeting { n_here: Mutex::new(0), changed: Condvar::new() });
    let mut webs = Vec::new();
    for _ in 0..N {
        let meeting = Arc::clone(&meeting);
        webs.push(Web::new(move |_, _| if meeting.is_complete(N) { text(GERVASONI) } else { status(500) }).await);
    }
    let sources = webs.iter().enumerate().map(|(n, web)| source(&format!("register-{n}"), web.url("/"))).collect();
    let onboarding = asking(&world, sources, Duration::from_secs(20));
    let said = assess(&world, &company("Panificio Gervasoni S.n.c.", "01654010345"), &onboarding).await;
    let statuses: Vec<_> = said["sources"].as_array().unwrap().iter().map(|s| s["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["answered"; N]);
}

#[tokio::test]
async fn a_source_that_does_not_answer_in_time_is_named_and_is_no_good_news() {
    let world = World::new().await;
    let web = Web::new(|_, _| text(GERVASONI)).await;
    // It takes connections, and never says a word.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mute = format!("http://{}", mute.local_addr().unwrap()).parse().unwrap();
    let broken = Web::new(|_, _| status(404)).await;
    let sources = vec![source("register", web.url("/")), source("mute", mute), source("broken", broken.url("/"))];
    let onboarding = asking(&world, sources, Duration::from_millis(700));
    let said = assess(&world, &company("Panificio Gervasoni S.n.c.", "01654010345"), &onboarding).await;
    let status_of = |id: &str| {
        let sources = said["sources"].as_array().unwrap();
        sources.iter().find(|s| s["source"] == id).unwrap()["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(["register", "mute", "broken"].map(status_of), ["answered", "out_of_time", "silent"]);
    assert_eq!(said["decision"], "refer");
    let blind = said["reasons"].as_array().unwrap().iter().find(|r| r["code"] == "blind").unwrap();
    assert_eq!(blind["text"], "not checked, which is not the same as clean: broken, mute");
    assert!(codes(&said).contains(&"blind"), "{said}");
}

#[tokio::test]
async fn a_record_of_a_namesake_moves_nothing_and_the_doubt_goes_to_a_person() {
    let world = World::new().await;
    world.client("pmi", "C-1", "Panificio Gervasoni S.n.c.", 0).await;
    // The register gives no number: the record may be the client's as well as the prospect's.
    let web = Web::new(|_, _| text("r-9|Panificio Gervasoni S.n.c.|||insolvent")).await;
    let said =
        assess(&world, &company("Panificio Gervasoni S.n.c.", "01654010345"), &with_register(&world, &web)).await;
    assert_eq!(said["signals"].as_array().unwrap().len(), 0, "{said}");
    assert_eq!(said["rating"]["grade"], "ND");
    assert_eq!(said["identity"]["doubtful"][0]["kind"], "company_status");
    assert!(said["decision"] == "refer" && codes(&said).contains(&"doubtful_records"), "{said}");
}

#[tokio::test]
async fn whose_client_somebody_is_is_not_told_to_another_creditor() {
    let world = World::new().await;
    let row = serde_json::json!([{"client": "C-7", "name": "Panificio Gervasoni S.n.c.", "country": "IT",
        "tax_id": "01654010345"}]);
    world.post("/v1/clients?portfolio=theirs", &row, 200).await;
    let web = Web::new(|_, _| text(GERVASONI)).await;
    let said =
        assess(&world, &company("Panificio Gervasoni S.n.c.", "01654010345"), &with_register(&world, &web)).await;
    assert_eq!(said["identity"]["standing"], "new");
    assert!(!said.to_string().contains("C-7"), "{said}");
    assert_eq!(said["signals"].as_array().unwrap().len(), 2, "the same company under another code is no rival");
}

#[tokio::test]
async fn a_client_that_came_since_the_last_inquiry_is_a_rival_of_the_next() {
    let world = World::new().await;
    let web = Web::new(|_, _| text("r-9|ACCIAI SANTABRUNA SPA||Terni|active")).await;
    let onboarding = with_register(&world, &web);
    let prospect = AssessInput { city: Some("Terni".to_owned()), ..company("Acciai Santabruna S.p.A.", "00743110157") };
    let heard = async || {
        let said = assess(&world, &prospect, &onboarding).await;
        let n = |of: &serde_json::Value| of.as_array().unwrap().len();
        (n(&said["signals"]), n(&said["identity"]["doubtful"]))
    };
    assert_eq!(heard().await, (1, 0));
    assert_eq!(heard().await, (1, 0), "an inquiry leaves nothing behind");
    world.client("theirs", "C-1", "Acciai Santabruna S.p.A.", 0).await;
    assert_eq!(heard().await, (0, 1), "the record may as well be the client's");
}
