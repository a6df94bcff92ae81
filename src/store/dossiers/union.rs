//! The dossier of a client that is one company with others: its own facts, and theirs beside them.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use jiff::Timestamp;

use super::build;
use crate::{
    domain::{ClientId, Dossier, InvoiceKey, KnownSignal, LedgerLine, LineClaim},
    store::{
        Result,
        backend::{Conn, Query},
        rows::{Cells, millis},
    },
};

/// By survivor: who was known to be the same company, in key order.
pub(super) type Pointers = BTreeMap<ClientId, Vec<ClientId>>;

/// Every merger in force at an instant. They are as many as persons have decided, so all of them are read at once.
pub(super) async fn pointers(conn: &mut Conn, known_at: Timestamp) -> Result<Pointers> {
    let sql = "select survivor, client from merger
         where from_known <= $1 and (to_known is null or to_known > $1) order by client";
    let mut pointers = Pointers::new();
    for row in conn.all(Query::new(sql).bind(millis(known_at))).await? {
        let cells = Cells::of("merger", &row);
        pointers.entry(cells.client(0)?).or_default().push(cells.client(1)?);
    }
    Ok(pointers)
}

/// The dossiers of survivors, each united with those of its merged clients.
pub(super) async fn united(
    conn: &mut Conn,
    survivors: Vec<ClientId>,
    pointers: &Pointers,
    known_at: Timestamp,
) -> Result<BTreeMap<ClientId, Dossier>> {
    if survivors.is_empty() {
        return Ok(BTreeMap::new());
    }
    let merged = |survivor: ClientId| pointers.get(&survivor).map_or(&[][..], Vec::as_slice);
    let all: Vec<ClientId> = survivors.iter().flat_map(|s| merged(*s)).chain(&survivors).copied().collect();
    let mut own = build::dossiers(conn, &all).await?;
    let mut united = BTreeMap::new();
    for survivor in survivors {
        let Some(mut dossier) = own.remove(&survivor) else { continue };
        let mut beside = Beside::new();
        for client in merged(survivor) {
            if let Some(other) = own.remove(client) {
                unite(&mut dossier, &mut beside, *client, other, known_at);
            }
        }
        in_order(&mut dossier, known_at);
        united.insert(survivor, dossier);
    }
    Ok(united)
}

/// What takes the place of clients' own dossiers on a page: the union for a survivor, nothing for who is merged.
pub(super) async fn on_page(
    conn: &mut Conn,
    clients: Range<i64>,
    known_at: Timestamp,
) -> Result<HashMap<ClientId, Option<Dossier>>> {
    let pointers = pointers(conn, known_at).await?;
    let is_here = |client: &ClientId| clients.contains(&client.get());
    let survivors = pointers.keys().copied().filter(is_here).collect();
    let united = united(conn, survivors, &pointers, known_at).await?;
    let gone = pointers.values().flatten().copied().filter(is_here).map(|client| (client, None));
    Ok(united.into_iter().map(|(survivor, dossier)| (survivor, Some(dossier))).chain(gone).collect())
}

/// By the number of an invoice: the keys of others of that number that came under other codes.
type Beside = HashMap<InvoiceKey, Vec<InvoiceKey>>;

/// Of the invoices of clients merged into a survivor, those that have another key in its dossier: by whose they are and what
/// their own key is.
pub(in crate::store) async fn beside(
    conn: &mut Conn,
    survivor: ClientId,
    known_at: Timestamp,
) -> Result<HashMap<(ClientId, InvoiceKey), InvoiceKey>> {
    let pointers = pointers(conn, known_at).await?;
    let Some(merged) = pointers.get(&survivor) else { return Ok(HashMap::new()) };
    let all: Vec<ClientId> = merged.iter().chain([&survivor]).copied().collect();
    let mut own = build::dossiers(conn, &all).await?;
    let Some(mut dossier) = own.remove(&survivor) else { return Ok(HashMap::new()) };
    let (mut beside, mut renamed) = (Beside::new(), HashMap::new());
    for client in merged {
        let Some(other) = own.remove(client) else { continue };
        for (key, united) in unite(&mut dossier, &mut beside, *client, other, known_at) {
            renamed.insert((*client, key), united);
        }
    }
    Ok(renamed)
}

/// Puts what lies under a merged client's code beside what lies under the survivor's. What the creditor says of the
/// survivor (limit, trade, since when) is what holds for both. Answers the invoices that got another key, and which.
fn unite(
    dossier: &mut Dossier,
    beside: &mut Beside,
    client: ClientId,
    other: Dossier,
    known_at: Timestamp,
) -> Vec<(InvoiceKey, InvoiceKey)> {
    let mut renamed = Vec::new();
    let mut lines = Vec::with_capacity(other.ledger.len());
    for revisions in other.ledger.chunk_by(|a, b| a.invoice == b.invoice) {
        let key = key_beside(&dossier.ledger, beside, client, revisions, known_at);
        lines.extend(revisions.iter().map(|line| LedgerLine { invoice: key, ..*line }));
        let own = revisions.first().map(|line| line.invoice).filter(|own| *own != key);
        renamed.extend(own.map(|own| (own, key)));
    }
    let united: HashMap<InvoiceKey, InvoiceKey> = renamed.iter().copied().collect();
    let key = |own: InvoiceKey| united.get(&own).copied().unwrap_or(own);
    dossier.claims.extend(other.claims.into_iter().map(|told| LineClaim { invoice: key(told.invoice), ..told }));
    dossier.claims.sort_by_key(LineClaim::key);
    dossier.ledger.extend(lines);
    dossier.ledger.sort_by_key(|line| (line.invoice, line.known_at, line.batch));
    dossier.signals.extend(other.signals);
    renamed
}

/// The key that an invoice of a merged client has among those that are there. A number is unique for one client only, so
/// two invoices of one number are two, unless they are of the same day and amount, as far as was known then: then it is one
/// that came under both codes, and is owed once.
fn key_beside(
    ours: &[LedgerLine],
    beside: &mut Beside,
    client: ClientId,
    revisions: &[LedgerLine],
    known_at: Timestamp,
) -> InvoiceKey {
    let Some(key) = revisions.first().map(|line| line.invoice) else { return InvoiceKey::new(0) };
    let under = |key: InvoiceKey| {
        let from = ours.partition_point(|line| line.invoice < key);
        let to = ours.partition_point(|line| line.invoice <= key);
        &ours[from..to]
    };
    if under(key).is_empty() {
        return key;
    }
    let document = |lines: &[LedgerLine]| {
        let known = lines.iter().filter(|line| line.known_at <= known_at);
        known.max_by_key(|line| (line.known_at, line.batch)).map(|line| (line.kind, line.issued_on, line.amount))
    };
    let keys = beside.entry(key).or_default();
    let its = document(revisions);
    let same = std::iter::once(&key).chain(keys.iter()).find(|key| its.is_some() && document(under(**key)) == its);
    if let Some(same) = same {
        return *same;
    }
    let own = InvoiceKey::of(&format!("{} under {client}", key.get()));
    keys.push(own);
    own
}

/// Signals by when they were known, each once: of several links to one signal the surest that was known then counts.
fn in_order(dossier: &mut Dossier, known_at: Timestamp) {
    dossier.signals.sort_by(|a, b| {
        let is_later = |signal: &KnownSignal| signal.known_at > known_at;
        let by_certainty = b.certainty.get().total_cmp(&a.certainty.get());
        a.id.cmp(&b.id).then(is_later(a).cmp(&is_later(b))).then(by_certainty).then(a.known_at.cmp(&b.known_at))
    });
    dossier.signals.dedup_by_key(|signal| signal.id);
    dossier.signals.sort_by_key(|signal| (signal.known_at, signal.id));
}
