//! What payers write: numbers of invoices among days and words, and names. Values in, values out.

/// A number shorter than this, in letters and digits, stands in too many texts that mean something else.
const MIN_STRONG: usize = 5;
/// One with fewer digits is a word (`BONIFICO`), or counts something else.
const MIN_DIGITS: usize = 3;

/// Letters and digits of a number, upper case: how it is looked for.
pub(super) fn key(number: &str) -> String {
    number.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// The runs of letters and digits in a number.
pub(super) fn runs(number: &str) -> Vec<String> {
    let runs = number.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(str::to_ascii_uppercase).collect()
}

/// Whether a number stands in a text letter by letter, with nothing at its ends that would belong to it: no letter or digit,
/// and no sign behind which a longer number goes on.
pub(super) fn stands_in(upper: &str, number: &str) -> bool {
    let number = number.to_uppercase();
    let goes_on = |mut outward: Box<dyn Iterator<Item = char> + '_>| match outward.next() {
        Some('/' | '-' | '.') => outward.next().is_some_and(|c| c.is_ascii_digit()),
        next => next.is_some_and(|c| c.is_ascii_alphanumeric()),
    };
    let mut found = upper.match_indices(&number);
    found.any(|(at, found)| match (upper.get(..at), upper.get(at + found.len()..)) {
        (Some(head), Some(tail)) => !goes_on(Box::new(head.chars().rev())) && !goes_on(Box::new(tail.chars())),
        _ => false,
    })
}

/// Whether a number can hardly stand in a text by chance: long enough, most likely counted, and no month of a year.
pub(super) fn is_telling(number: &str) -> bool {
    let key = key(number);
    let n_digits = key.chars().filter(char::is_ascii_digit).count();
    key.len() >= MIN_STRONG && n_digits >= MIN_DIGITS && !is_month(number)
}

/// Whether a number is also how a month of a year is written, as rents name theirs: `12/2026`, `2026-01`.
pub(super) fn is_month(number: &str) -> bool {
    let runs = runs(number);
    let is_year = |run: &String| run.len() == 4 && (run.starts_with("19") || run.starts_with("20"));
    let is_one = |run: &String| run.len() <= 2 && run.parse().is_ok_and(|month: u8| (1..=12).contains(&month));
    match runs.as_slice() {
        [a, b] => (is_one(a) && is_year(b)) || (is_year(a) && is_one(b)),
        _ => false,
    }
}

/// Whether the number that begins at a run of a text is said to be one of a document: a word for one stands before it, with
/// nothing between but numbers and what joins them, or there are no words at all. Runs in upper case.
pub(super) fn is_document(runs: &[&str], from: usize) -> bool {
    const DOCUMENTS: &str = "FT FTT FTE FATT FATTURA FATTURE FAT FV FTV DOC DOCUMENTO DOCUMENTI RIF RIFERIMENTO PARCELLA SALDO \
         ACCONTO INV INVOICE INVOICES DOCUMENT REF REFERENCE BILL RECHNUNG RECHNUNGEN RE RG FACTURE FACTURES FACT";
    const JOINTS: &str = "N NR NO NUM NUMERO NUMBER NUMERI NRO E ED AND UND ET VS";
    let is_in = |words: &str, run: &str| words.split_whitespace().any(|word| word == run);
    let has_digit = |run: &str| run.contains(|c: char| c.is_ascii_digit());
    let mut before = runs[..from].iter().rev().skip_while(|run| has_digit(run) || is_in(JOINTS, run));
    before.next().is_some_and(|word| is_in(DOCUMENTS, word)) || runs.iter().all(|run| has_digit(run))
}

/// A text with spaces where days stand (`3/12/2026`, `03.12.26`, `2026-12-03`): a day is no number of an invoice.
pub(super) fn without_days(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '-' | '.')) {
        let bare = piece.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_day(bare) { kept.push(' ') } else { kept.push_str(piece) }
    }
    kept
}

fn is_day(text: &str) -> bool {
    let Some(sign) = text.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '/' | '-' | '.')) else {
        return false;
    };
    let parts: Vec<&str> = text.split(sign).collect();
    let is_up_to = |part: &str, most: u8| part.len() <= 2 && part.parse().is_ok_and(|n: u8| (1..=most).contains(&n));
    let is_year = |part: &str| matches!(part.len(), 2 | 4) && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => is_year(year) && is_up_to(month, 12) && is_up_to(day, 31),
        [day, month, year] => is_up_to(day, 31) && is_up_to(month, 12) && is_year(year),
        _ => false,
    }
}

/// Whether a text holds a number beside these that may be of another invoice.
pub(super) fn has_other_number(text: &str, named: &[String]) -> bool {
    let text = without_days(&text.to_uppercase());
    let mut pieces = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '+' | '&'));
    pieces.any(|piece| is_telling_or_month(piece) && !named.iter().any(|number| key(piece).contains(number.as_str())))
}

fn is_telling_or_month(piece: &str) -> bool {
    is_telling(piece) || is_month(piece)
}

/// The creditor's own reference in a structured one (ISO 11649): what stands behind `RF` and two check digits that are right.
pub(super) fn creditor_reference(text: &str) -> Option<&str> {
    let bare = text.trim();
    let rest = bare.strip_prefix("RF").or_else(|| bare.strip_prefix("rf"))?;
    let (digits, reference) = (rest.get(..2)?, rest.get(2..)?);
    let turned = format!("{reference}RF{digits}");
    let letters = turned.chars().filter(|c| *c != ' ').map(|c| c.to_digit(36));
    let remainder = letters
        .collect::<Option<Vec<u32>>>()?
        .into_iter()
        .fold(0u32, |rest, digit| (rest * if digit < 10 { 10 } else { 100 } + digit) % 97);
    (remainder == 1).then_some(reference)
}

/// A name as banks and ledgers may both write it: plain letters and digits, without what only says what kind of company it is.
pub(super) fn folded(name: &str) -> String {
    const FORMS: [&str; 24] = [
        "SRL", "SRLS", "SPA", "SNC", "SAS", "SAPA", "SS", "COOP", "SCARL", "SCRL", "LTD", "LIMITED", "PLC", "LLP",
        "LLC", "INC", "SARL", "SA", "EURL", "SASU", "GMBH", "AG", "KG", "BV",
    ];
    let plain = deunicode::deunicode(name).to_uppercase().replace(['.', '\''], "");
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let kept: Vec<&str> = words.filter(|word| !FORMS.contains(word)).collect();
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{creditor_reference, folded, has_other_number, is_document, is_telling, key, stands_in, without_days};

    #[test]
    fn a_creditor_reference_counts_only_with_the_right_check_digits() {
        assert_eq!(creditor_reference("RF18539007547034"), Some("539007547034"));
        assert_eq!(
            creditor_reference("RF18 5390 0754 7034").map(|r| r.replace(' ', "")),
            Some("539007547034".to_owned())
        );
        assert_eq!(creditor_reference("RF19539007547034"), None);
        assert_eq!(creditor_reference("2026/12"), None);
    }

    #[test]
    fn a_number_stands_there_as_a_whole_or_not_at_all() {
        assert!(stands_in("SALDO FT. 2026/12.", "2026/12"));
        assert!(!stands_in("SALDO FT. 2026/123", "2026/12"));
        assert!(!stands_in("SALDO 12026/12", "2026/12"));
        assert!(!stands_in("FT 45/2026 DEL 3/12/2026", "12/2026"));
        assert!(!stands_in("FT 12/2026-1", "12/2026"));
        assert!(stands_in("FT.12/2026 - 100 EURO", "12/2026"));
    }

    #[test]
    fn days_months_words_and_short_numbers_name_no_invoice_beyond_doubt() {
        assert_eq!(without_days("FT 45/2026 DEL 3/12/2026, E 03.12.26 2026-12-03"), "FT 45/2026 DEL   E   ");
        assert!(["2026/0101", "145/2026", "A12345"].into_iter().all(is_telling));
        assert!(!["12/2026", "2026-01", "BONIFICO", "A1", "1/26"].into_iter().any(is_telling));
        let named = [key("2026/0101")];
        assert!(!has_other_number("ACCONTO FT.2026/0101 DEL 3/12/2026", &named));
        assert!(has_other_number("ACCONTO 2026/0101 E 45/2026", &named));
    }

    #[test]
    fn a_number_is_of_a_document_behind_a_word_for_one_or_where_there_are_no_words() {
        let is_one = |text: &str, number: &str| {
            let runs: Vec<&str> = text.split(' ').collect();
            is_document(&runs, runs.iter().position(|run| *run == number).unwrap())
        };
        let said = [("SALDO FT N 78", "78"), ("FATTURE 77 E 78", "78"), ("77 78", "78"), ("INVOICE NO 78", "78")];
        assert!(said.into_iter().all(|(text, number)| is_one(text, number)));
        let unsaid = [("AFFITTO VIA ROMA N 78", "78"), ("PAGAMENTO DEL 12", "12"), ("FATTURA DEL 12", "12")];
        assert!(!unsaid.into_iter().any(|(text, number)| is_one(text, number)));
    }

    #[test]
    fn a_name_is_the_same_whoever_writes_it() {
        assert_eq!(folded("Perché & Figli S.r.l."), folded("PERCHE FIGLI SRL"));
        assert_ne!(folded("Rossi Luca"), folded("Rossi Lucia"));
    }
}
