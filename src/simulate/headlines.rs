//! What the press writes of each happening: headline and first line, in Italian and in English. `{n}` is the company,
//! `{t}` its town, `{f}` a legal form.

use super::emission::Happening;

/// A headline and its first line.
pub(super) type Words = (&'static str, &'static str);

/// The Italian and the English words of a happening; none for what no paper prints.
pub(super) fn of(what: Happening) -> Option<(&'static [Words], &'static [Words])> {
    HEADLINES.iter().find(|(told, ..)| *told == what).map(|(_, italian, english)| (*italian, *english))
}

const HEADLINES: [(Happening, &[Words], &[Words]); 7] = [
    (
        Happening::Growth,
        &[
            ("{n}, fatturato record: crescono gli ordini", "L'azienda di {t} assume e investe in nuovi impianti."),
            ("{n} raddoppia lo stabilimento di {t}", "Nuovi investimenti per la crescita sui mercati esteri."),
        ],
        &[
            ("{n} posts record sales as orders grow", "The {t} company plans to expand and to hire."),
            ("{n} opens second plant in {t}", "New investment follows a year of strong growth."),
        ],
    ),
    (
        Happening::ProfitWarning,
        &[
            ("{n}, bilancio in perdita dopo il calo del fatturato", "Esercizio in rosso per l'azienda di {t}."),
            ("Profit warning per {n}: pesa il calo degli ordini", "Tagliate le stime dell'anno."),
        ],
        &[
            ("Profit warning: {n} cuts guidance", "The {t} company blames falling orders."),
            ("{n} warns on profit after weak quarter", "Losses widen at the {t} company."),
        ],
    ),
    (
        Happening::Strike,
        &[
            ("{n}, otto ore di sciopero a {t}", "Presidio dei lavoratori davanti ai cancelli."),
            ("Stato di agitazione alla {n}", "I sindacati proclamano lo sciopero."),
        ],
        &[("Workers at {n} begin strike in {t}", "Union members walk out over pay.")],
    ),
    (
        Happening::Layoffs,
        &[
            ("Esuberi alla {n}: annunciati licenziamenti collettivi", "Sindacati in allarme a {t}."),
            ("{n}, cassa integrazione straordinaria per i dipendenti", "La crisi tocca lo stabilimento di {t}."),
        ],
        &[
            ("{n} announces redundancies in {t}", "A third of the jobs are to go."),
            ("Layoffs at {n} as orders dry up", "The {t} company will cut jobs."),
        ],
    ),
    (
        Happening::PaymentTrouble,
        &[
            ("{n}, stipendi non pagati da tre mesi", "Crisi di liquidità per l'azienda di {t}: fornitori in attesa."),
            ("{n}, ritardi nei pagamenti: fornitori in fila", "Cresce l'esposizione dell'azienda di {t}."),
        ],
        &[
            ("Suppliers unpaid as {n} runs short of cash", "Creditors of the {t} company are worried."),
            ("{n} misses payments to suppliers", "The {t} company is in talks with its lenders."),
        ],
    ),
    (
        Happening::Restructuring,
        &[
            ("{n}, al via la composizione negoziata della crisi", "L'azienda di {t} tratta con i creditori."),
            ("{n} tratta un accordo di ristrutturazione dei debiti", "Banche e fornitori di {t} attendono il piano."),
        ],
        &[
            ("{n} seeks debt restructuring", "The {t} company asks its lenders for a standstill."),
            ("{n} breaches covenants, in talks with lenders", "Auditors flag going-concern doubt."),
        ],
    ),
    (
        Happening::Rescue,
        &[
            ("{n} salvata: arriva un nuovo socio", "Il salvataggio assicura il lavoro a {t}."),
            ("{n} torna all'utile e rilancia lo stabilimento di {t}", "Uscita dalla crisi per l'azienda."),
        ],
        &[("{n} rescued by new investor", "The deal saves the jobs in {t}.")],
    ),
];
