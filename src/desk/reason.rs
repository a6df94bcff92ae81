use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Desk, Result, six_decimals};
use crate::domain::{EvidenceRef, Glossary, ReasonLine, say_line};

/// One line of the sum that gives the points, in words, with what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReasonView {
    /// A feature's name; or `base`, `calibration`, `cap:…`, `rule:…`, `override`, `since_recording`, or `withdrawn` for
    /// all that rested on what was withdrawn since.
    pub feature: String,
    /// The feature's value; null when missing, or when the line is not a feature.
    pub value: Option<f64>,
    /// The value's unit: `days`, `EUR`, `share`, `count`, `months`, `yes/no`, `index`…; null without a feature.
    pub unit: Option<String>,
    /// Signed points; the lines add up to the rating's points.
    pub points: i32,
    /// The line as a sentence.
    pub text: String,
    /// The same in Italian.
    pub text_it: String,
    /// What it rests on.
    pub evidence: Vec<EvidenceView>,
}

/// What was read, where and when; or the mark of something that was withdrawn since.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum EvidenceView {
    /// A document that is in the archive.
    Read {
        /// The signal it carried; null for the creditor's own ledger.
        signal: Option<String>,
        /// Who said it; `ledger` for the creditor's own files.
        source: String,
        /// Where it can be read; the file's name for the ledger.
        url: String,
        /// When it was read.
        #[schema(value_type = String, format = DateTime)]
        seen_at: Timestamp,
        /// The hash of the bytes read.
        sha256: String,
    },
    /// It no longer counts and is no longer kept.
    Withdrawn {
        /// Always true.
        withdrawn: bool,
    },
}

impl EvidenceView {
    const WITHDRAWN: Self = Self::Withdrawn { withdrawn: true };
}

/// Evidence by reference, looked up once for all lines of an answer.
pub(super) struct Exhibits(HashMap<EvidenceRef, EvidenceView>);

impl Exhibits {
    /// Each exhibit once, in a stable order.
    pub(super) fn of(&self, refs: impl IntoIterator<Item = EvidenceRef>) -> Vec<EvidenceView> {
        let distinct: BTreeSet<EvidenceRef> = refs.into_iter().collect();
        distinct.iter().map(|r| self.0.get(r).cloned().unwrap_or(EvidenceView::WITHDRAWN)).collect()
    }
}

impl Desk {
    /// Looks up everything these lines rest on, with one question to the store for each kind.
    pub(super) async fn exhibits<'a>(&self, lines: impl Iterator<Item = &'a ReasonLine>) -> Result<Exhibits> {
        let refs: BTreeSet<EvidenceRef> = lines.flat_map(|line| line.evidence.iter().copied()).collect();
        let (mut signals, mut batches) = (Vec::new(), Vec::new());
        for reference in refs {
            match reference {
                EvidenceRef::Signal(id) => signals.push(id),
                EvidenceRef::Batch(id) => batches.push(id),
                EvidenceRef::Withdrawn => {}
            }
        }
        let mut found = HashMap::new();
        for (id, signal) in signals.iter().zip(self.store.facts().signals_by_id(&signals).await?) {
            let Some(signal) = signal else { continue };
            let view = EvidenceView::Read {
                signal: Some(id.to_string()),
                source: signal.source.to_string(),
                url: signal.url.unwrap_or(signal.evidence.url),
                seen_at: signal.evidence.seen_at,
                sha256: signal.evidence.sha256.to_string(),
            };
            found.insert(EvidenceRef::Signal(*id), view);
        }
        for (id, batch) in batches.iter().zip(self.store.facts().batches_by_id(&batches).await?) {
            let Some(batch) = batch else { continue };
            let view = EvidenceView::Read {
                signal: None,
                source: "ledger".to_owned(),
                url: batch.name,
                seen_at: batch.seen_at,
                sha256: batch.sha256.to_string(),
            };
            found.insert(EvidenceRef::Batch(*id), view);
        }
        Ok(Exhibits(found))
    }

    /// The lines as a person reads them: what weighs most first, where every client starts from last.
    pub(super) async fn reasons(&self, lines: &[ReasonLine]) -> Result<Vec<ReasonView>> {
        let exhibits = self.exhibits(lines.iter()).await?;
        Ok(reasons_of(lines, &self.rescorer.glossary(), |line| exhibits.of(line.evidence.iter().copied())))
    }
}

/// Lines in words, in the order in which they are read, each with what `evidence` shows of what it rests on.
pub(super) fn reasons_of(
    lines: &[ReasonLine],
    glossary: &Glossary,
    evidence: impl Fn(&ReasonLine) -> Vec<EvidenceView>,
) -> Vec<ReasonView> {
    let reason = |line: &ReasonLine| ReasonView {
        feature: line.feature.clone(),
        value: line.value.map(six_decimals),
        unit: glossary.get(&line.feature).map(|words| words.unit.to_owned()),
        points: line.points,
        text: say_line(glossary, line, false),
        text_it: say_line(glossary, line, true),
        evidence: evidence(line),
    };
    let mut reasons: Vec<ReasonView> = lines.iter().map(reason).collect();
    reasons.sort_by_key(|r| (is_constant(&r.feature), std::cmp::Reverse(r.points.abs())));
    reasons
}

/// The line by which later nights moved the sum without keeping its parts.
pub(super) const SINCE_RECORDING: &str = "since_recording";

/// Lines that are the same for everybody: no reason for this client in particular.
pub(super) fn is_constant(feature: &str) -> bool {
    matches!(feature, "base" | "calibration" | SINCE_RECORDING)
}
