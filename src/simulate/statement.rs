//! The year before the opening as the creditor's bank tells of it: a statement with the payments of clients, each as its payer
//! wrote it, and the truth of what each was for.

use std::fmt::Write as _;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Company, Economy, files::euros, stream};
use crate::domain::{day_number, day_of_number};

/// Random streams from here on are the bank's: more draws for it shift nothing else.
const BANK_STREAM: u64 = 1 << 40;
/// Days of payments before the opening.
pub(super) const DAYS: i32 = 365;
/// Share of payments that go with the next one of the same client, when that is near.
const TOGETHER: f64 = 0.2;
/// How near, days.
const NEAR: i32 = 10;
/// Share of payments of which a bank on the way keeps something.
const WITH_CHARGES: f64 = 0.04;
/// One entry of money that went, for so many that came.
const ONE_DEBIT_IN: usize = 20;

/// Money of one invoice that arrived on a day.
#[derive(Debug, Clone)]
struct Paid {
    day: i32,
    invoice: String,
    cents: i64,
}

/// An entry of the statement, with its truth.
struct Entry {
    day: i32,
    cents: i64,
    payer: String,
    account: String,
    end_to_end: Option<String>,
    text: String,
    /// The client's code, and what of it was for which invoice.
    truth: (String, Vec<(String, i64)>),
}

impl Economy {
    /// The statement (`camt.053.001.08`) and its truth: `payment,client,invoice,amount`, a line for each part.
    pub fn statement(&self) -> (String, String) {
        let opening = day_number(self.plan.start);
        let mut entries: Vec<Entry> = Vec::new();
        for (number, company) in (1..).zip(&self.companies) {
            let mut rng = stream(self.plan.seed, BANK_STREAM + number);
            entries.extend(company.entries(&mut rng, opening));
        }
        entries.sort_by(|a, b| (a.day, &a.truth.0, a.cents).cmp(&(b.day, &b.truth.0, b.cents)));
        let mut truth = String::from("payment,client,invoice,amount\n");
        let mut xml = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\n\
             <BkToCstmrStmt>\n<GrpHdr><MsgId>MADE-UP</MsgId></GrpHdr>\n<Stmt>\n\
             <Acct><Id><IBAN>IT60X0542811101000000123456</IBAN></Id></Acct>\n",
        );
        for (place, entry) in entries.iter().enumerate() {
            let own = format!("B{:07}", place + 1);
            for (invoice, cents) in &entry.truth.1 {
                let written = writeln!(truth, "{own},{},{invoice},{}", entry.truth.0, euros(*cents));
                debug_assert!(written.is_ok(), "a text takes every line");
            }
            xml.push_str(&entry.xml(&own));
            if place % ONE_DEBIT_IN == 0 {
                xml.push_str(&debit(entry.day, place));
            }
        }
        xml.push_str("</Stmt>\n</BkToCstmrStmt>\n</Document>\n");
        (xml, truth)
    }
}

impl Company {
    /// What it paid in the year before a day, as its bank told ours.
    fn entries(&self, rng: &mut ChaCha8Rng, until: i32) -> Vec<Entry> {
        let mut paid = self.paid(until - DAYS, until);
        paid.sort_by_key(|paid| paid.day);
        let mut entries = Vec::new();
        let mut rest = paid.into_iter().peekable();
        while let Some(first) = rest.next() {
            let mut together = vec![first];
            while together.len() < 3 && rng.random_bool(TOGETHER) {
                let day = together[0].day;
                let Some(next) = rest.next_if(|next| next.day - day <= NEAR) else { break };
                together.push(next);
            }
            entries.push(self.entry(rng, &together));
        }
        entries
    }

    fn paid(&self, from: i32, until: i32) -> Vec<Paid> {
        let mut all = Vec::new();
        for (place, invoice) in self.invoices.iter().enumerate() {
            let number = format!("{}/{}", self.code.trim_start_matches("C-"), place + 1);
            let half = if invoice.in_halves { invoice.cents / 2 } else { 0 };
            let parts = [(invoice.in_halves.then_some(invoice.due), half), (invoice.paid, invoice.cents - half)];
            for (day, cents) in parts {
                let is_in_time = |day: &i32| (from..=until).contains(day) && *day >= invoice.issued;
                if let Some(day) = day.filter(is_in_time).filter(|_| cents > 0) {
                    all.push(Paid { day, invoice: number.clone(), cents });
                }
            }
        }
        all
    }

    fn entry(&self, rng: &mut ChaCha8Rng, together: &[Paid]) -> Entry {
        let sum: i64 = together.iter().map(|paid| paid.cents).sum();
        let charges = if rng.random_bool(WITH_CHARGES) { rng.random_range(100..450) } else { 0 };
        let numbers: Vec<&str> = together.iter().map(|paid| paid.invoice.as_str()).collect();
        let (end_to_end, text) = written(rng, &numbers);
        let digits = self.code.trim_start_matches("C-");
        let second = u8::from(rng.random_bool(0.1));
        let day = together.iter().map(|paid| paid.day).max().unwrap_or(together[0].day);
        let mut parts: Vec<(String, i64)> = together.iter().map(|paid| (paid.invoice.clone(), paid.cents)).collect();
        if let Some(last) = parts.last_mut() {
            last.1 -= charges;
        }
        Entry {
            day,
            cents: sum - charges,
            payer: self.payer(rng),
            account: format!("IT{:02}X03069{:05}{digits:0>12}", 10 + second, 1_600 + u32::from(second)),
            end_to_end,
            text,
            truth: (self.code.clone(), parts),
        }
    }

    /// The payer's name as a bank writes it: in capitals, cut off, without its form, or somebody else's.
    fn payer(&self, rng: &mut ChaCha8Rng) -> String {
        let name = &self.identity.name;
        match rng.random_range(0..20) {
            0..9 => name.clone(),
            9..15 => name.to_uppercase(),
            15..17 => name.chars().take(35).collect::<String>().trim().to_owned(),
            17..19 => name.rsplit_once(' ').map_or(name.as_str(), |(head, _)| head).to_uppercase(),
            _ => "FACTORITALIA SERVIZI DI INCASSO".to_owned(),
        }
    }
}

/// What a payer writes of the invoices it pays: mostly their numbers, each in its own way; sometimes a slip, or nothing.
fn written(rng: &mut ChaCha8Rng, numbers: &[&str]) -> (Option<String>, String) {
    let spelled: Vec<String> = numbers
        .iter()
        .map(|number| match rng.random_range(0..12) {
            0..7 => (*number).to_owned(),
            7 => number.replace('/', " / "),
            8 => number.replace('/', "-"),
            9 => number.replace('/', " "),
            10 => number.replace('/', ""),
            // Two digits change places: perhaps another invoice of the same client.
            _ => {
                let mut letters: Vec<char> = number.chars().collect();
                let last = letters.len() - 1;
                letters.swap(last, last - 1);
                letters.into_iter().collect()
            }
        })
        .collect();
    let list = spelled.join([", ", " e ", " ", " + "][rng.random_range(0..4usize)]);
    let day = rng.random_range(1..29);
    let text = match rng.random_range(0..20) {
        0..5 => format!("SALDO FATT. {list}"),
        5..9 => format!("Pagamento fattura n. {list} del {day:02}/06"),
        9..12 => format!("FT {list}"),
        12..14 => format!("Rif. {list} - grazie"),
        14..16 => list,
        16 => format!("saldo {list} al netto spese"),
        17 => "BONIFICO A VOSTRO FAVORE".to_owned(),
        18 => format!("SALDO {day} E PRECEDENTI"),
        _ => return (Some(numbers.join(" ")), String::new()),
    };
    (None, text)
}

impl Entry {
    fn xml(&self, own: &str) -> String {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let day = day_of_number(self.day);
        let end_to_end = self.end_to_end.as_deref().unwrap_or("NOTPROVIDED");
        let text = match self.text.as_str() {
            "" => String::new(),
            text => format!("<RmtInf><Ustrd>{}</Ustrd></RmtInf>", escape(text)),
        };
        format!(
            "<Ntry><Amt Ccy=\"EUR\">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>\
             <ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{own}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs>\
             <RltdPties><Dbtr><Pty><Nm>{}</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>{}</IBAN></Id></DbtrAcct></RltdPties>{text}</TxDtls>\
             </NtryDtls></Ntry>\n",
            euros(self.cents),
            escape(end_to_end),
            escape(&self.payer),
            self.account,
        )
    }
}

/// Money that went: to a supplier of the creditor's.
fn debit(day: i32, place: usize) -> String {
    let day = day_of_number(day);
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{}.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>\
         <AcctSvcrRef>D{place:07}</AcctSvcrRef></Ntry>\n",
        100 + place % 900
    )
}
