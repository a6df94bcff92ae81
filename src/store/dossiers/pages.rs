//! Packed pages: read, brought up to date, kept when it pays.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use jiff::Timestamp;

use super::{DossierPage, build, union};
use crate::{
    domain::{ClientId, Dossier, Outcome},
    store::{
        Error, PAGE_CLIENTS, Result, Store,
        backend::{Query, Write},
        codec::{
            Flaw,
            dossier::{dossier_bytes, dossier_from, page_bytes, places_in},
        },
        rows::Cells,
        treatments::{Whose, disputes},
    },
};

/// A page with fewer stale clients is not kept anew: reading those few from the facts again costs less than writing
/// half a megabyte to disk.
const REPACK_AT: usize = 50;

/// The dossiers of a page as they all were at one moment, most of them still packed: whoever looks at them one by one, on
/// all cores, holds a few at a time and not a thousand.
#[derive(Debug)]
pub struct PackedPage {
    number: i64,
    mark: i64,
    /// The page as it is kept; none when it must be packed anew.
    body: Option<Vec<u8>>,
    /// Clients whose facts are newer than the kept page; all of them without one.
    fresh: Vec<(ClientId, Dossier)>,
    /// Where each client's dossier is, in key order.
    places: Vec<(ClientId, Place)>,
    /// What takes the place of a client's own dossier: the union for a survivor, nothing for who is merged into another.
    merged: HashMap<ClientId, Option<Dossier>>,
    /// What persons recorded of disputes.
    disputes: HashMap<ClientId, Vec<Outcome>>,
}

#[derive(Debug)]
enum Place {
    Packed(Range<usize>),
    Fresh(usize),
}

/// A page packed anew, to be kept by [`Ratings::record_page`](crate::store::Ratings::record_page) in its transaction.
#[derive(Debug)]
pub struct Repacked {
    number: i64,
    mark: i64,
    body: Vec<u8>,
}

impl PackedPage {
    /// Its number.
    pub fn number(&self) -> i64 {
        self.number
    }

    /// Number of the last transaction that changed facts in the state that was read.
    pub fn mark(&self) -> i64 {
        self.mark
    }

    /// How many clients it has, merged ones included.
    pub fn n_clients(&self) -> usize {
        self.places.len()
    }

    /// The client at a place from 0, and its dossier; none behind the last, and where a client is merged into another.
    pub fn dossier(&self, place: usize) -> Result<Option<(ClientId, Cow<'_, Dossier>)>> {
        let Some((client, place)) = self.places.get(place) else { return Ok(None) };
        let dossier = match (self.merged.get(client), place) {
            (Some(united), _) => united.as_ref().map(Cow::Borrowed),
            (None, Place::Fresh(n)) => self.fresh.get(*n).map(|(_, dossier)| Cow::Borrowed(dossier)),
            (None, Place::Packed(range)) => Some(Cow::Owned(dossier_from(self.packed(range)).map_err(damaged)?)),
        };
        let Some(mut dossier) = dossier else { return Ok(None) };
        if let Some(told) = self.disputes.get(client) {
            dossier.to_mut().disputes.clone_from(told);
        }
        Ok(Some((*client, dossier)))
    }

    /// The page packed anew, when keeping it pays.
    pub fn repacked(&self) -> Option<Repacked> {
        if self.body.is_some() && self.fresh.len() < REPACK_AT {
            return None;
        }
        let fresh: Vec<Vec<u8>> = self.fresh.iter().map(|(_, dossier)| dossier_bytes(dossier)).collect();
        let bytes = |place: &Place| match place {
            Place::Fresh(n) => fresh.get(*n).map_or(&[][..], Vec::as_slice),
            Place::Packed(range) => self.packed(range),
        };
        // Those that stay are copied as they are.
        let body = page_bytes(self.places.iter().map(|(client, place)| (*client, bytes(place))));
        Some(Repacked { number: self.number, mark: self.mark, body })
    }

    fn packed(&self, range: &Range<usize>) -> &[u8] {
        self.body.as_ref().and_then(|body| body.get(range.clone())).unwrap_or_default()
    }

    fn unpack(self) -> Result<DossierPage> {
        let all = (0..self.n_clients()).filter_map(|place| self.dossier(place).transpose());
        let dossiers = all.map(|one| one.map(|(client, dossier)| (client, dossier.into_owned())));
        Ok(DossierPage { number: self.number, dossiers: dossiers.collect::<Result<_>>()? })
    }
}

/// The dossiers of a page with all that is known now; keeps the page when it pays.
pub(super) async fn read(store: &Store, number: i64, known_at: Timestamp) -> Result<DossierPage> {
    let page = find(store, number, known_at).await?;
    if let Some(repacked) = page.repacked() {
        let mut write = store.write().await?;
        write.keep_page(repacked).await?;
        write.commit().await?;
    }
    page.unpack()
}

/// The page in one state of the facts.
pub(super) async fn find(store: &Store, number: i64, known_at: Timestamp) -> Result<PackedPage> {
    let first = number * PAGE_CLIENTS;
    let mut snapshot = store.snapshot().await?;
    let sql = "select (select value from counter where name = 'mark'), (select body from page where number = $1)";
    let Some(row) = snapshot.one(Query::new(sql).bind(number)).await? else {
        return Err(damaged("the counter of marks is gone".to_owned()));
    };
    let cells = Cells::of("page", &row);
    let mark = cells.int(0)?;
    // An emptied page, or one that this program cannot read, is packed anew: the facts are the truth.
    let kept = cells.maybe_bytes(1)?.and_then(|body| Some((body.to_vec(), places_in(body).ok()?)));
    let stale: Vec<ClientId> = match kept {
        None => (first..first + PAGE_CLIENTS).map(ClientId::new).collect(),
        Some(_) => {
            let sql = "select client from dirty where client >= $1 and client < $2 order by client";
            let rows = snapshot.all(Query::new(sql).bind(first).bind(first + PAGE_CLIENTS)).await?;
            rows.iter().map(|row| Cells::of("dirty", row).client(0)).collect::<Result<_>>()?
        }
    };
    let fresh: Vec<(ClientId, Dossier)> = match stale.is_empty() {
        true => Vec::new(),
        false => build::dossiers(&mut snapshot, &stale).await?.into_iter().collect(),
    };
    let (body, packed) = kept.map_or((None, Vec::new()), |(body, packed)| (Some(body), packed));
    let mut places: BTreeMap<ClientId, Place> =
        packed.into_iter().map(|(client, range)| (client, Place::Packed(range))).collect();
    places.extend(fresh.iter().enumerate().map(|(n, (client, _))| (*client, Place::Fresh(n))));
    let merged = union::on_page(&mut snapshot, first..first + PAGE_CLIENTS, known_at).await?;
    let disputes = disputes(&mut snapshot, Whose::Page(number), known_at).await?;
    Ok(PackedPage { number, mark, body, fresh, places: places.into_iter().collect(), merged, disputes })
}

impl Write<'_> {
    /// Keeps the page and takes the marks off its clients, unless somebody kept a newer one meanwhile. Marks of facts that
    /// were written after the page was read stay.
    pub(in crate::store) async fn keep_page(&mut self, page: Repacked) -> Result<()> {
        let first = page.number * PAGE_CLIENTS;
        let keep = "insert into page (number, mark, body) values ($1, $2, $3)
             on conflict (number) do update set mark = excluded.mark, body = excluded.body
             where page.mark <= excluded.mark";
        let clean = "delete from dirty where client >= $1 and client < $2 and mark <= $3";
        let query = Query::new(keep).bind(page.number).bind(page.mark).bind(page.body);
        if self.execute(query).await? == 0 {
            return Ok(());
        }
        self.execute(Query::new(clean).bind(first).bind(first + PAGE_CLIENTS).bind(page.mark)).await.map(drop)
    }
}

fn damaged(why: Flaw) -> Error {
    Error::Damaged { what: "page", why }
}
