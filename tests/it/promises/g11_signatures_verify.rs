//! G11: what we sign verifies for whoever has the secret, and for nobody else. The libraries of other languages verify the same
//! bytes in `scripts/outside`.

use jiff::SignedDuration;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use standardwebhooks::Webhook;
use vedetta::{
    alert::{new_secret, sign},
    desk::RotateInput,
    domain::Grade,
};

use super::doses;
use crate::alert::{
    deliveries::{House, YES},
    receivers::Receiver,
};

/// A delivery as it arrives.
#[derive(Clone)]
struct Arrived {
    id: String,
    at: String,
    signatures: String,
    body: Vec<u8>,
}

impl Arrived {
    fn of(request: &str) -> Self {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim_start_matches(": ").to_owned()
        };
        let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
        Self { id, at, signatures: header("webhook-signature"), body: body.as_bytes().to_vec() }
    }

    /// What the public library says that is right, against what came; the age of the message is left to its own tests.
    fn is_accepted(&self, secret: &str) -> bool {
        let Ok(at) = self.at.parse::<i64>() else { return false };
        let Ok(expected) = Webhook::new(secret).unwrap().sign(&self.id, at, &self.body) else { return false };
        self.signatures.split(' ').any(|signature| signature == expected)
    }

    /// One byte of one part of it is another.
    fn mutated(&self, rng: &mut ChaCha8Rng) -> Self {
        let mut other = self.clone();
        let part = rng.random_range(0..4);
        let mut text = match part {
            0 => self.id.clone().into_bytes(),
            1 => self.at.clone().into_bytes(),
            2 => self.signatures.clone().into_bytes(),
            _ => self.body.clone(),
        };
        let at = rng.random_range(0..text.len());
        // Printable, as a header must be, and another than it was.
        let moved = 33 + (text[at].wrapping_sub(33) % 94 + rng.random_range(1..94)) % 94;
        text[at] = moved;
        let as_text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        match part {
            0 => other.id = as_text(text),
            1 => other.at = as_text(text),
            2 => other.signatures = as_text(text),
            _ => other.body = text,
        }
        other
    }
}

#[test]
fn g11_the_published_vectors_come_out() {
    // Standard Webhooks 1.0.0, the vectors that the libraries of all languages share.
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
    let at = |second| jiff::Timestamp::from_second(second).unwrap();
    let signed = sign(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", at(1_614_265_330), r#"{"test": 2432232314}"#).unwrap();
    assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned();
    let body = r#"{"email":"test@example.com","username":"test_user"}"#;
    let signed = sign(&[secret], "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", at(1_649_367_553), body).unwrap();
    assert_eq!(signed, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
}

#[tokio::test]
async fn g11_what_arrives_verifies_and_no_byte_of_it_can_be_another() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    let subscription = house.wish("sub_1", receiver.url());
    house.put(&subscription).await;
    house.rate(Grade::B1).await;
    house.rate(Grade::C1).await;
    house.deliver().await;
    let arrived = Arrived::of(&receiver.requests()[0]);
    assert!(arrived.is_accepted(&subscription.secrets[0]));
    assert!(!arrived.is_accepted(&new_secret()));
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for _ in 0..doses::g11_mutations() {
        let mutated = arrived.mutated(&mut rng);
        let (id, at, signatures) = (&mutated.id, &mutated.at, &mutated.signatures);
        assert!(!mutated.is_accepted(&subscription.secrets[0]), "{id} {at} {signatures} {:?}", mutated.body);
    }
    doses::figures(&format!("{} deliveries of which one byte is another, 0 accepted", doses::g11_mutations()));
}

#[tokio::test]
async fn g11_no_delivery_is_rejected_while_a_secret_is_rotated() {
    let mut house = House::new().await;
    let receiver = Receiver::saying(YES).await;
    let mut subscription = house.wish("sub_1", receiver.url());
    house.put(&subscription).await;
    let old = subscription.secrets[0].clone();
    house.rate(Grade::B1).await;
    RotateInput { overlap_hours: None }.apply(&mut subscription, house.clock.now()).unwrap();
    house.change(subscription.clone()).await;
    let new = subscription.secrets[0].clone();
    let until = subscription.old_secret_until.expect("both are valid for a while");
    assert_eq!(
        until.duration_since(house.clock.now()),
        SignedDuration::from_hours(24),
        "a day, unless another is asked for"
    );
    // All day long somebody has changed over to the new secret already, and somebody else has not.
    let day = [(0, Grade::B2), (6, Grade::B3), (6, Grade::C1), (6, Grade::C2), (5, Grade::C3)];
    for (n, (hours, grade)) in (1..).zip(day) {
        house.pass(hours * 3_600);
        house.rate(grade).await;
        house.deliver().await;
        assert_eq!(receiver.requests().len(), n);
        let arrived = Arrived::of(receiver.requests().last().unwrap());
        assert!(arrived.is_accepted(&new) && arrived.is_accepted(&old), "{grade}");
    }
    house.pass(3_600);
    house.rate(Grade::D).await;
    house.deliver().await;
    assert_eq!(receiver.requests().len(), day.len() + 1);
    let arrived = Arrived::of(receiver.requests().last().unwrap());
    assert!(arrived.is_accepted(&new) && !arrived.is_accepted(&old), "the old one has ended");
}
