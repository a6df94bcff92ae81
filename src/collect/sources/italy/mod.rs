//! What the Italian register, its resellers and its gazette have in common: the names of procedures, the words on protested
//! papers, and whose a tax code is.

mod instruments;
mod procedures;
mod states;

pub(super) use instruments::{instrument_of, protest_state_of};
pub(super) use procedures::{Turn, end_what_they_close, procedure_of, turn_of};
pub(super) use states::state_of;

use crate::domain::{Country, Identifier, IdentifierKind, Subject};

/// Whoever a tax code belongs to; none when it is no tax code (masked examples). A code of 16 characters is a natural
/// person's, whatever the member it stands in is called.
pub(super) fn subject_of(tax: &str, name: Option<&str>) -> Option<Subject> {
    let identifier = Identifier::tax(Country::IT, tax).ok()?;
    Some(Subject {
        name: name.unwrap_or_default().to_owned(),
        country: Some(Country::IT),
        is_person: identifier.is_natural_person(),
        identifiers: vec![identifier],
        ..Subject::default()
    })
}

/// The tax code a client can be asked about by.
pub(super) fn tax_code(identifiers: &[Identifier]) -> Option<&Identifier> {
    identifiers.iter().find(|i| i.kind() == IdentifierKind::Tax && i.country() == Some(Country::IT))
}
