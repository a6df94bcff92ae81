use std::borrow::Cow;

/// The longest record we read, in bytes: a real row has some hundred, and a quote that is never closed would otherwise
/// swallow the rest of the file.
pub(super) const MAX_RECORD: usize = 1 << 20;

/// The most fields a record may have: spreadsheets stop at 16 384 columns, ledgers far earlier.
const MAX_FIELDS: usize = 16_384;

/// Records of a delimited text (RFC 4180, leniently), with the physical line on which each starts.
///
/// Not the `csv` crate's reader: it counts a record from the blank lines before it, and a quote that nobody closes
/// costs it the rest of the file. Here such a quote costs one line.
#[derive(Debug)]
pub(super) struct Records<'t> {
    text: &'t str,
    delimiter: u8,
    at: usize,
    line: u64,
    /// How many fields the header has, once it is known.
    pub(super) width: Option<usize>,
    /// Blank lines passed over.
    pub(super) n_blank: u64,
}

/// One record, or the line that could not be read as one.
#[derive(Debug)]
pub(super) struct Record<'t> {
    /// Physical line of its first character, from 1.
    pub(super) line: u64,
    /// Where it starts in the text.
    pub(super) start: usize,
    /// Its fields, unquoted.
    pub(super) fields: Result<Vec<Cow<'t, str>>, Flaw>,
}

/// Why a line is not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// More than [`MAX_RECORD`] bytes or [`MAX_FIELDS`] fields.
    TooLong,
    /// A quote opens and nothing sensible closes it.
    OpenQuote,
}

impl<'t> Records<'t> {
    pub(super) fn new(text: &'t str, delimiter: u8) -> Self {
        Self { text, delimiter, at: 0, line: 1, width: None, n_blank: 0 }
    }

    /// Where the next record starts.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The row that starts there, as it came; of one that cannot be read, the beginning of its line.
    pub(super) fn row(&self, start: usize) -> Vec<String> {
        row_at(self.text, start, self.delimiter, self.width.unwrap_or(1))
    }

    /// Passes over everything before this place.
    pub(super) fn skip_to(&mut self, at: usize) {
        self.line += count_lines(bytes_between(self.text, self.at, at));
        self.at = at;
    }

    /// Where the next physical line starts.
    fn next_line(&self) -> usize {
        let rest = bytes_between(self.text, self.at, self.text.len());
        match rest.iter().position(|b| matches!(b, b'\n' | b'\r')) {
            Some(end) if rest[end] == b'\r' && rest.get(end + 1) == Some(&b'\n') => self.at + end + 2,
            Some(end) => self.at + end + 1,
            None => self.text.len(),
        }
    }
}

impl<'t> Iterator for Records<'t> {
    type Item = Record<'t>;

    fn next(&mut self) -> Option<Record<'t>> {
        loop {
            if self.at >= self.text.len() {
                return None;
            }
            let (line, start) = (self.line, self.at);
            let split = split(self.text, start, self.delimiter).and_then(|(fields, end)| {
                let spans_lines = end > self.next_line();
                let fits = self.width.is_none_or(|width| fits(&fields, width));
                if spans_lines && !fits { Err(Flaw::OpenQuote) } else { Ok((fields, end)) }
            });
            match split {
                Ok((fields, end)) => {
                    self.skip_to(end);
                    if fields.iter().all(|f| f.trim().is_empty()) {
                        self.n_blank += 1;
                        continue;
                    }
                    return Some(Record { line, start, fields: Ok(fields) });
                }
                Err(flaw) => {
                    self.skip_to(self.next_line());
                    return Some(Record { line, start, fields: Err(flaw) });
                }
            }
        }
    }
}

/// The fields of the record that starts here, as they are, for showing a row again.
pub(super) fn row_at(text: &str, start: usize, delimiter: u8, width: usize) -> Vec<String> {
    let mut records = Records::new(text, delimiter);
    records.at = start;
    records.width = Some(width);
    match records.next().map(|r| r.fields) {
        Some(Ok(fields)) => fields.into_iter().map(Cow::into_owned).collect(),
        _ => vec![text.get(start..).unwrap_or_default().lines().next().unwrap_or_default().chars().take(300).collect()],
    }
}

/// Whether a record has as many fields as the header; empty ones beyond it are a trailing delimiter.
pub(super) fn fits(fields: &[Cow<'_, str>], width: usize) -> bool {
    fields.len() >= width && fields[width..].iter().all(|f| f.trim().is_empty())
}

fn bytes_between(text: &str, from: usize, to: usize) -> &[u8] {
    text.as_bytes().get(from..to).unwrap_or_default()
}

fn count_lines(bytes: &[u8]) -> u64 {
    let ends = |(i, b): (usize, &u8)| *b == b'\n' || (*b == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
    bytes.iter().enumerate().filter(|pair| ends(*pair)).count() as u64
}

/// The fields of one record and the place behind its line end.
fn split(text: &str, start: usize, delimiter: u8) -> Result<(Vec<Cow<'_, str>>, usize), Flaw> {
    let bytes = text.as_bytes();
    let mut fields = Vec::new();
    let mut at = start;
    loop {
        let (field, end) = if bytes.get(at) == Some(&b'"') {
            quoted(text, at, delimiter, start + MAX_RECORD)?
        } else {
            let end = end_of_plain(bytes, at, delimiter);
            (Cow::Borrowed(text.get(at..end).unwrap_or_default()), end)
        };
        fields.push(field);
        if end - start > MAX_RECORD || fields.len() > MAX_FIELDS {
            return Err(Flaw::TooLong);
        }
        match bytes.get(end) {
            Some(b) if *b == delimiter => at = end + 1,
            Some(b'\r') if bytes.get(end + 1) == Some(&b'\n') => return Ok((fields, end + 2)),
            Some(_) => return Ok((fields, end + 1)),
            None => return Ok((fields, end)),
        }
    }
}

fn end_of_plain(bytes: &[u8], from: usize, delimiter: u8) -> usize {
    let ends = |b: &u8| *b == delimiter || matches!(b, b'\n' | b'\r');
    bytes.get(from..).and_then(|rest| rest.iter().position(ends)).map_or(bytes.len(), |n| from + n)
}

/// A field that opens with a quote: two quotes are one, and what follows the closing quote is kept as it is.
fn quoted(text: &str, open: usize, delimiter: u8, limit: usize) -> Result<(Cow<'_, str>, usize), Flaw> {
    let bytes = text.as_bytes();
    let mut value = String::new();
    let mut from = open + 1;
    loop {
        let within = bytes.get(from..limit.min(bytes.len())).unwrap_or_default();
        let Some(close) = within.iter().position(|b| *b == b'"').map(|n| from + n) else { return Err(Flaw::OpenQuote) };
        value.push_str(text.get(from..close).unwrap_or_default());
        if bytes.get(close + 1) == Some(&b'"') {
            value.push('"');
            from = close + 2;
            continue;
        }
        let end = end_of_plain(bytes, close + 1, delimiter);
        // Text behind a quote that closes on another line: it is the next row's opening quote that was met.
        if end > close + 1 && value.contains(['\n', '\r']) {
            return Err(Flaw::OpenQuote);
        }
        value.push_str(text.get(close + 1..end).unwrap_or_default());
        return Ok((Cow::Owned(value), end));
    }
}
