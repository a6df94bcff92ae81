//! The words that programs use, as persons read them.

use serde_json::Value;

use super::look::Tongue;
use crate::desk::SignalView;

/// Code, Italian, English.
pub(super) type Table = &'static [(&'static str, &'static str, &'static str)];

const ACTIONS: Table = &[
    ("none", "niente da fare", "nothing to do"),
    ("watch", "tenere d'occhio", "keep an eye on"),
    ("remind_before_due", "avvisare prima della scadenza", "remind before due"),
    ("wait", "attendere", "wait"),
    ("send_reminder", "inviare il sollecito", "send a reminder"),
    ("call", "telefonare", "call"),
    ("visit", "fare visita", "visit"),
    ("offer_plan", "proporre un piano", "offer a plan"),
    ("send_notice", "mettere in mora", "send formal notice"),
    ("hand_to_agency", "affidare al recupero", "hand to an agency"),
    ("go_to_court", "agire in giudizio", "go to court"),
    ("file_claim", "insinuarsi al passivo", "file the claim"),
    ("assign", "cedere il credito", "assign the claim"),
    ("write_off", "stralciare", "write off"),
    ("await_promise", "attendere la promessa", "await the promise"),
    ("follow_plan", "seguire il piano", "follow the plan"),
    ("settle_dispute", "chiarire la contestazione", "settle the dispute"),
];

const PHASES: Table = &[
    ("monitoring", "monitoraggio", "monitoring"),
    ("reminder", "sollecito bonario", "reminder"),
    ("courtesy_call", "telefonata di cortesia", "courtesy call"),
    ("formal_notice", "messa in mora", "formal notice"),
    ("extrajudicial_recovery", "recupero stragiudiziale", "extrajudicial recovery"),
    ("judicial_recovery", "recupero giudiziale", "judicial recovery"),
    ("claim_filing", "insinuazione al passivo", "filing of the claim"),
    ("write_off", "stralcio", "write-off"),
];

const CHANNELS: Table = &[
    ("desk", "in ufficio", "at the desk"),
    ("email", "per e-mail", "by e-mail"),
    ("phone", "per telefono", "by phone"),
    ("letter", "per lettera", "by letter"),
    ("certified_mail", "per PEC o raccomandata", "by certified mail"),
    ("in_person", "di persona", "in person"),
    ("agency", "tramite agenzia", "through an agency"),
    ("lawyer", "tramite legale", "through a lawyer"),
];

const OUTCOMES: Table = &[
    ("reminder_sent", "sollecito inviato", "reminder sent"),
    ("call", "telefonata", "call"),
    ("notice_sent", "messa in mora inviata", "formal notice sent"),
    ("visit", "visita", "visit"),
    ("handed_to_agency", "affidato al recupero", "handed to an agency"),
    ("court_filed", "azione giudiziale avviata", "filed in court"),
    ("claim_filed", "insinuazione presentata", "claim filed"),
    ("assigned", "credito ceduto", "claim assigned"),
    ("written_off", "credito stralciato", "written off"),
    ("promise", "promessa di pagamento", "promise to pay"),
    ("promise_kept", "promessa mantenuta", "promise kept"),
    ("promise_broken", "promessa non mantenuta", "promise broken"),
    ("plan", "piano di rientro", "payment plan"),
    ("plan_broken", "piano non rispettato", "plan broken"),
    ("dispute", "contestazione", "dispute"),
    ("dispute_settled", "contestazione chiusa", "dispute settled"),
    ("note", "nota", "note"),
];

const RESULTS: Table = &[
    ("reached", "raggiunto", "reached"),
    ("no_answer", "nessuna risposta", "no answer"),
    ("refused", "si rifiuta di pagare", "refuses to pay"),
];

const LEDGER: Table = &[
    ("open", "da scadere", "not yet due"),
    ("overdue", "scaduta", "overdue"),
    ("paid", "pagata", "paid"),
    ("disputed", "contestata", "disputed"),
    ("written_off", "stralciata", "written off"),
    ("assigned", "ceduta", "assigned"),
    ("invoice", "fattura", "invoice"),
    ("credit_note", "nota di credito", "credit note"),
];

const CAUSES: Table = &[
    ("signals", "nuovi fatti", "new facts"),
    ("night", "notte", "night"),
    ("model", "nuovo modello", "new model"),
    ("override", "decisione dell'analista", "analyst's decision"),
    ("expiry", "fatto ritirato", "fact withdrawn"),
];

const STATUSES: Table = &[
    ("active", "attiva", "active"),
    ("active_warning", "attiva, con un avviso del registro", "active, with a warning by the register"),
    ("dormant", "inattiva", "dormant"),
    ("voluntary_liquidation", "liquidazione volontaria", "voluntary liquidation"),
    ("restructuring", "in procedura di ristrutturazione", "in restructuring"),
    ("insolvent_liquidation", "in procedura di insolvenza", "in an insolvency procedure"),
    ("ceased", "cessata", "ceased"),
    ("unknown", "stato non dichiarato", "status not told"),
    ("could_not_check", "non verificabile", "could not be checked"),
];

const EVENTS: Table = &[
    ("default", "insolvenza", "default"),
    ("restructuring", "ristrutturazione", "restructuring"),
    ("layoffs", "licenziamenti", "layoffs"),
    ("closure", "chiusura", "closure"),
    ("strike", "sciopero", "strike"),
    ("profit_warning", "allarme utili", "profit warning"),
    ("payment_trouble", "difficoltà di pagamento", "payment trouble"),
    ("investigation", "indagine", "investigation"),
    ("downgrade", "declassamento", "downgrade"),
    ("rescue", "salvataggio", "rescue"),
    ("recovery", "ripresa", "recovery"),
    ("growth", "crescita", "growth"),
    ("none", "notizia", "news"),
];

const INSTRUMENTS: Table =
    &[("bill", "cambiale", "bill"), ("cheque", "assegno", "cheque"), ("other", "titolo", "instrument")];

const RANKS: Table = &[
    ("viewer", "lettore", "viewer"),
    ("analyst", "analista", "analyst"),
    ("manager", "responsabile", "manager"),
    ("admin", "amministratore", "administrator"),
];

const VAT: Table = &[
    ("valid", "valida", "valid"),
    ("invalid", "non valida", "invalid"),
    ("no_answer", "nessuna risposta", "no answer"),
];

/// Whom the policy that comes along names.
const OWNERS: Table = &[
    ("credit_office", "ufficio crediti", "credit office"),
    ("credit_manager", "responsabile crediti", "credit manager"),
    ("lawyer", "legale", "lawyer"),
];

const EVENT_TYPES: Table = &[
    ("rating.changed", "una classe cambia", "a grade changes"),
    ("rating.overridden", "qualcuno decide una classe", "somebody decides a grade"),
    ("treatment.changed", "cambia che cosa fare", "what to do changes"),
    ("signal.withdrawn", "un fatto viene ritirato", "a fact is withdrawn"),
    ("review.needed", "un documento è da verificare", "a record waits for review"),
    ("source.stale", "una fonte tace", "a source falls silent"),
    ("source.recovered", "una fonte risponde di nuovo", "a source answers again"),
    ("night.completed", "la notte è finita", "a night has ended"),
];

const DELIVERIES: Table = &[
    ("pending", "in attesa", "waiting"),
    ("delivered", "consegnato", "delivered"),
    ("exhausted", "abbandonato dopo gli ultimi tentativi", "given up after the last try"),
    ("dropped", "non inviato", "not sent"),
    ("quiet", "tenuto per le ore di silenzio", "kept for quiet hours"),
    ("digest", "nel riepilogo", "in a digest"),
    ("storm", "con altri, erano troppi insieme", "with others: too many at once"),
    ("event", "evento", "event"),
    ("notice", "avviso di spegnimento", "notice that it was switched off"),
];

/// What becomes of an order, and of a prospect.
const DECISIONS: Table = &[
    ("release", "si può consegnare", "may be delivered"),
    ("hold", "da fermare", "to be held"),
    ("approve", "approvato", "approved"),
    ("refer", "da far decidere a una persona", "for a person to decide"),
    ("refuse", "rifiutato", "refused"),
];

/// What every code is said with, for the test that none is left out.
#[cfg(test)]
pub(super) const ALL: [Table; 16] = [
    ACTIONS,
    PHASES,
    CHANNELS,
    OUTCOMES,
    RESULTS,
    LEDGER,
    CAUSES,
    STATUSES,
    EVENTS,
    INSTRUMENTS,
    RANKS,
    VAT,
    EVENT_TYPES,
    DELIVERIES,
    OWNERS,
    DECISIONS,
];

impl Tongue {
    /// A code of a table; one that is not in it is said as it is.
    pub(super) fn said(self, table: Table, code: &str) -> String {
        let found = table.iter().find(|(own, _, _)| *own == code);
        found.map_or_else(|| code.replace('_', " "), |(_, italian, english)| self.pick(*italian, *english).to_owned())
    }

    pub(super) fn action(self, code: &str) -> String {
        self.said(ACTIONS, code)
    }

    pub(super) fn phase(self, code: &str) -> String {
        self.said(PHASES, code)
    }

    pub(super) fn channel(self, code: &str) -> String {
        self.said(CHANNELS, code)
    }

    pub(super) fn outcome(self, code: &str) -> String {
        self.said(OUTCOMES, code)
    }

    pub(super) fn result(self, code: &str) -> String {
        self.said(RESULTS, code)
    }

    /// What the status of a company is called.
    pub(super) fn status(self, code: &str) -> String {
        self.said(STATUSES, code)
    }

    /// What news tells of.
    pub(super) fn event(self, code: &str) -> String {
        self.said(EVENTS, code)
    }

    /// What was protested.
    pub(super) fn instrument(self, code: &str) -> String {
        self.said(INSTRUMENTS, code)
    }

    pub(super) fn ledger(self, code: &str) -> String {
        self.said(LEDGER, code)
    }

    pub(super) fn cause(self, code: &str) -> String {
        self.said(CAUSES, code)
    }

    /// Who does something, as the policy calls them.
    pub(super) fn owner(self, code: &str) -> String {
        self.said(OWNERS, code)
    }

    pub(super) fn decision(self, code: &str) -> String {
        self.said(DECISIONS, code)
    }

    pub(super) fn event_type(self, code: &str) -> String {
        self.said(EVENT_TYPES, code)
    }

    pub(super) fn delivery(self, code: &str) -> String {
        self.said(DELIVERIES, code)
    }

    pub(super) fn rank(self, code: &str) -> String {
        self.said(RANKS, code)
    }

    /// What a signal says, in a line.
    pub(super) fn fact(self, signal: &SignalView) -> String {
        self.fact_of(&signal.kind, &signal.fields)
    }

    /// The same of a signal that is not a client's yet.
    pub(super) fn fact_of(self, kind: &str, fields: &Value) -> String {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
        let flag = |name: &str| fields.get(name).and_then(Value::as_bool).unwrap_or_default();
        let amount = || match (text("amount"), text("currency")) {
            ("", _) => String::new(),
            (amount, currency) => format!(" {} {}", self.pick("per", "for"), self.decimal(amount, currency)),
        };
        match kind {
            "protest" => {
                let instrument = self.said(INSTRUMENTS, text("instrument"));
                format!(
                    "{}{}",
                    self.pick(format!("Protesto di {instrument}"), format!("Protested {instrument}")),
                    amount()
                )
            }
            "prejudicial_act" => format!("{}{}", capital(&text("act").replace('_', " ")), amount()),
            "company_status" => {
                let words = fields.pointer("/procedure/words").and_then(Value::as_str).unwrap_or_default();
                let status = capital(&self.said(STATUSES, text("status")));
                if words.is_empty() { status } else { format!("{status}: {words}") }
            }
            "filing" if flag("overdue") => {
                format!(
                    "{} {}",
                    self.pick("Deposito in ritardo:", "Overdue filing:"),
                    text("category").replace(['-', '_'], " ")
                )
            }
            "filing" => format!("{} {}", self.pick("Deposito:", "Filing:"), text("category").replace(['-', '_'], " ")),
            "news" => format!("{}: {}", capital(&self.said(EVENTS, text("event"))), text("title")),
            "vat_check" => format!("{} {}", self.pick("Partita IVA", "VAT number"), self.said(VAT, text("answer"))),
            "identity" => format!("{}: {}", capital(&text("what").replace('_', " ")), text("text")),
            "clean" => format!("{} {}", self.pick("Nulla trovato:", "Nothing found:"), text("what").replace('_', " ")),
            "indicator" => format!("{} {}", self.pick("Indicatore", "Indicator"), text("series")),
            other => capital(&other.replace('_', " ")),
        }
    }
}

/// The first letter large.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The class that paints a grade; the grade itself is always written beside.
pub(super) fn grade_class(grade: &str) -> &'static str {
    match grade.chars().next() {
        Some('A') => "g-a",
        Some('B') => "g-b",
        Some('C') => "g-c",
        Some('D') => "g-d",
        _ => "g-n",
    }
}

#[cfg(test)]
mod tests {
    use super::{ACTIONS, ALL, CAUSES, CHANNELS, EVENTS, OUTCOMES, PHASES, RESULTS, STATUSES, Table};
    use crate::domain::{Action, Cause, Channel, NewsEvent, OutcomeKind, Phase, Reached, Status};

    fn missing<'a>(table: Table, codes: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        codes.filter(|code| !table.iter().any(|(own, _, _)| own == code)).collect()
    }

    #[test]
    fn every_word_of_the_trade_is_said_in_both_languages() {
        let none: Vec<&str> = Vec::new();
        assert_eq!(missing(ACTIONS, Action::ALL.iter().map(|c| c.as_str())), none);
        assert_eq!(missing(PHASES, Phase::ALL.iter().map(|c| c.as_str())), none);
        assert_eq!(missing(CHANNELS, Channel::ALL.iter().map(|c| c.as_str())), none);
        assert_eq!(missing(OUTCOMES, OutcomeKind::ALL.iter().map(|c| c.as_str())), none);
        assert_eq!(missing(RESULTS, Reached::ALL.iter().map(|c| c.as_str())), none);
        assert_eq!(missing(CAUSES, Cause::ALL.iter().map(|c| c.as_str())), none);
        assert_eq!(missing(STATUSES, Status::ALL.iter().map(|c| c.as_str())), none);
        assert_eq!(missing(EVENTS, NewsEvent::ALL.iter().map(|c| c.as_str())), none);
        for (code, italian, english) in ALL.iter().copied().flatten() {
            assert!(!italian.is_empty() && !english.is_empty(), "{code}");
        }
    }
}
