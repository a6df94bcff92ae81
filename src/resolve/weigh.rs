//! What agreement and difference are worth: three stories of how a record may look like a client, and which one the record
//! makes likely.
//!
//! A record that looks like a client is the client's own (*same*), a company's that has nothing to do with it and looks
//! like it by chance (*stranger*), or a relative's: a sister, a subsidiary, a parent, a successor, a namesake (*kin*). Each
//! field is likelier in one story than in another. The odds of *same* against the two others are the certainty; what a
//! field moves them by, in bits, is its weight. Fields are taken in one order, so the weights add up to the certainty.
//!
//! # Why
//!
//! *Why two stories against, where Fellegi and Sunter (1969) have one?* Because their independence breaks where it hurts:
//! a rare name is overwhelming evidence against a stranger and hardly any against a sister at the same address. With one
//! story, twenty bits of a rare name would buy off a different legal form; with two, they cannot.
//!
//! *Where do the numbers come from?* They are judged, on the safe side (one company in fifty sits in a given town, two in
//! five relatives in the same one), and then moved until what was said and what was found agreed on the labelled variants
//! of `simulate`, odd seeds: of the candidates said to be 0.90 sure, 0.92 were right, of those at 0.94, 0.97. The even
//! seeds are for the test (`tests/it/variants.rs`). A fit alone would be worth less: whoever makes up the strangers makes
//! up how many there are.

use super::{
    compare::{Pairing, Tie},
    forms,
    number::{self, Number},
    places, words,
};

/// Companies from which a record that looks like a client's may come: those that buy from others on account, about a quarter
/// of the six million that the register of Italy or France holds. With all six million, made-up records were linked no
/// more rightly, and a twentieth fewer of them.
pub(super) const COMPANIES: f64 = 1.5e6;
/// Of them, those that a newspaper may write about.
pub(super) const IN_THE_PRESS: f64 = 1e5;
/// Persons of a country, who may trade under their own names.
pub(super) const PERSONS: f64 = 6e7;
/// Relatives of a company that a record may be about instead.
pub(super) const RELATIVES: f64 = 0.4;
/// Relatives of a person who trades: families repeat their given names.
pub(super) const FAMILY: f64 = 3.0;
/// Companies behind each homonym that is a client: clients are a sample.
const PER_HOMONYM: f64 = 3.0;
/// A share counted among clients is mixed with what is expected of so many that are not.
const EXPECTED: f64 = 20_000.0;
/// Pairs of clients of one name that must have been expected before their absence, or their number, weighs as much as the
/// belief that words fall together by chance.
const ENOUGH_PAIRS: f64 = 30.0;
/// However many clients keep their names apart, chance is not taken for rarer than this.
const LEAST_TOGETHER: f64 = 0.02;
/// The share of companies that sit in a given town.
const IN_ONE_TOWN: f64 = 1.0 / 60.0;

/// How likely a finding is when the record is the client's, a stranger's, a relative's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likelihood {
    pub(super) same: f64,
    pub(super) stranger: f64,
    pub(super) kin: f64,
}

const fn likelihood(same: f64, stranger: f64, kin: f64) -> Likelihood {
    Likelihood { same, stranger, kin }
}

const FORM_SAME: Likelihood = likelihood(0.93, 0.45, 0.35);
const FORM_DIFFERENT: Likelihood = likelihood(0.012, 0.55, 0.65);
/// A person's name here and a company's there: `Mario Rossi` and `Mario Rossi S.r.l.`.
const FORM_OF_A_PERSON: Likelihood = likelihood(0.01, 0.5, 0.6);
const COUNTRY_SAME: Likelihood = likelihood(0.995, 0.95, 0.85);
const COUNTRY_DIFFERENT: Likelihood = likelihood(0.003, 0.05, 0.15);
const CITY_NEAR: Likelihood = likelihood(0.06, 0.002, 0.02);
const CITY_AROUND: Likelihood = likelihood(0.05, 0.04, 0.2);
const CITY_DIFFERENT: Likelihood = likelihood(0.01, 0.95, 0.4);
const STREET_SAME: Likelihood = likelihood(0.7, 0.0005, 0.15);
const STREET_NEAR: Likelihood = likelihood(0.08, 0.003, 0.04);
const STREET_AROUND: Likelihood = likelihood(0.06, 0.01, 0.08);
const STREET_DIFFERENT: Likelihood = likelihood(0.12, 0.98, 0.7);
const SECTOR_SAME: Likelihood = likelihood(0.85, 0.3, 0.45);
const SECTOR_AROUND: Likelihood = likelihood(0.08, 0.2, 0.25);
const SECTOR_DIFFERENT: Likelihood = likelihood(0.07, 0.5, 0.3);
const NUMBER_SAME: Likelihood = likelihood(0.97, 1e-13, 1e-5);
const NUMBER_AMBIGUOUS: Likelihood = likelihood(0.97, 1e-3, 1e-3);
const NUMBER_NEAR: Likelihood = likelihood(0.005, 1.0, 1.0);
const NUMBER_DIFFERENT: Likelihood = likelihood(1e-7, 1.0, 1.0);
/// A headline in which the name goes on as a longer one: `Acciai Santabruna Servizi`.
pub(super) const LONGER: Likelihood = likelihood(0.03, 0.6, 0.6);
/// A word of the language that happens to be somebody's name.
pub(super) const A_WORD: Likelihood = likelihood(0.5, 40.0, 1.0);
/// The town stands in the headline.
pub(super) const TOWN_NAMED: Likelihood = likelihood(0.4, 0.004, 0.15);

/// A relative whose name differs in nothing, by a typo, in one letter, in whole words.
const KIN_SAME: f64 = 0.08;
const KIN_TYPO: f64 = 0.01;
const KIN_SLIP: f64 = 0.025;
const KIN_OTHER: f64 = 0.45;

/// Of the slips of a hand, those that give a word by which others are named: a word of nine letters has some thirty slips,
/// and hardly ever is one of them another name.
const INTO_A_WORD: f64 = 1.0 / 30.0;

/// A record that is the client's although a word of the name is missing or added: a common one, the town, a rare one.
const EXTRA_COMMON: f64 = 0.02;
const EXTRA_TOWN: f64 = 0.15;
const EXTRA_RARE: f64 = 0.01;
/// The most that street and trade can do for a name, and the most that country and town can do besides.
pub(super) const STREET_AND_SECTOR_AT_BEST: Likelihood = likelihood(0.7 * 0.85, 0.0005 * 0.3, 0.15 * 0.45);
pub(super) const PLACES_AT_BEST: Likelihood =
    likelihood(0.995 * 0.88 * 0.7 * 0.85, 0.95 * 1e-4 * 0.0005 * 0.3, 0.85 * 0.4 * 0.15 * 0.45);
/// The least likely name of a record that is the client's: a name that nobody told us of.
const LEAST_NAME: f64 = 1e-4;

/// What the names say.
pub(super) struct Names<'a> {
    pub(super) theirs: &'a [&'a str],
    pub(super) ours: &'a [&'a str],
    /// The share of all names that hold each of these words.
    pub(super) shares_theirs: &'a [f64],
    pub(super) shares_ours: &'a [f64],
    /// The number of each of their words that some client's name holds as well.
    pub(super) known_theirs: &'a [Option<u32>],
    pub(super) pairing: &'a Pairing,
    /// The names are one but for blanks: `Edil Ponte` and `Edilponte`.
    pub(super) is_one_run: bool,
    /// The record is written in other letters than the client's row.
    pub(super) is_foreign_script: bool,
    /// How many other companies among the clients have exactly this name.
    pub(super) n_homonyms: usize,
    /// How often the clients' names fall together, for each time that their words by themselves would have them.
    pub(super) falling_together: f64,
}

impl Names<'_> {
    /// `is_town` says whether a word is a town where one of the two sits.
    pub(super) fn likelihood(&self, is_town: impl Fn(&str) -> bool) -> Likelihood {
        let mut found = likelihood(1.0, self.falling_together, KIN_SAME);
        let mut is_other = false;
        if self.is_one_run {
            found.same = 0.8;
            found.stranger *= self.shares_ours.iter().product::<f64>();
        } else {
            for (t, o, tie) in &self.pairing.ties {
                let share = self.shares_ours[*o].max(self.shares_theirs[*t]);
                let pair = of_tie(*tie, self.ours[*o], share, self.is_foreign_script);
                let is_other_word = tie.is_slip() && self.known_theirs[*t].is_some() && words::is_rare(self.ours[*o]);
                found.same *= pair.same * if is_other_word { INTO_A_WORD } else { 1.0 };
                found.stranger *= pair.stranger;
                found.kin *= pair.kin;
            }
            let extra_theirs = self.pairing.only_theirs.iter().map(|t| self.theirs[*t]);
            let extra_ours = self.pairing.only_ours.iter().map(|o| self.ours[*o]);
            for word in extra_theirs.chain(extra_ours) {
                let is_town = is_town(word);
                found.same *= extra(word, is_town);
                is_other |= !is_town;
            }
        }
        if is_other {
            found.kin = KIN_OTHER;
        }
        let Likelihood { same, mut stranger, kin } = found;
        stranger = stranger.max(PER_HOMONYM * count(self.n_homonyms) / COMPANIES);
        Likelihood { same: same.max(LEAST_NAME), stranger, kin }
    }
}

/// How likely a pair of words is in the three stories. How a hand writes a word (short, in other letters, with a typo in
/// `Construction`) has nothing to do with whose record it is; a letter of the name itself has.
fn of_tie(tie: Tie, ours: &str, share: f64, is_foreign_script: bool) -> Likelihood {
    // Names as long as this have few neighbours.
    const LONG: usize = 8;
    let is_own = words::is_rare(ours);
    let n_near = if ours.len() >= LONG { 2.0 } else { 12.0 };
    let alike = |same: f64, n_alike: f64, kin: f64| likelihood(same, (n_alike * share).min(1.0), kin);
    match tie {
        Tie::Exact => alike(0.97, 1.0, 1.0),
        Tie::Spelling | Tie::Short => alike(0.6, 4.0, 0.6),
        Tie::Typo | Tie::Slip | Tie::TwoSlips if is_foreign_script => alike(0.3, n_near, 0.3),
        Tie::Typo | Tie::Slip if !is_own => alike(0.3, 4.0, 0.3),
        Tie::Typo => alike(0.05, n_near, KIN_TYPO / KIN_SAME),
        Tie::Slip => alike(0.04, n_near, KIN_SLIP / KIN_SAME),
        Tie::TwoSlips => alike(0.004, 20.0 * n_near, KIN_SLIP / KIN_SAME),
        Tie::Initial => likelihood(0.02, 0.1, 0.1),
    }
}

fn extra(word: &str, is_town: bool) -> f64 {
    match (is_town, words::is_common(word)) {
        (true, _) => EXTRA_TOWN,
        (false, true) => EXTRA_COMMON,
        (false, false) => EXTRA_RARE,
    }
}

/// The share of names that hold a word: counted among the clients' names without the one that is compared, and mixed with
/// what is expected of the word.
pub(super) fn share(word: &str, n_with: usize, n_names: usize) -> f64 {
    let expected = (-words::bits(word)).exp2();
    (count(n_with.saturating_sub(1)) + EXPECTED * expected) / (count(n_names) + EXPECTED)
}

/// How often names fall together for each time that their words by themselves would have them, from what is counted and
/// expected among the clients: one as long as the clients are few.
pub(super) fn falling_together(n_found: f64, n_expected: f64) -> f64 {
    ((n_found + ENOUGH_PAIRS) / (n_expected + ENOUGH_PAIRS)).max(LEAST_TOGETHER)
}

/// A number of things as one calculates with it.
pub(super) fn count(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

/// What two legal forms say, and none when one is silent or they are translations of each other.
pub(super) fn form(likeness: forms::Likeness) -> Option<Likelihood> {
    match likeness {
        forms::Likeness::Same => Some(FORM_SAME),
        forms::Likeness::Different => Some(FORM_DIFFERENT),
        forms::Likeness::Kindred => None,
    }
}

/// A person's name on one side and a company's on the other.
pub(super) const fn person_and_company() -> Likelihood {
    FORM_OF_A_PERSON
}

pub(super) const fn country(is_same: bool) -> Likelihood {
    if is_same { COUNTRY_SAME } else { COUNTRY_DIFFERENT }
}

/// What two towns say; a town where many clients sit says less.
pub(super) fn city(likeness: places::Likeness, n_there: usize, n_clients: usize) -> Likelihood {
    match likeness {
        places::Likeness::Same => {
            let there = (count(n_there) + EXPECTED * IN_ONE_TOWN) / (count(n_clients) + EXPECTED);
            likelihood(0.88, there, 0.4)
        }
        places::Likeness::Near => CITY_NEAR,
        places::Likeness::Around => CITY_AROUND,
        places::Likeness::Different => CITY_DIFFERENT,
    }
}

/// What two streets say. Every town has its `Via Roma 5`: in another town an equal street is no sign at all.
pub(super) const fn street(likeness: places::Likeness, is_other_town: bool) -> Option<Likelihood> {
    Some(match likeness {
        places::Likeness::Different => STREET_DIFFERENT,
        _ if is_other_town => return None,
        places::Likeness::Same => STREET_SAME,
        places::Likeness::Near => STREET_NEAR,
        places::Likeness::Around => STREET_AROUND,
    })
}

pub(super) const fn sector(is_same_division: bool, is_same_section: bool) -> Likelihood {
    match (is_same_division, is_same_section) {
        (true, _) => SECTOR_SAME,
        (false, true) => SECTOR_AROUND,
        (false, false) => SECTOR_DIFFERENT,
    }
}

pub(super) fn number(number: &Number, likeness: number::Likeness) -> Likelihood {
    match likeness {
        number::Likeness::Same if number.is_ambiguous() => NUMBER_AMBIGUOUS,
        number::Likeness::Same => NUMBER_SAME,
        number::Likeness::Near => NUMBER_NEAR,
        number::Likeness::Different => NUMBER_DIFFERENT,
    }
}
