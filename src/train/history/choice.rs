use serde::Serialize;

use super::{Definition, History, Split, Trained, grow, report::Scored, train};
use crate::{domain::Scale, score::Artefact, train::Error};

/// Trees are taken when they are ahead by so many standard errors of the difference: a card of points is easier to sign.
const AHEAD: f64 = 2.0;

/// The model that was not taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rival {
    /// `scorecard` or `boosted`.
    pub algorithm: &'static str,
    /// Its AUC over all rows at once, unseen; none when it could not be trained.
    pub auc_pooled: Option<f64>,
    /// By how much the AUC of the trees is above that of the scorecard.
    pub trees_ahead: Option<f64>,
    /// Standard error of that difference, clients counting as wholes.
    pub se: Option<f64>,
}

/// Trains both kinds of model on the same rows, and takes the trees only when they rank clients that they have not seen
/// clearly better than the scorecard does.
pub fn choose(
    history: &History,
    expert: &Artefact,
    scale: &Scale,
    definition: &Definition,
    split: Split,
    name: &str,
) -> Result<Trained, Error> {
    let mut card = train(history, expert, scale, definition, split, name)?;
    let Ok(mut trees) = grow(history, expert, scale, definition, split, name) else {
        card.report.rival = Some(Rival { algorithm: "boosted", auc_pooled: None, trees_ahead: None, se: None });
        return Ok(card);
    };
    let scored = |of: &Trained| Scored { history, rows: of.rows.clone(), scores: of.unseen.clone() };
    let (ahead, se) = scored(&trees).ahead_of(&scored(&card));
    let rival = |algorithm, of: &Trained| Rival {
        algorithm,
        auc_pooled: Some(of.report.auc_pooled),
        trees_ahead: Some(ahead),
        se: Some(se),
    };
    if ahead > AHEAD * se {
        trees.report.rival = Some(rival("scorecard", &card));
        return Ok(trees);
    }
    card.report.rival = Some(rival("boosted", &trees));
    Ok(card)
}
