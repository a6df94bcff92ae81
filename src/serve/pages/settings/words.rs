//! The words of the pages for whoever manages the house.

use crate::serve::pages::{codes::Table, look::Tongue, words::dictionary};

dictionary! {
    people_lead: "Chi entra con nome e password, e che cosa può fare.", "Who signs in with a name and a password, and what they may do.";
    name: "Nome", "Name";
    rank: "Ruolo", "Role";
    portfolios: "Portafogli", "Portfolios";
    all_portfolios: "tutti", "all";
    portfolios_how: "Nomi separati da virgole; vuoto: tutti", "Names with commas between; empty: all";
    made_on: "Dal", "Since";
    state: "Stato", "State";
    is_in: "può entrare", "may sign in";
    is_out: "bloccata dal", "locked since";
    is_closed: "chiusa fino al", "closed until";
    new_person: "Nuova persona", "New person";
    password: "Password", "Password";
    password_how: "Almeno 12 caratteri. Dilla a voce: chi la riceve non può cambiarla da sé.", "12 characters or more. Tell it in person: nobody changes it by themselves.";
    create: "Crea", "Create";
    change: "Cambia", "Change";
    new_password: "Nuova password", "New password";
    password_change_how: "Le sue sessioni finiscono, e così un blocco.", "Their sessions end, and so does a lock.";
    lock: "Blocca", "Lock out";
    readmit: "Riammetti", "Let in again";
    nobody: "Ancora nessuno", "Nobody yet";
    nobody_how: "Finora si entra con una chiave. Dai un nome a chi lavora con Vedetta.", "So far one signs in with a key. Give a name to whoever works with Vedetta.";
    said_person: "Ora può entrare con la sua password.", "They may sign in with their password now.";
    said_rank: "Il ruolo è cambiato, da subito.", "The role has changed, from now on.";
    said_password: "La password è cambiata; le sessioni di prima sono finite.", "The password has changed; earlier sessions have ended.";
    said_locked: "Non entra più, e le sue sessioni sono finite.", "They are let in no more, and their sessions have ended.";
    said_readmitted: "Può entrare di nuovo.", "They may sign in again.";
    keys_lead: "Le chiavi con cui i programmi usano l'API. Di una chiave si conserva solo l'impronta.", "The keys by which programs use the API. Of a key only its hash is kept.";
    key: "Chiave", "Key";
    scope: "Permesso", "Scope";
    new_key: "Nuova chiave", "New key";
    no_keys: "Nessuna chiave", "No key";
    no_keys_how: "Una chiave apre l'API a un programma, e le pagine a chi non ha ancora un nome.", "A key opens the API to a program, and the pages to who has no name yet.";
    key_once: "La chiave. Copiala adesso: non si può mostrare di nuovo.", "The key. Copy it now: it cannot be shown again.";
    in_force: "in vigore", "in force";
    revoked: "revocata il", "revoked on";
    revoke: "Revoca", "Revoke";
    said_revoked: "La chiave non apre più nulla.", "The key opens nothing any more.";
    log_lead: "Chi ha fatto che cosa. Ogni riga porta l'impronta di quella prima: nulla si toglie senza che si veda.", "Who did what. Each row carries the hash of the one before: nothing is taken out unseen.";
    who: "Chi", "Who";
    what: "Che cosa", "What";
    when: "Quando", "When";
    on: "Su che cosa", "On what";
    details: "Dettagli", "Details";
    anybody: "Chiunque", "Anybody";
    anything: "Qualunque cosa", "Anything";
    erased: "cancellato con la persona che nominava", "erased with the person that it named";
    empty_log: "Nessuna riga corrisponde", "No row matches";
    older: "più vecchie", "older";
    newest: "dalle più recenti", "from the newest";
    refused: "Così non va.", "This will not do.";
    show: "Mostra", "Show";
}

/// What a key may do.
const SCOPES: Table = &[
    ("read", "leggere", "read"),
    ("write", "scrivere fatti, azioni e avvisi", "write facts, actions and alerts"),
    ("admin", "gestire chiavi e persone", "manage keys and people"),
];

/// What the log is about: the first part of its words.
pub(super) const ABOUT: Table = &[
    ("override", "decisioni sulla classe", "decisions about grades"),
    ("limit", "fidi", "limits"),
    ("action", "azioni", "actions"),
    ("signal", "fatti", "facts"),
    ("clients", "importazioni di clienti", "imports of clients"),
    ("invoices", "importazioni di fatture", "imports of invoices"),
    ("payments", "importazioni di incassi", "imports of payments"),
    ("payment", "abbinamenti di incassi", "matching of payments"),
    ("subscription", "avvisi", "alerts"),
    ("deliver", "consegne degli avvisi", "deliveries of alerts"),
    ("model", "modelli", "models"),
    ("person", "persone", "people"),
    ("key", "chiavi", "keys"),
    ("erasure", "cancellazioni", "erasures"),
    ("night", "notti", "nights"),
];

impl Tongue {
    pub(super) fn scope(self, code: &str) -> String {
        self.said(SCOPES, code)
    }

    pub(super) fn log_about(self, code: &str) -> String {
        self.said(ABOUT, code)
    }
}
