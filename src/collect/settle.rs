//! From a mention to its place: a signal about clients or a market, a review, or nobody of ours.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{book::Book, wire};
use crate::{
    domain::{
        About, Certainty, ClientId, Country, Evidence, Fact, Mention, PortfolioId, Sha256, Signal, SignalId, SourceId,
        StatusChange, Subject,
    },
    resolve::{Because, Candidate, Decision, fingerprint, is_distinct},
    store::{NewSignal, Review, ReviewDecision, SignalTarget},
};

/// What becomes of a mention.
pub(super) enum Settled {
    /// It is written, and may move ratings.
    Signal(Box<NewSignal>),
    /// It waits for a person, and moves nothing; all whom it may be about, the likeliest too.
    Review(Box<Review>, Vec<ClientId>),
    /// It speaks of nobody we know.
    Unmatched,
}

impl Settled {
    /// What it rests on, where it speaks of somebody or something of ours.
    pub(super) fn evidence(&mut self) -> Option<&mut Evidence> {
        match self {
            Self::Signal(new) => Some(&mut new.signal.evidence),
            Self::Review(review, _) => Some(&mut review.signal.evidence),
            Self::Unmatched => None,
        }
    }
}

/// Who says it, as far as the signal is concerned.
#[derive(Clone)]
pub(super) struct Witness {
    pub(super) source: SourceId,
    /// Whether its claim to be official is believed.
    pub(super) is_official: bool,
    pub(super) evidence: Evidence,
}

/// Finds the place of a mention.
pub(super) fn settle(mention: Mention, witness: &Witness, book: &Book) -> Settled {
    if let Some(market) = market_of(&mention) {
        return market.map_or(Settled::Unmatched, |market| written(mention, (None, Vec::new()), market, witness));
    }
    let subject = who(&mention);
    let said = book.judged(&witness.source, subject, &mention.own_id);
    match judged(whose(&mention, book), &said, |client| book.portfolio(client)) {
        Decision::Link(candidates) => {
            let by_number = candidates.iter().filter(|c| is_by_number(c)).map(|c| c.client).collect();
            let clients = candidates.into_iter().map(|c| (c.client, c.certainty)).collect();
            written(mention, (subject, by_number), SignalTarget::Clients(clients), witness)
        }
        // Nobody's time is worth finding out who it is about whom there is nothing to say.
        Decision::Review(candidates)
            if matches!(mention.fact, Fact::Clean { .. })
                && candidates.iter().all(|c| c.certainty != Certainty::CERTAIN) =>
        {
            Settled::Unmatched
        }
        Decision::Review(candidates) => {
            let all = candidates.iter().map(|candidate| candidate.client).collect();
            let best = candidates.into_iter().max_by(|a, b| a.certainty.get().total_cmp(&b.certainty.get()));
            best.and_then(|best| review(mention, subject, best, witness, book))
                .map_or(Settled::Unmatched, |review| Settled::Review(review, all))
        }
        Decision::None => Settled::Unmatched,
    }
}

/// Whether a client was found by its own number, and not by its name alone.
fn is_by_number(candidate: &Candidate) -> bool {
    candidate.because.iter().any(|b| matches!(b.field, "tax" | "registry" | "lei") && b.weight > 0.0)
}

/// With whom the record speaks of, and which of the clients bear its number.
fn written(
    mention: Mention,
    (subject, by_number): (Option<Sha256>, Vec<ClientId>),
    target: SignalTarget,
    witness: &Witness,
) -> Settled {
    let own_id = mention.own_id.clone();
    Settled::Signal(Box::new(NewSignal { own_id, signal: signal(mention, witness), target, subject, by_number }))
}

/// The market a mention is about: none when it is about a company; `Some(None)` when it is about a market that it does
/// not name, or about nothing.
fn market_of(mention: &Mention) -> Option<Option<SignalTarget>> {
    match &mention.fact {
        Fact::Indicator(indicator) => {
            // An area such as EU27_2020 is no country, and holds for all of them.
            let country = indicator.country.parse::<Country>().ok();
            Some(Some(SignalTarget::Sector { country, sector: indicator.sector.clone() }))
        }
        Fact::News(item) if item.about == About::Sector => {
            let sector = mention.subject.sector.map(|sector| sector.to_string());
            let country = mention.subject.country;
            Some(sector.map(|sector| SignalTarget::Sector { country, sector }))
        }
        Fact::News(item) if item.about == About::None => Some(None),
        _ => None,
    }
}

/// A headline names its company among other words; a register names it alone.
fn whose(mention: &Mention, book: &Book) -> Decision {
    match &mention.fact {
        Fact::News(item) if mention.subject.identifiers.is_empty() => {
            book.index.find_in_text(&item.title, mention.subject.country)
        }
        _ => book.index.resolve(&mention.subject),
    }
}

/// Who the subject is, for what persons say of it; a headline is known by its words. A bare name is anybody's who bears
/// it, so what is said of it holds for its record alone.
fn who(mention: &Mention) -> Option<Sha256> {
    match &mention.fact {
        Fact::News(item) if mention.subject.identifiers.is_empty() => {
            fingerprint(&Subject { name: item.title.clone(), ..mention.subject.clone() })
        }
        _ if is_distinct(&mention.subject) => fingerprint(&mention.subject),
        _ => {
            let of_record = |named: Sha256| Sha256::of(format!("{named}\n{}", mention.own_id).as_bytes());
            fingerprint(&mention.subject).map(of_record)
        }
    }
}

/// The decision after what persons said: who was found to be somebody else is no candidate, and who was found to be the
/// same is the only one of its portfolio (where nobody else is found, the store links it by that judgement).
fn judged(
    decision: Decision,
    said: &[(ClientId, ReviewDecision)],
    portfolio: impl Fn(ClientId) -> Option<PortfolioId>,
) -> Decision {
    let has_said = |client: ClientId, what: ReviewDecision| said.contains(&(client, what));
    if let Some((client, _)) = said.iter().find(|(_, what)| *what == ReviewDecision::Same)
        && !matches!(&decision, Decision::Link(candidates) if candidates.iter().any(|c| c.client == *client))
    {
        let same = Candidate { client: *client, certainty: Certainty::CERTAIN, because: Vec::new() };
        let found = if let Decision::Link(found) = decision { found } else { Vec::new() };
        let is_elsewhere = |c: &Candidate| portfolio(c.client) != portfolio(*client);
        let stays = |c: &Candidate| is_elsewhere(c) && !has_said(c.client, ReviewDecision::NotSame);
        let mut linked: Vec<Candidate> = found.into_iter().filter(stays).collect();
        if linked.is_empty() {
            return Decision::Review(vec![same]);
        }
        linked.push(same);
        return Decision::Link(linked);
    }
    let others = |candidates: Vec<Candidate>| {
        candidates.into_iter().filter(|c| !has_said(c.client, ReviewDecision::NotSame)).collect::<Vec<_>>()
    };
    match decision {
        Decision::Link(candidates) => {
            // Of whom nobody could tell, a person is asked again, where there is nobody else.
            let is_open = |c: &Candidate| has_said(c.client, ReviewDecision::Unsure);
            let (open, sure): (Vec<_>, Vec<_>) = others(candidates).into_iter().partition(is_open);
            match (sure.is_empty(), open.is_empty()) {
                (false, _) => Decision::Link(sure),
                (true, false) => Decision::Review(open),
                (true, true) => Decision::None,
            }
        }
        Decision::Review(candidates) => {
            Some(others(candidates)).filter(|c| !c.is_empty()).map_or(Decision::None, Decision::Review)
        }
        Decision::None => Decision::None,
    }
}

fn signal(mention: Mention, witness: &Witness) -> Signal {
    let known_at = witness.evidence.seen_at;
    let id = SignalId::of(&witness.source, &mention.own_id, &revision(&mention));
    let is_official = mention.is_official && witness.is_official;
    Signal {
        id,
        source: witness.source.clone(),
        valid_at: valid_at(&mention, known_at),
        known_at,
        is_official,
        fact: mention.fact,
        url: mention.url,
        evidence: witness.evidence.clone(),
    }
}

/// What makes a record of the same id another one. Where a register only confirms what it said before, the week belongs
/// to it: a company that is still active, a register that was found empty once more, is news once a week, so that what was
/// looked at stays fresh and a dossier does not grow by a line a day.
fn revision(mention: &Mention) -> String {
    let content = wire::canonical(&mention.fact);
    match &mention.fact {
        Fact::CompanyStatus(StatusChange { procedure: None, .. }) | Fact::Clean { .. } | Fact::VatCheck(_) => {
            let week = mention.valid_at.iso_week_date();
            format!("{content} {}-W{:02}", week.year(), week.week())
        }
        Fact::CompanyStatus(_) => format!("{content} {}", mention.valid_at),
        _ => content,
    }
}

/// The day since when it is so. What is announced for a later day happened, as far as we are concerned, when it was announced.
fn valid_at(mention: &Mention, known_at: Timestamp) -> Date {
    let today = known_at.to_zoned(TimeZone::UTC).date();
    if mention.valid_at <= today {
        return mention.valid_at;
    }
    mention.published_at.unwrap_or(today).min(today)
}

fn review(
    mention: Mention,
    fingerprint: Option<Sha256>,
    best: Candidate,
    witness: &Witness,
    book: &Book,
) -> Option<Box<Review>> {
    let Candidate { client, certainty, because } = best;
    let portfolio = book.portfolio(client)?;
    let (own_id, subject_name) = (mention.own_id.clone(), mention.subject.name.clone());
    let subject_name = match &mention.fact {
        Fact::News(item) if subject_name.is_empty() => item.title.clone(),
        _ => subject_name,
    };
    // A review must stay below the line, whatever a matcher thought of the first of several equals.
    let certainty = if certainty < Certainty::MOVES_A_RATING { certainty } else { Certainty::new(0.949).ok()? };
    let because = because.iter().map(because_line).collect::<Vec<_>>().join("\n");
    let signal = signal(mention, witness);
    Some(Box::new(Review {
        id: 0,
        client,
        portfolio,
        certainty,
        because,
        signal,
        own_id,
        subject_name,
        fingerprint,
        decision: None,
    }))
}

fn because_line(because: &Because) -> String {
    let Because { field, theirs, ours, weight } = because;
    format!("{field}: {theirs:?} against {ours:?} ({weight:+.2} bits)")
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Decision, Mention, judged, who};
    use crate::{
        domain::{Certainty, ClientId, Fact, PortfolioId, Subject},
        store::ReviewDecision,
    };

    fn candidate(id: i64) -> Candidate {
        Candidate { client: ClientId::new(id), certainty: Certainty::CERTAIN, because: Vec::new() }
    }

    #[test]
    fn a_judgement_of_one_portfolio_takes_no_fact_from_another() {
        let portfolio = |client: ClientId| Some(PortfolioId::new(client.get() / 10));
        let same = [(ClientId::new(11), ReviewDecision::Same)];
        let found = Decision::Link(vec![candidate(12), candidate(21)]);
        assert_eq!(judged(found, &same, portfolio), Decision::Link(vec![candidate(21), candidate(11)]));
        let found = Decision::Link(vec![candidate(12)]);
        assert_eq!(judged(found, &same, portfolio), Decision::Review(vec![candidate(11)]));
    }

    #[test]
    fn what_is_said_of_a_bare_name_holds_for_its_record_alone() {
        let mention = |own_id: &str, city: Option<&str>| Mention {
            own_id: own_id.to_owned(),
            subject: Subject { name: "ROSSI MARIO".to_owned(), city: city.map(str::to_owned), ..Subject::default() },
            fact: Fact::Clean { what: "protests".to_owned() },
            valid_at: jiff::civil::date(2026, 11, 20),
            published_at: None,
            is_official: true,
            url: None,
        };
        assert_ne!(who(&mention("1", None)), who(&mention("2", None)));
        assert_eq!(who(&mention("1", None)), who(&mention("1", None)));
        assert_eq!(who(&mention("1", Some("Savona"))), who(&mention("2", Some("Savona"))));
    }
}
