//! Whether a model may rate: everything that can be asked of its files and of the portfolio, before it is given a seat.

use std::sync::Arc;

use super::{Error, Rescorer};
use crate::{
    domain::{AsOf, Sha256},
    extract::Catalogue,
    score::{Artefact, Engine, Finding, check_table_model, golden_vectors, never_rewards},
    store::ModelFiles,
};

/// Months within which a default counts that a PD speaks of.
const HORIZON_MONTHS: u32 = 12;
/// The kind of a model that scores the rows of tables.
const TABLE: &str = "table";
/// The name of `model.json` in a list of hashes.
const MODEL: &str = "model.json";
/// The name of the golden vectors in a list of hashes.
const GOLDEN: &str = "golden.csv";
/// The name of the training sample's distributions in a list of hashes.
const TRAINING: &str = "training.json";

/// A model's folder, as far as a check reads it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What would be kept of it.
    pub files: ModelFiles,
    /// `SHA256SUMS` of its folder, as `sha256sum` writes it, empty where it is not there; none for a model that the store keeps,
    /// which knows it by its hash.
    pub sums: Option<String>,
    /// Whether a model may rate that foresees something else than a default within twelve months.
    pub allows_other_definition: bool,
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
        // A table model looks at columns, not at features: what it can be asked, it is asked, and it rates nobody.
        if let Ok(model) = Artefact::parse(MODEL, &candidate.files.body)
            && model.kind == TABLE
        {
            findings.extend(check_table_model(&model, candidate.files.golden.as_deref(), self.engine.scale()));
            return Ok(Checked { engine: None, findings });
        }
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
        findings.push(definition(candidate, engine.artefact()));
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
        let bent = never_rewards(&engine, &vectors, &names, &catalogue.delays());
        for mut finding in self.invariants(&engine, as_of).await? {
            if finding.check == bent.check {
                finding = both(&bent, &finding);
            }
            findings.push(finding);
        }
        Ok(Checked { engine: Some(engine), findings })
    }
}

/// Whether the model foresees what the master scale, the limits and every PD speak of.
fn definition(candidate: &Candidate, model: &Artefact) -> Finding {
    const CHECK: &str = "definition";
    let text = format!("{}, within {} months", model.definition_of_default, model.horizon_months);
    match (model.horizon_months == HORIZON_MONTHS, candidate.allows_other_definition) {
        (true, _) => Finding::passed(CHECK, text),
        (false, true) => Finding::passed(CHECK, format!("{text}: another one than the scale's, as asked")),
        (false, false) => Finding::failed(
            CHECK,
            format!("{text}: the scale speaks of {HORIZON_MONTHS}; allow it knowingly with --other-definition"),
        ),
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
        return Finding::passed(CHECK, format!("{own}, as the store keeps it"));
    };
    if sums.trim().is_empty() {
        let why = "there is no SHA256SUMS beside model.json: `train` writes it, and who made the model by hand signs for it with \
                   `sha256sum model.json golden.csv > SHA256SUMS`";
        return Finding::failed(CHECK, why);
    }
    let mut signed = Vec::new();
    for line in sums.lines().filter(|line| !line.trim().is_empty()) {
        let Some((hash, file)) = line.split_once(char::is_whitespace) else {
            return Finding::failed(CHECK, format!("SHA256SUMS: {line:?} is no hash and a file"));
        };
        let actual = match file.trim().trim_start_matches(['*', '.', '/']) {
            MODEL => Some(own),
            GOLDEN => candidate.files.golden.as_ref().map(|text| Sha256::of(text.as_bytes())),
            TRAINING => candidate.files.training.as_ref().map(|text| Sha256::of(text.as_bytes())),
            _ => continue,
        };
        signed.push(file.trim().trim_start_matches(['*', '.', '/']));
        if actual.is_none_or(|actual| !actual.to_string().eq_ignore_ascii_case(hash)) {
            let actual = actual.map_or_else(|| "missing".to_owned(), |actual| actual.to_string());
            return Finding::failed(CHECK, format!("{}: SHA256SUMS says {hash}, the file is {actual}", file.trim()));
        }
    }
    match [MODEL, GOLDEN].into_iter().find(|file| !signed.contains(file)) {
        Some(missing) => Finding::failed(CHECK, format!("SHA256SUMS has no line for {missing}")),
        None => Finding::passed(CHECK, format!("{own}, as SHA256SUMS says")),
    }
}
