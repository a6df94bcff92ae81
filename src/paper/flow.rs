//! Pages that fill from top to bottom, and what is to be drawn on each.

use super::{
    face::{Face, Faces, Weight},
    tree::{Kind, NodeId, Tree},
    wrap,
};

/// A4, points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
/// Left and right of the text: 20 mm.
pub(super) const MARGIN: f32 = 56.7;
/// Where text begins under the running head.
const TOP: f32 = 72.0;
/// Where it ends above the page's number.
const BOTTOM: f32 = PAGE.1 - 62.0;
/// How wide text may be.
pub(super) const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;

/// Colours as red, green, blue.
pub(super) type Colour = [u8; 3];
pub(super) const INK: Colour = [28, 33, 40];
pub(super) const GREY: Colour = [98, 108, 120];
pub(super) const ACCENT: Colour = [24, 66, 112];
pub(super) const RULE: Colour = [214, 220, 228];
pub(super) const SHADE: Colour = [238, 242, 247];

/// Letters of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) weight: Weight,
    /// Points.
    pub(super) size: f32,
    /// From one line to the next, points.
    pub(super) leading: f32,
    pub(super) colour: Colour,
}

pub(super) const TITLE: Style = Style { weight: Weight::Bold, size: 22.0, leading: 28.0, colour: ACCENT };
pub(super) const HEADING: Style = Style { weight: Weight::Bold, size: 14.0, leading: 19.0, colour: ACCENT };
pub(super) const SUBHEADING: Style = Style { weight: Weight::Bold, size: 10.5, leading: 14.5, colour: INK };
pub(super) const BODY: Style = Style { weight: Weight::Regular, size: 9.5, leading: 13.6, colour: INK };
pub(super) const STRONG: Style = Style { weight: Weight::Bold, ..BODY };
pub(super) const SMALL: Style = Style { weight: Weight::Regular, size: 8.0, leading: 11.2, colour: GREY };
pub(super) const CELL: Style = Style { weight: Weight::Regular, size: 8.0, leading: 10.8, colour: INK };
pub(super) const CELL_HEAD: Style = Style { weight: Weight::Bold, size: 7.6, leading: 10.4, colour: ACCENT };

/// What is drawn in one place of a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// A line of text; `y` is its base line.
    Text { x: f32, y: f32, text: String, style: Style },
    /// A filled box.
    Fill { x: f32, y: f32, width: f32, height: f32, colour: Colour },
    /// A line through these points.
    Stroke { points: Vec<(f32, f32)>, width: f32, colour: Colour },
}

/// A mark and what it is a piece of; none for decoration.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) mark: Mark,
    pub(super) of: Option<NodeId>,
}

/// A place that leads to a heading: an entry of the contents.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Which heading.
    pub(super) heading: usize,
    /// The node of its link.
    pub(super) node: NodeId,
    /// Left, top, right, bottom.
    pub(super) area: (f32, f32, f32, f32),
}

/// What a page holds.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) items: Vec<Item>,
    pub(super) entries: Vec<Entry>,
}

/// A heading that was placed.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) text: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

/// Pages in the making.
pub(super) struct Flow<'a> {
    pub(super) faces: &'a Faces,
    pub(super) tree: Tree,
    pub(super) pages: Vec<Page>,
    pub(super) headings: Vec<Placed>,
    /// Where the next thing goes.
    pub(super) y: f32,
    max_pages: usize,
    pub(super) is_cut: bool,
}

impl<'a> Flow<'a> {
    pub(super) fn new(faces: &'a Faces, max_pages: usize) -> Self {
        let pages = vec![Page::default()];
        Self { faces, tree: Tree::default(), pages, headings: Vec::new(), y: TOP, max_pages, is_cut: false }
    }

    pub(super) fn face(&self, style: Style) -> &Face {
        self.faces.of(style.weight)
    }

    /// A new page, unless there are as many as there may be.
    pub(super) fn break_page(&mut self) {
        if self.pages.len() >= self.max_pages {
            self.is_cut = true;
            return;
        }
        self.pages.push(Page::default());
        self.y = TOP;
    }

    /// Opens the page that says that the rest was cut.
    pub(super) fn last_page(&mut self) {
        self.pages.push(Page::default());
        self.y = TOP;
    }

    /// Makes sure that so much fits in one piece; answers whether a new page was begun for it.
    pub(super) fn needs(&mut self, height: f32) -> bool {
        if self.y + height <= BOTTOM {
            return false;
        }
        self.break_page();
        true
    }

    pub(super) fn skip(&mut self, height: f32) {
        // Nothing keeps a distance from the head of a page.
        if self.y > TOP {
            self.y += height;
        }
    }

    pub(super) fn put(&mut self, mark: Mark, of: Option<NodeId>) {
        if let Some(page) = self.pages.last_mut()
            && !self.is_cut
        {
            page.items.push(Item { mark, of });
        }
    }

    /// A line of text whose upper edge is at `y`.
    pub(super) fn line(&mut self, (x, y): (f32, f32), text: String, style: Style, of: Option<NodeId>) {
        if text.is_empty() {
            return;
        }
        // The letters stand in the middle of their leading: ascent and descent of the font are near 1.07 and 0.29 ems.
        let base = y + (style.leading - style.size) / 2.0 + style.size * 0.86;
        self.put(Mark::Text { x, y: base, text, style }, of);
    }

    /// Lines of a paragraph, one below the other, over as many pages as they need.
    pub(super) fn paragraph(&mut self, text: &str, style: Style, (x, width): (f32, f32), node: NodeId) {
        let printable = self.faces.printable(text);
        for line in wrap::lines(self.face(style), &printable, style.size, width) {
            self.needs(style.leading);
            self.line((x, self.y), line, style, Some(node));
            self.y += style.leading;
        }
    }

    pub(super) fn node(&mut self, kind: Kind) -> NodeId {
        self.tree.add(kind, None)
    }

    pub(super) fn rule(&mut self, y: f32, colour: Colour, width: f32) {
        let points = vec![(MARGIN, y), (MARGIN + WIDTH, y)];
        self.put(Mark::Stroke { points, width, colour }, None);
    }
}
