//! Pages as PDF.

use jiff::{Timestamp, tz::TimeZone};
use krilla::{
    Document, SerializeSettings,
    annotation::{Annotation, LinkAnnotation, Target},
    color::rgb,
    configure::{Accessibility, Archival, ConfigurationBuilder},
    destination::{Destination, XyzDestination},
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::{Fill, FillRule, Stroke},
    surface::Surface,
    tagging::{Artifact, ArtifactType, ContentTag, SpanTag},
};

use super::{
    Error, Paper,
    blocks::Laid,
    face::Faces,
    flow::{Colour, Item, MARGIN, Mark, PAGE, Page, Placed, RULE, SMALL, Style},
};

/// Where the running head stands, and the number of the page.
const HEAD_Y: f32 = 40.0;
const FOOT_Y: f32 = PAGE.1 - 34.0;
/// A title or a head that goes on would be cut by readers, and longer strings than 32 767 bytes are against PDF/A.
const MAX_TITLE_CHARS: usize = 200;

/// Writes pages as PDF/A-2a and PDF/UA-1.
pub(super) fn pdf(paper: &Paper, faces: &Faces, laid: Laid) -> Result<Vec<u8>, Error> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|e| Error::Pdf(format!("{e:?}")))?;
    let settings = SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    let Laid { pages, headings, mut tree, .. } = laid;
    let n_pages = pages.len();
    for (place, page) in pages.iter().enumerate() {
        let size = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or_else(|| Error::Pdf("no page is so large".to_owned()))?;
        let mut sheet = document.start_page_with(size);
        let mut surface = sheet.surface();
        frame(&mut surface, paper, faces, (place, n_pages));
        for item in &page.items {
            draw(&mut surface, faces, item, &mut tree);
        }
        surface.finish();
        link(&mut sheet, page, &headings, &mut tree);
        sheet.finish();
    }
    document.set_outline(outline(&headings));
    document.set_metadata(metadata(paper, faces));
    document.set_tag_tree(tree.finish(paper.language));
    document.finish().map_err(|e| Error::Pdf(format!("{e:?}")))
}

fn metadata(paper: &Paper, faces: &Faces) -> Metadata {
    Metadata::new()
        .title(short(&faces.printable(&paper.title)))
        .language(paper.language.to_owned())
        .creator("Vedetta".to_owned())
        .producer("Vedetta".to_owned())
        .document_id(paper.id.clone())
        .creation_date(instant(paper.at))
}

#[expect(clippy::cast_sign_loss, reason = "a month, a day, an hour are above zero, and a year is set to be")]
fn instant(at: Timestamp) -> DateTime {
    let at = at.to_zoned(TimeZone::UTC);
    DateTime::new(at.year().max(0) as u16)
        .month(at.month() as u8)
        .day(at.day() as u8)
        .hour(at.hour() as u8)
        .minute(at.minute() as u8)
        .second(at.second() as u8)
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn short(text: &str) -> String {
    text.chars().take(MAX_TITLE_CHARS).collect()
}

fn outline(headings: &[Placed]) -> Outline {
    let mut outline = Outline::new();
    for placed in headings {
        outline.push_child(OutlineNode::new(placed.text.clone(), target(placed)));
    }
    outline
}

fn target(placed: &Placed) -> XyzDestination {
    XyzDestination::new(placed.page, Point::from_xy(MARGIN, placed.y))
}

/// Head and foot of a page: seen, and not read aloud.
fn frame(surface: &mut Surface<'_>, paper: &Paper, faces: &Faces, (place, n_pages): (usize, usize)) {
    let (page, of) = paper.page_words;
    let number = format!("{page} {} {of} {n_pages}", place + 1);
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)));
    let width = faces.of(SMALL.weight).width(&number, SMALL.size);
    text(surface, faces, (PAGE.0 - MARGIN - width, FOOT_Y), &number, SMALL);
    let head = short(&faces.printable(&paper.head));
    if place > 0 {
        text(surface, faces, (MARGIN, HEAD_Y), &head, SMALL);
        stroke(surface, &[(MARGIN, HEAD_Y + 6.0), (PAGE.0 - MARGIN, HEAD_Y + 6.0)], 0.5, RULE);
    }
    surface.end_tagged();
}

fn draw(surface: &mut Surface<'_>, faces: &Faces, item: &Item, tree: &mut super::tree::Tree) {
    let tag = match (&item.of, &item.mark) {
        (None, _) => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
        (Some(_), Mark::Text { .. }) => ContentTag::Span(SpanTag::empty()),
        (Some(_), _) => ContentTag::Other,
    };
    let piece = surface.start_tagged(tag);
    match &item.mark {
        Mark::Text { x, y, text: line, style } => text(surface, faces, (*x, *y), line, *style),
        Mark::Fill { x, y, width, height, colour } => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*colour)));
            let mut path = PathBuilder::new();
            if let Some(area) = Rect::from_xywh(*x, *y, *width, *height) {
                path.push_rect(area);
            }
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Stroke { points, width, colour } => stroke(surface, points, *width, *colour),
    }
    surface.end_tagged();
    if let Some(node) = item.of {
        tree.piece(node, piece);
    }
}

fn paint(colour: Colour) -> rgb::Color {
    let [red, green, blue] = colour;
    rgb::Color::new(red, green, blue)
}

fn fill(colour: Colour) -> Fill {
    Fill { paint: paint(colour).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn text(surface: &mut Surface<'_>, faces: &Faces, (x, y): (f32, f32), line: &str, style: Style) {
    let face = faces.of(style.weight);
    surface.set_stroke(None);
    surface.set_fill(Some(fill(style.colour)));
    surface.draw_glyphs(Point::from_xy(x, y), &face.glyphs(line), face.font.clone(), line, style.size, false);
}

fn stroke(surface: &mut Surface<'_>, points: &[(f32, f32)], width: f32, colour: Colour) {
    let mut path = PathBuilder::new();
    for (place, (x, y)) in points.iter().enumerate() {
        if place == 0 {
            path.move_to(*x, *y);
        } else {
            path.line_to(*x, *y);
        }
    }
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke { paint: paint(colour).into(), width, ..Stroke::default() }));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// The entries of the contents lead to their headings.
fn link(sheet: &mut krilla::page::Page<'_>, page: &Page, headings: &[Placed], tree: &mut super::tree::Tree) {
    for entry in &page.entries {
        let Some(placed) = headings.get(entry.heading) else { continue };
        let (left, top, right, bottom) = entry.area;
        let Some(area) = Rect::from_ltrb(left, top, right, bottom) else { continue };
        let leads_to = Target::Destination(Destination::Xyz(target(placed)));
        let link = Annotation::new_link(LinkAnnotation::new(area, leads_to), Some(placed.text.clone()));
        let piece = sheet.add_tagged_annotation(link);
        tree.piece_in_front(entry.node, piece);
    }
}
