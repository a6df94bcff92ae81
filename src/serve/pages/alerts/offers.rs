//! What the editor of an alert offers to choose from.

use super::{
    form::{AlertForm, TYPES, tick},
    words,
};
use crate::{
    domain::Grade,
    serve::pages::{
        codes::capital,
        form::{Choice, choices},
        look::Tongue,
    },
};

/// What the editor offers to choose from.
pub(super) struct Offers {
    pub(super) channels: Vec<Choice>,
    pub(super) digests: Vec<Choice>,
    pub(super) notches: Vec<Choice>,
    pub(super) directions: Vec<Choice>,
    pub(super) grades: Vec<Choice>,
    pub(super) types: Vec<Choice>,
    pub(super) storms: Vec<Choice>,
    pub(super) locales: Vec<Choice>,
    pub(super) portfolios: Vec<Choice>,
}

impl Offers {
    pub(super) fn of(form: &AlertForm, portfolios: &[String], t: Tongue) -> Self {
        let w = words(t);
        let own = |all: &[(&str, &str)], chosen: &str| {
            choices(&all.iter().map(|(value, label)| (*value, (*label).to_owned())).collect::<Vec<_>>(), chosen)
        };
        let mut notches = vec![("", w.any_notches.to_owned())];
        notches.extend(["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(|n| (n, n.to_owned())));
        let mut grades = vec![("", w.no_floor.to_owned())];
        grades.extend(Grade::PERFORMING.iter().chain(&[Grade::D]).map(|grade| (grade.as_str(), grade.to_string())));
        let ticked = form.types();
        let types = TYPES.iter().enumerate().map(|(place, kind)| Choice {
            value: tick(place),
            label: capital(&t.event_type(kind)),
            is_chosen: ticked.contains(kind),
        });
        let portfolios: Vec<_> = portfolios.iter().map(|name| (name.as_str(), name.clone())).collect();
        Self {
            channels: own(&[("email", w.by_email), ("webhook", w.by_webhook), ("sse", w.by_stream)], &form.channel),
            digests: own(
                &[("none", w.digest_none), ("hourly", w.digest_hourly), ("daily", w.digest_daily)],
                &form.digest,
            ),
            notches: choices(&notches, &form.notches),
            directions: own(&[("down", w.down), ("up", w.up), ("both", w.both)], &form.direction),
            grades: choices(&grades, &form.grade),
            types: types.collect(),
            storms: own(&[("digest", w.storm_digest), ("each", w.storm_each)], &form.storm),
            locales: own(&[("it", "Italiano"), ("en", "English")], &form.locale),
            portfolios: choices(&portfolios, &form.portfolio),
        }
    }
}
