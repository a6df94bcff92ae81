//! Ratings over time: a line, each step, and the reasons of the present one.

use super::{Teller, numbers, row, words};
use crate::{
    domain::{Grade, NOTICE, ReasonLine, day_number, say_line},
    paper::{Block, Chart, ChartPoint, Table},
    store::RecordedRating,
};

/// Steps that are printed, the newest.
const MAX_STEPS: usize = 300;
/// Reasons of the present rating that are printed, those that weigh most.
const MAX_REASONS: usize = 15;

pub(super) fn blocks(teller: &Teller<'_>, cut: &mut Vec<String>) -> Vec<Block> {
    let steps = &teller.gathered.steps;
    let mut blocks = vec![Block::Notice(teller.notice())];
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else {
        blocks.push(Block::Text(teller.text("Nessun punteggio è registrato.", "No rating is recorded.")));
        return blocks;
    };
    blocks.push(Block::Chart(chart(teller, first, last)));
    let shown = &steps[steps.len().saturating_sub(MAX_STEPS)..];
    if shown.len() < steps.len() {
        let all = steps.len();
        cut.push(if teller.language.is_italian() {
            format!("Sono stampati gli ultimi {MAX_STEPS} punteggi su {all}; tutti sono in ratings.csv.")
        } else {
            format!("The last {MAX_STEPS} of {all} ratings are printed; all are in ratings.csv.")
        });
    }
    blocks.push(Block::Table(table(teller, shown)));
    blocks.extend(reasons(teller, last));
    blocks
}

fn chart(teller: &Teller<'_>, first: &RecordedRating, last: &RecordedRating) -> Chart {
    let gathered = teller.gathered;
    let grades: Vec<Grade> = Grade::PERFORMING.iter().copied().chain([Grade::D]).collect();
    let from = day_number(first.rating.as_of.valid_at);
    let wide = (day_number(gathered.as_of.valid_at) - from).max(1);
    #[expect(clippy::cast_precision_loss, reason = "days of a few years")]
    let at = |step: &RecordedRating| (day_number(step.rating.as_of.valid_at) - from) as f32 / wide as f32;
    let point = |step: &RecordedRating| ChartPoint {
        at: at(step).clamp(0.0, 1.0),
        level: grades.iter().position(|grade| *grade == step.rating.grade),
        day: teller.language.day(step.rating.as_of.valid_at),
    };
    let span = (teller.language.day(first.rating.as_of.valid_at), teller.language.day(gathered.as_of.valid_at));
    let alt = if teller.language.is_italian() {
        format!(
            "Grafico a gradini del punteggio interno dal {} al {}: {} passi, da {} a {} ({NOTICE}).",
            span.0,
            span.1,
            gathered.steps.len(),
            first.rating.grade,
            last.rating.grade
        )
    } else {
        format!(
            "Internal score in steps from {} to {}: {} steps, from {} to {} ({NOTICE}).",
            span.0,
            span.1,
            gathered.steps.len(),
            first.rating.grade,
            last.rating.grade
        )
    };
    Chart {
        alt,
        levels: grades.iter().map(ToString::to_string).collect(),
        points: gathered.steps.iter().map(point).collect(),
        span,
    }
}

fn table(teller: &Teller<'_>, steps: &[RecordedRating]) -> Table {
    let language = teller.language;
    let rows = steps.iter().map(|step| {
        let rating = &step.rating;
        let mut cause = language.word(step.cause.as_str());
        if let Some(decision) = &step.override_ {
            cause += &format!(": {} ({})", decision.reason, decision.author);
        }
        row(vec![
            step.client_seq.to_string(),
            language.day(rating.as_of.valid_at),
            rating.grade.to_string(),
            rating.pd.map(|pd| language.percent(pd.get())).unwrap_or_default(),
            rating.points.map(|points| points.to_string()).unwrap_or_default(),
            language.percent(rating.coverage),
            cause,
            weightiest(teller, &rating.lines),
        ])
    });
    let columns = vec![
        numbers("N.", 0.6),
        words(teller.say("Giorno", "Day"), 1.3),
        words(teller.say("Grado", "Grade"), 0.9),
        numbers("PD", 1.1),
        numbers(teller.say("Punti", "Points"), 0.9),
        numbers(teller.say("Copertura", "Coverage"), 1.3),
        words(teller.say("Causa", "Cause"), 2.0),
        words(teller.say("Motivo principale", "Main reason"), 3.4),
    ];
    Table { columns, rows: rows.collect() }
}

/// Lines that say something of this client, and not of all.
fn telling(lines: &[ReasonLine]) -> impl Iterator<Item = &ReasonLine> {
    // What later live rescorings moved is only kept until the next one: it would make the same moment another file.
    let is_constant = |line: &ReasonLine| matches!(line.feature.as_str(), "base" | "calibration" | "since_recording");
    lines.iter().filter(move |line| !is_constant(line) && line.points != 0)
}

fn weightiest(teller: &Teller<'_>, lines: &[ReasonLine]) -> String {
    let most = telling(lines).max_by_key(|line| line.points.unsigned_abs());
    most.map(|line| say_line(teller.glossary, line, teller.language.is_italian())).unwrap_or_default()
}

/// Why the rating is where it is: the lines of the last step, as they were recorded.
fn reasons(teller: &Teller<'_>, last: &RecordedRating) -> Vec<Block> {
    let mut lines: Vec<&ReasonLine> = telling(&teller.gathered.level).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.points.unsigned_abs()));
    lines.truncate(MAX_REASONS);
    if lines.is_empty() {
        return Vec::new();
    }
    let rows = lines.into_iter().map(|line| {
        row(vec![format!("{:+}", line.points), say_line(teller.glossary, line, teller.language.is_italian())])
    });
    let columns = vec![numbers(teller.say("Punti", "Points"), 1.0), words(teller.say("Motivo", "Reason"), 9.0)];
    let title = teller.say("Motivi del punteggio, come registrato il", "Reasons of the rating, as recorded on");
    let title = Block::Subheading(format!("{title} {}", teller.language.day(last.rating.as_of.valid_at)));
    vec![title, Block::Table(Table { columns, rows: rows.collect() })]
}
