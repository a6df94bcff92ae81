use crate::score::{Bin, Input};

/// A feature of the payment history on which an expert's scorecard has no opinion, and which the evidence may speak on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub(super) feature: &'static str,
    /// Upper bounds of the bins; the last has none.
    edges: &'static [f64],
    /// 1 where the risk may only rise with the value, -1 where it may only fall.
    pub(super) direction: f64,
}

/// Days on the scale of habit, on which each doubling tells as much.
const DAYS: &[f64] = &[-1.0, 0.0, 2.0, 4.0, 6.0, 8.0, 11.0, 15.0, 20.0, 26.0, 34.0, 45.0, 60.0, 80.0];
/// How much longer than usual, as a share.
const ABOVE: &[f64] = &[-0.6, -0.4, -0.2, -0.1, 0.0, 0.15, 0.35, 0.6, 1.0, 1.6, 2.5, 4.0];
/// Distance from the habit, on its scale.
const BEYOND: &[f64] = &[0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7];
/// Shares of invoices that are far too late.
const SHARES: &[f64] = &[0.0, 0.02, 0.05, 0.1, 0.15, 0.22, 0.3, 0.4, 0.55];
/// Open invoices past due.
const COUNTS: &[f64] = &[0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 9.0];
/// Shares of the amount that is disputed.
const DISPUTED: &[f64] = &[0.0, 0.05, 0.1, 0.2, 0.35, 0.5];

/// The rule, set before any data: every feature of habit but those of its settled part alone, which tell something only beside
/// the present and in a card each speaks for itself; and disputes, which are no lateness and which no expert punishes.
/// What the rows say nothing about stays without points and is left out of the model.
pub(super) const OPEN_QUESTIONS: &[Question] = &[
    rises("lateness_recent_30d", DAYS),
    rises("lateness_recent_60d", DAYS),
    rises("lateness_recent_120d", DAYS),
    rises("lateness_recent_400d", DAYS),
    // Whoever always pays late is late by choice: with the present delay given, a longer habit is less of a warning.
    Question { feature: "lateness_usual", edges: DAYS, direction: -1.0 },
    rises("lateness_above_usual", ABOVE),
    rises("lateness_beyond_usual_45d", BEYOND),
    rises("lateness_beyond_usual_400d", BEYOND),
    rises("late_over_30_recent_60d", SHARES),
    rises("late_over_50_recent_60d", SHARES),
    rises("late_over_75_recent_60d", SHARES),
    rises("late_over_30_recent_400d", SHARES),
    rises("late_over_50_recent_400d", SHARES),
    rises("late_over_75_recent_400d", SHARES),
    rises("overdue_invoices", COUNTS),
    rises("disputed_share_365d", DISPUTED),
];

const fn rises(feature: &'static str, edges: &'static [f64]) -> Question {
    Question { feature, edges, direction: 1.0 }
}

/// An input of no points yet. It counts for nothing in coverage, as long as nobody says that it should.
pub(super) fn open_question(question: &Question) -> Input {
    let bins = question.edges.iter().map(|edge| Some(*edge)).chain([None]).map(|upto| Bin { upto, points: 0 });
    Input {
        feature: question.feature.to_owned(),
        weight: 0.0,
        bins: bins.collect(),
        missing: 0,
        special: Vec::new(),
        groups: Vec::new(),
    }
}
