//! The chain followed from its start.

use std::collections::{BTreeMap, BTreeSet};

use super::{Audit, AuditRow, ERASED, Result, chained};
use crate::store::rows::millis;

/// Rows followed at a time.
const CHUNK_ROWS: usize = 1000;
/// Faults named: more of them say nothing more.
const FAULTS_NAMED: usize = 100;

const CHANGED: &str = "was changed after it was written, or stands where another one stood";
const MISSING: &str = "is missing";
const EMPTIED: &str = "lost its texts, and no erasure says so";

/// A row that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditFault {
    /// Which.
    pub row: i64,
    /// What is wrong with it, as the rest of a sentence.
    pub why: String,
}

/// What the chain says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspection {
    /// The number of the newest row.
    pub rows: i64,
    /// What is wrong, by row; at most a hundred.
    pub faults: Vec<AuditFault>,
}

/// Where the walk along the chain is.
#[derive(Default)]
struct Walk {
    found: Inspection,
    /// The hash that the row before keeps; none where the row before is missing.
    before: Option<Vec<u8>>,
    /// Rows without texts, and rows that an erasure owns to.
    erased: BTreeSet<i64>,
    owned: BTreeSet<i64>,
}

impl Audit<'_> {
    /// Follows the chain from the start: every row that was changed, taken out or put in, and every one whose texts are gone
    /// without an erasure. A row whose texts were erased keeps its place by the hash that it has.
    pub async fn inspect(&self) -> Result<Inspection> {
        self.inspect_noting(&BTreeSet::new()).await.map(|(found, _)| found)
    }

    /// The same, and the hashes that the rows of these numbers keep.
    pub(super) async fn inspect_noting(&self, noted: &BTreeSet<i64>) -> Result<(Inspection, BTreeMap<i64, Vec<u8>>)> {
        let mut walk = Walk { before: Some(Vec::new()), ..Walk::default() };
        let mut hashes = BTreeMap::new();
        loop {
            let rows = self.rows(walk.found.rows, CHUNK_ROWS).await?;
            for row in &rows {
                walk.step(row);
                if noted.contains(&row.id) {
                    hashes.insert(row.id, row.hash.clone());
                }
            }
            if rows.len() < CHUNK_ROWS {
                return Ok((walk.end(), hashes));
            }
        }
    }
}

impl Walk {
    fn step(&mut self, row: &AuditRow) {
        for missing in self.found.rows + 1..row.id {
            self.before = None;
            if !self.fault(missing, MISSING) {
                break;
            }
        }
        if row.is_erased {
            self.erased.insert(row.id);
            if !(row.object.is_empty() && row.details.is_empty()) {
                self.fault(row.id, CHANGED);
            }
        } else {
            let texts = [row.who.as_str(), &row.what, &row.object, &row.details];
            let is_whole =
                |before: &Vec<u8>| chained(before, row.id, millis(row.at), texts).bytes().as_slice() == row.hash;
            // Behind a gap nothing can be said of the first row, and the next ones follow from it.
            let list = (row.what == ERASED).then(|| serde_json::from_str::<Vec<i64>>(&row.details));
            match list {
                _ if !self.before.as_ref().is_none_or(is_whole) => drop(self.fault(row.id, CHANGED)),
                Some(Err(_)) => drop(self.fault(row.id, CHANGED)),
                Some(Ok(rows)) => self.owned.extend(rows),
                None => {}
            }
        }
        self.found.rows = row.id;
        self.before = Some(row.hash.clone());
    }

    /// Names a fault; false when enough are named.
    fn fault(&mut self, row: i64, why: &str) -> bool {
        if self.found.faults.len() < FAULTS_NAMED {
            self.found.faults.push(AuditFault { row, why: why.to_owned() });
        }
        self.found.faults.len() < FAULTS_NAMED
    }

    fn end(mut self) -> Inspection {
        for row in self.erased.difference(&self.owned).copied().collect::<Vec<_>>() {
            self.fault(row, EMPTIED);
        }
        self.found.faults.sort();
        self.found
    }
}
