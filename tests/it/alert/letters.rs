use vedetta::{
    alert::{Counts, MailSettings, Settings},
    domain::Grade,
    store::{DeliveryState, Subscription},
};

use super::{deliveries::House, mailbox::Mailbox};

async fn house(mailbox: &Mailbox) -> House {
    House::with(&Settings { storm_mails: 5, storm_minutes: 10, ..Settings::default() }, Some(&mailbox.mail())).await
}

fn by_mail(house: &House, locale: &str) -> Subscription {
    Subscription {
        name: "Credit desk".to_owned(),
        channel: "email".to_owned(),
        target: Some("desk@credit.example".to_owned()),
        secrets: Vec::new(),
        locale: locale.to_owned(),
        ..house.wish("sub_1", String::new())
    }
}

/// A client who falls from B1 to C1.
async fn fall(house: &mut House) {
    house.rate(Grade::B1).await;
    house.rate(Grade::C1).await;
}

#[tokio::test]
async fn a_drop_is_mailed_in_the_readers_language_as_text_and_as_html() {
    let table = [
        (
            "en",
            "B1 → C1, 3 notches worse",
            ["exposure: 20\u{a0}000.00", "4.1 % → 6.1 %", "treatment: formal notice", "18 000 EUR"],
        ),
        (
            "it",
            "B1 → C1, 3 classi in meno",
            ["esposizione: 20.000,00", "4,1 % → 6,1 %", "trattamento: messa in mora", "18.000\u{a0}€"],
        ),
    ];
    for (locale, step, facts) in table {
        let mailbox = Mailbox::start().await;
        let mut house = house(&mailbox).await;
        house.put(&by_mail(&house, locale)).await;
        fall(&mut house).await;
        assert_eq!(house.deliver().await, Counts { delivered: 1, ..Counts::default() });
        let mail = mailbox.only();
        assert!(mail.from.contains("<vedetta@hooks.example>") && mail.to.contains("<desk@credit.example>"), "{mail:?}");
        let (plain, html) = (mail.part("text/plain"), mail.part("text/html"));
        for said in facts.iter().chain([&step, &"(-31)"]) {
            assert!(plain.contains(said), "{said} is not in {plain}");
            assert!(html.contains(said), "{said} is not in {html}");
        }
        assert!(plain.contains("Ferramenta Ottolupi & Figli (C-7)"), "{plain}");
        assert!(html.contains(&format!("<html lang=\"{locale}\">")), "{html}");
        assert!(html.contains("Ottolupi &#38; Figli") && !html.contains("& Figli"), "a name is no markup: {html}");
    }
}

#[tokio::test]
async fn a_reader_can_leave_with_one_click_as_rfc_8058_wants_it() {
    let mailbox = Mailbox::start().await;
    let mut house = house(&mailbox).await;
    house.put(&by_mail(&house, "en")).await;
    fall(&mut house).await;
    house.deliver().await;
    let mail = mailbox.only();
    assert_eq!(mail.header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    let link = mail.header("List-Unsubscribe").expect("a link");
    let url = link.trim_start_matches('<').trim_end_matches('>');
    assert!(url.starts_with("https://vedetta.example/here/unsubscribe/sub_1."), "{url}");
    assert!(mail.part("text/plain").contains(url), "the same link for people");
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
}

#[tokio::test]
async fn a_mail_that_is_put_off_comes_again_as_the_same_mail() {
    let mailbox = Mailbox::start().await;
    mailbox.say("451 4.7.1 Greylisted");
    let mut house = house(&mailbox).await;
    house.put(&by_mail(&house, "en")).await;
    fall(&mut house).await;
    assert_eq!(house.deliver().await, Counts { retrying: 1, ..Counts::default() });
    let waiting = house.store.deliveries().of("sub_1", None, 1).await.unwrap().pop().unwrap();
    assert_eq!(waiting.last_status, Some(451));
    assert!(waiting.last_error.as_deref().unwrap().contains("Greylisted"), "{waiting:?}");
    mailbox.say("250 Ok");
    house.pass(7);
    assert_eq!(house.deliver().await, Counts { delivered: 1, ..Counts::default() });
    let id = mailbox.only().header("Message-ID").expect("an id");
    assert_eq!(id, format!("<vedetta.sub_1.{}@hooks.example>", waiting.id));
}

#[tokio::test]
async fn a_mailbox_that_does_not_exist_is_not_tried_again() {
    let mailbox = Mailbox::start().await;
    mailbox.say("550 5.1.1 No such user");
    let mut house = house(&mailbox).await;
    house.put(&by_mail(&house, "en")).await;
    fall(&mut house).await;
    assert_eq!(house.deliver().await, Counts { exhausted: 1, ..Counts::default() });
    assert!(house.stored("sub_1").await.failing_since.is_some());
    house.pass(5 * 86_400);
    house.rate(Grade::D).await;
    assert_eq!(house.deliver().await.dropped, 1);
    assert!(house.stored("sub_1").await.disabled.unwrap().contains("5 days"));
}

#[tokio::test]
async fn a_mail_server_that_is_away_blames_no_mailbox() {
    let mailbox = Mailbox::start().await;
    let mail = mailbox.mail();
    drop(mailbox);
    let mut house = House::with(&Settings::default(), Some(&mail)).await;
    house.put(&by_mail(&house, "en")).await;
    fall(&mut house).await;
    for _ in 0..7 {
        assert_eq!(house.deliver().await, Counts { retrying: 1, ..Counts::default() });
        house.pass(50_000);
    }
    assert_eq!(house.deliver().await, Counts { exhausted: 1, ..Counts::default() });
    let stored = house.stored("sub_1").await;
    assert_eq!((stored.failing_since, stored.disabled), (None, None));
    let seen = house.store.deliveries().of("sub_1", None, 1).await.unwrap().pop().unwrap();
    assert_eq!((seen.state, seen.last_status), (DeliveryState::Exhausted, None));
}

#[tokio::test]
async fn an_hourly_digest_is_one_mail_that_names_the_gravest_first() {
    let mailbox = Mailbox::start().await;
    let house = house(&mailbox).await;
    house.put(&Subscription { digest: "hourly".to_owned(), ..by_mail(&house, "en") }).await;
    let clients = house.crowd(3).await;
    house.pass(60);
    house.rate_all(&clients, Some(Grade::B1), Grade::B3).await;
    assert_eq!(house.deliver().await, Counts::default());
    house.pass(3_540);
    assert_eq!(house.deliver().await.delivered, 1);
    let mail = mailbox.only();
    let plain = mail.part("text/plain");
    assert!(plain.starts_with("3 alerts: Tessitura Valbruna (S-3): B1 → B3, 2 notches worse"), "{plain}");
    let places: Vec<usize> = ["S-3", "S-2", "S-1"].iter().map(|code| plain.rfind(code).expect("all three")).collect();
    assert!(places.is_sorted(), "{plain}");
    assert!(plain.contains("since the last message"), "{plain}");
}

#[tokio::test]
async fn a_storm_of_mails_is_one_mail_that_counts_what_it_does_not_name() {
    let mailbox = Mailbox::start().await;
    let house = house(&mailbox).await;
    house.put(&by_mail(&house, "it")).await;
    let clients = house.crowd(70).await;
    house.rate_all(&clients, Some(Grade::B1), Grade::C2).await;
    house.deliver().await;
    house.pass(600);
    house.deliver().await;
    let plain = mailbox.only().part("text/plain");
    assert!(plain.starts_with("70 avvisi: "), "{plain}");
    assert!(plain.contains("E altri 20: GET /v1/changes?after=70"), "{plain}");
}

#[tokio::test]
async fn the_account_is_used_and_its_password_is_shown_nowhere() {
    let mailbox = Mailbox::start().await;
    let mail = mailbox.mail_as("vedetta", "canary-7f3a");
    assert!(!format!("{mail:?}").contains("canary"), "{mail:?}");
    let mut house = House::with(&Settings::default(), Some(&mail)).await;
    assert!(!format!("{:?}", house.alerts).contains("canary"));
    house.put(&by_mail(&house, "en")).await;
    fall(&mut house).await;
    house.deliver().await;
    assert_eq!(mailbox.only().login.as_deref(), Some("vedetta canary-7f3a"));
}

#[tokio::test]
async fn a_server_that_offers_no_encryption_gets_neither_password_nor_mail() {
    let mailbox = Mailbox::start().await;
    for encryption in ["starttls", "tls"] {
        let settings =
            MailSettings { encryption: encryption.to_owned(), user: "vedetta".to_owned(), ..mailbox.settings() };
        let mail = settings.check(Some("canary-7f3a".into())).unwrap().unwrap();
        let house = House::with(&Settings::default(), Some(&mail)).await;
        let answer = house.alerts.test(&by_mail(&house, "en")).await;
        assert!(!answer.is_success() && answer.status.is_none(), "{encryption}: {answer:?}");
    }
    let said = mailbox.said();
    assert!(said.iter().any(|line| line.starts_with("EHLO")), "{said:?}");
    assert!(!said.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{said:?}");
}

#[tokio::test]
async fn the_test_button_mails_a_test() {
    let mailbox = Mailbox::start().await;
    let house = house(&mailbox).await;
    let subscription = by_mail(&house, "en");
    house.put(&subscription).await;
    let answer = house.alerts.test(&subscription).await;
    assert!(answer.is_success(), "{answer:?}");
    assert!(mailbox.only().part("text/plain").starts_with("This is a test"));
    assert!(house.store.deliveries().of("sub_1", None, 1).await.unwrap().is_empty());
    let without = House::new().await;
    assert!(without.alerts.test(&subscription).await.error.unwrap().contains("no mail server"));
}

#[test]
fn settings_that_cannot_be_are_refused_by_their_name() {
    let good = MailSettings {
        host: "mail.example".to_owned(),
        port: 0,
        encryption: "starttls".to_owned(),
        user: String::new(),
        from: "vedetta@example.com".to_owned(),
        public_url: "https://vedetta.example.com".to_owned(),
    };
    assert!(good.check(None).unwrap().is_some());
    assert!(MailSettings::default().check(None).unwrap().is_none(), "no host is no mail");
    let text = str::to_owned;
    for (wrong, field) in [
        (MailSettings { encryption: text("none"), ..good.clone() }, "encryption"),
        (MailSettings { encryption: text("ssl"), ..good.clone() }, "encryption"),
        (MailSettings { user: text("vedetta"), ..good.clone() }, "user"),
        (MailSettings { from: text("Vedetta"), ..good.clone() }, "from"),
        (MailSettings { public_url: String::new(), ..good.clone() }, "public_url"),
        (MailSettings { public_url: text("http://vedetta.example.com"), ..good.clone() }, "public_url"),
    ] {
        let error = wrong.check(None).unwrap_err();
        assert_eq!(error.field, field, "{error}");
    }
    assert_eq!(good.check(Some("secret".into())).unwrap_err().field, "user");
}
