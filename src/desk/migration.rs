//! How a portfolio's grades moved between two days, as they were recorded.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Caller, Desk, Error, Result, place_for_a_heavy_question,
    portfolio::{MINOR_PER_MAJOR, cents},
};
use crate::{
    domain::{AsOf, ClientId, Grade, NOTICE},
    store::{ClientFilter, PAGE_CLIENTS, PastGrade},
};

/// Clients read at a time: a page of the store.
const PAGE: usize = 1_000;

/// From which grade to which the clients of some portfolios went between two days. Clients merged since count once, as the
/// one that is rated; those that were erased do not count at all.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MigrationView {
    /// The portfolios looked at.
    pub portfolios: Vec<String>,
    /// The first day; what had been recorded by its end.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// Clients in all.
    pub clients: u64,
    /// Those with a better grade on the last day than on the first; `ND` is neither better nor worse.
    pub moved_up: u64,
    /// Those with a worse one.
    pub moved_down: u64,
    /// What those that moved, up or down, owed on the first day.
    pub exposure_on_movers: f64,
    /// The grades, best first: the order of rows and columns.
    pub grades: Vec<String>,
    /// Every cell of the matrix that is not empty, row by row, those that stayed included.
    pub migration: Vec<MigrationCell>,
    /// What this is not.
    pub notice: String,
}

/// Clients that went from one grade to another, or stayed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MigrationCell {
    /// The grade on the first day; `ND` also for who was not there yet.
    pub from: String,
    /// The grade on the last day.
    pub to: String,
    /// How many.
    pub clients: u64,
    /// Which share of those that had the grade on the first day, 0 to 1.
    pub share: f64,
    /// What they owed on the first day.
    pub exposure: f64,
    /// What they owed on the last day.
    pub exposure_after: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    n_clients: u64,
    exposure_minor: i64,
    exposure_after_minor: i64,
}

type Matrix = Vec<Vec<Cell>>;

impl Desk {
    /// The migration between two days, of the visible portfolios or of the one named; from grades as they were recorded,
    /// never computed anew. Both days may be the same, and lie in the past: [`Error::Invalid`] otherwise.
    pub async fn migration(&self, caller: &Caller, named: Option<&str>, from: Date, to: Date) -> Result<MigrationView> {
        if from > to {
            return Err(Error::invalid("/from", "must not be after to"));
        }
        let portfolios = self.portfolios(caller, named).await?;
        if portfolios.is_empty() && named.is_some() {
            return Err(Error::NotFound("portfolio"));
        }
        let _place = place_for_a_heavy_question().await?;
        let ids = portfolios.iter().map(|(id, _)| *id).collect();
        let filter = ClientFilter { portfolios: ids, only_rated: true, ..ClientFilter::default() };
        let mut matrix = vec![vec![Cell::default(); Grade::ALL.len()]; Grade::ALL.len()];
        let mut after = None;
        loop {
            let clients = self.store.facts().clients(&filter, after, PAGE).await?;
            let ids: Vec<ClientId> = clients.iter().map(|client| client.id).collect();
            for page in ids.chunk_by(|a, b| page_of(*a) == page_of(*b)) {
                self.add_page(&mut matrix, page, from, to).await?;
            }
            if ids.len() < PAGE {
                break;
            }
            after = ids.last().copied();
        }
        let portfolios = portfolios.iter().map(|(_, name)| name.to_string()).collect();
        Ok(view(&matrix, portfolios, (from, to)))
    }

    async fn add_page(&self, matrix: &mut Matrix, page: &[ClientId], from: Date, to: Date) -> Result<()> {
        let Some(first) = page.first() else { return Ok(()) };
        let ratings = self.store.ratings();
        let before = ratings.grades_of_page(page_of(*first), AsOf::end_of(from).known_at).await?;
        let after = ratings.grades_of_page(page_of(*first), AsOf::end_of(to).known_at).await?;
        let none = PastGrade { grade: Grade::NotDetermined, exposure_minor: 0 };
        for client in page {
            let (was, is) = (before.get(client).unwrap_or(&none), after.get(client).unwrap_or(&none));
            let cell = &mut matrix[was.grade as usize][is.grade as usize];
            cell.n_clients += 1;
            cell.exposure_minor = cell.exposure_minor.saturating_add(was.exposure_minor);
            cell.exposure_after_minor = cell.exposure_after_minor.saturating_add(is.exposure_minor);
        }
        Ok(())
    }
}

fn page_of(client: ClientId) -> i64 {
    client.get().div_euclid(PAGE_CLIENTS)
}

#[expect(clippy::cast_precision_loss, reason = "exposures and counts are far below 2^53")]
fn view(matrix: &Matrix, portfolios: Vec<String>, (from, to): (Date, Date)) -> MigrationView {
    let major = |minor: i64| minor as f64 / MINOR_PER_MAJOR;
    let grades = Grade::ALL.iter().map(ToString::to_string).collect();
    let notice = NOTICE.to_owned();
    let (clients, moved_up, moved_down, exposure_on_movers, migration) = (0, 0, 0, 0.0, Vec::new());
    let mut view = MigrationView {
        portfolios,
        from,
        to,
        clients,
        moved_up,
        moved_down,
        exposure_on_movers,
        grades,
        migration,
        notice,
    };
    for (was, row) in Grade::ALL.iter().zip(matrix) {
        let n_row: u64 = row.iter().map(|cell| cell.n_clients).sum();
        view.clients += n_row;
        for (is, cell) in Grade::ALL.iter().zip(row).filter(|(_, cell)| cell.n_clients > 0) {
            let notches = was.notches_to(*is);
            match notches {
                0 => {}
                better if better > 0 => view.moved_up += cell.n_clients,
                _ => view.moved_down += cell.n_clients,
            }
            if notches != 0 {
                view.exposure_on_movers += major(cell.exposure_minor);
            }
            view.migration.push(MigrationCell {
                from: was.to_string(),
                to: is.to_string(),
                clients: cell.n_clients,
                share: super::six_decimals(cell.n_clients as f64 / n_row as f64),
                exposure: major(cell.exposure_minor),
                exposure_after: major(cell.exposure_after_minor),
            });
        }
    }
    view.exposure_on_movers = cents(view.exposure_on_movers);
    view
}
