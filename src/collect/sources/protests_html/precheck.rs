//! One pass over the bytes before a tree is built: size, nesting, attributes.

use crate::collect::{Misread, sources::charset};

/// A page of protests holds tens of rows; two mebibytes are a hundred times that.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Deeper than any page people write, far from what exhausts the stack.
const MAX_DEPTH: usize = 512;

/// Attributes in one tag.
const MAX_ATTRIBUTES: usize = 256;

/// Tags that never hold others.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// The page as text, when it is safe to build a tree of it.
pub(in crate::collect::sources) fn html(body: &[u8], content_type: &str) -> Result<String, Misread> {
    if body.len() > MAX_BYTES {
        return Err(Misread::Unreadable(format!("the page has {} bytes; at most {MAX_BYTES} are read", body.len())));
    }
    let (text, _) = charset::decode(body, content_type);
    if text.trim().is_empty() {
        return Err(Misread::Unreadable("the page is empty".to_owned()));
    }
    check_shape(&text)?;
    Ok(text)
}

fn check_shape(text: &str) -> Result<(), Misread> {
    let mut depth = 0usize;
    // The text before the first tag is no tag.
    for piece in text.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap_or_default();
        let name: String =
            tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect::<String>().to_ascii_lowercase();
        // Every attribute but a bare one has its `=`; bare ones are separated by blanks.
        let attributes = tag.split_ascii_whitespace().count().max(tag.matches('=').count() + 1) - 1;
        if attributes > MAX_ATTRIBUTES && !name.is_empty() {
            return Err(Misread::Unreadable(format!("a tag has more than {MAX_ATTRIBUTES} attributes")));
        }
        if name.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !name.is_empty() && !tag.ends_with('/') && !VOID.contains(&name.as_str()) {
            depth += 1;
        }
        if depth > MAX_DEPTH {
            return Err(Misread::Unreadable(format!("tags are nested more than {MAX_DEPTH} deep")));
        }
    }
    Ok(())
}
