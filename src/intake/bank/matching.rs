//! Which invoices a payment is for, with certainty or not at all. Values in, values out.
//!
//! Three things must agree: a reference that names the invoice, who pays, and how much. What only nearly agrees is for a
//! person.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;

use super::entry::Entry;
use crate::domain::{Currency, day_number};

/// What banks on the way may keep of a payment, minor units: 5 EUR.
const CHARGES: i64 = 500;
/// A file and the bank may tell of the same money on days that lie so far apart.
const TOLD_DAYS: i32 = 5;
/// Equal instalments of one invoice, at most.
const MAX_INSTALMENTS: i64 = 4;
/// A number shorter than this, in letters and digits, stands in too many texts that mean something else.
const MIN_STRONG: usize = 5;
/// Runs of letters and digits that one invoice number may be made of.
const MAX_RUNS: usize = 6;
/// Of more referenced invoices than these, sums of some are not tried: there are too many.
const MAX_SUMMED: usize = 12;
/// Candidates that are shown to a person.
const MAX_CANDIDATES: usize = 10;
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
    pub(super) currency: Currency,
}

/// What a payment is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// These invoices, so much of each.
    Sure(Vec<(usize, i64)>),
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
        let payer = self.payer(entry);
        let sure = match &payer {
            Payer::One(company) => self.by_known(entry, *company, &named),
            Payer::Several(companies) => {
                self.by_stranger(entry, &named).filter(|(company, _)| companies.contains(company))
            }
            Payer::Nobody => self.by_stranger(entry, &named),
        };
        match sure {
            Some((_, parts)) => Found::Sure(parts),
            None => Found::Unsure(self.candidates(entry, &payer, &named)),
        }
    }

    /// Invoices that the entry names, and whether each is named beyond doubt: in a field of its own, or by a number that is
    /// long enough and stands there letter by letter.
    fn named(&self, entry: &Entry) -> BTreeMap<usize, bool> {
        let mut named = BTreeMap::new();
        let is_in = |place: &usize| self.invoices[*place].currency == entry.amount.currency();
        for reference in &entry.references {
            let bare = key(creditor_reference(reference).unwrap_or(reference));
            for place in self.by_key.get(&bare).into_iter().flatten().filter(|place| is_in(place)) {
                named.insert(*place, true);
            }
        }
        let text = format!("{} {}", entry.text, entry.references.join(" "));
        let upper = text.to_uppercase();
        let runs: Vec<&str> = upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| !run.is_empty()).collect();
        for from in 0..runs.len() {
            for n in 1..=MAX_RUNS.min(runs.len() - from) {
                let joined = runs[from..from + n].concat();
                for place in self.by_key.get(&joined).into_iter().flatten().filter(|place| is_in(place)) {
                    let open = &self.invoices[*place];
                    let is_whole = |number: &str| n == 1 || self::runs(number) == runs[from..from + n];
                    let is_literal = |number: &str| joined.len() >= MIN_STRONG && stands_in(&upper, number);
                    let numbers = || std::iter::once(&open.number).chain(&open.reference);
                    if numbers().any(|number| key(number) == joined && is_whole(number)) {
                        let is_strong = numbers().any(|number| is_literal(number));
                        *named.entry(*place).or_default() |= is_strong;
                    }
                }
            }
        }
        named
    }

    fn payer(&self, entry: &Entry) -> Payer {
        let by_account = entry.account.as_ref().and_then(|account| self.accounts.get(account));
        let by_name = entry.payer.as_deref().map(folded).map(|name| self.of_name(&name)).unwrap_or_default();
        let companies = match by_account {
            Some(companies) => companies.clone(),
            None => by_name,
        };
        let mut all = companies.iter();
        match (all.next(), all.next()) {
            (None, _) => Payer::Nobody,
            (Some(one), None) => Payer::One(*one),
            _ => Payer::Several(companies),
        }
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
        named: &BTreeMap<usize, bool>,
    ) -> Option<(Company, Vec<(usize, i64)>)> {
        let is_own = |place: &&usize| self.invoices[**place].company == company;
        // A client that names another's invoice beyond doubt pays for somebody, or is not who it seems.
        if named.iter().any(|(place, is_strong)| *is_strong && !is_own(&place)) && !named.keys().any(|p| is_own(&p)) {
            return None;
        }
        let own: Vec<usize> = named.keys().filter(is_own).copied().collect();
        let own: Vec<usize> = own.into_iter().filter(|place| self.is_payable(*place, entry)).collect();
        let parts = self.parts(entry.amount.minor(), &own, |place| named[&place])?;
        let short: Vec<usize> =
            parts.iter().filter(|(place, minor)| *minor < self.invoices[*place].due).map(|(place, _)| *place).collect();
        let is_doubtful = short.iter().any(|place| self.may_be_a_slip(*place, entry.amount.minor(), &own));
        (!is_doubtful).then_some((company, parts))
    }

    /// Whether money that arrives now can be for an invoice: what a file says came is only the same money when it came then,
    /// all of it.
    fn is_payable(&self, place: usize, entry: &Entry) -> bool {
        let open = &self.invoices[place];
        let is_near = |on: Date| (day_number(on) - day_number(entry.arrived_on)).abs() <= TOLD_DAYS;
        open.due > 0 && open.told_on.is_none_or(|on| is_near(on) && open.due <= entry.amount.minor())
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

    /// The payer is nobody we know: then only numbers that are beyond doubt, all of one company, and the exact sum.
    fn by_stranger(&self, entry: &Entry, named: &BTreeMap<usize, bool>) -> Option<(Company, Vec<(usize, i64)>)> {
        let companies: BTreeSet<Company> = named.keys().map(|place| self.invoices[*place].company).collect();
        let all_strong = named.values().all(|is_strong| *is_strong);
        let due: i64 = named.keys().map(|place| self.invoices[*place].due).sum();
        let all_payable = named.keys().all(|place| self.is_payable(*place, entry));
        let company = companies.first().copied().filter(|_| companies.len() == 1 && all_strong)?;
        let is_exact = due == entry.amount.minor() && all_payable;
        is_exact.then(|| (company, named.keys().map(|place| (*place, self.invoices[*place].due)).collect()))
    }

    /// How a payment divides over the invoices that it names; none when that is not certain.
    fn parts(&self, amount: i64, own: &[usize], is_strong: impl Fn(usize) -> bool) -> Option<Vec<(usize, i64)>> {
        let due = |place: &usize| self.invoices[*place].due;
        let own: Vec<usize> = own.iter().filter(|place| due(place) > 0).copied().collect();
        let whole = |places: &[usize]| places.iter().map(|place| (*place, due(place))).collect::<Vec<_>>();
        let total: i64 = own.iter().map(due).sum();
        if own.is_empty() || amount > total {
            return None;
        }
        if amount == total {
            return Some(whole(&own));
        }
        if let [one] = own.as_slice() {
            // Charges are short by little, an instalment by more; either way what came is what is booked.
            return (is_strong(*one) || total - amount <= CHARGES).then(|| vec![(*one, amount)]);
        }
        match self.exact_sums(amount, &own).as_slice() {
            [one] => return Some(whole(one)),
            [] => {}
            _ => return None,
        }
        let short = total - amount;
        let last = own.last().filter(|last| short <= CHARGES && due(last) > short)?;
        Some(own.iter().map(|place| (*place, due(place) - if place == last { short } else { 0 })).collect())
    }

    /// Some of the invoices that come to exactly this sum: every way, or the first two.
    fn exact_sums(&self, amount: i64, own: &[usize]) -> Vec<Vec<usize>> {
        if own.len() > MAX_SUMMED {
            return Vec::new();
        }
        let mut found = Vec::new();
        for chosen in 1u32..(1 << own.len()) {
            let places: Vec<usize> =
                own.iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 == 1).map(|(_, place)| *place).collect();
            if places.iter().map(|place| self.invoices[*place].due).sum::<i64>() == amount {
                found.push(places);
                if found.len() > 1 {
                    break;
                }
            }
        }
        found
    }

    /// What a person may choose from: what is named, what the payer owes in that amount, else what it owes.
    fn candidates(&self, entry: &Entry, payer: &Payer, named: &BTreeMap<usize, bool>) -> Vec<(usize, &'static str)> {
        let mut found: Vec<(usize, &'static str)> = Vec::new();
        for place in named.keys() {
            let open = &self.invoices[*place];
            let is_other = matches!(payer, Payer::One(company) if *company != open.company);
            found.push((
                *place,
                match () {
                    () if !self.is_payable(*place, entry) => "named, and paid already",
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

/// The letters and digits of a number, sorted: the same for two numbers that differ by a slip of order.
fn digits_in_order(number: &str) -> Vec<char> {
    let mut letters: Vec<char> = key(number).chars().collect();
    letters.sort_unstable();
    letters
}

/// Whether an amount is one of a few equal instalments of another one, each rounded to the cent.
fn is_instalment(amount: i64, whole: i64) -> bool {
    (2..=MAX_INSTALMENTS).any(|n| (amount.saturating_mul(n) - whole).abs() < n)
}

/// Letters and digits of a number, upper case: how it is looked for.
fn key(number: &str) -> String {
    number.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// The runs of letters and digits in a number.
fn runs(number: &str) -> Vec<String> {
    let runs = number.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(str::to_ascii_uppercase).collect()
}

/// Whether a number stands in a text letter by letter, with nothing at its ends that would belong to it.
fn stands_in(upper: &str, number: &str) -> bool {
    let number = number.to_uppercase();
    let belongs = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    upper.match_indices(&number).any(|(at, found)| {
        let (head, tail) = (upper.get(..at), upper.get(at + found.len()..));
        !belongs(head.and_then(|h| h.chars().next_back())) && !belongs(tail.and_then(|t| t.chars().next()))
    })
}

/// The creditor's own reference in a structured one (ISO 11649): what stands behind `RF` and two check digits that are right.
fn creditor_reference(text: &str) -> Option<&str> {
    let bare = text.trim();
    let rest = bare.strip_prefix("RF").or_else(|| bare.strip_prefix("rf"))?;
    let (digits, reference) = (rest.get(..2)?, rest.get(2..)?);
    let turned = format!("{reference}RF{digits}");
    let letters = turned.chars().filter(|c| *c != ' ').map(|c| c.to_digit(36));
    let remainder = letters
        .collect::<Option<Vec<u32>>>()?
        .into_iter()
        .fold(0u32, |rest, digit| (rest * if digit < 10 { 10 } else { 100 } + digit) % 97);
    (remainder == 1).then_some(reference)
}

/// A name as banks and ledgers may both write it: plain letters and digits, without what only says what kind of company it is.
pub(super) fn folded(name: &str) -> String {
    const FORMS: [&str; 24] = [
        "SRL", "SRLS", "SPA", "SNC", "SAS", "SAPA", "SS", "COOP", "SCARL", "SCRL", "LTD", "LIMITED", "PLC", "LLP",
        "LLC", "INC", "SARL", "SA", "EURL", "SASU", "GMBH", "AG", "KG", "BV",
    ];
    let plain = deunicode::deunicode(name).to_uppercase().replace(['.', '\''], "");
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let kept: Vec<&str> = words.filter(|word| !FORMS.contains(word)).collect();
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{creditor_reference, folded, stands_in};

    #[test]
    fn a_creditor_reference_counts_only_with_the_right_check_digits() {
        assert_eq!(creditor_reference("RF18539007547034"), Some("539007547034"));
        assert_eq!(
            creditor_reference("RF18 5390 0754 7034").map(|r| r.replace(' ', "")),
            Some("539007547034".to_owned())
        );
        assert_eq!(creditor_reference("RF19539007547034"), None);
        assert_eq!(creditor_reference("2026/12"), None);
    }

    #[test]
    fn a_number_stands_there_as_a_whole_or_not_at_all() {
        assert!(stands_in("SALDO FT. 2026/12.", "2026/12"));
        assert!(!stands_in("SALDO FT. 2026/123", "2026/12"));
        assert!(!stands_in("SALDO 12026/12", "2026/12"));
    }

    #[test]
    fn a_name_is_the_same_whoever_writes_it() {
        assert_eq!(folded("Perché & Figli S.r.l."), folded("PERCHE FIGLI SRL"));
        assert_ne!(folded("Rossi Luca"), folded("Rossi Lucia"));
    }
}
