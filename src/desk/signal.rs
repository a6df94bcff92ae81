use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Desk, EvidenceView, Result, Slice, Wanted, fields_of};
use crate::{
    domain::{Certainty, ClientId, Signal, SignalId},
    store::LinkedSignal,
};

/// Something that an open source said about a client.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SignalView {
    /// Its name.
    pub signal: String,
    /// The code that it came under, where that is a client merged into the one asked for; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Who said it.
    pub source: String,
    /// What kind of thing it is: `company_status`, `protest`, `news`…
    pub kind: String,
    /// Since when it is so.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// When it was learned.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// A register or gazette, not a newspaper or a salesman.
    pub official: bool,
    /// How sure it is that this is about the client, 0 to 1.
    pub certainty: f64,
    /// Where a person can read it.
    pub url: Option<String>,
    /// What it says, by kind.
    #[schema(value_type = Object)]
    pub fields: Value,
    /// What was read.
    pub evidence: EvidenceView,
}

impl SignalView {
    pub(super) fn new(signal: Signal, certainty: Certainty) -> Self {
        Self {
            signal: signal.id.to_string(),
            client: None,
            source: signal.source.to_string(),
            kind: signal.fact.kind().to_owned(),
            valid_at: signal.valid_at,
            known_at: signal.known_at,
            official: signal.is_official,
            certainty: certainty.get(),
            url: signal.url,
            fields: fields_of(&signal.fact),
            evidence: EvidenceView::Read {
                signal: Some(signal.id.to_string()),
                source: signal.source.to_string(),
                url: signal.evidence.url,
                seen_at: signal.evidence.seen_at,
                sha256: signal.evidence.sha256.to_string(),
            },
        }
    }
}

impl Desk {
    /// Signals linked to a client, or to those merged into it, newest first, before `before`.
    pub async fn signals(
        &self,
        wanted: &Wanted<'_>,
        before: Option<SignalId>,
        limit: usize,
    ) -> Result<Slice<SignalView, SignalId>> {
        let client = self.find(wanted).await?;
        let whose = self.whose(&client).await?;
        let ids: Vec<ClientId> = whose.iter().map(|(id, _)| *id).collect();
        let linked = self.store.facts().signals_of(&ids, before, limit + 1).await?;
        let next = (linked.len() > limit).then(|| linked[limit - 1].signal.id);
        let under = |id: ClientId| whose.iter().find(|(other, _)| *other == id).map(|(_, code)| code.to_string());
        let view = |link: LinkedSignal| SignalView {
            client: under(link.client).filter(|_| link.client != client.id),
            ..SignalView::new(link.signal, link.certainty)
        };
        Ok(Slice { items: linked.into_iter().take(limit).map(view).collect(), next })
    }
}
