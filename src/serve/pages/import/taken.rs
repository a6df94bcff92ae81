//! Files that were taken lately, and what became of one that was taken back.

use super::words;
use crate::{
    desk::{LeftView, TakenView, UnsaidView},
    serve::{
        House,
        fault::Fault,
        pages::{look::Tongue, morning::client_href, session::Guest},
    },
};

/// Files on a page.
const SHOWN: usize = 50;

/// A file that was taken.
pub(super) struct Taken {
    pub(super) id: i64,
    pub(super) what: &'static str,
    pub(super) name: String,
    /// Whose book it went to, for who sees several.
    pub(super) portfolio: Option<String>,
    pub(super) at: String,
    /// How many rows, or that it was not taken to its end.
    pub(super) rows: String,
    /// Until when it can be taken back.
    pub(super) until: Option<String>,
    pub(super) undone_at: Option<String>,
}

/// What became of a file that was taken back.
pub(super) struct Unsaid {
    pub(super) restored: String,
    pub(super) withdrawn: String,
    pub(super) changed_since: String,
    pub(super) kept: String,
    /// Those that are left: why, what, and where it is looked at.
    pub(super) left: Vec<(&'static str, String, Option<String>)>,
}

/// The files that were taken before another, newest first, and behind which the next page begins.
pub(super) async fn lately(
    house: &House,
    guest: &Guest,
    before: Option<i64>,
    has_several: bool,
) -> Result<(Vec<Taken>, Option<i64>), Fault> {
    let t = guest.look.tongue;
    let w = words(t);
    let found = house.desk.imports(&guest.visitor.caller, None, before, SHOWN).await?;
    let taken = |view: TakenView| Taken {
        id: view.id,
        what: match view.kind.as_str() {
            "clients" => w.of_clients,
            "invoices" => w.of_invoices,
            _ => w.of_payments,
        },
        name: view.file,
        portfolio: has_several.then_some(view.portfolio),
        at: t.instant(view.at),
        rows: match view.finished {
            true => format!("{} {}", t.whole(i64::try_from(view.rows).unwrap_or(i64::MAX)), w.rows),
            false => w.unfinished.to_owned(),
        },
        until: view.can_be_undone.then(|| t.instant(view.until)),
        undone_at: view.undone_at.map(|at| t.instant(at)),
    };
    Ok((found.items.into_iter().map(taken).collect(), found.next))
}

/// What became of it, in words.
pub(super) fn unsaid(view: UnsaidView, t: Tongue) -> Unsaid {
    let w = words(t);
    let n = |n: u64| t.whole(i64::try_from(n).unwrap_or(i64::MAX));
    let left = |left: LeftView| {
        let why = if left.why == "kept" { w.stays } else { w.since_changed };
        let what = match (left.client.as_deref(), left.invoice, left.payment) {
            (Some(client), Some(invoice), _) => format!("{client} {invoice}"),
            (Some(client), None, _) => client.to_owned(),
            (None, _, payment) => payment.map(|id| format!("{} {id}", w.payment)).unwrap_or_default(),
        };
        (why, what, left.client.as_deref().map(client_href))
    };
    Unsaid {
        restored: n(view.restored),
        withdrawn: n(view.withdrawn),
        changed_since: n(view.changed_since),
        kept: n(view.kept),
        left: view.left.into_iter().map(left).collect(),
    }
}
