//! How the phases hang together: that each can be reached, that none goes in a circle, that each ends somewhere, and that no
//! moved invoice can make a client skip one.

use std::collections::BTreeSet;

use super::{
    Step, Texts, Track,
    problem::Problems,
    when::When,
    written::{Written, WrittenPhase, WrittenTexts, WrittenTrack},
};
use crate::domain::{LegalState, Phase, Tone};

/// The phases in their order.
pub(super) struct Shape {
    pub(super) watch: Step,
    pub(super) ladder: Vec<Step>,
    pub(super) by_law: Vec<(LegalState, Step)>,
    pub(super) tracks: Vec<Track>,
}

/// Puts the phases in order; none when something in them is wrong.
pub(super) fn shape(written: &Written, steps: &[Option<Step>], problems: &mut Problems<'_>) -> Option<Shape> {
    names_once(&written.phase, problems);
    let place = |name: &str| written.phase.iter().position(|phase| phase.name.get_ref() == name);
    let Some(first) = place(Phase::Monitoring.as_str()) else {
        problems.at(0..0, "phase", "there must be a phase `monitoring`, where everybody begins");
        return None;
    };
    let chain = chain(&written.phase, first, problems);
    let by_law = by_law(&written.phase, problems);
    if !by_law.iter().any(|(state, _)| *state == LegalState::Insolvent) {
        let why = "no phase is `on` insolvent: when a procedure opens, pressure has to end and the claim to be filed";
        problems.at(written.phase.last().map_or(0..0, |phase| phase.name.span()), "phase", why);
    }
    ends(&written.phase, problems);
    let lawful: Vec<usize> = by_law.iter().map(|(_, at)| *at).collect();
    reached(written, &chain, &lawful, problems);
    for_nobody(&written.phase, &chain, (&lawful, steps), problems);
    overlaps(&written.phase, &chain, problems);
    thresholds(&written.phase, &chain, steps, problems);
    let rungs: Vec<usize> = chain.into_iter().skip(1).collect();
    let tracks = tracks(&written.track, &written.phase, &rungs, problems);
    let step = |at: usize| steps.get(at).cloned().flatten();
    Some(Shape {
        watch: step(first)?,
        ladder: rungs.into_iter().map(step).collect::<Option<_>>()?,
        by_law: by_law.into_iter().map(|(state, at)| Some((state, step(at)?))).collect::<Option<_>>()?,
        tracks: tracks?,
    })
}

/// Somebody can get into each phase: it follows on one where some track starts, or a state of law leads to it.
fn reached(written: &Written, chain: &[usize], lawful: &[usize], problems: &mut Problems<'_>) {
    let rung = |name: &str| chain.iter().position(|at| written.phase[*at].name.get_ref() == name);
    let first = written.track.iter().filter_map(|track| rung(track.start.get_ref())).min().unwrap_or(1);
    for (at, phase) in written.phase.iter().enumerate().filter(|(at, _)| !lawful.contains(at)) {
        let why = match chain.iter().position(|on| *on == at) {
            None => "nobody can reach it: no phase names it as `next`, and no state of law leads to it",
            Some(rung) if (1..first).contains(&rung) => "nobody can reach it: every track starts after it",
            Some(_) => continue,
        };
        problems.at(phase.name.span(), format!("phase.{}", phase.name.get_ref()), why);
    }
}

/// A phase of the ladder that is only for a state of law which has a phase of its own is for nobody.
fn for_nobody(
    phases: &[WrittenPhase],
    chain: &[usize],
    (lawful, steps): (&[usize], &[Option<Step>]),
    problems: &mut Problems<'_>,
) {
    let taken =
        |state: &LegalState| lawful.iter().any(|at| phases[*at].on.iter().any(|on| on.get_ref() == state.as_str()));
    for at in chain.iter().skip(1) {
        let Some(step) = steps.get(*at).and_then(Option::as_ref) else { continue };
        let states = &step.when.legal_states;
        if !states.is_empty() && states.iter().all(taken) {
            let why = "nobody can reach it: these states of law lead to a phase of their own";
            problems.at(phases[*at].name.span(), format!("phase.{}.when.legal_states", step.phase), why);
        }
    }
}

fn names_once(phases: &[WrittenPhase], problems: &mut Problems<'_>) {
    let mut seen = BTreeSet::new();
    for phase in phases {
        let name = phase.name.get_ref();
        if !seen.insert(name) {
            problems.at(phase.name.span(), format!("phase.{name}"), "stands twice: they would overlap");
        }
    }
}

/// The phases from the first one on, each by the `next` of the one before.
fn chain(phases: &[WrittenPhase], first: usize, problems: &mut Problems<'_>) -> Vec<usize> {
    let mut chain = vec![first];
    let mut at = first;
    while let Some(next) = &phases[at].next {
        let key = format!("phase.{}.next", phases[at].name.get_ref());
        let Some(to) = phases.iter().position(|phase| phase.name.get_ref() == next.get_ref()) else {
            problems.at(next.span(), key, format!("there is no phase {:?}", next.get_ref()));
            break;
        };
        if let Some(begins) = chain.iter().position(|seen| *seen == to) {
            let round: Vec<&str> = chain[begins..].iter().map(|at| phases[*at].name.get_ref().as_str()).collect();
            let why = format!("goes in a circle: {} and again {}", round.join(", "), next.get_ref());
            problems.at(next.span(), key, why);
            break;
        }
        chain.push(to);
        at = to;
    }
    chain
}

fn by_law(phases: &[WrittenPhase], problems: &mut Problems<'_>) -> Vec<(LegalState, usize)> {
    let mut found: Vec<(LegalState, usize)> = Vec::new();
    for (at, phase) in phases.iter().enumerate() {
        for text in &phase.on {
            let key = format!("phase.{}.on", phase.name.get_ref());
            let Some(state) = problems.word::<LegalState>(text, key.clone()) else { continue };
            if let Some((_, other)) = found.iter().find(|(known, _)| *known == state) {
                let why = format!("overlaps with phase {}: {state} leads there too", phases[*other].name.get_ref());
                problems.at(text.span(), key, why);
            } else {
                found.push((state, at));
            }
        }
    }
    found
}

/// A phase leads on, or it is the end; it cannot be both or neither.
fn ends(phases: &[WrittenPhase], problems: &mut Problems<'_>) {
    for phase in phases {
        let name = phase.name.get_ref();
        match (&phase.next, phase.is_final) {
            (None, false) => {
                let why = "never ends: it needs a `next`, or `final = true`";
                problems.at(phase.name.span(), format!("phase.{name}"), why);
            }
            (Some(next), true) => {
                problems.at(next.span(), format!("phase.{name}.next"), "a final phase has no `next`");
            }
            _ => {}
        }
    }
}

/// Each phase is reached later than the one before, or they would overlap.
fn overlaps(phases: &[WrittenPhase], chain: &[usize], problems: &mut Problems<'_>) {
    for pair in chain.windows(2).skip(1) {
        let (before, phase) = (&phases[pair[0]], &phases[pair[1]]);
        let key = format!("phase.{}.after_days", phase.name.get_ref());
        let days = |phase: &WrittenPhase| phase.after_days.as_ref().map(|days| *days.get_ref());
        match (days(before), days(phase)) {
            (_, None) => problems.at(phase.name.span(), key, "a phase of the ladder needs `after_days`"),
            (Some(earlier), Some(later)) if later <= earlier => {
                let (name, other) = (phase.name.get_ref(), before.name.get_ref());
                let why = format!(
                    "overlaps with {other}: {name} must come later than {other}, which is reached on day {earlier}"
                );
                problems.at(phase.after_days.as_ref().map_or(phase.name.span(), toml::Spanned::span), key, why);
            }
            _ => {}
        }
    }
    if let Some(first) = chain.get(1).map(|at| &phases[*at])
        && first.after_days.as_ref().is_none_or(|days| *days.get_ref() < 1)
    {
        let key = format!("phase.{}.after_days", first.name.get_ref());
        problems.near(first.name.span(), "after_days", key, "must be 1 or more: on the day itself nobody is late");
    }
}

/// What a phase asks of the ledger must not fall along the ladder: else a client whose overdue amount shrinks, because an
/// invoice moved, would find the phase in between gone and skip it. The last phase is the end of every ladder.
fn thresholds(phases: &[WrittenPhase], chain: &[usize], steps: &[Option<Step>], problems: &mut Problems<'_>) {
    let mut so_far: Option<(&Step, f64, usize)> = None;
    for at in chain.iter().skip(1) {
        let Some(step) = steps.get(*at).and_then(Option::as_ref) else { continue };
        if step.is_final {
            continue;
        }
        let (amount, n) = (step.least_amount(), step.when.invoices_at_least);
        if let Some((before, least, least_n)) = so_far
            && (amount < least || n < least_n)
        {
            let why = format!(
                "asks for less ({amount:.2}, {n} invoices; the amount is at least the cost by `recovers`) than {} before it \
                 ({least:.2}, {least_n}): a moved invoice could make a client skip {}",
                before.phase, before.phase
            );
            problems.at(phases[*at].name.span(), format!("phase.{}.when", step.phase), why);
        }
        so_far = Some((step, amount, n));
    }
}

fn tracks(
    written: &[WrittenTrack],
    phases: &[WrittenPhase],
    rungs: &[usize],
    problems: &mut Problems<'_>,
) -> Option<Vec<Track>> {
    let mut tracks: Vec<Track> = Vec::new();
    let mut names = BTreeSet::new();
    let mut is_right = true;
    for track in written {
        let name = track.name.get_ref();
        let key = format!("track.{name}");
        if !names.insert(name) {
            problems.at(track.name.span(), key.clone(), "stands twice: nobody could tell which of them a client is on");
        }
        let start = rungs.iter().position(|at| phases[*at].name.get_ref() == track.start.get_ref());
        if start.is_none() {
            let why = format!("{:?} is no phase that comes after monitoring", track.start.get_ref());
            problems.at(track.start.span(), format!("{key}.start"), why);
        }
        problems.within(track.pace, (0.1, 10.0), track.name.span(), "pace", format!("{key}.pace"));
        for (field, days) in [("after_days", track.after_days), ("delay_days", track.delay_days)] {
            let least = if field == "after_days" { 1.0 } else { 0.0 };
            problems.within(f64::from(days), (least, 365.0), track.name.span(), field, format!("{key}.{field}"));
        }
        let when = When::read(track.when.as_ref(), &key, problems);
        may_not_look_at_dates(track, &key, problems);
        if let Some(earlier) = tracks.iter().find(|earlier| when.is_within(&earlier.when)) {
            let why = format!("nobody can reach it: everybody it is for is on track {} already", earlier.name);
            problems.at(track.name.span(), key.clone(), why);
        } else if when.is_for_nobody() {
            problems.at(track.name.span(), format!("{key}.when"), "its conditions exclude each other");
        }
        let tone: Option<Tone> = track.tone.as_ref().and_then(|tone| problems.word(tone, format!("{key}.tone")));
        let Some(start) = start else {
            is_right = false;
            continue;
        };
        let (after_days, pace, delay_days) = (track.after_days, track.pace, track.delay_days);
        let words = |texts: &WrittenTexts| Texts { en: texts.en.get_ref().clone(), it: texts.it.get_ref().clone() };
        let called = track.called.as_ref().map(words).unwrap_or_default();
        tracks.push(Track { name: name.clone(), when, start, after_days, pace, delay_days, tone, called });
    }
    if !tracks.last().is_some_and(|last| last.when.is_for_everybody()) {
        let place = written.last().map_or(0..0, |last| last.name.span());
        problems.at(place, "track", "the last track must have no conditions, so that everybody is on one");
    }
    is_right.then_some(tracks)
}

/// A track starts somewhere, which is a jump: it may not hang on what moving an invoice changes.
fn may_not_look_at_dates(track: &WrittenTrack, key: &str, problems: &mut Problems<'_>) {
    let Some(when) = &track.when else { return };
    let why = "a track may not look at this, for it changes when an invoice moves, and the client would skip phases; use it \
               in the conditions of a phase";
    if let Some(amount) = &when.amount_at_least {
        problems.at(amount.span(), format!("{key}.when.amount_at_least"), why);
    }
    if let Some(n) = &when.invoices_at_least {
        problems.at(n.span(), format!("{key}.when.invoices_at_least"), why);
    }
}
