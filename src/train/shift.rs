//! How far the rows of a table are from those that a model learned from.

use serde::Serialize;

use super::Outcomes;
use crate::{
    domain::Light,
    score::{Artefact, ENOUGH_FOR_AN_INDEX, Training},
};

/// Indices are written with so many decimals, as a factor.
const DECIMALS: f64 = 1e6;

/// The rows of a table against the training sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shift {
    /// Population stability index of the points: below 0.10 stable, from 0.25 on another population.
    pub psi: Option<f64>,
    /// `green`, `yellow` or `red`; none where too few rows were counted for an index to mean anything.
    pub psi_light: Option<&'static str>,
    /// The same of each input, what moved most first.
    pub csi: Vec<InputShift>,
    /// Whether these are the very rows, as far as can be told.
    #[serde(skip)]
    pub is_sample: bool,
}

/// How far an input has moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InputShift {
    /// Its name.
    pub feature: String,
    /// Characteristic stability index; none where the sample never had a value.
    pub csi: Option<f64>,
    /// As for the points.
    pub light: Option<&'static str>,
}

impl Shift {
    /// Compares rows, whose `inputs` stand in the model's order, with the sample.
    pub fn of(training: &Training, model: &Artefact, outcomes: &Outcomes, inputs: &[Vec<f64>]) -> Self {
        let place = |feature: &str| model.inputs.iter().position(|input| input.feature == feature);
        let places: Vec<Option<usize>> = training.features.iter().map(|f| place(&f.feature)).collect();
        let rows = || {
            outcomes.scored.iter().enumerate().map(|(row, scored)| {
                let value = |place: &Option<usize>| inputs.get((*place)?).map(|column| column[row]);
                let values = places.iter().map(|place| value(place).filter(|value| !value.is_nan()));
                [Some(f64::from(scored.points))].into_iter().chain(values).collect::<Vec<Option<f64>>>()
            })
        };
        let light = |index: Option<f64>| {
            (outcomes.scored.len() as u64 >= ENOUGH_FOR_AN_INDEX).then(|| Light::of_index(index).as_str())
        };
        let rounded = |index: f64| (index * DECIMALS).round() / DECIMALS;
        let mut indices = training.indices(model, rows()).into_iter().map(|(name, index)| (name, index.map(rounded)));
        let psi = indices.next().and_then(|(_, psi)| psi);
        // What is no input of the model has no column here, and cannot have moved.
        let of_inputs = indices.zip(&places).filter(|(_, place)| place.is_some());
        let mut csi: Vec<InputShift> =
            of_inputs.map(|((feature, csi), _)| InputShift { feature, csi, light: light(csi) }).collect();
        csi.sort_by(|a, b| b.csi.unwrap_or(-1.0).total_cmp(&a.csi.unwrap_or(-1.0)));
        Self { psi, psi_light: psi.and_then(|psi| light(Some(psi))), csi, is_sample: training.is_sample(model, rows()) }
    }
}
