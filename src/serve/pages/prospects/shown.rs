//! An evaluation in the words of its reader.

use super::{
    decision_class,
    kept::{Answered, Candidate, Kept, Signal},
    words,
};
use crate::serve::pages::{
    client::web_address,
    codes::{Table, capital, grade_class},
    frame::part,
    look::Tongue,
    morning::client_href,
};

/// Who a prospect is among the clients.
const STANDINGS: Table = &[
    ("new", "Non è tra i clienti.", "It is none of the clients."),
    ("homonym", "Non è tra i clienti, ma uno ha il suo nome.", "It is none of the clients, but one bears its name."),
    ("uncertain", "Forse è già un cliente.", "It may be a client already."),
    ("client", "È già un cliente.", "It is a client already."),
];

/// How a source answered.
const ANSWERS: Table = &[
    ("answered", "ha risposto", "answered"),
    ("partly", "ha risposto in parte", "answered in part"),
    ("silent", "non ha risposto", "did not answer"),
    ("out_of_time", "non ha risposto in tempo", "did not answer in time"),
    ("off", "spenta", "switched off"),
    ("closed", "ora non si può interrogare", "cannot be asked now"),
    ("not_askable", "non ha di che cercarlo", "has nothing to ask by"),
];

/// Reasons of the rating that are shown, the heaviest.
const REASONS: usize = 6;

pub(super) struct Source {
    pub(super) name: String,
    pub(super) state: String,
    pub(super) class: &'static str,
    pub(super) facts: String,
    pub(super) why: String,
    /// Our copy, and where it was read when that can be opened.
    pub(super) documents: Vec<(String, Option<String>)>,
}

pub(super) struct Fact {
    pub(super) text: String,
    pub(super) by: String,
}

pub(super) struct Shown {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) decision: String,
    pub(super) class: &'static str,
    pub(super) grade: String,
    pub(super) grade_class: &'static str,
    pub(super) pd: String,
    pub(super) points: String,
    pub(super) coverage: String,
    pub(super) limit: String,
    pub(super) asked: String,
    pub(super) terms: String,
    pub(super) grounds: Vec<String>,
    pub(super) reasons: Vec<(String, String)>,
    pub(super) needs_a_person: bool,
    pub(super) withdrawn: bool,
    pub(super) standing: String,
    pub(super) may_be: Vec<(String, String, String)>,
    pub(super) namesakes: Vec<(String, String, String)>,
    pub(super) needed: Vec<String>,
    pub(super) sources: Vec<Source>,
    pub(super) facts: Vec<Fact>,
    pub(super) made: String,
}

fn source(id: &str, one: Answered, t: Tongue) -> Source {
    let document = |document: super::kept::Document| {
        (format!("/assessments/{}/documents/{}", part(id), document.sha256), web_address(&document.url))
    };
    Source {
        class: match one.status.as_str() {
            "answered" => "better",
            "partly" | "silent" | "out_of_time" => "worse",
            _ => "quiet",
        },
        state: t.said(ANSWERS, &one.status),
        facts: t.count(one.signals),
        // Of a source that has nothing to ask by, why says the same once more.
        why: if one.status == "not_askable" { String::new() } else { one.why.join("; ") },
        documents: one.documents.into_iter().map(document).collect(),
        name: one.source,
    }
}

fn candidate(one: Candidate, t: Tongue) -> (String, String, String) {
    (client_href(&one.client), one.client, t.percent_whole(one.certainty))
}

fn fact(signal: &Signal, t: Tongue) -> Fact {
    let official = if signal.official { t.pick(", fonte ufficiale", ", official") } else { "" };
    Fact {
        text: t.fact_of(&signal.kind, &signal.fields),
        by: format!("{} · {}{official}", t.day(signal.valid_at), signal.source),
    }
}

impl Shown {
    pub(super) fn of(kept: Kept, t: Tongue) -> Self {
        let w = words(t);
        let currency = &kept.asked.currency;
        let money = |major: f64| t.about(major, currency);
        let who = kept.prospect;
        let place = [who.city, who.country].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let numbers = [who.tax_id, who.registry_id, who.lei, who.sector.map(|sector| format!("ATECO {sector}"))];
        let about = std::iter::once(Some(place).filter(|place| !place.is_empty())).chain(numbers).flatten();
        let terms = [
            Some(format!("{} {}", kept.terms.days, w.days)),
            (kept.terms.advance > 0.0).then(|| format!("{} {}", t.percent_whole(kept.terms.advance), w.advance)),
            kept.terms.guarantee.as_ref().map(|what| format!("{} {what}", w.guarantee)),
        ];
        let assumed = if kept.asked.assumed { format!(", {}", w.assumed) } else { String::new() };
        let rating = kept.rating;
        let reasons = rating.reasons.iter().filter(|reason| reason.points != 0).take(REASONS);
        Self {
            about: about.collect::<Vec<_>>().join(" · "),
            class: decision_class(&kept.decision),
            decision: capital(&t.decision(&kept.decision)),
            grade_class: grade_class(&rating.grade),
            pd: rating.pd.map_or_else(|| "–".to_owned(), |pd| t.percent(pd)),
            points: rating.points.map_or_else(|| "–".to_owned(), |points| t.whole(points.into())),
            coverage: t.percent_whole(rating.coverage),
            limit: kept.limit.map_or_else(|| "–".to_owned(), money),
            asked: format!("{} {}{assumed}", money(kept.asked.amount), w.asked),
            terms: terms.into_iter().flatten().collect::<Vec<_>>().join(", "),
            grounds: kept.reasons.iter().map(|ground| t.pick(&ground.text_it, &ground.text).clone()).collect(),
            reasons: reasons.map(|r| (capital(t.pick(&r.text_it, &r.text)), t.signed(r.points))).collect(),
            needs_a_person: kept.human_review.is_some(),
            withdrawn: kept.withdrawn,
            standing: t.said(STANDINGS, &kept.identity.standing),
            may_be: kept.identity.clients.into_iter().map(|one| candidate(one, t)).collect(),
            namesakes: kept.identity.namesakes.into_iter().map(|one| candidate(one, t)).collect(),
            needed: kept
                .needed
                .into_iter()
                .map(|one| one.text_it.filter(|_| t.is_italian()).unwrap_or(one.text))
                .collect(),
            facts: kept.signals.iter().map(|signal| fact(signal, t)).collect(),
            made: format!(
                "{} {} · {} · {} {} · {} {}",
                w.made_at,
                t.instant(kept.made_at),
                rating.model,
                w.by_rules,
                kept.rules,
                w.kept_until,
                t.day_of(kept.keep_until)
            ),
            sources: kept.sources.into_iter().map(|one| source(&kept.id, one, t)).collect(),
            grade: rating.grade,
            name: who.name,
            id: kept.id,
        }
    }
}
