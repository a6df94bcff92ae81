//! A mail server on loopback that speaks SMTP (RFC 5321) in earnest, and remembers what it was given.

use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::SecretString;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use vedetta::alert::{Mail, MailSettings};

/// A mail as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mailed {
    pub(crate) from: String,
    pub(crate) to: String,
    /// What the account and password were, when any were sent.
    pub(crate) login: Option<String>,
    /// Head and body, line ends as newlines.
    pub(crate) text: String,
}

impl Mailed {
    /// A header, with its folded lines put together.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = self.text.split("\n\n").next().unwrap_or_default().replace("\n ", " ").replace("\n\t", " ");
        let line =
            |line: &str| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.to_owned());
        head.lines().find_map(line)
    }

    /// The part of this media type, decoded.
    pub(crate) fn part(&self, media: &str) -> String {
        let found = self.text.split_once(&format!("Content-Type: {media}"));
        let (_, part) = found.unwrap_or_else(|| panic!("no {media} in {}", self.text));
        let (head, body) = part.split_once("\n\n").expect("a body");
        let boundary =
            self.text.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a boundary");
        let body = body.split(&format!("\n--{boundary}")).next().unwrap_or_default();
        let encoding = head.lines().find_map(|line| line.strip_prefix("Content-Transfer-Encoding: ")).unwrap_or("7bit");
        let bytes = match encoding {
            "quoted-printable" => unquoted(body),
            "base64" => STANDARD.decode(body.replace('\n', "")).expect("base64"),
            _ => body.as_bytes().to_vec(),
        };
        String::from_utf8(bytes).expect("UTF-8").replace("\r\n", "\n")
    }
}

/// Quoted-printable (RFC 2045, section 6.7), undone.
fn unquoted(body: &str) -> Vec<u8> {
    let joined = body.replace("=\n", "");
    let (mut bytes, mut rest) = (Vec::new(), joined.as_bytes());
    while let Some((first, more)) = rest.split_first() {
        let escaped = (*first == b'=').then(|| more.get(..2)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    bytes
}

/// A mail server that ends with the test.
pub(crate) struct Mailbox {
    port: u16,
    mails: Arc<Mutex<Vec<Mailed>>>,
    /// What it says to `RCPT TO`.
    reply: Arc<Mutex<String>>,
    /// Every line it was sent before the mails themselves.
    said: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl Mailbox {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let mails: Arc<Mutex<Vec<Mailed>>> = Arc::default();
        let reply = Arc::new(Mutex::new("250 2.1.5 Ok".to_owned()));
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, replies, lines) = (mails.clone(), reply.clone(), said.clone());
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                open.spawn(serve(socket, seen.clone(), replies.clone(), lines.clone()));
            }
        });
        Self { port, mails, reply, said, _serving: serving }
    }

    /// Says this to every recipient from now on.
    pub(crate) fn say(&self, reply: &str) {
        reply.clone_into(&mut self.reply.lock().expect("no panic while held"));
    }

    pub(crate) fn mails(&self) -> Vec<Mailed> {
        self.mails.lock().expect("no panic while held").clone()
    }

    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().expect("no panic while held").clone()
    }

    /// The one mail that came.
    pub(crate) fn only(&self) -> Mailed {
        let mails = self.mails();
        let [mail] = mails.as_slice() else { panic!("{} mails: {mails:#?}", mails.len()) };
        mail.clone()
    }

    pub(crate) fn settings(&self) -> MailSettings {
        MailSettings {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            encryption: "none".to_owned(),
            user: String::new(),
            from: "Vedetta <vedetta@hooks.example>".to_owned(),
            public_url: "https://vedetta.example/here".to_owned(),
        }
    }

    /// How the house reaches it.
    pub(crate) fn mail(&self) -> Mail {
        self.settings().check(None).expect("settings").expect("a server")
    }

    /// The same with an account.
    pub(crate) fn mail_as(&self, user: &str, password: &str) -> Mail {
        let settings = MailSettings { user: user.to_owned(), ..self.settings() };
        settings.check(Some(SecretString::from(password))).expect("settings").expect("a server")
    }
}

async fn serve(
    socket: TcpStream,
    mails: Arc<Mutex<Vec<Mailed>>>,
    reply: Arc<Mutex<String>>,
    said: Arc<Mutex<Vec<String>>>,
) {
    let (read, mut write) = socket.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut mail = Mailed::default();
    if write.write_all(b"220 mail.example ESMTP\r\n").await.is_err() {
        return;
    }
    while let Ok(Some(line)) = lines.next_line().await {
        said.lock().expect("no panic while held").push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
            "AUTH" => {
                let word = line.rsplit(' ').next().unwrap_or_default();
                let bytes = STANDARD.decode(word).unwrap_or_default();
                mail.login = Some(String::from_utf8_lossy(&bytes).replace('\0', " ").trim().to_owned());
                "235 2.7.0 Accepted".to_owned()
            }
            "MAIL" => {
                mail.from = line;
                "250 Ok".to_owned()
            }
            "RCPT" => {
                mail.to = line;
                reply.lock().expect("no panic while held").clone()
            }
            "DATA" => "354 Go on".to_owned(),
            "QUIT" => "221 Bye".to_owned(),
            _ => "250 Ok".to_owned(),
        };
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() || verb == "QUIT" {
            return;
        }
        if verb == "DATA" {
            while let Ok(Some(line)) = lines.next_line().await {
                if line == "." {
                    break;
                }
                // A leading dot is doubled on the way (RFC 5321, section 4.5.2).
                mail.text.push_str(line.strip_prefix('.').unwrap_or(&line));
                mail.text.push('\n');
            }
            let next = Mailed { login: mail.login.clone(), ..Mailed::default() };
            mails.lock().expect("no panic while held").push(std::mem::replace(&mut mail, next));
            if write.write_all(b"250 2.0.0 Queued\r\n").await.is_err() {
                return;
            }
        }
    }
}
