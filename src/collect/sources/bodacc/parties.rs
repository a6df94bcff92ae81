//! Whom an announcement speaks of: the numbers of its *registre*, the persons of its list.

use serde_json::Value;

use super::text::mended;
use crate::{
    collect::sources::{france::subject_of, record::Record},
    domain::{Country, Identifier, Subject},
};

/// A member that is JSON inside a text.
pub(super) enum Inner {
    Absent,
    /// A text that is no JSON; it is a leftover already.
    Broken,
    Read(Value),
}

/// Reads a member that holds JSON, as a text or as it is.
pub(super) fn inner(record: &mut Record, name: &str) -> Inner {
    let text = match record.value(name) {
        None => return Inner::Absent,
        Some(Value::String(text)) if text.trim().is_empty() => return Inner::Absent,
        Some(Value::String(text)) => text,
        Some(value) => return Inner::Read(value),
    };
    match serde_json::from_str(&mended(&text)) {
        Ok(Value::Null) => Inner::Absent,
        Ok(value @ (Value::Object(_) | Value::Array(_))) => Inner::Read(value),
        _ => {
            record.leave(name, &text);
            Inner::Broken
        }
    }
}

/// The same as a record; none when absent or broken.
pub(super) fn inner_record(record: &mut Record, name: &str) -> Option<Record> {
    match inner(record, name) {
        Inner::Read(value) => Record::at(&record.path_of(name), value, record.leftovers()),
        _ => None,
    }
}

/// Everybody an announcement is about, each once. A sale names both sides.
pub(super) fn subjects(record: &mut Record) -> Vec<Subject> {
    let name = record.text("commercant").map(|name| mended(&name)).unwrap_or_default();
    let city = record.text("ville").map(|city| mended(&city));
    let mut subjects = persons(record);
    let listed = numbers(record);
    let is_alone = listed.len() <= 1 && subjects.len() <= 1;
    for siren in listed {
        if !subjects.iter().any(|subject| subject.identifiers.contains(&siren)) {
            match subjects.first_mut() {
                // One person and one number: the list of persons did not repeat it.
                Some(only) if is_alone && only.identifiers.is_empty() => only.identifiers.push(siren),
                _ => subjects.push(subject_of(siren, if is_alone { &name } else { "" })),
            }
        }
    }
    if subjects.is_empty() {
        subjects.push(Subject { name: name.clone(), country: Some(Country::FR), ..Subject::default() });
    }
    if let [only] = subjects.as_mut_slice() {
        only.city = only.city.take().or(city);
        if only.name.is_empty() {
            only.name = name;
        }
    }
    subjects
}

/// The numbers of *registre*: a list, or a text with commas, each number with and without blanks.
fn numbers(record: &mut Record) -> Vec<Identifier> {
    let mut numbers = Vec::new();
    for text in record.texts("registre").iter().flat_map(|text| text.split([',', ';'])).map(str::trim) {
        match Identifier::registry(Country::FR, text) {
            Ok(siren) if !numbers.contains(&siren) => numbers.push(siren),
            Ok(_) => {}
            Err(_) if text.is_empty() => {}
            Err(_) => record.leave("registre", text),
        }
    }
    numbers
}

/// `{"personne": {…}}` or `{"personne": [{…}, {…}]}`.
fn persons(record: &mut Record) -> Vec<Subject> {
    let mut list = match inner(record, "listepersonnes") {
        Inner::Absent | Inner::Broken => return Vec::new(),
        Inner::Read(value @ Value::Array(_)) => {
            let mut members = serde_json::Map::new();
            members.insert("personne".to_owned(), value);
            match Record::at(&record.path_of("listepersonnes"), Value::Object(members), record.leftovers()) {
                Some(list) => list,
                None => return Vec::new(),
            }
        }
        Inner::Read(value) => match Record::at(&record.path_of("listepersonnes"), value, record.leftovers()) {
            Some(list) => list,
            None => return Vec::new(),
        },
    };
    if !list.has("personne") && (list.has("typePersonne") || list.has("denomination")) {
        return vec![person(list)];
    }
    list.records("personne").into_iter().map(person).collect()
}

/// One person, legal or natural. Of a natural person the number and the name by which it trades are read, nothing else.
fn person(mut person: Record) -> Subject {
    let kind = person.text("typePersonne");
    let is_person = match kind.as_deref() {
        Some("pm") => false,
        Some("pp") => true,
        other => {
            if let Some(other) = other {
                person.leave("typePersonne", other);
            }
            person.has("nom") || person.has("prenom")
        }
    };
    let siren = siren(&mut person);
    let address = address(&mut person);
    let name = match is_person {
        true => ["prenom", "nom"].iter().filter_map(|part| person.text(part)).collect::<Vec<_>>().join(" "),
        false => person.text("denomination").map(|name| mended(&name)).unwrap_or_default(),
    };
    let trading = ["nomCommercial", "enseigne", "sigle"].iter().filter_map(|part| person.text(part));
    let other_names = trading.map(|name| mended(&name)).collect();
    if is_person {
        person.ignore_rest();
    }
    person.ignore(&[
        "formeJuridique",
        "activite",
        "administration",
        "capital",
        "nonInscrit",
        "nationalite",
        "nationnalite",
        "dateNaissance",
        "nomUsage",
        "nom",
        "prenom",
        "denominationEIRL",
        "libelle",
    ]);
    let (address, city) = address;
    Subject {
        name,
        country: Some(Country::FR),
        city,
        address,
        other_names,
        identifiers: siren.into_iter().collect(),
        is_person,
        ..Subject::default()
    }
}

/// The number in the commercial register, or in that of the trades.
fn siren(person: &mut Record) -> Option<Identifier> {
    let places = [("numeroImmatriculation", "numeroIdentification"), ("inscriptionRM", "numeroIdentificationRM")];
    let mut found = None;
    for (place, member) in places {
        let Some(mut inscription) = person.record(place) else { continue };
        inscription.ignore(&["codeRCS", "nomGreffeImmat", "codeRM", "numeroDepartement"]);
        let Some(text) = inscription.text(member) else { continue };
        // The register of trades writes its own mark behind: `991 234 568 RM 69`.
        let number = text.split(|c: char| c.is_alphabetic()).next().unwrap_or_default();
        match Identifier::registry(Country::FR, number) {
            Ok(siren) => found = found.or(Some(siren)),
            Err(_) => inscription.leave(member, &text),
        }
    }
    found
}

fn address(person: &mut Record) -> (Option<String>, Option<String>) {
    let mut found = (None, None);
    for place in ["adresseSiegeSocial", "siegeSocial", "adressePP", "adresse"] {
        let Some(mut at) = person.record(place) else { continue };
        at.ignore(&["pays", "complGeographique", "BP", "localite", "codePostal"]);
        let street = ["numeroVoie", "typeVoie", "nomVoie"].iter().filter_map(|part| at.text(part));
        let street = street.map(|part| mended(&part)).collect::<Vec<_>>().join(" ");
        found = (Some(street).filter(|street| !street.is_empty()), at.text("ville").map(|city| mended(&city)));
    }
    found
}
