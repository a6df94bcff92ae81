//! Packed pages: read, brought up to date, written back when it pays.

use std::collections::BTreeMap;

use super::build;
use crate::{
    domain::{ClientId, Dossier},
    store::{
        Error, PAGE_CLIENTS, Result, Store,
        codec::dossier::{Packed, dossier_bytes, page_bytes, page_from},
        rows::Cells,
    },
};

/// A page with fewer stale clients is not written back: reading those few from the facts again costs less than writing
/// half a megabyte to disk.
const REWRITE_AT: usize = 50;

/// What the database says of a page, all of one state.
struct Found {
    /// Number of the last transaction that changed facts in this state.
    mark: i64,
    /// The page as packed; none when it must be packed anew.
    body: Option<Vec<u8>>,
    /// Clients whose facts are newer than the packed page; all of them without one.
    fresh: BTreeMap<ClientId, Dossier>,
}

/// The dossiers of a page, in key order, with all that is known now.
pub(super) async fn read(store: &Store, number: i64) -> Result<Vec<(ClientId, Dossier)>> {
    let Found { mark, body, fresh } = find(store, number).await?;
    let packed = body.as_deref().map_or(Ok(Vec::new()), page_from).map_err(damaged)?;
    if body.is_none() || fresh.len() >= REWRITE_AT {
        let repacked = repack(&packed, &fresh);
        write_back(store, number, mark, &repacked).await?;
    }
    merge(&packed, fresh)
}

async fn find(store: &Store, number: i64) -> Result<Found> {
    let first = number * PAGE_CLIENTS;
    let mut snapshot = store.snapshot().await?;
    let sql = "select (select value from counter where name = 'mark'), (select body from page where number = $1)";
    let row = sqlx::query(sql).bind(number).fetch_one(&mut *snapshot).await?;
    let cells = Cells::of("page", &row);
    let mark = cells.int(0)?;
    // An emptied page, or one that this program cannot read, is packed anew: the facts are the truth.
    let body = cells.maybe_bytes(1)?.filter(|body| page_from(body).is_ok()).map(<[u8]>::to_vec);
    let stale: Vec<ClientId> = match body {
        None => (first..first + PAGE_CLIENTS).map(ClientId::new).collect(),
        Some(_) => {
            let sql = "select client from dirty where client >= $1 and client < $2 order by client";
            let rows = sqlx::query(sql).bind(first).bind(first + PAGE_CLIENTS).fetch_all(&mut *snapshot).await?;
            rows.iter().map(|row| Cells::of("dirty", row).client(0)).collect::<Result<_>>()?
        }
    };
    let fresh = match stale.is_empty() {
        true => BTreeMap::new(),
        false => build::dossiers(&mut snapshot, &stale).await?,
    };
    Ok(Found { mark, body, fresh })
}

/// The page with the fresh dossiers spliced in; those that stay are copied as they are.
fn repack(packed: &[Packed<'_>], fresh: &BTreeMap<ClientId, Dossier>) -> Vec<u8> {
    let fresh: Vec<_> = fresh.iter().map(|(client, dossier)| (*client, dossier_bytes(dossier))).collect();
    let mut spliced: BTreeMap<ClientId, &[u8]> = packed.iter().map(|p| (p.client, p.bytes)).collect();
    spliced.extend(fresh.iter().map(|(client, bytes)| (*client, bytes.as_slice())));
    page_bytes(spliced.into_iter().map(|(client, bytes)| Packed { client, bytes }))
}

fn merge(packed: &[Packed<'_>], mut fresh: BTreeMap<ClientId, Dossier>) -> Result<Vec<(ClientId, Dossier)>> {
    let mut dossiers = Vec::with_capacity(packed.len() + fresh.len());
    for one in packed {
        // New clients have higher keys than all before them, yet one may be lower than the end of a page.
        let earlier: Vec<ClientId> = fresh.range(..one.client).map(|(client, _)| *client).collect();
        for client in earlier {
            dossiers.extend(fresh.remove_entry(&client));
        }
        let dossier = match fresh.remove(&one.client) {
            Some(dossier) => dossier,
            None => one.dossier().map_err(damaged)?,
        };
        dossiers.push((one.client, dossier));
    }
    dossiers.extend(fresh);
    Ok(dossiers)
}

/// Keeps the page and takes the marks off its clients, unless somebody kept a newer one meanwhile. Marks of facts that
/// were written after the page was read stay.
async fn write_back(store: &Store, number: i64, mark: i64, body: &[u8]) -> Result<()> {
    let first = number * PAGE_CLIENTS;
    let keep = "insert into page (number, mark, body) values ($1, $2, $3)
         on conflict (number) do update set mark = excluded.mark, body = excluded.body
         where page.mark <= excluded.mark";
    let clean = "delete from dirty where client >= $1 and client < $2 and mark <= $3";
    let mut write = store.write().await?;
    if write.execute(sqlx::query(keep).bind(number).bind(mark).bind(body)).await? == 0 {
        return write.roll_back().await;
    }
    write.execute(sqlx::query(clean).bind(first).bind(first + PAGE_CLIENTS).bind(mark)).await?;
    write.commit().await
}

fn damaged(why: String) -> Error {
    Error::Damaged { what: "page", why }
}
