//! Events as bytes. A rating event holds the change *and* the whole rating, so that history needs nothing else; the
//! names of features and models are numbers from the table `word`.

use super::{Flaw, Reader, Writer, treatment, watch};
use crate::domain::{
    AsOf, BatchId, EventBody, EvidenceRef, Grade, ModelId, Override, Probability, Rating, RatingChange, ReasonLine,
    SignalId,
};

/// Numbers for texts that recur in every event, and back.
pub(in crate::store) trait Words {
    /// The number of a text; every text of an event must have one before it is written.
    fn number(&self, text: &str) -> Option<i64>;
    /// The text of a number.
    fn text(&self, number: i64) -> Option<&str>;
}

/// What a rating event holds.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct RatingStep {
    pub(in crate::store) change: RatingChange,
    pub(in crate::store) rating: Rating,
    pub(in crate::store) override_: Option<Override>,
}

/// The texts of a step that must have numbers.
pub(in crate::store) fn words_of<'a>(rating: &'a Rating, change: &'a RatingChange) -> impl Iterator<Item = &'a str> {
    let lines = rating.lines.iter().chain(&change.reasons).map(|line| line.feature.as_str());
    [rating.model.name.as_str(), rating.model.hash.as_str()].into_iter().chain(lines)
}

/// Packs a step.
pub(in crate::store) fn step_bytes(
    change: &RatingChange,
    rating: &Rating,
    override_: Option<&Override>,
    words: &impl Words,
) -> Result<Vec<u8>, Flaw> {
    let mut out = Writer { bytes: Vec::with_capacity(64 + 16 * rating.lines.len()) };
    out.byte(super::VERSION);
    out.signed(change.client_seq);
    out.option(change.from, |out, grade| out.text(grade.as_str()));
    out.text(change.to.as_str());
    out.option(change.pd_from, |out, pd| out.float(pd.get()));
    out.option(change.pd_to, |out, pd| out.float(pd.get()));
    out.text(change.cause.as_str());
    out.signed(change.exposure_minor);
    out.maybe_text(change.treatment.as_deref());
    write_lines(&mut out, &change.reasons, words)?;
    out.text(rating.grade.as_str());
    out.option(rating.pd, |out, pd| out.float(pd.get()));
    out.option(rating.points, |out, points| out.signed(points.into()));
    out.float(rating.coverage);
    out.day(rating.as_of.valid_at);
    out.instant(rating.as_of.known_at);
    out.signed(number(words, &rating.model.name)?);
    out.signed(number(words, &rating.model.hash)?);
    write_lines(&mut out, &rating.lines, words)?;
    out.option(override_, write_override);
    Ok(out.bytes)
}

/// What [`step_bytes`] wrote.
pub(in crate::store) fn step_from(bytes: &[u8], words: &impl Words) -> Result<RatingStep, Flaw> {
    let mut bytes = Reader::versioned(bytes)?;
    let change = RatingChange {
        client_seq: bytes.signed()?,
        from: bytes.option(Reader::word)?,
        to: bytes.word()?,
        pd_from: bytes.option(probability)?,
        pd_to: bytes.option(probability)?,
        cause: bytes.word()?,
        exposure_minor: bytes.signed()?,
        treatment: bytes.option(Reader::string)?,
        reasons: read_lines(&mut bytes, words)?,
    };
    let rating = Rating {
        grade: bytes.word()?,
        pd: bytes.option(probability)?,
        points: bytes.option(points)?,
        coverage: bytes.float()?,
        as_of: AsOf { valid_at: bytes.day()?, known_at: bytes.instant()? },
        model: ModelId { name: word(&mut bytes, words)?, hash: word(&mut bytes, words)? },
        lines: read_lines(&mut bytes, words)?,
    };
    Ok(RatingStep { change, rating, override_: bytes.option(read_override)? })
}

fn number(words: &impl Words, text: &str) -> Result<i64, Flaw> {
    words.number(text).ok_or_else(|| format!("no number for the word {text:?}"))
}

fn word(bytes: &mut Reader<'_>, words: &impl Words) -> Result<String, Flaw> {
    let number = bytes.signed()?;
    words.text(number).map(str::to_owned).ok_or_else(|| format!("there is no word {number}"))
}

pub(in crate::store) fn probability(bytes: &mut Reader<'_>) -> Result<Probability, Flaw> {
    Probability::new(bytes.float()?).map_err(|e| e.to_string())
}

pub(in crate::store) fn points(bytes: &mut Reader<'_>) -> Result<i32, Flaw> {
    i32::try_from(bytes.signed()?).map_err(|_| "points out of range".into())
}

fn write_lines(out: &mut Writer, lines: &[ReasonLine], words: &impl Words) -> Result<(), Flaw> {
    out.size(lines.len());
    for line in lines {
        out.signed(number(words, &line.feature)?);
        out.option(line.value, Writer::float);
        out.signed(line.points.into());
        out.size(line.evidence.len());
        for evidence in &line.evidence {
            match evidence {
                EvidenceRef::Withdrawn => out.byte(0),
                EvidenceRef::Signal(id) => {
                    out.byte(1);
                    out.raw(id.bytes());
                }
                EvidenceRef::Batch(id) => {
                    out.byte(2);
                    out.signed(id.get());
                }
            }
        }
    }
    Ok(())
}

fn read_lines(bytes: &mut Reader<'_>, words: &impl Words) -> Result<Vec<ReasonLine>, Flaw> {
    let n = bytes.n_items()?;
    let mut lines = Vec::with_capacity(n);
    for _ in 0..n {
        let feature = word(bytes, words)?;
        let value = bytes.option(Reader::float)?;
        let points = points(bytes)?;
        let n_evidence = bytes.n_items()?;
        let evidence = (0..n_evidence).map(|_| read_evidence(bytes)).collect::<Result<_, _>>()?;
        lines.push(ReasonLine { feature, value, points, evidence });
    }
    Ok(lines)
}

fn read_evidence(bytes: &mut Reader<'_>) -> Result<EvidenceRef, Flaw> {
    match bytes.byte()? {
        0 => Ok(EvidenceRef::Withdrawn),
        1 => Ok(EvidenceRef::Signal(SignalId::new(bytes.array()?))),
        2 => Ok(EvidenceRef::Batch(BatchId::new(bytes.signed()?))),
        other => Err(format!("unknown kind of evidence {other}")),
    }
}

fn write_override(out: &mut Writer, decision: &Override) {
    out.text(decision.grade.as_str());
    out.text(&decision.reason);
    out.text(&decision.author);
    out.instant(decision.expires_at);
}

fn read_override(bytes: &mut Reader<'_>) -> Result<Override, Flaw> {
    let grade: Grade = bytes.word()?;
    Ok(Override { grade, reason: bytes.string()?, author: bytes.string()?, expires_at: bytes.instant()? })
}

/// Packs an event that is about no rating.
pub(in crate::store) fn other_bytes(body: &EventBody) -> Result<Vec<u8>, Flaw> {
    let mut out = Writer::versioned();
    match body {
        EventBody::RatingChanged(_) | EventBody::RatingOverridden(_) => {
            return Err("a rating event is written by recording the rating".into());
        }
        EventBody::TreatmentChanged(change) => treatment::write_change(&mut out, change),
        EventBody::SignalWithdrawn { rule } => out.text(rule),
        EventBody::ReviewNeeded { review } => out.signed(*review),
        EventBody::SourceStale { source, error } => {
            out.text(source);
            out.text(error);
        }
        EventBody::SourceRecovered { source } => out.text(source),
        EventBody::ModelDrifted { model, run, psi, features } => {
            out.text(model);
            out.signed(*run);
            out.float(*psi);
            out.size(features.len());
            for (feature, index) in features {
                out.text(feature);
                out.float(*index);
            }
        }
        EventBody::ModelMiscalibrated { model, run, cohort } => {
            out.text(model);
            out.signed(*run);
            watch::write_cohort(&mut out, cohort);
        }
        EventBody::OverridesJudged { run, board } => {
            out.signed(*run);
            watch::write_board(&mut out, board);
        }
        EventBody::NightCompleted { run, scanned, moved_up, moved_down, failed } => {
            for n in [run, scanned, moved_up, moved_down, failed] {
                out.signed(*n);
            }
        }
        EventBody::SubscriptionDisabled { subscription, reason } => {
            out.text(subscription);
            out.text(reason);
        }
        EventBody::InPart(body) => return Err(format!("{} cannot be written in part", body.kind())),
        EventBody::Unread { kind, why } => return Err(format!("{kind} cannot be written: {why}")),
    }
    Ok(out.bytes)
}

/// Any event, by its kind.
pub(in crate::store) fn body_from(kind: &str, bytes: &[u8], words: &impl Words) -> Result<EventBody, Flaw> {
    let mut fields = Reader::versioned(bytes)?;
    Ok(match kind {
        "rating.changed" => EventBody::RatingChanged(step_from(bytes, words)?.change),
        "rating.overridden" => EventBody::RatingOverridden(step_from(bytes, words)?.change),
        "treatment.changed" => EventBody::TreatmentChanged(treatment::read_change(&mut fields)?),
        "signal.withdrawn" => EventBody::SignalWithdrawn { rule: fields.string()? },
        "review.needed" => EventBody::ReviewNeeded { review: fields.signed()? },
        "source.stale" => EventBody::SourceStale { source: fields.string()?, error: fields.string()? },
        "source.recovered" => EventBody::SourceRecovered { source: fields.string()? },
        "model.drifted" => EventBody::ModelDrifted {
            model: fields.string()?,
            run: fields.signed()?,
            psi: fields.float()?,
            features: {
                let n = fields.n_items()?;
                (0..n).map(|_| Ok((fields.string()?, fields.float()?))).collect::<Result<_, Flaw>>()?
            },
        },
        "model.miscalibrated" => EventBody::ModelMiscalibrated {
            model: fields.string()?,
            run: fields.signed()?,
            cohort: watch::read_cohort(&mut fields)?,
        },
        "overrides.judged" => {
            EventBody::OverridesJudged { run: fields.signed()?, board: watch::read_board(&mut fields)? }
        }
        "night.completed" => EventBody::NightCompleted {
            run: fields.signed()?,
            scanned: fields.signed()?,
            moved_up: fields.signed()?,
            moved_down: fields.signed()?,
            failed: fields.signed()?,
        },
        "subscription.disabled" => {
            EventBody::SubscriptionDisabled { subscription: fields.string()?, reason: fields.string()? }
        }
        _ => return Err("this version of the program does not know its kind".to_owned()),
    })
}
