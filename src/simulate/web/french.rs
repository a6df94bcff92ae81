//! What French courts and registers hold of a company. It follows from the day of its default and from its fingerprint
//! alone, so that it needs no draw of its own.

use super::Company;

/// Share of healthy companies about which a court once published a notice in error: one in so many.
const IN_ERROR: u64 = 37;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    Liquidation,
    Redressement,
    Sauvegarde,
    /// From safeguard to reorganisation, in words that no published rule knows.
    Conversion,
    Closure,
    StruckOff,
    Accounts,
    Sale,
    /// Takes back the notice before it.
    Rectification,
}

/// One announcement: its day in court, and the day it is printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Announced {
    pub(super) notice: Notice,
    pub(super) decided_on: i32,
    pub(super) told_on: i32,
    /// Place among the company's announcements, oldest first.
    pub(super) place: u64,
}

/// A day between two, the same for the same company and salt.
fn lag(company: &Company, salt: u64, from: i32, to: i32) -> i32 {
    let span = u64::try_from(to - from + 1).unwrap_or(1);
    let mark = company.identity.fingerprint().rotate_left(u32::try_from(salt % 64).unwrap_or(0));
    from + i32::try_from(mark % span).unwrap_or(0)
}

/// Everything a company's registers will ever announce, in the order of printing; `opening` is the day the demo opens.
pub(super) fn announcements(company: &Company, opening: i32) -> Vec<Announced> {
    if company.identity.land.code() != "FR" {
        return Vec::new();
    }
    let mark = company.identity.fingerprint();
    let mut all: Vec<(Notice, i32, i32)> = Vec::new();
    if mark % 3 != 1 {
        // Accounts are filed in summer and printed some weeks later, while there is somebody to file them.
        for year in 0..3 {
            let day = opening - 365 * year - lag(company, 5, 90, 180);
            if company.life.is_alive_after(day) {
                all.push((Notice::Accounts, day, day + 20));
            }
        }
    }
    if mark % 11 == 3 {
        let day = opening - lag(company, 9, 200, 500);
        all.push((Notice::Sale, day, day + 12));
    }
    match company.life.defaulted_on {
        Some(day) => failure(company, day, &mut all),
        None if mark.is_multiple_of(IN_ERROR) => {
            let day = opening - lag(company, 13, 100, 200);
            all.push((Notice::Liquidation, day, day + 8));
            all.push((Notice::Rectification, day, day + 14));
        }
        None => {}
    }
    all.sort_by_key(|(_, decided, told)| (*told, *decided));
    let numbered = all.into_iter().zip(0..);
    numbered.map(|((notice, decided_on, told_on), place)| Announced { notice, decided_on, told_on, place }).collect()
}

/// From the judgment that opens to the register that strikes off. A third is to be saved first.
fn failure(company: &Company, day: i32, all: &mut Vec<(Notice, i32, i32)>) {
    let told = |on: i32, salt: u64| on + lag(company, salt, 6, 14);
    let liquidated = match company.identity.fingerprint() % 6 {
        0 => {
            all.push((Notice::Redressement, day, told(day, 17)));
            day + lag(company, 19, 60, 200)
        }
        1 => {
            all.push((Notice::Sauvegarde, day - 40, told(day - 40, 21)));
            all.push((Notice::Conversion, day, told(day, 17)));
            day + lag(company, 23, 60, 200)
        }
        _ => day,
    };
    all.push((Notice::Liquidation, liquidated, told(liquidated, 25)));
    let closed = liquidated + lag(company, 27, 300, 600);
    all.push((Notice::Closure, closed, told(closed, 29)));
    all.push((Notice::StruckOff, closed, told(closed, 29) + 10));
}

/// What can be read on a day, newest first.
pub(super) fn told(company: &Company, opening: i32, day: i32) -> Vec<Announced> {
    let mut told: Vec<Announced> = announcements(company, opening).into_iter().filter(|a| a.told_on <= day).collect();
    told.reverse();
    told
}

/// The day the company was struck off, once that can be read.
pub(super) fn struck_off_on(company: &Company, opening: i32, day: i32) -> Option<i32> {
    let told = told(company, opening, day);
    told.iter().find(|a| a.notice == Notice::StruckOff).map(|a| a.decided_on)
}

/// `833 310 592`.
pub(super) fn spaced(siren: &str) -> String {
    let parts = [siren.get(..3), siren.get(3..6), siren.get(6..)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
