//! The columns of a file as a model wants them: fast, because a million rows wait.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use serde::Serialize;

use super::{
    Error,
    table::{Table, check_names, is_missing, plain},
};
use crate::score::{Artefact, Group, Input};

/// Bytes of a file that are read as one piece of work.
const PIECE: usize = 1 << 20;

/// The inputs of a model out of a table that was read for training, all rows or some of them; words become the model's codes.
pub(super) fn of_table(table: &Table, model: &Artefact, rows: Option<&[usize]>) -> Result<Vec<Vec<f64>>, Error> {
    let mut inputs = Vec::with_capacity(model.inputs.len());
    for input in &model.inputs {
        let place = table.names.iter().position(|n| *n == input.feature);
        let column = &table.columns[place.ok_or_else(|| absent(&input.feature, &table.names))?];
        let mut values: Vec<f64> = match rows {
            Some(rows) => rows.iter().map(|r| column[*r]).collect(),
            None => column.clone(),
        };
        if let Some(words) = table.words.get(&input.feature) {
            let code =
                |word: &String| input.groups.iter().find(|g| g.words.contains(word)).map_or(f64::NAN, |g| g.code);
            let codes: Vec<f64> = words.iter().map(code).collect();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a code is a small whole number"
            )]
            values.iter_mut().filter(|v| !v.is_nan()).for_each(|v| *v = codes[*v as usize]);
        }
        inputs.push(values);
    }
    Ok(inputs)
}

/// Cells that are listed of those that could not be read: the first ones of a file show what is wrong with it.
const MAX_LISTED: usize = 100;

/// Characters of a cell that are shown.
const MAX_SHOWN: usize = 200;

/// A cell that holds neither a number nor a word that the model knows. Its row is scored as if the cell were empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unread {
    /// Line in the file, from 1 (the header is 1).
    pub line: usize,
    /// The input.
    pub column: String,
    /// As it stands there.
    pub value: String,
    /// Stable: `not_a_number` or `unknown_word`.
    pub code: &'static str,
    /// A sentence.
    pub reason: &'static str,
}

/// The inputs of a model, and other columns as text, out of a CSV file with a header.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// One vector for each input of the model, `NaN` for missing.
    pub inputs: Vec<Vec<f64>>,
    /// The columns asked for as text, in that order.
    pub texts: Vec<Vec<String>>,
    /// Cells of each input that held neither a number nor a word that the model knows; they count as missing.
    pub odd: BTreeMap<String, usize>,
    /// The first hundred of these cells.
    pub unread: Vec<Unread>,
}

impl Columns {
    /// Reads what `model` needs and the `texts`, in the file's order of rows. Pieces of the file are read side by side; a
    /// file with quotes is read by one thread, because a quoted cell may hold the end of a line.
    pub fn read(csv: &[u8], model: &Artefact, texts: &[&str]) -> Result<Self, Error> {
        let mut reader = csv::ReaderBuilder::new().from_reader(csv);
        let header: Vec<String> = reader.headers()?.iter().map(|h| h.trim().to_owned()).collect();
        check_names(&header)?;
        let place = |name: &str| header.iter().position(|h| h == name).ok_or_else(|| absent(name, &header));
        let inputs: Vec<usize> = model.inputs.iter().map(|i| place(&i.feature)).collect::<Result<_, _>>()?;
        let texts: Vec<usize> = texts.iter().map(|t| place(t)).collect::<Result<_, _>>()?;
        let plan = Plan::new(model, &inputs, &texts, header.len());
        // Lines that end in a carriage return alone are rare enough to be read slowly, too.
        if memchr::memchr(b'"', csv).is_some() || memchr::memchr(b'\n', csv).is_none() {
            return plan.read_quoted(reader, csv);
        }
        // The header may stand below empty lines.
        let start = csv.iter().position(|b| !matches!(b, b'\n' | b'\r')).unwrap_or(csv.len());
        let body = memchr::memchr(b'\n', &csv[start..]).map_or(&csv[csv.len()..], |end| &csv[start + end + 1..]);
        let parts: Vec<Part> = pieces(body).into_par_iter().map(|piece| plan.read_piece(piece)).collect();
        let n_above = csv[..csv.len() - body.len()].iter().filter(|b| **b == b'\n').count();
        plan.join(parts, n_above)
    }

    /// The inputs of one row.
    pub fn row(&self, row: usize) -> Vec<f64> {
        self.inputs.iter().map(|column| column[row]).collect()
    }

    /// How many rows were read.
    pub fn n_rows(&self) -> usize {
        self.inputs.first().map_or_else(|| self.texts.first().map_or(0, Vec::len), Vec::len)
    }
}

/// What becomes of each field of a line.
struct Plan<'a> {
    model: &'a Artefact,
    n_fields: usize,
    /// For each field the inputs it is (a model names a column once, so at most one) and the text it is.
    fields: Vec<(Option<usize>, Option<usize>)>,
    n_texts: usize,
    /// The code of each word of each input.
    words: Vec<HashMap<&'a str, f64>>,
}

/// The rows of a piece.
#[derive(Default)]
struct Part {
    inputs: Vec<Vec<f64>>,
    texts: Vec<Vec<String>>,
    odd: Vec<usize>,
    /// Line from 1 in the piece, input and cell of the first of these.
    unread: Vec<(usize, usize, String)>,
    /// The line that is read.
    line: usize,
    n_rows: usize,
    /// The first line whose number of fields is not that of the header: its row in the piece, and how many it has.
    uneven: Option<(usize, usize)>,
}

impl<'a> Plan<'a> {
    fn new(model: &'a Artefact, inputs: &[usize], texts: &[usize], n_fields: usize) -> Self {
        let mut fields = vec![(None, None); n_fields];
        inputs.iter().enumerate().for_each(|(i, place)| fields[*place].0 = Some(i));
        texts.iter().enumerate().for_each(|(i, place)| fields[*place].1 = Some(i));
        let codes = |input: &'a Input| {
            let of_group = |group: &'a Group| group.words.iter().map(|word| (word.as_str(), group.code));
            // A word that stands in two groups is the first one's, as on the card.
            input.groups.iter().rev().flat_map(of_group).collect()
        };
        Self { model, n_fields, fields, n_texts: texts.len(), words: model.inputs.iter().map(codes).collect() }
    }

    fn part(&self) -> Part {
        let n = self.model.inputs.len();
        Part { inputs: vec![Vec::new(); n], texts: vec![Vec::new(); self.n_texts], odd: vec![0; n], ..Part::default() }
    }

    fn read_piece(&self, piece: &[u8]) -> Part {
        let mut part = self.part();
        for line in lines(piece) {
            part.line += 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let mut n_fields = 0;
            for cell in line.split(|b| *b == b',') {
                self.take(&mut part, n_fields, cell);
                n_fields += 1;
            }
            if n_fields != self.n_fields {
                part.uneven.get_or_insert((part.n_rows, n_fields));
                return part;
            }
            part.n_rows += 1;
        }
        part
    }

    fn read_quoted(&self, mut reader: csv::Reader<&[u8]>, csv: &[u8]) -> Result<Columns, Error> {
        let mut part = self.part();
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record)? {
            part.line = record.position().map_or(0, |start| line_of(csv, start));
            record.iter().enumerate().for_each(|(place, cell)| self.take(&mut part, place, cell));
            part.n_rows += 1;
        }
        self.join(vec![part], 0)
    }

    fn take(&self, part: &mut Part, place: usize, cell: &[u8]) {
        let (input, text) = self.fields.get(place).copied().unwrap_or_default();
        if input.is_none() && text.is_none() {
            return;
        }
        let cell = trimmed(cell);
        if let Some(text) = text {
            part.texts[text].push(String::from_utf8_lossy(cell).into_owned());
        }
        if let Some(input) = input {
            let value = self.value(input, cell);
            if value.is_none() {
                part.odd[input] += 1;
                if part.unread.len() < MAX_LISTED {
                    let shown = String::from_utf8_lossy(cell).chars().take(MAX_SHOWN).collect();
                    part.unread.push((part.line, input, shown));
                }
            }
            part.inputs[input].push(value.unwrap_or(f64::NAN));
        }
    }

    /// `NaN` when missing; `None` when it is nothing that the model knows.
    fn value(&self, input: usize, cell: &[u8]) -> Option<f64> {
        let text = std::str::from_utf8(cell).ok()?;
        let words = &self.words[input];
        if self.model.inputs[input].groups.is_empty()
            && let Ok(value) = text.parse::<f64>()
            && value.is_finite()
        {
            return Some(plain(value));
        }
        if is_missing(text) {
            return Some(f64::NAN);
        }
        words.get(text).copied()
    }

    fn unread(&self, line: usize, input: usize, value: String) -> Unread {
        let input = &self.model.inputs[input];
        let (code, reason) = match input.groups.is_empty() {
            true => ("not_a_number", "is no number; the row is scored as if the cell were empty"),
            false => ("unknown_word", "is no word that the model knows; the row is scored as if the cell were empty"),
        };
        Unread { line, column: input.feature.clone(), value, code, reason }
    }

    /// `n_above`: lines of the file above the first part.
    fn join(&self, parts: Vec<Part>, n_above: usize) -> Result<Columns, Error> {
        let mut whole = Columns {
            inputs: vec![Vec::new(); self.model.inputs.len()],
            texts: vec![Vec::new(); self.n_texts],
            odd: BTreeMap::new(),
            unread: Vec::new(),
        };
        let (mut n_rows, mut n_lines) = (0, n_above);
        for part in parts {
            if let Some((row, n)) = part.uneven {
                let at = n_rows + row;
                return Err(Error::Table(format!("row {at} has {n} cells, the header has {}", self.n_fields)));
            }
            n_rows += part.n_rows;
            let more = part.unread.into_iter().take(MAX_LISTED - whole.unread.len());
            whole.unread.extend(more.map(|(line, input, value)| self.unread(n_lines + line, input, value)));
            n_lines += part.line;
            for (input, odd) in self.model.inputs.iter().zip(part.odd).filter(|(_, odd)| *odd > 0) {
                *whole.odd.entry(input.feature.clone()).or_default() += odd;
            }
            whole.inputs.iter_mut().zip(part.inputs).for_each(|(whole, part)| whole.extend(part));
            whole.texts.iter_mut().zip(part.texts).for_each(|(whole, part)| whole.extend(part));
        }
        Ok(whole)
    }
}

/// The lines of a piece, without the nothing that follows the last one's end.
fn lines(piece: &[u8]) -> impl Iterator<Item = &[u8]> {
    piece.strip_suffix(b"\n").unwrap_or(piece).split(|b| *b == b'\n')
}

/// The line on which a record begins. The reader says where it looked for it: before the empty lines above it, and, where
/// lines end with a carriage return too, before the end of the last one.
fn line_of(csv: &[u8], start: &csv::Position) -> usize {
    let before = usize::try_from(start.byte()).ok().and_then(|byte| csv.get(byte..)).unwrap_or_default();
    let n_ends = before.iter().take_while(|b| matches!(b, b'\n' | b'\r')).filter(|b| **b == b'\n').count();
    usize::try_from(start.line()).unwrap_or_default() + n_ends
}

/// A cell without the spaces around it, as training reads it: those of every script, such as the no-break space of a
/// spreadsheet. A cell that begins and ends in ASCII, as nearly all do, needs no look at characters.
fn trimmed(cell: &[u8]) -> &[u8] {
    let cell = cell.trim_ascii();
    let is_seen = |end: Option<&u8>| end.is_none_or(u8::is_ascii_graphic);
    match is_seen(cell.first()) && is_seen(cell.last()) {
        true => cell,
        false => std::str::from_utf8(cell).map_or(cell, |text| text.trim().as_bytes()),
    }
}

/// Pieces that end where a line ends.
fn pieces(mut body: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while !body.is_empty() {
        let at = PIECE.min(body.len());
        let end = memchr::memchr(b'\n', &body[at..]).map_or(body.len(), |more| at + more + 1);
        let (piece, rest) = body.split_at(end);
        pieces.push(piece);
        body = rest;
    }
    pieces
}

fn absent(name: &str, header: &[String]) -> Error {
    Error::Table(format!("there is no column {name:?}, which the model looks at; found: {}", header.join(", ")))
}
