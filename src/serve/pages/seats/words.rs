//! The words of the page of models.

use crate::serve::pages::{codes::Table, look::Tongue, words::dictionary};

dictionary! {
    lead: "Quale modello dà le classi, come sta, e chi potrebbe prendere il suo posto.", "Which model gives the grades, how it is doing, and who could take its place.";
    champion: "Dà le classi", "Gives the grades";
    since: "dal", "since";
    configured: "dalla configurazione", "from the configuration";
    horizon: "Orizzonte", "Horizon";
    months: "mesi", "months";
    inputs: "Guarda", "Looks at";
    inputs_unit: "cose", "things";
    base: "Parte da", "Starts at";
    default: "Che cosa è un default per lui", "What a default is to it";
    tells: "Che cosa gli dice di più", "What tells it most";
    weight: "Peso", "Weight";
    input: "Che cosa", "What";
    health: "Come sta", "How it is doing";
    drift: "I clienti somigliano a quelli che conosce?", "Are the clients like those it knows?";
    psi: "Indice di stabilità (PSI)", "Stability index (PSI)";
    no_drift: "Ogni notte confronta i clienti di oggi con quelli da cui si è partiti: il primo confronto è qui dopo la prima notte.", "Each night compares today's clients with those that were there at the start: the first comparison is here after the first night.";
    moved_most: "Che cosa si è spostato di più", "What has moved most";
    calibration: "I default sono quelli attesi?", "Are defaults as many as expected?";
    no_calibration: "Ogni notte segna quanti default si aspetta da chi ha appena valutato, e le notti dopo contano quanti ne accadono: il primo confronto è qui dopo due notti, e dice qualcosa dopo qualche mese.", "Each night notes how many defaults it expects of those it has just rated, and the nights after it count how many happen: the first comparison is here after two nights, and tells something after some months.";
    grade: "Classe", "Grade";
    clients: "Clienti", "Clients";
    expected: "Attesi", "Expected";
    observed: "Accaduti", "Happened";
    verdict: "Giudizio", "Verdict";
    since_night: "Dalla notte del", "Since the night of";
    overrides: "Chi ha ragione, l'analista o il modello?", "Who is right, the analyst or the model?";
    right: "ha avuto ragione l'analista", "the analyst was right";
    wrong: "ha avuto ragione il modello", "the model was right";
    open: "ancora aperte", "still open";
    no_overrides: "Nessuna decisione da giudicare.", "No decision to judge.";
    challenger: "Lo sfidante", "The challenger";
    no_challenger: "Nessuno corre accanto. Uno si mette con «vedetta model shadow NOME».", "Nobody runs beside. One is set by `vedetta model shadow NAME`.";
    no_shadow: "Correrà dalla prossima notte.", "It runs from the next night on.";
    would_up: "Salirebbero", "Would go up";
    would_down: "Scenderebbero", "Would go down";
    loss_now: "Perdita attesa oggi", "Expected loss today";
    loss_then: "Perdita attesa con lui", "Expected loss with it";
    side_by_side: "I due modelli a confronto", "The two models side by side";
    looks_at: "Quanto pesa in ciascuno", "How much it weighs in each";
    others: "Modelli conservati", "Models that are kept";
    no_others: "Nessun altro modello ha mai avuto un posto.", "No other model ever had a seat.";
    check: "Verifica e confronta", "Check and compare";
    checked: "La verifica", "The check";
    passed: "superata", "passed";
    failed: "fallita", "failed";
    promote: "Promuovi: dà lui le classi", "Promote: it gives the grades";
    promote_how: "La prossima notte rivaluta tutti con questo modello. Si può tornare indietro.", "The next night rates everybody anew with this model. There is a way back.";
    cannot: "Non si può promuovere: una verifica è fallita.", "It cannot be promoted: a check has failed.";
    back: "Torna al modello di prima", "Back to the model before";
    said_promoted: "Promosso. La prossima notte rivaluta tutti.", "Promoted. The next night rates everybody anew.";
    said_back: "Di nuovo il modello di prima. La prossima notte rivaluta tutti.", "The model before again. The next night rates everybody anew.";
    refused: "Così non va.", "This will not do.";
    by: "messo da", "put there by";
    card: "La scheda", "The card";
    card_of: "Scheda e valutazione", "Card and evaluation";
    to_models: "Ai modelli", "To the models";
    card_kept: "Come era quando il modello ha avuto il suo posto; una cartella cambiata dopo non cambia nulla.", "As it was when the model was given its seat; a folder that is changed later changes nothing.";
    card_text: "Il testo della scheda, in inglese", "The text of the card";
    card_english: "La scheda fa parte del modello: la scrive chi lo fa, in inglese, e resta com'è. Che cosa guarda il modello, con quale peso e che cosa è per lui un default è in italiano nella pagina dei modelli.", "The card is a part of the model: whoever makes the model writes it, and it stays as it is.";
    no_card: "Di questo modello non è conservata alcuna scheda: è arrivato senza «card.md», o prima che le schede si conservassero.", "No card is kept of this model: it came without a `card.md`, or before cards were kept.";
    evaluation: "La valutazione", "The evaluation";
    no_evaluation: "Di questo modello non è conservata alcuna valutazione. Se la cartella ha «evaluation.json», scritto da «vedetta evaluate -o», viene conservato con il modello.", "No evaluation is kept of this model. Where its folder has an `evaluation.json`, as `vedetta evaluate -o` writes it, that is kept with the model.";
    unread: "Ciò che è conservato come valutazione non si legge:", "What is kept as its evaluation cannot be read:";
    judged_on: "righe di cui si sa com'è andata, di cui male", "rows with known outcomes, of which bad";
    figure: "Misura", "Figure";
    value: "Valore", "Value";
    interval: "Intervallo al 95 %", "95 % interval";
    reading: "Come si legge", "How to read it";
    auc_how: "0,5 è il caso, 1 è perfetto", "0.5 is chance, 1 is perfect";
    gini_how: "2 × AUC − 1", "two times AUC, less 1";
    ks_how: "distanza massima tra buoni e cattivi", "widest gap between good and bad";
    brier_how: "errore quadratico medio della PD", "mean squared error of the PD";
    slope: "Pendenza della calibrazione", "Calibration slope";
    slope_how: "1 è giusto; sotto, troppo sicuro di sé", "1 is right; below, over-confident";
    intercept: "Intercetta della calibrazione", "Calibration intercept";
    intercept_how: "0 è giusto", "0 is right";
    psi_how: "quanto le righe distano da quelle da cui ha imparato", "how far the rows are from those that it learned from";
    rows: "Righe", "Rows";
    bad: "Andate male", "Bad";
    rate: "Quota andata male", "Share of bad rows";
    rate_drawn: "Quota andata male, disegnata", "Share of bad rows, drawn";
    by_grade: "Per classe", "By grade";
    by_segment: "Per segmento", "By segment";
    by_period: "Per periodo", "By period";
    segment: "Segmento", "Segment";
    period: "Periodo", "Period";
}

const LIGHTS: Table = &[("green", "bene", "well"), ("yellow", "da guardare", "look at it"), ("red", "male", "badly")];

/// Definitions of default, as models have them in their own words.
const DEFINITIONS: Table = &[(
    "an amount above 100 EUR and 1 % of exposure more than 90 days past due, or an insolvency procedure opened, or a write-off",
    "più di 100 EUR e dell'1 % dell'esposizione scaduti da oltre 90 giorni, o una procedura di insolvenza aperta, o uno stralcio",
    "an amount above 100 EUR and 1 % of exposure more than 90 days past due, or an insolvency procedure opened, or a write-off",
)];

const CHECKS: Table = &[
    ("hash", "impronta", "hash"),
    ("catalogue", "catalogo delle variabili", "catalogue of features"),
    ("definition", "definizione di default", "definition of default"),
    ("golden", "risultati noti", "golden results"),
    ("order", "ordine delle colonne", "order of columns"),
    ("champion", "confronto", "comparison"),
    ("more_delay_never_improves", "più ritardo non migliora mai", "more delay never improves"),
    ("open_liquidation_is_D", "una liquidazione aperta è D", "an open liquidation is D"),
];

impl Tongue {
    /// A definition of default and its language: one that a model has words of its own for is said as it is.
    pub(super) fn default_of(self, definition: &str) -> (String, &'static str) {
        let found = DEFINITIONS.iter().find(|(own, _, _)| *own == definition);
        found.map_or_else(|| (definition.to_owned(), "en"), |(_, it, en)| (self.pick(*it, *en).to_owned(), self.code()))
    }

    pub(super) fn light(self, code: &str) -> String {
        self.said(LIGHTS, code)
    }

    pub(super) fn check(self, code: &str) -> String {
        self.said(CHECKS, code)
    }
}
