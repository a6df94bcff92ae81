//! SDMX-ML: figures as structure-specific or generic XML; and the messages that are none: structures, errors, and the
//! footer that says the answer is being written to a file.

use serde_json::Value;

use super::{Figure, words};
use crate::collect::{
    Answer, Misread,
    sources::{
        record::{Leftovers, Record},
        xml,
    },
};

/// Attributes of a figure or series that are no dimensions and carry nothing we use.
const IGNORED: [&str; 12] = [
    "type",
    "CONF_STATUS",
    "OBS_PRE_BREAK",
    "UNIT_MULT",
    "METADATA_EN",
    "METADATA_IT",
    "DECIMALS",
    "TIME_FORMAT",
    "TITLE",
    "COLLECTION",
    "OBS_COM",
    "action",
];

/// The figures of a message. The error says which message it is when it holds none.
pub(super) fn figures(answer: &Answer, leftovers: &Leftovers) -> Result<Vec<Figure>, Misread> {
    let (name, value) = xml::document(answer)?;
    let is_data = matches!(name.as_str(), "StructureSpecificData" | "GenericData" | "CompactData" | "MessageGroup");
    if !is_data {
        return Err(no_data(&name, &value));
    }
    let Some(mut root) = Record::at(&format!("/{name}"), value, leftovers) else {
        return Ok(Vec::new());
    };
    root.ignore(&["@schemaLocation"]);
    if let Some(late) = root.value("Footer") {
        root.ignore_rest();
        return Err(Misread::NotNow(format!(
            "the answer is too large and is being written to a file: {}",
            said(&late)
        )));
    }
    let dataset = root.record("Header").map(flow_of).unwrap_or_default();
    let mut figures = Vec::new();
    for mut set in root.records("DataSet") {
        set.ignore(&["@action", "@dataScope", "@type", "@structureRef", "@setID", "@validFromDate", "Group"]);
        for mut series in set.records("Series") {
            let key = codes_of(&mut series);
            for observation in series.records("Obs") {
                figures.extend(figure(&dataset, &key, observation));
            }
        }
        // A flat message has the codes of the series on every figure.
        for observation in set.records("Obs") {
            figures.extend(figure(&dataset, &[], observation));
        }
    }
    Ok(figures)
}

/// What a message without figures is. HTML in its place is how an overloaded service answers.
fn no_data(name: &str, value: &Value) -> Misread {
    match name {
        "Structure" => Misread::Quarantined(format!(
            "a description of structures ({}), which holds no figures",
            value.get("Structures").and_then(Value::as_object).map_or_else(String::new, |parts| parts
                .keys()
                .cloned()
                .collect::<Vec<_>>()
                .join(", "))
        )),
        "Error" | "Fault" | "Envelope" => {
            Misread::Refused(format!("the office answers with an error: {}", said(value)))
        }
        "html" | "HTML" => Misread::Unreadable("a web page where figures were expected".to_owned()),
        other => Misread::Unreadable(format!("<{other}> where SDMX was expected")),
    }
}

/// The texts of a message, at most 200 characters.
fn said(value: &Value) -> String {
    fn texts(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) if !text.is_empty() => found.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
            Value::Object(members) => {
                members.iter().filter(|(name, _)| !name.starts_with("@lang")).for_each(|(_, v)| texts(v, found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    texts(value, &mut found);
    found.join(" ").chars().take(200).collect()
}

/// The flow that a message's header names, in lower case.
fn flow_of(mut header: Record) -> String {
    let structure = header.value("Structure");
    let set = header.text("DataSetID");
    header.ignore_rest();
    let id = |usage: &str| {
        let usage = structure.as_ref()?.get(usage)?;
        let usage = usage.get("Ref").unwrap_or(usage);
        usage.get("@id").and_then(Value::as_str).map(str::to_lowercase)
    };
    let flow = id("StructureUsage").or_else(|| id("Structure"));
    flow.or_else(|| set.map(|id| id.to_lowercase())).unwrap_or_default()
}

/// The codes of a series: its attributes, or the values of its key.
fn codes_of(series: &mut Record) -> Vec<(String, String)> {
    let mut codes = series.attributes(&IGNORED);
    for part in ["SeriesKey", "ObsKey", "Attributes"] {
        if let Some(mut key) = series.record(part) {
            codes.extend(values_of(&mut key));
        }
    }
    codes
}

/// `<Value id="FREQ" value="M"/>`, as often as there are.
fn values_of(key: &mut Record) -> Vec<(String, String)> {
    let values = key.records("Value").into_iter().filter_map(|mut value| {
        let name = value.text("@id").or_else(|| value.text("@concept"))?;
        Some((name, value.text("@value")?))
    });
    values.filter(|(name, _)| !IGNORED.contains(&name.as_str())).collect()
}

fn figure(dataset: &str, key: &[(String, String)], mut observation: Record) -> Option<Figure> {
    let mut codes = key.to_vec();
    codes.extend(codes_of(&mut observation));
    // The generic form has elements where the specific one has attributes.
    for (part, name) in [("ObsDimension", "TIME_PERIOD"), ("Time", "TIME_PERIOD"), ("ObsValue", "OBS_VALUE")] {
        if let Some(value) = observation.value(part) {
            let text = value.get("@value").or(Some(&value)).and_then(Value::as_str).unwrap_or_default();
            codes.push((name.to_owned(), text.to_owned()));
        }
    }
    let mut take = |names: &[&str]| {
        let place = codes.iter().position(|(name, _)| names.contains(&name.as_str()))?;
        Some(codes.remove(place).1)
    };
    let text = take(&["OBS_VALUE"])?;
    if matches!(text.as_str(), "" | ":" | "NaN") {
        return None;
    }
    let mut flag = words::flag_of(&take(&["OBS_STATUS", "OBS_FLAG"]).unwrap_or_default());
    if take(&["BREAK"]).is_some() && !flag.contains('b') {
        flag.push('b');
    }
    let base = take(&["BASE_PER"]).and_then(|year| words::base_unit(&year));
    let Some(value) = text.parse::<f64>().ok().filter(|n| n.is_finite()) else {
        observation.leave("@OBS_VALUE", &text);
        return None;
    };
    Some(Figure { dataset: dataset.to_owned(), dimensions: codes, value, flag, base, updated: None })
}
