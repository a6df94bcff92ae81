use std::ops::Range;

use crate::{score::Artefact, train::Table};

/// Which bin of each input each row falls into: numbers of cells, the missing bin of an input after its others. Cell 0 is
/// the intercept, which every row has.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    /// Places in the expert's list of the inputs that some row has a value for.
    places: Vec<usize>,
    /// First cell of each of these, and the cell behind the last.
    starts: Vec<usize>,
    /// Rows one after another, a cell for each input.
    cells: Vec<u16>,
}

impl Cells {
    pub(super) fn of(expert: &Artefact, table: &Table) -> Self {
        let column = |feature: &str| table.names.iter().position(|name| name == feature).map(|at| &table.columns[at]);
        let found = expert.inputs.iter().enumerate().filter_map(|(place, input)| {
            column(&input.feature).filter(|c| c.iter().any(|v| !v.is_nan())).map(|c| (place, input, c))
        });
        let (mut places, mut starts, mut columns) = (Vec::new(), vec![1], Vec::new());
        for (place, input, column) in found {
            let start = starts.last().copied().unwrap_or(1);
            places.push(place);
            columns.push((start, input, column));
            starts.push(start + input.bins.len() + 1);
        }
        let mut cells = Vec::with_capacity(columns.len() * table.n_rows());
        for row in 0..table.n_rows() {
            cells.extend(columns.iter().map(|(start, input, column)| {
                let value = column[row];
                let bins = &input.bins;
                let place = match value.is_nan() {
                    true => bins.len(),
                    false => bins.iter().position(|b| b.upto.is_none_or(|upto| value <= upto)).unwrap_or(bins.len()),
                };
                // A scorecard has some hundred bins; 65 535 is the last cell there can be.
                u16::try_from(start + place).unwrap_or(u16::MAX)
            }));
        }
        Self { places, starts, cells }
    }

    /// The inputs there is evidence on.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// Whether there is evidence on an input of the expert's list.
    pub(super) fn has(&self, place: usize) -> bool {
        self.places.binary_search(&place).is_ok()
    }

    pub(super) fn n_inputs(&self) -> usize {
        self.places.len()
    }

    pub(super) fn n_cells(&self) -> usize {
        self.starts.last().copied().unwrap_or(1)
    }

    /// The cells of an input's bins, the missing one aside.
    pub(super) fn bins_of(&self, input: usize) -> Range<usize> {
        self.starts[input]..self.starts[input + 1] - 1
    }

    pub(super) fn missing_of(&self, input: usize) -> usize {
        self.starts[input + 1] - 1
    }

    /// A row's cells, the intercept aside; rising.
    pub(super) fn row(&self, row: usize) -> &[u16] {
        &self.cells[row * self.places.len()..(row + 1) * self.places.len()]
    }
}
