//! What the words of the pages mean, and how to move about.

use askama::Template;
use axum::{extract::State, response::Response};

use super::{
    frame::{Frame, Tab, page},
    look::{Look, Tongue},
    session::Guest,
};
use crate::serve::{House, fault::Fault};

#[derive(Template)]
#[template(path = "templates/help.html", config = ".askama.toml")]
struct HelpPage {
    frame: Frame,
    terms: Vec<(&'static str, &'static str)>,
    keys: Vec<(&'static str, &'static str)>,
    /// Address, name, and what is done there.
    ways: Vec<(&'static str, &'static str, &'static str)>,
}

/// What is done where: address, Italian, English. The names are those of the way at the top.
const WAYS: [(&str, &str, &str); 9] = [
    (
        "/alerts",
        "farsi avvisare quando un cliente peggiora: per e-mail, webhook o flusso",
        "be told when a client gets worse: by e-mail, webhook or stream",
    ),
    (
        "/sources",
        "vedere se le fonti rispondono, e chi nessuno vede",
        "see whether sources answer, and whom nobody sees",
    ),
    ("/import", "portare clienti, fatture e incassi da un file", "bring clients, invoices and payments from a file"),
    (
        "/payments",
        "dire a quale fattura va un incasso che la banca non spiega",
        "say for which invoice a payment is that the bank does not explain",
    ),
    ("/assessments", "valutare un cliente nuovo prima di fargli credito", "evaluate a prospect before granting credit"),
    ("/models", "quale modello dà le classi, e come sta", "which model gives the grades, and how it is doing"),
    (
        "/policy",
        "che cosa si fa di chi è in ritardo, e provare una bozza",
        "what is done about who is late, and try a draft",
    ),
    ("/settings/people", "dare un nome e un ruolo a chi lavora qui", "give a name and a role to whoever works here"),
    ("/settings/keys", "dare una chiave a un programma", "give a key to a program"),
];

/// What a word means, in the words of somebody who grants credit.
const TERMS: [(&str, &str, &str, &str); 8] = [
    (
        "Classe",
        "Da A1 (la migliore) a C3; D è default, ND non determinata: si sa troppo poco per dire.",
        "Grade",
        "From A1 (best) to C3; D is default, ND not determined: too little is known to tell.",
    ),
    (
        "PD",
        "La probabilità che il cliente vada in default entro dodici mesi.",
        "PD",
        "The probability that the client defaults within twelve months.",
    ),
    (
        "Punti",
        "La somma dei motivi: ogni riga dice quanti ne aggiunge o ne toglie. Più punti, meno rischio.",
        "Points",
        "The sum of the reasons: each line says how many it adds or takes away. More points, less risk.",
    ),
    (
        "Copertura",
        "Quanta parte delle informazioni del modello era presente e fresca.",
        "Coverage",
        "How much of the model's information was present and fresh.",
    ),
    (
        "Perdita attesa",
        "PD per quota persa in caso di default per esposizione, sommata sui clienti.",
        "Expected loss",
        "PD times the share lost on default times exposure, summed over the clients.",
    ),
    (
        "Indice dei pagamenti",
        "80 entro i termini, 70 a 15 giorni di ritardo, 50 a 30, 40 a 60, 30 a 90, 20 a 120.",
        "Payment index",
        "80 within terms, 70 at 15 days late, 50 at 30, 40 at 60, 30 at 90, 20 at 120.",
    ),
    (
        "Motivo",
        "Un fatto e il suo peso. Accanto c'è la fonte; nei fatti, il documento letto e la sua copia.",
        "Reason",
        "A fact and its weight. Its source stands beside; under the facts, what was read and our copy of it.",
    ),
    (
        "Verifica",
        "Un documento che forse parla di un cliente: finché nessuno decide, non muove la classe.",
        "Review",
        "A record that may be about a client: until somebody decides, it moves no grade.",
    ),
];

/// What keys do: the keys, Italian, English.
const KEYS: [(&str, &str, &str); 5] = [
    ("Ctrl-K · /", "cerca un cliente", "find a client"),
    ("j · k", "vai alla riga dopo, o a quella prima", "go to the next row, or to the one before"),
    ("Enter", "apre ciò che è segnato; Tab arriva ovunque", "opens what is marked; Tab reaches everything"),
    ("a", "in Lavoro, registra l'esito della riga", "on Work, record the outcome of the row"),
    ("?", "questa pagina", "this page"),
];

/// Help, for whoever is signed in or not.
pub(super) async fn help(State(_): State<House>, look: Look, guest: Option<Guest>) -> Result<Response, Fault> {
    let title = look.tongue.words().help;
    let frame = match &guest {
        Some(guest) => Frame::of(guest, Tab::None, title),
        None => Frame::outside(look, title),
    };
    let said = |t: Tongue, (it, it_means, en, en_means): (&'static str, &'static str, &'static str, &'static str)| {
        t.pick((it, it_means), (en, en_means))
    };
    let ways = guest.map(|_| ways(look.tongue)).unwrap_or_default();
    let keys = KEYS.map(|(keys, italian, english)| (keys, look.tongue.pick(italian, english))).into();
    page(&HelpPage { frame, terms: TERMS.map(|term| said(look.tongue, term)).into(), keys, ways })
}

/// What is done where, for whoever is signed in.
fn ways(t: Tongue) -> Vec<(&'static str, &'static str, &'static str)> {
    let w = t.words();
    let names = [w.alerts, w.sources, w.import, w.payments, w.prospects, w.models, w.policy, w.people, w.keys];
    let way = |((href, italian, english), name)| (href, name, t.pick(italian, english));
    WAYS.into_iter().zip(names).map(way).collect()
}
