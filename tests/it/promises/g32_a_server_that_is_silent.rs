//! G32: a database that says nothing, and refuses nothing either, as behind a cable that was pulled.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::time::timeout;
use vedetta::{domain::EventBody, store::Error};

use super::{
    doses,
    program::{House, eventually},
};
use crate::postgres::Server;

/// The longest that anybody hangs on a server that is gone.
const HANG: Duration = Duration::from_secs(5);

async fn status(house: &House, path: &str) -> u16 {
    house.ask("GET", path).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g32_nobody_hangs_on_a_server_that_is_silent_and_it_is_found_again_without_a_restart() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let house = House::start_with(&folder.path().join("data"), &[("VEDETTA__STORE__URL", &server.address())]).await;
    let store = server.store().await;
    let silent = EventBody::SourceStale { source: "s".to_owned(), error: "no answer".to_owned() };
    store.outbox().append(Timestamp::UNIX_EPOCH, None, None, &silent).await.unwrap();
    // The key is another store's: this one does not know it, and says so as long as it says anything.
    assert_eq!(status(&house, "/v1/clients").await, 401);
    server.pause();
    let asked = async {
        let answer = house.ask("GET", "/v1/clients").send().await.unwrap();
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert!(answer.headers().contains_key("retry-after"));
    };
    let wrote = async {
        // Those behind the first wait for their turn, and not each for its own silence.
        let outbox = store.outbox();
        let all = (0..3).map(|_| outbox.append(Timestamp::UNIX_EPOCH, None, None, &silent));
        for refused in futures::future::join_all(all).await {
            assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        }
    };
    let read = async {
        let refused = store.outbox().after(0, 1, None).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    };
    let probed = async {
        assert_eq!(status(&house, "/livez").await, 200);
        let ready = house.ask("GET", "/readyz").send().await.unwrap();
        assert_eq!(ready.status(), 503);
        assert!(ready.text().await.unwrap().contains("store"), "the part that is not well is named");
    };
    let began = Instant::now();
    let mut told = timeout(HANG, async { tokio::join!(asked, wrote, read, probed) }).await.map(drop);
    let mut waits = Vec::new();
    while told.is_ok() && began.elapsed() < doses::g32_silence() {
        let asked = Instant::now();
        let all =
            async { tokio::join!(status(&house, "/v1/clients"), status(&house, "/livez"), status(&house, "/readyz")) };
        told = timeout(HANG, all).await.map(|answers| assert_eq!(answers, (503, 200, 503)));
        waits.push(asked.elapsed());
    }
    server.resume();
    told.expect("everybody is told within five seconds");
    let resumed = Instant::now();
    eventually("it is found again", async || (status(&house, "/v1/clients").await == 401).then_some(())).await;
    eventually("it takes writes again", async || {
        store.outbox().append(Timestamp::UNIX_EPOCH, None, None, &silent).await.ok()
    })
    .await;
    let (silent, again) = (doses::g32_silence().as_secs(), resumed.elapsed().as_secs_f64());
    let waits = doses::quantiles(&waits);
    doses::figures(&format!(
        "{silent} s of silence, three questions at a time told {waits}; well again after {again:.1} s"
    ));
}
