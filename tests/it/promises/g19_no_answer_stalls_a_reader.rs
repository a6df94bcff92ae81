//! G19, for what collectors read: no bytes stall the program or make it fall, whichever reader they are given to. The
//! readers are those of the build, so that a new one is tried without a word here.

use std::{fs, io::Write, path::Path, process::Stdio};

use flate2::{Compression, write::GzEncoder};
use url::Url;
use vedetta::collect::{Answer, Part, Request, Source, SourceOptions, Taking, sources};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    doses::{ELEMENTS, MEMORY_KIB, PATIENCE, deep},
    program::vedetta,
};
use crate::collect::web::start;

fn reader(kind: &str) -> Box<dyn Source> {
    let options = SourceOptions {
        base_url: Url::parse("https://source.example/").unwrap(),
        feeds: Vec::new(),
        country: None,
        language: None,
        credential: Some("key".to_owned()),
        options: crate::sources::described(kind),
    };
    sources::build(kind.parse().unwrap(), kind, &options).unwrap()
}

fn answer(body: Vec<u8>, content_type: &str, taking: Taking) -> Answer {
    let request = Request { taking, ..Request::get(Url::parse("file:///recorded").unwrap(), "") };
    Answer { request, status: 200, content_type: content_type.to_owned(), body, seen_at: start(), part: Part::WHOLE }
}

/// Answers that were made to hurt, each with the type a server would say.
fn bombs() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let lol = (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)));
    let laughs = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY l0 \"lol\">{}]><rss><channel><item><title>&l9;</title></item></channel></rss>",
        lol.collect::<String>()
    );
    let xxe = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/hostname\"><!ENTITY y SYSTEM \
               \"http://127.0.0.1:9/\">]><rss><channel><title>&x;&y;</title></channel></rss>";
    let attributes: String = (0..deep()).map(|n| format!(" a{n}='1'")).collect();
    let nested = |open: &str, close: &str| [open.repeat(deep()), close.repeat(deep())].concat().into_bytes();
    let wide: Vec<u8> = "<rss><channel></channel></rss>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("deep xml", "application/xml", nested("<a>", "</a>")),
        ("deep feed", "application/rss+xml", nested("<item>", "")),
        ("deep html", "text/html", [b"<html>".to_vec(), nested("<div>", "")].concat()),
        ("open links", "text/html", [b"<html>".to_vec(), nested("<p><a href=x>", "")].concat()),
        ("deep table", "text/html", [b"<html>".to_vec(), nested("<table><tr><td>", "")].concat()),
        ("deep json", "application/json", nested("[", "]")),
        ("deep json members", "application/json", nested("{\"a\":", "}")),
        ("attributes in xml", "application/xml", format!("<rss{attributes}></rss>").into_bytes()),
        ("attributes in html", "text/html", format!("<html><p{attributes}>").into_bytes()),
        ("billion laughs", "application/xml", laughs.into_bytes()),
        ("external entities", "application/xml", xxe.as_bytes().to_vec()),
        ("many elements", "application/json", format!("[{}0]", "0,".repeat(ELEMENTS)).into_bytes()),
        ("many rows", "text/csv", ["a,b\n", &"1,2\n".repeat(ELEMENTS / 2)].concat().into_bytes()),
        ("one row", "text/csv", "a,".repeat(ELEMENTS).into_bytes()),
        ("an open quote", "text/csv", ["a,b\n\"", &"1,2\n".repeat(ELEMENTS / 2)].concat().into_bytes()),
        ("long number", "application/json", format!("{{\"a\":{}}}", "9".repeat(ELEMENTS)).into_bytes()),
        ("zeros", "application/json", vec![0; ELEMENTS]),
        ("wide without mark", "application/xml", wide),
        ("invalid utf-8", "application/json", b"{\"name\":\"\xC3\x28\xF5\x80\xED\xA0\x80\"}".to_vec()),
        ("nothing", "", Vec::new()),
    ]
}

#[test]
fn g19_every_reader_ends_on_every_bomb() {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for (name, content_type, body) in bombs() {
            for kind in sources::KINDS {
                for taking in [Taking::Whole, Taking::Lines, Taking::Listen { seconds: 1 }] {
                    let read = reader(kind).read(&answer(body.clone(), content_type, taking));
                    let n_mentions = read.map_or(0, |page| page.mentions.len());
                    sender.send((name, kind, n_mentions)).unwrap();
                }
            }
        }
    });
    let (mut n_read, mut last) = (0, ("nothing yet", ""));
    while let Some((name, kind, n_mentions)) = match receiver.recv_timeout(PATIENCE) {
        Ok(read) => Some(read),
        Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("what comes behind {last:?} does not end"),
    } {
        assert_eq!(n_mentions, 0, "{kind} found something in {name}");
        (n_read, last) = (n_read + 1, (name, kind));
    }
    assert_eq!(n_read, bombs().len() * sources::KINDS.len() * 3, "a reader panicked behind {last:?}");
}

/// What such a file grows to, in MiB: more than the process may hold.
const GROWN_MIB: u64 = 2 * MEMORY_KIB / 1024;

/// Files that grow when they are unpacked, or have no end of a line.
fn growing(folder: &Path) -> Vec<&'static str> {
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    let gzip = |name: &str, part: &[u8]| {
        let mut encoder = GzEncoder::new(fs::File::create(folder.join(name)).unwrap(), Compression::best());
        (0..GROWN_MIB).for_each(|_| encoder.write_all(part).unwrap());
        encoder.finish().unwrap();
    };
    let blank_lines = format!("{}\n", " ".repeat(16_383)).repeat(64);
    gzip("one-line.csv.gz", &[b'x'; 1024 * 1024]);
    gzip("blank-lines.csv.gz", blank_lines.as_bytes());
    let mut zip = ZipWriter::new(fs::File::create(folder.join("bomb.zip")).unwrap());
    zip.start_file("a.csv", SimpleFileOptions::default()).unwrap();
    (0..GROWN_MIB).for_each(|_| zip.write_all(blank_lines.as_bytes()).unwrap());
    zip.finish().unwrap();
    let whole = fs::read(folder.join("bomb.zip")).unwrap();
    write("cut.zip", &whole[..whole.len() - 40]);
    // A file with a hole in it is a gigabyte long and takes no room.
    fs::File::create(folder.join("hole.csv")).unwrap().set_len(1024 * 1024 * 1024).unwrap();
    vec!["one-line.csv.gz", "blank-lines.csv.gz", "bomb.zip", "cut.zip", "hole.csv"]
}

#[test]
fn g19_a_file_that_grows_is_refused_within_the_memory_that_a_process_has() {
    let folder = tempfile::tempdir().unwrap();
    for name in growing(folder.path()) {
        for kind in ["companies-house", "press"] {
            let program = vedetta(&folder.path().join("data"));
            let limited = format!("ulimit -d {MEMORY_KIB}; exec \"$0\" --json collect --try {kind} --from \"$1\"");
            let mut command = std::process::Command::new("sh");
            command.args(["-c", &limited]).arg(program.get_program()).arg(folder.path().join(name));
            let ended = command.stdin(Stdio::null()).output().unwrap();
            let said = String::from_utf8_lossy(&ended.stdout);
            assert_eq!(ended.status.code(), Some(1), "{kind} {name}: {}", String::from_utf8_lossy(&ended.stderr));
            let json: serde_json::Value = serde_json::from_str(&said).unwrap();
            assert!(json["error"].is_string(), "{kind} {name}: {said}");
        }
    }
}
