//! What a model is, for who looks at it and does not read its file.

use super::{Desk, Error, Result, seat::name_of};
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

impl Desk {
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
