//! The words of the page of the policy.

use crate::serve::pages::{codes::Table, look::Tongue, words::dictionary};

dictionary! {
    lead: "Che cosa si fa di chi è in ritardo, deciso prima, con tempi certi.", "What is done about who is late, decided in advance, with certain times.";
    version: "In vigore", "In force";
    tolerance: "Sotto questo scaduto si aspetta", "Below this overdue one waits";
    promise: "Una promessa arriva a", "A promise reaches";
    plan: "un piano a", "a plan";
    days: "giorni", "days";
    ladder: "Le fasi", "The phases";
    phase: "Fase", "Phase";
    after: "Dai giorni di scaduto", "From days overdue";
    lasts: "Tempo al debitore", "Time for the debtor";
    within: "Tempo a noi", "Time for us";
    what: "Che cosa", "What";
    who: "Chi", "Who";
    cost: "Costa", "Costs";
    least: "Vale da", "Worth it from";
    by_law: "quando la legge dice", "when the law says";
    tracks: "I percorsi", "The ways";
    tracks_how: "Il primo le cui condizioni valgono; l'ultimo prende tutti.", "The first whose conditions hold; the last takes everybody.";
    track: "Percorso", "Way";
    starts: "Comincia con", "Begins with";
    pace: "Tempi", "Times";
    usual: "i soliti", "the usual ones";
    times: "volte i soliti", "times the usual ones";
    whom: "Chi", "Whom";
    everybody: "tutti", "everybody";
    owners: "Chi ha da fare", "Who has something to do";
    try_h: "Prova una bozza", "Try a draft";
    try_how: "Incolla una politica (TOML): chi cambierebbe fase, e che cosa ci sarebbe da fare. Nulla viene registrato.", "Paste a policy (TOML): who would change phase, and what there would be to do. Nothing is recorded.";
    draft: "La bozza", "The draft";
    portfolio: "Portafoglio", "Portfolio";
    every_portfolio: "tutti", "all of them";
    try_now: "Prova", "Try it";
    refused: "La bozza non si può usare.", "The draft cannot be used.";
    positions: "Posizioni aperte", "Open positions";
    moved: "Cambierebbero", "Would change";
    from: "Da", "From";
    to: "A", "To";
    overdue: "Scaduto", "Overdue";
    nothing_moves: "Nessuno cambierebbe fase.", "Nobody would change phase.";
    tasks_now: "Compiti oggi", "Tasks now";
    tasks_then: "Con la bozza", "Under the draft";
    busiest: "Giorno più carico", "Busiest day";
    moves: "Chi deve di più tra chi cambierebbe", "Who owes most of those who would change";
    back_test: "La prova sul passato si fa con «vedetta policy backtest».", "The past is played by `vedetta policy backtest`.";
}

const CONDITIONS: Table = &[
    ("grade_at_or_below", "classe, da", "grade, from"),
    ("grade_at_or_above", "classe, fino a", "grade, up to"),
    ("active", "compra ancora:", "still buys:"),
    ("yearly_value_at_least", "valore annuo da", "yearly value from"),
    ("yearly_value_below", "valore annuo sotto", "yearly value below"),
    ("legal_states", "stato di legge", "state of law"),
    ("countries", "paesi", "countries"),
    ("credit_types", "tipi di credito", "types of credit"),
    ("true", "sì", "yes"),
    ("false", "no", "no"),
];

const LAW: Table = &[
    ("none", "niente", "nothing"),
    ("voluntary_liquidation", "liquidazione volontaria", "voluntary liquidation"),
    ("restructuring", "ristrutturazione", "restructuring"),
    ("insolvent", "insolvenza", "insolvency"),
    ("ceased", "cessazione", "ceased"),
];

const TRACKS: Table = &[
    ("fast", "veloce", "fast"),
    ("brisk", "spedito", "brisk"),
    ("white_gloves", "guanti bianchi", "white gloves"),
    ("standard", "solito", "standard"),
];

impl Tongue {
    pub(super) fn condition(self, code: &str) -> String {
        self.said(CONDITIONS, code)
    }

    pub(super) fn law(self, code: &str) -> String {
        self.said(LAW, code)
    }

    pub(super) fn track(self, code: &str) -> String {
        self.said(TRACKS, code)
    }
}
