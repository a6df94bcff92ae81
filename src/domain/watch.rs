use jiff::civil::Date;

use super::Grade;

/// Stability indices from which somebody should look, and from which it is another population (credit practice: 0.10, 0.25).
const INDICES: [f64; 2] = [0.10, 0.25];
/// Chances of fewer bad ones beyond which defaults are no longer luck (Basel's traffic lights: 95 % and 99.9 %).
const CHANCES: [f64; 2] = [0.95, 0.999];
/// Either side of a coin.
const COIN: f64 = 0.5;

/// How far from what a model promised something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// As promised, or not to be told.
    Green,
    /// Somebody should look.
    Yellow,
    /// The promise is broken.
    Red,
}

impl Light {
    /// The light of a stability index: yellow from 0.10, red from 0.25. Without one there is nothing to warn of.
    pub fn of_index(index: Option<f64>) -> Self {
        index.map_or(Self::Green, |index| Self::behind(index, INDICES))
    }

    /// The light of so many bad ones of `n`, were each bad with probability `p`: yellow from where chance would give fewer in
    /// 95 of 100 cases, red from 99.9. Only more than promised warns: fewer are no danger, and show in the figures.
    pub fn of_count(n: u64, bad: u64, p: f64) -> Self {
        if n == 0 { Self::Green } else { Self::behind(chance_of_fewer(n, bad, p), CHANCES) }
    }

    fn behind(value: f64, [yellow, red]: [f64; 2]) -> Self {
        match value {
            value if value >= red => Self::Red,
            value if value >= yellow => Self::Yellow,
            _ => Self::Green,
        }
    }

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }
}

/// The chance of fewer than `bad` of `n`, each with probability `p`: the binomial distribution summed in logarithms.
#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 clients")]
fn chance_of_fewer(n: u64, bad: u64, p: f64) -> f64 {
    let odds = (p / (1.0 - p)).ln();
    let (mut term, mut fewer) = (n as f64 * (-p).ln_1p(), 0.0);
    for k in 0..bad.min(n) {
        fewer += term.exp();
        term += ((n - k) as f64 / (k + 1) as f64).ln() + odds;
    }
    fewer.min(1.0)
}

/// The clients of one grade of a cohort, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Observed {
    /// Clients that were not in default on the day of the cohort.
    pub n: u64,
    /// Those that went into default since.
    pub bad: u64,
    /// Defaults that their PDs let expect by now.
    pub expected: f64,
}

impl Observed {
    /// Adds a client of which `expected` (a probability) was to be expected by now, and what became of it.
    pub fn add(&mut self, expected: f64, is_bad: bool) {
        self.n += 1;
        self.bad += u64::from(is_bad);
        self.expected += expected;
    }

    /// Adds all clients of another count.
    pub fn merge(&mut self, other: Self) {
        self.n += other.n;
        self.bad += other.bad;
        self.expected += other.expected;
    }

    /// Whether there were more defaults than the PDs allow. Unequal PDs spread less than their mean does, so that the light
    /// warns late rather than early.
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 clients")]
    pub fn light(&self) -> Light {
        Light::of_count(self.n, self.bad, self.expected / self.n.max(1) as f64)
    }
}

/// The clients that an earlier night rated, and what became of them by a later one.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort {
    /// The night whose PDs are judged.
    pub run: i64,
    /// Its day.
    pub valid_at: Date,
    /// Days until the judgement; at most a year.
    pub days: i32,
    /// By grade of the PD, in the order of [`Grade::PERFORMING`].
    pub grades: Vec<Observed>,
}

impl Cohort {
    /// All grades together.
    pub fn all(&self) -> Observed {
        let mut all = Observed::default();
        self.grades.iter().for_each(|grade| all.merge(*grade));
        all
    }

    /// The grades that have clients.
    pub fn by_grade(&self) -> impl Iterator<Item = (Grade, Observed)> + '_ {
        Grade::PERFORMING.iter().copied().zip(self.grades.iter().copied()).filter(|(_, observed)| observed.n > 0)
    }
}

/// Analysts against the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scoreboard {
    /// Decisions looked at.
    pub made: u64,
    /// Those in force.
    pub in_force: u64,
    /// Better than the model said.
    pub better: u64,
    /// Worse than the model said.
    pub worse: u64,
    /// The analyst was right: a better grade and no default within a year, or a worse one and a default.
    pub right: u64,
    /// The model was.
    pub wrong: u64,
    /// Neither can be said yet.
    pub open: u64,
}

impl Scoreboard {
    /// Counts a decision. `notches`: from the model's grade to the analyst's, positive is better; `is_bad`: whether the
    /// client went into default since, none when it was in default already; `is_over`: whether its year is.
    pub fn judge(&mut self, notches: i32, is_bad: Option<bool>, is_over: bool) {
        self.made += 1;
        self.better += u64::from(notches > 0);
        self.worse += u64::from(notches < 0);
        match (is_bad, notches) {
            (Some(true), 1..) => self.wrong += 1,
            (Some(true), ..=-1) => self.right += 1,
            (Some(false), 1..) if is_over => self.right += 1,
            (Some(false), ..=-1) if is_over => self.wrong += 1,
            (None, _) | (_, 0) => {}
            _ => self.open += 1,
        }
    }

    /// Who is right more often, `analysts` or `model`; none while they draw.
    pub const fn ahead(&self) -> Option<&'static str> {
        match (self.right, self.wrong) {
            (right, wrong) if right > wrong => Some("analysts"),
            (right, wrong) if right < wrong => Some("model"),
            _ => None,
        }
    }

    /// Whether one side is right so often that a coin would hardly be. Either way somebody should look: at how decisions are
    /// made, or at what the analysts see and the model does not.
    pub fn light(&self) -> Light {
        Light::of_count(self.right + self.wrong, self.right.max(self.wrong), COIN)
    }
}

#[cfg(test)]
mod tests {
    use super::{Light, Observed, Scoreboard, chance_of_fewer};

    #[test]
    fn the_chance_of_fewer_is_that_of_the_binomial_distribution() {
        // By hand: of ten coins fewer than nine heads fall in 1 − 11/1024 of cases.
        assert!((chance_of_fewer(10, 9, 0.5) - (1.0 - 11.0 / 1024.0)).abs() < 1e-12);
        assert!((chance_of_fewer(3, 1, 0.1) - 0.729).abs() < 1e-12);
        assert!(chance_of_fewer(5, 0, 0.2) < 1e-12);
        // 100 000 clients at 2 %: half of the mass lies below the mean, as the normal distribution has it.
        assert!((chance_of_fewer(100_000, 2_000, 0.02) - 0.5).abs() < 0.01);
    }

    #[test]
    fn only_more_defaults_than_the_pds_allow_warn() {
        let observed = |n: u64, bad: u64| {
            let mut observed = Observed::default();
            (0..n).for_each(|i| observed.add(0.1, i < bad));
            observed.light()
        };
        assert_eq!((observed(100, 0), observed(100, 10), observed(0, 0)), (Light::Green, Light::Green, Light::Green));
        // Binomial quantiles of 100 at 10 %: 15 at 95 %, 20 at 99.9 %.
        assert_eq!((observed(100, 15), observed(100, 16)), (Light::Green, Light::Yellow));
        assert_eq!((observed(100, 20), observed(100, 21)), (Light::Yellow, Light::Red));
    }

    #[test]
    fn a_decision_is_judged_when_it_can_be() {
        let mut board = Scoreboard::default();
        for (notches, is_bad, is_over) in [
            (2, Some(true), false),
            (-1, Some(true), false),
            (1, Some(false), true),
            (1, Some(false), false),
            (0, Some(true), true),
        ] {
            board.judge(notches, is_bad, is_over);
        }
        assert_eq!((board.right, board.wrong, board.open, board.better, board.worse), (2, 1, 1, 3, 1));
        assert_eq!((board.made, board.ahead(), board.light()), (5, Some("analysts"), Light::Green));
        // Twelve heads or more of fifteen coins: 1.8 % of cases; fourteen: 0.05 %.
        let lost = Scoreboard { right: 3, wrong: 12, ..board };
        assert_eq!((lost.ahead(), lost.light()), (Some("model"), Light::Yellow));
        assert_eq!(Scoreboard { right: 1, wrong: 14, ..lost }.light(), Light::Red);
    }
}
