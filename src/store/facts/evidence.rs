//! Bytes in the archive: who rests on them, and when they go.

use std::collections::HashSet;

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

/// Documents taken out of the archive between two looks at who rests on them.
const CHUNK_ROWS: i64 = 500;

/// Shelves of the archive: one for each first byte of a name.
const SHELVES: u16 = 256;

/// The source of documents that nobody noted: told by hand, or read before there was an index.
const UNKNOWN_SOURCE: &str = "";

/// Whether a fact, a batch or an open review rests on the document `d.sha256`.
const IS_USED: &str = "(exists (select 1 from signal s where s.sha256 = d.sha256)
    or exists (select 1 from batch b where b.sha256 = d.sha256)
    or exists (select 1 from review r where instr(r.body, d.sha256) > 0))";

impl Facts<'_> {
    /// Notes documents that were put into the archive: what a source said, and when it was read.
    pub async fn note_archived(&self, source: &str, read: &[(Sha256, Timestamp)]) -> Result<()> {
        let mut write = self.0.write().await?;
        write.note_archived(source, read).await?;
        write.commit().await
    }

    /// Takes out of the archive what this source said before then and no living fact rests on, at most `limit`
    /// documents; answers how many. `except`: with an unknown source, sources that have a term of their own.
    pub async fn drop_unused(
        &self,
        source: Option<&str>,
        except: &[&str],
        before: Timestamp,
        limit: usize,
    ) -> Result<u64> {
        let sql = format!(
            "insert into doomed (sha256, is_final)
             select distinct d.sha256, 0 from archived d
             where ($1 is null or d.source = $1) and d.source not in (select value from json_each($2)) and d.read_at < $3
               and not exists (select 1 from archived later where later.sha256 = d.sha256 and later.read_at >= $3)
               and not {IS_USED} limit $4 on conflict (sha256) do nothing"
        );
        let except = json_list(except.iter().map(|id| format!("\"{id}\"")));
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(source.map(str::to_owned)).bind(except);
        let query = query.bind(millis(before)).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        self.0.execute(query).await?;
        self.drop_doomed().await
    }

    /// Takes out of the archive what must go; answers how many documents went. What a crash left is gone on with.
    pub async fn drop_doomed(&self) -> Result<u64> {
        let spared = format!("delete from doomed as d where is_final = 0 and {IS_USED}");
        let doomed = "select sha256 from doomed limit $1";
        let mut n = 0;
        loop {
            if self.0.number(sqlx::query("select count(*) from doomed")).await?.unwrap_or(0) == 0 {
                return Ok(n);
            }
            self.0.execute(sqlx::query(sqlx::AssertSqlSafe(spared.clone()))).await?;
            let rows = self.0.all(sqlx::query(doomed).bind(CHUNK_ROWS)).await?;
            let names = rows.iter().map(|row| Cells::of("doomed", row).sha256(0)).collect::<Result<Vec<_>>>()?;
            let gone = names.clone();
            let removing = self.in_archive(move |archive| {
                let removed = gone.iter().map(|name| archive.remove(name).map(u64::from));
                removed.sum::<Result<u64>>()
            });
            n += removing.await?;
            let mut write = self.0.write().await?;
            for name in &names {
                write.forget_document(name).await?;
            }
            write.commit().await?;
        }
    }

    /// Notes documents of the archive that nothing knows of as read now, so that they have an age; answers how many.
    pub async fn adopt_strays(&self, at: Timestamp) -> Result<u64> {
        let mut n = 0;
        for shelf in 0..SHELVES {
            let shelf = u8::try_from(shelf).unwrap_or(u8::MAX);
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

    /// Works in the archive on a thread that may wait.
    pub(super) async fn in_archive<T: Send + 'static>(
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
             on conflict (sha256) do update set is_final = max(is_final, excluded.is_final)";
        self.note_doomed();
        self.execute(sqlx::query(sql).bind(name.bytes().to_vec()).bind(i64::from(is_final))).await.map(drop)
    }

    pub(super) async fn note_archived(&mut self, source: &str, read: &[(Sha256, Timestamp)]) -> Result<()> {
        let insert = (
            "insert into archived (sha256, source, read_at)",
            3,
            " on conflict (sha256, source) do update set read_at = max(read_at, excluded.read_at)",
        );
        self.put_all(insert, read, |query, (name, at)| {
            query.bind(name.bytes().to_vec()).bind(source.to_owned()).bind(millis(*at))
        })
        .await
    }

    pub(super) async fn forget_document(&mut self, name: &Sha256) -> Result<()> {
        for sql in ["delete from archived where sha256 = $1", "delete from doomed where sha256 = $1"] {
            self.execute(sqlx::query(sql).bind(name.bytes().to_vec())).await?;
        }
        Ok(())
    }
}
