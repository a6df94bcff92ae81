use linfa_linalg::cholesky::{InverseC, SolveC};
use ndarray::{Array2, Axis};
use rayon::prelude::*;

use super::Cells;
use crate::train::Error;

/// Newton steps after which a fit that has not settled is taken as it is; a dozen are usual.
const MAX_STEPS: usize = 40;
/// A step that moves no weight by more has settled: a hundredth of a point is a thousandth and a half.
const SETTLED: f64 = 1e-5;
/// How often a step that leads uphill is halved.
const MAX_HALVINGS: usize = 20;
/// How often bins that turned against the expert are tied, or bins that need not be tied any more are let go, and fitted anew.
const MAX_TIES: usize = 24;
/// Rounds in which bins may be let go; after them they are only tied, so that it ends.
const MAX_RELEASES: usize = 16;
/// Two halves of a tied block that pull apart by less, in log-likelihood per log-odds, are left together.
const PULL: f64 = 0.5;
/// Rows a thread takes at a time.
const ROWS_AT_A_TIME: usize = 4096;

/// Rows, their outcomes, and what was thought before.
pub(super) struct Problem<'a> {
    cells: &'a Cells,
    bad: &'a [bool],
    weights: &'a [f64],
    rows: &'a [usize],
    mean: &'a [f64],
    /// The inverse of the prior's covariance.
    precision: Array2<f64>,
}

/// The most probable weights, and how sharp they are.
#[derive(Debug, Clone)]
pub(super) struct Solved {
    /// Which weight each cell has: tied cells share one.
    group: Vec<usize>,
    weight: Vec<f64>,
    /// The second derivative at the top: the inverse of the posterior covariance.
    curvature: Array2<f64>,
}

/// The log-posterior at some weights: its value, slope and curvature (of its negative).
struct Hill {
    height: f64,
    slope: Vec<f64>,
    curvature: Array2<f64>,
}

impl Solved {
    /// The weight of each cell.
    pub(super) fn weights(&self) -> Vec<f64> {
        self.group.iter().map(|group| self.weight[*group]).collect()
    }

    /// The covariance of the cells' weights.
    pub(super) fn covariance(&self) -> Result<Array2<f64>, Error> {
        let inverse = invert(&self.curvature)?;
        let n = self.group.len();
        Ok(Array2::from_shape_fn((n, n), |(a, b)| inverse[(self.group[a], self.group[b])]))
    }
}

impl<'a> Problem<'a> {
    pub(super) fn new(
        cells: &'a Cells,
        bad: &'a [bool],
        weights: &'a [f64],
        rows: &'a [usize],
        mean: &'a [f64],
        covariance: &Array2<f64>,
    ) -> Result<Self, Error> {
        Ok(Self { cells, bad, weights, rows, mean, precision: invert(covariance)? })
    }

    /// The most probable weights whose bins go the way of `directions` (1 up, -1 down, 0 any), input by input. Bins that
    /// turn are pooled as isotonic regression pools them and everything is fitted anew, until none turns; and bins that were
    /// pooled while others were not yet, and now pull apart the right way, are let go again.
    pub(super) fn solve_monotone(&self, start: &[f64], directions: &[f64]) -> Result<Solved, Error> {
        let mut group: Vec<usize> = (0..self.cells.n_cells()).collect();
        let mut start = start.to_vec();
        for round in 0..MAX_TIES {
            let solved = self.solve(&group, &start)?;
            let tied = self.tie(&solved, directions);
            start = solved.weights();
            if tied != group {
                group = tied;
                continue;
            }
            match self.release(&solved, directions).filter(|_| round < MAX_RELEASES) {
                Some(looser) => group = looser,
                None => return Ok(solved),
            }
        }
        self.solve(&group, &start)
    }

    /// The groups of cells after pooling those that turned.
    fn tie(&self, solved: &Solved, directions: &[f64]) -> Vec<usize> {
        let weights = solved.weights();
        let mut first_of: Vec<usize> = (0..weights.len()).collect();
        for (input, direction) in directions.iter().enumerate() {
            let bins = self.cells.bins_of(input);
            // Pool adjacent violators: blocks of (first cell, sum, size).
            let mut blocks: Vec<(usize, f64, f64)> = Vec::new();
            for cell in bins.clone() {
                let mut block = (cell, direction * weights[cell], 1.0);
                let is_tied = cell > bins.start && solved.group[cell] == solved.group[cell - 1];
                while let Some(last) = blocks.last().copied() {
                    let turned = *direction != 0.0 && last.1 / last.2 > block.1 / block.2;
                    let is_one = is_tied && block.0 == cell;
                    if !(turned || is_one) {
                        break;
                    }
                    block = (last.0, last.1 + block.1, last.2 + block.2);
                    blocks.pop();
                }
                blocks.push(block);
            }
            for (at, block) in blocks.iter().enumerate() {
                let end = blocks.get(at + 1).map_or(bins.end, |next| next.0);
                first_of[block.0..end].fill(block.0);
            }
            // Not having looked must never be better than the best that can be found.
            let missing = self.cells.missing_of(input);
            let best = bins.clone().min_by(|a, b| weights[*a].total_cmp(&weights[*b])).unwrap_or(missing);
            let was_tied = bins.clone().any(|cell| solved.group[cell] == solved.group[missing]);
            if weights[missing] < weights[best] || was_tied {
                first_of[missing] = first_of[best];
            }
        }
        number(&first_of)
    }

    /// The groups with each tied block cut where its two parts pull apart hardest in the allowed direction; none when no block
    /// wants to be cut.
    fn release(&self, solved: &Solved, directions: &[f64]) -> Option<Vec<usize>> {
        let alone: Vec<usize> = (0..solved.group.len()).collect();
        let slope = self.hill(&alone, &solved.weights()).slope;
        let mut group = solved.group.clone();
        let mut next = group.len();
        for (input, direction) in directions.iter().enumerate().filter(|(_, direction)| **direction != 0.0) {
            let bins: Vec<usize> = self.cells.bins_of(input).collect();
            for block in bins.chunk_by(|a, b| solved.group[*a] == solved.group[*b]) {
                let mut behind = 0.0;
                let pulls = block.iter().enumerate().skip(1).rev().map(|(at, cell)| {
                    behind += direction * slope[*cell];
                    (at, behind)
                });
                if let Some((at, _)) = pulls.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, pull)| *pull > PULL) {
                    block[at..].iter().for_each(|cell| group[*cell] = next);
                    next += 1;
                }
            }
        }
        (next > solved.group.len()).then(|| in_order(&group))
    }

    /// Newton's method on the log-posterior, which is concave.
    fn solve(&self, group: &[usize], start: &[f64]) -> Result<Solved, Error> {
        let n = group.iter().max().map_or(0, |last| last + 1);
        let mut weight = vec![0.0; n];
        let mut size = vec![0.0; n];
        for (cell, group) in group.iter().enumerate() {
            weight[*group] += start[cell];
            size[*group] += 1.0;
        }
        weight.iter_mut().zip(&size).for_each(|(w, n)| *w /= n);
        let mut hill = self.hill(group, &weight);
        for _ in 0..MAX_STEPS {
            let slope = Array2::from_shape_fn((n, 1), |(at, _)| hill.slope[at]);
            let step = hill.curvature.clone().solvec(&slope).map_err(|e| Error::Fit(e.to_string()))?;
            let longest = step.iter().fold(0.0, |most: f64, s| most.max(s.abs()));
            let mut share = 1.0;
            let mut next = hill;
            for _ in 0..MAX_HALVINGS {
                let tried: Vec<f64> = weight.iter().zip(&step).map(|(w, s)| w + share * s).collect();
                let there = self.hill(group, &tried);
                if there.height >= next.height - 1e-9 * next.height.abs() {
                    (weight, next) = (tried, there);
                    break;
                }
                share /= 2.0;
            }
            hill = next;
            if longest * share < SETTLED {
                break;
            }
        }
        Ok(Solved { group: group.to_vec(), weight, curvature: hill.curvature })
    }

    fn hill(&self, group: &[usize], weight: &[f64]) -> Hill {
        let n = weight.len();
        let nothing = || Hill { height: 0.0, slope: vec![0.0; n], curvature: Array2::zeros((n, n)) };
        // Chunks are added in their order, so that the same rows give the same bits on any number of cores.
        let parts: Vec<Hill> = self
            .rows
            .par_chunks(ROWS_AT_A_TIME.max(self.rows.len() / 8 + 1))
            .map(|rows| {
                let mut hill = nothing();
                rows.iter().for_each(|row| self.add(&mut hill, group, weight, *row));
                hill
            })
            .collect();
        let mut hill = nothing();
        for part in parts {
            hill.height += part.height;
            hill.slope.iter_mut().zip(&part.slope).for_each(|(sum, s)| *sum += s);
            hill.curvature += &part.curvature;
        }
        mirror(&mut hill.curvature);
        self.add_prior(&mut hill, group, weight);
        hill
    }

    /// A row's likelihood. Only the upper half of the curvature is filled.
    fn add(&self, hill: &mut Hill, group: &[usize], weight: &[f64], row: usize) {
        let cells = self.cells.row(row);
        let mut places = Vec::with_capacity(cells.len() + 1);
        places.push(group[0]);
        places.extend(cells.iter().map(|cell| group[usize::from(*cell)]));
        let log_odds: f64 = places.iter().map(|place| weight[*place]).sum();
        let p = 1.0 / (1.0 + (-log_odds).exp());
        let (outcome, times) = (f64::from(u8::from(self.bad[row])), self.weights[row]);
        // ln p for the bad and ln (1 − p) for the good, without overflow.
        let signed = if self.bad[row] { log_odds } else { -log_odds };
        hill.height -= times * ((-signed.abs()).exp().ln_1p() + (-signed).max(0.0));
        let (pull, bend) = (times * (outcome - p), times * p * (1.0 - p));
        for (at, a) in places.iter().enumerate() {
            hill.slope[*a] += pull;
            let mut line = hill.curvature.index_axis_mut(Axis(0), *a);
            places[at..].iter().for_each(|b| line[*b] += bend);
        }
    }

    fn add_prior(&self, hill: &mut Hill, group: &[usize], weight: &[f64]) {
        let off: Vec<f64> = group.iter().zip(self.mean).map(|(group, mean)| weight[*group] - mean).collect();
        for (a, line) in self.precision.outer_iter().enumerate() {
            let pull: f64 = line.iter().zip(&off).map(|(p, off)| p * off).sum();
            hill.slope[group[a]] -= pull;
            hill.height -= 0.5 * off[a] * pull;
            for (b, p) in line.iter().enumerate() {
                hill.curvature[(group[a], group[b])] += p;
            }
        }
    }
}

/// The same groups, numbered from 0 in the order of their first cells.
fn in_order(group: &[usize]) -> Vec<usize> {
    let first = |of: &usize| group.iter().position(|g| g == of).unwrap_or(0);
    number(&group.iter().map(first).collect::<Vec<_>>())
}

/// Numbers from 0 for the groups, in order of their first cells.
fn number(first_of: &[usize]) -> Vec<usize> {
    let mut firsts = first_of.to_vec();
    firsts.sort_unstable();
    firsts.dedup();
    first_of.iter().map(|first| firsts.binary_search(first).unwrap_or(0)).collect()
}

/// Copies the upper half onto the lower.
fn mirror(matrix: &mut Array2<f64>) {
    for a in 0..matrix.nrows() {
        for b in a + 1..matrix.ncols() {
            matrix[(b, a)] = matrix[(a, b)];
        }
    }
}

fn invert(matrix: &Array2<f64>) -> Result<Array2<f64>, Error> {
    matrix.invc().map_err(|e| Error::Fit(e.to_string()))
}
