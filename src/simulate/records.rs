use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    calendar::Calendar,
    emission::{CHANCES, Happening},
    identity::{Identity, Land},
    ledger::{Trading, whole},
    truth::Life,
};

/// A happening of the table, with its two days.
#[derive(Debug, Clone, Copy)]
pub(super) struct Happened {
    /// Row of [`CHANCES`].
    pub(super) row: usize,
    pub(super) month: usize,
    pub(super) day: i32,
    /// When it can first be read.
    pub(super) told_on: i32,
}

impl Happened {
    pub(super) fn what(&self) -> Happening {
        CHANCES[self.row].what
    }
}

/// Draws what happens to a company in every month of its life.
pub(super) fn draw_happenings(
    rng: &mut ChaCha8Rng,
    calendar: &Calendar,
    life: &Life,
    land: Land,
    in_the_press: bool,
) -> Vec<Happened> {
    let mut happened = Vec::new();
    for month in 0..calendar.n_months() {
        let Some(state) = life.state(month) else { continue };
        for (row, chance) in CHANCES.iter().enumerate() {
            if chance.applies(land, in_the_press) && rng.random_bool(chance.monthly[state]) {
                let day = calendar.first_day(month) + rng.random_range(0..calendar.days_in(month));
                let told_on = day + rng.random_range(chance.lag.0..=chance.lag.1);
                happened.push(Happened { row, month, day, told_on });
            }
        }
    }
    happened.retain(|h| life.is_alive_after(h.day));
    happened
}

/// A protested bill or cheque.
#[derive(Debug, Clone)]
pub(super) struct Protest {
    pub(super) serial: u64,
    pub(super) is_cheque: bool,
    pub(super) cents: i64,
    pub(super) due: i32,
    pub(super) raised: i32,
    pub(super) told_on: i32,
    pub(super) code: &'static str,
    /// Taken out of the register: paid within a year, or unlawful.
    pub(super) cancelled: Option<i32>,
    /// Marked as paid too late to be taken out.
    pub(super) annotated: Option<i32>,
}

/// A procedure in the Italian register.
#[derive(Debug, Clone)]
pub(super) struct Procedure {
    pub(super) code: &'static str,
    pub(super) words: &'static str,
    pub(super) opened: i32,
    pub(super) told_on: i32,
    pub(super) closed: Option<i32>,
    pub(super) revoked: Option<i32>,
}

/// An act against a company's property.
#[derive(Debug, Clone)]
pub(super) struct Seizure {
    pub(super) words: &'static str,
    pub(super) cents: i64,
    pub(super) registered: i32,
    pub(super) told_on: i32,
}

/// A British insolvency case.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) kind: &'static str,
    pub(super) date_kind: &'static str,
    pub(super) day: i32,
    pub(super) told_on: i32,
}

/// From a day until another, the second excluded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: i32,
    pub(super) until: i32,
}

impl Span {
    pub(super) fn holds(self, day: i32) -> bool {
        (self.from..self.until).contains(&day)
    }
}

/// What registers hold about one company.
#[derive(Debug, Clone, Default)]
pub(super) struct Records {
    pub(super) protests: Vec<Protest>,
    pub(super) procedures: Vec<Procedure>,
    pub(super) seizures: Vec<Seizure>,
    pub(super) overdue: Vec<Span>,
    pub(super) strike_off: Vec<Span>,
    pub(super) cases: Vec<Case>,
    pub(super) dissolved_on: Option<i32>,
    /// The day its identifier lapsed for an unpaid fee: says nothing about health.
    pub(super) lei_lapsed_on: Option<i32>,
    /// The day the issuer of the identifier noted the insolvency.
    pub(super) lei_insolvent_on: Option<i32>,
    /// The day it began to wind up while solvent.
    pub(super) winds_up_on: Option<i32>,
}

/// Share of identifiers whose renewal was forgotten.
const LEI_LAPSED: f64 = 0.10;
/// Share of standing protests that are taken out later.
const CANCELLED: f64 = 0.25;
/// Refusal codes that speak of inability, with the letter of the instrument before them where the wire has it.
const INABILITY: [&str; 6] = ["M2", "M2", "B1", "M1", "G2", "H1"];
/// Codes that speak of a quarrel or of a fraud suffered.
const QUARREL: [&str; 5] = ["D2", "A1", "E1", "E3", "F1"];

/// Writes what the registers hold: what the happenings say, and what a default brings.
pub(super) fn draw(
    rng: &mut ChaCha8Rng,
    identity: &Identity,
    trading: &Trading,
    life: &Life,
    happened: &[Happened],
    last_day: i32,
) -> Records {
    let mut records = Records::default();
    for event in happened {
        record(&mut records, rng, trading, life, event);
    }
    if identity.lei.is_some() && rng.random_bool(LEI_LAPSED) {
        let at_most = life.defaulted_on.unwrap_or(last_day);
        records.lei_lapsed_on = Some(at_most - rng.random_range(30..700));
    }
    if let Some(day) = life.defaulted_on {
        records.lei_insolvent_on = identity.lei.is_some().then_some(day + rng.random_range(15..60));
        match identity.land {
            Land::Italy => italian_default(&mut records, rng, identity, trading, day),
            Land::Britain => british_default(&mut records, rng, day),
            Land::France => {}
        }
    }
    records
}

fn record(records: &mut Records, rng: &mut ChaCha8Rng, trading: &Trading, life: &Life, event: &Happened) {
    let Happened { day, told_on, .. } = *event;
    match event.what() {
        Happening::ProtestOfInability => records.protests.push(protest(rng, trading, life, event, &INABILITY)),
        Happening::ProtestOfDispute => records.protests.push(protest(rng, trading, life, event, &QUARREL)),
        Happening::Seizure => {
            let words = ["IPOTECA GIUDIZIALE", "PIGNORAMENTO IMMOBILIARE", "SEQUESTRO CONSERVATIVO"];
            let words = words.choose(rng).copied().unwrap_or("IPOTECA GIUDIZIALE");
            let cents = claim(rng, trading) * 4;
            records.seizures.push(Seizure { words, cents, registered: day, told_on });
        }
        Happening::ProtectiveMeasures => {
            let ends = day + rng.random_range(60..180);
            let revoked = rng.random_bool(0.3).then_some(ends);
            let closed = if revoked.is_some() { None } else { Some(ends) };
            let (code, words) = ("WZ", "MISURE CAUTELARI E PROTETTIVE");
            records.procedures.push(Procedure { code, words, opened: day, told_on, closed, revoked });
        }
        Happening::AccountsOverdue => {
            records.overdue.push(Span { from: told_on, until: told_on + rng.random_range(30..200) });
        }
        Happening::StrikeOffProposal => {
            records.strike_off.push(Span { from: told_on, until: told_on + rng.random_range(60..120) });
        }
        Happening::SolventLiquidation => wind_up(records, event),
        _ => {}
    }
}

/// Both registers' ways to write a solvent winding up; a company is in one of them only.
fn wind_up(records: &mut Records, event: &Happened) {
    let Happened { day, told_on, .. } = *event;
    if records.winds_up_on.is_some() {
        return;
    }
    records.winds_up_on = Some(day);
    let (code, words) = ("SL", "SCIOGLIMENTO E LIQUIDAZIONE");
    records.procedures.push(Procedure { code, words, opened: day, told_on, closed: None, revoked: None });
    let (kind, date_kind) = ("members-voluntary-liquidation", "wound-up-on");
    records.cases.push(Case { kind, date_kind, day, told_on });
}

/// What somebody has a title for: a few invoices' worth, in cents.
fn claim(rng: &mut ChaCha8Rng, trading: &Trading) -> i64 {
    let euros = f64::from(u32::try_from(trading.yearly_euros()).unwrap_or(u32::MAX)) / 12.0;
    whole(euros * rng.random_range(0.3..2.0)).max(300) * 100
}

fn protest(rng: &mut ChaCha8Rng, trading: &Trading, life: &Life, event: &Happened, codes: &[&'static str]) -> Protest {
    let Happened { day: raised, told_on, .. } = *event;
    let is_cheque = rng.random_bool(0.25);
    let ends = told_on + rng.random_range(40..330);
    let is_paid = rng.random_bool(CANCELLED) && life.is_alive_after(ends);
    Protest {
        serial: 10_000_000 + rng.random_range(0..9_000_000u64),
        is_cheque,
        cents: claim(rng, trading),
        due: raised - rng.random_range(2..5),
        raised,
        told_on,
        code: codes.choose(rng).copied().unwrap_or("N1"),
        // A bill that is paid within the year is taken out; a cheque is only annotated (L. 235/2000).
        cancelled: (is_paid && !is_cheque).then_some(ends),
        annotated: (is_paid && is_cheque).then_some(ends),
    }
}

fn italian_default(records: &mut Records, rng: &mut ChaCha8Rng, identity: &Identity, trading: &Trading, day: i32) {
    let told_on = day + rng.random_range(2..9);
    let mut open = |code, words, opened, closed| {
        records.procedures.push(Procedure { code, words, opened, told_on, closed, revoked: None });
    };
    let chance = rng.random::<f64>();
    if identity.is_person {
        open("LC", "LIQUIDAZIONE CONTROLLATA", day, None);
    } else if identity.form == "S.p.A." && chance < 0.75 {
        // The business goes on, the register still says active, and what was owed before is frozen.
        open("PU", "PROCEDIMENTO UNITARIO", day - 12, Some(day));
        open("AM", "AMMINISTRAZIONE STRAORDINARIA GRANDI IMPRESE", day, None);
        open("SI", "STATO DI INSOLVENZA", day, None);
    } else if chance < 0.85 {
        open("LG", "LIQUIDAZIONE GIUDIZIALE", day, None);
    } else {
        open("CP", "CONCORDATO PREVENTIVO", day, None);
    }
    for _ in 0..rng.random_range(0..3u8) {
        let raised = day + rng.random_range(3..60);
        records.protests.push(Protest {
            serial: 20_000_000 + rng.random_range(0..9_000_000u64),
            is_cheque: false,
            cents: claim(rng, trading),
            due: raised - 3,
            raised,
            told_on: raised + rng.random_range(14..41),
            code: "C1",
            cancelled: None,
            annotated: None,
        });
    }
}

fn british_default(records: &mut Records, rng: &mut ChaCha8Rng, day: i32) {
    const KINDS: [(&str, &str, f64); 3] = [
        ("creditors-voluntary-liquidation", "wound-up-on", 0.6),
        ("compulsory-liquidation", "ordered-to-wind-up-on", 0.2),
        ("in-administration", "administration-started-on", 0.2),
    ];
    let (kind, date_kind, _) = KINDS[super::truth::pick(rng, &KINDS.map(|(_, _, weight)| weight))];
    // What winds up while solvent and then fails is wound up once more, by its creditors.
    records.cases.push(Case { kind, date_kind, day, told_on: day + rng.random_range(2..9) });
    records.dissolved_on = Some(day + rng.random_range(300..500));
}
