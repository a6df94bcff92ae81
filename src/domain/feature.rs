use std::{fmt, sync::Arc};

use super::{Sha256, WordError};

/// The hash of a feature table: name, unit and meaning of every row in order. A model made for another table refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CatalogueHash(pub Sha256);

impl fmt::Display for CatalogueHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The words about a feature: what it is called, what it means, how a person reads its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureWords {
    /// `snake_case`, unique in the catalogue.
    pub name: &'static str,
    /// `days`, `EUR`, `money` (the ledger's currency), `share` (0-1), `change` (0.1 is a tenth more), `count`, `months`,
    /// `yes/no`, `index`.
    pub unit: &'static str,
    /// What it measures and over which window, in a sentence.
    pub meaning: &'static str,
    /// A reason in English; `{}` stands for the value.
    pub phrase_en: &'static str,
    /// The same in Italian.
    pub phrase_it: &'static str,
}

/// The words of every feature, in catalogue order; for rooms that show reasons and must not know how they are computed.
#[derive(Debug, Clone)]
pub struct Glossary(pub Arc<[FeatureWords]>);

impl Glossary {
    /// The words for a feature.
    pub fn get(&self, name: &str) -> Option<&FeatureWords> {
        self.0.iter().find(|w| w.name == name)
    }
}

/// The values of all features of a catalogue for one client, in its order. A value is a finite number or *missing*,
/// and missing is not zero.
#[derive(Debug, Clone)]
pub struct FeatureVector {
    catalogue: CatalogueHash,
    /// NaN inside means missing; it never leaves this type.
    values: Vec<f64>,
    /// Places of values that are only the last good ones.
    aged: Vec<usize>,
}

/// Two missing values are the same value.
impl PartialEq for FeatureVector {
    fn eq(&self, other: &Self) -> bool {
        self.catalogue == other.catalogue
            && self.len() == other.len()
            && (0..self.len())
                .all(|place| self.get(place) == other.get(place) && self.is_fresh(place) == other.is_fresh(place))
    }
}

impl FeatureVector {
    /// Takes the values in catalogue order; an infinite or NaN value is refused, say `None` for missing.
    pub fn new(catalogue: CatalogueHash, values: &[Option<f64>]) -> Result<Self, WordError> {
        if let Some(odd) = values.iter().flatten().find(|v| !v.is_finite()) {
            return Err(WordError::new("feature value", &odd.to_string(), "must be finite; a missing value is None"));
        }
        Ok(Self { catalogue, values: values.iter().map(|v| v.unwrap_or(f64::NAN)).collect(), aged: Vec::new() })
    }

    /// Which table it was computed with.
    pub fn catalogue(&self) -> CatalogueHash {
        self.catalogue
    }

    /// The value at a place of the catalogue; `None` when missing or when there is no such place.
    pub fn get(&self, place: usize) -> Option<f64> {
        self.values.get(place).copied().filter(|v| !v.is_nan())
    }

    /// The same, with these places marked as resting on sources that have gone silent.
    #[must_use]
    pub fn with_aged(self, aged: Vec<usize>) -> Self {
        Self { aged, ..self }
    }

    /// The same with another value at a place; a place or a value that is none leaves it as it was.
    #[must_use]
    pub fn with_value(&self, place: usize, value: f64) -> Self {
        let mut bent = self.clone();
        if let Some(slot) = bent.values.get_mut(place).filter(|_| value.is_finite()) {
            *slot = value;
        }
        bent
    }

    /// Whether there is a value at a place, and whoever it came from still answers.
    pub fn is_fresh(&self, place: usize) -> bool {
        self.get(place).is_some() && !self.aged.contains(&place)
    }

    /// How many features there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether the catalogue is empty.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
