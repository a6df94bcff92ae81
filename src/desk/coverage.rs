//! Who watches whom: how each source answers, whom it has seen, and the clients that none of them sees now.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    Caller, Desk, Result,
    morning::SourceView,
    roll::{Roll, RollLine, common_currency},
};
use crate::domain::{ClientId, Currency};

/// A source, and whom it sees.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchedSource {
    /// How it answers.
    pub state: SourceView,
    /// For how long its silence is no news; none for a source that is not switched on.
    pub stale_after: Option<SignedDuration>,
    /// Clients about whom it answered within that time.
    pub n_fresh: usize,
    /// Clients about whom it answered once, and not since.
    pub n_late: usize,
}

/// A client that no source sees.
#[derive(Debug, Clone, PartialEq)]
pub struct UnseenLine {
    /// Whom.
    pub line: RollLine,
    /// Which source answered about it last, and when; none when none ever did.
    pub last: Option<(String, Timestamp)>,
}

/// What the sources see of somebody's clients.
#[derive(Debug, Clone)]
pub struct Coverage {
    /// Those that are switched on or were ever asked, by name.
    pub sources: Vec<WatchedSource>,
    /// Clients.
    pub n_clients: usize,
    /// Clients that no source sees now.
    pub n_unseen: usize,
    /// What those owe, minor units.
    pub unseen_minor: i64,
    /// The currency, when all clients have one in common.
    pub currency: Option<Currency>,
    /// Those of them that were asked for: who owes most first.
    pub unseen: Vec<UnseenLine>,
}

impl Desk {
    /// What the sources see of a caller's clients now, with the stretch `from`, `limit` of those that none sees, who owes most first. A source sees a
    /// client when it answered about it, whatever it said, within the time for which its silence is no news.
    pub async fn coverage(&self, roll: &Roll, caller: &Caller, (from, limit): (usize, usize)) -> Result<Coverage> {
        let now = self.clock.now();
        let lines = roll.lines(self).await?;
        let own = || lines.iter().filter(|line| caller.reach.sees(line.portfolio));
        let ids: HashSet<ClientId> = own().map(|line| line.id).collect();
        let (mut seen, mut last) = (HashSet::new(), HashMap::<ClientId, (String, Timestamp)>::new());
        let mut sources = Vec::new();
        for (state, stale_after) in self.known_sources().await? {
            let since = stale_after.and_then(|wait| now.checked_sub(wait).ok());
            let (mut n_fresh, mut n_late) = (0, 0);
            for (client, at) in self.store.sources().seen(&state.id).await? {
                if !ids.contains(&client) {
                    continue;
                }
                if since.is_some_and(|since| at >= since) {
                    n_fresh += 1;
                    seen.insert(client);
                } else {
                    n_late += 1;
                }
                let newest = last.entry(client).or_insert_with(|| (state.id.clone(), at));
                if newest.1 < at {
                    *newest = (state.id.clone(), at);
                }
            }
            sources.push(WatchedSource { state, stale_after, n_fresh, n_late });
        }
        let mut unseen: Vec<&RollLine> = own().filter(|line| !seen.contains(&line.id)).collect();
        unseen.sort_by_key(|line| (std::cmp::Reverse(line.exposure.minor()), line.id));
        let unseen_minor = unseen.iter().map(|line| line.exposure.minor()).fold(0, i64::saturating_add);
        Ok(Coverage {
            sources,
            n_clients: ids.len(),
            n_unseen: unseen.len(),
            unseen_minor,
            currency: common_currency(own()),
            unseen: unseen
                .into_iter()
                .skip(from)
                .take(limit)
                .map(|line| UnseenLine { line: line.clone(), last: last.remove(&line.id) })
                .collect(),
        })
    }

    /// Every source that is switched on or was ever asked, by name, with the time for which its silence is no news.
    async fn known_sources(&self) -> Result<Vec<(SourceView, Option<SignedDuration>)>> {
        let mut known: BTreeMap<String, (SourceView, Option<SignedDuration>)> = BTreeMap::new();
        for state in self.source_states().await? {
            known.insert(state.id.clone(), (state, None));
        }
        for expected in &self.rescorer.upkeep.sources {
            let id = expected.awaited.source.to_string();
            let never =
                SourceView { id: id.clone(), last_ok_at: None, last_tried_at: None, last_error: None, is_stale: false };
            known.entry(id).or_insert((never, None)).1 = Some(expected.awaited.stale_after);
        }
        Ok(known.into_values().collect())
    }
}
