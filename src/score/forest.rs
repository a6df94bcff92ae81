use serde::{Deserialize, Serialize};

use super::Input;

/// The trees of a boosted model: log-odds of bad are `base` plus the leaf of every tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forest {
    /// Log-odds before any tree.
    pub base: f64,
    /// In the order of their growth.
    pub trees: Vec<Tree>,
}

/// A tree as columns of its nodes; the root is node 0, and a node whose `left` is 0 is a leaf.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// Place of the input that is asked.
    pub input: Vec<u32>,
    /// Smaller values go left.
    pub below: Vec<f64>,
    /// The node to the left.
    pub left: Vec<u32>,
    /// The node to the right.
    pub right: Vec<u32>,
    /// The node for a missing value.
    pub missing: Vec<u32>,
    /// Log-odds that a leaf adds; at an inner node the mean of those below it, weighted by the training rows.
    pub value: Vec<f64>,
}

impl Forest {
    /// Log-odds of bad; `input` gives the value of an input, `NaN` when missing.
    pub fn log_odds(&self, input: impl Fn(usize) -> f64) -> f64 {
        self.trees.iter().fold(self.base, |sum, tree| sum + tree.adds(&input))
    }

    /// Adds to `shares[i]` what input `i` contributes to the log-odds, and gives what stands before any input: both together
    /// are [`Forest::log_odds`].
    pub fn contributions(&self, input: impl Fn(usize) -> f64, shares: &mut [f64]) -> f64 {
        let mut base = self.base;
        for tree in &self.trees {
            let mut node = 0;
            base += tree.value[node];
            while tree.left[node] != 0 {
                let next = tree.step(node, &input);
                shares[tree.input[node] as usize] += tree.value[next] - tree.value[node];
                node = next;
            }
        }
        base
    }

    /// The values of an input that questions fall on.
    pub(super) fn asked(&self, inputs: &[Input], feature: &str) -> Vec<f64> {
        let asks =
            |tree: &Tree, node: usize| tree.left[node] != 0 && inputs[tree.input[node] as usize].feature == feature;
        let of_tree = |tree: &Tree| {
            let nodes = (0..tree.value.len()).filter(|node| asks(tree, *node));
            nodes.map(|node| tree.below[node]).collect::<Vec<f64>>()
        };
        self.trees.iter().flat_map(of_tree).collect()
    }

    /// Whether every walk ends in a leaf: children come after their parents.
    pub(super) fn check(&self, n_inputs: usize) -> Result<(), String> {
        for (place, tree) in self.trees.iter().enumerate() {
            let n = tree.value.len();
            let lengths = [tree.input.len(), tree.below.len(), tree.left.len(), tree.right.len(), tree.missing.len()];
            if n == 0 || lengths.iter().any(|l| *l != n) {
                return Err(format!("tree {place}: its columns must be equally long"));
            }
            let is_sound = |node: usize| {
                let children = [tree.left[node], tree.right[node], tree.missing[node]];
                tree.left[node] == 0
                    || ((tree.input[node] as usize) < n_inputs
                        && children.iter().all(|c| (*c as usize) > node && (*c as usize) < n))
            };
            if let Some(node) = (0..n).find(|node| !is_sound(*node) || !tree.value[*node].is_finite()) {
                return Err(format!("tree {place}: node {node} leads nowhere"));
            }
        }
        match self.base.is_finite() {
            true => Ok(()),
            false => Err("base must be a number".to_owned()),
        }
    }
}

impl Tree {
    /// The log-odds that the tree adds; `input` gives the value of an input, `NaN` when missing.
    pub fn adds(&self, input: impl Fn(usize) -> f64) -> f64 {
        self.value[self.leaf(&input)]
    }

    fn step(&self, node: usize, input: impl Fn(usize) -> f64) -> usize {
        let value = input(self.input[node] as usize);
        let next = if value.is_nan() {
            self.missing[node]
        } else if value < self.below[node] {
            self.left[node]
        } else {
            self.right[node]
        };
        next as usize
    }

    fn leaf(&self, input: impl Fn(usize) -> f64) -> usize {
        let mut node = 0;
        while self.left[node] != 0 {
            node = self.step(node, &input);
        }
        node
    }
}
