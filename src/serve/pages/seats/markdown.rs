//! The little of Markdown that cards are written in, as pieces that a template can write: headings, paragraphs, lists, tables and
//! code; what is strong, stressed or code within a line. Anything else is text, and nothing of it is ever markup of a page.

/// Blocks of a card that are shown: a card is read by a person.
const MAX_BLOCKS: usize = 2_000;
/// The heading that stands above a card on the page; the card's own begin below it.
const ABOVE: u8 = 2;
/// Headings end here.
const DEEPEST: u8 = 6;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Span {
    Plain(String),
    Strong(String),
    Stressed(String),
    Code(String),
}

/// A line, or lines that flow together.
pub(super) type Line = Vec<Span>;

/// A piece of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// How deep, from 3 on, without leaps; and what it says.
    Heading(u8, Line),
    Paragraph(Line),
    List(Vec<Line>),
    Table(Vec<Line>, Vec<Vec<Line>>),
    Code(String),
}

/// A mark within a line, and what it makes of what it encloses.
type Mark = (&'static str, fn(String) -> Span);

/// The marks, the longer of two that begin alike first.
const MARKS: [Mark; 3] = [("`", Span::Code), ("**", Span::Strong), ("*", Span::Stressed)];

/// What a mark at the beginning encloses, and the rest behind it.
fn enclosed(text: &str) -> Option<(Span, &str)> {
    MARKS.iter().find_map(|(mark, make)| {
        let (inside, rest) = text.strip_prefix(mark)?.split_once(mark)?;
        let is_stuck = !inside.starts_with(char::is_whitespace) && !inside.ends_with(char::is_whitespace);
        (!inside.is_empty() && (is_stuck || *mark == "`")).then(|| (make(inside.to_owned()), rest))
    })
}

fn line(text: &str) -> Line {
    let (mut spans, mut plain, mut rest) = (Vec::new(), String::new(), text.trim());
    while let Some(first) = rest.chars().next() {
        let Some((span, after)) = enclosed(rest) else {
            plain.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        };
        if !plain.is_empty() {
            spans.push(Span::Plain(std::mem::take(&mut plain)));
        }
        spans.push(span);
        rest = after;
    }
    if !plain.is_empty() {
        spans.push(Span::Plain(plain));
    }
    spans
}

/// What an item of a list says, behind its mark.
fn item(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let numbered = || {
        let (number, rest) = text.split_once(". ")?;
        (!number.is_empty() && number.len() < 4 && number.bytes().all(|b| b.is_ascii_digit())).then_some(rest)
    };
    text.strip_prefix("- ").or_else(|| text.strip_prefix("* ")).or_else(numbered)
}

fn heading(text: &str) -> Option<(u8, &str)> {
    let depth = text.bytes().take_while(|b| *b == b'#').count();
    let said = text.get(depth..)?.strip_prefix(' ')?;
    Some((u8::try_from(depth).ok().filter(|depth| (1..=DEEPEST).contains(depth))?, said))
}

fn cells(text: &str) -> Vec<Line> {
    let inside = text.trim().trim_start_matches('|');
    let inside = inside.strip_suffix('|').unwrap_or(inside);
    // A bar that is part of a cell is written `\|`.
    inside.replace("\\|", "\u{0}").split('|').map(|cell| line(&cell.replace('\u{0}', "|"))).collect()
}

/// Whether this is the rule under the head of a table.
fn is_rule(text: &str) -> bool {
    text.contains('-') && text.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

fn table(rows: &[&str]) -> Block {
    let told = rows.iter().enumerate().filter(|(place, row)| *place != 1 || !is_rule(row));
    let mut rows = told.map(|(_, row)| cells(row));
    Block::Table(rows.next().unwrap_or_default(), rows.collect())
}

/// What lines mean that no blank one parts.
fn lines_of_text(lines: &[&str]) -> Block {
    if lines.first().is_none_or(|first| item(first).is_none()) {
        return Block::Paragraph(line(&lines.join(" ")));
    }
    let mut items: Vec<String> = Vec::new();
    for text in lines {
        match (item(text), items.last_mut()) {
            (None, Some(open)) => {
                open.push(' ');
                open.push_str(text.trim());
            }
            (Some(said), _) => items.push(said.to_owned()),
            (None, None) => {}
        }
    }
    Block::List(items.iter().map(|item| line(item)).collect())
}

/// The pieces of a card.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let (mut blocks, mut at, mut above) = (Vec::new(), 0, ABOVE);
    while let Some(first) = lines.get(at).filter(|_| blocks.len() < MAX_BLOCKS) {
        let rest = lines.get(at..).unwrap_or_default();
        let run = |goes_on: &dyn Fn(&str) -> bool| rest.iter().take_while(|text| goes_on(text)).count();
        let n = if first.trim().is_empty() {
            1
        } else if first.starts_with("```") {
            let inside = rest.iter().skip(1).take_while(|text| !text.starts_with("```")).copied().collect::<Vec<_>>();
            blocks.push(Block::Code(inside.join("\n")));
            inside.len() + 2
        } else if let Some((depth, said)) = heading(first) {
            // A heading that leaps a level stands one below the one before, so that they are in order.
            above = (ABOVE + depth).min(above + 1).min(DEEPEST);
            blocks.push(Block::Heading(above, line(said)));
            1
        } else if first.starts_with('|') {
            let n = run(&|text| text.starts_with('|'));
            blocks.push(table(rest.get(..n).unwrap_or_default()));
            n
        } else {
            let is_text = |text: &str| {
                !text.trim().is_empty() && !text.starts_with('|') && !text.starts_with("```") && heading(text).is_none()
            };
            let all = run(&is_text);
            // A list may follow its lead without a blank line.
            let begun = rest.iter().take(all).skip(1).take_while(|text| item(text).is_none()).count() + 1;
            let n = if item(first).is_some() { all } else { begun.min(all) };
            blocks.push(lines_of_text(rest.get(..n).unwrap_or_default()));
            n
        };
        at += n.max(1);
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::{Block, Span, blocks};

    fn plain(text: &str) -> Vec<Span> {
        vec![Span::Plain(text.to_owned())]
    }

    #[test]
    fn a_card_is_told_in_headings_paragraphs_lists_and_tables() {
        let text = "# own\nA *card* of `x|y`,\n2 * 3 rows.\n\n### Deep\nLead:\n- **One**\n  goes on\n- two\n\n| a | b |\n|---|--:|\n| 1 \\| 2 | 3 |\n";
        let found = blocks(text);
        assert_eq!(found[0], Block::Heading(3, plain("own")));
        let Block::Paragraph(said) = &found[1] else { panic!("{found:?}") };
        assert_eq!((&said[1], &said[3]), (&Span::Stressed("card".into()), &Span::Code("x|y".into())));
        assert_eq!(said[4], Span::Plain(", 2 * 3 rows.".into()));
        assert_eq!((&found[2], &found[3]), (&Block::Heading(4, plain("Deep")), &Block::Paragraph(plain("Lead:"))));
        let one = vec![Span::Strong("One".into()), Span::Plain(" goes on".into())];
        assert_eq!(found[4], Block::List(vec![one, plain("two")]));
        let head = vec![plain("a"), plain("b")];
        assert_eq!(found[5], Block::Table(head, vec![vec![plain("1 | 2"), plain("3")]]));
        assert_eq!(found.len(), 6);
    }

    #[test]
    fn what_is_no_markdown_is_text() {
        assert_eq!(
            blocks("<script>alert(1)</script> **open"),
            [Block::Paragraph(plain("<script>alert(1)</script> **open"))]
        );
        assert_eq!(blocks("```\n# no heading"), [Block::Code("# no heading".into())]);
        assert!(blocks(" \n\n").is_empty());
    }
}
