//! Each kind of block, placed.

use std::num::NonZeroU16;

use super::{
    Block, Paper, chart,
    face::Faces,
    flow::{
        ACCENT, BODY, Entry, Flow, HEADING, MARGIN, Mark, PAGE, Page, Placed, RULE, SHADE, SMALL, STRONG, SUBHEADING,
        TITLE, WIDTH,
    },
    table,
    tree::{Kind, NodeId, Tree},
    wrap,
};

/// How wide the labels of facts are, points.
const LABELS: f32 = 138.0;
/// Inside of a box, points.
const INSET: f32 = 9.0;
/// How far the lines of an entry stand in, points.
const ENTRY_INSET: f32 = 10.0;
/// Room that a heading keeps for what follows it, points.
const KEEP: f32 = 46.0;

/// Pages as they will be drawn.
pub(super) struct Laid {
    pub(super) pages: Vec<Page>,
    pub(super) headings: Vec<Placed>,
    pub(super) tree: Tree,
    pub(super) is_cut: bool,
}

/// A line of the contents, whose page is not known yet.
struct Pending {
    page: usize,
    y: f32,
    node: NodeId,
    heading: usize,
}

/// Places every block.
pub(super) fn lay(paper: &Paper, faces: &Faces) -> Laid {
    let mut flow = Flow::new(faces, paper.max_pages.max(1));
    let mut pending = Vec::new();
    for block in &paper.blocks {
        if flow.is_cut {
            break;
        }
        match block {
            Block::Contents(title) => pending = contents(&mut flow, paper, title),
            other => place(&mut flow, other),
        }
    }
    let is_cut = std::mem::take(&mut flow.is_cut);
    fill_contents(&mut flow, &pending);
    if is_cut {
        flow.last_page();
        notice(&mut flow, &paper.when_cut);
    }
    let Flow { pages, headings, tree, .. } = flow;
    Laid { pages, headings, tree, is_cut }
}

fn place(flow: &mut Flow<'_>, block: &Block) {
    match block {
        Block::Title(text, below) => title(flow, text, below),
        Block::Heading(text) => heading(flow, text),
        Block::Subheading(text) => {
            flow.skip(8.0);
            flow.needs(SUBHEADING.leading + KEEP);
            let node = flow.node(Kind::Heading(level(3), text.clone()));
            flow.paragraph(text, SUBHEADING, (MARGIN, WIDTH), node);
            flow.y += 2.0;
        }
        Block::Text(text) => {
            let node = flow.node(Kind::Paragraph);
            flow.paragraph(text, BODY, (MARGIN, WIDTH), node);
            flow.y += 5.0;
        }
        Block::Note(text) => {
            let node = flow.node(Kind::Paragraph);
            flow.paragraph(text, SMALL, (MARGIN, WIDTH), node);
            flow.y += 4.0;
        }
        Block::Notice(text) => notice(flow, text),
        Block::Facts(facts) => {
            for fact in facts {
                pair(flow, fact);
            }
            flow.y += 4.0;
        }
        Block::Entry(head, lines) => {
            flow.needs(STRONG.leading + SMALL.leading);
            let node = flow.node(Kind::Paragraph);
            flow.paragraph(head, STRONG, (MARGIN, WIDTH), node);
            for line in lines {
                let node = flow.node(Kind::Paragraph);
                flow.paragraph(line, SMALL, (MARGIN + ENTRY_INSET, WIDTH - ENTRY_INSET), node);
            }
            flow.y += 5.0;
        }
        Block::Table(table) => {
            table::place(flow, table);
            flow.y += 5.0;
        }
        Block::Chart(chart) => chart::place(flow, chart),
        Block::NewPage => flow.break_page(),
        Block::Contents(_) => {}
    }
}

/// Levels are constants above zero.
fn level(level: u16) -> NonZeroU16 {
    NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN)
}

fn title(flow: &mut Flow<'_>, text: &str, below: &str) {
    let node = flow.node(Kind::Heading(level(1), text.to_owned()));
    flow.paragraph(text, TITLE, (MARGIN, WIDTH), node);
    let node = flow.node(Kind::Paragraph);
    flow.paragraph(below, SMALL, (MARGIN, WIDTH), node);
    flow.y += 5.0;
    flow.rule(flow.y, ACCENT, 1.4);
    flow.y += 12.0;
}

fn heading(flow: &mut Flow<'_>, text: &str) {
    flow.skip(16.0);
    flow.needs(HEADING.leading + KEEP);
    if flow.is_cut {
        return;
    }
    let placed = Placed { text: text.to_owned(), page: flow.pages.len() - 1, y: flow.y };
    flow.headings.push(placed);
    let node = flow.node(Kind::Heading(level(2), text.to_owned()));
    flow.paragraph(text, HEADING, (MARGIN, WIDTH), node);
    flow.y += 2.0;
    flow.rule(flow.y, RULE, 0.8);
    flow.y += 7.0;
}

/// A label and what belongs to it.
fn pair(flow: &mut Flow<'_>, (label, value): &(String, String)) {
    let label = flow.faces.printable(label);
    let label = wrap::cut(wrap::lines(flow.face(STRONG), &label, STRONG.size, LABELS - 8.0), 1).concat();
    flow.needs(BODY.leading);
    let node = flow.node(Kind::Paragraph);
    flow.line((MARGIN, flow.y), label, STRONG, Some(node));
    flow.paragraph(value, BODY, (MARGIN + LABELS, WIDTH - LABELS), node);
    flow.y += 2.6;
}

fn notice(flow: &mut Flow<'_>, text: &str) {
    let printable = flow.faces.printable(text);
    let lines = wrap::lines(flow.face(BODY), &printable, BODY.size, WIDTH - 2.0 * INSET - 3.0);
    #[expect(clippy::cast_precision_loss, reason = "the lines of a paragraph")]
    let height = lines.len() as f32 * BODY.leading + INSET;
    flow.skip(3.0);
    flow.needs(height);
    let top = flow.y;
    flow.put(Mark::Fill { x: MARGIN, y: top, width: WIDTH, height, colour: SHADE }, None);
    flow.put(Mark::Fill { x: MARGIN, y: top, width: 3.0, height, colour: ACCENT }, None);
    flow.y += INSET / 2.0;
    let node = flow.node(Kind::Paragraph);
    flow.paragraph(text, BODY, (MARGIN + INSET + 3.0, WIDTH - 2.0 * INSET - 3.0), node);
    flow.y = flow.y.max(top) + INSET / 2.0 + 6.0;
}

/// Keeps a line for every heading to come.
fn contents(flow: &mut Flow<'_>, paper: &Paper, title: &str) -> Vec<Pending> {
    place(flow, &Block::Subheading(title.to_owned()));
    let node = flow.node(Kind::Contents);
    let n_headings = paper.blocks.iter().filter(|block| matches!(block, Block::Heading(_))).count();
    let mut pending = Vec::with_capacity(n_headings);
    for heading in 0..n_headings {
        flow.needs(BODY.leading);
        let item = flow.tree.add(Kind::ContentsItem, Some(node));
        let node = flow.tree.add(Kind::Link, Some(item));
        pending.push(Pending { page: flow.pages.len() - 1, y: flow.y, node, heading });
        flow.y += BODY.leading;
    }
    flow.y += 6.0;
    pending
}

/// Writes the contents, now that every heading has its page; one that was cut off has none.
fn fill_contents(flow: &mut Flow<'_>, pending: &[Pending]) {
    for line in pending {
        let Some(placed) = flow.headings.get(line.heading).cloned() else { continue };
        let number = (placed.page + 1).to_string();
        let wide = flow.face(BODY).width(&number, BODY.size);
        let text = flow.faces.printable(&placed.text);
        let text = wrap::cut(wrap::lines(flow.face(BODY), &text, BODY.size, WIDTH - 40.0), 1).concat();
        let end = MARGIN + flow.face(BODY).width(&text, BODY.size) + 6.0;
        let base = line.y + BODY.leading - 3.6;
        let last = flow.pages.len() - 1;
        // Marks go to the last page of the flow; these belong to an earlier one.
        let from = flow.pages[last].items.len();
        flow.line((MARGIN, line.y), text, BODY, Some(line.node));
        flow.line((PAGE.0 - MARGIN - wide, line.y), number, BODY, Some(line.node));
        let dots = vec![(end, base), (PAGE.0 - MARGIN - wide - 6.0, base)];
        flow.put(Mark::Stroke { points: dots, width: 0.4, colour: RULE }, None);
        let items = flow.pages[last].items.split_off(from);
        let page = &mut flow.pages[line.page];
        page.items.extend(items);
        let area = (MARGIN, line.y, PAGE.0 - MARGIN, line.y + BODY.leading);
        page.entries.push(Entry { heading: line.heading, node: line.node, area });
    }
}
