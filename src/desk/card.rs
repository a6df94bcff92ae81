//! What a model is, for who looks at it and does not read its file.

use serde::Deserialize;

use super::{Caller, Desk, Error, Reach, Result, seat::name_of};
use crate::pipeline::Candidate;

/// A model in a few figures.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    /// What counted as a default, in a sentence.
    pub definition_of_default: String,
    /// Within how many months.
    pub horizon_months: u32,
    /// Where every sum of points starts.
    pub base: i32,
    /// What it looks at, what tells most first.
    pub inputs: Vec<InputCard>,
}

/// Something that a model looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct InputCard {
    /// Its name.
    pub feature: String,
    /// What a reason calls it in English; `…` stands for the value.
    pub phrase: String,
    /// The same in Italian.
    pub phrase_it: String,
    /// Its share of all that the model has to know, 0 to 1.
    pub share: f64,
}

/// What is told of a model to who must trust it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelPapers {
    /// Name and hash, as ratings carry them.
    pub model: String,
    /// Its `card.md`, in Markdown; none when it is kept without one.
    pub card: Option<String>,
    /// How good it is on rows with known outcomes; none when nobody judged it.
    pub evaluation: Option<EvaluationView>,
    /// Why what is kept as its evaluation cannot be read.
    pub unread: Option<String>,
}

/// A model on rows with known outcomes, as `evaluate` writes it; what a later one adds is passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct EvaluationView {
    /// Rows.
    pub n: u64,
    /// Bad rows.
    pub bad: u64,
    /// The area under the ROC curve: 0.5 is chance, 1 perfect.
    pub auc: FigureView,
    /// `2 × auc − 1`.
    pub gini: FigureView,
    /// Kolmogorov and Smirnov's distance.
    pub ks: FigureView,
    /// Mean squared distance between PD and outcome.
    pub brier: FigureView,
    /// 1 is right, below 1 over-confident.
    pub calibration_slope: FigureView,
    /// 0 is right.
    pub calibration_intercept: FigureView,
    /// The grades that have rows, best first.
    #[serde(default)]
    pub grades: Vec<GradeEvaluationView>,
    /// By the words of a column.
    #[serde(default)]
    pub segments: Vec<PartEvaluationView>,
    /// By periods.
    #[serde(default)]
    pub vintages: Vec<PartEvaluationView>,
    /// How far the rows are from those that it learned from.
    #[serde(default)]
    pub psi: Option<f64>,
}

/// A figure and its 95 % interval; none where nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct FigureView {
    /// On all rows.
    pub value: Option<f64>,
    /// The interval's lower end.
    #[serde(default)]
    pub low: Option<f64>,
    /// Its upper end.
    #[serde(default)]
    pub high: Option<f64>,
}

/// A grade, and what became of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct GradeEvaluationView {
    /// Its name.
    pub grade: String,
    /// Rows.
    pub n: u64,
    /// Bad rows.
    pub bad: u64,
    /// Mean PD, 0 to 1.
    pub pd: f64,
    /// Share of bad rows, 0 to 1.
    pub rate: f64,
    /// Its 95 % interval: the lower end.
    #[serde(default)]
    pub rate_low: Option<f64>,
    /// The upper end.
    #[serde(default)]
    pub rate_high: Option<f64>,
    /// `green`, `yellow`, `red`.
    pub light: String,
}

/// A segment or a period.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PartEvaluationView {
    /// The word of the column.
    pub name: String,
    /// Rows.
    pub n: u64,
    /// Bad rows.
    pub bad: u64,
    /// Mean PD, 0 to 1.
    pub pd: f64,
    /// Share of bad rows, 0 to 1.
    pub rate: f64,
    /// None when all rows are of one class.
    #[serde(default)]
    pub auc: Option<FigureView>,
}

impl Desk {
    /// Card and evaluation of a model that has, or had, a seat: as they were when it was given the seat, or of the configured
    /// one as its folder has them.
    pub async fn model_papers(&self, caller: &Caller, model: &str) -> Result<ModelPapers> {
        if caller.reach != Reach::Everything {
            return Err(Error::Forbidden("a model rates every portfolio: its papers need a key that sees them all"));
        }
        let configured = &self.rescorer.engine;
        let own = (configured.model().to_string() == model).then(|| configured.papers().clone());
        let kept = self.store.models().all().await?.into_iter().find(|files| name_of(files) == model);
        let (card, evaluation) = match (kept, own) {
            (None, None) => return Err(Error::NotFound("model")),
            (Some(files), None) => (files.card, files.evaluation),
            (None, Some(papers)) => (papers.card, papers.evaluation),
            (Some(files), Some(papers)) => (files.card.or(papers.card), files.evaluation.or(papers.evaluation)),
        };
        let read = evaluation.as_deref().map(serde_json::from_str).transpose();
        let (evaluation, unread) = match read {
            Ok(evaluation) => (evaluation, None),
            Err(error) => (None, Some(error.to_string())),
        };
        Ok(ModelPapers { model: model.to_owned(), card, evaluation, unread })
    }

    /// The card of a model that has, or had, a seat; the one that rates when none is named.
    pub async fn model_card(&self, model: Option<&str>) -> Result<ModelCard> {
        let engine = match model {
            Some(model) => self.rescorer.engine_of(&self.kept_model(model).await?.files)?,
            None => self.rescorer.champion().await?,
        };
        let artefact = engine.artefact();
        let glossary = self.rescorer.glossary();
        let all: f64 = artefact.inputs.iter().map(|input| input.weight).sum();
        let phrase = |text: &str| text.replace("{}", "…");
        let mut inputs: Vec<InputCard> = artefact
            .inputs
            .iter()
            .map(|input| {
                let words = glossary.get(&input.feature);
                InputCard {
                    feature: input.feature.clone(),
                    phrase: words.map_or_else(|| input.feature.clone(), |words| phrase(words.phrase_en)),
                    phrase_it: words.map_or_else(|| input.feature.clone(), |words| phrase(words.phrase_it)),
                    share: if all > 0.0 { input.weight / all } else { 0.0 },
                }
            })
            .collect();
        inputs.sort_by(|a, b| b.share.total_cmp(&a.share));
        Ok(ModelCard {
            definition_of_default: artefact.definition_of_default.clone(),
            horizon_months: artefact.horizon_months,
            base: artefact.base,
            inputs,
        })
    }

    /// A model that has, or had, a seat, by its name and hash as ratings carry them: ready to be checked and promoted.
    pub async fn kept_model(&self, model: &str) -> Result<Candidate> {
        let kept = self.store.models().all().await?;
        let files = kept.into_iter().find(|files| name_of(files) == model).ok_or(Error::NotFound("model"))?;
        Ok(Candidate { files, sums: None, allows_other_definition: false })
    }
}
