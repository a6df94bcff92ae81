//! Which invoices a payment is for, with certainty or not at all. Values in, values out.
//!
//! Three things must agree: a reference that names the invoice, who pays, and how much. What only nearly agrees is for a
//! person.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;

use super::{
    dividing::{CHARGES, digits_in_order, is_instalment, sum},
    entry::Entry,
    words::{
        creditor_reference, folded, has_other_number, is_document, is_month, is_telling, key, runs, stands_in,
        without_days,
    },
};
use crate::{
    domain::{Currency, Instalment, day_number},
    intake::settle::TOLD_DAYS,
};

/// Runs of letters and digits that one invoice number may be made of.
const MAX_RUNS: usize = 6;
/// Candidates that are shown to a person.
const MAX_CANDIDATES: usize = 10;
/// A number of so many letters and digits is meant as one, wherever it stands.
const MIN_MEANT: usize = 5;
/// A name that a bank cut off is still a name from so many letters on.
const MIN_CUT_NAME: usize = 20;

/// Clients that are one company share one of these: the key of the one that the others are merged into.
pub(super) type Company = i64;

/// An invoice that may be paid.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Open {
    pub(super) company: Company,
    /// Its number, as the document has it.
    pub(super) number: String,
    /// What the client is asked to pay under, when that is something else.
    pub(super) reference: Option<String>,
    /// What it is for, minor units.
    pub(super) amount: i64,
    /// What is still to come, or what a file says came and no bank has told of yet; 0 when neither, minor units.
    pub(super) due: i64,
    /// The day on which a file says that `due` came; none while it is still to come.
    pub(super) told_on: Option<Date>,
    /// What a file says came beside what is still to come, and no bank has told of yet.
    pub(super) told: Option<Instalment>,
    /// What is booked on it: when, and how much.
    pub(super) booked: Vec<Instalment>,
    pub(super) currency: Currency,
}

/// What a payment is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// These invoices, so much of each; and whether it is by the payer's name that it is sure, so that the account is the
    /// client's.
    Sure(Vec<(usize, i64)>, bool),
    /// Perhaps one of these; why.
    Unsure(Vec<(usize, &'static str)>),
}

/// Invoices by what payers call them, and clients by what banks call them.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) invoices: Vec<Open>,
    by_key: HashMap<String, Vec<usize>>,
    by_company: HashMap<Company, Vec<usize>>,
    names: BTreeMap<String, BTreeSet<Company>>,
    accounts: HashMap<String, BTreeSet<Company>>,
}

/// How an entry names an invoice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// By a number that cannot stand there by chance, letter by letter, or in a field that holds the creditor's references.
    pub(super) is_strong: bool,
    /// As a document: in such a field, behind a word for one, or beside nothing but numbers.
    pub(super) is_document: bool,
}

impl Named {
    const BY_FIELD: Self = Self { is_strong: true, is_document: true };
}

/// Who pays, as far as the bank tells.
enum Payer {
    One(Company),
    Several(BTreeSet<Company>),
    Nobody,
}

impl Book {
    /// Adds an invoice; answers its place.
    pub(super) fn add(&mut self, open: Open) -> usize {
        let place = self.invoices.len();
        let keys: BTreeSet<String> =
            [Some(&open.number), open.reference.as_ref()].into_iter().flatten().map(|n| key(n)).collect();
        for key in keys.into_iter().filter(|key| !key.is_empty()) {
            self.by_key.entry(key).or_default().push(place);
        }
        self.by_company.entry(open.company).or_default().push(place);
        self.invoices.push(open);
        place
    }

    /// Money came for an invoice. What a file told of is the same money, and takes nothing more off.
    pub(super) fn take(&mut self, place: usize, part: Instalment) {
        let open = &mut self.invoices[place];
        open.booked.push(part);
        let is_told =
            |told: &Instalment| told.minor == part.minor && day_number(part.on) - day_number(told.on) <= TOLD_DAYS;
        match open.told.take_if(|told| is_told(told)) {
            Some(_) => {}
            None => open.due -= part.minor,
        }
    }

    /// A client is called so.
    pub(super) fn name(&mut self, name: &str, company: Company) {
        let folded = folded(name);
        if !folded.is_empty() {
            self.names.entry(folded).or_default().insert(company);
        }
    }

    /// A client has paid from this account before.
    pub(super) fn account(&mut self, account: &str, company: Company) {
        self.accounts.entry(account.to_owned()).or_default().insert(company);
    }

    /// Which invoices a payment is for.
    pub(super) fn find(&self, entry: &Entry) -> Found {
        let named = self.named(entry);
        let (payer, is_by_name) = self.payer(entry);
        let sure = match &payer {
            Payer::One(company) => self.by_known(entry, *company, &named),
            Payer::Several(companies) => {
                self.by_stranger(entry, &named).filter(|(company, _)| companies.contains(company))
            }
            Payer::Nobody => self.by_stranger(entry, &named),
        };
        let is_clear =
            |parts: &[(usize, i64)]| parts.iter().all(|(place, minor)| self.is_new_money(*place, *minor, entry));
        match sure.filter(|(_, parts)| !entry.is_divided && is_clear(parts)) {
            // Whoever only names a client's invoice may be a factor, who pays for others too.
            Some((_, parts)) => Found::Sure(parts, is_by_name && matches!(payer, Payer::One(_))),
            None => Found::Unsure(self.candidates(entry, &payer, &named)),
        }
    }

    /// The invoices that an entry names.
    pub(super) fn names(&self, entry: &Entry) -> Vec<usize> {
        self.named(entry).into_keys().collect()
    }

    /// Invoices that the entry names, and how.
    fn named(&self, entry: &Entry) -> BTreeMap<usize, Named> {
        let mut named = BTreeMap::new();
        let is_in = |place: &usize| self.invoices[*place].currency == entry.amount.currency();
        let checked = entry.references.iter().filter_map(|reference| creditor_reference(reference));
        for number in entry.documents.iter().map(String::as_str).chain(checked) {
            for place in self.by_key.get(&key(number)).into_iter().flatten().filter(|place| is_in(place)) {
                named.insert(*place, Named::BY_FIELD);
            }
        }
        let upper = without_days(&entry.written().to_uppercase());
        let runs: Vec<&str> = upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| !run.is_empty()).collect();
        for from in 0..runs.len() {
            for n in 1..=MAX_RUNS.min(runs.len() - from) {
                let joined = runs[from..from + n].concat();
                for place in self.by_key.get(&joined).into_iter().flatten().filter(|place| is_in(place)) {
                    let open = &self.invoices[*place];
                    let is_whole = |number: &str| n == 1 || self::runs(number) == runs[from..from + n];
                    let is_literal = |number: &str| is_telling(number) && stands_in(&upper, number);
                    let numbers = || std::iter::once(&open.number).chain(&open.reference);
                    if numbers().any(|number| key(number) == joined && is_whole(number)) {
                        let known = named.entry(*place).or_default();
                        known.is_strong |= numbers().any(|number| is_literal(number));
                        known.is_document |= is_document(&runs, from);
                    }
                }
            }
        }
        // A few digits that nothing says are of a document are a house's, or a month's: no reference at all.
        named.retain(|place, how| how.is_strong || how.is_document || self.is_meant(*place));
        named
    }

    /// Whether the number of an invoice is meant wherever it stands: it is long, or letters and digits (`F78`).
    fn is_meant(&self, place: usize) -> bool {
        let has = |key: &str, of: fn(&char) -> bool| key.chars().any(|c| of(&c));
        let is_mixed = |key: &str| has(key, char::is_ascii_digit) && has(key, char::is_ascii_alphabetic);
        let mut numbers = std::iter::once(&self.invoices[place].number).chain(&self.invoices[place].reference);
        numbers.any(|number| {
            let key = key(number);
            is_mixed(&key) || (key.len() >= MIN_MEANT && !is_month(number))
        })
    }

    /// Who pays, and whether the name says so.
    fn payer(&self, entry: &Entry) -> (Payer, bool) {
        let by_account = entry.account.as_ref().and_then(|account| self.accounts.get(account));
        let by_name = entry.payer.as_deref().map(folded).map(|name| self.of_name(&name)).unwrap_or_default();
        let is_by_name = !by_name.is_empty();
        let companies = match by_account {
            None => by_name,
            Some(companies) if !is_by_name => companies.clone(),
            // Where account and name disagree, it is either.
            Some(companies) => match companies & &by_name {
                both if both.is_empty() => companies | &by_name,
                both => both,
            },
        };
        let mut all = companies.iter();
        let payer = match (all.next(), all.next()) {
            (None, _) => Payer::Nobody,
            (Some(one), None) => Payer::One(*one),
            _ => Payer::Several(companies),
        };
        (payer, is_by_name)
    }

    fn of_name(&self, name: &str) -> BTreeSet<Company> {
        if let Some(companies) = self.names.get(name) {
            return companies.clone();
        }
        if name.len() < MIN_CUT_NAME {
            return BTreeSet::new();
        }
        let begin_so = self.names.range(name.to_owned()..).take_while(|(full, _)| full.starts_with(name));
        begin_so.flat_map(|(_, companies)| companies).copied().collect()
    }

    /// The payer is a client, and names invoices of its own.
    fn by_known(
        &self,
        entry: &Entry,
        company: Company,
        named: &BTreeMap<usize, Named>,
    ) -> Option<(Company, Vec<(usize, i64)>)> {
        let is_own = |place: &&usize| self.invoices[**place].company == company;
        let own: Vec<usize> = named.keys().filter(is_own).copied().collect();
        let keys: Vec<String> = own.iter().flat_map(|place| self.keys(*place)).collect();
        // A client that names another's invoice beyond doubt pays for somebody, or is not who it seems; unless it has one of
        // the same number.
        let is_others = |place: &usize| !self.keys(*place).iter().any(|key| keys.contains(key));
        if named.iter().any(|(place, how)| how.is_strong && !is_own(&place) && is_others(place)) {
            return None;
        }
        // One that is paid already was paid twice, or means another: what the rest would get is not sure either.
        let is_meant = |place: &usize| named[place].is_strong || key(&self.invoices[*place].number).len() >= MIN_MEANT;
        // Instalments of one document share its number: of these the ones that are open are meant.
        let is_alike = |a: usize, b: usize| key(&self.invoices[a].number) == key(&self.invoices[b].number);
        let is_open = |place: &usize| own.iter().any(|o| is_alike(*o, *place) && self.is_payable(*o, entry));
        if own.iter().any(|place| is_meant(place) && !is_open(place)) {
            return None;
        }
        let own: Vec<usize> = own.into_iter().filter(|place| self.is_payable(*place, entry)).collect();
        let parts = self.parts(entry.amount.minor(), &own, |place| named[&place].is_strong)?;
        let short: Vec<usize> =
            parts.iter().filter(|(place, minor)| *minor < self.invoices[*place].due).map(|(place, _)| *place).collect();
        let other_number =
            |place: usize| named.keys().any(|o| !is_alike(*o, place)) || has_other_number(&entry.text, &keys);
        let is_doubtful = short.iter().any(|place| {
            let is_charge = self.invoices[*place].due - entry.amount.minor() <= CHARGES;
            self.may_be_a_slip(*place, entry.amount.minor(), &own)
                || (parts.len() == 1 && !is_charge && other_number(*place))
        });
        (!is_doubtful).then_some((company, parts))
    }

    /// Whether money that arrives now can be for an invoice: what a file says came is only the same money when it came then,
    /// all of it.
    fn is_payable(&self, place: usize, entry: &Entry) -> bool {
        let open = &self.invoices[place];
        let is_near = |on: Date| (day_number(on) - day_number(entry.arrived_on)).abs() <= TOLD_DAYS;
        open.due > 0 && open.told_on.is_none_or(|on| is_near(on) && open.due <= entry.amount.minor())
    }

    fn keys(&self, place: usize) -> Vec<String> {
        let open = &self.invoices[place];
        std::iter::once(&open.number).chain(&open.reference).map(|number| key(number)).collect()
    }

    /// Whether it is certain that a part is not the same money as one that is booked, or, with all of it, as what a file
    /// tells of.
    fn is_new_money(&self, place: usize, minor: i64, entry: &Entry) -> bool {
        let open = &self.invoices[place];
        let days = |on: Date| day_number(entry.arrived_on) - day_number(on);
        let is_booked = |part: &Instalment| part.minor == minor && days(part.on).abs() <= TOLD_DAYS;
        let is_told_otherwise = |told: &Instalment| days(told.on) <= TOLD_DAYS && told.minor != minor;
        !open.booked.iter().any(is_booked) && !open.told.as_ref().is_some_and(is_told_otherwise)
    }

    /// Whether a number that less was paid of than is due may have a slip in it: another open invoice of the client is of what
    /// came; or, unless it is an equal instalment of the named one, it would be one of another, or another has the same
    /// digits in another order.
    fn may_be_a_slip(&self, place: usize, amount: i64, named: &[usize]) -> bool {
        let open = &self.invoices[place];
        let own = digits_in_order(&open.number);
        let is_own_instalment = is_instalment(amount, open.amount);
        let others = self.by_company.get(&open.company).into_iter().flatten().filter(|other| !named.contains(other));
        let mut others =
            others.map(|other| &self.invoices[*other]).filter(|other| other.due > 0 && other.told_on.is_none());
        others.any(|other| {
            let is_whole = other.due >= amount && other.due - amount <= CHARGES;
            let is_alike = is_instalment(amount, other.amount) || digits_in_order(&other.number) == own;
            is_whole || (is_alike && !is_own_instalment)
        })
    }

    /// The payer is nobody we know: then only numbers that are beyond doubt and of documents, all of one company, and the exact
    /// sum.
    fn by_stranger(&self, entry: &Entry, named: &BTreeMap<usize, Named>) -> Option<(Company, Vec<(usize, i64)>)> {
        let companies: BTreeSet<Company> = named.keys().map(|place| self.invoices[*place].company).collect();
        let all_strong = named.values().all(|how| how.is_strong && how.is_document);
        let due = sum(named.keys().map(|place| self.invoices[*place].due))?;
        let all_payable = named.keys().all(|place| self.is_payable(*place, entry));
        let company = companies.first().copied().filter(|_| companies.len() == 1 && all_strong)?;
        let is_exact = due == entry.amount.minor() && all_payable;
        is_exact.then(|| (company, named.keys().map(|place| (*place, self.invoices[*place].due)).collect()))
    }

    /// What a person may choose from: what is named, what the payer owes in that amount, else what it owes.
    fn candidates(&self, entry: &Entry, payer: &Payer, named: &BTreeMap<usize, Named>) -> Vec<(usize, &'static str)> {
        let mut found: Vec<(usize, &'static str)> = Vec::new();
        for place in named.keys() {
            let open = &self.invoices[*place];
            let is_other = matches!(payer, Payer::One(company) if *company != open.company);
            found.push((
                *place,
                match () {
                    () if !self.is_payable(*place, entry) => "named, and paid already",
                    () if !self.is_new_money(*place, entry.amount.minor(), entry) => {
                        "named, and money that is told of already may be the same"
                    }
                    () if is_other => "named, and another client's than the payer",
                    () if entry.amount.minor() > open.due => "named, and less than what came",
                    () => "named",
                },
            ));
        }
        let companies: Vec<Company> = match payer {
            Payer::One(company) => vec![*company],
            Payer::Several(companies) => companies.iter().copied().collect(),
            Payer::Nobody => Vec::new(),
        };
        let own = companies.iter().filter_map(|company| self.by_company.get(company)).flatten();
        let open: Vec<usize> = own.filter(|place| self.is_payable(**place, entry)).copied().collect();
        let is_new = |place: &usize| !named.contains_key(place);
        let (same, others): (Vec<usize>, Vec<usize>) =
            open.into_iter().filter(is_new).partition(|place| self.invoices[*place].due == entry.amount.minor());
        found.extend(same.into_iter().map(|place| (place, "open in this amount, and not named")));
        found.extend(others.into_iter().map(|place| (place, "open, and not named")));
        found.truncate(MAX_CANDIDATES);
        found
    }
}
