//! From what was heard of a prospect to what is decided about it; the same on the day itself and whenever it is computed again.

use std::collections::HashMap;

use super::{
    input::Applicant,
    view::{AppraisalView, FeatureView, NeededView, VectorView, WorthView},
};
use crate::{
    desk::{
        AppetitesView, Desk, EvidenceView, Onboarding, Result, amount::cents, reason::reasons_of, six_decimals,
        three_decimals,
    },
    domain::{
        AsOf, BatchId, Certainty, ClientVersion, Dossier, EvidenceRef, Fact, Grade, KnownSignal, ReasonLine, SignalId,
        Status, VatAnswer,
    },
    pipeline::Appraised,
    store::{NewSignal, SignalTarget},
    treat::{self, Decided, Limits, Standing},
};

/// Inputs of the model that are named as missing; the rest together weighs less than any of them.
const MAX_MISSING: usize = 6;

/// A prospect and everything that a decision about it rests on.
pub(super) struct Case<'a> {
    pub(super) applicant: &'a Applicant,
    pub(super) as_of: AsOf,
    /// In the order of their names.
    pub(super) signals: &'a [NewSignal],
    pub(super) standing: Standing,
    /// Records that may be about it, and may not.
    pub(super) n_uncertain: usize,
    /// Sources that were asked and gave no answer, or not all of it.
    pub(super) blind: &'a [String],
}

/// What came of it.
pub(super) struct Judged {
    pub(super) decided: Decided,
    pub(super) appraised: Appraised,
    pub(super) limits: Limits,
    pub(super) is_identified: bool,
    /// What it asks for, whole units, and whether nobody said so.
    pub(super) amount: (f64, bool),
}

impl Desk {
    /// Rates a case by the model that rates now, and decides by these rules. Records nothing.
    pub(super) async fn judge(&self, case: &Case<'_>, onboarding: &Onboarding) -> Result<Judged> {
        let appraised = self.rescorer.appraise(&dossier(case), case.as_of).await?;
        let rules = &onboarding.rules;
        let stated = case.applicant.amount.map(crate::domain::Money::major);
        let amount = stated.unwrap_or(rules.typical_amount);
        let yearly_value = case.applicant.yearly_value.map(crate::domain::Money::major);
        let limits = self.rescorer.limits_of(&appraised.rating, (amount, yearly_value), case.as_of);
        let is_identified = case.signals.iter().any(|new| new.signal.is_official && identifies(&new.signal.fact));
        let decided = treat::decide(
            &treat::Applicant {
                grade: appraised.rating.grade,
                legal: appraised.legal,
                standing: case.standing,
                n_uncertain: case.n_uncertain,
                is_identified,
                is_vat_invalid: case.signals.iter().any(|new| new.signal.fact == Fact::VatCheck(VatAnswer::Invalid)),
                blind: case.blind,
                amount,
                suggested: limits.suggested,
            },
            rules,
        );
        Ok(Judged { decided, appraised, limits, is_identified, amount: (amount, stated.is_none()) })
    }

    /// The rating in words, each line with the documents of the prospect that it rests on.
    pub(super) fn appraisal_view(&self, appraised: &Appraised, signals: &[NewSignal]) -> AppraisalView {
        let rating = &appraised.rating;
        let by_name: HashMap<SignalId, &NewSignal> = signals.iter().map(|new| (new.signal.id, new)).collect();
        let glossary = self.rescorer.glossary();
        let evidence = |reference: &EvidenceRef| match reference {
            EvidenceRef::Signal(id) => by_name.get(id).map(|new| read_of(new)),
            EvidenceRef::Batch(_) | EvidenceRef::Withdrawn => None,
        };
        let shown = |line: &ReasonLine| line.evidence.iter().filter_map(evidence).collect();
        let reasons = reasons_of(&rating.lines, &glossary, shown);
        let (scale, model_rules) = self.rescorer.engine.versions();
        AppraisalView {
            grade: rating.grade.to_string(),
            pd: rating.pd.map(|pd| six_decimals(pd.get())),
            points: rating.points,
            coverage: three_decimals(rating.coverage),
            model: rating.model.to_string(),
            scale: scale.to_owned(),
            model_rules: model_rules.to_owned(),
            reasons,
        }
    }

    /// What would have to be known for a grade; nothing when there is one.
    pub(super) fn needed(&self, case: &Case<'_>, judged: &Judged, off: &[(&str, &str)]) -> Vec<NeededView> {
        let appraised = &judged.appraised;
        if appraised.rating.grade != Grade::NotDetermined {
            return Vec::new();
        }
        let mut needed = Vec::new();
        let mut say = |what: &str, text: String, text_it: String| {
            needed.push(NeededView { what: what.to_owned(), text, text_it })
        };
        if case.applicant.who.identifiers.is_empty() {
            let en = "a tax number, a register's number or an LEI, by which registers can be asked";
            let it =
                "un codice fiscale, una partita IVA, un numero di registro o un LEI, con cui interrogare i registri";
            say("identifier", en.to_owned(), it.to_owned());
        }
        for source in case.blind {
            let en = format!("an answer of {source}, which was asked and did not give one");
            say("source", en, format!("una risposta di {source}, che è stata interrogata e non l'ha data"));
        }
        for (source, why) in off {
            let en = format!("an answer of {source}, which is off: {why}");
            say("source", en, format!("una risposta di {source}, che è spenta ({why})"));
        }
        if !appraised.is_known_enough {
            let en = "one register that knows it for certain, where there is no ledger";
            let it = "un registro che la conosca con certezza, dove manca il partitario";
            say("register", en.to_owned(), it.to_owned());
        }
        let (has, enough) = (appraised.rating.coverage * 100.0, appraised.enough * 100.0);
        if has < enough {
            let en = format!("{enough:.0} % of what the model looks at, of which {has:.0} % is there:");
            say("coverage", en, format!("il {enough:.0} % di ciò che il modello guarda; c'è il {has:.0} %:"));
            let glossary = self.rescorer.glossary();
            for (feature, share) in appraised.missing.iter().take(MAX_MISSING) {
                let (meaning, phrase) =
                    glossary.get(feature).map_or(("", ""), |words| (words.meaning, words.phrase_it));
                let share = share * 100.0;
                say(
                    feature,
                    format!("{share:.0} %: {meaning}"),
                    format!("{share:.0} %: {}", phrase.replace("{}", "…")),
                );
            }
            let share = appraised.missing_ledger * 100.0;
            let en = format!("{share:.0} %: how it pays, from three invoices or six months of them");
            say("ledger", en, format!("{share:.0} %: come paga, da tre fatture o da sei mesi di fatture"));
        }
        needed
    }
}

/// What a prospect would be if it were a client that has bought nothing yet.
fn dossier(case: &Case<'_>) -> Dossier {
    let Applicant { who, yearly_value, .. } = case.applicant;
    let version = ClientVersion {
        known_at: case.as_of.known_at,
        country: who.country,
        sector: who.sector,
        since: None,
        is_active: None,
        credit_limit: None,
        yearly_value: *yearly_value,
        batch: BatchId::new(0),
    };
    let known = |new: &NewSignal| KnownSignal {
        id: new.signal.id,
        source: new.signal.source.clone(),
        valid_at: new.signal.valid_at,
        known_at: new.signal.known_at,
        is_official: new.signal.is_official,
        certainty: certainty(new),
        fact: new.signal.fact.clone(),
    };
    let mut signals: Vec<KnownSignal> = case.signals.iter().map(known).collect();
    signals.sort_by_key(|signal| (signal.known_at, signal.id));
    Dossier { versions: vec![version], signals, ..Dossier::default() }
}

/// How sure it is that a signal is about the one it is linked to.
pub(super) fn certainty(new: &NewSignal) -> Certainty {
    match &new.target {
        SignalTarget::Clients(clients) => clients.first().map(|(_, certainty)| *certainty),
        SignalTarget::Sector { .. } => None,
    }
    .unwrap_or(Certainty::CERTAIN)
}

/// Whether an authority that says this knows the company. That a search found nothing does not say that there is somebody.
fn identifies(fact: &Fact) -> bool {
    match fact {
        Fact::CompanyStatus(change) => !matches!(change.status, Status::Unknown | Status::CouldNotCheck),
        Fact::VatCheck(answer) => *answer == VatAnswer::Valid,
        Fact::Identity(_) | Fact::Filing(_) => true,
        Fact::Protest(_) | Fact::PrejudicialAct(_) | Fact::News(_) | Fact::Indicator(_) | Fact::Clean { .. } => false,
    }
}

fn read_of(new: &NewSignal) -> EvidenceView {
    EvidenceView::Read {
        signal: Some(new.signal.id.to_string()),
        source: new.signal.source.to_string(),
        url: new.signal.url.clone().unwrap_or_else(|| new.signal.evidence.url.clone()),
        seen_at: new.signal.evidence.seen_at,
        sha256: new.signal.evidence.sha256.to_string(),
    }
}

impl Judged {
    pub(super) fn vector_view(&self) -> VectorView {
        let feature =
            |(name, value): &(&'static str, Option<f64>)| FeatureView { feature: (*name).to_owned(), value: *value };
        VectorView {
            catalogue: self.appraised.catalogue.clone(),
            features: self.appraised.vector.iter().map(feature).collect(),
        }
    }

    pub(super) fn worth_view(&self) -> WorthView {
        WorthView {
            suggested: self.limits.suggested.map(AppetitesView::from),
            bears: self.limits.bears.map(AppetitesView::from),
            need: cents(self.limits.need),
            volume: cents(self.limits.volume),
        }
    }
}
