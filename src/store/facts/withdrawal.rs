//! Taking facts out as if they had never been: their rows, their links, what waits for review, the pages they are packed
//! in, the bytes they were read from, and every pointer and value in past reasons. Past grades stay, for they were
//! decisions; a receipt says that something was here, when it went and by which rule.
//!
//! # Why
//!
//! *Why do the bytes go although another fact rests on them?* Where the law takes a fact back (a cancelled protest, a term
//! of the law that is over, the number of an erased person), a document that names it is the fact, kept under another name. A document
//! of a register has no place where one record could be cut out for certain, so all of it goes; the others keep its hash,
//! address and day, by which it can be asked for again. Where only our own term is over (an old article, an old empty
//! answer), nothing speaks against keeping the bytes as long as something else rests on them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Facts, NewSignal,
    links::{Reached, Tie},
    marks::Marks,
    scrub::Names,
    unlisted::UNLISTED,
};
use crate::{
    domain::{Cause, ClientId, EventBody, Fact, PortfolioId, Sha256, SignalId},
    store::{
        Result,
        backend::{Query, Write, bulk, json_list},
        rows::{Cells, millis},
    },
};

/// Terms set by law: what they end is withdrawn like something cancelled.
const TERMS_OF_LAW: [&str; 3] = ["protest", "insolvency", "procedure_ended"];

/// Terms whose end is news to nobody: nothing but the age of a confirmation, a figure or a name.
const QUIET_TERMS: [&str; 5] = ["clean", "company_status", "identity", "indicator", "vat_check"];

/// Why facts go, and what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Leaving {
    /// For the receipt.
    receipt: String,
    /// For the announcement.
    rule: &'static str,
    /// The bytes go, whoever else rests on them.
    pub(super) is_final: bool,
    /// Announced, and rated as if without memory, only where a past reason named it.
    is_quiet: bool,
    /// Events up to this one name nothing of it any more: they were looked through before.
    pub(super) looked_until: i64,
}

impl Leaving {
    /// By a rule in words: `cancelled`, `erased`. What is only no longer listed may come again, and leaves the bytes to
    /// whoever rests on them.
    pub(super) fn by(rule: &str) -> Self {
        let known = ["cancelled", "erased", "expired"].into_iter().find(|known| *known == rule);
        Self {
            receipt: rule.to_owned(),
            rule: known.unwrap_or("withdrawn"),
            is_final: rule != UNLISTED,
            is_quiet: false,
            looked_until: 0,
        }
    }

    pub(super) fn expired(term: &str) -> Self {
        Self {
            receipt: format!("expired:{term}"),
            rule: "expired",
            is_final: TERMS_OF_LAW.contains(&term),
            is_quiet: QUIET_TERMS.contains(&term),
            looked_until: 0,
        }
    }

    /// Whether a receipt of this rule means that no document may name the record any more.
    pub(super) fn is_final_by(receipt: &str) -> bool {
        receipt.strip_prefix("expired:").is_none_or(|term| TERMS_OF_LAW.contains(&term))
    }
}

/// What a receipt of a signal is named by: the hash of its name, which is itself the hash of its content.
fn receipt_of(id: SignalId) -> Vec<u8> {
    Sha256::of(id.bytes()).bytes().to_vec()
}

/// What the receipt of a cancelled protest or a void announcement is named by; it keeps out older states of the same record that a source may
/// list after the cancellation.
fn receipt_of_record(source: &str, own_id: &str) -> Vec<u8> {
    Sha256::of(format!("cancelled\n{source}\n{own_id}").as_bytes()).bytes().to_vec()
}

/// The receipts that would keep a signal out.
pub(super) fn hashes(row: &NewSignal) -> Vec<Vec<u8>> {
    let mut hashes = vec![receipt_of(row.signal.id)];
    if matches!(row.signal.fact, Fact::Protest(_) | Fact::CompanyStatus(_) | Fact::Filing(_)) {
        hashes.push(receipt_of_record(row.signal.source.as_str(), &row.own_id));
    }
    hashes
}

impl Facts<'_> {
    /// Takes a signal out as if it had never been: row, links, bytes, pointers in past reasons; leaves a receipt and a
    /// `signal.withdrawn` event per client; marks the clients with cause expiry. False when there was no such signal.
    pub async fn withdraw(&self, id: SignalId, rule: &str, at: Timestamp) -> Result<bool> {
        let mut write = self.0.write().await?;
        let n = write.withdraw(&[id], &Leaving::by(rule), at).await?;
        write.commit().await?;
        if n > 0 {
            self.forget_traces().await?;
        }
        Ok(n > 0)
    }

    /// Takes out signals whose `term` is over, in one transaction; of a procedure that ended long ago everything that
    /// speaks of it, or its opening alone would look like a procedure that is still open. Answers how many went.
    /// [`Facts::forget_traces`] is left to whoever calls it for the last time.
    pub async fn expire(&self, ids: &[SignalId], term: &str, at: Timestamp) -> Result<u64> {
        let mut write = self.0.write().await?;
        let mut all = ids.to_vec();
        if term == "procedure_ended" {
            all.extend(write.same_procedures(ids).await?);
        }
        let n = write.withdraw(&all, &Leaving::expired(term), at).await?;
        write.commit().await?;
        Ok(n)
    }

    /// What a withdrawal leaves to be done outside its transaction: bytes that must go, and the write-ahead log, which
    /// would remember them. Doing it again changes nothing.
    pub async fn forget_traces(&self) -> Result<()> {
        self.drop_doomed().await?;
        self.0.tidy_up().await;
        Ok(())
    }
}

impl Write<'_> {
    /// Withdraws everything a source ever said under an own id, and keeps it out from now on.
    pub(super) async fn cancel(&mut self, source: &str, own_id: &str, at: Timestamp) -> Result<bool> {
        self.put_receipt(receipt_of_record(source, own_id), "cancelled", at).await?;
        let sql = "select id from signal where source = $1 and own_id = $2
             union select signal from review where source = $1 and own_id = $2";
        let mut ids = Vec::new();
        for row in self.all(Query::new(sql).bind(source).bind(own_id)).await? {
            ids.push(SignalId::new(Cells::of("signal", &row).array(0)?));
        }
        ids.extend(self.signals_of_prospects(source, own_id).await?);
        Ok(self.withdraw(&ids, &Leaving::by("cancelled"), at).await? > 0)
    }

    /// Takes signals out because the person they speak of is erased. Which documents name the person for certain, and go
    /// whoever rests on them, is looked for in their bytes.
    pub(super) async fn erase_signals(&mut self, ids: &[SignalId], at: Timestamp) -> Result<u64> {
        self.withdraw(ids, &Leaving { is_final: false, ..Leaving::by("erased") }, at).await
    }

    pub(super) async fn withdraw(&mut self, ids: &[SignalId], leaving: &Leaving, at: Timestamp) -> Result<u64> {
        let wanted: BTreeSet<SignalId> = ids.iter().copied().collect();
        let mut gone = self.withdraw_reviews(&wanted, leaving).await?;
        self.redact_assessments(&wanted, leaving.is_final).await?;
        let found = self.signals_to_go(&wanted).await?;
        let keys: Vec<i64> = found.iter().map(|s| s.key).collect();
        let linked = self.linked_clients(&keys).await?;
        if found.iter().any(|signal| signal.is_identity) {
            self.take("identity", 1).await?;
        }
        for sql in [
            "delete from link where signal in (select cast(value as bigint) from json_each($1))",
            "delete from signal where key in (select cast(value as bigint) from json_each($1))",
        ] {
            self.execute(Query::new(sql).bind(json_list(keys.iter()))).await?;
        }
        for signal in &found {
            gone.insert(signal.id);
            self.doom(&signal.sha256, leaving.is_final).await?;
        }
        for id in &gone {
            self.put_receipt(receipt_of(*id), &leaving.receipt, at).await?;
        }
        if !gone.is_empty() {
            self.forget_answers(true).await?;
        }
        // What is said of a market may stand among the reasons of anybody.
        let markets: Vec<SignalId> = found.iter().filter(|s| s.is_market).map(|s| s.id).collect();
        let mut named: BTreeMap<ClientId, PortfolioId> = self.scrub_markets(&markets, leaving.looked_until).await?;
        let ids_by_key: BTreeMap<i64, SignalId> = found.iter().map(|s| (s.key, s.id)).collect();
        let mut dirty = Marks::default();
        for ((client, portfolio), Reached { keys, tie }) in linked {
            let names: Names = keys.iter().filter_map(|key| ids_by_key.get(key)).copied().collect();
            if self.scrub_client(client, &names).await? || !(leaving.is_quiet || tie == Tie::Past) {
                named.insert(client, portfolio);
            }
            if tie == Tie::Own {
                dirty.add(client, at);
            }
        }
        self.tell_withdrawn(&named, leaving, at).await?;
        self.empty_pages(&dirty).await?;
        self.put_dirty(&dirty).await?;
        Ok(u64::try_from(gone.len()).unwrap_or(u64::MAX))
    }

    /// Everybody whose reasons may have named it is told, and is rated anew without memory.
    pub(super) async fn tell_withdrawn(
        &mut self,
        named: &BTreeMap<ClientId, PortfolioId>,
        leaving: &Leaving,
        at: Timestamp,
    ) -> Result<()> {
        let body = EventBody::SignalWithdrawn { rule: leaving.rule.to_owned() };
        let mut marks = Marks::default();
        for (client, portfolio) in named {
            self.announce(at, Some(*portfolio), Some(*client), &body).await?;
            marks.add(*client, at);
        }
        self.put_marks(&marks, Cause::Expiry).await
    }

    async fn withdraw_reviews(&mut self, ids: &BTreeSet<SignalId>, leaving: &Leaving) -> Result<BTreeSet<SignalId>> {
        let mut gone = BTreeSet::new();
        for id in ids {
            let sql = "delete from review where signal = $1 returning body";
            let rows = self.all(Query::new(sql).bind(id.bytes().to_vec())).await?;
            for row in &rows {
                let cells = Cells::of("review", row);
                let signal = cells.checked(crate::store::codec::fact::signal_from(cells.bytes(0)?))?;
                self.doom(&signal.evidence.sha256, leaving.is_final).await?;
                gone.insert(*id);
            }
        }
        Ok(gone)
    }

    async fn signals_to_go(&mut self, ids: &BTreeSet<SignalId>) -> Result<Vec<Going>> {
        let ids: Vec<SignalId> = ids.iter().copied().collect();
        let find = ("select key, id, sha256, sector is not null, kind from signal where (id) in (", 1, ")");
        let bind = |query: Query, id: &SignalId| query.bind(id.bytes().to_vec());
        let rows = bulk(self.conn(), find, &ids, bind).await?;
        let going = rows.iter().map(|row| {
            let cells = Cells::of("signal", row);
            let id = SignalId::new(cells.array(1)?);
            let is_identity = cells.text(4)? == "identity";
            Ok(Going { key: cells.int(0)?, id, sha256: cells.sha256(2)?, is_market: cells.flag(3)?, is_identity })
        });
        going.collect()
    }

    /// Other words on the procedures that these signals speak of: of the same record, or of one that was opened on the
    /// same day against the same client, under whichever of its codes; but nothing that is held.
    async fn same_procedures(&mut self, ids: &[SignalId]) -> Result<Vec<SignalId>> {
        let sql = "with whose (client) as (select l.client from signal s join link l on l.signal = s.key where s.id = $1
                 union select k.other from signal s join link l on l.signal = s.key
                 join one_company k on k.client = l.client where s.id = $1)
             select distinct o.id from whose w cross join link m cross join signal o cross join signal s
             where m.client = w.client and o.key = m.signal and s.id = $1
               and o.kind = 'company_status'
               and exists (select 1 from term t where t.signal = o.key and t.rule = 'insolvency')
               and ((o.source = s.source and o.own_id = s.own_id)
                 or exists (select 1 from term a join term b on b.rule = a.rule and b.day = a.day
                     where a.rule = 'insolvency' and a.signal = s.key and b.signal = o.key))
               and not exists (select 1 from hold h where h.ended_at is null
                 and (h.signal = o.id or h.client in (select client from link where signal = o.key
                     union select c.other from link k join one_company c on c.client = k.client where k.signal = o.key)))";
        let mut found = Vec::new();
        for id in ids {
            for row in self.all(Query::new(sql).bind(id.bytes().to_vec())).await? {
                found.push(SignalId::new(Cells::of("signal", &row).array(0)?));
            }
        }
        Ok(found)
    }

    /// The rule of the receipt that keeps a signal, or an older state of its record, out.
    pub(super) async fn kept_out_by(&mut self, row: &NewSignal) -> Result<Option<String>> {
        for hash in hashes(row) {
            if let Some(row) = self
                .one(Query::new("select rule from receipt where hash = $1 and rule <> 'unlisted'").bind(hash))
                .await?
            {
                return Cells::of("receipt", &row).string(0).map(Some);
            }
        }
        Ok(None)
    }

    pub(super) async fn put_receipt(&mut self, hash: Vec<u8>, rule: &str, at: Timestamp) -> Result<()> {
        // What was only unlisted may come again; a later rule that keeps it out must not hide behind that.
        let sql = "insert into receipt (hash, rule, at) values ($1, $2, $3)
             on conflict (hash) do update set rule = excluded.rule, at = excluded.at where receipt.rule = 'unlisted'";
        self.execute(Query::new(sql).bind(hash).bind(rule).bind(millis(at))).await.map(drop)
    }
}

/// A signal on its way out.
struct Going {
    key: i64,
    id: SignalId,
    sha256: Sha256,
    is_market: bool,
    /// It may be another name of a client.
    is_identity: bool,
}
