//! One page: its rows, its way on, or its mark that nothing was found.

use std::collections::HashSet;

use jiff::{civil::Date, fmt::strtime};
use scraper::{ElementRef, Html};

use super::{FOLLOWING, ROWS, layout::Layout};
use crate::{
    collect::{
        Misread, Page, Request,
        sources::{
            italy::{instrument_of, protest_state_of},
            record::Leftovers,
            reply::{onward, since, whole_protests},
        },
    },
    domain::{Country, Currency, Fact, Identifier, Instrument, Mention, Money, Protest, ProtestState, Subject},
};

/// Reads one page.
pub(super) struct Reading<'a> {
    pub(super) layout: &'a Layout,
    pub(super) country: Country,
    pub(super) request: &'a Request,
    pub(super) seen: Date,
}

impl Reading<'_> {
    pub(super) fn page(&self, html: &str) -> Result<Page, Misread> {
        let document = Html::parse_document(html);
        if document.select(&self.layout.expect).next().is_none() {
            return Err(Misread::Quarantined(
                "the page is not the register that was expected: its mark is gone".to_owned(),
            ));
        }
        let leftovers = Leftovers::default();
        let rows: Vec<ElementRef> = document.select(&self.layout.row).collect();
        let is_empty = document.select(&self.layout.empty).next().is_some();
        let mentions = match (rows.is_empty(), is_empty) {
            (true, true) => vec![self.clean()],
            (true, false) => {
                return Err(Misread::Quarantined(
                    "the page has neither rows nor the mark of an empty search".to_owned(),
                ));
            }
            (false, true) => {
                return Err(Misread::Quarantined("the page has rows and the mark of an empty search".to_owned()));
            }
            (false, false) => self.rows(&rows, &leftovers)?,
        };
        let next = document.select(&self.layout.next).next().and_then(|link| self.next(link, &leftovers));
        // A first page without another behind it holds all there is about whom we asked about.
        let is_all = self.request.step == ROWS && next.is_none();
        let whole = whole_protests(self.request.about.as_ref().filter(|_| is_all), &mentions);
        let (next, whole) = (next.into_iter().collect(), whole.into_iter().collect());
        Ok(Page { mentions, leftovers: leftovers.take(), next, whole, cursor: None })
    }

    fn clean(&self) -> Mention {
        let subject =
            self.request.about.clone().unwrap_or_else(|| Subject { country: Some(self.country), ..Subject::default() });
        let tax = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
        self.mention(format!("clean/protests/{tax}"), subject, Fact::Clean { what: "protests".to_owned() }, None)
    }

    /// A page whose rows hold neither a date nor an amount has changed under our selectors.
    fn rows(&self, rows: &[ElementRef], leftovers: &Leftovers) -> Result<Vec<Mention>, Misread> {
        let mut mentions = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let cells = Cells { layout: self.layout, row: *row, path: format!("row {}", place + 1), leftovers };
            let Some(mention) = self.protest(&cells) else {
                return Err(Misread::Quarantined(format!("row {} has neither a date nor an amount", place + 1)));
            };
            cells.leave_unread();
            mentions.push(mention);
        }
        Ok(mentions)
    }

    fn protest(&self, cells: &Cells) -> Option<Mention> {
        let (raised_on, due_on) = (cells.day("raised_on"), cells.day("due_on"));
        let amount = cells.money();
        if raised_on.is_none() && amount.is_none() {
            return None;
        }
        let instrument = cells.word("instrument", instrument_of).unwrap_or(Instrument::Other);
        let state = cells.word("state", protest_state_of).unwrap_or(ProtestState::Standing);
        let reason_code = cells.text("reason");
        let subject = self.subject(cells);
        let tax = subject.identifiers.first().map_or_else(|| subject.name.clone(), ToString::to_string);
        let days = [raised_on, due_on].map(|day| day.map_or_else(String::new, |day| day.to_string())).join("/");
        let sum = amount.map_or_else(String::new, |amount| amount.to_string());
        let own_id = format!("protest/{tax}/{days}/{sum}/{instrument}");
        let protest = Protest { instrument, amount, raised_on, due_on, reason_code, state };
        Some(self.mention(own_id, subject, Fact::Protest(protest), raised_on))
    }

    fn subject(&self, cells: &Cells) -> Subject {
        let tax = cells.text("tax_id");
        let identifier = tax.as_deref().and_then(|tax| Identifier::tax(self.country, tax).ok());
        if let (Some(tax), None) = (&tax, &identifier) {
            cells.leave("tax_id", tax);
        }
        let asked = self.request.about.as_ref();
        let identifier = identifier.or_else(|| asked.filter(|_| tax.is_none())?.identifiers.first().cloned());
        let name = cells.text("name").or_else(|| Some(asked?.name.clone()));
        Subject {
            name: name.unwrap_or_default(),
            country: Some(self.country),
            city: cells.text("town"),
            is_person: identifier.as_ref().is_some_and(Identifier::is_natural_person),
            identifiers: identifier.into_iter().collect(),
            ..Subject::default()
        }
    }

    fn mention(&self, own_id: String, subject: Subject, fact: Fact, day: Option<Date>) -> Mention {
        Mention {
            own_id,
            subject,
            fact,
            valid_at: since(day, self.seen),
            published_at: None,
            is_official: true,
            url: Some(self.request.url.to_string()),
        }
    }

    /// The next page.
    fn next(&self, link: ElementRef, leftovers: &Leftovers) -> Option<Request> {
        let href = link.attr("href")?;
        let url = onward(self.request, href);
        if url.is_none() {
            leftovers.add("next", href);
        }
        Some(Request {
            about: self.request.about.clone(),
            whom: self.request.whom.clone(),
            ..Request::get(url?, FOLLOWING)
        })
    }
}

/// The cells of one row.
struct Cells<'a> {
    layout: &'a Layout,
    row: ElementRef<'a>,
    path: String,
    leftovers: &'a Leftovers,
}

impl Cells<'_> {
    fn leave(&self, field: &str, text: &str) {
        self.leftovers.add(&format!("{}: {field}", self.path), text);
    }

    fn text(&self, field: &str) -> Option<String> {
        let field = self.layout.fields.get(field)?;
        let cell = self.row.select(&field.selector).next()?;
        let text = match &field.attribute {
            Some(attribute) => cell.attr(attribute)?.to_owned(),
            None => cell.text().collect(),
        };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(text)
    }

    fn day(&self, field: &str) -> Option<Date> {
        let text = self.text(field)?;
        let day = strtime::parse(&self.layout.dates, &text).and_then(|time| time.to_date()).ok();
        if day.is_none() {
            self.leave(field, &text);
        }
        day
    }

    /// `18.000,00 €`: the mark that is not the decimal one separates thousands.
    fn money(&self) -> Option<Money> {
        let text = self.text("amount")?;
        let named = self.text("currency");
        let currency = match named.as_deref() {
            None | Some("€" | "Euro" | "euro") => Currency::EUR,
            Some(code) => match code.parse() {
                Ok(currency) => currency,
                Err(_) => {
                    self.leave("currency", code);
                    return None;
                }
            },
        };
        let digits: String = text
            .chars()
            .filter(|c| c.is_ascii_digit() || *c == self.layout.decimal || *c == '-')
            .map(|c| if c == self.layout.decimal { '.' } else { c })
            .collect();
        let money = Money::parse(&digits, currency).ok().filter(|money| money.minor() >= 0);
        if money.is_none() {
            self.leave("amount", &text);
        }
        money
    }

    /// Our word for theirs: as the operator taught us, else as the Italian registers use it. Any other is a leftover.
    fn word<T: std::str::FromStr>(&self, field: &str, of_register: fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(field)?;
        let taught = self.layout.words.get(&text.to_lowercase()).and_then(|word| word.parse().ok());
        let word = taught.or_else(|| of_register(&text));
        if word.is_none() {
            self.leave(field, &text);
        }
        word
    }

    /// A cell that no selector reaches is a column we do not know.
    fn leave_unread(&self) {
        let found = self.layout.fields.values().flat_map(|field| self.row.select(&field.selector));
        // Each with what stands above it, so that every cell is looked up once however many there are.
        let mut read = HashSet::new();
        for found in found {
            let above = found.ancestors().map(|node| node.id()).take_while(|id| *id != self.row.id());
            read.extend(std::iter::once(found.id()).chain(above));
        }
        for (place, cell) in self.row.child_elements().enumerate() {
            let is_read = read.contains(&cell.id());
            let text = cell.text().collect::<String>();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if !is_read && !text.is_empty() {
                self.leave(&format!("cell {}", place + 1), &text);
            }
        }
    }
}
