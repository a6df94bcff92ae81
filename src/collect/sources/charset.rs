//! Which characters the bytes are: what was declared is often not what was sent.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How far into the bytes a declaration is looked for.
const DECLARATION_BYTES: usize = 300;

/// The text, and the encoding it was read in. A byte order mark wins; then valid UTF-8, for no other encoding looks
/// like it by chance; then what is declared in the text or in the header; then windows-1252.
pub(super) fn decode(bytes: &[u8], content_type: &str) -> (String, &'static Encoding) {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let body = bytes.get(length..).unwrap_or_default();
        return (encoding.decode_without_bom_handling(body).0.into_owned(), encoding);
    }
    let declared = declared(bytes).or_else(|| header_charset(content_type));
    let is_wide = declared.is_some_and(|encoding| !encoding.is_ascii_compatible());
    if !is_wide && let Ok(text) = std::str::from_utf8(bytes) {
        return (text.to_owned(), UTF_8);
    }
    let encoding = match declared {
        Some(encoding) if encoding != UTF_8 => encoding,
        _ if is_mostly_utf8(bytes) => UTF_8,
        _ => WINDOWS_1252,
    };
    (encoding.decode_without_bom_handling(bytes).0.into_owned(), encoding)
}

/// Damaged or cut UTF-8 is still UTF-8: more of its special characters are whole than broken.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (text, _) = UTF_8.decode_without_bom_handling(bytes);
    let broken = text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
    let whole = text.chars().filter(|c| !c.is_ascii() && *c != char::REPLACEMENT_CHARACTER).count();
    whole > broken
}

/// `<?xml … encoding="…"?>`, or `<meta charset="…">` of a page.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..DECLARATION_BYTES).unwrap_or(bytes)).to_ascii_lowercase();
    let after = |mark: &str| head.split_once(mark).map(|(_, rest)| rest.to_owned());
    let rest = after("encoding=").filter(|_| head.contains("<?xml")).or_else(|| after("charset="))?;
    label(&rest)
}

fn header_charset(content_type: &str) -> Option<&'static Encoding> {
    label(content_type.split_once("charset=")?.1)
}

fn label(text: &str) -> Option<&'static Encoding> {
    let text = text.trim_start_matches(['"', '\'']);
    let label: String = text.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    Encoding::for_label(label.as_bytes())
}
