//! Finding a person in bytes, and cutting its rows out of the tables that clients and ledgers came in. Values in, values
//! out.

use std::borrow::Cow;

use aho_corasick::AhoCorasick;
use encoding_rs::{Encoding, WINDOWS_1252};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde_json::Value;

/// A text shorter than this is found in too much that speaks of somebody else.
pub(super) const MIN_TEXT_CHARS: usize = 5;

/// A number as long as this is found wherever it stands, behind a country's letters or within a longer one of the same
/// company; anything else only as words of its own, for "Via Roma 1" is not "Via Roma 12".
const LONG_NUMBER_CHARS: usize = 9;

/// How much beside a text says whether it ends there: one letter of four bytes, percent-encoded.
const BESIDE_BYTES: usize = 12;

/// The creditor's code in the tables of its clients and invoices.
const CODE_COLUMN: &str = "client";

/// A quoted field longer than this was never closed: its row ends with its line.
const MAX_QUOTED_BYTES: usize = 64 * 1024;

/// What a table's fields may be separated by.
const DELIMITERS: &[u8] = b",;\t|";

/// What a person is known by.
#[derive(Debug)]
pub(super) struct Names {
    texts: Option<AhoCorasick>,
    /// Of each pattern, whether it counts within a longer word.
    are_long_numbers: Vec<bool>,
    /// The creditor's own code: too short to be looked for anywhere but in a field of its own.
    code: Option<String>,
}

impl Names {
    /// Texts that name the person wherever they stand, in any case and in the encodings that registers use; and the code.
    pub(super) fn new(texts: &[String], code: Option<&str>) -> Self {
        let mut patterns: Vec<(Vec<u8>, bool)> = Vec::new();
        for text in texts.iter().map(|t| t.trim()).filter(|t| t.chars().count() >= MIN_TEXT_CHARS) {
            let is_number = is_long_number(text);
            for cased in [text.to_owned(), text.to_lowercase(), text.to_uppercase()] {
                let escaped = utf8_percent_encode(&cased, NON_ALPHANUMERIC).to_string();
                let (western, _, is_lossy) = WINDOWS_1252.encode(&cased);
                if !is_lossy {
                    patterns.push((western.into_owned(), is_number));
                }
                patterns.push((escaped.replace("%20", "+").into_bytes(), is_number));
                patterns.extend([(escaped.into_bytes(), is_number), (cased.into_bytes(), is_number)]);
            }
        }
        patterns.sort();
        patterns.dedup();
        let (patterns, are_long_numbers): (Vec<_>, Vec<_>) = patterns.into_iter().unzip();
        let texts = AhoCorasick::builder().ascii_case_insensitive(true).build(patterns);
        let texts = texts.ok().filter(|found| found.patterns_len() > 0);
        Self { texts, are_long_numbers, code: code.map(str::to_owned) }
    }

    /// Whether these bytes name the person by anything but the code.
    pub(super) fn are_in(&self, bytes: &[u8]) -> bool {
        let Some(texts) = &self.texts else { return false };
        let text = readable(bytes);
        texts.find_overlapping_iter(text.as_ref()).any(|found| {
            let (head, tail) = (text.get(..found.start()), text.get(found.end()..));
            self.are_long_numbers.get(found.pattern().as_usize()).is_some_and(|is_number| *is_number)
                || !(ends_in_word(head.unwrap_or_default()) || begins_with_word(tail.unwrap_or_default()))
        })
    }

    /// Whether a piece of text or JSON names the person by anything, the code in a field of its own included.
    pub(super) fn are_in_row(&self, row: &[u8]) -> bool {
        self.are_in_row_of(row, None)
    }

    /// The same of a row of a table, of which `codes` says where the codes stand.
    fn are_in_row_of(&self, row: &[u8], codes: Option<&Codes>) -> bool {
        if self.are_in(row) {
            return true;
        }
        let Some(code) = &self.code else { return false };
        match (serde_json::from_slice::<Value>(row), codes) {
            (Ok(Value::Object(fields)), _) if fields.contains_key(CODE_COLUMN) => {
                fields.get(CODE_COLUMN).is_some_and(|field| has_leaf(field, code))
            }
            (Ok(value @ (Value::Object(_) | Value::Array(_))), _) => has_leaf(&value, code),
            (_, Some(codes)) => codes.of(row).is_some_and(|field| field.trim_ascii() == code.as_bytes()),
            _ => row.split(|b| DELIMITERS.contains(b)).any(|field| is_field(field, code)),
        }
    }

    /// The table without the person's rows; none when nothing of it speaks of the person. What is left of a document that
    /// is no table, and does, is nothing.
    pub(super) fn cut_out(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let text = readable(bytes);
        match serde_json::from_slice::<Value>(&text) {
            Ok(Value::Array(items)) => {
                let n = items.len();
                let is_other = |item: &Value| serde_json::to_vec(item).is_ok_and(|row| !self.are_in_row(&row));
                let others: Vec<Value> = items.into_iter().filter(is_other).collect();
                (others.len() < n).then(|| serde_json::to_vec(&others).unwrap_or_default())
            }
            Ok(Value::Object(_)) => self.are_in_row(&text).then(Vec::new),
            // An electronic invoice is about one client: its lines mean nothing without each other.
            Err(_) if text.trim_ascii_start().starts_with(b"<") => self.are_in(&text).then(Vec::new),
            _ => {
                let rows = rows(&text);
                let n = rows.len();
                let codes = rows.first().and_then(|heading| Codes::under(heading));
                let is_other = |row: &&[u8]| !self.are_in_row_of(row, codes.as_ref());
                let others: Vec<&[u8]> = rows.into_iter().filter(is_other).collect();
                (others.len() < n).then(|| others.concat())
            }
        }
    }
}

/// Where a table has the creditor's codes.
struct Codes {
    delimiter: u8,
    column: usize,
}

impl Codes {
    /// Under a heading in our words. Whoever has other words for it has the code looked for in every field.
    fn under(heading: &[u8]) -> Option<Self> {
        let heading = heading.strip_prefix(b"\xef\xbb\xbf").unwrap_or(heading);
        let count = |delimiter: u8| heading.iter().filter(|b| **b == delimiter).count();
        let delimiter = DELIMITERS.iter().copied().max_by_key(|delimiter| count(*delimiter))?;
        let is_code = |field: &[u8]| field.trim_ascii().eq_ignore_ascii_case(CODE_COLUMN.as_bytes());
        let column = fields(heading, delimiter)?.iter().position(is_code)?;
        Some(Self { delimiter, column })
    }

    /// The code of a row.
    fn of(&self, row: &[u8]) -> Option<Vec<u8>> {
        fields(row, self.delimiter)?.get(self.column).map(<[u8]>::to_vec)
    }
}

fn fields(row: &[u8], delimiter: u8) -> Option<csv::ByteRecord> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(row);
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).ok().filter(|has_record| *has_record).map(|_| record)
}

fn is_long_number(text: &str) -> bool {
    text.len() >= LONG_NUMBER_CHARS
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && text.bytes().filter(u8::is_ascii_digit).count() >= MIN_TEXT_CHARS
}

/// Whether a letter or a digit stands right before a text. A line end that JSON writes as two characters is none.
fn ends_in_word(head: &[u8]) -> bool {
    if let [.., b'\\', b'n' | b'r' | b't'] = head {
        return false;
    }
    let near = head.get(head.len().saturating_sub(BESIDE_BYTES)..).unwrap_or_default();
    let bytes: Vec<u8> = percent_decode(near).collect();
    let last = bytes.get(bytes.len().saturating_sub(4)..).unwrap_or_default();
    let letter = match String::from_utf8_lossy(last).chars().next_back() {
        Some(char::REPLACEMENT_CHARACTER) => western(last.last()),
        letter => letter,
    };
    letter.is_some_and(char::is_alphanumeric)
}

/// Whether a letter or a digit stands right behind a text.
fn begins_with_word(tail: &[u8]) -> bool {
    let near = tail.get(..BESIDE_BYTES.min(tail.len())).unwrap_or_default();
    let bytes: Vec<u8> = percent_decode(near).collect();
    let letter = match String::from_utf8_lossy(&bytes).chars().next() {
        Some(char::REPLACEMENT_CHARACTER) => western(bytes.first()),
        letter => letter,
    };
    letter.is_some_and(char::is_alphanumeric)
}

fn western(byte: Option<&u8>) -> Option<char> {
    WINDOWS_1252.decode_without_bom_handling(&[*byte?]).0.chars().next()
}

/// UTF-16 as UTF-8; anything else as it is.
fn readable(bytes: &[u8]) -> Cow<'_, [u8]> {
    match Encoding::for_bom(bytes) {
        Some((encoding, _)) if encoding != encoding_rs::UTF_8 => {
            let (text, _) = encoding.decode_with_bom_removal(bytes);
            Cow::Owned(text.into_owned().into_bytes())
        }
        _ => Cow::Borrowed(bytes),
    }
}

fn has_leaf(value: &Value, text: &str) -> bool {
    match value {
        Value::String(leaf) => leaf.trim() == text,
        Value::Array(items) => items.iter().any(|item| has_leaf(item, text)),
        Value::Object(fields) => fields.values().any(|field| has_leaf(field, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_field(field: &[u8], text: &str) -> bool {
    let field = field.trim_ascii();
    let bare = field.strip_prefix(b"\"").and_then(|f| f.strip_suffix(b"\"")).unwrap_or(field);
    bare.trim_ascii() == text.as_bytes()
}

/// The rows of a table, each with its line end; a quoted field may hold line ends of its own.
fn rows(bytes: &[u8]) -> Vec<&[u8]> {
    let mut rows = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (row, behind) = rest.split_at(end_of_row(rest));
        rows.push(row);
        rest = behind;
    }
    rows
}

fn end_of_row(bytes: &[u8]) -> usize {
    let mut at = 0;
    let mut opens = true;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' if opens => match end_of_quoted(bytes, at + 1) {
                Some(end) => at = end,
                None => at += 1,
            },
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => return at + 2,
            b'\r' | b'\n' => return at + 1,
            _ => at += 1,
        }
        opens = at > 0 && bytes.get(at - 1).is_some_and(|b| DELIMITERS.contains(b));
    }
    bytes.len()
}

/// The place behind the closing quote; none when there is none near.
fn end_of_quoted(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at < bytes.len().min(from + MAX_QUOTED_BYTES) {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'"'), Some(b'"')) => at += 2,
            (Some(b'"'), _) => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Names;

    fn names() -> Names {
        Names::new(&["Nicolò Perseghin".to_owned(), "PRSNCL70A01L219X".to_owned()], Some("C-7"))
    }

    #[test]
    fn only_the_rows_of_the_person_are_cut_out_of_a_table() {
        let table = b"client,name,note\r\nC-7,x,\"two\r\nlines\"\r\nC-71,Officine C-7 bis,\"C-7 pays\"\nC-8,nicol\xf2 PERSEGHIN,\n";
        let left = names().cut_out(table).unwrap();
        assert_eq!(left, b"client,name,note\r\nC-71,Officine C-7 bis,\"C-7 pays\"\n");
        assert_eq!(names().cut_out(&left), None);
    }

    #[test]
    fn a_code_is_looked_for_in_the_column_of_codes_alone() {
        let short = Names::new(&[], Some("1"));
        let table = b"client;name;days\n1;Roverella;7\n2;\"Sette; Ponti\";1\n";
        assert_eq!(short.cut_out(table).unwrap(), b"client;name;days\n2;\"Sette; Ponti\";1\n");
        let array = br#"[{"client":"1","invoice":"2"},{"client":"2","invoice":"1"}]"#;
        assert_eq!(short.cut_out(array).unwrap(), br#"[{"client":"2","invoice":"1"}]"#);
    }

    #[test]
    fn a_longer_word_is_somebody_else_and_a_long_number_is_nobody_else() {
        let names = Names::new(&["Conti".to_owned(), "via Roma 1".to_owned(), "00743110157".to_owned()], None);
        for other in ["la vicenda continua", "Via Roma 12", "Contin\u{e8}", "via%20Roma%201%C3%A0", "diConti"] {
            assert!(!names.are_in(other.as_bytes()), "{other}");
        }
        let same = [
            "di Conti.",
            "\u{ab}Conti\u{bb}",
            "\"Conti\"",
            "q=%20conti&x",
            "a\\nConti",
            "IT00743110157",
            "Via Roma 1, Savona",
        ];
        for same in same {
            assert!(names.are_in(same.as_bytes()), "{same}");
        }
    }

    #[test]
    fn items_of_a_request_and_lines_of_json_are_rows() {
        let array = br#"[{"client":"C-7","invoice":"1"},{"client":"C-8","invoice":"2"}]"#;
        assert_eq!(names().cut_out(array).unwrap(), br#"[{"client":"C-8","invoice":"2"}]"#);
        let lines = b"{\"client\":\"C-8\"}\n{\"client\":\"C-7\"}\n";
        assert_eq!(names().cut_out(lines).unwrap(), b"{\"client\":\"C-8\"}\n");
        assert_eq!(names().cut_out(br#"{"client":"C-7"}"#).unwrap(), b"");
    }

    #[test]
    fn a_person_is_found_in_any_case_in_an_address_and_in_other_encodings() {
        for text in ["<b>NICOLÒ PERSEGHIN</b>", "/search?q=Nicol%C3%B2+Perseghin", "cf=prsncl70a01l219x"] {
            assert!(names().are_in(text.as_bytes()), "{text}");
        }
        let (western, ..) = encoding_rs::WINDOWS_1252.encode("Nicolò Perseghin");
        assert!(names().are_in(&western));
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("Nicolò Perseghin".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert!(names().are_in(&utf16));
        assert!(!names().are_in(b"C-7"));
    }
}
