//! What French registers have in common: the SIREN, by which a company is asked about and recognised.

use crate::domain::{Country, Identifier, IdentifierKind, Subject};

/// The SIREN of a client: its register number, or the last nine digits of its VAT number.
pub(super) fn siren_of(identifiers: &[Identifier]) -> Option<Identifier> {
    let french = |kind| move |i: &&Identifier| i.kind() == kind && i.country() == Some(Country::FR);
    let registered = identifiers.iter().find(french(IdentifierKind::Registry)).cloned();
    registered.or_else(|| {
        let vat = identifiers.iter().find(french(IdentifierKind::Tax))?.text();
        Identifier::registry(Country::FR, vat.get(2..)?).ok()
    })
}

/// A company of this SIREN.
pub(super) fn subject_of(siren: Identifier, name: &str) -> Subject {
    Subject { name: name.to_owned(), country: Some(Country::FR), identifiers: vec![siren], ..Subject::default() }
}
