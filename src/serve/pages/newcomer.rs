//! A client that is typed in: taken as the API takes one, with the same checks.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    form::{ByAnalyst, Choice, Hints, Refused, choices, plain_number, said},
    frame::{Frame, Tab, page, part},
    look::Tongue,
    morning::client_href,
    session::Guest,
    words::dictionary,
};
use crate::{
    desk::{Error, Wanted},
    domain::Rank,
    serve::{House, fault::Fault},
};

dictionary! {
    begin: "Nuovo cliente", "New client";
    begin_how: "Uno solo, scritto a mano; molti insieme vengono da un file.", "One, typed in; many together come from a file.";
    all: "Tutti i clienti", "All clients";
    refused: "Non si può fare così.", "This cannot be done.";
    code: "Codice cliente", "Client's code";
    name: "Ragione sociale", "Name of the company";
    country: "Paese", "Country";
    country_how: "IT", "IT, DE …";
    portfolio: "Portafoglio", "Portfolio";
    tax_id: "Partita IVA o codice fiscale", "VAT number";
    registry_id: "Numero di registro", "Number in the register";
    sector: "ATECO", "NACE";
    city: "Comune", "Town";
    address: "Indirizzo", "Street and number";
    email: "E-mail", "Mail address";
    phone: "Telefono", "Telephone";
    credit_limit: "Fido concesso", "Limit granted";
    create: "Aggiungi", "Add";
    known: "Questo codice è già di un cliente: ciò che cambia viene da un file.", "This code is a client's already: what changes comes from a file.";
}

/// What would be right in a field.
const HINTS: Hints = &[
    ("/client", "Serve il codice che ha nel gestionale.", "The code that it has in your books is needed."),
    ("/name", "Serve il nome dell'azienda.", "The name of the company is needed."),
    ("/country", "Il paese sono due lettere, come IT.", "A country is two letters, as IT."),
    (
        "/tax_id",
        "La partita IVA non è di questo paese, o ha una cifra sbagliata.",
        "The VAT number is not of this country, or has a wrong digit.",
    ),
    ("/registry_id", "Il numero di registro non si può leggere.", "The register number cannot be read."),
    ("/sector", "Il settore è un codice ATECO o NACE, come 25.62.", "A sector is a NACE code, as 25.62."),
    ("/email", "L'indirizzo non si può leggere.", "The address cannot be read."),
    ("/phone", "Il telefono non si può leggere.", "The number cannot be read."),
    ("/credit_limit", "L'importo si scrive come 1.234,56.", "An amount is written as 1,234.56."),
    ("/portfolio", "Scegli un portafoglio.", "Choose a portfolio."),
];

fn words(t: Tongue) -> &'static Words {
    t.pick(&IT, &EN)
}

#[cfg(test)]
pub(super) const ALL_WORDS: &[(&str, &str, &str)] = ALL;

/// A client as it is typed.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ClientForm {
    client: String,
    name: String,
    country: String,
    tax_id: String,
    registry_id: String,
    sector: String,
    city: String,
    address: String,
    email: String,
    phone: String,
    credit_limit: String,
    portfolio: String,
}

impl ClientForm {
    /// The client as the API takes it.
    fn body(&self, t: Tongue) -> Vec<u8> {
        let limit = plain_number(&self.credit_limit, t);
        let fields = [
            ("name", said(&self.name)),
            ("country", said(&self.country).map(|country| country.to_uppercase())),
            ("tax_id", said(&self.tax_id)),
            ("registry_id", said(&self.registry_id)),
            ("sector", said(&self.sector)),
            ("city", said(&self.city)),
            ("address", said(&self.address)),
            ("email", said(&self.email)),
            ("phone", said(&self.phone)),
            ("credit_limit", limit),
        ];
        let fields = fields.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))));
        Value::Object(fields.collect::<Map<_, _>>()).to_string().into_bytes()
    }
}

#[derive(Template)]
#[template(path = "templates/new_client.html", config = ".askama.toml")]
struct NewPage {
    frame: Frame,
    w: &'static Words,
    form: ClientForm,
    portfolios: Vec<Choice>,
    refused: Option<Refused>,
}

async fn new_page(house: &House, guest: &Guest, form: ClientForm, refused: Option<Refused>) -> Result<Response, Fault> {
    let names = house.desk.portfolio_names(&guest.visitor.caller).await?;
    let names: Vec<_> = names.iter().map(|name| (name.as_str(), name.clone())).collect();
    let w = words(guest.look.tongue);
    page(&NewPage {
        frame: Frame::of(guest, Tab::Clients, w.begin),
        w,
        portfolios: choices(&names, &form.portfolio),
        form,
        refused,
    })
}

/// Where a client is typed.
pub(super) async fn begin(State(house): State<House>, guest: Guest) -> Result<Response, Fault> {
    guest.must_be(Rank::Analyst)?;
    new_page(&house, &guest, ClientForm::default(), None).await
}

/// Takes a client whose code is nobody's yet: one that is there is not written over by a slip of the pen.
pub(super) async fn create(
    State(house): State<House>,
    ByAnalyst(guest, form): ByAnalyst<ClientForm>,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let (code, portfolio) = (form.client.trim(), said(&form.portfolio));
    let wanted = Wanted { caller: &guest.visitor.caller, code, portfolio: portfolio.as_deref() };
    let refused = match house.desk.client(&wanted).await {
        Ok(_) | Err(Error::Ambiguous(_)) => Refused::saying(words(t).known),
        Err(Error::NotFound(_)) => {
            let taken = house.desk.put_client(&guest.visitor.caller, code, portfolio.as_deref(), &form.body(t)).await;
            match taken {
                Ok((client, _)) => {
                    let href = client_href(&client.client);
                    return Ok(Redirect::to(&format!("{href}?portfolio={}", part(&client.portfolio))).into_response());
                }
                Err(error) => Refused::of(error.into(), HINTS, t)?,
            }
        }
        Err(error) => return Err(error.into()),
    };
    new_page(&house, &guest, form, Some(refused)).await
}
