//! The words of the import: of its pages, of our columns, and of why a row is refused.

use crate::serve::pages::{
    codes::{Table, capital},
    look::{Language, Tongue},
    words::dictionary,
};

dictionary! {
    lead: "Porta un file e guarda che cosa ne verrebbe, prima che qualcosa sia scritto.", "Bring a file and see what would become of it, before anything is written.";
    what: "Che cosa contiene", "What it holds";
    clients: "Clienti: CSV o XLSX", "Clients: CSV or XLSX";
    invoices: "Partitario: CSV, XLSX, FatturaPA (XML, P7M, ZIP)", "Ledger: CSV, XLSX, FatturaPA (XML, P7M, ZIP)";
    payments: "Incassi: CSV, XLSX, banca (camt.053, camt.054)", "Payments: CSV, XLSX, bank (camt.053, camt.054)";
    file: "File", "File";
    portfolio: "Portafoglio", "Portfolio";
    look: "Guarda", "Look at it";
    look_again: "Guarda di nuovo", "Look again";
    take: "Importa", "Import";
    another: "Un altro file", "Another file";
    no_file: "Scegli un file: questo è vuoto, o non è arrivato.", "Choose a file: this one is empty, or did not arrive.";
    would: "Che cosa ne verrebbe", "What would become of it";
    did: "Importato", "Imported";
    nothing_written: "Ancora nulla è scritto.", "Nothing is written yet.";
    accepted: "Righe accolte", "Rows taken";
    changed: "Nuove o cambiate", "New or changed";
    unchanged: "Già note", "Known already";
    rejected: "Righe rifiutate", "Rows refused";
    created: "Clienti nuovi", "New clients";
    booked: "Incassi abbinati", "Payments booked";
    waiting: "Da abbinare a mano", "To be matched by hand";
    columns: "Colonne", "Columns";
    columns_how: "A sinistra le nostre, a destra quelle del file: cambia ciò che non torna, e guarda di nuovo.", "On the left ours, on the right the file's: change what is wrong, and look again.";
    unused: "Colonne del file che non sono usate:", "Columns of the file that are not used:";
    first_rows: "Le prime righe del file", "The first rows of the file";
    required: "serve", "needed";
    not_there: "non c'è", "not there";
    create_clients: "Un codice sconosciuto crea il cliente", "An unknown code makes a client";
    backfill: "Ogni fatto conta come noto dal giorno in cui è accaduto", "Each fact counts as known on the day it happened";
    rejects: "Righe rifiutate", "Rows refused";
    no_rejects: "Nessuna riga rifiutata.", "No row was refused.";
    download: "Scarica le righe rifiutate", "Download the rows refused";
    line: "Riga", "Line";
    column: "Colonna", "Column";
    value: "Valore", "Value";
    why: "Perché", "Why";
    first_hundred: "Qui le prime cento; tutte sono nel file.", "The first hundred; all of them are in the file.";
    in_english: "in inglese:", "in full:";
    read_as: "Come è stato letto", "How it was read";
    cannot: "Il file non si può leggere così.", "The file cannot be read like this.";
    gone: "Questo file non è più qui: portalo di nuovo.", "This file is no longer here: bring it once more.";
    to_clients: "Ai clienti", "To the clients";
    lately: "Importati di recente", "Imported lately";
    of_clients: "Clienti", "Clients";
    of_invoices: "Partitario", "Ledger";
    of_payments: "Incassi", "Payments";
    rows: "righe", "rows";
    unfinished: "non finita: in corso, o interrotta", "unfinished: being taken, or broken off";
    older: "meno recenti", "older";
    undo: "Annulla", "Undo";
    undo_how: "Le righe dicono di nuovo ciò che dicevano prima di questo file, e quelle nuove non ci sono più: da adesso in poi. Ciò che è cambiato dopo resta com'è, e i clienti nuovi restano.", "The rows say again what they said before this file, and those that were new are no longer there: from now on. What has changed since is left as it is, and new clients stay.";
    undo_now: "Annulla questa importazione", "Undo this import";
    until: "si può annullare fino al", "can be undone until";
    undone: "annullata", "undone";
    said_undone: "Annullata: ciò che il file diceva non vale più da adesso.", "Undone: what the file said no longer holds from now on.";
    not_undone: "Non si può annullare.", "It cannot be undone.";
    restored: "Come prima", "As before";
    withdrawn: "Tolte", "Withdrawn";
    changed_since: "Cambiate dopo, lasciate", "Changed since, left";
    kept: "Rimaste", "Kept";
    since_changed: "cambiata dopo", "changed since";
    stays: "resta", "stays";
    payment: "incasso", "payment";
    no_undo: "Per 24 ore un'importazione si può annullare; dopo, reimportare il file corretto corregge ciò che è cambiato.", "For 24 hours an import can be undone; after that, importing the right file again puts right what has changed.";
}

/// Our columns.
const COLUMNS: Table = &[
    ("client", "codice cliente", "client code"),
    ("name", "nome", "name"),
    ("country", "paese", "country"),
    ("tax_id", "partita IVA", "VAT number"),
    ("registry_id", "numero di registro", "register number"),
    ("lei", "LEI", "LEI"),
    ("sector", "settore (ATECO)", "sector (NACE)"),
    ("city", "città", "town"),
    ("address", "indirizzo", "address"),
    ("since", "cliente dal", "client since"),
    ("active", "attivo", "active"),
    ("credit_limit", "fido", "credit limit"),
    ("currency", "valuta", "currency"),
    ("yearly_value", "valore annuo", "yearly value"),
    ("email", "e-mail", "e-mail"),
    ("phone", "telefono", "telephone"),
    ("invoice", "numero della fattura", "invoice number"),
    ("issued_on", "emessa il", "issued on"),
    ("due_on", "scade il", "due on"),
    ("amount", "importo", "amount"),
    ("paid_on", "pagata il", "paid on"),
    ("paid_amount", "importo pagato", "amount paid"),
    ("kind", "tipo di documento", "kind of document"),
    ("credit_type", "tipo di credito", "type of credit"),
    ("disputed", "contestata", "disputed"),
    ("reference", "riferimento", "reference"),
    ("refers_to", "si riferisce a", "refers to"),
    ("disputed_on", "contestata il", "disputed on"),
    ("disputed_amount", "importo contestato", "amount disputed"),
    ("dispute_closed_on", "contestazione chiusa il", "dispute closed on"),
    ("dispute_outcome", "esito della contestazione", "outcome of the dispute"),
    ("promised_on", "promessa il", "promised on"),
    ("promised_amount", "importo promesso", "amount promised"),
    ("plan", "piano di rientro", "payment plan"),
    ("plan_due_on", "rata del piano il", "instalment due on"),
    ("written_off_on", "stralciata il", "written off on"),
    ("written_off_amount", "importo stralciato", "amount written off"),
    ("payment", "nome dell'incasso", "name of the payment"),
];

/// Why a row is refused, by its code: the sentence of the reader is English.
const REFUSALS: Table = &[
    ("missing", "manca", "is missing"),
    ("too_long", "è troppo lungo", "is too long"),
    ("bad_word", "è una parola che non capiamo", "is a word that we do not understand"),
    ("bad_currency", "non è una valuta, o è un'altra", "is no currency, or another"),
    ("bad_date", "non è una data", "is no day"),
    ("bad_amount", "non è un importo", "is no amount"),
    ("not_positive", "dev'essere sopra lo zero", "must be above zero"),
    ("not_an_invoice", "non è una fattura che si possa leggere", "is no invoice that can be read"),
    ("duplicate", "lo dice anche un'altra riga, ma diverso", "another row says it, too, and differently"),
    ("wrong_columns", "la riga ha un altro numero di campi", "the row has another number of fields"),
    ("more_than_invoice", "è più della fattura", "is more than the invoice"),
    ("more_than_open", "è più di quanto è aperto", "is more than is open"),
    ("bad_xml", "il documento XML è rotto", "the XML is broken"),
    ("bad_row", "la riga non si può leggere", "the row cannot be read"),
    (
        "bad_tax_id",
        "non è un numero che il fisco di quel paese dia",
        "is no number that the tax office of its country gives",
    ),
    ("bad_registry_id", "non è un numero di registro", "is no number of a register"),
    ("unknown_invoice", "di questa fattura non sappiamo nulla", "we know nothing of this invoice"),
    ("unknown_client", "di questo cliente non sappiamo nulla", "we know nothing of this client"),
    ("ambiguous_client", "potrebbero essere più clienti", "may be several clients"),
    ("not_a_credit_note", "solo una nota di credito lo può dire", "only a credit note can say so"),
    ("not_a_claim", "su una nota di credito non ha senso", "makes no sense on a credit note"),
    ("conflict", "prima era stato detto altro", "something else was said before"),
    ("bad_signature", "la firma non regge", "its signature does not hold"),
    ("bad_sector", "non è un codice ATECO", "is no NACE code"),
    ("bad_lei", "non è un LEI", "is no LEI"),
    ("bad_encoding", "ha lettere rotte", "has broken letters"),
    ("bad_country", "non è un paese (due lettere)", "is no country (two letters)"),
];

/// Refusals of which the reader's own sentence says more than that: which word, which row, which field.
const TELL_MORE: [&str; 9] = [
    "bad_word",
    "bad_row",
    "bad_xml",
    "wrong_columns",
    "duplicate",
    "not_an_invoice",
    "conflict",
    "ambiguous_client",
    "bad_signature",
];

/// What the reader of a file notes, piece by piece: English, Italian.
const NOTES: [(&str, &str); 17] = [
    ("encoding: ", "codifica: "),
    ("delimiter: ", "separatore: "),
    ("decimal: ", "decimali: "),
    ("dates: ", "date: "),
    ("columns ignored: ", "colonne non usate: "),
    ("columns of the map that are not there: ", "colonne della mappa che non ci sono: "),
    ("currency: ", "valuta: "),
    ("sheet: ", "foglio: "),
    ("files: ", "file: "),
    (" blank lines skipped", " righe vuote saltate"),
    ("(detected)", "(riconosciuto)"),
    ("(detected, but ", "(riconosciuto, ma "),
    (
        " reads them as well: say `dates` in a map to be sure)",
        " le legge altrettanto bene: scrivi «dates» in una mappa per esserne certo)",
    ),
    ("(from the map)", "(dalla mappa)"),
    (" where a row names none", " dove una riga non ne nomina"),
    (" entries are no payments of clients", " movimenti non sono incassi di clienti"),
    (" wait for a person", " attendono una persona"),
];

/// What the checks of a tax number say, as their sentences have it.
const TAX_CHECKS: Table = &[
    ("must have", "non ha il numero giusto di cifre o lettere", "has not the right number of digits or letters"),
    ("check digit", "la cifra di controllo non torna", "its check digit is wrong"),
    ("check character", "il carattere di controllo non torna", "its check character is wrong"),
    (
        "not a tax office",
        "le cifre dall'ottava alla decima non sono un ufficio provinciale",
        "digits 8 to 10 are not a tax office",
    ),
];

impl Tongue {
    /// A column of ours, in words.
    pub(super) fn column(self, ours: &str) -> String {
        capital(&self.said(COLUMNS, ours))
    }

    /// What more the reader of the file says of a refusal; in Italian only where that is not all said already.
    pub(super) fn row_detail(self, code: &str, reason: &str) -> Option<String> {
        let is_known = REFUSALS.iter().any(|(own, _, _)| *own == code) && !TELL_MORE.contains(&code);
        let says_more = self.language == Language::English || !is_known;
        (says_more && !reason.is_empty()).then(|| reason.to_owned())
    }

    /// What the reader of a file notes, and its language: what nobody has put into Italian is said as it is.
    pub(super) fn note(self, note: &str) -> (String, &'static str) {
        if self.language == Language::English || !NOTES.iter().any(|(english, _)| note.contains(english)) {
            return (note.to_owned(), "en");
        }
        (NOTES.iter().fold(note.to_owned(), |note, (english, italian)| note.replace(english, italian)), "it")
    }

    /// Why a row is refused, in the reader's language; `reason`, the reader of the file's own sentence, is English, and says of
    /// a tax number which of its checks it did not pass.
    pub(super) fn row_refusal(self, code: &str, reason: &str) -> String {
        let check = TAX_CHECKS.iter().find(|(said, _, _)| code == "bad_tax_id" && reason.contains(said));
        capital(&check.map_or_else(|| self.said(REFUSALS, code), |(_, it, en)| self.pick(*it, *en).to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, REFUSALS, Tongue};

    #[test]
    fn a_tax_number_is_refused_for_the_check_that_it_did_not_pass() {
        let italian = Tongue::default();
        let office = "\"12345679011\" is not a partita IVA: digits 8 to 10 are not a tax office";
        assert!(italian.row_refusal("bad_tax_id", office).contains("ufficio provinciale"));
        assert!(italian.row_refusal("bad_tax_id", "the check digit is wrong").contains("cifra di controllo"));
        assert!(italian.row_refusal("bad_tax_id", "the country is none").contains("fisco"));
        assert_eq!(italian.row_refusal("missing", "the check digit is wrong"), "Manca");
    }

    #[test]
    fn an_italian_reads_italian_and_english_only_where_it_says_more() {
        let italian = Tongue::default();
        assert_eq!(italian.row_detail("bad_date", "\"x\" is not a day"), None);
        assert_eq!(italian.row_detail("bad_word", "kind: one of a, b").as_deref(), Some("kind: one of a, b"));
        assert_eq!(italian.note("dates: %d/%m/%Y (detected)"), ("date: %d/%m/%Y (riconosciuto)".to_owned(), "it"));
        assert_eq!(italian.note("3 blank lines skipped").0, "3 righe vuote saltate");
        assert_eq!(italian.note("something new").1, "en");
    }

    #[test]
    fn no_column_and_no_refusal_is_without_words() {
        for (code, italian, english) in COLUMNS.iter().chain(REFUSALS) {
            assert!(!italian.is_empty() && !english.is_empty(), "{code}");
        }
    }
}
