//! G23, for webhooks: no address that a subscription names, is stored with, or resolves to leads to this machine or network.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use vedetta::{
    alert::{Guard, Message, Sender, new_secret},
    desk::{Reachable, SubscriptionInput},
    domain::PortfolioId,
};

use crate::alert::{addresses::PRIVATE_HOSTS, noon, receivers::Receiver};

/// The least number of addresses that the promise speaks of.
const N_VECTORS: usize = 120;
const YES: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

fn now() -> Timestamp {
    noon()
}

fn subscribe(url: &str) -> Result<(), String> {
    let wish = json!({"name": "x", "channel": {"webhook": {"url": url}}});
    let wish: SubscriptionInput = serde_json::from_value(wish).unwrap();
    wish.accept(PortfolioId::new(1), Reachable::default(), now()).map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn g23_no_way_of_writing_a_private_address_is_subscribed_or_called() {
    let canary = Receiver::saying(YES).await;
    let port = canary.address.port();
    let sender = Sender::new(Guard::new(false, []), Duration::from_millis(200)).unwrap();
    let mut n_vectors = 0;
    for host in PRIVATE_HOSTS {
        for url in [format!("https://{host}/"), format!("https://{host}:8443/x?y"), format!("http://{host}:{port}/")] {
            n_vectors += 1;
            assert!(subscribe(&url).is_err(), "{url} was taken");
            // One that was stored before the rule, or by other means, is looked at again before it is called.
            let message = Message { id: "1".to_owned(), body: "{}".to_owned(), url, secrets: vec![new_secret()] };
            let answer = sender.send(&message, now()).await;
            assert!(answer.status.is_none() && answer.error.is_some(), "{}: {answer:?}", message.url);
        }
    }
    for odd in [
        format!("https://user@127.0.0.1:{port}/"),
        format!("https://hooks.example.com@127.0.0.1:{port}/"),
        "https://hooks.example.com:22/".to_owned(),
        "https://hooks.example.com:6379/".to_owned(),
        "gopher://hooks.example.com/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        n_vectors += 1;
        assert!(subscribe(&odd).is_err(), "{odd} was taken");
    }
    assert!(n_vectors >= N_VECTORS, "{n_vectors}");
    assert_eq!(canary.requests().len(), 0);
}

#[tokio::test]
async fn g23_a_name_that_rebinds_between_check_and_connection_or_mixes_its_answers_reaches_nothing() {
    let canary = Receiver::saying(YES).await;
    let (name, inside) = ("hooks.example.com".to_owned(), canary.address.ip());
    let outside = "93.184.216.34".parse().unwrap();
    assert_eq!(subscribe("https://hooks.example.com/hook"), Ok(()), "a name is judged when it is resolved");
    for answers in [vec![inside], vec![outside, inside], vec![inside, outside]] {
        let hosts: Vec<_> = answers.into_iter().map(|ip| (name.clone(), ip)).collect();
        let sender = Sender::new(Guard::new(false, hosts), Duration::from_millis(200)).unwrap();
        for port in [443, 8443] {
            let url = format!("https://hooks.example.com:{port}/");
            let message = Message { id: "1".to_owned(), body: "{}".to_owned(), url, secrets: vec![new_secret()] };
            let answer = sender.send(&message, now()).await;
            assert_eq!(answer.error.as_deref(), Some("could not connect: the address is refused: loopback"));
        }
    }
    assert_eq!(canary.requests().len(), 0);
}
