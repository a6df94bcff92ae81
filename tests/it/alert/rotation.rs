use standardwebhooks::Webhook;
use vedetta::{alert::new_secret, desk::RotateInput, domain::Grade};

use super::{
    deliveries::{House, YES},
    receivers::Receiver,
};

/// The signatures of the last request, and whether a receiver that knows this secret alone accepts it.
fn signatures(receiver: &Receiver) -> Vec<String> {
    let request = receiver.requests().pop().expect("a request");
    let line = request.lines().find_map(|line| line.strip_prefix("webhook-signature: ").map(str::to_owned));
    line.expect("a signature").split(' ').map(str::to_owned).collect()
}

fn is_accepted(receiver: &Receiver, secret: &str) -> bool {
    let request = receiver.requests().pop().expect("a request");
    let (head, body) = request.split_once("\r\n\r\n").expect("a body");
    let header = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name)).expect("a header");
        line.trim_start_matches(": ").to_owned()
    };
    let (id, at) = (header("webhook-id"), header("webhook-timestamp").parse().expect("seconds"));
    let expected = Webhook::new(secret).expect("a secret").sign(&id, at, body.as_bytes()).expect("text");
    signatures(receiver).contains(&expected)
}

#[tokio::test]
async fn both_secrets_sign_until_the_overlap_is_over_and_then_only_the_new_one() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    let mut subscription = house.wish("sub_1", receiver.url());
    house.put(&subscription).await;
    let old = subscription.secrets[0].clone();
    let rotation = RotateInput { overlap_hours: Some(2) };
    rotation.apply(&mut subscription, house.clock.now()).unwrap();
    house.change(subscription).await;
    let new = house.stored("sub_1").await.secrets[0].clone();
    assert_ne!(old, new);
    house.rate(Grade::B1).await;
    for (seconds, grade, old_is_valid) in [(0, Grade::B2, true), (7_199, Grade::B3, true), (1, Grade::C1, false)] {
        house.pass(seconds);
        house.rate(grade).await;
        house.deliver().await;
        assert!(is_accepted(&receiver, &new), "{grade}");
        assert_eq!(is_accepted(&receiver, &old), old_is_valid, "{grade}");
        assert_eq!(signatures(&receiver).len(), if old_is_valid { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_secret_that_leaked_is_ended_at_once() {
    let house = House::new().await;
    let mut subscription = house.wish("sub_1", "http://127.0.0.1:9/".to_owned());
    let old = subscription.secrets[0].clone();
    RotateInput { overlap_hours: Some(0) }.apply(&mut subscription, house.clock.now()).unwrap();
    assert_eq!((subscription.secrets.len(), subscription.old_secret_until), (1, None));
    assert_ne!(subscription.secrets[0], old);
    let too_long = RotateInput { overlap_hours: Some(169) }.apply(&mut subscription, house.clock.now());
    assert!(too_long.unwrap_err().to_string().contains("168"));
    subscription.channel = "sse".to_owned();
    assert!(RotateInput::default().apply(&mut subscription, house.clock.now()).is_err());
    assert_ne!(new_secret(), new_secret());
}
