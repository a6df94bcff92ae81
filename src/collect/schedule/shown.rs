//! The order of questions as people and programs see it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use url::Url;

use super::{Order, QuestionWorth, Weighed};
use crate::{collect::Method, domain::ClientId};

/// Questions that each list shows; the others are counted. Ten thousand are more than anybody reads and less than a
/// terminal or a parser minds.
pub const MAX_QUESTIONS_SHOWN: usize = 10_000;

/// Parameters by which interfaces take their keys in the address itself.
const KEY_LIKE: [&str; 8] = ["key", "token", "secret", "password", "passwd", "auth", "signature", "credential"];

/// An address as it may be shown: what looks like a key in it is `***`.
pub fn without_secrets(url: &Url) -> String {
    let mut shown = url.clone();
    // An address without a host has no place for a name and a password either.
    if shown.set_username("").and_then(|()| shown.set_password(None)).is_err() {
        return url.path().to_owned();
    }
    if url.query().is_some() {
        let hidden = |name: &str| KEY_LIKE.iter().any(|word| name.to_lowercase().contains(word));
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let pairs = pairs.iter().map(|(name, value)| (name, if hidden(name) { "***" } else { value.as_str() }));
        shown.query_pairs_mut().clear().extend_pairs(pairs);
    }
    shown.to_string()
}

impl Order {
    /// The JSON of `collect --plan`; `codes` are the creditor's own of the clients that are shown.
    pub fn to_json(&self, codes: &HashMap<ClientId, String>) -> Map<String, Value> {
        let shown = |questions: &[Weighed]| {
            let shown = questions.iter().take(MAX_QUESTIONS_SHOWN).enumerate();
            shown.map(|(place, question)| question.to_json(place + 1, codes)).collect::<Vec<_>>()
        };
        let mut object = Map::new();
        object.insert("n_asked".to_owned(), json!(self.asked.len()));
        object.insert("n_left_out".to_owned(), json!(self.left_out.len()));
        object.insert("limit".to_owned(), json!(self.because));
        object.insert("asked".to_owned(), json!(shown(&self.asked)));
        object.insert("left_out".to_owned(), json!(shown(&self.left_out)));
        object
    }

    /// The clients of the questions that are shown.
    pub fn clients_shown(&self) -> impl Iterator<Item = ClientId> {
        let shown = |questions: &'_ [Weighed]| questions.len().min(MAX_QUESTIONS_SHOWN);
        let asked = self.asked.iter().take(shown(&self.asked));
        let all = asked.chain(self.left_out.iter().take(shown(&self.left_out)));
        all.flat_map(|question| question.request.whom.iter().copied())
    }
}

impl Weighed {
    fn to_json(&self, place: usize, codes: &HashMap<ClientId, String>) -> Value {
        let clients: Vec<_> = self.request.whom.iter().filter_map(|client| codes.get(client)).collect();
        json!({
            "place": place,
            "step": self.request.step,
            "method": if self.request.method == Method::Get { "GET" } else { "POST" },
            "address": without_secrets(&self.request.url),
            "clients": clients,
            "why": self.why(),
            "paid": self.is_paid,
            "value": self.worth.map(|worth| worth.value),
            "exposure": self.worth.map(|worth| worth.exposure),
            "p_changed": self.worth.map(|worth| worth.p_changed),
            "last_seen": self.worth.and_then(|worth| worth.last_seen).map(|seen| seen.to_string()),
        })
    }

    /// Why it stands where it stands, in words.
    pub fn why(&self) -> String {
        let Some(QuestionWorth { value, exposure, p_changed, last_seen }) = self.worth else {
            return "about everybody: comes first".to_owned();
        };
        let seen = last_seen.map_or_else(|| "never seen".to_owned(), |seen| format!("last seen {seen:.0}"));
        let percent = p_changed * 100.0;
        format!("worth {value:.2}: {exposure:.0} at stake, {seen}, changed since with {percent:.1} %")
    }
}
