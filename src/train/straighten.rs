use forust_ml::constraints::{Constraint, ConstraintMap};

use crate::score::Tree;

/// Makes a tree keep its constraints to the letter, and gives inner nodes the mean of those below them, weighted by `cover`.
///
/// The library bounds the leaves on either side of a constrained question, but not those that missing values were sent to;
/// some hundredth of a log-odds then turns the wrong way, and a rule that holds nearly is no rule. Here every leaf on one
/// side of such a question is kept from passing the middle of both sides, which is the library's own bound.
pub(super) fn straighten(tree: &mut Tree, cover: &[f64], constraints: Option<&ConstraintMap>) {
    means(tree, cover);
    let Some(constraints) = constraints else { return };
    let n = tree.value.len();
    let mut bounds = vec![(f64::NEG_INFINITY, f64::INFINITY); n];
    // Children have larger numbers than their parents, so that going forwards meets parents first.
    for node in 0..n {
        let (low, high) = bounds[node];
        let (left, right) = (tree.left[node] as usize, tree.right[node] as usize);
        if left == 0 {
            tree.value[node] = tree.value[node].clamp(low, high);
            continue;
        }
        let middle = f64::midpoint(tree.value[left], tree.value[right]).clamp(low, high);
        (bounds[left], bounds[right]) = match constraints.get(&(tree.input[node] as usize)) {
            Some(Constraint::Positive) => ((low, middle), (middle, high)),
            Some(Constraint::Negative) => ((middle, high), (low, middle)),
            _ => ((low, high), (low, high)),
        };
    }
    means(tree, cover);
}

fn means(tree: &mut Tree, cover: &[f64]) {
    for node in (0..tree.value.len()).rev() {
        let (left, right) = (tree.left[node] as usize, tree.right[node] as usize);
        if left != 0 {
            tree.value[node] = (tree.value[left] * cover[left] + tree.value[right] * cover[right]) / cover[node];
        }
    }
}
