//! SDMX-JSON: figures keyed by the places of their codes (`"0:3:1"`), and a structure that says which codes stand there.
//! Oracle: the field guide of the SDMX technical working group, versions 1.0 and 2.0.

use serde_json::Value;

use super::{Figure, table::dataset_of, words};
use crate::collect::{Misread, sources::record::Record};

/// Figures of one answer; beyond it the sizes are not true.
const MAX_FIGURES: usize = 2_000_000;

/// Attributes that say something of a figure; the others are notes.
const ATTRIBUTES: [&str; 5] = ["OBS_STATUS", "OBS_FLAG", "BREAK", "BASE_PER", "UNIT_MEAS"];

/// Whether an object is such a message: it has data sets, at the top or below `data`.
pub(super) fn is_it(root: &Record) -> bool {
    root.has("dataSets") || root.peek("data").is_some_and(|data| data.get("dataSets").is_some())
}

pub(super) fn figures(mut root: Record) -> Result<Vec<Figure>, Misread> {
    root.ignore(&["meta", "header", "errors", "$schema"]);
    let mut data = if root.has("dataSets") { root } else { root.record("data").ok_or_else(|| broken("no data"))? };
    let structure = data.value("structure").or_else(|| match data.value("structures") {
        Some(Value::Array(all)) => all.into_iter().next(),
        other => other,
    });
    let sets = data.records("dataSets");
    drop(data);
    let Some(structure) = structure else {
        sets.into_iter().for_each(|mut set| set.ignore_rest());
        return Err(broken("no structure"));
    };
    let shape = Shape::read(&structure);
    let mut figures = Vec::new();
    for mut set in sets {
        set.ignore(&["action", "structure", "links", "annotations", "attributes", "validFrom", "reportingBegin"]);
        if let Some(Value::Object(all)) = set.value("series") {
            for (key, series) in all {
                let codes = codes(&shape.series, &key);
                let noted = shape.attributes(&shape.series_attributes, series.get("attributes"));
                shape.observations(series.get("observations"), &[codes, noted].concat(), &set, &mut figures)?;
            }
        }
        let flat = set.value("observations");
        shape.observations(flat.as_ref(), &[], &set, &mut figures)?;
    }
    Ok(figures)
}

fn broken(what: &str) -> Misread {
    Misread::Quarantined(format!("not an SDMX-JSON message: {what}"))
}

/// A component, and its codes in their places.
type Component = (String, Vec<String>);

struct Shape {
    dataset: String,
    series: Vec<Component>,
    observation: Vec<Component>,
    series_attributes: Vec<Component>,
    observation_attributes: Vec<Component>,
}

impl Shape {
    fn read(structure: &Value) -> Self {
        let part = |kind: &str, level: &str| components(structure.get(kind).and_then(|k| k.get(level)));
        let links = structure.get("links").and_then(Value::as_array);
        let flow = links.and_then(|links| links.iter().find_map(|link| link.get("urn").and_then(Value::as_str)));
        // `urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=IT1:115_333(1.0)`
        let dataset = flow.and_then(|urn| urn.rsplit('=').next()).map(dataset_of).unwrap_or_default();
        Self {
            dataset,
            series: part("dimensions", "series"),
            observation: part("dimensions", "observation"),
            series_attributes: part("attributes", "series"),
            observation_attributes: part("attributes", "observation"),
        }
    }

    /// What the places behind a figure, or beside a series, stand for.
    fn attributes(&self, of: &[Component], places: Option<&Value>) -> Vec<(String, String)> {
        let places = places.and_then(Value::as_array);
        let found = of.iter().zip(places.into_iter().flatten()).filter(|((name, _), _)| ATTRIBUTES.contains(&&**name));
        let found = found.filter_map(|((name, codes), place)| {
            let code = match place {
                Value::Number(place) => codes.get(usize::try_from(place.as_u64()?).ok()?)?.clone(),
                Value::String(text) => text.clone(),
                _ => return None,
            };
            Some((name.clone(), code))
        });
        found.collect()
    }

    fn observations(
        &self,
        all: Option<&Value>,
        key: &[(String, String)],
        set: &Record,
        figures: &mut Vec<Figure>,
    ) -> Result<(), Misread> {
        for (place, cell) in all.and_then(Value::as_object).into_iter().flatten() {
            let Some(items) = cell.as_array() else {
                set.leave(&format!("observations.{place}"), &cell.to_string());
                continue;
            };
            let number = match items.first() {
                Some(Value::Null) | None => continue,
                Some(Value::String(text)) => text.parse().ok(),
                Some(other) => other.as_f64(),
            };
            let Some(value) = number.filter(|n: &f64| n.is_finite()) else {
                set.leave(&format!("observations.{place}"), &cell.to_string());
                continue;
            };
            if figures.len() >= MAX_FIGURES {
                return Err(broken("it holds more figures than any answer of an office"));
            }
            let behind = Value::Array(items.iter().skip(1).cloned().collect());
            let noted = self.attributes(&self.observation_attributes, Some(&behind));
            let codes = [key.to_vec(), codes(&self.observation, place), noted].concat();
            figures.push(self.figure(codes, value));
        }
        Ok(())
    }

    fn figure(&self, mut codes: Vec<(String, String)>, value: f64) -> Figure {
        let mut take = |name: &str| {
            let place = codes.iter().position(|(n, _)| n == name)?;
            Some(codes.remove(place).1)
        };
        let status = take("OBS_STATUS").or_else(|| take("OBS_FLAG")).unwrap_or_default();
        let is_break = take("BREAK").is_some_and(|mark| !mark.is_empty());
        let base = take("BASE_PER").and_then(|year| words::base_unit(&year));
        let mut flag = words::flag_of(&status);
        if is_break && !flag.contains('b') {
            flag.push('b');
        }
        Figure { dataset: self.dataset.clone(), dimensions: codes, value, flag, base, updated: None }
    }
}

/// `[{"id": "FREQ", "values": [{"id": "M"}]}]`: a component that is not there at all has no place in a key.
fn components(list: Option<&Value>) -> Vec<Component> {
    let id = |value: &Value| value.get("id").or_else(|| value.get("value")).and_then(Value::as_str).map(str::to_owned);
    let read = |component: &Value| {
        let values = component.get("values").and_then(Value::as_array);
        let codes = values.into_iter().flatten().map(|value| id(value).unwrap_or_default()).collect();
        Some((id(component)?, codes))
    };
    list.and_then(Value::as_array).into_iter().flatten().filter_map(read).collect()
}

/// The codes at `0:3:1`.
fn codes(components: &[Component], key: &str) -> Vec<(String, String)> {
    let places = key.split(':').map(|place| place.parse::<usize>().ok());
    let found = components.iter().zip(places);
    found.filter_map(|((name, codes), place)| Some((name.clone(), codes.get(place?)?.clone()))).collect()
}
