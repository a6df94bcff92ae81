//! The address that is asked: a plain one, or one with places for what identifies a client.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::domain::{Country, Identifier, IdentifierKind, Prospect, Subject};

/// What stands for itself anywhere in an address (RFC 3986, section 2.3); all else is escaped, so that a client's name
/// can neither leave its segment nor add a parameter.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An address in pieces.
#[derive(Debug)]
pub(super) struct Address {
    base: Url,
    pieces: Vec<Piece>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Tax,
    Registry,
    Lei,
    Name,
    Country,
}

impl Address {
    /// Reads `companies/{tax}?country={country}`; it is joined to `base`, and may not leave its host by what is put in.
    pub(super) fn read(text: &str, base: &Url) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text.trim();
        while let Some((before, behind)) = rest.split_once('{') {
            let Some((name, after)) = behind.split_once('}') else {
                return Err(format!("url: {text:?} has a {{ that is not closed"));
            };
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(match name.trim() {
                "tax" => Piece::Tax,
                "registry" => Piece::Registry,
                "lei" => Piece::Lei,
                "name" => Piece::Name,
                "country" => Piece::Country,
                other => {
                    return Err(format!(
                        "url: {{{other}}} is not known; use {{tax}}, {{registry}}, {{lei}}, {{name}}, {{country}}"
                    ));
                }
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        let address = Self { base: base.clone(), pieces };
        let [one, other] = ["a", "b.example"].map(|word| address.filled(|_| Some(word.to_owned())));
        match (one, other) {
            (Some(one), Some(other)) if one.origin() == other.origin() && matches!(one.scheme(), "http" | "https") => {
                Ok(address)
            }
            (Some(_), Some(_)) => Err(format!("url: {text:?} must be http or https, and name its host without {{…}}")),
            _ => Err(format!("url: {text:?} is no address below {base}")),
        }
    }

    /// Whether it asks about one client at a time.
    pub(super) fn asks_by_client(&self) -> bool {
        self.pieces.iter().any(|piece| !matches!(piece, Piece::Text(_)))
    }

    /// Whether the answer is about the client by its number, and not about everybody of its name.
    pub(super) fn asks_by_number(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Tax | Piece::Registry | Piece::Lei))
    }

    /// The address for everybody.
    pub(super) fn plain(&self) -> Option<Url> {
        self.filled(|_| None)
    }

    /// The address for a client, and whom it asks about; none when the client lacks what it asks by, or is of another
    /// country than the source.
    pub(super) fn of(&self, who: &Prospect, source: Option<Country>) -> Option<(Url, Subject)> {
        if source.is_some() && who.country.is_some() && who.country != source {
            return None;
        }
        let number = |kind: IdentifierKind| {
            let of_source = |i: &&Identifier| {
                i.kind() == kind && (source.is_none() || i.country().is_none() || i.country() == source)
            };
            who.identifiers.iter().find(of_source)
        };
        let mut identifiers = Vec::new();
        let url = self.filled(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Tax => take(number(IdentifierKind::Tax), &mut identifiers),
            Piece::Registry => take(number(IdentifierKind::Registry), &mut identifiers),
            Piece::Lei => take(number(IdentifierKind::Lei), &mut identifiers),
            // A name of dots alone is a way up the path, however it is escaped.
            Piece::Name => Some(who.name.clone()).filter(|name| name.chars().any(char::is_alphanumeric)),
            Piece::Country => who.country.or(source).map(|country| country.to_string()),
        })?;
        let about = Subject {
            name: who.name.clone(),
            country: who.country.or(source),
            city: who.city.clone(),
            is_person: identifiers.iter().any(Identifier::is_natural_person),
            identifiers,
            ..Subject::default()
        };
        Some((url, about))
    }

    fn filled(&self, mut word: impl FnMut(&Piece) -> Option<String>) -> Option<Url> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                other => text.extend(utf8_percent_encode(&word(other)?, ESCAPED)),
            }
        }
        if text.is_empty() { Some(self.base.clone()) } else { self.base.join(&text).ok() }
    }
}

fn take(identifier: Option<&Identifier>, taken: &mut Vec<Identifier>) -> Option<String> {
    let identifier = identifier?;
    taken.push(identifier.clone());
    Some(identifier.text().to_owned())
}
