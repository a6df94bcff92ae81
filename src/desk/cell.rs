//! What a cell of a table may say that somebody will open with a spreadsheet.

use crate::escape::turns_direction;

/// A text cell that a spreadsheet would run as a formula is quoted with an apostrophe (OWASP, CSV injection): one that begins
/// with a sign of a formula, also behind blanks or a quote, or has a line that does. A number that is below zero is a number.
pub fn harmless(text: &str) -> String {
    const TRIGGERS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    const BREAKS: [char; 3] = ['\t', '\r', '\n'];
    let is_number = text.strip_prefix('-').unwrap_or(text).parse::<f64>().is_ok_and(f64::is_finite);
    let is_plain_number = is_number && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    let runs = |line: &str| {
        line.trim_start_matches(|c: char| c == '"' || c == '\'' || c == ';' || c == ',' || c.is_whitespace())
            .starts_with(TRIGGERS)
    };
    let is_harmful = text.starts_with(BREAKS) || text.split(BREAKS).any(runs);
    // Nor does a cell turn the direction in which those beside it are read.
    let text: String = text.chars().filter(|c| !turns_direction(*c)).collect();
    if is_harmful && !is_plain_number { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn a_name_is_no_formula_in_a_spreadsheet() {
        for evil in ["=1+1", "+39 02", "-x", "@SUM(A1)", "\tx", " =1"] {
            assert_eq!(harmless(evil), format!("'{evil}"));
        }
        for tame in ["Rossi = Figli", "-12.5", ""] {
            assert_eq!(harmless(tame), tame);
        }
    }
}
