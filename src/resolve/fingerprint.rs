use std::collections::BTreeSet;

use super::{name::Name, number::Number, places::Town};
use crate::domain::{Sha256, Subject};

/// Whether the fingerprint of a subject tells it from its homonyms: by a number or, for a company, by its town.
pub fn is_distinct(subject: &Subject) -> bool {
    let has_town = || subject.city.as_deref().is_some_and(|city| Town::of(city, subject.country).is_some());
    !subject.identifiers.is_empty() || (!subject.is_person && has_town())
}

/// Who a subject is, as far as its source tells it: equal for two records whose names, towns and numbers are the same
/// after folding. What a person once said of such a subject holds for the next record of it. None for a subject that
/// names nobody.
pub fn fingerprint(subject: &Subject) -> Option<Sha256> {
    let Name { mut tokens, form } = Name::of(&subject.name);
    tokens.sort_unstable();
    let numbers: BTreeSet<String> = subject.identifiers.iter().map(|i| Number::of(i).key).collect();
    if tokens.is_empty() && numbers.is_empty() {
        return None;
    }
    let town = subject.city.as_deref().and_then(|city| Town::of(city, subject.country)).map(|town| town.name);
    let country = subject.country.map(|country| country.to_string());
    let parts = [
        tokens.join(" "),
        form.map_or("", |form| form.code()).to_owned(),
        country.unwrap_or_default(),
        town.unwrap_or_default(),
        numbers.into_iter().collect::<Vec<_>>().join(" "),
        u8::from(subject.is_person).to_string(),
    ];
    Some(Sha256::of(parts.join("\n").as_bytes()))
}
