//! From what is written to what is true.

use serde_path_to_error::Segment;
use toml::Spanned;

use super::{
    Assumptions, Deescalation, Holds, LimitRule, PLACEHOLDERS, Policy, PolicyError, ReleaseRule, Sign, Step, Texts,
    check::{self, Shape},
    problem::{MAX_AMOUNT, Problems},
    when::When,
    written::{
        Written, WrittenAppetites, WrittenAssumptions, WrittenHolds, WrittenLimit, WrittenPhase, WrittenRelease,
        WrittenSign, WrittenTexts,
    },
};
use crate::domain::{Action, Channel, Grade, LegalState, Phase, Tone};

/// Waiting longer than ten years for anything is a slip of the pen.
const MAX_DAYS: f64 = 3_650.0;
/// Fields that a policy may not have and that are named at once.
const MAX_UNKNOWN: usize = 50;
/// Log-odds beyond which a sign would be a certainty, which none is.
const MAX_WEIGHT: f64 = 20.0;
/// Shares of what is earned, and headroom over what is needed, beyond which a limit limits nothing.
const MAX_SHARE: f64 = 1_000.0;

pub(super) fn read(text: &str) -> Result<Policy, PolicyError> {
    let mut problems = Problems::of(text);
    let (mut left, mut n_unknown) = (text.to_owned(), 0);
    let written: Written = loop {
        match written(&left) {
            Ok(written) => break written,
            // What is missing then is most likely what was misspelt.
            Err((_, error)) if n_unknown > 0 && error.message().starts_with("missing field") => {
                return Err(problems.into_error());
            }
            Err((key, error)) => {
                problems.at(error.span().unwrap_or_default(), key, error.message());
                n_unknown += 1;
                match without(&left, &error).filter(|_| n_unknown < MAX_UNKNOWN) {
                    Some(rest) => left = rest,
                    None => return Err(problems.into_error()),
                }
            }
        }
    };
    if written.version.get_ref().trim().is_empty() {
        problems.at(written.version.span(), "version", "must not be empty: it says which policy decided");
    }
    check_days(&written, &mut problems);
    let steps: Vec<Option<Step>> = written.phase.iter().map(|phase| step(phase, &mut problems)).collect();
    let shape = check::shape(&written, &steps, &mut problems);
    let holds = holds(&written.holds, &mut problems);
    let limit = limit(&written.limit, &mut problems);
    let release = release(&written.release, &mut problems);
    let signs = written.sign.iter().filter_map(|sign| read_sign(sign, &mut problems)).collect();
    if let Some(shape) = &shape {
        let is_on_ladder = |phase: Phase| shape.ladder.iter().any(|step| step.phase == phase);
        if let Some(rule) = release.as_ref().filter(|rule| !is_on_ladder(rule.hold_from)) {
            let why =
                format!("{} is no phase of the ladder: orders would be held from the first step on", rule.hold_from);
            problems.at(written.release.hold_from.span(), "release.hold_from", why);
        }
        let bound = holds.as_ref().map(|holds| holds.protective_up_to);
        if let Some(bound) = bound.filter(|bound| *bound != Phase::Monitoring && !is_on_ladder(*bound)) {
            let why = format!("{bound} is no phase of the ladder: every step would be barred");
            problems.at(written.holds.protective_up_to.span(), "holds.protective_up_to", why);
        }
    }
    check_assumptions(&written.assumptions, written.version.span(), &mut problems);
    let paid = &written.deescalation.paid_share;
    problems.within(*paid.get_ref(), (0.01, 1.0), paid.span(), "paid_share", "deescalation.paid_share".to_owned());
    let (Some(shape), Some(holds), Some(limit), Some(release), true) =
        (shape, holds, limit, release, problems.is_empty())
    else {
        return Err(problems.into_error());
    };
    let Shape { watch, ladder, by_law, tracks } = shape;
    Ok(Policy {
        version: written.version.into_inner(),
        tolerance: written.tolerance,
        review_days: written.review_days,
        active_days: written.active_days,
        irregular_days: written.irregular_days,
        pre_due_days: written.pre_due_days,
        retry_days: written.retry_days,
        most_tries: written.most_tries,
        holds,
        deescalation: Deescalation { paid_share: *paid.get_ref(), steps_down: written.deescalation.steps_down },
        tracks,
        watch,
        ladder,
        by_law,
        assumptions: assumptions(&written.assumptions),
        signs,
        limit,
        release,
    })
}

/// A policy without the line of a field that it may not have, every other byte in its place: what else is wrong is told at once. None
/// where the line says something else as well.
fn without(text: &str, error: &toml::de::Error) -> Option<String> {
    let span = error.span().filter(|_| error.message().starts_with("unknown field"))?;
    let start = text.get(..span.start)?.rfind('\n').map_or(0, |end| end + 1);
    let end = text.get(span.start..)?.find('\n').map_or(text.len(), |length| span.start + length);
    let (line, field) = (text.get(start..end)?, error.message().split('`').nth(1)?);
    let value = line.trim_start().strip_prefix(field)?.trim_start().strip_prefix('=')?.trim_start();
    let is_whole = toml::from_str::<toml::Table>(line).is_ok() && !value.is_empty();
    let (before, after) = (text.get(..start)?, text.get(end..)?);
    is_whole.then(|| format!("{before}{}{after}", " ".repeat(end - start)))
}

/// What is written, or why it cannot be read, and at which key; `file` where it is no TOML.
fn written(text: &str) -> Result<Written, (String, toml::de::Error)> {
    let broken = |error| ("file".to_owned(), error);
    let table: toml::Table = toml::from_str(text).map_err(broken)?;
    let read = serde_path_to_error::deserialize(toml::Deserializer::parse(text).map_err(broken)?);
    read.map_err(|error: serde_path_to_error::Error<toml::de::Error>| {
        let mut key = dotted(error.path(), table);
        let error = error.into_inner();
        // What is missing is in no path.
        let quoted = |message: &str| message.split('`').nth(1).map(str::to_owned);
        let is_about_a_field = ["missing field", "unknown field"].iter().any(|what| error.message().starts_with(what));
        let field = quoted(error.message()).filter(|field| is_about_a_field && key.last() != Some(field));
        key.extend(field);
        (if key.is_empty() { "file".to_owned() } else { key.join(".") }, error)
    })
}

/// A path in a policy as people write it: `track.fast.when.active`, a table of a list by its name.
fn dotted(path: &serde_path_to_error::Path, table: toml::Table) -> Vec<String> {
    let (mut key, mut value) = (Vec::new(), Some(toml::Value::Table(table)));
    for segment in path {
        match segment {
            // A value with its place in the file is a table of its own to the reader.
            Segment::Map { key: name } if name.starts_with('$') => {}
            Segment::Map { key: name } => {
                value = value.and_then(|value| value.get(name).cloned());
                key.push(name.clone());
            }
            Segment::Seq { index } => {
                value = value.and_then(|value| value.get(index).cloned());
                let name = ["name", "feature"].into_iter().find_map(|field| value.as_ref()?.get(field)?.as_str());
                key.extend(name.map(str::to_owned));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    key
}

fn check_days(written: &Written, problems: &mut Problems<'_>) {
    let top = written.version.span();
    for (field, days, least) in [
        ("review_days", written.review_days, 1.0),
        ("active_days", written.active_days, 1.0),
        ("irregular_days", written.irregular_days, 0.0),
        ("pre_due_days", written.pre_due_days, 0.0),
        ("retry_days", written.retry_days, 1.0),
    ] {
        problems.within(f64::from(days), (least, MAX_DAYS), top.clone(), field, field.to_owned());
    }
    problems.within(written.tolerance, (0.0, MAX_AMOUNT), top.clone(), "tolerance", "tolerance".to_owned());
    problems.within(f64::from(written.most_tries), (1.0, 20.0), top, "most_tries", "most_tries".to_owned());
    let place = written.holds.protective_up_to.span();
    for (field, days) in [
        ("dispute_days", written.holds.dispute_days),
        ("grace_days", written.holds.grace_days),
        ("promise_days", written.holds.promise_days),
        ("plan_days", written.holds.plan_days),
        ("plan_gap_days", written.holds.plan_gap_days),
    ] {
        problems.within(f64::from(days), (0.0, MAX_DAYS), place.clone(), field, format!("holds.{field}"));
    }
}

fn step(written: &WrittenPhase, problems: &mut Problems<'_>) -> Option<Step> {
    let name = written.name.get_ref();
    let key = |field: &str| format!("phase.{name}.{field}");
    let phase: Option<Phase> = problems.word(&written.name, "phase.name");
    let action: Option<Action> = problems.word(&written.action, key("action"));
    let channel: Option<Channel> = problems.word(&written.channel, key("channel"));
    let tone: Option<Tone> = problems.word(&written.tone, key("tone"));
    let place = written.name.span();
    for (field, value, most) in [
        ("lasts_days", f64::from(written.lasts_days), MAX_DAYS),
        ("act_within_days", f64::from(written.act_within_days), MAX_DAYS),
        ("cost", written.cost, MAX_AMOUNT),
        ("assign_from", written.assign_from.unwrap_or_default(), MAX_AMOUNT),
        ("recovers", written.recovers, 1.0),
        ("annoys", written.annoys, 1.0),
    ] {
        problems.within(value, (0.0, most), place.clone(), field, key(field));
    }
    problems.within(written.effect, (1.0, 100.0), place, "effect", key("effect"));
    if written.owner.get_ref().trim().is_empty() {
        problems.at(written.owner.span(), key("owner"), "must name somebody");
    }
    if let Some(days) = &written.after_days {
        problems.within(f64::from(*days.get_ref()), (0.0, MAX_DAYS), days.span(), "after_days", key("after_days"));
    }
    if let Some(amount) = written.when.as_ref().and_then(|when| when.amount_at_least.as_ref()) {
        let (value, key) = (*amount.get_ref(), key("when.amount_at_least"));
        problems.within(value, (0.0, MAX_AMOUNT), amount.span(), "amount_at_least", key);
    }
    let when = When::read(written.when.as_ref(), &format!("phase.{name}"), problems);
    if written.when.is_some() && when.is_for_nobody() {
        problems.at(written.name.span(), key("when"), "its conditions exclude each other");
    }
    let text = written.text.as_ref().map(|texts| texts_of(texts, &key("text"), problems));
    let white_gloves = written.white_gloves.as_ref().map(|texts| texts_of(texts, &key("white_gloves"), problems));
    Some(Step {
        phase: phase?,
        is_final: written.is_final,
        after_days: written.after_days.as_ref().map_or(0, |days| *days.get_ref()),
        lasts_days: written.lasts_days,
        act_within_days: written.act_within_days,
        action: action?,
        channel: channel?,
        tone: tone?,
        owner: written.owner.get_ref().clone(),
        cost: written.cost,
        recovers: written.recovers,
        effect: written.effect,
        annoys: written.annoys,
        assign_from: written.assign_from,
        when,
        text: text.unwrap_or_default(),
        white_gloves,
    })
}

fn texts_of(written: &WrittenTexts, key: &str, problems: &mut Problems<'_>) -> Texts {
    for (language, text) in [("en", &written.en), ("it", &written.it)] {
        for piece in text.get_ref().split('{').skip(1) {
            let word = piece.split_once('}').map(|(word, _)| word);
            if !word.is_some_and(|word| PLACEHOLDERS.contains(&word)) {
                let why = format!(
                    "{{{}: a brace opens one of {}",
                    piece.chars().take(20).collect::<String>(),
                    PLACEHOLDERS.join(", ")
                );
                problems.at(text.span(), format!("{key}.{language}"), why);
            }
        }
    }
    Texts { en: written.en.get_ref().clone(), it: written.it.get_ref().clone() }
}

fn holds(written: &WrittenHolds, problems: &mut Problems<'_>) -> Option<Holds> {
    let protective: Vec<Option<LegalState>> =
        written.protective.iter().map(|state| problems.word(state, "holds.protective")).collect();
    let protective_up_to = problems.word(&written.protective_up_to, "holds.protective_up_to");
    Some(Holds {
        dispute_days: written.dispute_days,
        grace_days: written.grace_days,
        most_broken: written.most_broken,
        promise_days: written.promise_days,
        plan_days: written.plan_days,
        plan_gap_days: written.plan_gap_days,
        protective: protective.into_iter().collect::<Option<_>>()?,
        protective_up_to: protective_up_to?,
    })
}

fn read_sign(written: &WrittenSign, problems: &mut Problems<'_>) -> Option<Sign> {
    let feature = written.feature.get_ref();
    for (field, value, least, most) in [
        ("above", written.above, -MAX_AMOUNT, MAX_AMOUNT),
        ("cannot", written.cannot, 0.0, MAX_WEIGHT),
        ("will_not", written.will_not, 0.0, MAX_WEIGHT),
    ] {
        problems.within(value, (least, most), written.feature.span(), field, format!("sign.{feature}.{field}"));
    }
    if written.cannot == 0.0 && written.will_not == 0.0 {
        problems.at(written.feature.span(), format!("sign.{feature}"), "must weigh for `cannot` or for `will_not`");
        return None;
    }
    Some(Sign { feature: feature.clone(), above: written.above, cannot: written.cannot, will_not: written.will_not })
}

fn check_assumptions(written: &WrittenAssumptions, top: std::ops::Range<usize>, problems: &mut Problems<'_>) {
    for (field, value, (low, high)) in [
        ("step_days", f64::from(written.step_days), (1.0, 90.0)),
        ("lgd", written.lgd, (0.0, 1.0)),
        ("unknown_pd", written.unknown_pd, (0.0, 1.0)),
        ("capital_rate", written.capital_rate, (0.0, 1.0)),
        ("prior_delay_days", written.prior_delay_days, (1.0, 365.0)),
        ("prior_invoices", written.prior_invoices, (0.5, 1_000.0)),
        ("further_delay_days", written.further_delay_days, (0.0, MAX_DAYS)),
        ("margin", written.margin, (0.0, 1.0)),
        ("replacement_years", written.replacement_years, (0.0, 20.0)),
        ("limitation_years", f64::from(written.limitation_years), (1.0, 30.0)),
        ("limitation_warning_days", f64::from(written.limitation_warning_days), (0.0, MAX_DAYS)),
    ] {
        if !(low..=high).contains(&value) {
            let why = format!("must be from {low} to {high}, and is {value}");
            problems.at(top.clone(), format!("assumptions.{field}"), why);
        }
    }
}

fn assumptions(written: &WrittenAssumptions) -> Assumptions {
    Assumptions {
        step_days: written.step_days,
        lgd: written.lgd,
        unknown_pd: written.unknown_pd,
        capital_rate: written.capital_rate,
        prior_delay_days: written.prior_delay_days,
        prior_invoices: written.prior_invoices,
        further_delay_days: written.further_delay_days,
        margin: written.margin,
        replacement_years: written.replacement_years,
        limitation_years: written.limitation_years,
        limitation_warning_days: written.limitation_warning_days,
    }
}

fn limit(written: &WrittenLimit, problems: &mut Problems<'_>) -> Option<LimitRule> {
    let mut appetites = |list: &Spanned<WrittenAppetites>, field: &str| {
        let WrittenAppetites { prudent, balanced, bold } = *list.get_ref();
        if !(0.0 < prudent && prudent <= balanced && balanced <= bold && bold <= MAX_SHARE) {
            let why = format!(
                "must be above 0 and at most {MAX_SHARE}, and prudent no more than balanced, balanced no more than bold"
            );
            problems.at(list.span(), format!("limit.{field}"), why);
        }
        [prudent, balanced, bold]
    };
    let (headroom, loss_share) =
        (appetites(&written.headroom, "headroom"), appetites(&written.loss_share, "loss_share"));
    let none_at_or_below: Option<Grade> = problems.word(&written.none_at_or_below, "limit.none_at_or_below");
    let terms_days = *written.terms_days.get_ref();
    let place = written.terms_days.span();
    problems.within(terms_days, (1.0, MAX_DAYS), place, "terms_days", "limit.terms_days".to_owned());
    Some(LimitRule { headroom, loss_share, terms_days, none_at_or_below: none_at_or_below? })
}

fn release(written: &WrittenRelease, problems: &mut Problems<'_>) -> Option<ReleaseRule> {
    let hold_from = problems.word(&written.hold_from, "release.hold_from");
    let refer_at_or_below = problems.word(&written.refer_at_or_below, "release.refer_at_or_below");
    let place = written.hold_from.span();
    problems.within(written.refer_share, (0.0, 10.0), place, "refer_share", "release.refer_share".to_owned());
    Some(ReleaseRule { hold_from: hold_from?, refer_at_or_below: refer_at_or_below?, refer_share: written.refer_share })
}
