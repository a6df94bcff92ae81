//! A dry run and a back-test as pages to read: everything in one file, nothing from elsewhere.

mod backtest;
mod dry_run;

use std::fmt::Write;

pub(super) use backtest::backtest;
pub(super) use dry_run::dry_run;

use crate::{
    domain::Phase,
    train::report::{STYLE, escaped},
    treat,
};

/// What these pages have beside the style of all reports: bars that lie beside their names.
/// Nothing is wider than its page: names and headings go over several lines, and a table that is wider still is moved in its frame.
const BARS: &str = "
figure{min-width:0}.scroll{max-width:100%}.scroll th,.scroll td{white-space:normal;overflow-wrap:break-word}.scroll td:last-child{white-space:nowrap}
@media(max-width:600px){.scroll th,.scroll td{padding:6px 4px;font-size:12px}.scroll td:last-child{white-space:normal}}
.bars{margin:10px 0 4px;display:grid;grid-template-columns:fit-content(55%) minmax(40px,1fr) max-content;gap:9px 12px;align-items:center;font-size:13px}
.bars .to{font-variant-numeric:tabular-nums;text-align:right;white-space:nowrap}.bars .rail{display:grid;gap:2px}
.bars i{display:block;height:9px;border-radius:2px;background:var(--blue)}.bars i.now{background:var(--soft);opacity:.55}
.bars i.wide{height:16px}.key.draft{background:var(--blue)}.key.now{margin-left:9px}.key.now{background:var(--soft);opacity:.55}
h2 small{font-weight:400;color:var(--soft);font-size:14px}.unit{color:var(--soft);font-size:14px;font-weight:400}
.plan{fill:var(--blue)}.now{fill:var(--soft);opacity:.55}td small,th small{color:var(--soft);font-weight:400}
";

/// The head of a page, and its title.
fn begin(title: &str, subtitle: &str) -> String {
    let (title, subtitle) = (escaped(title), escaped(subtitle));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <style>{STYLE}{BARS}</style></head><body><main>\n<h1>{title}</h1><p class=\"soft\">{subtitle}</p>\n"
    )
}

fn end(text: &mut String, words: &[&str]) {
    for word in words {
        writeln!(text, "<p class=\"soft\">{}</p>", escaped(word)).ok();
    }
    text.push_str("</main></body></html>\n");
}

/// A figure and its caption.
fn figure(text: &mut String, title: &str, drawing: &str, caption: &str) {
    write!(text, "<figure><h3>{title}</h3>{drawing}<figcaption>{caption}</figcaption></figure>").ok();
}

/// A name, how much under the draft, and how much under the policy in force; none where there is only one of them.
type Bar = (String, f64, Option<f64>);

/// Bars that lie beside their names, each with its number.
fn bars(rows: &[Bar], digits: usize, unit: &str) -> String {
    let most = rows.iter().flat_map(|(_, draft, now)| [Some(*draft), *now]).flatten().fold(0.0, f64::max).max(1e-9);
    let mut text = String::from("<div class=\"bars\">");
    for (name, draft, now) in rows {
        let wide = if now.is_none() { " class=\"wide\"" } else { "" };
        let width = |value: f64| 100.0 * value / most;
        write!(
            text,
            "<span>{}</span><span class=\"rail\"><i{wide} style=\"width:{:.2}%\"></i>",
            escaped(name),
            width(*draft)
        )
        .ok();
        if let Some(now) = now {
            write!(text, "<i class=\"now\" style=\"width:{:.2}%\"></i>", width(*now)).ok();
        }
        write!(text, "</span><span class=\"to\">{}", number(*draft, digits)).ok();
        if let Some(now) = now {
            write!(text, " <small class=\"soft\">now {}</small>", number(*now, digits)).ok();
        }
        write!(text, " {unit}</span>").ok();
    }
    text + "</div>"
}

/// A number as it is read: a narrow space between thousands.
fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (sign, rest) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("\u{2212}", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut out = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    fraction.map_or(out.clone(), |fraction| format!("{out}.{fraction}"))
}

#[expect(clippy::cast_precision_loss, reason = "counts of what was done in some years")]
fn count(n: usize) -> f64 {
    n as f64
}

/// A phase as people call it; a word that is none of them as it is.
fn phase(word: &str) -> String {
    word.parse::<Phase>().map_or_else(|_| word.to_owned(), |phase| treat::phase_name(phase, false).to_owned())
}

/// Words with an underscore between them, as a policy names owners.
fn spaced(word: &str) -> String {
    word.replace('_', " ")
}
