//! From phrases to a verdict.

use std::cmp::Reverse;

use super::{
    language,
    lexicon::{Events, Happening, LEXICON, Marked, Meaning, Phrase},
    names,
    tokens::{Token, tokens},
};
use crate::domain::{Nace, NewsEvent};

/// A revocation or an aim speaks of what follows within so many words…
const REACH_AHEAD: usize = 5;

/// … or of what went before within so many.
const REACH_BACK: usize = 4;

/// What is only said to be so weighs at most this.
const MAX_OF_RUMOUR: u8 = 2;

/// What one text says.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) event: NewsEvent,
    pub(super) severity: u8,
    pub(super) is_negated: bool,
    /// Its words mean nothing else and happen to companies alone, named or not.
    pub(super) is_sure: bool,
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
    what: Happening,
    is_undone: bool,
    is_avoided: bool,
}

pub(super) fn judge(text: &str) -> Verdict {
    let words = tokens(text);
    let marked = LEXICON.mark(&words);
    let mut found = found(&marked);
    // Also those that give way to others: they are written in their language all the same.
    let languages: Vec<&'static str> = found.iter().map(|hit| hit.language).filter(|l| !l.is_empty()).collect();
    let written_in = language::certain(&words);
    if let Some(language) = written_in {
        found.retain(|hit| hit.language.is_empty() || hit.language == language);
    }
    let hits = standing(found);
    let sectors = || {
        hits.iter().filter_map(|hit| match hit.meaning {
            Meaning::Sector(sector) => Some(sector),
            _ => None,
        })
    };
    // A division says more than a section.
    let sector = sectors().find(|sector| sector.division().is_some()).or_else(|| sectors().next());
    let is_market = hits.iter().any(|hit| hit.meaning == Meaning::Market);
    // Words of an event are no name; those of a trade may be, for companies are named after what they do.
    let is_told = |hit: &Hit| !matches!(hit.meaning, Meaning::Sector(_) | Meaning::Market | Meaning::Context(_));
    let spoken = taken_by(&hits, words.len(), is_told);
    let of_trade = taken_by(&hits, words.len(), |hit| matches!(hit.meaning, Meaning::Sector(_)));
    let is_german = written_in.or_else(|| languages.first().copied()) == Some("de");
    let company = names::company(&marked, &spoken, &of_trade, is_german);
    let (what, is_negated) = weigh(&words, &hits);
    let Happening { event, severity, is_sure, .. } = what;
    Verdict { event, severity, is_negated, is_sure, is_market, sector, company, languages }
}

/// Which words belong to such hits.
fn taken_by(hits: &[Hit], n_words: usize, which: impl Fn(&Hit) -> bool) -> Vec<bool> {
    let mut taken = vec![false; n_words];
    for at in hits.iter().filter(|hit| which(hit)).flat_map(|hit| &hit.words) {
        if let Some(word) = taken.get_mut(*at) {
            *word = true;
        }
    }
    taken
}

/// All phrases that occur.
fn found(marked: &Marked<'_>) -> Vec<Hit> {
    let at_word = |at: usize| {
        LEXICON.beginning_at(marked, at).filter_map(move |phrase: &Phrase| {
            let words = phrase.match_at(marked, at)?;
            let to = words.last()? + 1;
            Some(Hit { from: at, to, words, meaning: phrase.meaning, language: phrase.language })
        })
    };
    (0..marked.tokens.len()).flat_map(at_word).collect()
}

/// Those that stand: false friends first, then the longer before the shorter, none over another. Words of a trade, a
/// market or another world may be part of an event as well.
fn standing(mut found: Vec<Hit>) -> Vec<Hit> {
    let rank = |hit: &Hit| match hit.meaning {
        Meaning::Friend => 0,
        Meaning::Sector(_) | Meaning::Market | Meaning::Context(_) => 2,
        _ => 1,
    };
    // Of two that are equally long the graver one is meant: `in liquidazione coatta` is no voluntary one.
    // What ends the trouble (`emerges from chapter 11`) names it only to say so, and goes before it.
    let gravity = |hit: &Hit| match hit.meaning {
        Meaning::Event(what) if is_bad(what.event) => what.severity,
        Meaning::Event(_) => u8::MAX,
        _ => 0,
    };
    found.sort_by_key(|hit| (rank(hit), Reverse(hit.words.len()), Reverse(gravity(hit)), hit.from));
    let mut taken: Vec<Hit> = Vec::new();
    for hit in found {
        let is_context = rank(&hit) == 2;
        let is_event = matches!(hit.meaning, Meaning::Event(_));
        // What is taken back is named while it is taken back: `respinta l'istanza di fallimento`.
        let is_mark = |other: &Hit| rank(other) == 1 && !matches!(other.meaning, Meaning::Event(_));
        let same_kind = |other: &Hit| std::mem::discriminant(&other.meaning) == std::mem::discriminant(&hit.meaning);
        let clashes = |other: &Hit| {
            let overlap = hit.words.iter().any(|at| other.words.contains(at));
            overlap
                && (!is_context || other.meaning == Meaning::Friend || same_kind(other))
                && !(is_event && is_mark(other))
        };
        if !taken.iter().any(clashes) {
            taken.push(hit);
        }
    }
    taken.sort_by_key(|hit| hit.from);
    taken
}

fn weigh(words: &[Token], hits: &[Hit]) -> (Happening, bool) {
    let muted = hits.iter().fold(Events::default(), |events, hit| match hit.meaning {
        Meaning::Context(more) => events.and(more),
        _ => events,
    });
    let mut claims: Vec<Claim> = hits
        .iter()
        .filter_map(|hit| match hit.meaning {
            Meaning::Event(what) if what.is_sure || !muted.has(what.event) => {
                Some(Claim { from: hit.from, to: hit.to, what, is_undone: false, is_avoided: false })
            }
            _ => None,
        })
        .collect();
    for hit in hits {
        match hit.meaning {
            Meaning::Undone | Meaning::Negator => mark(words, &mut claims, hit, |claim| claim.is_undone = true),
            Meaning::Avoided => mark(words, &mut claims, hit, |claim| claim.is_avoided = true),
            _ => {}
        }
    }
    let has = |meaning: Meaning| hits.iter().any(|hit| hit.meaning == meaning);
    let (mut what, is_negated) = verdict_of(&claims, has(Meaning::Denied));
    if has(Meaning::Rumoured) {
        what.severity = what.severity.min(MAX_OF_RUMOUR);
    }
    (what, is_negated)
}

/// Marks the claim a revocation speaks of: the one among its words, else the next in its clause, else the last before it.
fn mark(words: &[Token], claims: &mut [Claim], hit: &Hit, set: fn(&mut Claim)) {
    let clause = |at: usize| words.get(at).map_or(0, |word| word.clause);
    let is_bad = |claim: &Claim| is_bad(claim.what.event);
    let among = claims.iter().position(|claim| is_bad(claim) && claim.from < hit.to && hit.from < claim.to);
    let ahead = claims.iter().position(|claim| {
        is_bad(claim)
            && claim.from >= hit.to
            && claim.from - hit.to <= REACH_AHEAD
            && clause(claim.from) == clause(hit.from)
    });
    let back =
        claims.iter().rposition(|claim| is_bad(claim) && claim.to <= hit.from && hit.from - claim.to <= REACH_BACK);
    let back = back.filter(|_| hit.meaning != Meaning::Negator);
    if let Some(claim) = among.or(ahead).or(back).and_then(|place| claims.get_mut(place)) {
        set(claim);
    }
}

fn is_bad(event: NewsEvent) -> bool {
    !matches!(event, NewsEvent::Rescue | NewsEvent::Recovery | NewsEvent::Growth | NewsEvent::None)
}

const NOTHING: Happening = Happening { event: NewsEvent::None, severity: 0, is_sure: false, is_weak: false };

/// The worst that stands. What was taken back counts as such when it weighs more than what stands; what is denied is
/// denied whole; a rescue or a recovery is the news, whatever it saves from.
fn verdict_of(claims: &[Claim], is_denied: bool) -> (Happening, bool) {
    let worst = |keep: &dyn Fn(&Claim) -> bool| {
        let mut worst: Option<Happening> = None;
        for claim in claims.iter().filter(|claim| is_bad(claim.what.event) && keep(claim)) {
            if worst.is_none_or(|so_far| claim.what.severity > so_far.severity) {
                worst = Some(claim.what);
            }
        }
        worst
    };
    let good = |events: &[NewsEvent], is_weak: bool| {
        claims.iter().map(|claim| claim.what).find(|what| events.contains(&what.event) && what.is_weak == is_weak)
    };
    if let Some(better) = good(&[NewsEvent::Rescue, NewsEvent::Recovery], false) {
        return (better, false);
    }
    let standing = worst(&|claim| !claim.is_undone && !claim.is_avoided);
    if is_denied && let Some(what) = worst(&|_| true) {
        return (what, true);
    }
    let undone = worst(&|claim| claim.is_undone);
    let hopeful = good(&[NewsEvent::Rescue, NewsEvent::Recovery], true)
        .or_else(|| good(&[NewsEvent::Growth], false).or_else(|| good(&[NewsEvent::Growth], true)));
    match (standing, undone) {
        (Some(standing), Some(undone)) if undone.severity > standing.severity => (undone, true),
        // Growth beside a small worry is growth.
        (Some(standing), _) if hopeful.is_none() || standing.severity >= 2 => (standing, false),
        (None, Some(undone)) => (undone, true),
        _ => match (hopeful, worst(&|claim| claim.is_avoided)) {
            (Some(hopeful), _) => (hopeful, false),
            (None, Some(avoided)) => (avoided, true),
            (None, None) => (NOTHING, false),
        },
    }
}
