//! JSON-stat 2.0: a cube of figures, flattened row by row. Oracle: <https://json-stat.org/full/>.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Figure;
use crate::collect::{
    Misread,
    sources::record::{Record, iso_day},
};

/// More cells than Eurostat sends without going asynchronous; beyond it the sizes are not true.
const MAX_CELLS: usize = 2_000_000;

/// The marks of Eurostat: provisional, estimated, break, confidential…
const FLAGS: &[&str] = &["p", "e", "b", "c", "u", "n", "d", "s", "f", "z", "r", "i", ":"];

/// The figures of a dataset. None when one of its dimensions is empty.
pub(super) fn figures(mut root: Record) -> Result<Vec<Figure>, Misread> {
    let broken = |what: &str| Misread::Quarantined(format!("not a JSON-stat dataset: {what}"));
    if !root.has("id") || !root.has("size") || !root.has("dimension") {
        root.ignore_rest();
        return Err(broken("id, size or dimension is missing"));
    }
    root.ignore(&["version", "class", "label", "source", "href", "link", "note", "role", "error", "warning"]);
    let ids = root.texts("id");
    let sizes = sizes(&mut root).ok_or_else(|| broken("size is not a list of numbers"))?;
    let cells = sizes.iter().try_fold(1usize, |all, size| all.checked_mul(*size)).filter(|n| *n <= MAX_CELLS);
    let cells = cells.ok_or_else(|| broken("the sizes are too large"))?;
    if ids.len() != sizes.len() {
        return Err(broken("id and size differ in length"));
    }
    // Nothing for what was asked: an empty dimension, and no cell. How its categories are written then differs.
    let has_cells = root.peek("value").is_some_and(|v| !matches!(v, Value::Null) && *v != json!({}) && *v != json!([]));
    if cells == 0 && !has_cells {
        root.ignore_rest();
        return Ok(Vec::new());
    }
    let dataset = dataset(&mut root);
    let updated = root.text("updated").and_then(|text| iso_day(&text));
    let mut dimension = root.record("dimension").ok_or_else(|| broken("dimension is not an object"))?;
    let mut codes = Vec::new();
    for (id, size) in ids.iter().zip(&sizes) {
        let of_dimension = dimension.record(id).and_then(|d| codes_of(d, *size));
        codes
            .push(of_dimension.ok_or_else(|| broken(&format!("the categories of {id} do not match its size {size}")))?);
    }
    let cube = Cube { ids, sizes, codes };
    let values = by_cell(root.value("value"), cells, &root, "value");
    let flags = flags(&mut root, cells);
    let mut figures = Vec::new();
    for (cell, value) in values {
        let Some(number) = value.as_f64().filter(|n| n.is_finite()) else {
            root.leave(&format!("value[{cell}]"), &value.to_string());
            continue;
        };
        let flag = flags.get(&cell).cloned().unwrap_or_default();
        let dimensions = cube.at(cell);
        figures.push(Figure { dataset: dataset.clone(), dimensions, value: number, flag, base: None, updated });
    }
    Ok(figures)
}

struct Cube {
    ids: Vec<String>,
    sizes: Vec<usize>,
    codes: Vec<Vec<String>>,
}

impl Cube {
    /// The code of each dimension at a flat index: the last dimension runs fastest.
    fn at(&self, cell: usize) -> Vec<(String, String)> {
        let mut rest = cell;
        let mut dimensions = Vec::with_capacity(self.ids.len());
        for ((id, size), codes) in self.ids.iter().zip(&self.sizes).zip(&self.codes).rev() {
            let code = codes.get(rest % size).cloned().unwrap_or_default();
            dimensions.push((id.clone(), code));
            rest /= size;
        }
        dimensions.reverse();
        dimensions
    }
}

fn sizes(root: &mut Record) -> Option<Vec<usize>> {
    let Value::Array(sizes) = root.value("size")? else { return None };
    sizes.iter().map(|size| usize::try_from(size.as_u64()?).ok()).collect()
}

/// The table's code, from `extension.id`.
fn dataset(root: &mut Record) -> String {
    let Some(mut extension) = root.record("extension") else { return String::new() };
    extension.ignore(&[
        "lang",
        "agencyId",
        "version",
        "datastructure",
        "annotation",
        "description",
        "status",
        "subTitle",
        "positions-with-no-data",
        "source",
    ]);
    extension.text("id").map(|id| id.to_lowercase()).unwrap_or_default()
}

/// The codes of a dimension in their order: `index` is an object, a list, or missing when there is one category.
fn codes_of(mut dimension: Record, size: usize) -> Option<Vec<String>> {
    dimension.ignore(&["label", "href", "link", "note"]);
    let mut category = dimension.record("category")?;
    let labels = category.value("label");
    category.ignore(&["unit", "note", "child", "coordinates"]);
    let codes = match category.value("index") {
        Some(Value::Array(codes)) => {
            codes.iter().map(|code| code.as_str().map(str::to_owned)).collect::<Option<_>>()?
        }
        Some(Value::Object(index)) => {
            let mut codes: Vec<(u64, String)> =
                index.into_iter().map(|(code, place)| Some((place.as_u64()?, code))).collect::<Option<_>>()?;
            codes.sort_unstable();
            codes.into_iter().map(|(_, code)| code).collect()
        }
        None => labels?.as_object()?.keys().cloned().collect(),
        Some(_) => return None,
    };
    let codes: Vec<String> = codes;
    (codes.len() == size).then_some(codes)
}

/// `value` and `status` are objects keyed by the flat index, or lists; null and absent cells are missing figures.
fn by_cell(value: Option<Value>, cells: usize, root: &Record, name: &str) -> Vec<(usize, Value)> {
    match value {
        Some(Value::Array(values)) => {
            values.into_iter().enumerate().filter(|(cell, v)| *cell < cells && !v.is_null()).collect()
        }
        Some(Value::Object(values)) => values
            .into_iter()
            .filter_map(|(key, value)| match key.parse::<usize>() {
                Ok(cell) if cell < cells => (!value.is_null()).then_some((cell, value)),
                _ => {
                    root.leave(&format!("{name}.{key}"), &value.to_string());
                    None
                }
            })
            .collect(),
        Some(other) => {
            root.leave(name, &other.to_string());
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn flags(root: &mut Record, cells: usize) -> HashMap<usize, String> {
    // One text is the flag of every cell.
    let status = match root.value("status") {
        Some(Value::String(flag)) => Some(Value::Array(vec![Value::String(flag); cells])),
        other => other,
    };
    let mut flags = HashMap::new();
    for (cell, flag) in by_cell(status, cells, root, "status") {
        let text = flag.as_str().unwrap_or_default().trim().to_owned();
        // Lists have a place for every cell, also for those without a mark.
        if text.is_empty() && flag.is_string() {
            continue;
        }
        // Several marks may stand together (`be`).
        if text.is_empty() || !text.chars().all(|mark| FLAGS.contains(&mark.to_string().as_str())) {
            root.leave(&format!("status[{cell}]"), &flag.to_string());
        }
        flags.insert(cell, text);
    }
    flags
}
