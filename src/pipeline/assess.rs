//! One client, or a page of them, from dossier to rating; pure.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::{
    Rated,
    noting::{Noted, PageNoting, Sides},
    treating::{Beside, position},
    upkeep::Silent,
};
use crate::{
    domain::{
        AsOf, Cause, ClientId, Dossier, EvidenceRef, FeatureVector, Grade, Override, Phase, Probability, Rating,
        RatingChange, ReasonLine, WITHDRAWN, differences, largest_first,
    },
    extract::{Catalogue, Markets, View},
    score::{Engine, Error, Seen},
    store::{Circumstances, Figure, NewRating, NewTreatment, PackedPage, RecordedRating, ShadowLine},
    treat::{self, Policy},
};

/// How many lines of a change travel with its event.
const TOP_REASONS: usize = 5;

/// What assessing needs: no I/O, no clock.
pub(super) struct Assessor<'a> {
    pub(super) engine: &'a Engine,
    pub(super) policy: &'a Policy,
    pub(super) markets: &'a Markets<'a>,
    pub(super) as_of: AsOf,
}

/// What analysts decided, and where a decision began or ended since the last rating: that is announced even when the
/// grade stays.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    pub(super) in_force: HashMap<ClientId, Override>,
    pub(super) changed: HashSet<ClientId>,
}

/// What is known of clients besides their dossiers: the figures of before, why each is looked at, what analysts decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before<'a> {
    pub(super) figures: &'a HashMap<ClientId, Figure>,
    pub(super) causes: &'a HashMap<ClientId, Cause>,
    pub(super) decisions: &'a Decisions,
    pub(super) silent: &'a Silent,
    pub(super) circumstances: &'a Circumstances,
}

impl Before<'_> {
    fn of(&self, client: ClientId) -> Option<Previous> {
        self.figures.get(&client).map(|figure| Previous::of(figure, self.causes.get(&client).copied()))
    }
}

/// How many clients a thread takes at a time: fewer cost more in handing over than they share out.
pub(super) const MIN_SHARE: usize = 64;

/// What was recorded last of a client: what hysteresis compares with.
#[derive(Debug, Clone, Copy)]
struct Previous {
    grade: Grade,
    pd: Option<f32>,
    client_seq: i64,
    /// It may rest on what has been erased since, and hysteresis must not remember it.
    is_forgotten: bool,
}

impl Previous {
    /// `cause`: why the client is looked at again.
    pub(super) fn of(figure: &Figure, cause: Option<Cause>) -> Self {
        let is_forgotten = cause == Some(Cause::Expiry);
        Self { grade: figure.grade, pd: figure.pd, client_seq: figure.client_seq, is_forgotten }
    }
}

/// What assessing found for one client; the lines are there only when the grade moved.
pub(super) struct Found {
    client: ClientId,
    rating: Rating,
    exposure_minor: i64,
    before: Option<Previous>,
    decision: Option<Override>,
    /// The phase that goes with the new grade, when the grade moved.
    moved: Option<Phase>,
    /// What a challenger would have said, beside what was said.
    sides: Option<Sides>,
    /// The treatment, when it is another than was announced.
    treatment: Option<NewTreatment>,
}

impl Assessor<'_> {
    /// Dossiers on all cores, in the input's order.
    pub(super) fn all(&self, dossiers: &[(ClientId, Dossier)], before: Before<'_>) -> Result<Vec<Found>, Error> {
        dossiers.par_iter().with_min_len(MIN_SHARE).map(|(id, d)| self.one(*id, d, before, None)).collect()
    }

    /// A page on all cores, in its order, and what is noted beside; each dossier is unpacked by the thread that looks at it.
    pub(super) fn page(
        &self,
        page: &PackedPage,
        before: Before<'_>,
        noting: PageNoting<'_>,
    ) -> Result<(Vec<Found>, Noted), super::Error> {
        let share = |places: Vec<usize>| -> Result<(Vec<Found>, Noted), super::Error> {
            let (mut found, mut noted) = (Vec::with_capacity(places.len()), noting.all.nobody());
            for place in places {
                if let Some((id, dossier)) = page.dossier(place)? {
                    found.push(self.one(id, &dossier, before, Some((noting, &mut noted)))?);
                }
            }
            Ok((found, noted))
        };
        let shares = (0..page.n_clients()).into_par_iter().chunks(MIN_SHARE).map(share);
        let shares: Vec<(Vec<Found>, Noted)> = shares.collect::<Result<_, _>>()?;
        let (mut found, mut noted) = (Vec::with_capacity(page.n_clients()), noting.all.nobody());
        for (part, counted) in shares {
            found.extend(part);
            noted.add(&counted);
        }
        Ok((found, noted))
    }

    /// A page without memory and without lines.
    pub(super) fn without_memory(&self, dossiers: &[(ClientId, Dossier)]) -> Result<Vec<(ClientId, Rating)>, Error> {
        let rate = |(id, dossier): &(ClientId, Dossier)| {
            let view = View::among(dossier, self.markets);
            // Who answers today says nothing of what was fresh then, and the same question must give the same bytes.
            Ok((*id, self.rate(&Vectors::of(&view, *id, &Silent::default()), None, None, false)?))
        };
        dossiers.par_iter().with_min_len(MIN_SHARE).map(rate).collect()
    }

    fn one(
        &self,
        client: ClientId,
        dossier: &Dossier,
        known: Before<'_>,
        noting: Option<(PageNoting<'_>, &mut Noted)>,
    ) -> Result<Found, Error> {
        let view = View::among(dossier, self.markets);
        let vectors = Vectors::of(&view, client, known.silent);
        let before = known.of(client);
        let memory = before.filter(|p| !p.is_forgotten).map(|p| p.grade);
        let decision = known.decisions.in_force.get(&client);
        let sides = match noting {
            Some((noting, noted)) => noting.note(noted, self, (client, dossier), vectors.seen())?,
            None => None,
        };
        let exposure_minor = view.exposure_minor();
        let beside = Beside::of(client, known.circumstances, before.map(|p| p.grade));
        if let Some(Previous { grade, .. }) = before
            && !known.decisions.changed.contains(&client)
        {
            let quick = self.rate(&vectors, memory, decision, false)?;
            if quick.grade == grade {
                let decision = decision.cloned();
                let needs = Self::needs_treatment(&view, client, known.circumstances);
                let treatment = needs.then(|| self.treated(&view, &quick, beside).1).flatten();
                return Ok(Found {
                    client,
                    rating: quick,
                    exposure_minor,
                    before,
                    decision,
                    moved: None,
                    sides,
                    treatment,
                });
            }
        }
        let rating = self.rate_in_full(&view, &vectors, memory, decision)?;
        let (phase, treatment) = self.treated(&view, &rating, beside);
        let decision = decision.cloned();
        Ok(Found { client, rating, exposure_minor, before, decision, moved: Some(phase), sides, treatment })
    }

    /// One client with all lines and evidence.
    pub(super) fn in_full(
        &self,
        (client, dossier): (ClientId, &Dossier),
        (silent, circumstances): (&Silent, &Circumstances),
        last: Option<Grade>,
        decision: Option<&Override>,
    ) -> Result<Rated, Error> {
        let view = View::among(dossier, self.markets);
        let vectors = Vectors::of(&view, client, silent);
        let rating = self.rate_in_full(&view, &vectors, last, decision)?;
        let beside = Beside::of(client, circumstances, last);
        let told = beside.told(&view);
        let position = position(&view, &rating, beside, &told);
        let treatment = treat::treatment(&position, self.as_of.valid_at, self.policy);
        Ok(Rated { rating, exposure_minor: view.exposure_minor(), treatment })
    }

    pub(super) fn rate(
        &self,
        vectors: &Vectors,
        last: Option<Grade>,
        decision: Option<&Override>,
        with_lines: bool,
    ) -> Result<Rating, Error> {
        self.engine.rate(vectors.seen(), last, decision, self.as_of, with_lines)
    }

    pub(super) fn rate_in_full(
        &self,
        view: &View<'_>,
        vectors: &Vectors,
        last: Option<Grade>,
        decision: Option<&Override>,
    ) -> Result<Rating, Error> {
        let mut rating = self.rate(vectors, last, decision, true)?;
        for line in &mut rating.lines {
            line.evidence = self.evidence(view, &line.feature);
        }
        Ok(rating)
    }

    /// What a line rests on: its feature's facts; a rule's, those of the feature the rule looks at; else the client's own
    /// rows, which everything rests on.
    fn evidence(&self, view: &View<'_>, line: &str) -> Vec<EvidenceRef> {
        let place = self.engine.place_behind(line).or_else(|| Catalogue::get().place(line));
        let evidence = place.map(|place| view.evidence(place)).unwrap_or_default();
        if evidence.is_empty() { view.any_evidence() } else { evidence }
    }
}

/// The vectors of a view, made once for every question about it.
pub(super) struct Vectors {
    all: FeatureVector,
    official: Option<(FeatureVector, usize)>,
    is_known_enough: bool,
}

impl Vectors {
    pub(super) fn of(view: &View<'_>, client: ClientId, silent: &Silent) -> Self {
        let aged = silent.about(client).map(|is_late| view.aged(is_late)).unwrap_or_default();
        let all = view.features().with_aged(aged);
        Self { all, official: view.official_features(), is_known_enough: view.is_known_enough() }
    }

    pub(super) fn seen(&self) -> Seen<'_> {
        Seen {
            all: &self.all,
            official: self.official.as_ref().map(|(vector, n)| (vector, *n)),
            is_known_enough: self.is_known_enough,
        }
    }
}

impl Found {
    pub(super) fn client(&self) -> ClientId {
        self.client
    }

    /// Both sides, where a challenger rates in shadow.
    pub(super) fn shadow(&self) -> Option<ShadowLine> {
        self.sides.map(|(champion, challenger)| ShadowLine {
            client: self.client,
            exposure_minor: self.exposure_minor,
            champion,
            challenger,
        })
    }

    /// What is to be announced of its treatment.
    pub(super) fn take_treatment(&mut self) -> Option<NewTreatment> {
        self.treatment.take()
    }

    /// The analyst's decision in force.
    pub(super) fn decision(&self) -> Option<&Override> {
        self.decision.as_ref()
    }

    /// The step whose reasons the new ones are compared with, when the grade moved.
    pub(super) fn step_before(&self) -> Option<(ClientId, i64)> {
        self.moved.and(self.before).map(|p| (self.client, p.client_seq))
    }

    /// What is recorded: with an event when the grade moved.
    pub(super) fn into_outcome(self, recorded: Option<&RecordedRating>, cause: Cause) -> NewRating {
        let change = self.moved.map(|phase| {
            let lines_before = recorded.map_or(&[][..], |r| &r.rating.lines);
            let mut reasons = difference(lines_before, &self.rating.lines);
            reasons.retain(|line| line.feature != "base");
            reasons.truncate(TOP_REASONS);
            RatingChange {
                client_seq: 0,
                from: self.before.map(|p| p.grade),
                to: self.rating.grade,
                pd_from: self.before.and_then(|p| p.pd).and_then(|p| Probability::new(f64::from(p)).ok()),
                pd_to: self.rating.pd,
                cause,
                exposure_minor: self.exposure_minor,
                reasons,
                treatment: Some(phase.as_str().to_owned()),
            }
        });
        NewRating { client: self.client, rating: self.rating, cause, exposure_minor: self.exposure_minor, change }
    }
}

/// Line by line what changed, largest first: the points are differences and add up to the change of the total. The value is
/// the new one; the evidence is that of both sides, for what went away is a reason too.
fn difference(before: &[ReasonLine], after: &[ReasonLine]) -> Vec<ReasonLine> {
    let mut lines: Vec<ReasonLine> = differences(before, after)
        .into_iter()
        .map(|(feature, difference)| ReasonLine {
            feature: feature.to_owned(),
            value: difference.to.first().and_then(|line| line.value).filter(|_| feature != WITHDRAWN),
            points: difference.points(),
            evidence: difference.evidence(),
        })
        .collect();
    largest_first(&mut lines);
    lines
}
