//! Where lines break.

use super::face::Face;

/// Breaks a printable text into lines that are no wider than `width` points: between words, and inside a word only where it
/// alone is wider. There is at least one line.
pub(super) fn lines(face: &Face, text: &str, size: f32, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0.0);
    let blank = face.width(" ", size);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let needs = face.width(word, size);
        let gap = if line.is_empty() { 0.0 } else { blank };
        if used + gap + needs <= width {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            used += gap + needs;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        (line, used) = (String::new(), 0.0);
        for c in word.chars() {
            let step = face.width(c.encode_utf8(&mut [0; 4]), size);
            if used + step > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push(c);
            used += step;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// At most so many lines; the last one ends in an ellipsis when there were more.
pub(super) fn cut(mut lines: Vec<String>, most: usize) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.pop();
            last.push('…');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{cut, lines};
    use crate::paper::face::{Faces, Weight};

    #[test]
    fn no_line_is_wider_than_its_place_and_nothing_is_lost() {
        let faces = Faces::load().unwrap();
        let face = faces.of(Weight::Regular);
        let text = format!("Fornitura di carta per la stampa {} fine", "x".repeat(300));
        let broken = lines(face, &text, 9.0, 120.0);
        assert!(broken.iter().all(|line| face.width(line, 9.0) <= 120.0));
        let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
        assert_eq!(letters(&broken.concat()), letters(&text));
        assert_eq!(cut(broken, 2).len(), 2);
        assert_eq!(lines(face, "", 9.0, 120.0), [""]);
    }
}
