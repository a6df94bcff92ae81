use std::collections::HashMap;

use rayon::prelude::*;

use super::{
    forms::Form,
    lexicon::{Gathering, Lexicon},
    name::{self, Name},
    number::Number,
    places::Town,
};
use crate::domain::*;

/// Clients folded at a time: enough to keep the cores busy, few enough to hold twice.
const CHUNK: usize = 16_384;

/// No legal form.
const NO_FORM: u16 = u16::MAX;

/// All clients by number and by name, for matching.
#[derive(Debug, Default, PartialEq)]
pub struct Index {
    pub(super) rows: Vec<Row>,
    pub(super) names: Vec<NameRow>,
    /// The words of all names, by number.
    pub(super) tokens: Vec<u32>,
    /// Where each name's words begin in `tokens`; one more than there are names.
    pub(super) begins: Vec<u32>,
    pub(super) lexicon: Lexicon,
    /// Names by their words in order, and in any order.
    pub(super) by_name: Hashes,
    /// Rows by their numbers.
    pub(super) by_number: Hashes,
    /// Towns by number, and how many clients sit in each.
    pub(super) towns: Vec<(Town, u32)>,
    /// What is shown of each row: name, city, address, numbers.
    pub(super) texts: String,
    /// One name of each company, also where it stands in several books, in order.
    pub(super) companies: Vec<u32>,
    /// How many pairs of companies have one name.
    pub(super) n_pairs: f64,
    /// How often the clients' names fall together, for each time that their words by themselves would have them.
    pub(super) falling_together: f64,
    /// The most words that a name has.
    pub(super) longest: usize,
}

/// A client.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    pub(super) client: ClientId,
    pub(super) country: Option<Country>,
    pub(super) sector: Option<Nace>,
    pub(super) town: Option<u32>,
    /// Where what is shown of it begins in `texts`.
    pub(super) text: u32,
    lengths: [u16; 4],
    /// Its own name's place among the names; former and trading names follow.
    pub(super) name: u32,
}

/// A name of a client.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NameRow {
    pub(super) row: u32,
    form: u16,
}

impl NameRow {
    /// The same name of a row that stands so much further back.
    pub(super) fn further(self, n_rows: u32) -> Self {
        Self { row: self.row + n_rows, ..self }
    }

    pub(super) fn form(&self) -> Option<Form> {
        Form::of_number(self.form)
    }
}

/// Places by hash, in order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Hashes(pub(super) Vec<(u64, u32)>);

impl Hashes {
    pub(super) fn find(&self, hash: u64) -> impl Iterator<Item = u32> {
        let from = self.0.partition_point(|entry| entry.0 < hash);
        self.0[from..].iter().take_while(move |entry| entry.0 == hash).map(|entry| entry.1)
    }

    fn sort(&mut self) {
        self.0.sort_unstable();
        self.0.dedup();
        self.0.shrink_to_fit();
    }
}

/// A client as it is folded, before its words have numbers.
struct Folded {
    client: ClientId,
    who: Prospect,
    names: Vec<Name>,
    numbers: Vec<Number>,
    town: Option<Town>,
}

impl Folded {
    fn of((client, who): (ClientId, Prospect)) -> Self {
        let names = [&who.name].into_iter().chain(&who.other_names).map(|name| Name::of(name)).collect();
        let numbers = who.identifiers.iter().map(Number::of).collect();
        let town = who.city.as_deref().and_then(|city| Town::of(city, who.country));
        Self { client, who, names, numbers, town }
    }
}

impl Index {
    /// Builds it from the clients.
    pub fn new(clients: impl IntoIterator<Item = (ClientId, Prospect)>) -> Self {
        let mut clients = clients.into_iter();
        let (mut index, mut gathering, mut towns) = (Self::default(), Gathering::default(), HashMap::new());
        loop {
            let chunk: Vec<_> = clients.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                break;
            }
            let folded: Vec<Folded> = chunk.into_par_iter().map(Folded::of).collect();
            folded.into_iter().for_each(|folded| index.add(folded, &mut gathering, &mut towns));
        }
        index.begins.push(place(index.tokens.len()));
        index.lexicon = gathering.finish(&mut index.tokens, &index.begins);
        index.towns = vec![Default::default(); towns.len()];
        towns.into_iter().for_each(|(town, number)| index.towns[number as usize].0 = town);
        for town in index.rows.iter().filter_map(|row| row.town) {
            index.towns[town as usize].1 += 1;
        }
        index.by_name.sort();
        index.by_number.sort();
        index.rows.shrink_to_fit();
        index.names.shrink_to_fit();
        index.texts.shrink_to_fit();
        index.count_companies();
        index.measure_falling_together();
        index
    }

    fn add(&mut self, folded: Folded, gathering: &mut Gathering, towns: &mut HashMap<Town, u32>) {
        let Folded { client, who, names, numbers, town } = folded;
        let row = place(self.rows.len());
        let first_name = place(self.names.len());
        for number in &numbers {
            self.by_number.0.push((name::hash([number.key.as_str()].into_iter()), row));
        }
        for name in names {
            let at = place(self.names.len());
            if !name.tokens.is_empty() {
                self.by_name.0.push((name::run(&name.tokens), at));
                self.by_name.0.push((name::set(&name.tokens), at));
            }
            self.longest = self.longest.max(name.tokens.len());
            self.begins.push(place(self.tokens.len()));
            self.tokens.extend(name.tokens.iter().map(|token| gathering.number(token)));
            self.names.push(NameRow { row, form: name.form.map_or(NO_FORM, Form::number) });
        }
        let n_towns = place(towns.len());
        let town = town.map(|town| *towns.entry(town).or_insert(n_towns));
        let text = place(self.texts.len());
        let (city, address) = (who.city.unwrap_or_default(), who.address.unwrap_or_default());
        let lengths = [&who.name, &city, &address, &written(&numbers)].map(|part| {
            // A text that is too long to be counted is nobody's name or street.
            let length = u16::try_from(part.len()).unwrap_or(0);
            self.texts.push_str(if length == 0 { "" } else { part });
            length
        });
        let (country, sector) = (who.country, who.sector);
        self.rows.push(Row { client, country, sector, town, text, lengths, name: first_name });
    }

    /// How many clients it holds.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds nobody.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        size_of_val(self.rows.as_slice())
            + size_of_val(self.names.as_slice())
            + 4 * (self.tokens.capacity() + self.begins.capacity() + self.companies.capacity())
            + 16 * (self.by_name.0.capacity() + self.by_number.0.capacity())
            + self.texts.capacity()
            + self.lexicon.bytes()
    }

    /// What is written of a row: name, city, address, numbers.
    fn part(&self, row: &Row, part: usize) -> &str {
        let skip: usize = row.lengths[..part].iter().map(|length| usize::from(*length)).sum();
        let from = row.text as usize + skip;
        self.texts.get(from..from + usize::from(row.lengths[part])).unwrap_or_default()
    }

    pub(super) fn name(&self, row: &Row) -> &str {
        self.part(row, 0)
    }

    pub(super) fn city(&self, row: &Row) -> &str {
        self.part(row, 1)
    }

    pub(super) fn address(&self, row: &Row) -> &str {
        self.part(row, 2)
    }

    pub(super) fn numbers(&self, row: &Row) -> Vec<Number> {
        self.part(row, 3).lines().filter_map(read).collect()
    }

    /// The words of a name.
    pub(super) fn words(&self, name: u32) -> Vec<&str> {
        self.word_numbers(name).iter().map(|number| self.lexicon.word(*number)).collect()
    }

    pub(super) fn word_numbers(&self, name: u32) -> &[u32] {
        let at = name as usize;
        &self.tokens[self.begins[at] as usize..self.begins[at + 1] as usize]
    }
}

/// A place in an array. An index that ran over would hold four thousand million words: more companies than there are.
pub(super) fn place(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Numbers as lines: kind, country, text.
fn written(numbers: &[Number]) -> String {
    let line = |number: &Number| {
        let kind = match number.kind {
            IdentifierKind::Tax => 'T',
            IdentifierKind::Registry => 'R',
            IdentifierKind::Lei => 'L',
        };
        format!("{kind} {} {}\n", number.country.as_ref().map_or("--", Country::code), number.text)
    };
    numbers.iter().map(line).collect()
}

fn read(line: &str) -> Option<Number> {
    let (kind, rest) = line.split_once(' ')?;
    let (country, text) = rest.split_once(' ')?;
    let kind = match kind {
        "T" => IdentifierKind::Tax,
        "R" => IdentifierKind::Registry,
        _ => IdentifierKind::Lei,
    };
    Some(Number::new(kind, country.parse().ok(), text))
}
