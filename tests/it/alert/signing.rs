use proptest::prelude::*;
use vedetta::alert::{new_secret, sign};

/// Signs as a receiver does: with its own copy of the public library, and nothing of ours.
fn expected(secret: &str, id: &str, second: i64, body: &str) -> String {
    let hook = standardwebhooks::Webhook::new(secret).expect("a secret");
    hook.sign(id, second, body.as_bytes()).expect("text")
}

fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).expect("an instant")
}

#[test]
fn the_published_vector_comes_out() {
    // Standard Webhooks 1.0.0, the vector that the libraries of all languages share.
    let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned();
    let signature = sign(
        &[secret],
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        at(1_649_367_553),
        r#"{"email":"test@example.com","username":"test_user"}"#,
    );
    assert_eq!(signature.unwrap(), "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
}

#[test]
fn while_a_secret_is_rotated_either_one_verifies() {
    let secrets = [new_secret(), new_secret()];
    let header = sign(&secrets, "42", at(1_772_539_200), "{}").unwrap();
    let signatures: Vec<&str> = header.split(' ').collect();
    assert_eq!(signatures, secrets.each_ref().map(|secret| expected(secret, "42", 1_772_539_200, "{}")));
}

#[test]
fn a_new_secret_is_long_random_and_said_to_be_a_secret() {
    let (one, other) = (new_secret(), new_secret());
    assert_ne!(one, other);
    // 32 bytes are 44 letters of base64.
    assert!(one.starts_with("whsec_") && one.len() == "whsec_".len() + 44, "{one}");
}

#[test]
fn without_a_usable_secret_nothing_is_sent_unsigned() {
    assert!(sign(&[], "42", at(0), "{}").is_err());
    assert!(sign(&["whsec_not base64".to_owned()], "42", at(0), "{}").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_changed_message_keeps_its_signature(place in 0usize..60, bit in 0u8..7, shift in 1i64..1_000_000) {
        let secret = new_secret();
        let body = r#"{"type":"rating.changed","data":{"client":"C-1042","to":"C1"}}"#;
        let signature = sign(std::slice::from_ref(&secret), "42", at(1_772_539_200), body).unwrap();
        let mut bytes = body.as_bytes().to_vec();
        bytes[place % body.len()] ^= 1 << bit;
        let tampered = String::from_utf8(bytes).unwrap();
        prop_assert_ne!(&signature, &expected(&secret, "42", 1_772_539_200, &tampered));
        prop_assert_ne!(&signature, &expected(&secret, "42", 1_772_539_200 + shift, body));
        prop_assert_ne!(&signature, &expected(&secret, "421", 1_772_539_200, body));
        prop_assert_ne!(&signature, &expected(&new_secret(), "42", 1_772_539_200, body));
    }
}
