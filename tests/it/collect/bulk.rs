//! Files too large to hold, and streams that do not end.

use std::{fmt::Write as _, io::Write, path::Path, sync::Arc};

use axum::body::Body;
use flate2::{Compression, write::GzEncoder};
use futures::{StreamExt, stream};
use vedetta::{
    collect::{
        Answer, Configured, Cursor, Misread, Page, Request, Source, Taking, Watched,
        fetch::{Failure, Fetched},
        try_path,
    },
    domain::{Sha256, SourceId},
    store::Validator,
};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{
    rounds::{World, collect, mention, source_settings},
    web::{Web, api, fetcher, page, start, status, text, with},
};

const HEADER: &str = "id|name|tax|city\n";
const BRANDONI: &str = "r-1|OFFICINE BRANDONI SRL|00743110157|Lecco\n";

/// A national register as one file, or as a stream of its changes. A line that says `wrong` is a changed layout.
struct National {
    id: SourceId,
    request: Request,
}

impl Source for National {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, _: &[Watched], _: &Cursor) -> Vec<Request> {
        vec![self.request.clone()]
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        let body = String::from_utf8_lossy(&answer.body);
        let rows = match answer.request.taking {
            Taking::Lines => body.strip_prefix(HEADER).ok_or_else(|| Misread::Quarantined("no header".to_owned()))?,
            _ => &body,
        };
        let mut page = Page::default();
        for row in rows.lines() {
            match row.split('|').collect::<Vec<_>>()[..] {
                [own_id, name, tax, city] => page.mentions.push(mention(own_id, name, tax, city)),
                _ => return Err(Misread::Quarantined(format!("another layout: {row}"))),
            }
            page.cursor = Some(Cursor(row.to_owned()));
        }
        Ok(page)
    }
}

fn national(web: &Web, taking: Taking) -> Configured {
    let id: SourceId = "national".parse().unwrap();
    let request = Request { taking, ..page(web.url("/all")) };
    let reader = Arc::new(National { id: id.clone(), request });
    Configured { settings: source_settings(id, web), reader: Ok(reader) }
}

/// Rows about companies that are nobody's clients, about so many bytes of them. Long ones: what is tried is how they are
/// cut, and not how fast they are read.
fn strangers(n_bytes: usize) -> String {
    let mut rows = String::with_capacity(n_bytes + 2_000);
    for n in 0.. {
        if rows.len() >= n_bytes {
            break;
        }
        let filler = "0123456789".repeat(90 + n % 20);
        writeln!(rows, "s-{n}-{filler}|Ditta Inventata {n}||Borgo {}", n % 97).unwrap();
    }
    rows
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// What becomes of a file when a source asks for its lines: its pieces, or why not.
async fn pieces(bytes: Vec<u8>) -> Result<Vec<Answer>, String> {
    let web = Web::new(move |_, _| text(bytes.clone())).await;
    let request = Request { taking: Taking::Lines, ..page(web.url("/all.zip")) };
    let Ok(Fetched::File(file, _)) = fetcher().fetch(&request, &api(), &Validator::default()).await else {
        panic!("a file was asked for");
    };
    let (mut pieces, mut receiver) = (Vec::new(), file.pieces());
    while let Some(piece) = receiver.recv().await {
        pieces.push(piece?);
    }
    Ok(pieces)
}

#[tokio::test]
async fn a_large_file_is_read_in_pieces_that_each_begin_with_its_first_line() {
    let rows = strangers(9 * 1024 * 1024);
    let whole = format!("{HEADER}{rows}");
    let folder: &[u8] = b"";
    let packed = [
        whole.clone().into_bytes(),
        gzipped(whole.as_bytes()),
        zipped(&[("data/", folder), ("data/all.csv", whole.as_bytes()), ("readme.txt", b"read me")]),
    ];
    for bytes in packed {
        let pieces = pieces(bytes).await.unwrap();
        assert!(pieces.len() >= 3, "{}", pieces.len());
        let mut read = String::new();
        for (n, piece) in pieces.iter().enumerate() {
            let text = std::str::from_utf8(&piece.body).unwrap();
            read += text.strip_prefix(HEADER).expect("the first line is on top");
            assert!(text.ends_with('\n') && text.len() < 5 * 1024 * 1024);
            assert_eq!((piece.part.number as usize, piece.part.is_last), (n, n + 1 == pieces.len()));
        }
        assert!(read == rows, "nothing is lost, doubled or moved");
    }
}

#[tokio::test]
async fn a_record_with_the_end_of_a_line_in_quotes_is_not_cut_in_two() {
    let record = format!("\"s\",\"{}\"\n", "via Roma 1\n".repeat(500));
    let file = format!("id,address\n{}", record.repeat(900));
    let pieces = pieces(file.into_bytes()).await.unwrap();
    assert_eq!(pieces.len(), 2);
    for piece in pieces {
        assert_eq!(piece.body.iter().filter(|b| **b == b'"').count() % 4, 0, "whole records");
    }
}

#[tokio::test]
async fn a_file_that_is_broken_or_made_to_hurt_is_a_failure_that_says_why() {
    let honest = zipped(&[("all.csv", format!("{HEADER}{}", strangers(300_000)).as_bytes())]);
    let packed = gzipped(format!("{HEADER}{}", strangers(300_000)).as_bytes());
    let blanks = format!("{}\n", " ".repeat(9_999)).repeat(7_500).into_bytes();
    let many: Vec<_> = (0..12_000).map(|n| format!("{n}.csv")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b"a"[..])).collect();
    let cases = [
        (honest[..honest.len() / 2].to_vec(), "cut off"),
        (packed[..packed.len() / 2].to_vec(), "line "),
        (zipped(&[("all.csv", &honest)]), "archive inside an archive"),
        (gzipped(&packed), "archive inside an archive"),
        (zipped(&[("blank.csv", &blanks)]), "bomb"),
        (gzipped(&blanks), "bomb"),
        (gzipped(&vec![b'x'; 4 * 1024 * 1024]), "line 1 is longer"),
        (zipped(&many), "12000 files"),
        (zipped(&[("folder/", b"")]), "without a file"),
        (b"\xFF\xFEi\0d\0\n\0".to_vec(), "two bytes a character"),
    ];
    for (bytes, expected) in cases {
        let said = pieces(bytes).await.map(|pieces| pieces.len()).unwrap_err();
        assert!(said.contains(expected), "{said:?} does not say {expected:?}");
    }
}

#[tokio::test]
async fn the_evidence_of_a_record_in_a_large_file_is_its_own_row_under_the_first_line() {
    let world = World::new().await;
    let (before, behind) = (strangers(5 * 1024 * 1024), strangers(700_000));
    let file = zipped(&[("all.csv", format!("{HEADER}{before}{BRANDONI}{behind}").as_bytes())]);
    let web = Web::new(move |_, _| text(file.clone())).await;
    let collector = world.collector_of(vec![national(&web, Taking::Lines)]);
    let report = collect(&collector).await.remove(0);
    assert_eq!((report.requests, report.signals, report.failed), (1, 1, 0), "{report:?}");
    assert!(report.mentions > 5_000, "{}", report.mentions);
    let signal = world.store.facts().signals(world.client, None, 10).await.unwrap().remove(0).signal;
    let kept = world.store.archive().get(&signal.evidence.sha256).unwrap().unwrap();
    assert_eq!(String::from_utf8(kept).unwrap(), format!("{HEADER}{BRANDONI}"));
    let again = collect(&collector).await.remove(0);
    assert_eq!((again.not_modified, again.mentions), (1, 0), "the same bytes are not read twice");
}

#[tokio::test]
async fn a_file_of_another_layout_is_set_aside_with_the_piece_that_shows_it_and_asked_for_again() {
    let world = World::new().await;
    let file = format!("{HEADER}{BRANDONI}r-2|wrong\n");
    let kept = Sha256::of(file.as_bytes());
    let web = Web::new(move |_, _| text(file.clone())).await;
    let collector = world.collector_of(vec![national(&web, Taking::Lines)]);
    for _ in 0..2 {
        let report = collect(&collector).await.remove(0);
        assert_eq!((report.quarantined, report.not_modified, report.signals), (1, 0, 0), "{report:?}");
    }
    assert!(world.store.archive().contains(&kept));
    assert_eq!(world.store.sources().state("national").await.unwrap().cursor, "");
}

#[tokio::test]
async fn a_small_answer_where_a_file_was_asked_for_is_for_the_reader_to_understand() {
    let web = Web::new(|_, _| status(404)).await;
    let request = Request { taking: Taking::Lines, ..page(web.url("/all")) };
    match fetcher().fetch(&request, &api(), &Validator::default()).await.unwrap() {
        Fetched::Answer(answer, _) => assert_eq!((answer.status, answer.body.len()), (404, 0)),
        other => panic!("{other:?}"),
    }
}

/// A stream that says these things and then neither ends nor goes on.
async fn speaking(words: &'static [&'static str]) -> Web {
    Web::new(move |_, _| {
        let words = stream::iter(words).map(|word| Ok::<_, std::io::Error>(*word));
        text(Body::from_stream(words.chain(stream::pending())))
    })
    .await
}

async fn hear(web: &Web) -> Result<Fetched, Failure> {
    let request = Request { taking: Taking::Listen { seconds: 60 }, ..page(web.url("/stream")) };
    fetcher().fetch(&request, &api(), &Validator::default()).await
}

#[tokio::test]
async fn of_a_stream_the_whole_lines_are_heard_and_heartbeats_and_half_lines_are_not() {
    let web = speaking(&["\n", "{\"one\":1}\r\n\n", "\r\n{\"two\"", ":2}\n", "{\"half\":"]).await;
    match hear(&web).await.unwrap() {
        Fetched::Answer(answer, validator) => {
            assert_eq!(String::from_utf8(answer.body).unwrap(), "{\"one\":1}\r\n{\"two\":2}\n");
            assert_eq!(validator, Validator::default(), "what was heard once may be said again");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_stream_that_only_lives_has_nothing_new_and_one_that_is_silent_could_not_be_heard() {
    assert!(matches!(hear(&speaking(&["\n", "\n"]).await).await, Ok(Fetched::NotModified)));
    let silent = hear(&speaking(&[]).await).await.unwrap_err();
    assert!(silent.to_string().contains("sign of life"), "{silent}");
}

#[tokio::test]
async fn a_stream_that_never_pauses_is_heard_up_to_what_can_be_held() {
    let line = format!("{}\n", "x".repeat(1_000));
    let web = Web::new(move |_, _| {
        let line = line.clone();
        text(Body::from_stream(stream::repeat_with(move || Ok::<_, std::io::Error>(line.clone()))))
    })
    .await;
    match hear(&web).await.unwrap() {
        Fetched::Answer(answer, _) => {
            assert!((8_000_000..=8 * 1024 * 1024).contains(&answer.body.len()), "{}", answer.body.len());
            assert_eq!(answer.body.len() % 1_001, 0, "whole lines");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_a_stream_says_of_a_client_is_kept_by_its_line_and_the_cursor_stays_before_a_half_line() {
    let world = World::new().await;
    let web = speaking(&["s-1|Ditta Inventata||\n", BRANDONI, "s-2|Altra Ditta"]).await;
    let collector = world.collector_of(vec![national(&web, Taking::Listen { seconds: 30 })]);
    let report = collect(&collector).await.remove(0);
    assert_eq!((report.mentions, report.signals, report.failed), (2, 1, 0), "{report:?}");
    let signal = world.store.facts().signals(world.client, None, 10).await.unwrap().remove(0).signal;
    assert_eq!(world.store.archive().get(&signal.evidence.sha256).unwrap().unwrap(), BRANDONI.as_bytes());
    assert_eq!(world.store.sources().state("national").await.unwrap().cursor, BRANDONI.trim_end());
    let again = collect(&collector).await.remove(0);
    assert_eq!((again.not_modified, again.mentions, again.signals), (0, 2, 0), "heard again, and known");
}

#[tokio::test]
async fn a_recorded_file_is_tried_as_it_lies_packed_or_plain() {
    let web = Web::new(|_, _| with(text(""), "x", "y")).await;
    let source = national(&web, Taking::Lines).reader.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let table = format!("{HEADER}{BRANDONI}");
    let cases = [("all.zip", zipped(&[("all.csv", table.as_bytes())])), ("all.csv.gz", gzipped(table.as_bytes()))];
    for (name, bytes) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let tried = try_path(source.as_ref(), &path, start()).unwrap();
        assert_eq!((tried.mentions.len(), tried.error), (1, None), "{name}");
        std::fs::write(&path, &bytes[..bytes.len() - 30]).unwrap();
        assert!(try_path(source.as_ref(), &path, start()).unwrap().error.is_some(), "{name} cut short");
    }
    assert!(try_path(source.as_ref(), Path::new("/nowhere/at/all"), start()).is_err());
}
