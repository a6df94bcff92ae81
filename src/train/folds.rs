use std::collections::{BTreeMap, BTreeSet};

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::Error;

/// Draws `k` folds with about the same share of bad rows in each; rows of one group stay together.
pub(super) fn stratified(bad: &[bool], groups: Option<&[String]>, k: usize, seed: u64) -> Vec<usize> {
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in 0..bad.len() {
        let group = groups.map_or_else(|| format!("{row:012}"), |g| g[row].clone());
        members.entry(group).or_default().push(row);
    }
    let mut groups: Vec<Vec<usize>> = members.into_values().collect();
    groups.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let n_bad = |rows: &Vec<usize>| rows.iter().filter(|r| bad[**r]).count();
    // The groups with most bad rows first, each to the fold that has fewest bad rows, then fewest rows.
    groups.sort_by_key(|rows| std::cmp::Reverse((n_bad(rows), rows.len())));
    let mut load = vec![(0, 0); k];
    let mut folds = vec![0; bad.len()];
    for rows in groups {
        let adds_bad = n_bad(&rows);
        let lightest =
            (0..k).min_by_key(|f| if adds_bad > 0 { load[*f] } else { (load[*f].1, load[*f].0) }).unwrap_or(0);
        load[lightest] = (load[lightest].0 + adds_bad, load[lightest].1 + rows.len());
        rows.iter().for_each(|row| folds[*row] = lightest);
    }
    folds
}

/// The folds that have rows: their numbers need not be in a row.
pub(super) fn distinct(folds: &[usize]) -> BTreeSet<usize> {
    folds.iter().copied().collect()
}

/// Refuses folds that part a group: what is known of a client would leak into its own test.
pub(super) fn check_groups(folds: &[usize], groups: Option<&[String]>) -> Result<(), Error> {
    let mut fold_of: BTreeMap<&String, usize> = BTreeMap::new();
    for (group, fold) in groups.unwrap_or_default().iter().zip(folds) {
        let first = *fold_of.entry(group).or_insert(*fold);
        if first != *fold {
            return Err(Error::Table(format!("folds: group {group:?} spans folds {first} and {fold}")));
        }
    }
    Ok(())
}

/// Refuses folds that leave nothing to learn from, or one class only, when one of them is held out.
pub(super) fn check_classes(folds: &[usize], bad: &[bool], repeat: usize) -> Result<(), Error> {
    // Good and bad rows of each fold.
    let mut counts: BTreeMap<usize, [usize; 2]> = BTreeMap::new();
    for (fold, bad) in folds.iter().zip(bad) {
        counts.entry(*fold).or_default()[usize::from(*bad)] += 1;
    }
    let all = [0, 1].map(|class| counts.values().map(|c| c[class]).sum::<usize>());
    for (fold, held) in counts {
        let why = match [all[0] - held[0], all[1] - held[1]] {
            [0, 0] => "every row is in this fold, nothing is left to learn from",
            [_, 0] => "every row is good: there is nothing to tell apart",
            [0, _] => "every row is bad: there is nothing to tell apart",
            _ => continue,
        };
        return Err(Error::Fold { repeat, fold, why: why.to_owned() });
    }
    Ok(())
}
