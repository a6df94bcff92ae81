//! Files that were taken, and how one is taken back.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Desk, Error, Result, Slice};
use crate::{
    domain::{ClientId, PortfolioId},
    intake::{self, Left, Why},
    store::{Entry, ImportRow},
};

/// Things left that are listed in an answer; the numbers count all of them.
const LEFT_SHOWN: usize = 100;

/// A file that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TakenView {
    /// Its number.
    pub id: i64,
    /// Whose book it went to.
    pub portfolio: String,
    /// `clients`, `invoices` or `payments`.
    pub kind: String,
    /// The file's name; what came without one is called by its kind.
    pub file: String,
    /// When it was taken.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Rows taken.
    pub rows: u64,
    /// Whether it was taken to its end: not while it is being taken, nor where it broke off. What it wrote until then can be
    /// taken back as well.
    pub finished: bool,
    /// Whether it can be taken back now.
    pub can_be_undone: bool,
    /// Until when it could be, and can if it was not.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// When it was taken back; null while it was not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undone_at: Option<Timestamp>,
    /// By whom.
    pub undone_by: Option<String>,
}

/// What became of a file that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnsaidView {
    /// The import's number.
    pub id: i64,
    /// Clients and invoices that are again as they were before the file.
    pub restored: u64,
    /// Invoices and payments that were new with the file, and are no longer there.
    pub withdrawn: u64,
    /// What a later file or call has changed: it is left as it is.
    pub changed_since: u64,
    /// What stays whatever becomes of the file: clients that were new with it, and money that the bank took back.
    pub kept: u64,
    /// The first hundred of those that are left.
    pub left: Vec<LeftView>,
}

/// Something that a file brought and that is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeftView {
    /// `changed_since` or `kept`.
    pub why: String,
    /// The creditor's code of the client; null for a payment.
    pub client: Option<String>,
    /// The invoice's number; null when it is the client itself, or a payment.
    pub invoice: Option<String>,
    /// The payment's number.
    pub payment: Option<i64>,
}

impl Desk {
    /// Files that were taken and changed something, newest first, those before `before`.
    pub async fn imports(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Slice<TakenView>> {
        let names: HashMap<_, _> = self.portfolios(caller, portfolio).await?.into_iter().collect();
        let portfolios: Vec<PortfolioId> = names.keys().copied().collect();
        let mut found =
            self.store.facts().imports(&portfolios, before.unwrap_or(i64::MAX), limit.saturating_add(1)).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|import| import.id);
        let now = self.clock.now();
        let view = |import: ImportRow| TakenView {
            portfolio: names.get(&import.portfolio).map(ToString::to_string).unwrap_or_default(),
            can_be_undone: import.can_be_undone(now),
            until: import.until(),
            finished: import.is_finished(),
            id: import.id,
            kind: import.kind,
            file: import.name,
            at: import.at,
            rows: import.n_rows,
            undone_at: import.undone.as_ref().map(|(at, _)| *at),
            undone_by: import.undone.map(|(_, by)| by),
        };
        Ok(Slice { items: found.into_iter().map(view).collect(), next })
    }

    /// Takes a file back within a day: what it said is unsaid from now on, as far as nobody has said otherwise since; noted in
    /// the audit log.
    pub async fn undo_import(&self, caller: &Caller, id: i64) -> Result<UnsaidView> {
        let import = self.store.facts().import(id).await?.filter(|import| caller.reach.sees(import.portfolio));
        let import = import.ok_or(Error::NotFound("import"))?;
        let now = self.clock.now();
        if import.undone.is_some() {
            return Err(Error::Busy("the import was undone before"));
        }
        if !import.can_be_undone(now) {
            return Err(Error::Busy(
                "the import is more than 24 hours old: import the right file, which changes what is wrong",
            ));
        }
        let details = serde_json::json!({"kind": import.kind, "at": import.at.to_string()}).to_string();
        let object = id.to_string();
        let note = Entry { who: &caller.name, what: "import.undone", object: &object, details: &details };
        let unsaid = intake::undo_import(&self.store, &import, &note, now).await?;
        let unsaid = unsaid.ok_or(Error::Busy("the import was undone before"))?;
        self.touched.notify_one();
        let n = |why| unsaid.left.iter().filter(|left| left.why == why).count() as u64;
        let shown: Vec<&Left> = unsaid.left.iter().take(LEFT_SHOWN).collect();
        let ids: Vec<ClientId> = shown.iter().filter_map(|left| left.client).collect();
        let clients = self.store.facts().clients_by_id(&ids).await?;
        let view = |left: &Left| LeftView {
            why: if left.why == Why::Kept { "kept" } else { "changed_since" }.to_owned(),
            client: left.client.and_then(|id| clients.get(&id)).map(|client| client.code.to_string()),
            invoice: left.invoice.clone(),
            payment: left.payment,
        };
        Ok(UnsaidView {
            id,
            restored: unsaid.restored,
            withdrawn: unsaid.withdrawn,
            changed_since: n(Why::ChangedSince),
            kept: n(Why::Kept),
            left: shown.into_iter().map(view).collect(),
        })
    }
}
