//! G30, for alerts: the password of the mail server, the secrets of webhooks and the links of mails are in no log line at
//! the finest level, in no answer, in no error and in no printed setting.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use super::{
    doses,
    program::{ran, vedetta},
};
use crate::{
    alert::{mailbox::Mailbox, receivers::Receiver},
    world::{World, read},
};

const PASSWORD: &str = "canary-password-91c4e7";
const NO: &str = "HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n";

/// A log that is kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn g30_no_log_line_and_no_answer_holds_a_secret_of_an_alert() {
    // Without one that listens to everything, the tests beside this one may have had a line's place switched off for good.
    tracing::subscriber::set_global_default(tracing_subscriber::registry()).ok();
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let kept = tracing::subscriber::set_default(subscriber);
    let mailbox = Mailbox::start().await;
    let world = World::with_mail(Some(&mailbox.mail_as("vedetta", PASSWORD))).await;
    let receiver = Receiver::saying(NO).await;
    let hook = json!({"name": "hook", "channel": {"webhook": {"url": receiver.url()}}});
    let mail = json!({"name": "mail", "channel": {"email": {"to": "desk@credit.example"}}});
    let mail = world.post("/v1/subscriptions", &mail, 201).await;
    let path = |made: &serde_json::Value| format!("/v1/subscriptions/{}", made["id"].as_str().unwrap());
    let (mut secrets, mut told) = (Vec::new(), vec![path(&mail)]);
    for _ in 0..doses::g30_hooks() {
        let hook = world.post("/v1/subscriptions", &hook, 201).await;
        let rotated = read(world.ask("POST", &format!("{}/rotate", path(&hook))).send().await.unwrap(), 200).await;
        told.push(path(&hook));
        secrets.extend([hook, rotated].map(|made| made["secret"].as_str().unwrap().to_owned()));
    }
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    world.protest("C-1", "50000").await;
    world.alerts.deliver_due_once().await.unwrap();
    let sent = mailbox.mails().pop().expect("the drop was mailed");
    assert!(sent.login.as_deref().unwrap().contains(PASSWORD), "the canary was in use");
    let link = sent.header("List-Unsubscribe").unwrap();
    let token = link.trim_end_matches('>').rsplit('/').next().unwrap().to_owned();
    let (_, signature) = token.split_once('.').unwrap();
    mailbox.say("535 5.7.8 no");
    let mut answers = format!("{:?} {:?}", world.alerts, world.desk);
    for path in told {
        answers.push_str(&world.get(&path).await.to_string());
        answers.push_str(&world.get(&format!("{path}/deliveries")).await.to_string());
        answers
            .push_str(&read(world.ask("POST", &format!("{path}/test")).send().await.unwrap(), 200).await.to_string());
    }
    answers.push_str(&world.get("/v1/subscriptions").await.to_string());
    answers.push_str(&world.get("/v1/changes").await.to_string());
    drop(kept);
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("request.id"), "the log was kept");
    let key = world.desk.store.deliveries().link_key().await.unwrap();
    let coded = STANDARD.encode(format!("\0vedetta\0{PASSWORD}"));
    let canaries: Vec<&str> =
        secrets.iter().map(String::as_str).chain([PASSWORD, &coded, signature, &key, &world.key]).collect();
    for canary in &canaries {
        assert!(!logged.contains(canary), "{canary} is in the log");
        assert!(!answers.contains(canary), "{canary} is in an answer");
    }
    doses::figures(&format!("{} secrets, 0 in a log of the finest level or in an answer", canaries.len()));
}

#[test]
fn g30_a_password_is_printed_as_stars_wherever_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    for from_file in [true, false] {
        let mut command = vedetta(&folder.path().join("data"));
        command.env("VEDETTA__MAIL__HOST", "mail.example").env("VEDETTA__MAIL__USER", "vedetta");
        command.env("VEDETTA__MAIL__FROM", "Vedetta <v@example.com>");
        command.env("VEDETTA__MAIL__PUBLIC_URL", "https://vedetta.example.com");
        match from_file {
            true => command.env("VEDETTA__MAIL__PASSWORD_FILE", &file),
            false => command.env("VEDETTA_SECRET_SMTP", PASSWORD),
        };
        for what in ["check", "print"] {
            let mut asked = std::process::Command::new(command.get_program());
            asked.args(command.get_args()).args(["config", what]);
            asked.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let output = ran(&mut asked, 0);
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert!(!said.contains(PASSWORD), "{said}");
            assert!(what == "check" || said.contains("mail.host"), "{said}");
        }
    }
    // Without its password the account cannot be right, and that is known at start.
    let mut command = vedetta(&folder.path().join("data"));
    command.env("VEDETTA__MAIL__HOST", "mail.example").env("VEDETTA__MAIL__USER", "vedetta").args(["config", "check"]);
    let said = ran(&mut command, 2).stderr;
    assert!(String::from_utf8_lossy(&said).contains("mail.user"), "{}", String::from_utf8_lossy(&said));
}
