//! How texts of others get into pages and mails: as text, and in the order in which they were written. A name may hold marks that
//! turn the direction of everything after them, and is then read as another name; no name of a company needs one.

use std::fmt::{self, Write};

use askama::filters::{Escaper, Html, Text};

/// Marks that override, embed or isolate a direction. Those that only hint at one (U+200E, U+200F) are harmless and stay.
pub const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text without marks that turn the direction.
#[derive(Debug, Clone, Copy)]
pub struct Straight<E>(E);

/// For HTML.
pub const ESCAPED: Straight<Html> = Straight(Html);
/// For texts that are no markup.
pub const PLAIN: Straight<Text> = Straight(Text);

impl<E: Escaper> Escaper for Straight<E> {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        for part in text.split(turns_direction).filter(|part| !part.is_empty()) {
            self.0.write_escaped_str(&mut dest, part)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ESCAPED, Escaper as _};

    #[test]
    fn a_name_is_read_in_the_order_in_which_it_was_written() {
        let mut text = String::new();
        ESCAPED.write_escaped_str(&mut text, "\u{202e}gnp.exe <b>\u{202d} S.r.l. \u{2067}è\u{200f}").unwrap();
        assert_eq!(text, "gnp.exe &#60;b&#62; S.r.l. è\u{200f}");
    }
}
