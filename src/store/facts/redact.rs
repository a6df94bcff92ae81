//! Finding a person in bytes, and cutting its rows out of the tables that clients and ledgers came in. Values in, values
//! out.

use std::borrow::Cow;

use aho_corasick::AhoCorasick;
use encoding_rs::{Encoding, WINDOWS_1252};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// A text shorter than this is found in too much that speaks of somebody else.
pub(super) const MIN_TEXT_CHARS: usize = 5;

/// A quoted field longer than this was never closed: its row ends with its line.
const MAX_QUOTED_BYTES: usize = 64 * 1024;

/// What a table's fields may be separated by.
const DELIMITERS: &[u8] = b",;\t|";

/// What a person is known by.
#[derive(Debug)]
pub(super) struct Names {
    texts: Option<AhoCorasick>,
    /// The creditor's own code: too short to be looked for anywhere but in a field of its own.
    code: Option<String>,
}

impl Names {
    /// Texts that name the person wherever they stand, in any case and in the encodings that registers use; and the code.
    pub(super) fn new(texts: &[String], code: Option<&str>) -> Self {
        let mut patterns: Vec<Vec<u8>> = Vec::new();
        for text in texts.iter().map(|t| t.trim()).filter(|t| t.chars().count() >= MIN_TEXT_CHARS) {
            for cased in [text.to_owned(), text.to_lowercase(), text.to_uppercase()] {
                let escaped = utf8_percent_encode(&cased, NON_ALPHANUMERIC).to_string();
                let (western, _, is_lossy) = WINDOWS_1252.encode(&cased);
                if !is_lossy {
                    patterns.push(western.into_owned());
                }
                patterns.push(escaped.replace("%20", "+").into_bytes());
                patterns.extend([escaped.into_bytes(), cased.into_bytes()]);
            }
        }
        patterns.sort();
        patterns.dedup();
        let texts = AhoCorasick::builder().ascii_case_insensitive(true).build(patterns);
        Self { texts: texts.ok().filter(|found| found.patterns_len() > 0), code: code.map(str::to_owned) }
    }

    /// Whether these bytes name the person by anything but the code.
    pub(super) fn are_in(&self, bytes: &[u8]) -> bool {
        let Some(texts) = &self.texts else { return false };
        texts.is_match(readable(bytes).as_ref())
    }

    /// Whether a row, or a piece of JSON, names the person by anything, the code in a field of its own included.
    pub(super) fn are_in_row(&self, row: &[u8]) -> bool {
        if self.are_in(row) {
            return true;
        }
        let Some(code) = &self.code else { return false };
        match serde_json::from_slice::<Value>(row) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => has_leaf(&value, code),
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
            _ => {
                let rows = rows(&text);
                let n = rows.len();
                let others: Vec<&[u8]> = rows.into_iter().filter(|row| !self.are_in_row(row)).collect();
                (others.len() < n).then(|| others.concat())
            }
        }
    }
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
