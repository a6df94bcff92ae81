//! A dossier from facts: three questions for any number of clients. The ledger comes as one value per client, put
//! together by the database, because its lines are many and a row costs more than a line.

use std::collections::{BTreeMap, HashMap};

use crate::{
    domain::{
        BatchId, Certainty, ClientId, ClientVersion, Dossier, KnownSignal, LedgerLine, LineClaim, SectorContext,
        SectorSignal, SignalId,
    },
    store::{
        Result, Store,
        backend::{Conn, Query, json_list},
        codec::{Flaw, Reader, fact, ledger},
        rows::Cells,
    },
};

const VERSIONS: &str = "select v.client, v.known_at, v.country, v.sector, v.since, v.active, v.credit_limit,
        v.credit_limit_currency, v.yearly_value, v.yearly_value_currency, v.batch
    from json_each($1) j cross join client_version v where v.client = cast(j.value as bigint) order by v.version";

const LEDGER: &str = "select cast(j.value as bigint),
        (select string_agg(l.invoice || l.body, '') from (select own.invoice, own.body from ledger own
            where own.client = cast(j.value as bigint) order by own.invoice, own.revision) l)
    from json_each($1) j";

const SIGNALS: &str = "select l.client, s.id, s.source, s.valid_at, s.is_official, l.certainty, s.fact,
        case when l.known_at > s.known_at then l.known_at else s.known_at end as known
    from json_each($1) j cross join link l cross join signal s
    where l.client = cast(j.value as bigint) and s.key = l.signal order by known, s.key";

/// The dossiers of those clients that there are.
pub(super) async fn dossiers(conn: &mut Conn, clients: &[ClientId]) -> Result<BTreeMap<ClientId, Dossier>> {
    let list = json_list(clients.iter().map(|c| c.get()));
    let mut built: HashMap<ClientId, Dossier> = HashMap::with_capacity(clients.len());
    for row in conn.all(Query::new(VERSIONS).bind(list.as_str())).await? {
        let cells = Cells::of("client_version", &row);
        built.entry(cells.client(0)?).or_default().versions.push(version_of(&cells)?);
    }
    for row in conn.all(Query::new(LEDGER).bind(list.as_str())).await? {
        let cells = Cells::of("ledger", &row);
        if let (Some(bytes), Some(dossier)) = (cells.maybe_bytes(1)?, built.get_mut(&cells.client(0)?)) {
            (dossier.ledger, dossier.claims) = cells.checked(lines_of(bytes))?;
        }
    }
    for row in conn.all(Query::new(SIGNALS).bind(list.as_str())).await? {
        let cells = Cells::of("signal", &row);
        if let Some(dossier) = built.get_mut(&cells.client(0)?) {
            dossier.signals.push(signal_of(&cells)?);
        }
    }
    for dossier in built.values_mut() {
        // A version written later may count as known earlier (a backfill).
        dossier.versions.sort_by_key(|version| version.known_at);
    }
    Ok(built.into_iter().collect())
}

/// Lines put end to end, each a key and a row, and what they say beside; in order of invoice, then of when they were known.
fn lines_of(bytes: &[u8]) -> Result<(Vec<LedgerLine>, Vec<LineClaim>), Flaw> {
    let mut reader = Reader::new(bytes);
    let mut lines = Vec::with_capacity(bytes.len() / 48 + 1);
    let mut claims = Vec::new();
    while !reader.is_empty() {
        let invoice = ledger::key_from(reader.array()?);
        let (line, _, _, claim) = ledger::read_row(&mut reader, invoice)?;
        if let Some(claim) = claim.and_then(|claim| claim.asked()) {
            claims.push(LineClaim { invoice, known_at: line.known_at, batch: line.batch, claim });
        }
        lines.push(line);
    }
    if !lines.is_sorted_by_key(|line| (line.invoice, line.known_at)) {
        lines.sort_by_key(|line| (line.invoice, line.known_at));
    }
    claims.sort_by_key(LineClaim::key);
    Ok((lines, claims))
}

fn version_of(cells: &Cells<'_>) -> Result<ClientVersion> {
    Ok(ClientVersion {
        known_at: cells.instant(1)?,
        country: cells.maybe_word(2)?,
        sector: cells.maybe_word(3)?,
        since: cells.maybe_day(4)?,
        is_active: cells.maybe_int(5)?.map(|n| n != 0),
        credit_limit: cells.maybe_money(6)?,
        yearly_value: cells.maybe_money(8)?,
        batch: BatchId::new(cells.int(10)?),
    })
}

fn signal_of(cells: &Cells<'_>) -> Result<KnownSignal> {
    Ok(KnownSignal {
        id: SignalId::new(cells.array(1)?),
        source: cells.word(2)?,
        valid_at: cells.day(3)?,
        is_official: cells.flag(4)?,
        certainty: cells.checked(Certainty::new(cells.float(5)?).map_err(|e| e.to_string()))?,
        fact: cells.checked(fact::fact_from(cells.bytes(6)?))?,
        known_at: cells.instant(7)?,
    })
}

/// Everything said of markets, by when it was known.
pub(super) async fn sector_context(store: &Store) -> Result<SectorContext> {
    let sql = "select id, source, valid_at, known_at, is_official, country, sector, fact from signal
         where sector is not null order by known_at, key";
    let mut signals = Vec::new();
    for row in store.all(Query::new(sql)).await? {
        let cells = Cells::of("signal", &row);
        signals.push(SectorSignal {
            id: SignalId::new(cells.array(0)?),
            source: cells.word(1)?,
            valid_at: cells.day(2)?,
            known_at: cells.instant(3)?,
            is_official: cells.flag(4)?,
            country: cells.maybe_word(5)?,
            sector: cells.string(6)?,
            fact: cells.checked(fact::fact_from(cells.bytes(7)?))?,
        });
    }
    Ok(SectorContext { signals })
}
