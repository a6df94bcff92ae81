//! Where things stand on the page: selectors and words, from the options table, with defaults for the plain layout.

use std::collections::BTreeMap;

use scraper::Selector;

/// A selector relative to its row, and the attribute to read where it is not the text.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) selector: Selector,
    pub(super) attribute: Option<String>,
}

/// The page as the operator describes it.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) row: Selector,
    pub(super) fields: BTreeMap<String, Field>,
    pub(super) next: Selector,
    pub(super) expect: Selector,
    pub(super) empty: Selector,
    /// `strptime` form of the dates.
    pub(super) dates: String,
    /// The decimal mark of amounts; the other one separates thousands.
    pub(super) decimal: char,
    /// Their words for ours, lower case: `cambiale` → `bill`, `annotato` → `annotated`.
    pub(super) words: BTreeMap<String, String>,
    /// Name of the query parameter that takes the tax number.
    pub(super) parameter: String,
}

const FIELDS: [(&str, &str); 10] = [
    ("name", "td.debitore"),
    ("tax_id", "td.cf"),
    ("town", "td.comune"),
    ("instrument", "td.titolo"),
    ("amount", "td.importo"),
    ("currency", "td.valuta"),
    ("raised_on", "td.levata"),
    ("due_on", "td.scadenza"),
    ("reason", "td.motivo"),
    ("state", "td.stato"),
];

const WORDS: [(&str, &str); 20] = [
    ("cambiale", "bill"),
    ("cambiali", "bill"),
    ("pagherò", "bill"),
    ("paghero'", "bill"),
    ("vaglia cambiario", "bill"),
    ("tratta", "bill"),
    ("tratta accettata", "bill"),
    ("assegno", "cheque"),
    ("assegno bancario", "cheque"),
    ("assegno postale", "cheque"),
    ("assegno circolare", "cheque"),
    ("altro", "other"),
    ("normale", "standing"),
    ("iscritto", "standing"),
    ("annotato", "annotated"),
    ("annotata", "annotated"),
    ("con annotazione", "annotated"),
    ("cancellato", "cancelled"),
    ("cancellata", "cancelled"),
    ("riabilitato", "cancelled"),
];

impl Layout {
    /// Reads the options; the error names the option and says what would be right.
    pub(super) fn read(options: &toml::Table) -> Result<Self, String> {
        let text = |name: &str, default: &str| match options.get(name) {
            None => Ok(default.to_owned()),
            Some(toml::Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(format!("{name} must be a text")),
        };
        let select = |name: &str, default: &str| selector(name, &text(name, default)?);
        Ok(Self {
            row: select("row", "table.protesti tbody tr")?,
            fields: fields(options)?,
            next: select("next", "a[rel=next]")?,
            expect: select("expect", "main.registro-protesti")?,
            empty: select("empty", "p.nessun-protesto")?,
            dates: text("dates", "%d/%m/%Y")?,
            decimal: match text("decimal", ",")?.as_str() {
                "," => ',',
                "." => '.',
                _ => return Err("decimal must be \",\" or \".\"".to_owned()),
            },
            words: words(options)?,
            parameter: text("parameter", "cf")?,
        })
    }
}

fn selector(name: &str, text: &str) -> Result<Selector, String> {
    Selector::parse(text).map_err(|e| format!("{name} = {text:?} is not a CSS selector: {e}"))
}

/// `fields = { amount = "td:nth-child(3)", tax_id = "a@data-cf" }`.
fn fields(options: &toml::Table) -> Result<BTreeMap<String, Field>, String> {
    let mut written: BTreeMap<String, String> =
        FIELDS.iter().map(|(name, selector)| ((*name).to_owned(), (*selector).to_owned())).collect();
    if let Some(table) = options.get("fields") {
        let table = table.as_table().ok_or("fields must be a table")?;
        for (name, value) in table {
            if !written.contains_key(name) {
                let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
                return Err(format!("fields.{name} is not a field; known are {}", known.join(", ")));
            }
            let value = value.as_str().ok_or_else(|| format!("fields.{name} must be a selector"))?;
            written.insert(name.clone(), value.to_owned());
        }
    }
    let field = |(name, text): (String, String)| {
        let (css, attribute) = text.split_once('@').map_or((text.as_str(), None), |(css, a)| (css, Some(a.to_owned())));
        let selector = selector(&format!("fields.{name}"), css)?;
        Ok((name, Field { selector, attribute }))
    };
    written.into_iter().map(field).collect()
}

/// `words = { bill = ["cambiale"], cancelled = ["cancellato"] }`, added to the defaults.
fn words(options: &toml::Table) -> Result<BTreeMap<String, String>, String> {
    let mut words: BTreeMap<String, String> =
        WORDS.iter().map(|(theirs, ours)| ((*theirs).to_owned(), (*ours).to_owned())).collect();
    let Some(table) = options.get("words") else { return Ok(words) };
    for (ours, theirs) in table.as_table().ok_or("words must be a table")? {
        if !WORDS.iter().any(|(_, known)| known == ours) {
            return Err(format!(
                "words.{ours} is not one of ours; use bill, cheque, other, standing, annotated, cancelled"
            ));
        }
        let theirs = theirs.as_array().ok_or_else(|| format!("words.{ours} must be a list of texts"))?;
        for word in theirs.iter().filter_map(toml::Value::as_str) {
            words.insert(word.to_lowercase(), ours.clone());
        }
    }
    Ok(words)
}
