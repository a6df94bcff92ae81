//! Tables: a row is a record, a column is a place.

use super::{
    Found,
    mapping::{From, Mapping},
    place::Place,
    values::{Said, Values},
};
use crate::collect::{
    Answer, Misread,
    sources::{
        record::{Leftovers, Record},
        table::Table,
    },
};

/// Reads a table. Every column that is mapped must be there: one that is gone would make all its values silently absent.
pub(super) fn read(mapping: &Mapping, answer: &Answer) -> Result<Found, Misread> {
    let leftovers = Leftovers::default();
    let table = Table::open(answer, mapping.delimiter, &leftovers)?;
    let places = mapping.fields.iter().filter_map(|(_, from)| match from {
        From::Place(place) => Some(place),
        From::Constant(_) => None,
    });
    let present = mapping.expect.present.iter().map(|(_, place)| place);
    let columns: Vec<&str> = places.chain(present).filter_map(column).collect();
    table.expect(&columns)?;
    let ignored: Vec<&str> = mapping.ignore.iter().filter_map(column).collect();
    let records = table.map(|row| values(mapping, row, &columns, &ignored)).collect();
    Ok(Found { records, has_list: true, leftovers: leftovers.take(), ..Found::default() })
}

fn values(mapping: &Mapping, mut row: Record, columns: &[&str], ignored: &[&str]) -> Values {
    let mut values = Values::at(row.path().to_owned());
    for (name, from) in &mapping.fields {
        let said = match from {
            From::Constant(text) => Said::text(text),
            From::Place(place) => column(place).and_then(|name| row.peek(name)?.as_str()).and_then(Said::text),
        };
        values.put(name, said);
    }
    row.ignore(columns);
    row.ignore(ignored);
    values
}

fn column(place: &Place) -> Option<&str> {
    match place {
        Place::Column(name) => Some(name),
        Place::Path(_) | Place::Element { .. } => None,
    }
}
