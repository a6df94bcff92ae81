//! Whether a model may rate: everything that can be asked of its files and of the portfolio, before it is given a seat.

use std::sync::Arc;

use super::{Error, Rescorer};
use crate::{
    domain::{AsOf, Sha256},
    extract::Catalogue,
    score::{Engine, Finding, golden_vectors, never_rewards},
    store::ModelFiles,
};

/// The name of `model.json` in a list of hashes.
const MODEL: &str = "model.json";
/// The name of the golden vectors in a list of hashes.
const GOLDEN: &str = "golden.csv";

/// A model's folder, as far as a check reads it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What would be kept of it.
    pub files: ModelFiles,
    /// `SHA256SUMS` as `sha256sum` writes it; none when there is none.
    pub sums: Option<String>,
}

/// What a check came to.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The model, ready to rate; none when it cannot.
    pub engine: Option<Arc<Engine>>,
    /// Every check, in order.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether nothing speaks against the model.
    pub fn is_ok(&self) -> bool {
        self.findings.iter().all(|finding| finding.is_ok)
    }
}

impl Rescorer {
    /// Checks hash, catalogue, golden vectors, and what no model may break, the last on every client there is. Records
    /// nothing.
    pub async fn check(&self, candidate: &Candidate, as_of: AsOf) -> Result<Checked, Error> {
        let mut findings = vec![hashes(candidate)];
        let catalogue = Catalogue::get();
        let engine = match self.engine_of(&candidate.files) {
            Ok(engine) => engine,
            Err(Error::Score(refused)) => {
                findings.push(Finding::failed("catalogue", refused.to_string()));
                return Ok(Checked { engine: None, findings });
            }
            Err(other) => return Err(other),
        };
        let hash: String = catalogue.hash().to_string().chars().take(12).collect();
        findings.push(Finding::passed("catalogue", format!("made for the feature table {hash}…")));
        let names = catalogue.names();
        let vectors = match &candidate.files.golden {
            Some(text) => {
                let (finding, vectors) = golden_vectors(&engine, text, &names);
                findings.push(finding);
                vectors
            }
            None => {
                findings.push(Finding::failed("golden", "there is no golden.csv beside model.json"));
                Vec::new()
            }
        };
        let bent = never_rewards(&engine, &vectors, &names);
        for mut finding in self.invariants(&engine, as_of).await? {
            if finding.check == bent.check {
                finding = both(&bent, &finding);
            }
            findings.push(finding);
        }
        Ok(Checked { engine: Some(engine), findings })
    }
}

/// One check from two looks: what is wrong in either, else what both looked at.
fn both(one: &Finding, other: &Finding) -> Finding {
    let texts = |wanted: bool| {
        let said = [one, other].into_iter().filter(|finding| finding.is_ok == wanted);
        said.map(|finding| finding.text.as_str()).collect::<Vec<_>>().join("; ")
    };
    match one.is_ok && other.is_ok {
        true => Finding::passed(one.check, texts(true)),
        false => Finding::failed(one.check, texts(false)),
    }
}

/// Whether the files are those that were signed for: every hash in `SHA256SUMS` of a file that a check reads.
fn hashes(candidate: &Candidate) -> Finding {
    const CHECK: &str = "hash";
    let own = candidate.files.hash();
    let Some(sums) = &candidate.sums else {
        return Finding::passed(CHECK, format!("{own}; no SHA256SUMS beside it to compare with"));
    };
    for line in sums.lines().filter(|line| !line.trim().is_empty()) {
        let Some((hash, file)) = line.split_once(char::is_whitespace) else {
            return Finding::failed(CHECK, format!("SHA256SUMS: {line:?} is no hash and a file"));
        };
        let actual = match file.trim().trim_start_matches(['*', '.', '/']) {
            MODEL => Some(own),
            GOLDEN => candidate.files.golden.as_ref().map(|text| Sha256::of(text.as_bytes())),
            _ => continue,
        };
        if actual.is_none_or(|actual| !actual.to_string().eq_ignore_ascii_case(hash)) {
            let actual = actual.map_or_else(|| "missing".to_owned(), |actual| actual.to_string());
            return Finding::failed(CHECK, format!("{}: SHA256SUMS says {hash}, the file is {actual}", file.trim()));
        }
    }
    Finding::passed(CHECK, format!("{own}, as SHA256SUMS says"))
}
