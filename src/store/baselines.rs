//! How much a source usually says: what its next answer is compared with.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::{
    Result, Sources,
    backend::Query,
    rows::{Cells, millis},
};

/// What a place of a source (an address, or a whole step) gave, as far as it was believed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Baseline {
    /// Records in the last answer with a status of 200.
    pub n_items: u32,
    /// Answers so far; the older ones fade.
    pub n_answers: u32,
    /// Those of them that held no record.
    pub n_empty: u32,
    /// The last one was a web page.
    pub is_html: bool,
    /// Since when its answers are not believed.
    pub doubted_since: Option<Timestamp>,
}

impl Sources<'_> {
    /// Everything known of a source, by place.
    pub async fn baselines(&self, source: &str) -> Result<HashMap<String, Baseline>> {
        let sql = "select place, n_items, n_answers, n_empty, is_html, doubted_since from baseline where source = $1";
        let mut known = HashMap::new();
        for row in self.0.all(Query::new(sql).bind(source.to_owned())).await? {
            let cells = Cells::of("baseline", &row);
            let count = |place| Ok::<_, super::Error>(u32::try_from(cells.int(place)?).unwrap_or(0));
            let baseline = Baseline {
                n_items: count(1)?,
                n_answers: count(2)?,
                n_empty: count(3)?,
                is_html: cells.flag(4)?,
                doubted_since: cells.maybe_instant(5)?,
            };
            known.insert(cells.string(0)?, baseline);
        }
        Ok(known)
    }

    /// Writes what changed.
    pub async fn set_baselines(&self, source: &str, changed: &[(String, Baseline)]) -> Result<()> {
        if changed.is_empty() {
            return Ok(());
        }
        let insert = (
            "insert into baseline (source, place, n_items, n_answers, n_empty, is_html, doubted_since)",
            7,
            " on conflict (source, place) do update set n_items = excluded.n_items, n_answers = excluded.n_answers,
                n_empty = excluded.n_empty, is_html = excluded.is_html, doubted_since = excluded.doubted_since",
        );
        // The last look at each place: PostgreSQL does not write one row twice in a statement.
        let last: BTreeMap<&str, &Baseline> = changed.iter().map(|(place, b)| (place.as_str(), b)).collect();
        let last: Vec<(&str, &Baseline)> = last.into_iter().collect();
        let mut write = self.0.write().await?;
        write
            .put_all(insert, &last, |query, (place, b)| {
                let query = query.bind(source.to_owned()).bind((*place).to_owned()).bind(i64::from(b.n_items));
                let query = query.bind(i64::from(b.n_answers)).bind(i64::from(b.n_empty)).bind(i64::from(b.is_html));
                query.bind(b.doubted_since.map(millis))
            })
            .await?;
        write.commit().await
    }
}
