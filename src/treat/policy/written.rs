//! A policy as it is written.

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) version: Spanned<String>,
    pub(super) tolerance: f64,
    pub(super) review_days: i32,
    pub(super) active_days: i32,
    pub(super) irregular_days: i32,
    pub(super) pre_due_days: i32,
    pub(super) retry_days: i32,
    pub(super) most_tries: u32,
    pub(super) holds: WrittenHolds,
    pub(super) deescalation: WrittenDeescalation,
    pub(super) track: Vec<WrittenTrack>,
    pub(super) phase: Vec<WrittenPhase>,
    pub(super) assumptions: WrittenAssumptions,
    #[serde(default)]
    pub(super) sign: Vec<WrittenSign>,
    pub(super) limit: WrittenLimit,
    pub(super) release: WrittenRelease,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenHolds {
    pub(super) dispute_days: i32,
    pub(super) grace_days: i32,
    pub(super) most_broken: u32,
    #[serde(default = "promise_days")]
    pub(super) promise_days: i32,
    #[serde(default = "plan_days")]
    pub(super) plan_days: i32,
    #[serde(default = "plan_gap_days")]
    pub(super) plan_gap_days: i32,
    pub(super) protective: Vec<Spanned<String>>,
    pub(super) protective_up_to: Spanned<String>,
}

/// Two months: who cannot pay by then needs a plan.
fn promise_days() -> i32 {
    60
}

/// Five years: as many monthly instalments as a plan may have.
fn plan_days() -> i32 {
    1_830
}

/// Half a year: instalments are monthly or quarterly as a rule, and a season has two.
fn plan_gap_days() -> i32 {
    186
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenDeescalation {
    pub(super) paid_share: Spanned<f64>,
    pub(super) steps_down: usize,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenWhen {
    pub(super) grade_at_or_below: Option<Spanned<String>>,
    pub(super) grade_at_or_above: Option<Spanned<String>>,
    pub(super) direction: Option<Spanned<String>>,
    pub(super) active: Option<bool>,
    pub(super) yearly_value_at_least: Option<Spanned<f64>>,
    pub(super) yearly_value_below: Option<Spanned<f64>>,
    pub(super) legal_states: Vec<Spanned<String>>,
    pub(super) countries: Vec<Spanned<String>>,
    pub(super) credit_types: Vec<String>,
    pub(super) amount_at_least: Option<Spanned<f64>>,
    pub(super) invoices_at_least: Option<Spanned<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenTrack {
    pub(super) name: Spanned<String>,
    pub(super) when: Option<WrittenWhen>,
    pub(super) start: Spanned<String>,
    pub(super) after_days: i32,
    #[serde(default = "one")]
    pub(super) pace: f64,
    #[serde(default)]
    pub(super) delay_days: i32,
    pub(super) tone: Option<Spanned<String>>,
    pub(super) called: Option<WrittenTexts>,
}

fn one() -> f64 {
    1.0
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenPhase {
    pub(super) name: Spanned<String>,
    pub(super) next: Option<Spanned<String>>,
    #[serde(default, rename = "final")]
    pub(super) is_final: bool,
    #[serde(default)]
    pub(super) on: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) after_days: Option<Spanned<i32>>,
    #[serde(default)]
    pub(super) lasts_days: i32,
    #[serde(default)]
    pub(super) act_within_days: i32,
    pub(super) action: Spanned<String>,
    pub(super) channel: Spanned<String>,
    pub(super) tone: Spanned<String>,
    pub(super) owner: Spanned<String>,
    #[serde(default)]
    pub(super) cost: f64,
    #[serde(default = "one")]
    pub(super) recovers: f64,
    #[serde(default = "one")]
    pub(super) effect: f64,
    #[serde(default)]
    pub(super) annoys: f64,
    pub(super) assign_from: Option<f64>,
    pub(super) when: Option<WrittenWhen>,
    pub(super) text: Option<WrittenTexts>,
    pub(super) white_gloves: Option<WrittenTexts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenTexts {
    pub(super) en: Spanned<String>,
    pub(super) it: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenAssumptions {
    pub(super) step_days: i32,
    pub(super) lgd: f64,
    #[serde(default = "unknown_pd")]
    pub(super) unknown_pd: f64,
    pub(super) capital_rate: f64,
    pub(super) prior_delay_days: f64,
    pub(super) prior_invoices: f64,
    pub(super) further_delay_days: f64,
    pub(super) margin: f64,
    pub(super) replacement_years: f64,
    pub(super) limitation_years: i32,
    pub(super) limitation_warning_days: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenSign {
    pub(super) feature: Spanned<String>,
    pub(super) above: f64,
    #[serde(default)]
    pub(super) cannot: f64,
    #[serde(default)]
    pub(super) will_not: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenAppetites {
    pub(super) prudent: f64,
    pub(super) balanced: f64,
    pub(super) bold: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenLimit {
    pub(super) headroom: Spanned<WrittenAppetites>,
    pub(super) loss_share: Spanned<WrittenAppetites>,
    pub(super) terms_days: Spanned<f64>,
    pub(super) none_at_or_below: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRelease {
    pub(super) hold_from: Spanned<String>,
    pub(super) refer_at_or_below: Spanned<String>,
    pub(super) refer_share: f64,
}

/// Of a policy that was written before this could be said.
const fn unknown_pd() -> f64 {
    0.05
}
