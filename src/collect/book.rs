//! The clients as one run sees them: who is asked about, and whose record it is.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::{Error, Request, Watched, schedule};
use crate::{
    domain::{ClientId, PortfolioId, Prospect, Sha256, SourceId},
    resolve::{Decision, Index},
    store::{ClientFilter, ReviewDecision, Stake, Store, subject_of_record},
};

/// Clients read from the store at a time.
const CLIENTS_PER_PAGE: usize = 1_000;

/// Names of a client beside its own: a company that changed its name more often is a register's mistake, and every name
/// is one more that a stranger's record may be taken for.
const MAX_OTHER_NAMES: usize = 20;

/// All clients, once per run.
pub(super) struct Book {
    pub(super) watched: Vec<Watched>,
    pub(super) index: Index,
    /// Whose client each is, and when we learned of its newest version.
    entries: HashMap<ClientId, (PortfolioId, Timestamp)>,
    newest: Option<Timestamp>,
    /// What is at stake with each client; read when the first source asks about clients.
    stakes: OnceCell<Stakes>,
    /// What persons said of the subjects of each source.
    judgements: Judgements,
}

/// What is at stake with the clients, and what the ledger leaves unpaid of those that were never rated.
pub(super) struct Stakes {
    pub(super) stakes: Vec<Stake>,
    pub(super) unpaid: HashMap<ClientId, f64>,
}

/// By source and subject: which clients they were asked about, what they said, and its place in the order of all that was
/// said.
type Judgements = HashMap<(SourceId, Sha256), Vec<(ClientId, ReviewDecision, usize)>>;

impl Book {
    /// Reads all clients of all portfolios and builds the index; merged ones are looked for under their own names.
    pub(super) async fn open(store: &Store) -> Result<Self, Error> {
        let portfolios = store.facts().portfolios().await?.into_iter().map(|(id, _)| id).collect();
        let filter = ClientFilter { portfolios, ..ClientFilter::default() };
        let (mut watched, mut entries) = (Vec::new(), HashMap::new());
        loop {
            let after = watched.last().map(|last: &Watched| last.client);
            let page = store.facts().clients(&filter, after, CLIENTS_PER_PAGE).await?;
            let is_last = page.len() < CLIENTS_PER_PAGE;
            for client in page {
                entries.insert(client.id, (client.portfolio, client.known_at));
                watched.push(Watched { client: client.id, who: client.facts.who });
            }
            if is_last {
                break;
            }
        }
        let mut known = Known { watched, entries };
        for (client, name, at) in store.facts().other_names().await? {
            known.learn(client, &name, at);
        }
        // Codes that are merged stay rivals: a record that is sure of neither waits for a person, or it would be found on
        // both when the merger is taken back.
        let book = Self::build(known.watched, known.entries).await?;
        Ok(Self { judgements: read_judgements(store).await?, ..book })
    }

    /// Without what only a collection needs, to be kept.
    pub(super) fn for_inquiries(self) -> Self {
        Self { watched: Vec::new(), judgements: Judgements::new(), ..self }
    }

    /// The same clients with a company before them that is nobody's client, as if it were one of this portfolio: they are its
    /// rivals for every record, and show how rare its name is. What persons said is what they have said by now.
    pub(super) async fn with_first(
        self: Arc<Self>,
        store: &Store,
        (company, portfolio, who): (ClientId, PortfolioId, Prospect),
    ) -> Result<Self, Error> {
        let judgements = read_judgements(store).await?;
        let building = tokio::task::spawn_blocking(move || {
            let mut entries = self.entries.clone();
            entries.insert(company, (portfolio, Timestamp::MIN));
            let (watched, index, newest) = (Vec::new(), self.index.with_first((company, who)), self.newest);
            Self { watched, index, entries, newest, stakes: OnceCell::new(), judgements }
        });
        building.await.map_err(|_| Error::Panicked("the index of clients"))
    }

    async fn build(watched: Vec<Watched>, entries: HashMap<ClientId, (PortfolioId, Timestamp)>) -> Result<Self, Error> {
        let newest = entries.values().map(|(_, known_at)| *known_at).max();
        let building = tokio::task::spawn_blocking(move || {
            let index = Index::new(watched.iter().map(|w| (w.client, w.who.clone())));
            Self { watched, index, entries, newest, stakes: OnceCell::new(), judgements: Judgements::new() }
        });
        building.await.map_err(|_| Error::Panicked("the index of clients"))
    }

    /// Reads what is at stake with each client, once.
    pub(super) async fn read_stakes(&self, store: &Store) -> Result<&Stakes, Error> {
        self.stakes
            .get_or_try_init(|| async {
                let stakes = store.ratings().exposures().await?;
                let says_nothing = |stake: &&Stake| {
                    stake.exposure_minor.is_none() && stake.credit_limit.is_none() && stake.yearly_value.is_none()
                };
                let unrated: Vec<_> = stakes.iter().filter(says_nothing).map(|stake| stake.client).collect();
                let mut unpaid = HashMap::with_capacity(unrated.len());
                for clients in unrated.chunks(CLIENTS_PER_PAGE) {
                    let dossiers = store.dossiers().of_many(clients, Timestamp::MAX).await?;
                    unpaid.extend(dossiers.iter().map(|(client, dossier)| (*client, schedule::unpaid(dossier))));
                }
                Ok(Stakes { stakes, unpaid })
            })
            .await
    }

    /// What [`Book::read_stakes`] has read.
    pub(super) fn stakes(&self) -> Option<&Stakes> {
        self.stakes.get()
    }

    /// What persons said last of a subject of a source, or of this one record of it, once for each client.
    pub(super) fn judged(
        &self,
        source: &SourceId,
        subject: Option<Sha256>,
        own_id: &str,
    ) -> Vec<(ClientId, ReviewDecision)> {
        if self.judgements.is_empty() {
            return Vec::new();
        }
        let subjects = subject.into_iter().chain([subject_of_record(own_id)]);
        let said = subjects.filter_map(|subject| self.judgements.get(&(source.clone(), subject))).flatten();
        let mut said: Vec<_> = said.copied().collect();
        said.sort_by_key(|(client, _, place)| (*client, std::cmp::Reverse(*place)));
        said.dedup_by_key(|(client, ..)| *client);
        said.into_iter().map(|(client, decision, _)| (client, decision)).collect()
    }

    pub(super) fn portfolio(&self, client: ClientId) -> Option<PortfolioId> {
        self.entries.get(&client).map(|(portfolio, _)| *portfolio)
    }

    /// Says whom a question asks about, where its source named only a subject: the clients that the subject surely is.
    pub(super) fn name_whom(&self, request: &mut Request) {
        if let (true, Some(about)) = (request.whom.is_empty(), &request.about)
            && let Decision::Link(candidates) = self.index.resolve(about)
        {
            request.whom = candidates.into_iter().map(|candidate| candidate.client).collect();
        }
    }

    /// Whether a client came, or changed its name or numbers, after an answer was read: then the same bytes may say
    /// something new, and the question must be asked as if for the first time.
    pub(super) fn has_news_since(&self, seen_at: Timestamp, request: &Request) -> bool {
        let Some(about) = &request.about else { return self.newest.is_some_and(|newest| newest > seen_at) };
        let (Decision::Link(candidates) | Decision::Review(candidates)) = self.index.resolve(about) else {
            return false;
        };
        let known_at = |client| self.entries.get(client).map(|(_, known_at)| *known_at);
        candidates.iter().any(|candidate| known_at(&candidate.client).is_some_and(|known_at| known_at > seen_at))
    }
}

async fn read_judgements(store: &Store) -> Result<Judgements, Error> {
    let mut judgements = Judgements::new();
    for (place, judgement) in store.facts().judgements().await?.into_iter().enumerate() {
        let subject = judgements.entry((judgement.source, judgement.fingerprint)).or_default();
        subject.push((judgement.client, judgement.decision, place));
    }
    Ok(judgements)
}

/// Clients in key order, and whose they are since when, before the index is built.
struct Known {
    watched: Vec<Watched>,
    entries: HashMap<ClientId, (PortfolioId, Timestamp)>,
}

impl Known {
    /// Gives a client another name that it is looked for by. Old answers may speak of it by a name that was learned since.
    fn learn(&mut self, client: ClientId, name: &str, at: Timestamp) {
        let Ok(place) = self.watched.binary_search_by_key(&client, |watched| watched.client) else { return };
        let who = &mut self.watched[place].who;
        let is_known = name == who.name || who.other_names.iter().any(|other| other == name);
        if is_known || who.other_names.len() >= MAX_OTHER_NAMES {
            return;
        }
        who.other_names.push(name.to_owned());
        if let Some((_, known_at)) = self.entries.get_mut(&client) {
            *known_at = at.max(*known_at);
        }
    }
}
