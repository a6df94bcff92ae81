//! How well headlines are read, on a labelled set of our own: `fixtures/news/headlines.tsv`. All companies are invented.
//!
//! The `held` half was written before the tables of phrases were, in other words, and is not read line by line when they
//! are mended. The `tune` half is where a misread headline goes when a phrase is mended.

use std::collections::BTreeMap;

use vedetta::{
    collect::news::{Reading, read},
    domain::{About, NewsEvent},
};

/// The least macro F1 over events that the held half must reach.
const FLOOR: f64 = 0.85;

struct Line {
    half: String,
    kind: String,
    event: NewsEvent,
    about: About,
    is_negated: bool,
    who: String,
    headline: String,
}

fn lines(half: &str) -> Vec<Line> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/news/headlines.tsv");
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_path(path).unwrap();
    let line = |row: csv::StringRecord| Line {
        half: row[0].to_owned(),
        kind: row[2].to_owned(),
        event: row[3].parse().unwrap(),
        about: row[4].parse().unwrap(),
        is_negated: &row[5] == "yes",
        who: row[6].to_owned(),
        headline: row[7].to_owned(),
    };
    reader.records().map(|row| line(row.unwrap())).filter(|line| line.half == half).collect()
}

/// What was found of one event: rightly, wrongly, and not at all.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    right: f64,
    wrong: f64,
    missed: f64,
}

impl Counts {
    fn precision(self) -> f64 {
        self.right / (self.right + self.wrong).max(1.0)
    }

    fn recall(self) -> f64 {
        self.right / (self.right + self.missed).max(1.0)
    }

    fn f1(self) -> f64 {
        2.0 * self.right / (2.0 * self.right + self.wrong + self.missed).max(1.0)
    }
}

fn counts(lines: &[Line]) -> BTreeMap<NewsEvent, Counts> {
    let mut counts: BTreeMap<NewsEvent, Counts> = BTreeMap::new();
    for line in lines {
        let found = read(&line.headline, "", None).event;
        if found == line.event {
            counts.entry(found).or_default().right += 1.0;
        } else {
            counts.entry(found).or_default().wrong += 1.0;
            counts.entry(line.event).or_default().missed += 1.0;
        }
    }
    counts
}

#[expect(clippy::cast_precision_loss, reason = "thirteen events, some hundred lines")]
fn macro_f1(counts: &BTreeMap<NewsEvent, Counts>) -> f64 {
    counts.values().map(|c| c.f1()).sum::<f64>() / counts.len() as f64
}

/// The share of lines of which this holds.
#[expect(clippy::cast_precision_loss, reason = "some hundred lines")]
fn share(lines: &[Line], wanted: impl Fn(&Line) -> bool, holds: impl Fn(&Line, &Reading) -> bool) -> f64 {
    let wanted: Vec<&Line> = lines.iter().filter(|line| wanted(line)).collect();
    let n = wanted.iter().filter(|line| holds(line, &read(&line.headline, "", None))).count();
    n as f64 / wanted.len().max(1) as f64
}

/// A reading that would put a default to a client's account.
fn is_default_of_a_client(reading: &Reading) -> bool {
    reading.event == NewsEvent::Default && reading.about == About::Client && !reading.is_negated
}

/// The table of precision and recall, as the room's documentation has it.
fn table(half: &str) -> String {
    let lines = lines(half);
    let counts = counts(&lines);
    let mut table = format!("{half}: {} lines, macro F1 {:.3}\n", lines.len(), macro_f1(&counts));
    for (event, c) in &counts {
        table += &format!("{event:<16} {:.2} {:.2} {:.2}\n", c.precision(), c.recall(), c.f1());
    }
    let about = share(&lines, |_| true, |line, reading| reading.about == line.about);
    let denied = share(&lines, |line| line.is_negated, |_, reading| reading.is_negated);
    let named =
        |line: &Line, reading: &Reading| reading.company.as_deref().is_some_and(|name| name.contains(&line.who));
    let named = share(&lines, |line| line.about == About::Client, named);
    table + &format!("about {about:.2}, denials {denied:.2}, names {named:.2}")
}

#[test]
fn the_held_half_of_the_labelled_headlines_is_read_well_enough() {
    let held = lines("held");
    let score = macro_f1(&counts(&held));
    let start = std::time::Instant::now();
    let n_found = held.iter().filter(|line| read(&line.headline, "", None).event != NewsEvent::None).count();
    let took = start.elapsed();
    eprintln!("{}\n{}", table("tune"), table("held"));
    eprintln!("{} headlines read in {took:?} by this build, {n_found} of them with an event", held.len());
    assert!(score >= FLOOR, "macro F1 {score:.3} is under the floor {FLOOR}\n{}", table("held"));
}

#[test]
fn no_false_friend_is_read_as_the_default_of_a_client() {
    for half in ["held", "tune"] {
        let friends: Vec<Line> = lines(half).into_iter().filter(|line| line.kind == "friend").collect();
        assert!(friends.len() >= 40, "only {} false friends in {half}", friends.len());
        let n_wrong = friends.iter().filter(|l| is_default_of_a_client(&read(&l.headline, "", None))).count();
        assert_eq!(n_wrong, 0, "false friends of the {half} half are read as defaults of clients");
    }
}
