use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Desk, Error, EvidenceView, ReasonView, Result, Wanted, level::Level, rating::shown, reason::is_constant,
    six_decimals,
};
use crate::domain::{ClientId, Grade, NOTICE, ReasonLine, WITHDRAWN, differences, say_line};

/// Why a rating is where it is, and why it moved. Both sums are exact.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Explanation {
    /// The creditor's own code.
    pub client: String,
    /// The client's name.
    pub name: String,
    /// The client whose rating is explained, where the one asked for is merged into it; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// Where the change starts; null when there was nothing before.
    pub from: Option<Step>,
    /// Where it ends; null while nothing was recorded.
    pub to: Option<Step>,
    /// Every line of `to`; they add up to its points.
    pub level: Vec<ReasonView>,
    /// Why `to` is `ND`; absent for every other grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_determined: Option<Undetermined>,
    /// Every line that differs between `from` and `to`; they add up to `points_change`.
    pub change: Vec<ChangeLine>,
    /// Points of `to` less points of `from`; nothing and `ND` count as 0.
    pub points_change: i32,
    /// Whether both sums were checked and are exact.
    pub adds_up: bool,
    /// What this is not.
    pub notice: String,
}

/// Why no grade is given, and what would be needed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Undetermined {
    /// In a sentence or two.
    pub text: String,
    /// The same in Italian.
    pub text_it: String,
}

impl Undetermined {
    /// Of a coverage that is below what a grade is given from, or enough of it without anything that identifies the company.
    fn of(coverage: f64, enough: f64) -> Self {
        if coverage >= enough {
            return Self { text: NOTHING_KNOWN.to_owned(), text_it: NOTHING_KNOWN_IT.to_owned() };
        }
        // Rounded down: what falls short of a mark must not be written as the mark.
        let (known, enough) = ((coverage * 100.0).floor(), (enough * 100.0).round());
        Self {
            text: format!(
                "Only {known} % of what the model looks at is known and fresh; a grade is given from {enough} %."
            ),
            text_it: format!(
                "Si conosce, di recente, solo il {known} % di ciò che il modello guarda; una classe si dà dal {enough} %."
            ),
        }
    }
}

/// One end of a change.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Step {
    /// Place in the client's history.
    pub client_seq: i64,
    /// The grade.
    pub grade: String,
    /// Points; null for `ND`.
    pub points: Option<i32>,
    /// Probability of default; null for `ND`.
    pub pd: Option<f64>,
    /// The day it is about.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// The instant of knowledge.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// Name and hash of the model.
    pub model: String,
}

/// What one line did to the change.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChangeLine {
    /// A feature's name, or another line of the sum.
    pub feature: String,
    /// The value before; null when missing.
    pub value_from: Option<f64>,
    /// The value now; null when missing.
    pub value: Option<f64>,
    /// The value's unit.
    pub unit: Option<String>,
    /// Points now less points before.
    pub points: i32,
    /// The line as it is now, as a sentence.
    pub text: String,
    /// The same in Italian.
    pub text_it: String,
    /// What either side rests on.
    pub evidence: Vec<EvidenceView>,
}

/// A model looks at enough, and still nobody knows whom.
const NOTHING_KNOWN: &str = "There is neither a ledger of 3 invoices or 6 months, nor one open source that is surely about this \
     company: import its invoices, or say its tax number, so that registers can be asked.";
/// The same in Italian.
const NOTHING_KNOWN_IT: &str = "Non ci sono né un partitario di 3 fatture o di 6 mesi, né una fonte aperta che parli con certezza \
     di questa impresa: importane le fatture, o indicane il codice fiscale, così che si possano interrogare i registri.";

impl Desk {
    /// Explains the level of `to` (the present when not said) and the change to it from `from` (the step before when
    /// not said; 0 for nothing). A present level that nights have refreshed since it was recorded is explained as it
    /// is now, so that `from = to` shows what the nights did. Of a merged client the survivor's rating is explained, or, when
    /// steps are named, those of its own history.
    pub async fn explanation(&self, wanted: &Wanted<'_>, from: Option<i64>, to: Option<i64>) -> Result<Explanation> {
        let (client, survivor) = self.find_rated(wanted, self.clock.now()).await?;
        let survivor = survivor.filter(|_| from.is_none() && to.is_none());
        let rated = survivor.as_ref().map_or(client.id, |survivor| survivor.id);
        let level = match to {
            Some(seq) => Some(self.step(rated, seq).await?),
            None => self.present(rated).await?,
        };
        let before = match (from, &level) {
            (Some(seq), _) if seq > 0 => Some(self.step(rated, seq).await?),
            (None, Some(level)) if level.client_seq > 1 => Some(self.step(rated, level.client_seq - 1).await?),
            _ => None,
        };
        let (from_lines, to_lines) = (lines_of(before.as_ref()), lines_of(level.as_ref()));
        let points_change = level.as_ref().map_or(0, Level::sum) - before.as_ref().map_or(0, Level::sum);
        let reasons = self.reasons(to_lines).await?;
        let change = self.change(from_lines, to_lines).await?;
        let adds_up = reasons.iter().map(|r| r.points).sum::<i32>() == level.as_ref().map_or(0, Level::sum)
            && change.iter().map(|c| c.points).sum::<i32>() == points_change;
        let blind = level.as_ref().filter(|level| level.grade == Grade::NotDetermined);
        let not_determined = match blind {
            Some(level) => Some(Undetermined::of(level.coverage, self.rescorer.champion().await?.determined_from())),
            None => None,
        };
        Ok(Explanation {
            not_determined,
            client: client.code.to_string(),
            name: client.facts.who.name,
            merged_into: survivor.map(|survivor| survivor.code.to_string()),
            from: before.as_ref().map(step_view),
            to: level.as_ref().map(step_view),
            level: reasons,
            change,
            points_change,
            adds_up,
            notice: NOTICE.to_owned(),
        })
    }

    async fn step(&self, client: ClientId, client_seq: i64) -> Result<Level> {
        let recorded = self.store.ratings().recorded(client, client_seq).await?;
        recorded.map(Level::recorded).ok_or(Error::NotFound("step of the client's history"))
    }

    async fn change(&self, from: &[ReasonLine], to: &[ReasonLine]) -> Result<Vec<ChangeLine>> {
        let exhibits = self.exhibits(from.iter().chain(to)).await?;
        let glossary = self.rescorer.glossary();
        let mut lines: Vec<ChangeLine> = differences(from, to)
            .into_iter()
            .map(|(feature, difference)| {
                let text = |italian: bool| match (difference.to.first(), difference.from.first()) {
                    (_, Some(line)) if feature == WITHDRAWN => say_line(&glossary, line, italian),
                    (Some(line), _) => say_line(&glossary, line, italian),
                    (None, Some(line)) => {
                        let gone = if italian { "non più" } else { "no longer" };
                        format!("{gone}: {}", say_line(&glossary, line, italian))
                    }
                    (None, None) => String::new(),
                };
                ChangeLine {
                    feature: feature.to_owned(),
                    value_from: value_of(&difference.from),
                    value: value_of(&difference.to).filter(|_| feature != WITHDRAWN),
                    unit: glossary.get(feature).map(|words| words.unit.to_owned()),
                    points: difference.points(),
                    text: text(false),
                    text_it: text(true),
                    evidence: exhibits.of(difference.evidence()),
                }
            })
            .collect();
        lines.sort_by_key(|line| (is_constant(&line.feature), std::cmp::Reverse(line.points.abs())));
        Ok(lines)
    }
}

fn value_of(lines: &[&ReasonLine]) -> Option<f64> {
    lines.iter().find_map(|line| line.value).map(six_decimals)
}

fn lines_of(level: Option<&Level>) -> &[ReasonLine] {
    level.map_or(&[], |level| level.lines.as_slice())
}

fn step_view(level: &Level) -> Step {
    Step {
        client_seq: level.client_seq,
        grade: level.grade.to_string(),
        points: level.points,
        pd: level.pd.map(shown),
        valid_at: level.as_of.valid_at,
        known_at: level.as_of.known_at,
        model: level.model.clone(),
    }
}
