use std::collections::HashSet;

use jiff::civil::Date;

use crate::{
    domain::{Currency, Money, Sha256},
    intake::{check::Refusal, element::Element},
};

/// Transactions of one entry: a collective credit of a day's direct debits.
const MAX_TRANSACTIONS: usize = 100_000;
/// What a payer wrote that is kept, in characters.
const MAX_TEXT: usize = 2_000;
/// Longest name of a payer (ISO 20022, `Max140Text`).
const MAX_NAME: usize = 140;

/// Money that moved on the creditor's account.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Its line in the file.
    pub(super) line: u64,
    /// What tells it from every other; entries of which the bank says nothing that does are counted besides.
    pub(super) own_id: Sha256,
    /// All that it says: two entries may share the bank's name of them.
    pub(super) content: Sha256,
    /// Whether the bank names it, so that the same name is the same entry.
    pub(super) is_named: bool,
    /// The day it was booked.
    pub(super) arrived_on: Date,
    /// How much.
    pub(super) amount: Money,
    /// It came, it was booked, and it takes nothing back.
    pub(super) is_payment: bool,
    /// What it says of the payment that it takes back; none when it takes none back.
    pub(super) takes_back: Option<TakesBack>,
    /// Whether it is of several payers, and not said how much of it is whose.
    pub(super) is_divided: bool,
    /// The payer's name.
    pub(super) payer: Option<String>,
    /// The payer's account.
    pub(super) account: Option<String>,
    /// References in fields of their own: the payer's (end to end), the creditor's (ISO 11649).
    pub(super) references: Vec<String>,
    /// Numbers of documents in fields of their own.
    pub(super) documents: Vec<String>,
    /// What the payer wrote.
    pub(super) text: String,
}

/// Money of a payer that the bank takes back: a credit that is reversed, or a direct debit that comes back.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct TakesBack {
    /// Names of the parties: banks leave them as they were, or turn them round.
    pub(super) names: Vec<String>,
    /// Their accounts.
    pub(super) accounts: Vec<String>,
    /// The payer's own reference (end to end).
    pub(super) end_to_end: Option<String>,
    /// What the bank calls it, which may be what it called the payment.
    named: Option<String>,
    /// The creditor's account.
    own_account: String,
}

impl TakesBack {
    /// What would tell the payment from every other, had the bank called it the same.
    pub(super) fn own_ids(&self, on: Date, amount: Money, payer_account: Option<&str>) -> Vec<Sha256> {
        let Some(named) = &self.named else { return Vec::new() };
        let said =
            |end_to_end: Option<&str>| named_id((&self.own_account, named), on, amount, (end_to_end, payer_account));
        [Some(self.end_to_end.as_deref()), self.end_to_end.as_ref().map(|_| None)]
            .into_iter()
            .flatten()
            .map(said)
            .collect()
    }
}

/// What tells an entry that the bank names from every other. Banks use a name again, on another day or for another payer: what
/// both messages of a bank tell is part of it.
fn named_id(
    (own_account, name): (&str, &str),
    on: Date,
    amount: Money,
    (end_to_end, account): (Option<&str>, Option<&str>),
) -> Sha256 {
    Sha256::of(format!("{own_account} {name} {on} {amount} {end_to_end:?} {account:?}").as_bytes())
}

impl Entry {
    /// What the payer wrote, references in fields of their own first.
    pub(super) fn written(&self) -> String {
        let fields = self.references.iter().chain(&self.documents).map(String::as_str);
        fields.chain([self.text.as_str()]).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// The transactions of an entry, each by itself where the bank says what each comes to.
pub(super) fn entries(entry: &Element, account: &str) -> Vec<Result<Entry, (u64, Refusal)>> {
    let whole = match Whole::of(entry, account) {
        Ok(whole) => whole,
        Err(refused) => return vec![Err(refused)],
    };
    let details = entry.all("NtryDtls").flat_map(|details| details.all("TxDtls"));
    let transactions: Vec<&Element> = details.take(MAX_TRANSACTIONS + 1).collect();
    if transactions.len() > MAX_TRANSACTIONS {
        let reason = format!("an entry of more than {MAX_TRANSACTIONS} transactions is not read");
        return vec![Err((entry.line, refuse("TxDtls", "", "too_long", reason)))];
    }
    if transactions.len() <= 1 {
        return vec![whole.one(&transactions, None, None)];
    }
    let amounts: Vec<Option<&Element>> = transactions.iter().map(|t| amount_of(t)).collect();
    if !whole.is_sum_of(&transactions, &amounts) {
        // Whose the money is cannot be said: a person sees the entry as one, without a payer that would only be the first.
        let together = whole.one(&transactions, None, None);
        return vec![together.map(|entry| Entry { payer: None, account: None, is_divided: true, ..entry })];
    }
    let each = transactions.iter().zip(amounts).enumerate();
    each.map(|(place, (transaction, amount))| whole.one(&[transaction], amount, Some(place))).collect()
}

/// Where a message names who paid.
const DEBTOR: &[&str] =
    &["RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm", "RltdPties/UltmtDbtr/Nm", "RltdPties/UltmtDbtr/Pty/Nm"];
/// Where it names who was paid.
const CREDITOR: &[&str] =
    &["RltdPties/Cdtr/Nm", "RltdPties/Cdtr/Pty/Nm", "RltdPties/UltmtCdtr/Nm", "RltdPties/UltmtCdtr/Pty/Nm"];

fn amount_of(transaction: &Element) -> Option<&Element> {
    transaction.at("Amt").or_else(|| transaction.at("AmtDtls/TxAmt/Amt"))
}

/// What an entry says of all its transactions.
struct Whole<'e> {
    entry: &'e Element,
    account: &'e str,
    arrived_on: Date,
    amount: Money,
    is_payment: bool,
    /// Money that went: it takes a payment back if it is a reversal, or a return.
    is_outgoing: bool,
    is_reversal: bool,
    /// References of the bank that more than one of its transactions bears.
    repeated: HashSet<String>,
}

impl<'e> Whole<'e> {
    fn of(entry: &'e Element, account: &'e str) -> Result<Self, (u64, Refusal)> {
        let missing =
            |what: &'static str| (entry.line, refuse(what, "", "missing", format!("an entry needs its {what}")));
        let amount = money(entry.at("Amt").ok_or_else(|| missing("Amt"))?)?;
        let day = ["BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"].into_iter().find_map(|path| entry.at(path));
        let arrived_on = day_of(day.ok_or_else(|| missing("BookgDt"))?)?;
        let state = entry.text_at("Sts/Cd").or_else(|| entry.text_at("Sts")).unwrap_or("BOOK");
        let is_credit = match entry.text_at("CdtDbtInd") {
            Some("CRDT") => true,
            Some("DBIT") => false,
            _ => return Err(missing("CdtDbtInd")),
        };
        let is_reversal = matches!(entry.text_at("RvslInd"), Some("true" | "1"));
        let is_booked = state == "BOOK" && amount.minor() > 0;
        let (is_payment, is_outgoing) = (is_credit && !is_reversal && is_booked, !is_credit && is_booked);
        let repeated = repeated(entry);
        Ok(Self { entry, account, arrived_on, amount, is_payment, is_outgoing, is_reversal, repeated })
    }

    /// The entry, or one of its transactions, with what these say.
    fn one(
        &self,
        transactions: &[&Element],
        amount: Option<&Element>,
        place: Option<usize>,
    ) -> Result<Entry, (u64, Refusal)> {
        let amount = amount.map_or(Ok(self.amount), money)?;
        let first = |paths: &[&str]| {
            let mut found = transactions.iter().flat_map(|t| paths.iter().filter_map(|path| t.text_at(path)));
            found.next().map(|text| text.chars().take(MAX_NAME).collect::<String>())
        };
        let payer = first(DEBTOR);
        let iban = |path| first(&[path]).map(|iban| iban.replace(' ', "").to_uppercase());
        let account = iban("RltdPties/DbtrAcct/Id/IBAN");
        let references: Vec<String> = transactions.iter().flat_map(|t| references_of(t)).collect();
        let mut words: Vec<&str> = transactions.iter().flat_map(|t| words_of(t)).collect();
        words.extend(self.entry.text_at("AddtlNtryInf"));
        let returned = || transactions.iter().filter_map(|t| t.at("RtrInf"));
        let is_taken_back = self.is_outgoing && (self.is_reversal || returned().next().is_some());
        if is_taken_back {
            // Why it comes back, a code as AM04 (too little on the account): whoever decides wants to know.
            words.extend(returned().filter_map(|info| info.text_at("Rsn/Cd").or_else(|| info.text_at("Rsn/Prtry"))));
        }
        let text: String = words.join(" ").chars().take(MAX_TEXT).collect();
        let documents: Vec<String> = transactions.iter().flat_map(|t| documents_of(t)).collect();
        let named = self.name_of(transactions, place);
        let (day, end_to_end) = (self.arrived_on, first(&["Refs/EndToEndId"]).filter(|text| !is_placeholder(text)));
        let content =
            format!("{} {day} {amount} {payer:?} {account:?} {references:?} {documents:?} {text}", self.account);
        let whose = (end_to_end.as_deref(), account.as_deref());
        let own_id = match &named {
            Some(name) => named_id((self.account, name), day, amount, whose),
            None => Sha256::of(content.as_bytes()),
        };
        // What takes a payment back may bear its name, and is not the payment.
        let own_id = if is_taken_back { Sha256::of(format!("{own_id} taken back").as_bytes()) } else { own_id };
        let takes_back = is_taken_back.then(|| TakesBack {
            names: [payer.clone(), first(CREDITOR)].into_iter().flatten().collect(),
            accounts: [account.clone(), iban("RltdPties/CdtrAcct/Id/IBAN")].into_iter().flatten().collect(),
            end_to_end: end_to_end.clone(),
            named: named.clone(),
            own_account: self.account.to_owned(),
        });
        let line = transactions.first().filter(|_| place.is_some()).map_or(self.entry.line, |t| t.line);
        Ok(Entry {
            line,
            own_id,
            content: Sha256::of(content.as_bytes()),
            is_named: named.is_some(),
            arrived_on: self.arrived_on,
            amount,
            is_payment: self.is_payment && amount.minor() > 0,
            takes_back: takes_back.filter(|_| amount.minor() > 0),
            is_divided: false,
            payer: payer.or_else(|| first(CREDITOR).filter(|_| is_taken_back)),
            account,
            references,
            documents,
            text,
        })
    }

    /// Whether the transactions are credits that come to the entry's amount, in its currency.
    fn is_sum_of(&self, transactions: &[&Element], amounts: &[Option<&Element>]) -> bool {
        let is_of_its_kind =
            |t: &&Element| t.text_at("CdtDbtInd").is_none_or(|word| Some(word) == self.entry.text_at("CdtDbtInd"));
        let mut each = amounts.iter().map(|amount| {
            let amount = amount.and_then(|amount| money(amount).ok())?;
            (amount.currency() == self.amount.currency()).then_some(amount.minor())
        });
        let total = each.try_fold(0i64, |sum, minor| sum.checked_add(minor?));
        transactions.iter().all(is_of_its_kind) && total == Some(self.amount.minor())
    }

    /// What the bank calls the entry, or one of its transactions. A name that all of them bear tells them apart with their
    /// places only; `NtryRef` is a number within its statement, and names nothing.
    fn name_of(&self, transactions: &[&Element], place: Option<usize>) -> Option<String> {
        let of = |element: &Element, path: &str| {
            element.text_at(path).filter(|text| !is_placeholder(text)).map(|text| text.chars().take(MAX_NAME).collect())
        };
        let whole: Option<String> = of(self.entry, "AcctSvcrRef");
        let single: Option<String> = transactions.iter().find_map(|t| of(t, "Refs/AcctSvcrRef"));
        match place {
            None => single.or(whole),
            Some(place) => match single {
                Some(single) if !self.repeated.contains(&single) && whole.as_ref() != Some(&single) => Some(single),
                single => single.or(whole).map(|name| format!("{name} #{place}")),
            },
        }
    }
}

/// What stands where a bank has no reference, in statements that were converted from MT940 above all.
fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 6] = ["NONREF", "NOTPROVIDED", "NOT PROVIDED", "UNKNOWN", "NA", "N/A"];
    let text = text.trim();
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || text.chars().all(|c| !c.is_ascii_alphanumeric() || c == '0')
}

fn references_of(transaction: &Element) -> Vec<String> {
    let end_to_end = transaction.text_at("Refs/EndToEndId").filter(|text| !is_placeholder(text));
    let structured = transaction.all("RmtInf").flat_map(|info| info.all("Strd"));
    end_to_end.into_iter().chain(structured.filter_map(|s| s.text_at("CdtrRefInf/Ref"))).map(str::to_owned).collect()
}

fn documents_of(transaction: &Element) -> Vec<String> {
    let structured = transaction.all("RmtInf").flat_map(|info| info.all("Strd"));
    let documents = structured.flat_map(|s| s.all("RfrdDocInf")).filter_map(|document| document.text_at("Nb"));
    documents.map(str::to_owned).collect()
}

/// References of the bank that several transactions of an entry bear: then it is the entry that they name.
fn repeated(entry: &Element) -> HashSet<String> {
    let transactions = entry.all("NtryDtls").flat_map(|details| details.all("TxDtls")).take(MAX_TRANSACTIONS);
    let mut seen = HashSet::new();
    let names = transactions.filter_map(|transaction| transaction.text_at("Refs/AcctSvcrRef"));
    names.filter(|name| !seen.insert(*name)).map(str::to_owned).collect()
}

fn words_of(transaction: &Element) -> Vec<&str> {
    let info = || transaction.all("RmtInf");
    let free = info().flat_map(|info| info.all("Ustrd")).filter_map(Element::text);
    let beside = info().flat_map(|info| info.all("Strd")).flat_map(|s| s.all("AddtlRmtInf")).filter_map(Element::text);
    free.chain(beside).chain(transaction.text_at("AddtlTxInf")).collect()
}

fn money(element: &Element) -> Result<Money, (u64, Refusal)> {
    let text = element.text().unwrap_or_default();
    let bad = |code, reason| (element.line, refuse("Amt", text, code, reason));
    let currency = element.attribute.as_deref().unwrap_or("EUR");
    let currency: Currency = currency.parse().map_err(|e| bad("bad_currency", format!("{e}")))?;
    let money = Money::parse(text, currency).map_err(|e| bad("bad_amount", e.to_string()))?;
    let signed = "must have no sign: CdtDbtInd says which way money went, CRDT for what came and DBIT for what went";
    if money.minor() < 0 { Err(bad("bad_amount", signed.to_owned())) } else { Ok(money) }
}

fn day_of(element: &Element) -> Result<Date, (u64, Refusal)> {
    let text = element.text().unwrap_or_default();
    let day = text.get(..10).and_then(|day| day.parse::<Date>().ok()).filter(|d| (1900..=2100).contains(&d.year()));
    let reason = "must be a day from 1900 to 2100 written as 2026-11-23".to_owned();
    day.ok_or_else(|| (element.line, refuse("BookgDt", text, "bad_date", reason)))
}

fn refuse(column: &'static str, value: &str, code: &'static str, reason: String) -> Refusal {
    Refusal { column, value: value.chars().take(200).collect(), code, reason }
}
