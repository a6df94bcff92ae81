use std::borrow::Cow;

use super::{
    Because,
    weigh::{COMPANIES, FAMILY, IN_THE_PRESS, Likelihood, PERSONS, RELATIVES},
};

/// Fields that two rows have in common at the most.
const MOST_FIELDS: usize = 8;

/// The three stories, as far as they have been told, and what each field moved. Texts are borrowed: of all that are compared
/// few are shown.
#[derive(Debug, Clone)]
pub(super) struct Scales<'a> {
    same: f64,
    stranger: f64,
    kin: f64,
    n_strangers: f64,
    prior: f64,
    moved: Vec<Moved<'a>>,
}

#[derive(Debug, Clone)]
struct Moved<'a> {
    field: &'static str,
    theirs: Cow<'a, str>,
    ours: Cow<'a, str>,
    weight: f64,
}

impl<'a> Scales<'a> {
    /// Before anything is compared: any company, or any person.
    pub(super) fn new(is_person: bool, is_in_the_press: bool) -> Self {
        let (stranger, kin) = match (is_person, is_in_the_press) {
            (true, _) => (PERSONS, FAMILY),
            (false, true) => (IN_THE_PRESS, RELATIVES),
            (false, false) => (COMPANIES, RELATIVES),
        };
        let mut scales = Self {
            same: 1.0,
            stranger,
            kin,
            n_strangers: stranger,
            prior: 0.0,
            moved: Vec::with_capacity(MOST_FIELDS),
        };
        scales.prior = scales.bits();
        scales
    }

    /// The odds that the record is the client's, in bits.
    pub(super) fn bits(&self) -> f64 {
        self.odds().log2()
    }

    /// The same as odds.
    pub(super) fn odds(&self) -> f64 {
        self.same / (self.stranger + self.kin)
    }

    /// What the odds would be if this were found as well.
    pub(super) fn odds_if(&self, found: Likelihood) -> f64 {
        self.same * found.same / (self.stranger * found.stranger + self.kin * found.kin)
    }

    pub(super) fn put(
        &mut self,
        field: &'static str,
        theirs: impl Into<Cow<'a, str>>,
        ours: impl Into<Cow<'a, str>>,
        found: Likelihood,
    ) {
        let before = self.bits();
        self.same *= found.same;
        self.stranger *= found.stranger;
        self.kin *= found.kin;
        let weight = self.bits() - before;
        self.moved.push(Moved { field, theirs: theirs.into(), ours: ours.into(), weight });
    }

    /// What every field said.
    pub(super) fn because(self) -> Vec<Because> {
        let ours = format!("one of {:.0}", self.n_strangers);
        let prior = Because { field: "prior", theirs: String::new(), ours, weight: self.prior };
        let moved = self.moved.into_iter().map(|Moved { field, theirs, ours, weight }| Because {
            field,
            theirs: theirs.into_owned(),
            ours: ours.into_owned(),
            weight,
        });
        std::iter::once(prior).chain(moved).collect()
    }
}
