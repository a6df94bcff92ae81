//! An evaluation as a page for a person in a hurry: one file that needs nothing else, drawings as SVG, no script.

mod plots;
// Also drawn with by whoever else writes a page: one look for all of them.
pub mod svg;

use std::fmt::Write;

use self::plots::Ranked;
use super::{
    Shift,
    evaluate::{Evaluation, Outcomes, PartFigures},
    metrics::Figure,
};
use crate::{domain::Grade, score::Artefact};

/// How strongly a cell of the migration table is coloured that holds all rows of its grade, in percent: text stays readable.
const HEAT: f64 = 60.0;

/// Columns whose bins are drawn: those that tell most.
const N_COLUMNS: usize = 40;

/// How the house's pages look: put into the head of one.
pub const STYLE: &str = "
:root{--ink:#1d2733;--soft:#5d6b7a;--line:#dfe5ec;--paper:#fff;--ground:#f5f7fa;--blue:#2563a8;--red:#c2413b;--amber:#c98a13;--green:#2e8b57}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#9aa8b7;--line:#2f3945;--paper:#1a2129;--ground:#12171d;--blue:#6ea8e6;--red:#e5766f;--amber:#e0ad4a;--green:#5cc08a}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1000px;margin:0 auto;padding:28px 20px 60px}h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:38px 0 12px}h3{font-size:15px;margin:0 0 6px}
p{margin:6px 0;max-width:72ch}.soft{color:var(--soft)}.verdict{font-size:17px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(210px,46%),1fr));gap:12px;margin:20px 0}
.card{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:12px 14px}.card b{display:block;font-size:24px;font-variant-numeric:tabular-nums}.card span{color:var(--soft);font-size:13px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:14px}figure{margin:0;background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:14px}
figcaption{color:var(--soft);font-size:13px;margin-top:6px}svg{width:100%;height:auto;display:block}
.grid{stroke:var(--line)}.tick{fill:var(--soft);font-size:11px;text-anchor:middle}.side{text-anchor:end}.axis{fill:var(--soft);font-size:12px;text-anchor:middle}
polyline{fill:none;stroke-linejoin:round}.curve{stroke:var(--blue);stroke-width:2.5}.chance{stroke:var(--soft);stroke-dasharray:4 4}.bar{fill:var(--blue)}.missing{fill:var(--amber)}
.good{fill:var(--green);opacity:.55}.bad{fill:var(--red);opacity:.6}.dot{fill:var(--blue)}.span{stroke:var(--blue);stroke-width:1.5;opacity:.6}
.scroll{overflow-x:auto}table{border-collapse:collapse;background:var(--paper);border:1px solid var(--line);border-radius:10px;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:7px 12px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th{color:var(--soft);font-weight:600;font-size:13px}td:first-child,th:first-child{text-align:left}tr:last-child td{border-bottom:0}
.light{display:inline-block;width:10px;height:10px;border-radius:50%;margin-right:7px}.l-green{background:var(--green)}.l-yellow{background:var(--amber)}.l-red{background:var(--red)}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}.key.good{background:var(--green)}.key.bad{background:var(--red)}.heat{background:color-mix(in srgb,var(--blue) var(--share),transparent)}
details{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:10px 14px;margin:8px 0}summary{cursor:pointer;font-weight:600}details svg{max-width:560px}details table{margin-top:8px}
";

/// What the page is made from.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The model that was judged.
    pub model: &'a Artefact,
    /// The name of the file it was judged on.
    pub data: &'a str,
    /// The figures.
    pub evaluation: &'a Evaluation,
    /// The scores and outcomes behind them.
    pub outcomes: &'a Outcomes,
    /// The inputs of the model, in its order.
    pub inputs: &'a [Vec<f64>],
    /// How far they are from the rows that the model learned from; none where nobody kept how these were spread.
    pub shift: Option<&'a Shift>,
}

/// What whoever judges a model by its own training rows must know.
pub const OWN_ROWS: &str = "these look like the rows that the model learned from: it knows them, and others will be ranked less \
                            well; card.md has the figures of rows it had not seen";

/// The text of the page.
pub fn html(page: &Page<'_>) -> String {
    let Page { model, evaluation, .. } = page;
    let name = escaped(&model.name);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{name}: evaluation</title><style>{STYLE}</style></head><body><main>\n"
    );
    head(&mut text, page);
    drawings(&mut text, page.outcomes);
    grades(&mut text, evaluation);
    parts(&mut text, "By segment", "segment", &evaluation.segments);
    parts(&mut text, "By period", "period", &evaluation.vintages);
    migration(&mut text, evaluation);
    page.shift.iter().for_each(|shift| moved(&mut text, shift));
    columns(&mut text, page);
    let few = evaluation.interval_note.as_ref().map_or_else(String::new, |why| format!(" Here: {}.", escaped(why)));
    write!(
        text,
        "<p class=\"soft\">Intervals are 95 %, by the bootstrap.{few} Internal score, not a credit rating under Regulation (EC) No \
         1060/2009.</p>\n</main></body></html>\n",
    )
    .ok();
    text
}

fn head(text: &mut String, page: &Page<'_>) {
    let Page { model, evaluation: e, .. } = page;
    let kind = if model.forest.is_some() { "boosted trees" } else { "scorecard" };
    write!(
        text,
        "<h1>{}</h1><p class=\"soft\">{kind} of {} columns, judged on {}: {} rows, {} of them bad ({:.2} %)</p>\n\
         <p class=\"verdict\">{}</p>\n{}<div class=\"cards\">",
        escaped(&model.name),
        model.inputs.len(),
        escaped(page.data),
        grouped(e.n as u64),
        grouped(e.bad as u64),
        100.0 * e.bad as f64 / e.n as f64,
        verdict(e),
        if page.shift.is_some_and(|shift| shift.is_sample) {
            format!("<p><b>Note</b>: {OWN_ROWS}.</p>\n")
        } else {
            String::new()
        },
    )
    .ok();
    let cards = [
        ("AUC", e.auc, 3, "0.5 is chance, 1 perfect"),
        ("Gini", e.gini, 3, "2 × AUC − 1"),
        ("KS", e.ks, 3, "widest gap between classes"),
        ("Calibration slope", e.calibration_slope, 2, "1 is right; below, over-confident"),
        ("Calibration intercept", e.calibration_intercept, 2, "0 is right"),
        ("Brier", e.brier, 4, "mean squared error of the PD"),
        ("Log-loss", e.log_loss, 4, "mean surprise"),
        ("Hosmer-Lemeshow p", e.hosmer_lemeshow_p, 3, "below 0.05 the PDs are off"),
    ];
    for (name, figure, digits, meaning) in cards {
        write!(
            text,
            "<div class=\"card\"><span>{name}</span><b>{:.digits$}</b><span>{}<br>{meaning}</span></div>",
            figure.value,
            span(figure, digits)
        )
        .ok();
    }
    text.push_str("</div>\n");
}

/// From where to where chance may have moved a figure.
fn span(figure: Figure, digits: usize) -> String {
    match (figure.low, figure.high) {
        (Some(low), Some(high)) => format!("{low:.digits$} to {high:.digits$}"),
        _ => "too few rows for an interval".to_owned(),
    }
}

/// The figures in two sentences.
fn verdict(e: &Evaluation) -> String {
    let ranks = match e.auc.value {
        a if a >= 0.9 => "ranks very well",
        a if a >= 0.8 => "ranks well",
        a if a >= 0.7 => "ranks fairly",
        a if a >= 0.6 => "ranks weakly",
        _ => "hardly ranks",
    };
    let holds = |figure: Figure, right: f64| Some(figure.low? <= right && right <= figure.high?);
    let (slope, intercept) = (holds(e.calibration_slope, 1.0), holds(e.calibration_intercept, 0.0));
    let comes_true = match (slope.unwrap_or(true), intercept.unwrap_or(true)) {
        _ if slope.is_none() => "whether its PDs come true cannot be told from so few rows",
        (true, true) => "its PDs come true as far as these rows can tell",
        (false, _) if e.calibration_slope.value < 1.0 => {
            "its PDs are over-confident: the risky are less risky, the safe less safe"
        }
        (false, _) => "its PDs are too timid: the risky are riskier, the safe safer",
        (true, false) if e.calibration_intercept.value > 0.0 => "its PDs are too low",
        (true, false) => "its PDs are too high",
    };
    let red = e.grades.iter().filter(|g| g.light == "red").count();
    let lights = match red {
        0 => "No grade shows red.".to_owned(),
        1 => "One grade shows red.".to_owned(),
        n => format!("{n} grades show red."),
    };
    format!("The model {ranks}, and {comes_true}. {lights}")
}

fn drawings(text: &mut String, outcomes: &Outcomes) {
    let ranked = Ranked::new(outcomes);
    let figures = [
        ("ROC", ranked.roc(), "The further above the dashed line of chance, the better."),
        ("Lift", ranked.lift(), "Bad rows in each tenth of the rows, against the average (dashed)."),
        (
            "Calibration",
            ranked.calibration(),
            "Tenths of the rows with 95 % intervals; on the dashed line the foretold PD came true, at the bottom nobody went bad.",
        ),
        (
            "Points by class",
            ranked.distributions(),
            "<i class=\"key good\"></i>good rows, <i class=\"key bad\"></i>bad rows, each class by itself. The less they overlap, the better.",
        ),
    ];
    text.push_str("<h2>How it ranks, and whether it comes true</h2><div class=\"plots\">");
    for (title, drawing, caption) in figures {
        write!(text, "<figure><h3>{title}</h3>{drawing}<figcaption>{caption}</figcaption></figure>").ok();
    }
    text.push_str("</div>\n");
}

fn grades(text: &mut String, evaluation: &Evaluation) {
    text.push_str(
        "<h2>By grade</h2><div class=\"scroll\"><table><tr><th>grade</th><th>rows</th><th>bad</th><th>foretold PD</th>\
         <th>went bad</th><th>prudent upper bound</th><th>light</th></tr>",
    );
    for g in &evaluation.grades {
        write!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.2} %</td><td>{:.2} % ({:.2} to {:.2})</td><td>{:.2} %</td>\
             <td><i class=\"light l-{light}\"></i>{light}</td></tr>",
            g.grade,
            grouped(g.n),
            grouped(g.bad),
            100.0 * g.pd,
            100.0 * g.rate,
            100.0 * g.rate_low,
            100.0 * g.rate_high,
            100.0 * g.pd_upper,
            light = g.light
        )
        .ok();
    }
    text.push_str(
        "</table></div><p class=\"soft\">Light: binomial test of the foretold PD, yellow from 95 %, red from 99.9 %. Went bad: \
         with the 95 % interval of Jeffreys. Upper bound: Pluto and Tasche, 95 %.</p>\n",
    );
}

fn parts(text: &mut String, title: &str, what: &str, parts: &[PartFigures]) {
    if parts.is_empty() {
        return;
    }
    write!(
        text,
        "<h2>{title}</h2><div class=\"scroll\"><table><tr><th>{what}</th><th>rows</th><th>bad</th><th>foretold PD</th>\
         <th>went bad</th><th>AUC</th></tr>"
    )
    .ok();
    for p in parts {
        let auc = p.auc.map_or("–".to_owned(), |a| format!("{:.3} ({})", a.value, span(a, 3)));
        write!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{:.2} %</td><td>{:.2} %</td><td>{auc}</td></tr>",
            escaped(&p.name),
            grouped(p.n as u64),
            grouped(p.bad as u64),
            100.0 * p.pd,
            100.0 * p.rate
        )
        .ok();
    }
    text.push_str("</table></div>\n");
}

fn migration(text: &mut String, evaluation: &Evaluation) {
    if evaluation.migration.is_empty() {
        return;
    }
    text.push_str("<h2>From one period to the next</h2><div class=\"scroll\"><table><tr><th>from \\ to</th>");
    let grades: Vec<String> = Grade::PERFORMING.iter().map(ToString::to_string).collect();
    grades.iter().for_each(|g| {
        write!(text, "<th>{g}</th>").ok();
    });
    let of = |from: &str| evaluation.migration.iter().filter(|m| m.from == from).map(|m| m.n).sum::<u64>() as f64;
    for from in &grades {
        write!(text, "</tr><tr><td>{from}</td>").ok();
        for to in &grades {
            let n = evaluation.migration.iter().find(|m| m.from == *from && m.to == *to).map_or(0, |m| m.n);
            text.push_str(&match n {
                0 => "<td></td>".to_owned(),
                n => format!("<td class=\"heat\" style=\"--share:{:.0}%\">{n}</td>", HEAT * n as f64 / of(from)),
            });
        }
    }
    text.push_str("</tr></table></div>\n");
}

/// How far the rows are from those of the training.
fn moved(text: &mut String, shift: &Shift) {
    let index = |index: Option<f64>| index.map_or_else(|| "–".to_owned(), |index| format!("{index:.3}"));
    let light = |light: Option<&str>| {
        light.map_or_else(|| "–".to_owned(), |light| format!("<i class=\"light l-{light}\"></i>{light}"))
    };
    write!(
        text,
        "<h2>Against the training sample</h2><p>Stability index of the points (PSI): <b>{}</b> {}</p><div class=\"scroll\"><table>\
         <tr><th>column</th><th>stability index (CSI)</th><th>light</th></tr>",
        index(shift.psi),
        light(shift.psi_light)
    )
    .ok();
    for input in shift.csi.iter().take(N_COLUMNS) {
        let (name, csi, light) = (escaped(&input.feature), index(input.csi), light(input.light));
        write!(text, "<tr><td>{name}</td><td>{csi}</td><td>{light}</td></tr>").ok();
    }
    text.push_str(
        "</table></div><p class=\"soft\">What moved most comes first: yellow from 0.10, red from 0.25; no light below 200 rows, \
         nor an index where the sample had no value.</p>\n",
    );
}

fn columns(text: &mut String, page: &Page<'_>) {
    let mut order: Vec<usize> = (0..page.model.inputs.len()).collect();
    order.sort_by(|a, b| page.model.inputs[*b].weight.total_cmp(&page.model.inputs[*a].weight));
    if page.model.forest.is_some() {
        text.push_str("<h2>What the trees ask most</h2><div class=\"scroll\"><table><tr><th>column</th><th>share of the gain</th></tr>");
        for i in order.into_iter().take(N_COLUMNS) {
            let input = &page.model.inputs[i];
            write!(text, "<tr><td>{}</td><td>{:.1} %</td></tr>", escaped(&input.feature), 100.0 * input.weight).ok();
        }
        text.push_str("</table></div>\n");
        return;
    }
    text.push_str("<h2>Column by column</h2><p class=\"soft\">Those that told most in training come first.</p>");
    for i in order.into_iter().take(N_COLUMNS) {
        let input = &page.model.inputs[i];
        let lines = plots::bin_lines(input, &page.inputs[i], &page.outcomes.bad);
        write!(
            text,
            "<details><summary>{} <span class=\"soft\">information {:.2}</span></summary>{}<div class=\"scroll\"><table><tr><th>bin</th><th>rows</th>\
             <th>bad</th><th>rate</th><th>points</th></tr>",
            escaped(&input.feature),
            input.weight,
            plots::binning(&lines)
        )
        .ok();
        for (place, line) in lines.iter().enumerate() {
            write!(
                text,
                "<tr><td><span class=\"soft\">{}</span> {}</td><td>{}</td><td>{}</td><td>{}</td><td>{:+}</td></tr>",
                place + 1,
                escaped(&line.name),
                grouped(line.n as u64),
                grouped(line.bad as u64),
                if line.n > 0 { format!("{:.1} %", 100.0 * line.bad as f64 / line.n as f64) } else { "–".to_owned() },
                line.points
            )
            .ok();
        }
        text.push_str("</table></div></details>\n");
    }
}

/// A count in groups of three digits, with narrow spaces between.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let gap = |(i, digit): (usize, char)| {
        if i > 0 && (digits.len() - i).is_multiple_of(3) { vec!['\u{202f}', digit] } else { vec![digit] }
    };
    digits.chars().enumerate().flat_map(gap).collect()
}

/// Text that means itself inside HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
