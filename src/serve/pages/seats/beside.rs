//! The model that gives the grades and the challenger, line by line: what each was made for, and what tells each most.

use super::{INPUTS, words};
use crate::{
    desk::{InputCard, ModelCard},
    serve::pages::{codes::capital, look::Tongue},
};

/// A line: what, of the champion, of the challenger.
pub(super) type Line = (String, String, String);

/// Two models beside each other.
pub(super) struct Beside {
    /// What each was made for, and where it starts.
    pub(super) facts: Vec<Line>,
    /// How much each thing tells each of them; a dash where it does not look.
    pub(super) inputs: Vec<Line>,
}

fn share<'c>(card: &'c ModelCard, feature: &str) -> Option<&'c InputCard> {
    card.inputs.iter().find(|input| input.feature == feature)
}

/// The inputs of both, what tells either most first.
fn inputs(champion: &ModelCard, challenger: &ModelCard, t: Tongue) -> Vec<Line> {
    let theirs = challenger.inputs.iter().filter(|input| share(champion, &input.feature).is_none());
    let mut all: Vec<(&InputCard, Option<f64>, Option<f64>)> = champion
        .inputs
        .iter()
        .chain(theirs)
        .map(|input| {
            let of = |card| share(card, &input.feature).map(|input| input.share);
            (input, of(champion), of(challenger))
        })
        .collect();
    let most = |(_, one, other): &(&InputCard, Option<f64>, Option<f64>)| one.unwrap_or(0.0).max(other.unwrap_or(0.0));
    all.sort_by(|a, b| most(b).total_cmp(&most(a)));
    let said = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| t.percent_whole(share));
    let line = |(input, one, other): (&InputCard, Option<f64>, Option<f64>)| {
        (capital(t.pick(&input.phrase_it, &input.phrase)), said(one), said(other))
    };
    all.into_iter().take(INPUTS).map(line).collect()
}

impl Beside {
    pub(super) fn of(champion: &ModelCard, challenger: &ModelCard, t: Tongue) -> Self {
        let w = words(t);
        let fact = |label: &str, of: &dyn Fn(&ModelCard) -> String| (label.to_owned(), of(champion), of(challenger));
        Self {
            facts: vec![
                fact(w.default, &|card| t.default_of(&card.definition_of_default).0),
                fact(w.horizon, &|card| format!("{} {}", card.horizon_months, w.months)),
                fact(w.inputs, &|card| format!("{} {}", t.count(card.inputs.len()), w.inputs_unit)),
                fact(w.base, &|card| format!("{} {}", t.whole(card.base.into()), t.words().points_lower)),
            ],
            inputs: inputs(champion, challenger, t),
        }
    }
}
