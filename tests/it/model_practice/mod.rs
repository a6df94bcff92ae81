//! The practice around a model: which one may rate, what would be if, and the way back.

mod checks;
mod outcomes;
mod path;
mod seats;
mod stress;
mod watch;

use vedetta::{extract::Catalogue, pipeline::Candidate, store::ModelFiles};

const MODEL: &str = include_str!("../../../models/baseline-1/model.json");
const GOLDEN: &str = include_str!("../../../models/baseline-1/golden.csv");

/// The baseline under another name, with one place of its text changed, and golden vectors that are not in its way.
fn changed(name: &str, from: &str, to: &str) -> Candidate {
    assert!(MODEL.contains(from), "{from}");
    let body = MODEL.replacen("\"baseline-1\"", &format!("{name:?}"), 1).replacen(from, to, 1);
    Candidate {
        files: ModelFiles {
            name: name.to_owned(),
            body,
            golden: Some(GOLDEN.to_owned()),
            training: None,
            card: None,
            evaluation: None,
        },
        sums: None,
        allows_other_definition: false,
    }
}

/// The baseline made for a feature table that nobody has.
fn foreign() -> Candidate {
    let own = Catalogue::get().hash().to_string();
    changed("foreign", &own, &"0".repeat(own.len()))
}

/// The baseline with points of another base, and the golden vectors that go with it: milder or stricter with everybody.
fn shifted(name: &str, points: i32) -> Candidate {
    let mut candidate = changed(name, "\"base\": 645", &format!("\"base\": {}", 645 + points));
    candidate.files.golden = Some(format!("case,points\nnothing is known,{}\n", 645 + points));
    let header: Vec<&str> = GOLDEN.lines().next().unwrap().split(',').collect();
    let empty = ",".repeat(header.len() - 2);
    let row = format!("nothing is known{empty},{}\n", 645 + points);
    candidate.files.golden = Some(format!("{}\n{row}", header.join(",")));
    candidate
}
