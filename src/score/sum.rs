use crate::domain::{Grade, Points, Probability, ReasonLine, Scale, largest_first};

/// The floor and the ceiling of a living client's points: 0 is for those in default.
const POINTS: std::ops::RangeInclusive<Points> = 1..=1000;

/// Points in the making: every change is a line, so that the lines add up to the points.
pub(super) struct Sum {
    points: Points,
    /// Left empty when nobody will read them.
    lines: Option<Vec<ReasonLine>>,
}

impl Sum {
    pub(super) fn new(with_lines: bool) -> Self {
        Self { points: 0, lines: with_lines.then(Vec::new) }
    }

    /// Whether anybody will read the lines.
    pub(super) fn has_lines(&self) -> bool {
        self.lines.is_some()
    }

    pub(super) fn points(&self) -> Points {
        self.points
    }

    /// Adds points under a name; nothing is not worth a line.
    pub(super) fn add(&mut self, name: &str, value: Option<f64>, points: Points) {
        self.points += points;
        if let Some(lines) = self.lines.as_mut().filter(|_| points != 0) {
            lines.push(ReasonLine { feature: name.into(), value, points, evidence: Vec::new() });
        }
    }

    /// Adds whatever brings the sum to `points`.
    pub(super) fn bring_to(&mut self, points: Points, name: &str) {
        self.add(name, None, points - self.points);
    }

    /// Keeps the sum on the scale of the living.
    pub(super) fn keep_on_scale(&mut self) {
        self.bring_to(self.points.clamp(*POINTS.start(), *POINTS.end()), "cap:scale");
    }

    /// The lines: the base first, then the largest; equals in the order in which they came.
    pub(super) fn into_lines(self) -> Vec<ReasonLine> {
        let mut lines = self.lines.unwrap_or_default();
        largest_first(&mut lines);
        lines
    }
}

/// The grade of so many points, without memory.
pub(super) fn grade_of(scale: &Scale, points: Points) -> Grade {
    scale.grade(scale.pd(points))
}

/// The fewest points that are still this grade (or better).
pub(super) fn fewest(scale: &Scale, grade: Grade) -> Points {
    let bound = scale.upper_bound(grade).and_then(|pd| Probability::new(pd).ok()).unwrap_or(Probability::ONE);
    let is_within = |points: Points| grade_of(scale, points).rank() <= grade.rank();
    let mut points = scale.points(bound).clamp(*POINTS.start(), *POINTS.end());
    // Rounding may have landed on either side of the bound.
    while !is_within(points) && points < *POINTS.end() {
        points += 1;
    }
    while points > *POINTS.start() && is_within(points - 1) {
        points -= 1;
    }
    points
}

/// The most points that are no better than this grade.
pub(super) fn most(scale: &Scale, grade: Grade) -> Points {
    match grade.rank().and_then(|rank| usize::try_from(rank).ok()?.checked_sub(1)) {
        Some(better) => fewest(scale, Grade::PERFORMING[better.min(8)]) - 1,
        None => *POINTS.end(),
    }
}

/// The points in the middle of a grade's band; none in default.
pub(super) fn typical(scale: &Scale, grade: Grade) -> Points {
    if grade == Grade::D { 0 } else { scale.points(scale.typical_pd(grade)).clamp(*POINTS.start(), *POINTS.end()) }
}

/// A grade some notches from another, kept among the living (or, with `may_default`, at most in default).
pub(super) fn shifted(grade: Grade, notches: i32, may_default: bool) -> Grade {
    let last = if may_default { 9 } else { 8 };
    let rank = grade.rank().map_or(last, |rank| (rank + notches).clamp(0, last));
    Grade::ALL[usize::try_from(rank).unwrap_or(0)]
}
