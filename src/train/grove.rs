//! Boosted trees that keep their constraints while they grow.
//!
//! # Why
//!
//! *Why not the library's own rounds?* forust 0.8 bounds what lies below a constrained question only where the questions there
//! are constrained, too (`constrained_weight`). Trees that are straightened when all are grown are others than the later ones
//! were grown upon, and rank worse than the constraints themselves cost: on a simulated history AUC .8349 for .8360. Here each
//! tree is straightened before the next one looks at what is left to explain.

use forust_ml::{
    Matrix, binning::bin_matrix, constraints::ConstraintMap, gradientbooster::GrowPolicy, sampler::SampleMethod,
    splitter::MissingImputerSplitter, tree::Tree as Grown,
};
use rand::{RngExt, SeedableRng, seq::index};
use rand_chacha::ChaCha8Rng;

use super::{
    Error,
    boosted::{N_CUTS, Shape, grown},
};

/// Trees as they grew, and the log-odds before any of them.
pub(super) struct Grove {
    pub(super) base: f64,
    pub(super) trees: Vec<Grown>,
}

/// Grows trees on columns that lie end to end; `bad` is 1 or 0 for each row. They must be straightened by the same constraints
/// when they are used.
pub(super) fn grow(
    columns: &[f64],
    bad: &[f64],
    shape: &Shape,
    constraints: &ConstraintMap,
    seed: u64,
) -> Result<Grove, Error> {
    let (n_rows, n_columns) = (bad.len(), columns.len() / bad.len());
    let unit = vec![1.0; n_rows];
    let whole = Matrix::new(columns, n_rows, n_columns);
    let binned = bin_matrix(&whole, &unit, N_CUTS, f64::NAN, false).map_err(|e| Error::Fit(e.to_string()))?;
    let bins = Matrix::new(&binned.binned_data, n_rows, n_columns);
    let (l1, l2, max_step, gamma) = (0.0, shape.pull, 0.0, 0.0);
    let least = shape.min_leaf;
    let splitter =
        MissingImputerSplitter::new(l1, l2, max_step, gamma, least, shape.learning_rate, true, constraints.clone());
    let average = bad.iter().sum::<f64>() / n_rows as f64;
    let base = (average / (1.0 - average)).ln();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut left = Left { log_odds: vec![base; n_rows], slope: vec![0.0; n_rows], curve: vec![0.0; n_rows] };
    let mut trees = Vec::with_capacity(shape.n_trees);
    for _ in 0..shape.n_trees {
        left.look(bad);
        let rows: Vec<usize> = (0..n_rows).filter(|_| rng.random_bool(shape.row_share.into())).collect();
        let asked = drawn(n_columns, shape.column_share, &mut rng);
        let (sampled, policy, mut tree) = (SampleMethod::Random, GrowPolicy::DepthWise, Grown::new());
        // What it answers are the rows of each node, which nobody needs here.
        let _rows = tree.fit(
            &bins,
            rows,
            &asked,
            &binned.cuts,
            &left.slope,
            &left.curve,
            &splitter,
            usize::MAX,
            shape.depth,
            false,
            &sampled,
            &policy,
        );
        let straight = grown(&tree, 1.0, Some(constraints));
        for (row, log_odds) in left.log_odds.iter_mut().enumerate() {
            *log_odds += straight.adds(|column| columns[column * n_rows + row]);
        }
        trees.push(tree);
    }
    Ok(Grove { base, trees })
}

/// What the trees so far leave to explain.
struct Left {
    log_odds: Vec<f64>,
    /// First and second derivative of the logarithmic loss by the log-odds.
    slope: Vec<f32>,
    curve: Vec<f32>,
}

impl Left {
    #[expect(clippy::cast_possible_truncation, reason = "histograms add up in single precision")]
    fn look(&mut self, bad: &[f64]) {
        let derivatives = self.slope.iter_mut().zip(&mut self.curve);
        for ((log_odds, bad), (slope, curve)) in self.log_odds.iter().zip(bad).zip(derivatives) {
            let pd = 1.0 / (1.0 + (-log_odds).exp());
            (*slope, *curve) = ((pd - bad) as f32, (pd * (1.0 - pd)) as f32);
        }
    }
}

/// Some of the columns, in order; at least one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small whole number")]
fn drawn(n_columns: usize, share: f64, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let n = ((n_columns as f64 * share) as usize).max(1);
    let mut columns = index::sample(rng, n_columns, n).into_vec();
    columns.sort_unstable();
    columns
}
