use std::collections::BTreeMap;

use super::{BatchId, Points, SignalId};

/// What is left of the lines of which everything they rested on was withdrawn.
pub const WITHDRAWN: &str = "withdrawn";

/// What a reason rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EvidenceRef {
    /// A signal, which has its evidence.
    Signal(SignalId),
    /// An imported file or request, which is in the archive.
    Batch(BatchId),
    /// Something that was withdrawn since: the mark stays, the pointer is gone.
    Withdrawn,
}

/// One line of the sum that gives the points.
#[derive(Debug, Clone, PartialEq)]
pub struct ReasonLine {
    /// A feature's name; or `base`, `calibration`, `cap:…`, `rule:…`, `override`, [`WITHDRAWN`].
    pub feature: String,
    /// The feature's value; none when missing, or when the line is not a feature.
    pub value: Option<f64>,
    /// Signed points.
    pub points: Points,
    /// What it rests on.
    pub evidence: Vec<EvidenceRef>,
}

impl ReasonLine {
    /// Whether it rested on something, and all of that was withdrawn.
    fn is_withdrawn(&self) -> bool {
        !self.evidence.is_empty() && self.evidence.iter().all(|e| *e == EvidenceRef::Withdrawn)
    }
}

/// Whether a line is a feature's, and not a step of the sum such as `base` or `cap:scale`.
fn is_feature(name: &str) -> bool {
    !name.contains(':') && !["base", "calibration", "since_recording", "override"].contains(&name)
}

/// Makes one line of all those of which everything they rested on was withdrawn. The name of a feature (protests in twelve
/// months) tells what was there as well as its value does; the sum stays, for the lines still have to add up.
pub fn fold_withdrawn(lines: &mut Vec<ReasonLine>) {
    let (gone, mut kept): (Vec<_>, Vec<_>) = std::mem::take(lines).into_iter().partition(ReasonLine::is_withdrawn);
    if !gone.is_empty() {
        kept.push(ReasonLine {
            feature: WITHDRAWN.to_owned(),
            value: None,
            points: gone.iter().map(|line| line.points).sum(),
            evidence: vec![EvidenceRef::Withdrawn],
        });
    }
    *lines = kept;
    largest_first(lines);
}

/// The base first, then the largest; equals in the order in which they came.
pub fn largest_first(lines: &mut [ReasonLine]) {
    lines.sort_by_key(|line| (line.feature != "base", std::cmp::Reverse(line.points.unsigned_abs())));
}

/// What one line of the sum did to a change: the lines of one name on both sides.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Difference<'a> {
    /// Before.
    pub from: Vec<&'a ReasonLine>,
    /// Now.
    pub to: Vec<&'a ReasonLine>,
}

impl Difference<'_> {
    /// Points now less points before.
    pub fn points(&self) -> Points {
        let sum = |lines: &[&ReasonLine]| lines.iter().map(|line| line.points).sum::<Points>();
        sum(&self.to) - sum(&self.from)
    }

    /// What either side rests on, each once.
    pub fn evidence(&self) -> Vec<EvidenceRef> {
        let mut evidence = Vec::new();
        for reference in self.to.iter().chain(&self.from).flat_map(|line| &line.evidence) {
            if !evidence.contains(reference) {
                evidence.push(*reference);
            }
        }
        evidence
    }
}

/// Name by name what differs between two sums; the points add up to the difference of the totals.
///
/// Where the sum before has a line [`WITHDRAWN`], a feature that is only in the sum now and rests on nothing belongs to it:
/// "no protests", which the folded lines no longer say, would tell by its coming what was withdrawn.
pub fn differences<'a>(from: &'a [ReasonLine], to: &'a [ReasonLine]) -> BTreeMap<&'a str, Difference<'a>> {
    let mut all: BTreeMap<&str, Difference<'_>> = BTreeMap::new();
    for line in from {
        all.entry(&line.feature).or_default().from.push(line);
    }
    let has_withdrawn = all.contains_key(WITHDRAWN);
    for line in to {
        let is_silence = has_withdrawn
            && line.evidence.is_empty()
            && is_feature(&line.feature)
            && !all.contains_key(line.feature.as_str());
        all.entry(if is_silence { WITHDRAWN } else { &line.feature }).or_default().to.push(line);
    }
    all.retain(|_, difference| difference.points() != 0);
    all
}

#[cfg(test)]
mod tests {
    use super::{EvidenceRef, Points, ReasonLine, WITHDRAWN, differences, fold_withdrawn};

    fn line(feature: &str, points: Points) -> ReasonLine {
        ReasonLine { feature: feature.to_owned(), value: None, points, evidence: vec![] }
    }

    fn withdrawn(feature: &str, points: Points) -> ReasonLine {
        ReasonLine { evidence: vec![EvidenceRef::Withdrawn], ..line(feature, points) }
    }

    fn sum(lines: &[ReasonLine]) -> Points {
        lines.iter().map(|line| line.points).sum()
    }

    fn change(from: &[ReasonLine], to: &[ReasonLine]) -> Points {
        differences(from, to).values().map(super::Difference::points).sum()
    }

    #[test]
    fn differences_add_up_even_when_lines_come_and_go_or_repeat() {
        let from = [line("base", 500), line("delay", -20), line("cap:unofficial", 15), line("cap:unofficial", 5)];
        let to = [line("base", 500), line("protest", -40), line("delay", -25), line("cap:unofficial", 5)];
        assert_eq!(change(&from, &to), sum(&to) - sum(&from));
    }

    #[test]
    fn lines_that_rest_on_nothing_but_withdrawn_facts_are_one_line_with_their_sum() {
        let mut lines =
            vec![line("base", 500), withdrawn("protest", -40), withdrawn("rule:protest", -9), line("delay", -20)];
        fold_withdrawn(&mut lines);
        let names: Vec<(&str, Points)> = lines.iter().map(|line| (line.feature.as_str(), line.points)).collect();
        assert_eq!(names, [("base", 500), (WITHDRAWN, -49), ("delay", -20)]);
    }

    #[test]
    fn the_way_back_from_what_was_withdrawn_does_not_name_it_either() {
        let from = [line("base", 500), withdrawn(WITHDRAWN, -49), line("delay", -20)];
        let to = [line("base", 500), line("protest", 5), line("delay", -25), line("override", 7)];
        let found = differences(&from, &to);
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), ["delay", "override", WITHDRAWN]);
        assert_eq!(found[WITHDRAWN].points(), 54);
        assert_eq!(change(&from, &to), sum(&to) - sum(&from));
    }
}
