//! Conditions: for whom a track or a phase is.

use toml::Spanned;

use super::{
    problem::{MAX_AMOUNT, Problems},
    written::WrittenWhen,
};
use crate::domain::{Country, Grade, LegalState, WordError};

/// Which way a rating went last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::treat) enum Direction {
    Up,
    Down,
}

impl std::str::FromStr for Direction {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "up" => Ok(Self::Up),
            "down" => Ok(Self::Down),
            _ => Err(WordError::new("direction", text, "must be up or down")),
        }
    }
}

/// Conditions that must all hold; one that is left out holds for everybody.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::treat) struct When {
    pub(in crate::treat) grade_at_or_below: Option<Grade>,
    pub(in crate::treat) grade_at_or_above: Option<Grade>,
    pub(in crate::treat) direction: Option<Direction>,
    pub(in crate::treat) active: Option<bool>,
    pub(in crate::treat) yearly_value_at_least: Option<f64>,
    pub(in crate::treat) yearly_value_below: Option<f64>,
    pub(in crate::treat) legal_states: Vec<LegalState>,
    pub(in crate::treat) countries: Vec<Country>,
    pub(in crate::treat) credit_types: Vec<String>,
    pub(in crate::treat) amount_at_least: f64,
    pub(in crate::treat) invoices_at_least: usize,
}

/// What conditions are asked of: nothing in it depends on when an invoice was due, but for the last two.
#[derive(Debug, Clone, Copy)]
pub(in crate::treat) struct Asked<'a> {
    pub(in crate::treat) grade: Grade,
    pub(in crate::treat) before: Option<Grade>,
    pub(in crate::treat) is_active: bool,
    pub(in crate::treat) yearly_value: Option<f64>,
    pub(in crate::treat) legal: LegalState,
    pub(in crate::treat) country: Option<Country>,
    pub(in crate::treat) credit_types: &'a [String],
    pub(in crate::treat) amount: f64,
    pub(in crate::treat) n_invoices: usize,
}

impl When {
    pub(super) fn read(written: Option<&WrittenWhen>, key: &str, problems: &mut Problems<'_>) -> Self {
        let Some(w) = written else { return Self::default() };
        let grade = |text: &Option<Spanned<String>>, field: &str, problems: &mut Problems<'_>| {
            text.as_ref().and_then(|text| problems.word::<Grade>(text, format!("{key}.when.{field}")))
        };
        let listed = |field: &str| format!("{key}.when.{field}");
        for (field, value) in
            [("yearly_value_at_least", &w.yearly_value_at_least), ("yearly_value_below", &w.yearly_value_below)]
        {
            let Some(value) = value else { continue };
            problems.within(*value.get_ref(), (0.0, MAX_AMOUNT), value.span(), field, listed(field));
        }
        Self {
            grade_at_or_below: grade(&w.grade_at_or_below, "grade_at_or_below", problems),
            grade_at_or_above: grade(&w.grade_at_or_above, "grade_at_or_above", problems),
            direction: w.direction.as_ref().and_then(|text| problems.word(text, listed("direction"))),
            active: w.active,
            yearly_value_at_least: w.yearly_value_at_least.as_ref().map(|value| *value.get_ref()),
            yearly_value_below: w.yearly_value_below.as_ref().map(|value| *value.get_ref()),
            legal_states: w
                .legal_states
                .iter()
                .filter_map(|text| problems.word(text, listed("legal_states")))
                .collect(),
            countries: w.countries.iter().filter_map(|text| problems.word(text, listed("countries"))).collect(),
            credit_types: w.credit_types.iter().map(|kind| kind.trim().to_lowercase()).collect(),
            amount_at_least: w.amount_at_least.as_ref().map_or(0.0, |amount| *amount.get_ref()),
            invoices_at_least: w.invoices_at_least.as_ref().map_or(0, |n| *n.get_ref()),
        }
    }

    /// Whether it holds.
    pub(in crate::treat) fn holds(&self, asked: &Asked<'_>) -> bool {
        self.holds_but_for_the_ledger(asked)
            && asked.amount >= self.amount_at_least
            && asked.n_invoices >= self.invoices_at_least
    }

    fn holds_but_for_the_ledger(&self, asked: &Asked<'_>) -> bool {
        let direction = match asked.before.map_or(0, |before| before.notches_to(asked.grade)) {
            n if n > 0 => Some(Direction::Up),
            n if n < 0 => Some(Direction::Down),
            _ => None,
        };
        let kinds = || asked.credit_types.iter().any(|kind| self.credit_types.contains(&kind.trim().to_lowercase()));
        self.grade_at_or_below.is_none_or(|bound| asked.grade.is_at_or_below(bound))
            && self.grade_at_or_above.is_none_or(|bound| bound.is_at_or_below(asked.grade))
            && self.direction.is_none_or(|wanted| direction == Some(wanted))
            && self.active.is_none_or(|wanted| asked.is_active == wanted)
            && self.yearly_value_at_least.is_none_or(|least| asked.yearly_value.is_some_and(|value| value >= least))
            && self.yearly_value_below.is_none_or(|most| asked.yearly_value.is_none_or(|value| value < most))
            && (self.legal_states.is_empty() || self.legal_states.contains(&asked.legal))
            && (self.countries.is_empty() || asked.country.is_some_and(|country| self.countries.contains(&country)))
            && (self.credit_types.is_empty() || kinds())
    }

    pub(super) fn is_for_everybody(&self) -> bool {
        *self == Self::default()
    }

    /// Whether nobody can be meant: a grade that is worse than one bound and better than the other.
    pub(super) fn is_for_nobody(&self) -> bool {
        let grades = match (self.grade_at_or_below.and_then(Grade::rank), self.grade_at_or_above.and_then(Grade::rank))
        {
            (Some(from), Some(to)) => from > to,
            _ => false,
        };
        let values =
            matches!((self.yearly_value_at_least, self.yearly_value_below), (Some(low), Some(high)) if low >= high);
        grades || values
    }

    /// Whether everybody that this is for is one of those that the other is for.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        fn bound<T: PartialOrd>(own: Option<T>, others: Option<T>, tighter: impl Fn(&T, &T) -> bool) -> bool {
            match (own, others) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(own), Some(others)) => tighter(&own, &others),
            }
        }
        fn listed<T: PartialEq>(own: &[T], others: &[T]) -> bool {
            others.is_empty() || (!own.is_empty() && own.iter().all(|one| others.contains(one)))
        }
        bound(self.grade_at_or_below, other.grade_at_or_below, |own, others| own >= others)
            && bound(self.grade_at_or_above, other.grade_at_or_above, |own, others| own <= others)
            && (other.direction.is_none() || self.direction == other.direction)
            && (other.active.is_none() || self.active == other.active)
            && bound(self.yearly_value_at_least, other.yearly_value_at_least, |own, others| own >= others)
            && bound(self.yearly_value_below, other.yearly_value_below, |own, others| own <= others)
            && listed(&self.legal_states, &other.legal_states)
            && listed(&self.countries, &other.countries)
            && listed(&self.credit_types, &other.credit_types)
            && self.amount_at_least >= other.amount_at_least
            && self.invoices_at_least >= other.invoices_at_least
    }
}
