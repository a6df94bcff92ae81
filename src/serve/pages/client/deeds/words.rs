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
