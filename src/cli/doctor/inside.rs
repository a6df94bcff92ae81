//! What lies in the store, and how old it is.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::{super::Opened, Check};
use crate::store::{Attested, Error, SealError, Store, Witness};

/// A night a day, and two hours to be held.
const NIGHT_MAX: SignedDuration = SignedDuration::from_hours(26);
/// What a backup that is older than a day and a bit would lose.
const BACKUP_MAX: SignedDuration = SignedDuration::from_hours(26);
/// An event that waits for a relay for so long waits for nothing.
const OUTBOX_MAX: SignedDuration = SignedDuration::from_secs(60);
/// The house seals the log once an hour.
const SEAL_MAX: SignedDuration = SignedDuration::from_hours(2);
/// Documents looked for: the newest facts are of every process that collects or imports.
const DOCUMENTS: usize = 500;
/// A clock that is off by more orders what several machines write wrongly.
const SKEW_MAX: SignedDuration = SignedDuration::from_secs(2);

pub(super) async fn checks(house: &Opened, archive: &Path, witness: Result<Option<Witness>, SealError>) -> Vec<Check> {
    let (store, now) = (&house.store, house.clock.now());
    let mut checks = conditions(store).await;
    checks.push(schema(store).await);
    checks.push(skew(store, now).await);
    checks.push(order(store, now).await);
    checks.push(documents(store, archive).await);
    checks.push(champion(house).await);
    checks.push(clients(store).await);
    checks.push(keys(store).await);
    checks.extend(audit(store, witness, now).await);
    checks.push(outbox(store, now).await);
    checks.push(waiting(store, "alert", "alerts", now).await);
    checks.push(night(store, now).await);
    checks.push(sources(house).await);
    checks.push(backup(store, now).await);
    checks
}

/// A question of the store that failed is a check that failed.
fn failed(what: &'static str, error: &Error) -> Check {
    Check::fail(what, error.to_string(), "see the log of the database")
}

async fn conditions(store: &Store) -> Vec<Check> {
    match store.conditions().await {
        Ok(found) => found.into_iter().map(|c| Check::must(c.what, c.is_good, c.value, c.mend)).collect(),
        Err(error) => vec![failed("database", &error)],
    }
}

async fn schema(store: &Store) -> Check {
    match store.schema_version().await {
        Ok(version) => Check::ok("schema", format!("migration {version}")),
        Err(error) => failed("schema", &error),
    }
}

async fn skew(store: &Store, now: Timestamp) -> Check {
    const MEND: &str = "set the clocks (chrony, systemd-timesyncd) of this machine and of the database's";
    match store.clock_of_the_server().await {
        Ok(Some(theirs)) => {
            let off = theirs.duration_since(now);
            Check::should("clock skew", off.abs() <= SKEW_MAX, format!("{} ms to the server's", off.as_millis()), MEND)
        }
        Ok(None) => Check::ok("clock skew", "the store is a file: there is no other clock"),
        Err(error) => failed("clock skew", &error),
    }
}

/// What was recorded lies behind: a clock that is late rates as of an instant before its newest facts.
async fn order(store: &Store, now: Timestamp) -> Check {
    const MEND: &str =
        "set the clock (chrony, systemd-timesyncd): this one is late, or the one that wrote it was early";
    match store.newest_instants().await {
        Ok(newest) => match newest.into_iter().max_by_key(|(_, at)| *at) {
            Some((what, at)) if at > now + SKEW_MAX => {
                let ahead = at.duration_since(now).as_secs();
                Check::warn("clock order", format!("the newest {what} is {ahead} s ahead of this clock"), MEND)
            }
            _ => Check::ok("clock order", "nothing that is recorded is of the future"),
        },
        Err(error) => failed("clock order", &error),
    }
}

/// Whether what others have put into the archive is in the folder that this process has.
async fn documents(store: &Store, archive: &Path) -> Check {
    const MEND: &str = "all processes need one and the same folder (store.data), on a disk that each of them sees; or restore \
         the files from a backup";
    match store.missing_documents(DOCUMENTS).await {
        Ok((0, _)) => Check::ok("documents", "none yet"),
        Ok((n, 0)) => Check::ok("documents", format!("the newest {n} are in {}", archive.display())),
        Ok((n, n_missing)) => {
            let text = format!("{n_missing} of the newest {n} that ratings rest on are not in {}", archive.display());
            Check::fail("documents", text, MEND)
        }
        Err(error) => failed("documents", &error),
    }
}

async fn champion(house: &Opened) -> Check {
    match house.rescorer.champion().await {
        Ok(engine) => Check::ok("champion", format!("{} rates", engine.model())),
        Err(error) => Check::fail("champion", error.to_string(), "`vedetta model promote --back` takes the one before"),
    }
}

async fn clients(store: &Store) -> Check {
    match store.facts().n_clients().await {
        Ok(0) => Check::warn("clients", "none yet", "vedetta import clients FILE"),
        Ok(n) => Check::ok("clients", n.to_string()),
        Err(error) => failed("clients", &error),
    }
}

async fn keys(store: &Store) -> Check {
    match store.access().keys().await {
        Ok(keys) => {
            let n = keys.iter().filter(|key| key.revoked_at.is_none()).count();
            Check::should("keys", n > 0, format!("{n} open doors"), "vedetta keys create --scope read")
        }
        Err(error) => failed("keys", &error),
    }
}

async fn audit(store: &Store, witness: Result<Option<Witness>, SealError>, now: Timestamp) -> Vec<Check> {
    const MEND: &str = "somebody changed it: compare with a backup and with the checkpoints kept elsewhere";
    let found = match &witness {
        Ok(Some(witness)) => store.audit().inspect_sealed(witness).await,
        Ok(None) => store.audit().inspect().await.map(|found| Attested { found, ..Attested::default() }),
        Err(error) => {
            let key = Check::fail("audit key", error.to_string(), "see [audit] in config/default.toml");
            let found = store.audit().inspect().await.map(|found| Attested { found, ..Attested::default() });
            return vec![key, chain(found, MEND)];
        }
    };
    let (rows, vouched) = found.as_ref().map_or((0, 0), |attested| (attested.found.rows, attested.until));
    let since = match store.audit().rows(vouched, 1).await {
        Ok(rows) => rows.first().map(|row| row.at),
        Err(error) => return vec![failed("audit log", &error)],
    };
    let is_fresh = since.is_none_or(|at| now.duration_since(at) <= SEAL_MAX);
    let text = match witness {
        Ok(Some(_)) => format!("signed until row {vouched} of {rows}"),
        _ => format!("{rows} rows, and no key here: whether more were cut off their end cannot be seen"),
    };
    let sealed = Check::should("audit seal", is_fresh, text, "vedetta audit seal; a running house does it every hour");
    vec![chain(found, MEND), sealed]
}

fn chain(found: Result<Attested, Error>, mend: &str) -> Check {
    match found {
        Ok(Attested { found, .. }) => match found.faults.first() {
            None => Check::ok("audit log", format!("{} rows, unbroken", found.rows)),
            Some(fault) => Check::fail("audit log", format!("row {} {}", fault.row, fault.why), mend),
        },
        Err(error) => failed("audit log", &error),
    }
}

async fn outbox(store: &Store, now: Timestamp) -> Check {
    match store.newest_event().await {
        Ok(None) => Check::ok("outbox", "no event yet"),
        Ok(Some((seq, at))) => {
            let hours = now.duration_since(at).as_hours();
            Check::ok("outbox", format!("{seq} events, the newest {hours} h old"))
        }
        Err(error) => failed("outbox", &error),
    }
}

/// Whether a relay has fallen behind.
pub(super) async fn waiting(store: &Store, relay: &str, what: &'static str, now: Timestamp) -> Check {
    match store.waiting_since(relay).await {
        Ok(since) => {
            let age = since.map_or(SignedDuration::ZERO, |since| now.duration_since(since));
            let text = format!("the oldest event waits for {} s", age.as_secs());
            Check::should(
                what,
                age <= OUTBOX_MAX,
                text,
                "is `vedetta run` running? Its log says why it does not get on",
            )
        }
        Err(error) => failed(what, &error),
    }
}

async fn night(store: &Store, now: Timestamp) -> Check {
    const MEND: &str = "vedetta night; a running house holds one at night.at";
    match store.runs().last("night").await {
        Ok(None) => Check::warn("night", "none yet", MEND),
        Ok(Some(run)) => {
            let text = format!("last for {}, {:?}, {} could not be rated", run.valid_at, run.state, run.failed);
            let is_well = run.state == crate::store::RunState::Done && run.failed == 0;
            let is_fresh = now.duration_since(run.started_at) <= NIGHT_MAX;
            Check::should("night", is_well && is_fresh, text, MEND)
        }
        Err(error) => failed("night", &error),
    }
}

async fn sources(house: &Opened) -> Check {
    match house.rescorer.stale_sources().await {
        Ok(stale) => {
            let text =
                if stale.is_empty() { "none is stale".to_owned() } else { format!("stale: {}", stale.join(", ")) };
            Check::must("sources", stale.is_empty(), text, "vedetta collect SOURCE says what it answers")
        }
        Err(error) => Check::fail("sources", error.to_string(), "see the log of the database"),
    }
}

async fn backup(store: &Store, now: Timestamp) -> Check {
    const MEND: &str = "vedetta backup FILE, once a day, to another machine; vedetta backup verify FILE";
    match store.last_noted(super::super::keep::BACKED_UP).await {
        Ok(None) => Check::warn("backup", "none was ever made", MEND),
        Ok(Some(at)) => {
            let age = now.duration_since(at);
            Check::should("backup", age <= BACKUP_MAX, format!("the newest is {} h old", age.as_hours()), MEND)
        }
        Err(error) => failed("backup", &error),
    }
}
