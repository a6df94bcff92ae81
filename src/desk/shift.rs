use serde::Serialize;
use utoipa::ToSchema;

use super::{
    BandView,
    portfolio::{MINOR_PER_MAJOR, cents},
    six_decimals,
};
use crate::{
    domain::Grade,
    pipeline::{Side, SideBySide},
};

/// What would move a whole portfolio: every client rated twice. After a blow to a market without memory of earlier grades, and
/// with what analysts decided; by another model with that memory, and without decisions.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ShiftView {
    /// Clients compared.
    pub clients: u64,
    /// Those whom the change reaches.
    pub hit: u64,
    /// As it is.
    pub before: SideView,
    /// As it would be.
    pub after: SideView,
    /// From which grade to which, with those that stay; empty cells are left out.
    pub migration: Vec<MoveView>,
    /// Clients that would have a better grade.
    pub moved_up: u64,
    /// Clients that would have a worse one.
    pub moved_down: u64,
    /// What those that move owe.
    pub exposure_on_movers: f64,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SideView {
    /// What is expected to be lost within twelve months: PD × LGD × exposure.
    pub expected_loss: f64,
    /// By grade, best first.
    pub bands: Vec<BandView>,
}

/// Clients that go from one grade to another.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MoveView {
    /// The grade as it is.
    pub from: String,
    /// The grade as it would be.
    pub to: String,
    /// How many.
    pub clients: u64,
    /// What they owe.
    pub exposure: f64,
}

impl ShiftView {
    /// `lgd`: share of the exposure that is lost when a client defaults.
    pub(super) fn of(found: &SideBySide, lgd: f64) -> Self {
        let mut view = Self {
            clients: found.n_clients,
            hit: found.n_hit,
            before: side(&found.before, lgd),
            after: side(&found.after, lgd),
            migration: Vec::new(),
            moved_up: 0,
            moved_down: 0,
            exposure_on_movers: 0.0,
        };
        for (from, row) in Grade::ALL.iter().zip(&found.cells) {
            for (to, cell) in Grade::ALL.iter().zip(row).filter(|(_, cell)| cell.n_clients > 0) {
                let exposure = major(cell.exposure_minor);
                match from.notches_to(*to) {
                    0 => {}
                    better if better > 0 => view.moved_up += cell.n_clients,
                    _ => view.moved_down += cell.n_clients,
                }
                if from.notches_to(*to) != 0 {
                    view.exposure_on_movers += exposure;
                }
                let (from, to) = (from.to_string(), to.to_string());
                view.migration.push(MoveView { from, to, clients: cell.n_clients, exposure });
            }
        }
        view.exposure_on_movers = cents(view.exposure_on_movers);
        view
    }
}

fn side(bands: &[Side], lgd: f64) -> SideView {
    let loss = |side: &Side| side.loss_minor * lgd / MINOR_PER_MAJOR;
    let expected_loss = cents(bands.iter().map(loss).sum());
    let bands = Grade::ALL.iter().zip(bands).map(|(grade, side)| band(*grade, side, loss(side))).collect();
    SideView { expected_loss, bands }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 clients")]
fn band(grade: Grade, side: &Side, loss: f64) -> BandView {
    let has_pd = grade != Grade::NotDetermined && side.n_clients > 0;
    BandView {
        grade: grade.to_string(),
        clients: side.n_clients,
        exposure: major(side.exposure_minor),
        expected_loss: cents(loss),
        mean_pd: has_pd.then(|| six_decimals(side.pd_sum / side.n_clients as f64)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "exposures are far below 2^53 cents")]
fn major(minor: i64) -> f64 {
    minor as f64 / MINOR_PER_MAJOR
}
