//! Bytes in the archive: who rests on them, and when they go.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::Facts;
use crate::{
    domain::Sha256,
    store::{
        Archive, Error, Result,
        backend::{Query, Write, bulk, json_list},
        rows::{Cells, millis},
    },
};

/// Documents looked at, and taken out of the archive, at a time: others may write in between.
const CHUNK_ROWS: i64 = 500;

/// The source of documents that nobody noted: told by hand, or read before there was an index.
const UNKNOWN_SOURCE: &str = "";

/// Whether a fact, a batch, a review or an evaluation rests on the document `d.sha256`: four looks into an index.
const IS_USED: &str = "(exists (select 1 from signal s where s.sha256 = d.sha256)
    or exists (select 1 from batch b where b.sha256 = d.sha256)
    or exists (select 1 from review r where r.sha256 = d.sha256)
    or exists (select 1 from assessment_document p where p.sha256 = d.sha256))";

/// The sources of the archive, each found from the one before: there are dozens of them, and millions of documents.
const SOURCES: &str = "with recursive known (source) as (select min(source) from archived
        union all select (select min(a.source) from archived a where a.source > known.source) from known
            where known.source is not null)
    select source from known where source is not null and source not in (select value from json_each($1))";

/// A page of what a source said, in the order it was read, from behind a place up to an instant; of each document whether
/// it was not read again since, and nothing rests on it.
fn page_of_unused() -> String {
    format!(
        "select d.read_at, d.sha256,
            not exists (select 1 from archived later where later.sha256 = d.sha256 and later.read_at >= $4)
                and not {IS_USED}
         from archived d where d.source = $1 and (d.read_at, d.sha256) > ($2, $3) and d.read_at < $4
         order by d.read_at, d.sha256 limit $5"
    )
}

/// A page of what must go, and of each document whether something rests on it that spares it.
fn page_of_doomed() -> String {
    format!("select d.sha256, d.is_final = 0 and {IS_USED} from doomed d order by d.sha256 limit $1")
}

impl Facts<'_> {
    /// Notes documents that were put into the archive: what a source said, and when it was read.
    pub async fn note_archived(&self, source: &str, read: &[(Sha256, Timestamp)]) -> Result<()> {
        let mut write = self.0.write().await?;
        write.note_archived(source, read).await?;
        write.commit().await
    }

    /// The same of several sources, in one transaction; nothing is written when nothing was read.
    pub async fn note_all_archived(&self, read: &[(&str, (Sha256, Timestamp))]) -> Result<()> {
        if read.is_empty() {
            return Ok(());
        }
        let mut by_source: BTreeMap<&str, Vec<(Sha256, Timestamp)>> = BTreeMap::new();
        for (source, document) in read {
            by_source.entry(source).or_default().push(*document);
        }
        let mut write = self.0.write().await?;
        for (source, documents) in &by_source {
            write.note_archived(source, documents).await?;
        }
        write.commit().await
    }

    /// Takes out of the archive what this source said before then and no living fact rests on; answers how many
    /// documents went. Each document is looked at once. `except`: with no source given, those that have a term of their own.
    pub async fn drop_unused(&self, source: Option<&str>, except: &[&str], before: Timestamp) -> Result<u64> {
        let sources = match source {
            Some(source) => vec![source.to_owned()],
            None => {
                let except = json_list(except.iter().map(|id| format!("\"{id}\"")));
                let rows = self.0.all(Query::new(SOURCES).bind(except)).await?;
                rows.iter().map(|row| Cells::of("archived", row).string(0)).collect::<Result<_>>()?
            }
        };
        let mut n = self.drop_doomed().await?;
        for source in &sources {
            n += self.drop_unused_of(source, before).await?;
        }
        Ok(n)
    }

    async fn drop_unused_of(&self, source: &str, before: Timestamp) -> Result<u64> {
        let sql = page_of_unused();
        let (mut after, mut n) = ((i64::MIN, Vec::new()), 0);
        loop {
            let query = Query::new(sql.clone()).bind(source.to_owned());
            let query = query.bind(after.0).bind(after.1).bind(millis(before)).bind(CHUNK_ROWS);
            let rows = self.0.all(query).await?;
            let Some(last) = rows.last() else { return Ok(n) };
            let last = Cells::of("archived", last);
            after = (last.int(0)?, last.bytes(1)?.to_vec());
            let mut write = None;
            for row in &rows {
                let cells = Cells::of("archived", row);
                if cells.flag(2)? {
                    let write = match &mut write {
                        Some(write) => write,
                        none => none.insert(self.0.write().await?),
                    };
                    write.doom(&cells.sha256(1)?, false).await?;
                }
            }
            if let Some(write) = write {
                write.commit().await?;
                n += self.drop_doomed().await?;
            }
        }
    }

    /// Takes out of the archive what must go; answers how many documents went. What a crash left is gone on with.
    pub async fn drop_doomed(&self) -> Result<u64> {
        let sql = page_of_doomed();
        let mut n = 0;
        loop {
            let rows = self.0.all(Query::new(sql.clone()).bind(CHUNK_ROWS)).await?;
            if rows.is_empty() {
                return Ok(n);
            }
            let (mut spared, mut gone) = (Vec::new(), Vec::new());
            for row in &rows {
                let cells = Cells::of("doomed", row);
                if cells.flag(1)? { &mut spared } else { &mut gone }.push(cells.sha256(0)?);
            }
            let names = gone.clone();
            let removing = self.in_archive(move |archive| {
                let removed = names.iter().map(|name| archive.remove(name).map(u64::from));
                removed.sum::<Result<u64>>()
            });
            n += removing.await?;
            let mut write = self.0.write().await?;
            for name in &gone {
                write.forget_document(name).await?;
            }
            for name in &spared {
                write.spare_document(name).await?;
            }
            write.commit().await?;
        }
    }

    /// Notes documents on these shelves of the archive that nothing knows of as read now, so that they have an age;
    /// answers how many. A shelf is the first byte of a document's name.
    pub async fn adopt_strays(&self, shelves: &[u8], at: Timestamp) -> Result<u64> {
        let mut n = 0;
        for shelf in shelves.iter().copied() {
            let mut names = self.in_archive(move |archive| archive.names(shelf)).await?;
            for table in ["archived", "signal", "batch"] {
                if names.is_empty() {
                    break;
                }
                let known = self.known_documents(table, &names).await?;
                names.retain(|name| !known.contains(name));
            }
            let strays: Vec<_> = names.into_iter().map(|name| (name, at)).collect();
            if !strays.is_empty() {
                self.note_archived(UNKNOWN_SOURCE, &strays).await?;
                n += strays.len() as u64;
            }
        }
        Ok(n)
    }

    /// Which of these documents a table speaks of.
    async fn known_documents(&self, table: &str, names: &[Sha256]) -> Result<HashSet<Sha256>> {
        let find = format!("select sha256 from {table} where (sha256) in (");
        let bind = |query: Query, name: &Sha256| query.bind(name.bytes().to_vec());
        let mut snapshot = self.0.snapshot().await?;
        let found = bulk(&mut snapshot, (&find, 1, ")"), names, bind).await?;
        found.iter().map(|row| Cells::of("archived", row).sha256(0)).collect()
    }

    /// Keeps a document's bytes in the archive, and says their name. A disk that has no room for them has none for rows.
    pub async fn keep_document(&self, bytes: Vec<u8>) -> Result<Sha256> {
        let kept = self.in_archive(move |archive| archive.put(&bytes)).await;
        if matches!(kept, Err(Error::Unavailable(_))) {
            self.0.0.editions.note_write(false);
        }
        kept
    }

    /// Works in the archive on a thread that may wait.
    pub(in crate::store) async fn in_archive<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Archive) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let archive = self.0.archive().clone();
        let done = tokio::task::spawn_blocking(move || work(&archive)).await;
        done.unwrap_or_else(|gone| {
            let source = std::io::Error::other(gone.to_string());
            Err(Error::Archive { path: "archive".to_owned(), source })
        })
    }
}

impl Write<'_> {
    /// A document must go from the archive; `is_final`: whoever else rests on it.
    pub(super) async fn doom(&mut self, name: &Sha256, is_final: bool) -> Result<()> {
        let sql = "insert into doomed (sha256, is_final) values ($1, $2)
             on conflict (sha256) do update set is_final = max(doomed.is_final, excluded.is_final)";
        self.note_doomed();
        self.execute(Query::new(sql).bind(name.bytes().to_vec()).bind(i64::from(is_final))).await.map(drop)
    }

    pub(super) async fn note_archived(&mut self, source: &str, read: &[(Sha256, Timestamp)]) -> Result<()> {
        // A statement may write a row once: of the same bytes read twice, the later counts.
        let mut newest = BTreeMap::new();
        for (name, at) in read {
            let known = newest.entry(*name.bytes()).or_insert(*at);
            *known = (*known).max(*at);
        }
        let read: Vec<_> = newest.into_iter().collect();
        let insert = (
            "insert into archived (sha256, source, read_at)",
            3,
            " on conflict (sha256, source) do update set read_at = max(archived.read_at, excluded.read_at)",
        );
        self.put_all(insert, &read, |query, (name, at)| {
            query.bind(name.to_vec()).bind(source.to_owned()).bind(millis(*at))
        })
        .await
    }

    /// Something rests on a document after all.
    async fn spare_document(&mut self, name: &Sha256) -> Result<()> {
        // Unless it was doomed for good in between.
        let sql = "delete from doomed where sha256 = $1 and is_final = 0";
        self.execute(Query::new(sql).bind(name.bytes().to_vec())).await.map(drop)
    }

    pub(super) async fn forget_document(&mut self, name: &Sha256) -> Result<()> {
        for sql in ["delete from archived where sha256 = $1", "delete from doomed where sha256 = $1"] {
            self.execute(Query::new(sql).bind(name.bytes().to_vec())).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Query, SOURCES, page_of_doomed, page_of_unused};
    use crate::store::{Store, rows::Cells};

    #[tokio::test]
    async fn no_document_is_looked_for_without_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("facts.db").display());
        let store = Store::open(&url, &folder.path().join("archive")).await.unwrap();
        let may_walk: [(String, &[&str]); 3] =
            [(page_of_unused(), &[]), (page_of_doomed(), &["d"]), (SOURCES.to_owned(), &["known", "json_each"])];
        for (sql, walked) in may_walk {
            let plan = Query::new(format!("explain query plan {sql}"));
            for row in store.all(plan).await.unwrap() {
                let step = Cells::of("plan", &row).string(3).unwrap();
                let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
                assert!(table.is_none_or(|table| walked.contains(&table)), "{step}");
            }
        }
    }
}
