use std::collections::{BTreeMap, BTreeSet};

use super::{Dropped, Error, Times};

/// Columns that a refusal names, of each kind.
const COLUMNS_NAMED: usize = 8;

/// A column with more different words than this names things, and has no categories.
const MAX_WORDS: usize = 200;

/// A column of numbers may hold this share of words (a note, a typing error); they count as missing and the card says so. Where
/// most cells are no numbers the column names things.
const MAX_STRAY_SHARE: f64 = 0.5;

/// Why a column without a name is no input.
const NAMELESS: &str = "the header gives it no name, as programs write the number of a row";

/// A labelled table in columns. A missing cell (empty, `NA`, `?`) is `NaN` inside and never leaves it as a number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Names of the inputs, in the file's order.
    pub names: Vec<String>,
    /// One vector per input, rows in the file's order; words stand as their place in [`Table::words`].
    pub columns: Vec<Vec<f64>>,
    /// Whether the row went bad.
    pub bad: Vec<bool>,
    /// The group of each row, where a group column was named: a group is never split between folds.
    pub groups: Option<Vec<String>>,
    /// Columns that were left out, and why.
    pub left_out: Vec<(String, String)>,
    /// The words of each column that holds words, in the order of their codes.
    pub words: BTreeMap<String, Vec<String>>,
    /// The time of each row, where a time column was named.
    pub times: Option<Times>,
    /// What a reader of the card should know of a column that was kept.
    pub notes: Vec<(String, String)>,
}

/// Which columns of a file are not inputs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Roles<'a> {
    /// 1 (or `true`) is bad, 0 (or `false`) good.
    pub target: &'a str,
    /// Not looked at.
    pub exclude: &'a [&'a str],
    /// Rows of one group stay in one fold.
    pub group: Option<&'a str>,
    /// When the row was so.
    pub time: Option<&'a str>,
}

impl Roles<'_> {
    /// The columns that are there and no inputs, besides the target, and why.
    fn no_inputs(&self) -> Vec<(String, String)> {
        let excluded = self.exclude.iter().map(|name| (*name, "excluded as asked"));
        let group =
            self.group.map(|name| (name, "says which rows belong together: these are never parted between folds"));
        let time = self.time.map(|name| (name, "says when a row was so: the last ones judge by themselves"));
        excluded.chain(group).chain(time).map(|(name, why)| (name.to_owned(), why.to_owned())).collect()
    }

    /// Whether a column is asked to be the target and something else, too.
    fn check(&self) -> Result<(), Error> {
        let others = self.exclude.iter().copied().chain(self.group).chain(self.time);
        match others.into_iter().any(|name| name == self.target) {
            true => Err(Error::Table(format!(
                "column {:?} is the target, and cannot be excluded, or be the group or the time of a row",
                self.target
            ))),
            false => Ok(()),
        }
    }
}

impl Table {
    /// Reads a CSV file with a header; `target` holds 0 and 1, `exclude` and `group` are no inputs.
    pub fn read(csv: &[u8], target: &str, exclude: &[&str], group: Option<&str>) -> Result<Self, Error> {
        Self::read_with(csv, &Roles { target, exclude, group, time: None })
    }

    /// Reads a CSV file with a header.
    pub fn read_with(csv: &[u8], roles: &Roles<'_>) -> Result<Self, Error> {
        let mut reader = csv::ReaderBuilder::new().from_reader(csv);
        let header: Vec<String> = reader.headers()?.iter().map(|h| h.trim().to_owned()).collect();
        roles.check()?;
        let places = Places::find(&header, roles)?;
        let mut read: Vec<Reading> = places.inputs.iter().map(|_| Reading::default()).collect();
        let (mut bad, mut groups, mut times) = (Vec::new(), Vec::new(), Vec::new());
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record)? {
            let cell = |place: usize| record.get(place).unwrap_or_default().trim();
            let row = bad.len();
            bad.push(label(cell(places.target)).ok_or_else(|| {
                let got = cell(places.target);
                Error::Table(format!("row {row}: column {:?} is {got:?}, must be 0 or 1", roles.target))
            })?);
            groups.extend(places.group.map(|p| cell(p).to_owned()));
            times.extend(places.time.map(|p| cell(p).to_owned()));
            for (column, place) in read.iter_mut().zip(&places.inputs) {
                column.push(cell(*place));
            }
        }
        let mut table = Self {
            bad,
            groups: places.group.map(|_| groups),
            times: roles.time.map(|column| Times::read(column, &times)).transpose()?,
            left_out: roles.no_inputs(),
            ..Self::default()
        };
        let nameless = header.iter().enumerate().filter(|(_, name)| name.is_empty());
        table.left_out.extend(nameless.map(|(place, _)| (format!("column {}", place + 1), NAMELESS.to_owned())));
        for (column, place) in read.into_iter().zip(&places.inputs) {
            let text = || cells_of(csv, *place);
            table.take(&header[*place], column, text)?;
        }
        table.leave_out_what_says_nothing();
        Ok(table)
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.bad.len()
    }

    /// The columns left out before any fit, as the report lists them.
    pub(super) fn dropped(&self) -> Vec<Dropped> {
        let dropped = |(column, why): &(String, String)| Dropped { column: column.clone(), why: why.clone() };
        self.left_out.iter().map(dropped).collect()
    }

    /// Which columns were looked at and which could not be, with the reason, for who wonders where theirs went.
    pub(super) fn columns_in_words(&self) -> String {
        let of = |what: &str, names: Vec<String>| {
            let more = names.len().checked_sub(COLUMNS_NAMED).filter(|n| *n > 0);
            let more = more.map_or_else(String::new, |n| format!(" and {n} more"));
            let shown: Vec<String> = names.into_iter().take(COLUMNS_NAMED).collect();
            if shown.is_empty() { String::new() } else { format!("; {what}: {}{more}", shown.join(", ")) }
        };
        let left_out = self.left_out.iter().map(|(name, why)| format!("{name} ({why})")).collect();
        of("looked at", self.names.clone()) + &of("left out", left_out)
    }

    fn take(&mut self, name: &str, read: Reading, text: impl Fn() -> Result<Vec<String>, Error>) -> Result<(), Error> {
        let n_present = read.values.iter().filter(|v| !v.is_nan()).count() + read.n_infinite + read.n_words;
        if read.n_infinite > 0 {
            let note = format!("{} infinite cells count as missing", read.n_infinite);
            self.notes.push((name.to_owned(), note));
        }
        if read.n_words as f64 <= MAX_STRAY_SHARE * n_present as f64 {
            if let Some((row, word)) = &read.first_word {
                let note =
                    format!("{} cells hold no number and count as missing, first {word:?} in row {row}", read.n_words);
                self.notes.push((name.to_owned(), note));
            }
            self.names.push(name.to_owned());
            self.columns.push(read.values);
            return Ok(());
        }
        let cells = text()?;
        let words: BTreeSet<&String> = cells.iter().filter(|c| !is_missing(c)).collect();
        if words.len() > MAX_WORDS {
            let (row, word) = read.first_word.unwrap_or_default();
            let why = format!(
                "row {row} holds {word:?}, which is no number, and {} different words are too many for categories",
                words.len()
            );
            self.left_out.push((name.to_owned(), why));
            return Ok(());
        }
        let first = words.iter().next().map_or("", |word| word.as_str());
        self.notes.push((name.to_owned(), format!("read as {} words, not as numbers, first {first:?}", words.len())));
        let code: BTreeMap<&String, f64> = words.iter().zip(0u32..).map(|(w, i)| (*w, f64::from(i))).collect();
        self.columns.push(cells.iter().map(|c| code.get(c).copied().unwrap_or(f64::NAN)).collect());
        self.words.insert(name.to_owned(), words.into_iter().cloned().collect());
        self.names.push(name.to_owned());
        Ok(())
    }

    /// Columns that are missing everywhere, always the same, or the same as an earlier one.
    fn leave_out_what_says_nothing(&mut self) {
        // A digest only says which earlier columns to look at: two columns are the same when their cells are.
        let mut seen: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        let (mut names, mut columns): (Vec<String>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
        for (name, column) in std::mem::take(&mut self.names).into_iter().zip(std::mem::take(&mut self.columns)) {
            let alike = seen.entry(digest(&column)).or_default();
            let twin = alike.iter().find(|earlier| has_same_cells(&columns[**earlier], &column));
            let why = if column.iter().all(|v| v.is_nan()) {
                Some("every cell is missing".to_owned())
            } else if column.windows(2).all(|pair| has_same_cells(&pair[..1], &pair[1..])) {
                Some("every cell is the same".to_owned())
            } else {
                twin.map(|earlier| format!("the same as {}", names[*earlier]))
            };
            match why {
                Some(why) => {
                    self.words.remove(&name);
                    self.left_out.push((name, why));
                }
                None => {
                    alike.push(columns.len());
                    names.push(name);
                    columns.push(column);
                }
            }
        }
        (self.names, self.columns) = (names, columns);
    }
}

/// 64 bits of a column's cells (FNV-1a, word by word). What a word changes in the high bits is folded down after each step:
/// flags of 0 and 1 differ nowhere else, and a product carries bits upwards only.
fn digest(column: &[f64]) -> u64 {
    column.iter().fold(0xcbf2_9ce4_8422_2325, |digest: u64, cell| {
        let next = (digest ^ cell.to_bits()).wrapping_mul(0x100_0000_01b3);
        next ^ (next >> 32)
    })
}

/// Whether two columns are the same bit by bit, missing cells included.
fn has_same_cells(one: &[f64], other: &[f64]) -> bool {
    one.iter().map(|cell| cell.to_bits()).eq(other.iter().map(|cell| cell.to_bits()))
}

struct Places {
    target: usize,
    group: Option<usize>,
    time: Option<usize>,
    inputs: Vec<usize>,
}

impl Places {
    fn find(header: &[String], roles: &Roles<'_>) -> Result<Self, Error> {
        match header {
            [] => return Err(Error::Table("the file is empty, must begin with the names of its columns".to_owned())),
            [only] if only.contains([';', '\t']) => {
                return Err(Error::Table(format!("the first line is {only:?}: columns must be parted by commas")));
            }
            _ => {}
        }
        let place = |name: &str| {
            let found = header.iter().position(|h| h == name);
            found.ok_or_else(|| Error::Table(format!("there is no column {name:?}; found: {}", header.join(", "))))
        };
        check_names(header)?;
        let (target, group, time) =
            (place(roles.target)?, roles.group.map(place).transpose()?, roles.time.map(place).transpose()?);
        let excluded: Vec<usize> = roles.exclude.iter().map(|name| place(name)).collect::<Result<_, _>>()?;
        let has_role = |p: &usize| *p == target || Some(*p) == group || Some(*p) == time || excluded.contains(p);
        let is_input = |p: &usize| !has_role(p) && !header[*p].is_empty();
        Ok(Self { target, group, time, inputs: (0..header.len()).filter(is_input).collect() })
    }
}

/// Refuses a header that names two columns alike; those without a name are nobody's.
pub(super) fn check_names(header: &[String]) -> Result<(), Error> {
    let twice = |(i, name): &(usize, &String)| !name.is_empty() && header[..*i].contains(name);
    match header.iter().enumerate().find(twice) {
        Some((_, name)) => Err(Error::Table(format!("column {name:?} stands twice in the header"))),
        None => Ok(()),
    }
}

/// A column on its way in.
#[derive(Default)]
struct Reading {
    values: Vec<f64>,
    n_words: usize,
    n_infinite: usize,
    first_word: Option<(usize, String)>,
}

impl Reading {
    fn push(&mut self, cell: &str) {
        let value = match cell.parse::<f64>() {
            _ if is_missing(cell) => f64::NAN,
            Ok(value) if value.is_finite() => plain(value),
            Ok(_) => {
                self.n_infinite += 1;
                f64::NAN
            }
            Err(_) => {
                self.n_words += 1;
                self.first_word.get_or_insert_with(|| (self.values.len(), cell.to_owned()));
                f64::NAN
            }
        };
        self.values.push(value);
    }
}

/// A column of words, as its text stands: read again, because most columns are numbers and need no text.
fn cells_of(csv: &[u8], place: usize) -> Result<Vec<String>, Error> {
    let mut reader = csv::ReaderBuilder::new().from_reader(csv);
    let cell = |r: Result<csv::StringRecord, csv::Error>| Ok(r?.get(place).unwrap_or_default().trim().to_owned());
    reader.records().map(cell).collect()
}

/// Reads a file of folds, `row,r0,r1,…` (data row from 0, test fold in each repeat): for each repeat the fold of each row.
pub fn read_folds(csv: &[u8], n_rows: usize) -> Result<Vec<Vec<usize>>, Error> {
    let mut reader = csv::ReaderBuilder::new().from_reader(csv);
    let n_repeats = reader.headers()?.len().saturating_sub(1);
    let mut folds = vec![vec![usize::MAX; n_rows]; n_repeats];
    for record in reader.records() {
        let record = record?;
        let number = |place: usize| record.get(place).and_then(|t| t.trim().parse::<usize>().ok());
        let bad = || Error::Table(format!("folds: {:?} must be whole numbers row,fold,fold…", record.as_slice()));
        let row = number(0).filter(|r| *r < n_rows).ok_or_else(bad)?;
        if folds.first().is_some_and(|first| first[row] != usize::MAX) {
            return Err(Error::Table(format!(
                "folds: row {row} stands twice, the second time as {:?}",
                record.as_slice()
            )));
        }
        for (repeat, fold) in folds.iter_mut().enumerate() {
            fold[row] = number(repeat + 1).filter(|f| *f < n_rows).ok_or_else(bad)?;
        }
    }
    match folds.iter().flatten().any(|f| *f == usize::MAX) || folds.is_empty() {
        true => Err(Error::Table(format!("folds: each of the {n_rows} rows needs a fold in each repeat"))),
        false => Ok(folds),
    }
}

/// Outcomes as they stand in a column: 1 or `true` is bad, 0 or `false` good.
pub fn labels(column: &str, cells: &[String]) -> Result<Vec<bool>, Error> {
    let read = |(row, cell): (usize, &String)| {
        label(cell).ok_or_else(|| Error::Table(format!("row {row}: column {column:?} is {cell:?}, must be 0 or 1")))
    };
    cells.iter().enumerate().map(read).collect()
}

fn label(text: &str) -> Option<bool> {
    match text.parse::<f64>() {
        Ok(1.0) => Some(true),
        Ok(0.0) => Some(false),
        Ok(_) => None,
        Err(_) if text.eq_ignore_ascii_case("true") => Some(true),
        Err(_) if text.eq_ignore_ascii_case("false") => Some(false),
        Err(_) => None,
    }
}

pub(super) fn is_missing(text: &str) -> bool {
    const WORDS: [&str; 11] = ["", "na", "n/a", "n.a.", "#n/a", "nan", "null", "none", "?", "-", "."];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// There is one zero.
pub(super) fn plain(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value }
}
