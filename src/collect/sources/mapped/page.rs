//! Web pages: records and fields by selectors. Inside a record every text must be understood or ignored by name; around
//! the records stands what a page has besides, and is nobody's business.

use std::collections::HashSet;

use scraper::{ElementRef, Html, Node};

use super::{
    Found,
    mapping::{From, Mapping},
    place::Place,
    values::{Said, Values},
};
use crate::collect::{
    Answer, Misread,
    sources::{protests_html::precheck, record::Leftovers},
};

/// Elements whose text nobody reads.
const HIDDEN: [&str; 4] = ["script", "style", "template", "noscript"];

/// Reads a page, once it is safe to build a tree of it.
pub(super) fn read(mapping: &Mapping, answer: &Answer) -> Result<Found, Misread> {
    let text = precheck::html(&answer.body, &answer.content_type)?;
    let page = Html::parse_document(&text);
    let root = page.root_element();
    for (shown, place) in &mapping.expect.present {
        if element(root, place).is_none() {
            return Err(Misread::Quarantined(format!("the page has no {shown}: it is not the one that is known")));
        }
    }
    let leftovers = Leftovers::default();
    let rows: Vec<ElementRef> = mapping.item_selector().map(|css| page.select(css).collect()).unwrap_or_default();
    let records = rows.iter().enumerate().map(|(place, row)| values(mapping, *row, place + 1, &leftovers)).collect();
    let total = mapping.expect.total.as_ref().and_then(|place| text_at(root, place));
    Ok(Found {
        records,
        has_list: !rows.is_empty(),
        has_empty_mark: mapping.expect.empty_mark.as_ref().is_some_and(|(place, _)| element(root, place).is_some()),
        next: mapping.next.place().and_then(|place| text_at(root, place)),
        total: total.and_then(|text| text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()),
        leftovers: leftovers.take(),
    })
}

fn values(mapping: &Mapping, row: ElementRef, number: usize, leftovers: &Leftovers) -> Values {
    let path = format!("row {number}");
    let mut values = Values::at(path.clone());
    let mut understood = HashSet::new();
    for (name, from) in &mapping.fields {
        match from {
            From::Constant(text) => values.put(name, Said::text(text)),
            From::Place(place) => {
                let Some(found) = element(row, place) else { continue };
                values.put(name, text_of(found, place).as_deref().and_then(Said::text));
                // Of an element whose attribute is read the text is not understood by that.
                if matches!(place, Place::Element { attribute: None, .. }) {
                    understood.insert(found.id());
                }
            }
        }
    }
    for place in &mapping.ignore {
        let Place::Element { selector: Some(css), .. } = place else { continue };
        understood.extend(row.select(css).map(|element| element.id()));
    }
    rest(row, &path, |element| understood.contains(&element.id()), leftovers);
    values
}

/// Every text of a record that is in no element that was understood.
fn rest(row: ElementRef, path: &str, is_understood: impl Fn(ElementRef) -> bool, leftovers: &Leftovers) {
    for node in row.descendants() {
        let Node::Text(text) = node.value() else { continue };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let around = || node.ancestors().filter_map(ElementRef::wrap);
        let is_known = around().any(&is_understood);
        let is_hidden = around().any(|element| HIDDEN.contains(&element.value().name()));
        if text.is_empty() || is_known || is_hidden {
            continue;
        }
        let holder = around().next().map_or_else(String::new, |element| {
            let class = element.value().classes().next().map_or_else(String::new, |class| format!(".{class}"));
            format!("{}{class}", element.value().name())
        });
        leftovers.add(&format!("{path}: {holder}"), &text);
    }
}

fn element<'a>(within: ElementRef<'a>, place: &Place) -> Option<ElementRef<'a>> {
    match place {
        Place::Element { selector: None, .. } => Some(within),
        Place::Element { selector: Some(css), .. } => within.select(css).next(),
        Place::Path(_) | Place::Column(_) => None,
    }
}

fn text_at(within: ElementRef, place: &Place) -> Option<String> {
    text_of(element(within, place)?, place)
}

fn text_of(element: ElementRef, place: &Place) -> Option<String> {
    match place {
        Place::Element { attribute: Some(attribute), .. } => element.attr(attribute).map(str::to_owned),
        _ => Some(element.text().collect::<Vec<_>>().join(" ")),
    }
}
