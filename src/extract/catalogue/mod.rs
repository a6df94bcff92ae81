use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use super::View;
use crate::domain::{CatalogueHash, EvidenceRef, FeatureWords, Glossary, Sha256};

mod habit;
mod market;
mod payment;
mod register;

/// A row of the catalogue: the words, and how the value is computed.
#[derive(Debug, Clone, Copy)]
pub struct Feature {
    /// Name, unit, meaning, phrases.
    pub words: FeatureWords,
    /// What a larger value means for the risk, all else being equal.
    pub more: More,
    pub(super) value: ValueOf,
    pub(super) evidence: EvidenceOf,
}

/// Reads a value off the windows of a view; none when missing.
type ValueOf = fn(&View<'_>) -> Option<f64>;
/// Finds what the value rests on.
type EvidenceOf = fn(&View<'_>) -> Vec<EvidenceRef>;

const fn words(
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
    phrase_en: &'static str,
    phrase_it: &'static str,
) -> FeatureWords {
    FeatureWords { name, unit, meaning, phrase_en, phrase_it }
}

/// What a larger value of a feature means for the risk, all else being equal: an expert's word, which training may not
/// turn round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// More risk.
    Worse,
    /// Less risk.
    Better,
    /// It depends.
    Either,
}

const fn row(words: FeatureWords, value: ValueOf, evidence: EvidenceOf) -> Feature {
    Feature { words, more: More::Either, value, evidence }
}

impl Feature {
    const fn worse(self) -> Self {
        Self { more: More::Worse, ..self }
    }

    const fn better(self) -> Self {
        Self { more: More::Better, ..self }
    }
}

/// Bad signs of the ledger that are no delay: paying later does not move them, or not alone.
const UNPAID_ANYHOW: [&str; 2] = ["disputed_share_365d", "limit_use"];

/// The table of features. A model is made for one table, and refuses another.
#[derive(Debug)]
pub struct Catalogue {
    features: Vec<Feature>,
    hash: CatalogueHash,
    glossary: Glossary,
    places: HashMap<&'static str, usize>,
}

impl Catalogue {
    /// The one table of this program.
    pub fn get() -> &'static Self {
        static TABLE: OnceLock<Catalogue> = OnceLock::new();
        TABLE.get_or_init(|| {
            let features: Vec<Feature> =
                [payment::ROWS, habit::ROWS, register::ROWS, market::ROWS].into_iter().flatten().copied().collect();
            let mut text = String::new();
            for w in features.iter().map(|f| &f.words) {
                // Lengths keep two different tables from having one text.
                for part in [w.name, w.unit, w.meaning] {
                    text.push_str(&format!("{}:{part}\n", part.len()));
                }
            }
            let glossary = Glossary(features.iter().map(|f| f.words).collect::<Arc<[_]>>());
            let places = features.iter().enumerate().map(|(place, f)| (f.words.name, place)).collect();
            Self { features, hash: CatalogueHash(Sha256::of(text.as_bytes())), glossary, places }
        })
    }

    /// Rows in order.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Place of a feature by name.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// Every name, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.features.iter().map(|f| f.words.name).collect()
    }

    /// Features of the market: on a day they are the same for all clients of a trade and country.
    pub fn shared(&self) -> Vec<&'static str> {
        market::ROWS.iter().map(|f| f.words.name).filter(|name| name.starts_with("sector_")).collect()
    }

    /// Features that grow when a client pays later, in order.
    pub fn delays(&self) -> Vec<&'static str> {
        let ledger = [payment::ROWS, habit::ROWS].into_iter().flatten();
        ledger
            .filter(|f| f.more == More::Worse && !UNPAID_ANYHOW.contains(&f.words.name))
            .map(|f| f.words.name)
            .collect()
    }

    /// Hash over name, unit and meaning of every row.
    pub fn hash(&self) -> CatalogueHash {
        self.hash
    }

    /// The words alone, for rooms that show reasons.
    pub fn glossary(&self) -> Glossary {
        self.glossary.clone()
    }
}
