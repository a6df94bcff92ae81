//! Something that was recorded by mistake, and is taken back.
//!
//! # Why
//!
//! *Why is it not erased?* Because it was believed for a while, and what was done meanwhile followed from it: whoever asks how a
//! client was treated on a day before still finds it, and the audit log says who recorded it and who took it back.

use super::{Desk, Error, Result, TreatmentView, Wanted};
use crate::{
    domain::{AsOf, ClientId, Outcome, OutcomeId, OutcomeKind},
    store::{Entry, Withdrawn},
    treat,
};

impl Desk {
    /// Takes back what was recorded by mistake under one of a client's codes, and answers the treatment that follows. How
    /// something ended goes before its beginning: alone, it would tell of another promise or dispute.
    pub async fn withdraw_action(&self, wanted: &Wanted<'_>, action: &str) -> Result<TreatmentView> {
        let client = self.find_own(wanted).await?;
        let unknown = || Error::NotFound("action");
        let id: OutcomeId = action.parse().map_err(|_| unknown())?;
        let codes: Vec<ClientId> = self.whose(&client).await?.into_iter().map(|(code, _)| code).collect();
        let as_of = AsOf::at(self.clock.now());
        let before = self.rescorer.examine(client.id, as_of, None).await?;
        let mistaken = before.outcomes.iter().find(|outcome| outcome.id == id).ok_or_else(unknown)?;
        let kind = mistaken.kind.as_str();
        let details =
            serde_json::json!({"kind": kind, "on": mistaken.on.to_string(), "id": id.to_string()}).to_string();
        let (who, object) = (wanted.caller.name.as_str(), client.code.as_str());
        let note = Entry { who, what: "action.withdrawn", object, details: &details };
        let may = |told: &[Outcome]| treat::end_of(mistaken, told).is_none();
        let treatments = self.store.treatments();
        match treatments.withdraw(client.id, &codes, id, (&note, as_of.known_at), &may).await? {
            Withdrawn::Done => self.touched.notify_one(),
            Withdrawn::Unknown => return Err(unknown()),
            Withdrawn::Needed => return Err(has_ended(mistaken)),
        }
        let examined = self.rescorer.examine(client.id, as_of, None).await?;
        self.treatment_view(&client, &examined, as_of).await
    }
}

fn has_ended(mistaken: &Outcome) -> Error {
    let what = match mistaken.kind {
        OutcomeKind::Promise => "the promise",
        OutcomeKind::Plan => "the plan",
        _ => "the dispute",
    };
    Error::Conflict(format!("how {what} ended is recorded, and would be told of another one: take that back first"))
}
