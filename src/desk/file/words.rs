//! How the file speaks: its language, its numbers, its days, and the house's words in the reader's.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// The language of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Italian: `1.234,56 €`, `31/12/2026`.
    Italian,
    /// English: `1,234.56 €`, `31 Dec 2026`.
    English,
}

impl Language {
    /// `it` or `en`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "it" => Some(Self::Italian),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// Its code (ISO 639-1).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Italian => "it",
            Self::English => "en",
        }
    }

    pub(super) const fn is_italian(self) -> bool {
        matches!(self, Self::Italian)
    }

    /// One of two texts.
    pub(super) const fn say(self, italian: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Italian => italian,
            Self::English => english,
        }
    }

    pub(super) fn day(self, day: Date) -> String {
        match self {
            Self::Italian => day.strftime("%d/%m/%Y").to_string(),
            // In one piece: a day that goes over two lines is misread.
            Self::English => day.strftime("%-d\u{a0}%b\u{a0}%Y").to_string(),
        }
    }

    pub(super) fn maybe_day(self, day: Option<Date>) -> String {
        day.map(|day| self.day(day)).unwrap_or_default()
    }

    /// A day and a time, UTC.
    pub(super) fn instant(self, at: Timestamp) -> String {
        let at = at.to_zoned(TimeZone::UTC);
        format!("{} {} UTC", self.day(at.date()), at.strftime("%H:%M:%S"))
    }

    /// `1234.5` with the marks of the language: `1.234,5`.
    pub(super) fn number(self, decimal: &str) -> String {
        let (thousands, point) = if self.is_italian() { ('.', ',') } else { (',', '.') };
        let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut text = String::from(sign);
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                text.push(thousands);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(point);
            text.push_str(fraction);
        }
        text
    }

    /// An amount with its currency: `1.234,56 €`.
    pub(super) fn money(self, decimal: &str, currency: &str) -> String {
        format!("{} {}", self.number(decimal), if currency == "EUR" { "€" } else { currency })
    }

    /// A share in per cent.
    pub(super) fn percent(self, share: f64) -> String {
        format!("{} %", self.number(&format!("{:.2}", share * 100.0)))
    }

    /// A word of the house as a person reads it; one that is not listed stays as it is, without its underscores.
    pub(super) fn word(self, code: &str) -> String {
        let found = WORDS.iter().find(|(known, ..)| *known == code);
        found.map_or_else(|| code.replace('_', " "), |(_, italian, english)| self.say(italian, english).to_owned())
    }
}

/// The house's words: code, Italian, English.
const WORDS: &[(&str, &str, &str)] = &[
    // Documents of the ledger, and how they stand.
    ("invoice", "fattura", "invoice"),
    ("credit_note", "nota di credito", "credit note"),
    ("open", "aperta", "open"),
    ("overdue", "scaduta", "overdue"),
    ("paid", "pagata", "paid"),
    ("disputed", "contestata", "disputed"),
    ("written_off", "stralciata", "written off"),
    ("interest", "interessi di mora", "default interest"),
    ("lump_sum", "importo forfettario", "lump sum"),
    ("due", "dovuto", "due"),
    ("claimed", "richiesto", "claimed"),
    ("waived", "rinunciato", "waived"),
    ("bank", "banca", "bank"),
    ("file", "file del creditore", "creditor's file"),
    ("ledger", "partitario", "ledger"),
    ("pending", "in corso", "pending"),
    ("kept", "mantenuta", "kept"),
    ("broken", "non mantenuta", "broken"),
    ("upheld", "accolta", "upheld"),
    ("rejected", "respinta", "rejected"),
    ("withdrawn", "ritirata", "withdrawn"),
    ("settled", "transatta", "settled"),
    // What was done.
    ("reminder_sent", "Sollecito inviato", "Reminder sent"),
    ("call", "Telefonata", "Call"),
    ("notice_sent", "Messa in mora inviata", "Formal notice sent"),
    ("visit", "Visita", "Visit"),
    ("handed_to_agency", "Affidamento al recupero", "Handed to an agency"),
    ("court_filed", "Ricorso depositato", "Filed in court"),
    ("claim_filed", "Insinuazione al passivo", "Claim filed"),
    ("assigned", "Cessione del credito", "Claim assigned"),
    ("promise", "Promessa di pagamento", "Promise to pay"),
    ("promise_kept", "Promessa mantenuta", "Promise kept"),
    ("promise_broken", "Promessa non mantenuta", "Promise broken"),
    ("plan", "Piano di rientro", "Plan of instalments"),
    ("plan_broken", "Piano non rispettato", "Plan broken"),
    ("dispute", "Contestazione", "Dispute"),
    ("dispute_settled", "Contestazione chiusa", "Dispute settled"),
    ("note", "Nota", "Note"),
    ("reached", "parlato", "reached"),
    ("no_answer", "nessuna risposta", "no answer"),
    ("refused", "rifiutato", "refused"),
    // What sources say.
    ("company_status", "Stato dell'impresa", "Company status"),
    ("protest", "Protesto", "Protest"),
    ("prejudicial_act", "Atto pregiudizievole", "Prejudicial act"),
    ("filing", "Deposito", "Filing"),
    ("identity", "Identità", "Identity"),
    ("news", "Notizia", "News"),
    ("vat_check", "Verifica partita IVA", "VAT check"),
    ("clean", "Verificato, nulla trovato", "Checked, nothing found"),
    ("active", "attiva", "active"),
    ("active_warning", "attiva, con avvertenza", "active, with a warning"),
    ("dormant", "inattiva", "dormant"),
    ("voluntary_liquidation", "liquidazione volontaria", "voluntary liquidation"),
    ("restructuring", "procedura di risanamento", "restructuring procedure"),
    ("insolvent_liquidation", "procedura di insolvenza", "insolvency procedure"),
    ("insolvent", "procedura di insolvenza", "insolvency procedure"),
    ("ceased", "cessata", "ceased"),
    ("unknown", "non noto", "unknown"),
    ("could_not_check", "non verificabile", "could not be checked"),
    ("standing", "in essere", "standing"),
    ("annotated", "annotato", "annotated"),
    ("bill", "cambiale", "bill"),
    ("cheque", "assegno", "cheque"),
    ("valid", "valida", "valid"),
    ("invalid", "non valida", "invalid"),
    ("legal_name", "denominazione", "legal name"),
    ("previous_name", "denominazione precedente", "previous name"),
    ("trading_name", "nome commerciale", "trading name"),
    ("address", "indirizzo", "address"),
    ("identifier", "numero identificativo", "identifier"),
    ("successor", "successore", "successor"),
    // Why a rating moved.
    ("signals", "nuovi fatti", "new facts"),
    ("night", "ricalcolo notturno", "night"),
    ("model", "nuovo modello", "new model"),
    ("override", "decisione di un analista", "analyst's decision"),
    ("expiry", "fatto ritirato o scaduto", "fact withdrawn or expired"),
];

#[cfg(test)]
mod tests {
    use super::{Language, WORDS};

    #[test]
    fn numbers_and_days_are_those_of_the_language() {
        let (it, en) = (Language::Italian, Language::English);
        for (decimal, italian, english) in
            [("1234.56", "1.234,56", "1,234.56"), ("-1234567", "-1.234.567", "-1,234,567"), ("0.5", "0,5", "0.5")]
        {
            assert_eq!((it.number(decimal).as_str(), en.number(decimal).as_str()), (italian, english));
        }
        assert_eq!(it.money("100.00", "EUR"), "100,00 €");
        let day = jiff::civil::date(2026, 12, 31);
        assert_eq!((it.day(day).as_str(), en.day(day).as_str()), ("31/12/2026", "31\u{a0}Dec\u{a0}2026"));
    }

    #[test]
    fn no_word_is_listed_twice() {
        let mut codes: Vec<&str> = WORDS.iter().map(|(code, ..)| *code).collect();
        codes.sort_unstable();
        let n = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), n);
    }
}
