//! The words of what is decided on a client's page.

use crate::serve::pages::{codes::Table, look::Tongue, words::dictionary};

dictionary! {
    refused: "Non si può fare così.", "This cannot be done.";
    charges: "Interessi di mora e 40 € forfettari", "Default interest and the lump sum of €40";
    charges_how: "Ciò che il ritardo vale per legge (D.Lgs. 231/2002). Una decisione vale per ciò che c'è oggi; ciò che matura dopo è da decidere di nuovo.", "What lateness comes to by law (D.Lgs. 231/2002). A decision is about what there is today; what comes later is to be decided again.";
    no_charges: "Niente: nessuna fattura è, o è stata, pagata in ritardo.", "Nothing: no invoice is, or was, paid late.";
    what: "Che cosa", "What";
    both: "Interessi e forfait", "Interest and lump sum";
    every_late: "Tutte quelle in ritardo", "Every one that is late";
    claim: "Chiedi", "Claim";
    waive: "Rinuncia", "Waive";
    counted_to: "Contato al", "Counted to";
    somebody_else: "È qualcun altro", "This is somebody else";
    somebody_else_how: "Questo fatto, e ogni altro della stessa persona o azienda, lascia il cliente; vale anche per i prossimi.", "This fact, and every other of the same subject, leaves the client; so do those to come.";
    whose: "Codice del cliente a cui appartiene, se è nostro", "Code of the client that it is about, if it is ours";
    take_away: "Togli da questo cliente", "Take it away from this client";
    set_aside: "Detti di qualcun altro", "Said to be about somebody else";
    give_back: "È lui: rimettilo", "It is this one: give it back";
    said_split: "Tolto: la classe è stata rifatta senza.", "Taken away: the grade was made anew without it.";
    said_given_back: "Rimesso: la classe segue tra poco.", "Given back: the grade follows shortly.";
    said_charges: "Deciso: sta accanto alla fattura.", "Decided: it stands beside the invoice.";
    group_h: "Gruppo di affidamento", "Credit group";
    group_how: "Chi sta insieme ha un fido solo: ciò che devono gli altri toglie spazio a questo cliente.", "Who stands together has one limit: what the others owe takes room from this client.";
    no_group: "In nessun gruppo.", "In no group.";
    owes_together: "devono insieme", "owe together";
    of_limit: "di", "of";
    group_name: "Nome del gruppo", "Name of the group";
    group_limit: "Fido del gruppo", "Limit of the group";
    group_limit_how: "Vuoto: il gruppo che c'è tiene il suo.", "Empty: a group that is there keeps its own.";
    join: "Metti nel gruppo", "Put into the group";
    change_group: "Cambia gruppo o fido", "Change group or limit";
    from_another: "Toglilo dal gruppo in cui è", "Take it out of the group that it is in";
    leave: "Togli dal gruppo", "Take out of the group";
    said_joined: "Fatto: sta nel gruppo.", "Done: it stands in the group.";
    said_left: "Fatto: non è più in un gruppo.", "Done: it is in no group any more.";
    tell: "Aggiungi un fatto che hai saputo", "Add a fact that you have learned";
    tell_how: "Vale come detto da chi lo dice; ciò che non viene da un registro sposta la classe al massimo di un gradino. Per togliere un protesto o un atto che fu detto qui, dillo di nuovo con lo stesso nome e la spunta.", "It counts as said by whoever says it; what no register says moves the grade by one notch at most. To take back a protest or an act that was told here, tell it again under the same name, ticked.";
    kind: "Che cosa", "What";
    protest: "Un protesto", "A protest";
    company_status: "Lo stato dell'azienda", "The company's status";
    prejudicial_act: "Un atto pregiudizievole", "A prejudicial act";
    news: "Una notizia", "News";
    clean: "Cercato, e non trovato nulla", "Searched, and nothing found";
    since_day: "Da quando è così", "Since when it is so";
    status: "Stato", "Status";
    instrument: "Titolo", "Instrument";
    act: "Quale atto", "Which act";
    act_example: "ipoteca giudiziale", "judicial mortgage";
    title: "Titolo della notizia", "Title of the news";
    event: "Di che cosa parla", "What it tells of";
    severity: "Gravità, da 0 a 5", "Severity, 0 to 5";
    searched: "Che cosa è stato cercato", "What was searched for";
    is_ended: "È stato cancellato", "It was cancelled";
    who_says: "Chi lo dice", "Who says it";
    source_example: "ufficio-crediti", "credit-office";
    own_id: "Come lo chiama chi lo dice", "What whoever says it calls it";
    address: "Dove si legge (indirizzo)", "Where it is read (address)";
    official: "Sta in un registro o in una gazzetta", "It is in a register or gazette";
    add: "Aggiungi", "Add";
    said_told: "Aggiunto: la classe segue tra poco.", "Added: the grade follows shortly.";
    add_invoice: "Scrivi una fattura o una nota di credito", "Enter an invoice or a credit note";
    add_invoice_how: "Con gli stessi controlli di un file; si può annullare per 24 ore da Importa. Una fattura che c'è già diventa come è scritta qui.", "Checked as a file is; it can be undone for 24 hours on Import. An invoice that is there already becomes as it is written here.";
    a_note: "Nota di credito", "Credit note";
    an_invoice: "Fattura", "Invoice";
    number: "Numero", "Number";
    issued_on: "Giorno del documento", "Day of the document";
    refers_to: "Toglie alla fattura", "Takes from the invoice";
    said_invoice: "Registrata: la classe segue tra poco.", "Taken: the grade follows shortly.";
    add_payment: "Scrivi un incasso", "Enter a payment";
    add_payment_how: "Di una fattura di questo cliente; si può annullare per 24 ore da Importa.", "Of an invoice of this client; it can be undone for 24 hours on Import.";
    paid_on: "Arrivato il", "Arrived on";
    reference: "Causale", "What the payer wrote";
    said_payment: "Registrato: la fattura è aperta per ciò che resta.", "Taken: the invoice is open for what is left.";
    known_on: "Come si sapeva il", "As it was known on";
    two_clocks: "Due orologi: il primo giorno dice com'erano le cose, il secondo quanto se ne sapeva; ciò che si è saputo dopo non conta.", "Two clocks: the first day says how things stood, the second how much was known of it; what was learned later does not count.";
    known_lower: "come si sapeva il", "as it was known on";
    all_facts: "Tutti i fatti", "Every fact";
    all_invoices: "Tutte le fatture", "Every invoice";
    no_more: "Non c'è altro.", "There is nothing more.";
    earlier: "Più vecchi", "Older";
    newest: "I più recenti", "The newest";
}

/// What lateness comes to.
const CHARGES: Table = &[("interest", "interessi di mora", "default interest"), ("lump_sum", "forfait", "lump sum")];

const STATES: Table =
    &[("due", "da decidere", "to be decided"), ("claimed", "chiesto", "claimed"), ("waived", "rinunciato", "waived")];

impl Tongue {
    pub(in crate::serve::pages::client) fn charge(self, code: &str) -> String {
        self.said(CHARGES, code)
    }

    pub(in crate::serve::pages::client) fn charge_state(self, code: &str) -> String {
        self.said(STATES, code)
    }
}
