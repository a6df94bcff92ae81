//! The challenger: gradient-boosted trees.

use std::collections::HashMap;

use forust_ml::{
    GradientBooster, Matrix,
    constraints::{Constraint, ConstraintMap},
    objective::ObjectiveType,
    sampler::SampleMethod,
    tree::Tree as Grown,
};

use super::{
    Error, Fitted, TrainOptions,
    binning::{Direction, PRIOR_ROWS},
    judge::blank,
    table::Table,
};
use crate::score::{Forest, Group, Input, Tree};

/// How trees are grown.
pub(super) struct Shape {
    /// Trees, and the share of its leaf that each adds: many small steps.
    n_trees: usize,
    learning_rate: f32,
    /// Questions on the way to a leaf: as many columns may speak together.
    depth: usize,
    /// The information (sum of `p (1 − p)`) that a leaf must rest on.
    min_leaf: f32,
    /// By how much leaves are pulled to nought, in information.
    pull: f32,
    /// Shares of rows and columns that each tree sees: trees that differ err differently.
    row_share: f32,
    column_share: f64,
}

/// For a table of independent rows.
pub(super) const TABLE: Shape =
    Shape { n_trees: 300, learning_rate: 0.05, depth: 6, min_leaf: 1.0, pull: 1.0, row_share: 0.8, column_share: 0.5 };

/// For the history of a ledger: months of the same clients, whose outcome is mostly chance.
pub(super) const HISTORY: Shape = Shape {
    n_trees: 400,
    learning_rate: 0.04,
    depth: 4,
    min_leaf: 10.0,
    pull: 10.0,
    row_share: 0.5,
    column_share: 0.35,
};

/// Quantiles of a column that a question may fall on.
const N_CUTS: u16 = 64;

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
    let data: Vec<f64> =
        (0..table.names.len()).flat_map(|c| rows.iter().map(move |r| (c, *r))).map(|(c, r)| value(c, r)).collect();
    let mut booster = GradientBooster::default()
        .set_objective_type(ObjectiveType::LogLoss)
        .set_iterations(shape.n_trees)
        .set_learning_rate(shape.learning_rate)
        .set_max_depth(shape.depth)
        .set_min_leaf_weight(shape.min_leaf)
        .set_l2(shape.pull)
        .set_subsample(shape.row_share)
        .set_sample_method(SampleMethod::Random)
        .set_colsample_bytree(shape.column_share)
        .set_nbins(N_CUTS)
        .set_seed(options.seed)
        .set_monotone_constraints(constraints(table, options))
        .set_initialize_base_score(true)
        // One thread: sums in one order give the same bytes everywhere, and folds are fitted side by side anyhow.
        .set_parallel(false);
    booster
        .fit_unweighted(&Matrix::new(&data, rows.len(), table.names.len()), &bad, None)
        .map_err(|e| Error::Fit(e.to_string()))?;
    let trees: Vec<Tree> = booster.trees.iter().map(grown).collect();
    let gains = gains(&booster.trees, table.names.len());
    if gains.iter().all(|gain| *gain == 0.0) {
        return Err(Error::Silent);
    }
    let inputs = (0..table.names.len()).map(|i| input(table, i, orders[i].as_deref(), gains[i])).collect();
    let forest = Forest { base: booster.base_score, trees };
    let model = crate::score::Artefact { inputs, forest: Some(forest), ..blank() };
    Ok(Fitted { model, dropped: Vec::new(), notes: Vec::new(), ridge: None })
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
fn gains(trees: &[Grown], n_columns: usize) -> Vec<f64> {
    let mut gains = vec![0.0; n_columns];
    for node in trees.iter().flat_map(|t| &t.nodes).filter(|n| !n.is_leaf) {
        gains[node.split_feature] += f64::from(node.split_gain);
    }
    let total: f64 = gains.iter().sum();
    gains.into_iter().map(|g| (g / total.max(f64::MIN_POSITIVE) * 1e6).round() / 1e6).collect()
}

/// A grown tree in our columns; the value of an inner node is the mean of those below it, weighted by their information.
#[expect(clippy::cast_possible_truncation, reason = "a tree of depth 6 has at most 127 nodes")]
fn grown(tree: &Grown) -> Tree {
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
    // Children have larger numbers than their parents, so that going backwards meets them first.
    for node in tree.nodes.iter().rev() {
        let at = node.num;
        if node.is_leaf {
            own.value[at] = f64::from(node.weight_value);
            cover[at] = f64::from(node.hessian_sum).max(f64::MIN_POSITIVE);
            continue;
        }
        let (left, right) = (node.left_child, node.right_child);
        own.input[at] = node.split_feature as u32;
        own.below[at] = node.split_value;
        (own.left[at], own.right[at], own.missing[at]) = (left as u32, right as u32, node.missing_node as u32);
        cover[at] = cover[left] + cover[right];
        own.value[at] = (own.value[left] * cover[left] + own.value[right] * cover[right]) / cover[at];
    }
    own
}
