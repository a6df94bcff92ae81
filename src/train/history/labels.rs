use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::train::Error;

/// What a file says of a client on a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Label {
    /// The day the row is about.
    pub day: Date,
    /// Whether it went bad; none where the file leaves it to the ledger.
    pub bad: Option<bool>,
    /// The probability that anybody could have known at best, where the file tells it: a made-up economy does.
    pub best: Option<f64>,
}

/// Reads a file of labels, `client,as_of[,label][,best]`: by the creditor's code, each day once and in order.
pub fn read_labels(csv: &[u8]) -> Result<BTreeMap<String, Vec<Label>>, Error> {
    let mut reader = csv::ReaderBuilder::new().from_reader(csv);
    let header: Vec<String> = reader.headers()?.iter().map(|h| h.trim().to_owned()).collect();
    let place = |name: &str| header.iter().position(|h| h == name);
    let needed = |name: &str| {
        place(name)
            .ok_or_else(|| Error::Table(format!("labels: there is no column {name:?}; found: {}", header.join(", "))))
    };
    let (client, as_of, label, best) = (needed("client")?, needed("as_of")?, place("label"), place("best"));
    let mut labels: BTreeMap<String, Vec<Label>> = BTreeMap::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |place: usize| record.get(place).unwrap_or_default().trim();
        let wrong = |column: &str, text: &str, must: &str| {
            Error::Table(format!("labels, line {line}: {column} is {text:?}, must be {must}"))
        };
        let day = cell(as_of).parse().map_err(|_| wrong("as_of", cell(as_of), "a day as 2026-11-20"))?;
        let bad = match label.map(cell) {
            None => None,
            Some("1") => Some(true),
            Some("0") => Some(false),
            Some(other) => return Err(wrong("label", other, "0 or 1")),
        };
        let best = best.map(cell).filter(|text| !text.is_empty());
        let best =
            best.map(|text| text.parse::<f64>().map_err(|_| wrong("best", text, "a probability"))).transpose()?;
        labels.entry(cell(client).to_owned()).or_default().push(Label { day, bad, best });
    }
    for (client, days) in &mut labels {
        days.sort_by_key(|label| label.day);
        if let Some(pair) = days.windows(2).find(|pair| pair[0].day == pair[1].day) {
            return Err(Error::Table(format!("labels: {client:?} stands twice on {}", pair[0].day)));
        }
    }
    Ok(labels)
}
