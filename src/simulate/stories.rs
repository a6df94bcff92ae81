use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    headlines::{self, Words},
    identity::{Identity, Land},
    names::TRADES,
    records::Happened,
};

/// The feeds a story may stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feed {
    /// RSS 2.0, UTF-8, Italian.
    Economia,
    /// RSS 2.0, windows-1252, Italian dates.
    Finanza,
    /// Atom, English.
    Business,
    /// RSS 1.0, English.
    Markets,
}

/// What the press prints on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Story {
    pub(super) told_on: i32,
    /// Minute of the day.
    pub(super) minute: i32,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) is_english: bool,
    /// It stands in both feeds of its language, each under an address of its own.
    pub(super) in_both: bool,
}

impl Story {
    pub(super) fn stands_in(&self, feed: Feed) -> bool {
        match feed {
            Feed::Economia => !self.is_english,
            Feed::Finanza => !self.is_english && self.in_both,
            Feed::Business => self.is_english,
            Feed::Markets => self.is_english && self.in_both,
        }
    }
}

/// Share of stories that both papers of a language carry.
const IN_BOTH: f64 = 0.45;

fn tell(rng: &mut ChaCha8Rng, words: &[Words], told_on: i32, is_english: bool, parts: [&str; 3]) -> Story {
    let (title, summary) = words.choose(rng).copied().unwrap_or(("", ""));
    let fill = |text: &str| text.replace("{n}", parts[0]).replace("{t}", parts[1]).replace("{f}", parts[2]);
    Story {
        told_on,
        minute: rng.random_range(360..1_260),
        title: fill(title),
        summary: fill(summary),
        is_english,
        in_both: rng.random_bool(IN_BOTH),
    }
}

/// The story of a happening, when it is one for the press.
pub(super) fn of_happening(rng: &mut ChaCha8Rng, who: &Identity, event: &Happened) -> Option<Story> {
    let is_english = who.land != Land::Italy;
    let (italian, english) = headlines::of(event.what())?;
    let words = if is_english { english } else { italian };
    Some(tell(rng, words, event.told_on, is_english, [&who.short_name, who.town.name, who.form]))
}

/// The stories of a default.
pub(super) fn of_default(rng: &mut ChaCha8Rng, who: &Identity, day: i32) -> Story {
    const ITALIAN: &[Words] = &[
        (
            "{n}, il tribunale di {t} apre la liquidazione giudiziale",
            "Nominato il curatore: i creditori hanno tempo per insinuarsi.",
        ),
        ("Crac {n}: dichiarato lo stato di insolvenza", "La decisione del tribunale di {t}."),
    ];
    const ENGLISH: &[Words] = &[
        ("Administrators called in at {n}", "Jobs at risk in {t} as the company becomes insolvent."),
        ("{n} collapses into insolvency", "Insolvency proceedings opened against the {t} company."),
    ];
    let is_english = who.land != Land::Italy;
    let told_on = day + rng.random_range(1..4);
    let words = if is_english { ENGLISH } else { ITALIAN };
    tell(rng, words, told_on, is_english, [&who.short_name, who.town.name, who.form])
}

/// What the press prints that looks like news about a client and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trap {
    /// Bad news about another company of the same name.
    Namesake,
    /// Words that elsewhere mean trouble.
    FalseFriend,
    /// It did not happen.
    Denial,
}

/// A trap set with a client's name. Its chance does not depend on the client's health.
pub(super) fn trap(rng: &mut ChaCha8Rng, who: &Identity, trap: Trap, day: i32) -> Story {
    let is_english = who.land != Land::Italy;
    let (town, form) = match trap {
        Trap::Namesake => who.namesake(rng),
        _ => (who.town, who.form),
    };
    let words: &[Words] = match (trap, is_english) {
        (Trap::Namesake, false) => &[
            ("{n} {f} di {t}, aperta la liquidazione giudiziale", "Il tribunale di {t} ha nominato il curatore."),
            ("{t}, bancarotta alla {n} {f}: indagato il titolare", "L'impresa aveva sede a {t}."),
        ],
        (Trap::Namesake, true) => {
            &[("{n} {f} of {t} enters liquidation", "The company, based in {t}, ceased to trade.")]
        }
        (Trap::FalseFriend, false) => &[
            ("{n} aderisce al concordato preventivo biennale", "La scelta fiscale di molte imprese di {t}."),
            (
                "Fallimento della trattativa tra {n} e il Comune per il nuovo parcheggio",
                "A {t} si cerca un altro terreno.",
            ),
        ],
        (Trap::FalseFriend, true) => {
            &[("{n} boss joins city administration in {t}", "The new administration takes office on Monday.")]
        }
        (Trap::Denial, false) => &[
            ("{n} smentisce: «Nessuna procedura concorsuale»", "L'azienda di {t} esclude la crisi."),
            ("Rischio scongiurato alla {n}: nessun esubero a {t}", "L'azienda smentisce le voci di licenziamenti."),
        ],
        (Trap::Denial, true) => {
            &[("{n} denies insolvency rumours", "The {t} company says there is no truth in the reports.")]
        }
    };
    tell(rng, words, day, is_english, [&who.short_name, town.name, form])
}

/// News of a shock in a market, in both languages.
pub(super) fn of_shock(rng: &mut ChaCha8Rng, trade: usize, day: i32) -> [Story; 2] {
    const ITALIAN: &[Words] = &[
        ("{n}, crisi del settore: ordini in calo e chiusure", "Associazioni in allarme in tutta Italia."),
        ("{n}, fallimenti in aumento tra le imprese", "Pesano caro energia e calo dei consumi."),
    ];
    const ENGLISH: &[Words] = &[
        ("Crisis in the {n} industry deepens as orders fall", "Insolvencies rise across Europe."),
        ("{n} sector hit by wave of closures", "Exporters warn of worse to come."),
    ];
    let (italian, english) = TRADES[trade].market;
    let (first, second) = (tell(rng, ITALIAN, day, false, [italian, "", ""]), rng.random_range(0..2));
    [first, tell(rng, ENGLISH, day + second, true, [english, "", ""])]
}

/// What fills the rest of the page and is about nobody.
pub(super) fn filler(rng: &mut ChaCha8Rng, day: i32) -> Story {
    const ITALIAN: &[Words] = &[
        ("Piazza Affari chiude in rosso, banche sotto pressione", "Seduta debole in tutta Europa."),
        ("Liquidazione Iva trimestrale, le nuove scadenze", "Il calendario per imprese e professionisti."),
        ("Concordato preventivo biennale, ultimi giorni per aderire", "Le istruzioni del fisco."),
        ("Protesta degli agricoltori a Bruxelles", "Trattori davanti al Parlamento europeo."),
        ("Fallimento della trattativa per l'acquisto dello stadio", "Il club cerca un'altra area."),
        ("Lo spread chiude stabile, Borsa in lieve rialzo", "Attesa per le banche centrali."),
    ];
    const ENGLISH: &[Words] = &[
        ("Federal administration rules on emissions struck down", "The court found against the agency."),
        ("Traders liquidate long positions after Fed minutes", "Bond yields edged higher."),
        ("Markets close flat ahead of rate decision", "Investors stayed on the sidelines."),
        ("Talks on trade deal collapse in Geneva", "Negotiators will meet again in the autumn."),
    ];
    let is_english = rng.random_bool(0.4);
    tell(rng, if is_english { ENGLISH } else { ITALIAN }, day, is_english, ["", "", ""])
}
