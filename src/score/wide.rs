use std::ops::AddAssign;

use super::{Artefact, Input};

/// Rows that go through the vector unit together: eight registers of sixteen 32-bit lanes. A sum waits for the step before it;
/// eight sums side by side keep the unit busy meanwhile.
const LANES: usize = 128;

/// Rows whose sums stay in the first cache while one column after another is added: forty columns read side by side would be
/// more streams than a core follows. Four pages of 32-bit values, for what is fetched ahead begins anew with each page.
const ROWS: usize = 4096;

/// Rows that are turned from rows into columns at a time: with forty columns they stay in the first cache.
const BLOCK: usize = LANES;

/// A scorecard compiled for columns of `f32` or `f64`: raw points of many rows at once, without a branch.
///
/// Points of a bin are written as steps: a value above an edge adds the difference to the bin below. A missing value (`NaN`)
/// is above nothing and unequal to itself, which gives its correction. Sums of whole points are exact in either type.
#[derive(Debug, Clone)]
pub struct Wide<T> {
    base: T,
    columns: Vec<Column<T>>,
}

#[derive(Debug, Clone)]
struct Column<T> {
    first: T,
    steps: Vec<(T, T)>,
    /// Added when the value is missing.
    missing: T,
    /// Added when it equals a special value.
    special: Vec<(T, T)>,
}

impl Wide<f32> {
    /// For `f32` columns, in the order of the inputs. An edge is rounded down: no `f32` lies between it and the edge.
    pub fn narrow(model: &Artefact) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "points are whole and small; edges are rounded down after")]
        let near = |v: f64| v as f32;
        let below = |v: f64| if f64::from(near(v)) > v { near(v).next_down() } else { near(v) };
        Self::compile(model, near, below)
    }
}

impl Wide<f64> {
    /// For `f64` columns, in the order of the inputs.
    pub fn exact(model: &Artefact) -> Self {
        Self::compile(model, |v| v, |v| v)
    }
}

impl<T: Copy + PartialOrd + AddAssign + Default + Send + Sync> Wide<T> {
    fn compile(model: &Artefact, number: impl Fn(f64) -> T, edge: impl Fn(f64) -> T) -> Self {
        let column = |input: &Input| {
            let points: Vec<f64> = input.bins.iter().map(|b| f64::from(b.points)).collect();
            let first = points.first().copied().unwrap_or_else(|| f64::from(input.missing));
            let steps = input.bins.iter().zip(points.windows(2));
            let steps = steps.filter_map(|(bin, pair)| Some((edge(bin.upto?), number(pair[1] - pair[0]))));
            let without = Input { special: Vec::new(), groups: Vec::new(), ..input.clone() };
            let extra = |value: f64, points: i32| number(f64::from(points - without.points(Some(value))));
            let states = input.special.iter().map(|s| (s.value, s.points));
            let states = states.chain(input.groups.iter().map(|g| (g.code, g.points)));
            Column {
                first: number(first),
                steps: steps.collect(),
                missing: number(f64::from(input.missing) - first),
                special: states.map(|(value, points)| (number(value), extra(value, points))).collect(),
            }
        };
        Self { base: number(f64::from(model.base)), columns: model.inputs.iter().map(column).collect() }
    }

    /// Raw points of every row, into `points`; `columns` has one slice for each input, each as long as `points`.
    pub fn score(&self, columns: &[&[T]], points: &mut [T]) {
        pulp::Arch::new().dispatch(Work { card: self, columns, points });
    }

    /// The same for rows that lie one after another, each `self.n_inputs()` values long.
    pub fn score_rows(&self, rows: &[T], points: &mut [T]) {
        let width = self.columns.len();
        let mut block = vec![vec![T::default(); BLOCK]; width];
        for (rows, points) in rows.chunks(BLOCK * width.max(1)).zip(points.chunks_mut(BLOCK)) {
            for (i, row) in rows.chunks(width).enumerate() {
                block.iter_mut().zip(row).for_each(|(column, value)| column[i] = *value);
            }
            let columns: Vec<&[T]> = block.iter().map(|c| &c[..points.len()]).collect();
            self.score(&columns, points);
        }
    }

    /// How many values a row has.
    pub fn n_inputs(&self) -> usize {
        self.columns.len()
    }

    #[inline(always)]
    fn score_all(&self, columns: &[&[T]], points: &mut [T]) {
        for (block, points) in points.chunks_mut(ROWS).enumerate() {
            points.fill(self.base);
            for (column, values) in self.columns.iter().zip(columns) {
                column.add_all(values.get(block * ROWS..).unwrap_or_default(), points);
            }
        }
    }
}

/// One call, in the shape that is compiled anew for each kind of vector unit and chosen when the program runs.
struct Work<'a, T> {
    card: &'a Wide<T>,
    columns: &'a [&'a [T]],
    points: &'a mut [T],
}

impl<T: Copy + PartialOrd + AddAssign + Default + Send + Sync> pulp::NullaryFnOnce for Work<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.card.score_all(self.columns, self.points);
    }
}

impl<T: Copy + PartialOrd + AddAssign + Default> Column<T> {
    #[inline(always)]
    fn add_all(&self, values: &[T], points: &mut [T]) {
        let (whole, rest) = points.as_chunks_mut::<LANES>();
        let (lanes, rest_of_values) = values.as_chunks::<LANES>();
        // A loop, for the body of a closure is compiled for the oldest vector unit there is.
        for (values, points) in lanes.iter().zip(whole.iter_mut()) {
            self.add(values, points);
        }
        if !rest.is_empty() {
            // The last rows, filled up with whatever: the surplus is thrown away.
            let more = lanes.get(whole.len()).map_or(rest_of_values, |lanes| lanes.as_slice());
            let (mut values, mut sums) = ([T::default(); LANES], [T::default(); LANES]);
            values.iter_mut().zip(more).for_each(|(to, from)| *to = *from);
            sums.iter_mut().zip(rest.iter()).for_each(|(to, from)| *to = *from);
            self.add(&values, &mut sums);
            rest.iter_mut().zip(sums).for_each(|(to, from)| *to = from);
        }
    }

    #[inline(always)]
    #[expect(clippy::eq_op, reason = "only a missing value, NaN, differs from itself")]
    fn add(&self, values: &[T; LANES], sum: &mut [T; LANES]) {
        let zero = T::default();
        let mut own = [self.first; LANES];
        // What is added is taken out of its place before the lanes are compared: a load behind a comparison is a branch.
        for step in &self.steps {
            let (edge, more) = *step;
            for lane in 0..LANES {
                own[lane] += if values[lane] > edge { more } else { zero };
            }
        }
        let missing = self.missing;
        for lane in 0..LANES {
            own[lane] += if values[lane] != values[lane] { missing } else { zero };
        }
        for state in &self.special {
            let (value, more) = *state;
            for lane in 0..LANES {
                own[lane] += if values[lane] == value { more } else { zero };
            }
        }
        for lane in 0..LANES {
            sum[lane] += own[lane];
        }
    }
}
