//! From phrases to a verdict.

use std::cmp::Reverse;

use super::{
    lexicon::{LEXICON, Meaning},
    names,
    tokens::{Token, tokens},
};
use crate::domain::{Nace, NewsEvent};

/// A revocation or an aim speaks of what follows within so many words…
const REACH_AHEAD: usize = 5;

/// … or of what went before within so many.
const REACH_BACK: usize = 4;

/// What one text says.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) event: NewsEvent,
    pub(super) severity: u8,
    pub(super) is_negated: bool,
    pub(super) is_market: bool,
    pub(super) sector: Option<Nace>,
    pub(super) company: Option<String>,
    /// The languages of the phrases found.
    pub(super) languages: Vec<&'static str>,
}

/// A phrase found, and the words it is made of.
#[derive(Debug, Clone)]
struct Hit {
    from: usize,
    to: usize,
    words: Vec<usize>,
    meaning: Meaning,
    language: &'static str,
}

/// An event found, and what became of it.
#[derive(Debug, Clone, Copy)]
struct Claim {
    from: usize,
    to: usize,
    event: NewsEvent,
    severity: u8,
    is_undone: bool,
    is_avoided: bool,
}

pub(super) fn judge(text: &str) -> Verdict {
    let words = tokens(text);
    let found = found(&words);
    // Also those that give way to others: they are written in their language all the same.
    let languages = found.iter().map(|hit| hit.language).collect();
    let hits = standing(found);
    let sectors: Vec<(usize, Nace)> = hits
        .iter()
        .filter_map(|hit| match hit.meaning {
            Meaning::Sector(sector) => Some((hit.from, sector)),
            _ => None,
        })
        .collect();
    // A division says more than a section.
    let sector = sectors.iter().find(|(_, s)| s.division().is_some()).or(sectors.first()).map(|(_, sector)| *sector);
    let is_market = hits.iter().any(|hit| hit.meaning == Meaning::Market);
    // Words of an event are no name; those of a trade may be, for companies are named after what they do.
    let spoken = marked(&hits, words.len(), |hit| !matches!(hit.meaning, Meaning::Sector(_) | Meaning::Market));
    let of_trade = marked(&hits, words.len(), |hit| matches!(hit.meaning, Meaning::Sector(_)));
    let company = names::company(&words, &spoken, &of_trade);
    let (event, severity, is_negated) = weigh(&words, &hits);
    Verdict { event, severity, is_negated, is_market, sector, company, languages }
}

/// Which words belong to such hits.
fn marked(hits: &[Hit], n_words: usize, which: impl Fn(&Hit) -> bool) -> Vec<bool> {
    let mut marked = vec![false; n_words];
    for at in hits.iter().filter(|hit| which(hit)).flat_map(|hit| &hit.words) {
        if let Some(word) = marked.get_mut(*at) {
            *word = true;
        }
    }
    marked
}

/// All phrases that occur.
fn found(words: &[Token]) -> Vec<Hit> {
    let mut found = Vec::new();
    for from in 0..words.len() {
        let rest = words.get(from..).unwrap_or_default();
        for phrase in &LEXICON.phrases {
            let Some(taken) = phrase.match_at(rest) else { continue };
            let words: Vec<usize> = taken.into_iter().map(|at| from + at).collect();
            let Some(last) = words.last() else { continue };
            found.push(Hit { from, to: last + 1, words, meaning: phrase.meaning, language: phrase.language });
        }
    }
    found
}

/// Those that stand: false friends first, then the longer before the shorter, none over another. Words of a trade or a
/// market may be part of an event as well.
fn standing(mut found: Vec<Hit>) -> Vec<Hit> {
    let rank = |hit: &Hit| match hit.meaning {
        Meaning::Friend => 0,
        Meaning::Sector(_) | Meaning::Market => 2,
        _ => 1,
    };
    // Of two that are equally long the graver one is meant: `in liquidazione coatta` is no voluntary one.
    // What ends the trouble (`emerges from chapter 11`) names it only to say so, and goes before it.
    let gravity = |hit: &Hit| match hit.meaning {
        Meaning::Event(event, severity) if is_bad(event) => severity,
        Meaning::Event(..) => u8::MAX,
        _ => 0,
    };
    found.sort_by_key(|hit| (rank(hit), Reverse(hit.words.len()), Reverse(gravity(hit)), hit.from));
    let mut taken: Vec<Hit> = Vec::new();
    for hit in found {
        let is_context = rank(&hit) == 2;
        let same_kind = |other: &Hit| std::mem::discriminant(&other.meaning) == std::mem::discriminant(&hit.meaning);
        let clashes = |other: &Hit| {
            let overlap = hit.words.iter().any(|at| other.words.contains(at));
            overlap && (!is_context || other.meaning == Meaning::Friend || same_kind(other))
        };
        if !taken.iter().any(clashes) {
            taken.push(hit);
        }
    }
    taken.sort_by_key(|hit| hit.from);
    taken
}

fn weigh(words: &[Token], hits: &[Hit]) -> (NewsEvent, u8, bool) {
    let mut claims: Vec<Claim> = hits
        .iter()
        .filter_map(|hit| match hit.meaning {
            Meaning::Event(event, severity) => {
                Some(Claim { from: hit.from, to: hit.to, event, severity, is_undone: false, is_avoided: false })
            }
            _ => None,
        })
        .collect();
    let is_denied = hits.iter().any(|hit| hit.meaning == Meaning::Denied);
    for hit in hits {
        match hit.meaning {
            Meaning::Undone | Meaning::Negator => mark(words, &mut claims, hit, |claim| claim.is_undone = true),
            Meaning::Avoided => mark(words, &mut claims, hit, |claim| claim.is_avoided = true),
            _ => {}
        }
    }
    verdict_of(&claims, is_denied)
}

/// Marks the claim a revocation speaks of: the next one in its clause, else the last one before it.
fn mark(words: &[Token], claims: &mut [Claim], hit: &Hit, set: fn(&mut Claim)) {
    let clause = |at: usize| words.get(at).map_or(0, |word| word.clause);
    let is_bad = |claim: &Claim| is_bad(claim.event);
    let ahead = claims.iter().position(|claim| {
        is_bad(claim)
            && claim.from >= hit.to
            && claim.from - hit.to <= REACH_AHEAD
            && clause(claim.from) == clause(hit.from)
    });
    let back =
        claims.iter().rposition(|claim| is_bad(claim) && claim.to <= hit.from && hit.from - claim.to <= REACH_BACK);
    let back = back.filter(|_| hit.meaning != Meaning::Negator);
    if let Some(claim) = ahead.or(back).and_then(|place| claims.get_mut(place)) {
        set(claim);
    }
}

fn is_bad(event: NewsEvent) -> bool {
    !matches!(event, NewsEvent::Rescue | NewsEvent::Recovery | NewsEvent::Growth | NewsEvent::None)
}

/// The worst that stands. What was taken back counts as such when it weighs more than what stands; what is denied is
/// denied whole; a rescue or a recovery is the news, whatever it saves from.
fn verdict_of(claims: &[Claim], is_denied: bool) -> (NewsEvent, u8, bool) {
    let worst = |keep: &dyn Fn(&Claim) -> bool| {
        let mut worst: Option<&Claim> = None;
        for claim in claims.iter().filter(|claim| is_bad(claim.event) && keep(claim)) {
            if worst.is_none_or(|so_far| claim.severity > so_far.severity) {
                worst = Some(claim);
            }
        }
        worst.copied()
    };
    let better = claims.iter().find(|claim| matches!(claim.event, NewsEvent::Rescue | NewsEvent::Recovery));
    if let Some(better) = better {
        return (better.event, better.severity, false);
    }
    let standing = worst(&|claim| !claim.is_undone && !claim.is_avoided);
    if is_denied && let Some(claim) = worst(&|_| true) {
        return (claim.event, claim.severity, true);
    }
    let undone = worst(&|claim| claim.is_undone);
    let growth = claims.iter().find(|claim| claim.event == NewsEvent::Growth);
    match (standing, undone) {
        (Some(standing), Some(undone)) if undone.severity > standing.severity => (undone.event, undone.severity, true),
        // Growth beside a small worry is growth.
        (Some(standing), _) if growth.is_none() || standing.severity >= 2 => (standing.event, standing.severity, false),
        (None, Some(undone)) => (undone.event, undone.severity, true),
        _ => match (growth, worst(&|claim| claim.is_avoided)) {
            (Some(growth), _) => (growth.event, growth.severity, false),
            (None, Some(avoided)) => (avoided.event, avoided.severity, true),
            (None, None) => (NewsEvent::None, 0, false),
        },
    }
}
