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
    said_charges: "Deciso: sta accanto alla fattura.", "Decided: it stands beside the invoice.";
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
