//! The challenger: gradient-boosted trees.

use std::collections::HashMap;

use forust_ml::{
    GradientBooster, Matrix,
    constraints::{Constraint, ConstraintMap},
    objective::ObjectiveType,
    sampler::SampleMethod,
    tree::Tree as Grown,
};
use rayon::prelude::*;

use super::{
    Dropped, Error, Fitted, TrainOptions,
    binning::{Direction, PRIOR_ROWS},
    grove::{self, Grove},
    judge::blank,
    straighten::straighten,
    table::Table,
};
use crate::score::{Forest, Group, Input, Tree};

/// How trees are grown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// So many forests are grown, each with its own draws, and what they say is averaged.
    bag: u64,
    /// Trees, and the share of its leaf that each adds: many small steps.
    pub(super) n_trees: usize,
    pub(super) learning_rate: f32,
    /// Questions on the way to a leaf: as many columns may speak together.
    pub(super) depth: usize,
    /// The information (sum of `p (1 − p)`) that a leaf must rest on.
    pub(super) min_leaf: f32,
    /// By how much leaves are pulled to nought, in information.
    pub(super) pull: f32,
    /// Shares of rows and columns that each tree sees: trees that differ err differently.
    pub(super) row_share: f32,
    pub(super) column_share: f64,
}

/// For a table of independent rows.
pub(super) const TABLE: Shape = Shape {
    bag: 1,
    n_trees: 300,
    learning_rate: 0.05,
    depth: 6,
    min_leaf: 1.0,
    pull: 1.0,
    row_share: 0.8,
    column_share: 0.5,
};

/// For the history of a ledger: months of the same clients, whose outcome is mostly chance.
pub(super) const HISTORY: Shape = Shape {
    bag: 3,
    n_trees: 250,
    learning_rate: 0.05,
    depth: 4,
    min_leaf: 40.0,
    pull: 30.0,
    row_share: 0.5,
    column_share: 0.4,
};

/// Why a column that was there is not in a forest.
const UNASKED: &str = "no question of any tree falls on it";

/// Quantiles of a column that a question may fall on.
pub(super) const N_CUTS: u16 = 64;

/// A leaf that must rest on more than this part of all information would leave a small sample without a question.
const LEAF_PART: f32 = 1.0 / 200.0;

impl Shape {
    /// The same for a sample of so much information, and so many columns: leaves shrink with it, and the pull on them; and each
    /// tree sees a column at least.
    #[expect(clippy::cast_possible_truncation, reason = "a bound needs no precision")]
    fn fitted_to(&self, bad: &[f64], n_columns: usize) -> Self {
        let average = bad.iter().sum::<f64>() / bad.len() as f64;
        let part = (bad.len() as f64 * average * (1.0 - average)) as f32 * LEAF_PART;
        Self {
            min_leaf: self.min_leaf.min(part.max(1.0)),
            pull: self.pull.min(part.max(1.0)),
            // The library takes the whole part of what the share comes to.
            column_share: self.column_share.max((1.0 + 1e-9) / n_columns as f64).min(1.0),
            ..*self
        }
    }

    fn booster(&self, seed: u64) -> GradientBooster {
        GradientBooster::default()
            .set_objective_type(ObjectiveType::LogLoss)
            .set_iterations(self.n_trees)
            .set_learning_rate(self.learning_rate)
            .set_max_depth(self.depth)
            .set_min_leaf_weight(self.min_leaf)
            .set_l2(self.pull)
            .set_subsample(self.row_share)
            .set_sample_method(SampleMethod::Random)
            .set_colsample_bytree(self.column_share)
            .set_nbins(N_CUTS)
            .set_seed(seed)
            .set_initialize_base_score(true)
            // One thread: sums in one order give the same bytes everywhere, and folds are fitted side by side anyhow.
            .set_parallel(false)
    }
}

/// One fit on some rows, without calibration. Missing values go the way, at each question, that explains the outcomes better;
/// words stand in the order of their rate of bad rows.
pub(super) fn fit(table: &Table, rows: &[usize], options: &TrainOptions, shape: &Shape) -> Result<Fitted, Error> {
    let bad: Vec<f64> = rows.iter().map(|r| f64::from(u8::from(table.bad[*r]))).collect();
    let orders: Vec<Option<Vec<f64>>> = (0..table.names.len()).map(|i| order_of_words(table, i, rows)).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a code is a small whole number")]
    let value = |column: usize, row: usize| match (&orders[column], table.columns[column][row]) {
        (Some(order), code) if !code.is_nan() => order[code as usize],
        (_, value) => value,
    };
    let columns: Vec<f64> =
        (0..table.names.len()).flat_map(|c| rows.iter().map(move |r| (c, *r))).map(|(c, r)| value(c, r)).collect();
    let shape = shape.fitted_to(&bad, table.names.len());
    let constraints = constraints(table, options);
    let grow = |member: u64| {
        let seed = options.seed.wrapping_add(member);
        match &constraints {
            Some(constraints) => grove::grow(&columns, &bad, &shape, constraints, seed),
            None => {
                let mut booster = shape.booster(seed);
                let data = Matrix::new(&columns, rows.len(), table.names.len());
                booster.fit_unweighted(&data, &bad, None).map_err(|e| Error::Fit(e.to_string()))?;
                Ok(Grove { base: booster.base_score, trees: booster.trees })
            }
        }
    };
    let bag: Vec<Grove> = (0..shape.bag).into_par_iter().map(grow).collect::<Result<_, Error>>()?;
    let gains = gains(bag.iter().flat_map(|grove| &grove.trees), table.names.len());
    if gains.iter().all(|gain| *gain == 0.0) {
        return Err(Error::Silent);
    }
    let share = 1.0 / bag.len() as f64;
    let mut trees: Vec<Tree> =
        bag.iter().flat_map(|grove| &grove.trees).map(|tree| grown(tree, share, constraints.as_ref())).collect();
    let base = bag.iter().map(|grove| grove.base).sum::<f64>() * share;
    let (asked, silent): (Vec<usize>, Vec<usize>) = (0..table.names.len()).partition(|i| is_asked(&trees, *i));
    renumber(&mut trees, &asked);
    let inputs = asked.iter().map(|i| input(table, *i, orders[*i].as_deref(), gains[*i])).collect();
    let model = crate::score::Artefact { inputs, forest: Some(Forest { base, trees }), ..blank() };
    let dropped = silent.into_iter().map(|i| Dropped { column: table.names[i].clone(), why: UNASKED.to_owned() });
    Ok(Fitted { model, dropped: dropped.collect(), notes: Vec::new(), ridge: None, ridges: Vec::new() })
}

/// Whether a question of any tree falls on a column.
fn is_asked(trees: &[Tree], column: usize) -> bool {
    let asks = |tree: &Tree| tree.input.iter().zip(&tree.left).any(|(i, left)| *left != 0 && *i as usize == column);
    trees.iter().any(asks)
}

/// Lets the questions of trees name a column by its place among those that are asked, which rise.
#[expect(clippy::cast_possible_truncation, reason = "a table has fewer than 2^32 columns")]
fn renumber(trees: &mut [Tree], asked: &[usize]) {
    for (input, left) in trees.iter_mut().flat_map(|tree| tree.input.iter_mut().zip(&tree.left)) {
        // A leaf asks nothing.
        *input = if *left == 0 { 0 } else { asked.partition_point(|column| *column < *input as usize) as u32 };
    }
}

fn constraints(table: &Table, options: &TrainOptions) -> Option<ConstraintMap> {
    let constraint = |direction: &Direction| match direction {
        Direction::Up => Constraint::Positive,
        Direction::Down => Constraint::Negative,
    };
    let map: HashMap<usize, Constraint> = (table.names.iter().enumerate())
        .filter_map(|(i, name)| options.monotone.get(name).map(|d| (i, constraint(d))))
        .collect();
    (!map.is_empty()).then_some(map)
}

/// The place of each word by its rate of bad rows in training, some rows at the average rate added; a word without a row has
/// no place.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a code is a small whole number")]
fn order_of_words(table: &Table, column: usize, rows: &[usize]) -> Option<Vec<f64>> {
    let words = table.words.get(&table.names[column])?;
    let mut counts = vec![(0.0, 0.0); words.len()];
    for row in rows.iter().filter(|r| !table.columns[column][**r].is_nan()) {
        let count: &mut (f64, f64) = &mut counts[table.columns[column][*row] as usize];
        count.0 += 1.0;
        count.1 += f64::from(u8::from(table.bad[*row]));
    }
    let total = counts.iter().fold((0.0, 0.0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
    let average = total.1 / f64::max(total.0, 1.0);
    let rate = |i: &usize| (counts[*i].1 + PRIOR_ROWS * average) / (counts[*i].0 + PRIOR_ROWS);
    let mut order: Vec<usize> = (0..words.len()).filter(|i| counts[*i].0 > 0.0).collect();
    order.sort_by(|a, b| rate(a).total_cmp(&rate(b)));
    let mut places = vec![f64::NAN; words.len()];
    order.iter().enumerate().for_each(|(place, word)| places[*word] = place as f64);
    Some(places)
}

fn input(table: &Table, place: usize, order: Option<&[f64]>, gain: f64) -> Input {
    let name = &table.names[place];
    let words = table.words.get(name).map(Vec::as_slice).unwrap_or_default();
    let group = |(word, code): (&String, &f64)| Group { words: vec![word.clone()], code: *code, points: 0 };
    Input {
        feature: name.clone(),
        weight: gain,
        bins: Vec::new(),
        missing: 0,
        special: Vec::new(),
        groups: words.iter().zip(order.unwrap_or_default()).filter(|(_, code)| !code.is_nan()).map(group).collect(),
    }
}

/// The share of each column in what the questions gained.
fn gains<'t>(trees: impl Iterator<Item = &'t Grown>, n_columns: usize) -> Vec<f64> {
    let mut gains = vec![0.0; n_columns];
    for node in trees.flat_map(|t| &t.nodes).filter(|n| !n.is_leaf) {
        gains[node.split_feature] += f64::from(node.split_gain);
    }
    let total: f64 = gains.iter().sum();
    gains.into_iter().map(|g| (g / total.max(f64::MIN_POSITIVE) * 1e6).round() / 1e6).collect()
}

/// A grown tree in our columns. `share` is what the tree counts for in its bag.
#[expect(clippy::cast_possible_truncation, reason = "a tree of depth 6 has at most 127 nodes")]
pub(super) fn grown(tree: &Grown, share: f64, constraints: Option<&ConstraintMap>) -> Tree {
    let n = tree.nodes.len();
    let mut own = Tree {
        input: vec![0; n],
        below: vec![0.0; n],
        left: vec![0; n],
        right: vec![0; n],
        missing: vec![0; n],
        value: vec![0.0; n],
    };
    let mut cover = vec![0.0; n];
    for node in tree.nodes.iter().rev() {
        let at = node.num;
        if node.is_leaf {
            own.value[at] = share * f64::from(node.weight_value);
            cover[at] = f64::from(node.hessian_sum).max(f64::MIN_POSITIVE);
            continue;
        }
        let (left, right) = (node.left_child, node.right_child);
        own.input[at] = node.split_feature as u32;
        own.below[at] = node.split_value;
        (own.left[at], own.right[at], own.missing[at]) = (left as u32, right as u32, node.missing_node as u32);
        cover[at] = cover[left] + cover[right];
    }
    straighten(&mut own, &cover, constraints);
    own
}
