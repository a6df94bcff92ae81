//! What was typed into a form that is refused: it stands on the page of the refusal, to be mended and sent again. Where scripts
//! run, the form itself says why, and this page is not seen.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use jiff::civil::Date;
use url::form_urlencoded;

use super::{FORM_MAX_BYTES, look::Tongue};
use crate::serve::fault::Fault;

/// Fields that somebody types into: name, Italian, English. The others are sent again as they came.
const TYPED: &[(&str, &str, &str)] = &[
    ("on", "Giorno", "Day"),
    ("amount", "Importo", "Amount"),
    ("due_on", "Entro il", "By"),
    ("instalments", "Rate uguali", "Equal instalments"),
    ("parts", "Rate diverse, una per riga", "Different instalments, one a line"),
    ("invoice", "Fattura", "Invoice"),
    ("note", "Nota", "Note"),
    ("grade", "Classe", "Grade"),
    ("limit", "Limite", "Limit"),
    ("until", "Fino al", "Until"),
    ("reason", "Motivo", "Reason"),
    ("group", "Gruppo", "Group"),
];
/// Of them those that hold a day.
const DAYS: [&str; 3] = ["on", "due_on", "until"];
/// And those of several lines.
const TEXTS: [&str; 3] = ["parts", "note", "reason"];

/// A form as it was sent.
#[derive(Clone)]
pub(in crate::serve) struct Typed {
    address: String,
    fields: Vec<(String, String)>,
}

/// A field that can be mended.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) is_text: bool,
    /// `date` only where the browser can show what was typed.
    pub(super) kind: &'static str,
}

/// The same form, to be sent again.
pub(super) struct Again {
    pub(super) address: String,
    pub(super) hidden: Vec<(String, String)>,
    pub(super) fields: Vec<Field>,
}

/// Lets a form through, and keeps what was typed for the page of its refusal.
pub(super) async fn keep(request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !is_form(request.headers()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, FORM_MAX_BYTES).await else {
        return Fault::of_status(StatusCode::PAYLOAD_TOO_LARGE).into_response();
    };
    let address = parts.uri.to_string();
    let mut response = next.run(Request::from_parts(parts, Body::from(bytes.clone()))).await;
    let is_refused = matches!(response.status(), StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY);
    let is_read = response.extensions().get::<Fault>().is_some_and(|fault| fault.code != "bad_form");
    if is_refused && is_read {
        response
            .extensions_mut()
            .insert(Typed { address, fields: form_urlencoded::parse(&bytes).into_owned().collect() });
    }
    response
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

impl Typed {
    /// The form to be sent again; none where it holds a password, which no page repeats, or nothing that is typed.
    pub(super) fn again(self, t: Tongue) -> Option<Again> {
        if self.fields.iter().any(|(name, _)| name.contains("password")) {
            return None;
        }
        let mut again = Again { address: self.address, hidden: Vec::new(), fields: Vec::new() };
        for (name, value) in self.fields {
            let Some((known, italian, english)) = TYPED.iter().find(|(known, _, _)| *known == name) else {
                again.hidden.push((name, value));
                continue;
            };
            let is_day = DAYS.contains(known) && (value.is_empty() || value.parse::<Date>().is_ok());
            again.fields.push(Field {
                label: t.pick(*italian, *english),
                is_text: TEXTS.contains(known),
                kind: if is_day { "date" } else { "text" },
                name,
                value,
            });
        }
        (!again.fields.is_empty()).then_some(again)
    }
}

#[cfg(test)]
mod tests {
    use super::{Tongue, Typed};

    fn typed(fields: &[(&str, &str)]) -> Typed {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Typed { address: "/clients/C-1/actions".to_owned(), fields }
    }

    #[test]
    fn what_was_typed_can_be_mended_and_the_rest_goes_along_unseen() {
        let form =
            typed(&[("proof", "p"), ("what", "promise"), ("amount", "abc"), ("on", "2026-11-20"), ("due_on", "mai")]);
        let again = form.again(Tongue::default()).unwrap();
        assert_eq!(again.hidden.len(), 2);
        let seen: Vec<_> = again.fields.iter().map(|f| (f.label, f.value.as_str(), f.kind)).collect();
        assert_eq!(seen, [("Importo", "abc", "text"), ("Giorno", "2026-11-20", "date"), ("Entro il", "mai", "text")]);
    }

    #[test]
    fn no_page_repeats_a_password() {
        assert!(typed(&[("password", "x"), ("note", "y")]).again(Tongue::default()).is_none());
    }
}
