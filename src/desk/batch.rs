use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Caller, ClientView, Desk, Error, Result, Wanted, in_plain_words};
use crate::{
    domain::{PortfolioId, PortfolioName, Sha256},
    intake::{self, ClientInput, Content, InvoiceInput, Options, Outcome},
};

/// Rejects that are listed in an answer; the numbers count all of them.
const REJECTS_SHOWN: usize = 100;

/// How the rows of a request are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// A JSON array of objects.
    Json,
    /// A JSON object on each line.
    Ndjson,
    /// As an import file, without a map.
    Csv,
    /// As a workbook, without a map.
    Xlsx,
    /// As an electronic invoice, or as a bank's message.
    Xml,
}

impl BodyFormat {
    /// How a file of this format ends: what the evidence of a request is called by.
    const fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Xml => "xml",
        }
    }
}

/// What became of the rows of a request. Accepted and rejected add up to the rows sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportView {
    /// Rows taken: new, changed or unchanged.
    pub accepted: u64,
    /// New, or different from what was known.
    pub changed: u64,
    /// Said before.
    pub unchanged: u64,
    /// Rows refused.
    pub rejected: u64,
    /// Clients that were not there before.
    pub created_clients: u64,
    /// The first hundred refused rows.
    pub rejects: Vec<RejectView>,
    /// What was detected about the body, and the columns ignored.
    pub notes: Vec<String>,
    /// The number by which a file can be taken back for a day; null when it changed nothing, and for rows sent as JSON.
    pub import: Option<i64>,
}

/// A row that was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejectView {
    /// Line of a CSV body (the header is 1); otherwise the row's place, from 1.
    pub line: u64,
    /// The column; empty when the row as a whole is wrong.
    pub column: String,
    /// As it came.
    pub value: String,
    /// Stable: `missing`, `bad_date`, `bad_amount`, `unknown_client`…
    pub code: String,
    /// A sentence.
    pub reason: String,
}

impl From<Outcome> for ImportView {
    fn from(outcome: Outcome) -> Self {
        let reject = |r: intake::Reject| RejectView {
            line: r.line,
            column: r.column,
            value: r.value,
            code: r.code.to_owned(),
            reason: r.reason,
        };
        Self {
            accepted: outcome.accepted,
            changed: outcome.changed,
            unchanged: outcome.unchanged,
            rejected: outcome.rejected,
            created_clients: outcome.created_clients,
            rejects: outcome.rejects.into_iter().take(REJECTS_SHOWN).map(reject).collect(),
            notes: outcome.notes,
            import: outcome.import,
        }
    }
}

/// Rows that could be read, with the place of each, and those that could not.
struct Items<T> {
    inputs: Vec<T>,
    places: Vec<u64>,
    rejects: Vec<RejectView>,
}

impl<T> Items<T> {
    /// The outcome for all rows: places are those of the request, not of the rows that could be read.
    fn merge(self, outcome: Outcome) -> ImportView {
        let mut view = ImportView::from(outcome);
        for reject in &mut view.rejects {
            let place = usize::try_from(reject.line).unwrap_or(0).saturating_sub(1);
            reject.line = self.places.get(place).copied().unwrap_or(reject.line);
        }
        view.rejected += self.rejects.len() as u64;
        view.rejects.extend(self.rejects);
        view.rejects.sort_by_key(|reject| reject.line);
        view.rejects.truncate(REJECTS_SHOWN);
        view
    }
}

fn items<T: DeserializeOwned>(format: BodyFormat, bytes: &[u8]) -> Result<Items<T>> {
    let parsed: Vec<Result<T, serde_path_to_error::Error<serde_json::Error>>> = match format {
        BodyFormat::Json => {
            let rows: Vec<Value> =
                serde_json::from_slice(bytes).map_err(|e| Error::invalid("", format!("must be a JSON array: {e}")))?;
            rows.into_iter().map(|row| serde_path_to_error::deserialize(row)).collect()
        }
        BodyFormat::Ndjson | BodyFormat::Csv | BodyFormat::Xlsx | BodyFormat::Xml => bytes
            .split(|b| *b == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
            .map(|line| serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(line)))
            .collect(),
    };
    let mut items = Items { inputs: Vec::new(), places: Vec::new(), rejects: Vec::new() };
    for (place, row) in (1..).zip(parsed) {
        match row {
            Ok(input) => {
                items.inputs.push(input);
                items.places.push(place);
            }
            Err(e) => {
                let (pointer, reason) = in_plain_words(&e);
                items.rejects.push(RejectView {
                    line: place,
                    column: pointer.trim_start_matches('/').to_owned(),
                    value: String::new(),
                    code: "bad_row".to_owned(),
                    reason,
                });
            }
        }
    }
    Ok(items)
}

impl Desk {
    /// Takes the clients of a request, row by row.
    pub async fn put_clients(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        format: BodyFormat,
        bytes: &[u8],
    ) -> Result<ImportView> {
        let (id, name) = self.target(caller, portfolio).await?;
        self.importing(caller, "clients.import", &name, bytes).await?;
        let view = match format {
            BodyFormat::Csv | BodyFormat::Xlsx => self.import(Content::Clients, name, (format, bytes)).await?,
            BodyFormat::Xml => return Err(Error::invalid("", "clients come as a table or as JSON")),
            _ => self.put_client_items(id, "POST /v1/clients", items(format, bytes)?, bytes).await?,
        };
        self.touched.notify_one();
        Ok(view)
    }

    /// Takes the invoices of a request, row by row. Their clients must be known.
    pub async fn put_invoices(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        format: BodyFormat,
        bytes: &[u8],
    ) -> Result<ImportView> {
        let (id, name) = self.target(caller, portfolio).await?;
        self.importing(caller, "invoices.import", &name, bytes).await?;
        let view = match format {
            BodyFormat::Csv | BodyFormat::Xlsx | BodyFormat::Xml => {
                self.import(Content::Invoices, name, (format, bytes)).await?
            }
            _ => {
                let items: Items<InvoiceInput> = items(format, bytes)?;
                let (store, now) = (&self.store, self.clock.now());
                let path = "POST /v1/invoices";
                let outcome = intake::put_invoice_inputs(store, id, path, &items.inputs, bytes, now).await?;
                items.merge(outcome)
            }
        };
        self.touched.notify_one();
        Ok(view)
    }

    /// Takes one client under the code it is asked for by; says whether it was new.
    pub async fn put_client(
        &self,
        caller: &Caller,
        code: &str,
        portfolio: Option<&str>,
        bytes: &[u8],
    ) -> Result<(ClientView, bool)> {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let mut input: ClientInput = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
            let (pointer, why) = in_plain_words(&e);
            Error::invalid(pointer, why)
        })?;
        if !matches!(input.get("client"), "") && input.get("client") != code {
            return Err(Error::invalid("/client", "must be the code in the path, or be left out"));
        }
        input.set("client", code);
        let (id, name) = self.target(caller, portfolio).await?;
        let one = Items { inputs: vec![input], places: vec![1], rejects: Vec::new() };
        self.importing(caller, "client.put", &name, bytes).await?;
        let view = self.put_client_items(id, "PUT /v1/clients", one, bytes).await?;
        if let Some(reject) = view.rejects.first() {
            return Err(Error::invalid(format!("/{}", reject.column), &reject.reason));
        }
        self.touched.notify_one();
        let client = self.client(&Wanted { caller, code, portfolio: Some(name.as_str()) }).await?;
        Ok((client, view.created_clients > 0))
    }

    async fn put_client_items(
        &self,
        portfolio: PortfolioId,
        path: &str,
        items: Items<ClientInput>,
        bytes: &[u8],
    ) -> Result<ImportView> {
        let (store, now) = (&self.store, self.clock.now());
        let outcome = intake::put_client_inputs(store, portfolio, path, &items.inputs, bytes, now).await?;
        Ok(items.merge(outcome))
    }

    async fn import(
        &self,
        content: Content,
        portfolio: PortfolioName,
        (format, bytes): (BodyFormat, &[u8]),
    ) -> Result<ImportView> {
        let name = format!("{}.{}", content.word(), format.ending());
        let options = Options {
            content,
            creditor: self.creditors.get(&portfolio).cloned(),
            portfolio,
            map: None,
            backfill: false,
            create_clients: false,
            dry_run: false,
            terms_days: self.terms_days,
        };
        let outcome = intake::import(&self.store, &name, bytes, &options, self.clock.now(), &|_, _| {}).await;
        match outcome {
            Ok(outcome) => Ok(ImportView::from(outcome)),
            Err(intake::Error::File { why, .. }) => Err(Error::invalid("", why)),
            Err(other) => Err(other.into()),
        }
    }

    /// Writes into the log who brings what, before any of it is taken: whoever is told that nothing could be written may rely
    /// on it, and no row is in the books without the name of whoever brought it. What rows were made of is kept as evidence under this hash.
    pub(super) async fn importing(
        &self,
        caller: &Caller,
        what: &str,
        portfolio: &PortfolioName,
        bytes: &[u8],
    ) -> Result<()> {
        let details = serde_json::json!({"bytes": bytes.len(), "sha256": Sha256::of(bytes).to_string()});
        self.note(caller, what, portfolio.as_str(), &details).await
    }
}

#[cfg(test)]
mod tests {
    use super::{BodyFormat, items};
    use crate::intake::{ClientInput, Outcome};

    #[test]
    fn a_row_that_cannot_be_read_keeps_its_place() {
        let body = b"{\"client\":\"A\",\"name\":\"Alfa\"}\n{\"client\":\"B\",\"colour\":1}\n\n{\"client\":\"C\",\"name\":\"Gamma\"}\n";
        let items = items::<ClientInput>(BodyFormat::Ndjson, body).unwrap();
        assert_eq!(items.places, [1, 3]);
        let view = items.merge(Outcome { accepted: 2, ..Outcome::default() });
        assert_eq!((view.accepted, view.rejected), (2, 1));
        assert_eq!((view.rejects[0].line, view.rejects[0].code.as_str()), (2, "bad_row"));
        let reason = &view.rejects[0].reason;
        assert!(view.rejects[0].column == "colour" && reason.starts_with("is not known here"), "{reason}");
    }
}
