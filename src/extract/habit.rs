//! How a client is used to paying, and how far the present stands from it.
//!
//! Each invoice counts once, whatever its amount, and on a logarithmic scale: the step from 5 to 25 days late tells as much
//! as the step from 25 to 120, and a single forgotten invoice does not drown ten others. What is open is taken to be paid
//! as much later again as it is late already.
//!
//! # Why
//!
//! *Why a habit beside the lateness?* Whoever always pays 40 days late is late by choice and sound; whoever paid on the day
//! and now is 40 days late is in trouble. Lateness alone cannot tell the two apart.
//!
//! *Why is the habit made of settled invoices alone?* So that leaving something unpaid never passes for a custom.
//!
//! *Why is it told in so many ways?* More delay may never improve a rating, and what mixes the old with the present may
//! therefore speak against a client only. What is of the habit alone no present delay moves: trees may take it for what it is.

use std::sync::LazyLock;

/// Half-lives of what is recent: this month's, this quarter's, this half-year's and the whole history's.
const N_RECENT: usize = 4;
/// Place of the half-life of what tells of the whole history: 400 days.
const WHOLE_HISTORY: usize = 3;
/// Place of the one by which the present is compared with the habit: 45 days.
const PRESENT: usize = 4;
/// Marks in days beyond which a payment counts as far too late.
pub(super) const FAR_MARKS: [i32; 3] = [30, 50, 75];
/// Which half-lives the shares beyond the marks are told for: of the quarter and of the whole history.
const FAR_HALF_LIVES: [usize; 2] = [1, WHOLE_HISTORY];
/// An invoice that fell due longer ago than this, and is settled, belongs to the habit.
const HABIT_DAYS: i32 = 90;
/// The scale bends here: up to some days late each day tells, beyond that each doubling.
const BEND_DAYS: f64 = 5.0;
/// Delays beyond it tell no more.
const LONGEST_DAYS: i32 = 200;
/// What paying early is worth on the scale; how early does not matter.
const EARLY: f64 = -0.3;
/// A client of whom little is known is taken to pay as most do, 5 to 6 days late: as if it had, on so many invoices.
const TYPICAL: f64 = 0.75;
const TYPICAL_INVOICES: f64 = 2.0;
/// Deviations are shrunk to none as if one more invoice had been paid as usual.
const USUAL_INVOICES: f64 = 1.0;
/// Invoices due longer ago weigh nothing.
const MEMORY_DAYS: usize = 3 * 365;

/// The weights of an invoice by days since it fell due, halving every 30, 60, 120, 400 and 45 days. Products and not powers,
/// because products are the same bits on every machine.
static WEIGHTS: LazyLock<Vec<[f64; 5]>> = LazyLock::new(|| {
    const PER_DAY: [f64; 5] = [
        0.977_159_968_434_245_9,
        0.988_514_020_352_896_2,
        0.994_240_423_817_547_5,
        0.998_268_632_597_392_5,
        0.984_714_752_934_431_2,
    ];
    let next = |now: &[f64; 5]| Some(std::array::from_fn(|i| now[i] * PER_DAY[i]));
    std::iter::successors(Some([1.0; 5]), next).take(MEMORY_DAYS + 1).collect()
});

/// The scale by whole days late. The logarithm is computed in software, for the same reason.
static SCALE: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..=LONGEST_DAYS).map(|days| libm::log1p(f64::from(days) / BEND_DAYS)).collect());

/// The windows on a client's habit; all are missing while nothing has fallen due or been paid.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Habit {
    /// Days late, by the half-lives.
    pub(super) recent: [Option<f64>; N_RECENT],
    /// Days late of what was settled longer ago.
    pub(super) usual: Option<f64>,
    /// By how much the present delays exceed the usual ones; 0.5 is half as long again.
    pub(super) above_usual: Option<f64>,
    /// How far invoices were paid later than usual, on the scale: of the quarter, and of the whole history.
    pub(super) beyond_usual: [Option<f64>; 2],
    /// The share of invoices beyond each mark, by its half-life.
    pub(super) far: [[Option<f64>; 3]; 2],
    /// What was settled longer ago, of the whole history.
    pub(super) settled: Settled,
    /// Open invoices past due.
    pub(super) n_overdue: Option<f64>,
}

/// Windows on what fell due longer ago and is settled.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Settled {
    /// Days late.
    pub(super) late: Option<f64>,
    /// How far invoices were paid later than usual, on the scale.
    pub(super) beyond_usual: Option<f64>,
    /// The share of invoices beyond each mark.
    pub(super) far: [Option<f64>; 3],
}

/// An invoice's part: its place on the scale, the share of the invoice, the age by which it weighs.
#[derive(Debug, Clone, Copy)]
struct Part {
    late: f64,
    share: f64,
    age: usize,
    /// Whether it belongs to the habit.
    is_settled: bool,
}

/// Habit in the making.
#[derive(Debug, Default)]
pub(super) struct HabitTally {
    parts: Vec<Part>,
    usual: (f64, f64),
    far: [[(f64, f64); 3]; 2],
    settled_far: [(f64, f64); 3],
    n_overdue: u32,
}

impl HabitTally {
    /// Adds what was paid of an invoice: so many days after it fell due (fewer than none is early), `age` days ago it did.
    pub(super) fn add_paid(&mut self, delay: i32, age: i32, share: f64) {
        let is_settled = age > HABIT_DAYS;
        self.add(on_scale(delay), age, share, is_settled);
        if is_settled {
            self.usual.0 += on_scale(delay) * share;
            self.usual.1 += share;
            let weights = usize::try_from(age).ok().and_then(|age| WEIGHTS.get(age));
            count_far(&mut self.settled_far, delay, weights.map_or(0.0, |weights| weights[WHOLE_HISTORY]) * share);
        }
        self.add_far(delay, age, share, FAR_MARKS.len());
    }

    /// Adds what is open of an invoice that fell due `age` days ago.
    pub(super) fn add_open(&mut self, age: i32, share: f64) {
        /// What is overdue today is seldom paid today.
        const AT_LEAST: i32 = 5;
        self.add(on_scale(age.saturating_mul(2).saturating_add(AT_LEAST)), age, share, false);
        let n_passed = FAR_MARKS.iter().filter(|mark| age > **mark).count();
        self.add_far(age, age, share, n_passed);
        self.n_overdue += 1;
    }

    fn add(&mut self, late: f64, age: i32, share: f64, is_settled: bool) {
        if let Some(age) = usize::try_from(age.max(0)).ok().filter(|age| *age <= MEMORY_DAYS) {
            self.parts.push(Part { late, share, age, is_settled });
        }
    }

    /// Counts towards the first `n_marks` marks: whether an open invoice will pass a later one is not known.
    fn add_far(&mut self, delay: i32, age: i32, share: f64, n_marks: usize) {
        let Some(weights) = usize::try_from(age.max(0)).ok().and_then(|age| WEIGHTS.get(age)) else { return };
        for (far, half_life) in self.far.iter_mut().zip(FAR_HALF_LIVES) {
            count_far(&mut far[..n_marks], delay, weights[half_life] * share);
        }
    }

    pub(super) fn finish(&self) -> Habit {
        if self.parts.is_empty() {
            return Habit::default();
        }
        let usual = shrunk(self.usual.0, self.usual.1);
        // Sums by weight: of all, of what is on the scale, of what stands above the usual and its square.
        let mut weight = [0.0; 5];
        let mut late = [0.0; 5];
        let mut excess = [0.0; 5];
        // The same three of what is settled.
        let mut settled = (0.0, 0.0, 0.0);
        for part in &self.parts {
            let beyond = (part.late - usual).max(0.0);
            for (i, w) in WEIGHTS[part.age].iter().enumerate() {
                let w = w * part.share;
                weight[i] += w;
                late[i] += w * part.late;
                excess[i] += w * beyond * beyond;
            }
            if part.is_settled {
                let w = WEIGHTS[part.age][WHOLE_HISTORY] * part.share;
                settled = (settled.0 + w, settled.1 + w * part.late, settled.2 + w * beyond * beyond);
            }
        }
        let spread = |i: usize| Some((excess[i] / (weight[i] + USUAL_INVOICES)).sqrt());
        let above = (late[PRESENT] - usual * weight[PRESENT]) / (weight[PRESENT] + TYPICAL_INVOICES);
        let share = |(beyond, of): (f64, f64)| Some(beyond / (of + TYPICAL_INVOICES));
        Habit {
            recent: std::array::from_fn(|i| Some(in_days(shrunk(late[i], weight[i])))),
            usual: Some(in_days(usual)),
            above_usual: Some(libm::expm1(above)),
            beyond_usual: [spread(PRESENT), spread(WHOLE_HISTORY)],
            far: self.far.map(|marks| marks.map(share)),
            settled: Settled {
                late: Some(in_days(shrunk(settled.1, settled.0))),
                beyond_usual: Some((settled.2 / (settled.0 + USUAL_INVOICES)).sqrt()),
                far: self.settled_far.map(share),
            },
            n_overdue: Some(f64::from(self.n_overdue)),
        }
    }
}

/// Counts an invoice of some weight towards the marks, and beyond those that it passed.
fn count_far(marks: &mut [(f64, f64)], delay: i32, weight: f64) {
    for ((beyond, of), mark) in marks.iter_mut().zip(FAR_MARKS) {
        *of += weight;
        *beyond += if delay > mark { weight } else { 0.0 };
    }
}

/// A mean on the scale, with the typical invoices added.
fn shrunk(sum: f64, weight: f64) -> f64 {
    (sum + TYPICAL_INVOICES * TYPICAL) / (weight + TYPICAL_INVOICES)
}

fn on_scale(delay: i32) -> f64 {
    match usize::try_from(delay.min(LONGEST_DAYS)) {
        Ok(days) => SCALE[days],
        Err(_) => EARLY,
    }
}

/// Back from the scale to days late.
fn in_days(scaled: f64) -> f64 {
    BEND_DAYS * libm::expm1(scaled)
}
