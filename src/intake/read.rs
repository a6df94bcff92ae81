use std::{borrow::Cow, collections::HashMap};

use super::{
    Content, Error, Options, Reject,
    binding::{Binding, header, n_found, watch},
    check::{ClientDraft, Dialect, InvoiceDraft, Refusal},
    decode,
    input::{ClientInput, InvoiceInput, PaymentInput},
    map::Map,
    paid::PaymentDraft,
    records::{self, Flaw, Records},
    workbook::Sheet,
};
use crate::domain::{BatchId, ClientCode};

/// The largest file we read, in bytes: six million invoices. A larger ledger comes in parts.
pub const MAX_FILE: usize = 512 << 20;

/// What a file says: every row of it is either here or among the rejects.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The good rows, each where it stood.
    pub rows: Rows,
    /// The others.
    pub rejects: Vec<Reject>,
    /// What was detected, and the columns ignored.
    pub notes: Vec<String>,
    /// The header as it came.
    pub header: Vec<String>,
    /// Rows that repeat an earlier one of the file word for word.
    pub n_repeated: u64,
    pub(super) source: Source,
}

/// The good rows of a file.
#[derive(Debug, Clone)]
pub enum Rows {
    /// Of clients.
    Clients(Vec<(Origin, ClientDraft)>),
    /// Of invoices.
    Invoices(Vec<(Origin, InvoiceDraft)>),
    /// Of payments.
    Payments(Vec<(Origin, PaymentDraft)>),
}

impl Default for Rows {
    fn default() -> Self {
        Self::Clients(Vec::new())
    }
}

/// Where a row stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Its line, from 1; in a request, its place.
    pub line: u64,
    /// Where it starts in the text; of many files, which of them it was in.
    pub(super) start: usize,
}

/// The decoded text, from which a row can be shown again as it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    text: String,
    delimiter: u8,
    /// Their name of each of our columns.
    names: HashMap<&'static str, String>,
    width: usize,
    /// Of rows that came in many files: each file's name and where it was kept; a row's `start` is its place here.
    pub(super) files: Vec<(String, BatchId)>,
}

impl Source {
    /// Where the file that a row stood in was kept, when it was one of many.
    pub(super) fn batch(&self, origin: Origin) -> Option<BatchId> {
        self.files.get(origin.start).map(|(_, batch)| *batch)
    }

    /// A refusal in the file's own terms.
    pub(super) fn reject(&self, origin: Origin, refusal: Refusal) -> Reject {
        let row = match self.text.is_empty() {
            true => Vec::new(),
            false => records::row_at(&self.text, origin.start, self.delimiter, self.width),
        };
        let file = self.files.get(origin.start).map(|(name, _)| name.clone()).unwrap_or_default();
        let row = if file.is_empty() { row } else { vec![file.clone()] };
        Reject {
            file,
            line: origin.line,
            column: self.names.get(refusal.column).map_or(refusal.column, String::as_str).to_owned(),
            value: refusal.value,
            code: refusal.code,
            reason: refusal.reason,
            row,
        }
    }
}

/// Reads a file without writing anything: pure, so that a dry run and an import see the same.
pub fn read(name: &str, bytes: &[u8], options: &Options) -> Result<Reading, Error> {
    check_bytes(bytes).map_err(|why| Error::File { file: name.to_owned(), why })?;
    let map = options.map.as_deref().map_or_else(|| Ok(Map::default()), |toml| Map::parse(toml, options.content))?;
    read_text(name, bytes, options, map)
}

/// Reads the rows of a sheet, as [`workbook`](super::workbook) gives them. What the map says of letters and delimiters is
/// about files of text; what it says of days and decimals is about cells that are texts.
pub(super) fn read_sheet(name: &str, sheet: Sheet, options: &Options, map: Map) -> Result<Reading, Error> {
    let map = Map { delimiter: Some(b','), encoding: Some(encoding_rs::UTF_8), is_typed: true, ..map };
    let mut reading = read_text(name, &sheet.csv, options, map)?;
    reading.notes.drain(..2);
    reading.notes.insert(0, sheet.note);
    Ok(reading)
}

/// Where the rows begin, what separates their fields, and how that is known.
pub(super) fn layout(text: &str, map: &Map, content: Content) -> (usize, u8, &'static str) {
    let (body, stated) = separator_line(text);
    match map.delimiter.or(stated) {
        Some(delimiter) => (body, delimiter, "given"),
        None => (body, decode::delimiter(|d| n_found(text, body, d, map, content)), "detected"),
    }
}

fn read_text(name: &str, bytes: &[u8], options: &Options, map: Map) -> Result<Reading, Error> {
    let refused = |why: String| Error::File { file: name.to_owned(), why };
    let (text, encoding_note) = decode::decode(bytes, &map);
    let (body, delimiter, how) = layout(&text, &map, options.content);
    let mut records = Records::new(&text, delimiter);
    records.skip_to(body);
    let header = header(&mut records).map_err(refused)?;
    let binding = Binding::new(&header, &map, options.content).map_err(refused)?;
    records.width = Some(header.len());

    let watch = watch(&text, delimiter, records.at(), (&binding, map.is_typed));
    let (dates, date_note) = watch.best_date();
    let (decimal, decimal_note) = watch.best_decimal();
    let shown = if delimiter == b'\t' { "tab".to_owned() } else { char::from(delimiter).to_string() };
    let mut notes = vec![encoding_note, format!("delimiter: {shown} ({how})")];
    notes.push(map.decimal.map_or(decimal_note, |d| format!("decimal: {d} (from the map)")));
    notes.push(map.dates.as_ref().map_or(date_note, |d| format!("dates: {d} (from the map)")));
    notes.extend(binding.notes(&map, options.content));
    let mut reader = Reader {
        dialect: Dialect::of(&map, dates, decimal),
        with_client: options.create_clients,
        binding: &binding,
        source: Source { delimiter, names: binding.names(), width: header.len(), ..Source::default() },
        rejects: Vec::new(),
        n_repeated: 0,
    };
    let rows = match options.content {
        Content::Clients => Rows::Clients(reader.clients(&mut records)),
        Content::Invoices => Rows::Invoices(reader.invoices(&mut records)),
        Content::Payments => Rows::Payments(reader.payments(&mut records)),
    };
    if records.n_blank > 0 {
        notes.push(format!("{} blank lines skipped", records.n_blank));
    }
    let Reader { rejects, n_repeated, source, .. } = reader;
    Ok(Reading { rows, rejects, notes, header, n_repeated, source: Source { text, ..source } })
}

/// Files that are no text, by their first bytes.
fn check_bytes(bytes: &[u8]) -> Result<(), String> {
    if bytes.len() > MAX_FILE {
        return Err(format!("has more than {MAX_FILE} bytes, and no more are read: split the file"));
    }
    match bytes {
        [b'P', b'K', 3 | 5, ..] => Err("is a workbook (XLSX) or an archive; save it as CSV, which is read".to_owned()),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err("is an old workbook (XLS); save it as CSV, which is read".to_owned()),
        [0x1f, 0x8b, ..] => Err("is compressed (gzip); unpack it first".to_owned()),
        _ if bytes.iter().all(u8::is_ascii_whitespace) => Err("is empty; a header was expected".to_owned()),
        _ => Ok(()),
    }
}

/// Spreadsheets announce the delimiter on a line of its own: `sep=;`.
fn separator_line(text: &str) -> (usize, Option<u8>) {
    let first = text.lines().next().unwrap_or_default();
    match first.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        Some([delimiter]) => {
            let end = text.find('\n').map_or(text.len(), |n| n + 1);
            (end, Some(*delimiter))
        }
        _ => (0, None),
    }
}

struct Reader<'a> {
    dialect: Dialect,
    with_client: bool,
    binding: &'a Binding,
    source: Source,
    rejects: Vec<Reject>,
    n_repeated: u64,
}

impl Reader<'_> {
    fn clients(&mut self, records: &mut Records<'_>) -> Vec<(Origin, ClientDraft)> {
        let mut rows: Vec<(Origin, ClientDraft)> = Vec::new();
        let mut seen: HashMap<ClientCode, usize> = HashMap::new();
        while let Some((origin, fields)) = self.next(records) {
            let mut input = ClientInput::default();
            self.binding.places.iter().for_each(|(column, place)| input.set(column, &fields[*place]));
            match self.dialect.client(&input) {
                Err(refusal) => self.refuse(origin, refusal, &fields),
                Ok(draft) => match seen.get(&draft.code) {
                    None => {
                        seen.insert(draft.code.clone(), rows.len());
                        rows.push((origin, draft));
                    }
                    Some(first) if rows[*first].1 == draft => self.n_repeated += 1,
                    Some(first) => {
                        let refusal = duplicate("client", input.get("client"), rows[*first].0.line);
                        self.refuse(origin, refusal, &fields);
                    }
                },
            }
        }
        rows
    }

    fn invoices(&mut self, records: &mut Records<'_>) -> Vec<(Origin, InvoiceDraft)> {
        let mut rows: Vec<(Origin, InvoiceDraft)> = Vec::new();
        let mut seen: HashMap<(ClientCode, String), usize> = HashMap::new();
        while let Some((origin, fields)) = self.next(records) {
            let mut input = InvoiceInput::default();
            self.binding.places.iter().for_each(|(column, place)| input.set(column, &fields[*place]));
            match self.dialect.invoice(&input, self.with_client) {
                Err(refusal) => self.refuse(origin, refusal, &fields),
                Ok(draft) => {
                    let key = (draft.client.clone(), draft.number.clone());
                    match seen.get(&key) {
                        None => {
                            seen.insert(key, rows.len());
                            rows.push((origin, draft));
                        }
                        Some(first) if rows[*first].1 == draft => self.n_repeated += 1,
                        Some(first) => {
                            let refusal = duplicate("invoice", input.get("invoice"), rows[*first].0.line);
                            self.refuse(origin, refusal, &fields);
                        }
                    }
                }
            }
        }
        rows
    }

    fn payments(&mut self, records: &mut Records<'_>) -> Vec<(Origin, PaymentDraft)> {
        let mut rows: Vec<(Origin, PaymentDraft)> = Vec::new();
        let mut seen: HashMap<(ClientCode, String, String), usize> = HashMap::new();
        while let Some((origin, fields)) = self.next(records) {
            let mut input = PaymentInput::default();
            self.binding.places.iter().for_each(|(column, place)| input.set(column, &fields[*place]));
            match self.dialect.payment(&input) {
                Err(refusal) => self.refuse(origin, refusal, &fields),
                Ok(draft) => {
                    let PaymentDraft { client, invoice, paid_on, amount, payment, .. } = &draft;
                    let own =
                        payment.as_ref().map_or_else(|| format!("{paid_on} {amount}"), |name| format!("= {name}"));
                    let of = if payment.is_some() { String::new() } else { invoice.clone() };
                    match seen.get(&(client.clone(), of.clone(), own.clone())) {
                        None => {
                            seen.insert((client.clone(), of, own), rows.len());
                            rows.push((origin, draft));
                        }
                        Some(first) if rows[*first].1 == draft => self.n_repeated += 1,
                        Some(first) => {
                            let refusal = duplicate("payment", input.get("payment"), rows[*first].0.line);
                            self.refuse(origin, refusal, &fields);
                        }
                    }
                }
            }
        }
        rows
    }

    /// The next record that has the header's columns; the others are refused on the way.
    fn next<'t>(&mut self, records: &mut Records<'t>) -> Option<(Origin, Vec<Cow<'t, str>>)> {
        loop {
            let record = records.next()?;
            let origin = Origin { line: record.line, start: record.start };
            let width = self.binding.header.len();
            match record.fields {
                Ok(fields) if records::fits(&fields, width) => return Some((origin, fields)),
                Ok(fields) => {
                    let reason = format!("has {} fields; the header has {width}", fields.len());
                    let refusal =
                        Refusal { column: "", value: fields.len().to_string(), code: "wrong_columns", reason };
                    self.refuse(origin, refusal, &fields);
                }
                Err(flaw) => {
                    let (code, reason) = match flaw {
                        Flaw::TooLong => ("too_long", format!("a row has at most {} bytes", records::MAX_RECORD)),
                        Flaw::OpenQuote => ("wrong_columns", "a quote opens here and nothing closes it".to_owned()),
                    };
                    let start = records.row(record.start);
                    let refusal = Refusal { column: "", value: String::new(), code, reason };
                    let start: Vec<Cow<'_, str>> = start.into_iter().map(Cow::Owned).collect();
                    self.refuse(origin, refusal, &start);
                }
            }
        }
    }

    fn refuse(&mut self, origin: Origin, refusal: Refusal, fields: &[Cow<'_, str>]) {
        let row = fields.iter().map(|f| f.clone().into_owned()).collect();
        self.rejects.push(Reject { row, ..self.source.reject(origin, refusal) });
    }
}

fn duplicate(column: &'static str, value: &str, first: u64) -> Refusal {
    let reason = format!("line {first} says the same {column} with other content; one of them is wrong");
    Refusal { column, value: value.trim().chars().take(200).collect(), code: "duplicate", reason }
}
