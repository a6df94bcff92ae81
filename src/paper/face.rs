//! The two fonts: what is in them, and how wide it is.

use std::collections::HashMap;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
};

use super::Error;

/// Open Sans, under the Apache License 2.0; see `fonts/LICENCE`.
const REGULAR: &[u8] = include_bytes!("fonts/OpenSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("fonts/OpenSans-Semibold.ttf");

/// Stands for a sign that the fonts do not have.
pub(super) const REPLACEMENT: char = '\u{FFFD}';

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Running text.
    Regular,
    /// What stands out.
    Bold,
}

/// A font that can be measured and drawn with.
pub(super) struct Face {
    pub(super) font: Font,
    /// Glyph and advance, in ems, of every character in it.
    glyphs: HashMap<char, (u32, f32)>,
}

/// Both fonts.
pub(super) struct Faces {
    regular: Face,
    bold: Face,
}

impl Faces {
    pub(super) fn load() -> Result<Self, Error> {
        Ok(Self { regular: Face::load(REGULAR, "Open Sans")?, bold: Face::load(BOLD, "Open Sans Semibold")? })
    }

    pub(super) fn of(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// A text as it can be printed: line breaks and tabs are blanks, marks that are not seen are gone (they would turn the rest
    /// of a line around, or hide a part of it), and what the fonts lack is replaced by one sign.
    pub(super) fn printable(&self, text: &str) -> String {
        let mut printable = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                _ if is_unseen(c) => {}
                // What must not break stays together.
                '\u{A0}' if self.regular.glyphs.contains_key(&'\u{A0}') => printable.push('\u{A0}'),
                c if c.is_whitespace() || c.is_control() => printable.push(' '),
                c if self.regular.glyphs.contains_key(&c) && self.bold.glyphs.contains_key(&c) => printable.push(c),
                _ => printable.push(REPLACEMENT),
            }
        }
        printable
    }
}

/// Marks without a shape of their own: directions, joiners, soft hyphens, variation selectors.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether a character is of the area that each font fills as it likes: no reader could say what it means.
fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..)
}

impl Face {
    fn load(bytes: &'static [u8], name: &'static str) -> Result<Self, Error> {
        let font = Font::new(bytes.into(), 0).ok_or(Error::Font(name))?;
        let metrics_of = FontRef::new(bytes).map_err(|_| Error::Font(name))?;
        let advances = metrics_of.glyph_metrics(Size::new(1.0), LocationRef::default());
        let mappings = metrics_of.charmap().mappings();
        let known = mappings.filter_map(|(code, glyph)| Some((char::from_u32(code)?, glyph)));
        let glyphs = known
            .filter(|(c, glyph)| glyph.to_u32() != 0 && !is_private(*c))
            .map(|(c, glyph)| (c, (glyph.to_u32(), advances.advance_width(glyph).unwrap_or_default())))
            .collect();
        Ok(Self { font, glyphs })
    }

    fn glyph(&self, c: char) -> (u32, f32) {
        // Texts come through `printable`, so that only the replacement sign itself could be missing.
        self.glyphs.get(&c).or_else(|| self.glyphs.get(&'?')).copied().unwrap_or_default()
    }

    /// How wide a text is at a size, points.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.glyph(c).1).sum::<f32>() * size
    }

    /// The glyphs of a text, each with the bytes that it stands for.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let of = |(at, c): (usize, char)| {
            let (glyph, advance) = self.glyph(c);
            KrillaGlyph::new(GlyphId::new(glyph), advance, 0.0, 0.0, 0.0, at..at + c.len_utf8(), None)
        };
        text.char_indices().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Faces, REPLACEMENT, Weight};

    #[test]
    fn both_fonts_have_what_italian_needs() {
        let faces = Faces::load().unwrap();
        for c in "àèéìòùÀÈÉÌÒÙ€§°–—…·«»’“”½ßøœŁžЖΩ\u{A0}\u{FFFD}".chars() {
            for weight in [Weight::Regular, Weight::Bold] {
                assert!(faces.of(weight).glyphs.contains_key(&c), "{c}");
            }
        }
    }

    #[test]
    fn what_cannot_be_printed_is_seen_and_what_hides_is_gone() {
        let faces = Faces::load().unwrap();
        assert_eq!(faces.printable("a\u{202E}b\tc\u{200B}d\n"), "ab cd ");
        assert_eq!(faces.printable("Bar 🍕"), format!("Bar {REPLACEMENT}"));
    }
}
