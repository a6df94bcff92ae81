//! How much credit a client is worth, and whether an order may leave.
//!
//! # Why
//!
//! *Why the least of two?* A limit that is larger than what the client buys is a risk nobody needs; one that is larger than what
//! its risk bears eats what is earned on it. The first is what it buys in the days from invoice to payment, with some headroom;
//! the second the exposure at which the expected loss of a year (PD by loss given default) is a given share of the year's margin.

use super::{Policy, Regularity};
use crate::domain::{Grade, LegalState, Money, Receivables, Treatment, say_money};

/// Limits are said in steps of so much: nobody decides about single euros.
const ROUND_TO: f64 = 100.0;

/// What a limit is computed from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Credit<'a> {
    /// The grade.
    pub grade: Grade,
    /// Probability of default within twelve months.
    pub pd: Option<f64>,
    /// What it buys in a year, whole units, where the creditor says so.
    pub yearly_value: Option<f64>,
    /// What it was invoiced.
    pub receivables: &'a Receivables,
    /// The day, since 1970-01-01.
    pub today: i32,
}

/// Limits at three appetites, whole units of the ledger's currency; none when the risk is not determined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Prudent, balanced, bold.
    pub suggested: Option<[f64; 3]>,
    /// What it buys in a year.
    pub volume: f64,
    /// Days from invoice to payment.
    pub days_to_payment: f64,
    /// What it owes in those days.
    pub need: f64,
    /// What its risk bears, at the three appetites.
    pub bears: Option<[f64; 3]>,
}

impl Policy {
    /// What somebody buys in a year who owes so much on average, where nothing is known of its terms and its delays.
    pub fn yearly_value_of(&self, owed: f64) -> f64 {
        /// A limit is cut to whole steps: it must not lose one to the last digit of a division.
        const NUDGE: f64 = 1.0 + 1e-9;
        owed * 365.0 / self.limit.terms_days * NUDGE
    }
}

/// How much credit at three appetites.
pub fn limits(credit: &Credit<'_>, policy: &Policy) -> Limits {
    let rule = &policy.limit;
    let last_year = || credit.receivables.items.iter().filter(|i| !i.is_credit && credit.today - i.issued < 365);
    let in_major = |minor: i64| super::major(minor, credit.receivables.currency);
    let invoiced = in_major(last_year().map(|item| item.amount_minor).sum());
    let volume = credit.yearly_value.unwrap_or(invoiced);
    #[expect(clippy::cast_precision_loss, reason = "a weight needs seven digits")]
    let weighted = last_year().map(|i| f64::from((i.due - i.issued).max(0)) * i.amount_minor as f64).sum::<f64>();
    #[expect(clippy::cast_precision_loss, reason = "a weight needs seven digits")]
    let weight = last_year().map(|i| i.amount_minor as f64).sum::<f64>();
    let terms = if weight > 0.0 { weighted / weight } else { rule.terms_days };
    let delay = f64::from(Regularity::of(credit.receivables, credit.today).usual_delay_days());
    let days_to_payment = terms + delay;
    let need = volume * days_to_payment / 365.0;
    let a = &policy.assumptions;
    let bears = credit.pd.map(|pd| {
        let loss = (pd * a.lgd).max(f64::EPSILON);
        rule.loss_share.map(|share| share * a.margin * volume / loss)
    });
    let is_none = credit.grade.is_at_or_below(rule.none_at_or_below);
    let suggested = bears.map(|bears| {
        let mut found = [0.0; 3];
        for (place, limit) in found.iter_mut().enumerate() {
            let least = (need * rule.headroom[place]).min(bears[place]);
            *limit = if is_none { 0.0 } else { (least / ROUND_TO).floor().max(0.0) * ROUND_TO };
        }
        found
    });
    Limits { suggested, volume, days_to_payment, need, bears }
}

/// An order and what it would add to, in the ledger's currency but for a foreign order's amount.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Order<'a> {
    /// What is ordered.
    pub amount: Money,
    /// What is owed already.
    pub exposure: Money,
    /// What is owed in other currencies, which no limit counts.
    pub elsewhere: &'a [Money],
    /// Limits that were given in other currencies than the ledger's, and so bind nothing.
    pub foreign_limits: &'a [Money],
    /// Clients of its group whose ledgers are in other currencies than the group's limit.
    pub n_foreign_members: usize,
    /// The limit in force: the least of the client's own and what is left of its group's.
    pub limit: Option<Money>,
    /// The group whose limit that is; none when it is the client's own.
    pub group: Option<&'a str>,
    /// Whether it is in another currency than the ledger: then no limit says anything of it.
    pub is_foreign: bool,
    /// Whether that limit was granted by somebody, and not only suggested.
    pub is_granted: bool,
    /// The grade.
    pub grade: Grade,
    /// What the law says.
    pub legal: LegalState,
    /// How the client is treated.
    pub treatment: &'a Treatment,
}

/// What happens to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It leaves.
    Release,
    /// Somebody looks first.
    Refer,
    /// It stays.
    Hold,
}

impl Verdict {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Refer => "refer",
            Self::Hold => "hold",
        }
    }
}

/// A reason: what it makes of the order, a code, and a sentence in English and Italian.
pub type Ground = (Verdict, &'static str, String, String);

/// Whether an order may leave: the hardest of all reasons, which are in order of hardness.
pub fn release(order: &Order<'_>, policy: &Policy) -> (Verdict, Vec<Ground>) {
    let mut grounds = Vec::new();
    by_law(order, &mut grounds);
    by_treatment(order, policy, &mut grounds);
    by_grade(order, policy, &mut grounds);
    by_limit(order, policy, &mut grounds);
    by_currency(order, &mut grounds);
    grounds.sort_by_key(|ground| std::cmp::Reverse(ground.0));
    let verdict = grounds.first().map_or(Verdict::Release, |ground| ground.0);
    if grounds.is_empty() {
        let (en, it) = ("within the limit, and nothing speaks against it", "entro il fido, e nulla in contrario");
        grounds.push((Verdict::Release, "within_limit", en.to_owned(), it.to_owned()));
    }
    (verdict, grounds)
}

fn by_law(order: &Order<'_>, grounds: &mut Vec<Ground>) {
    let mut say = |verdict, code, en: &str, it: &str| grounds.push((verdict, code, en.to_owned(), it.to_owned()));
    match order.legal {
        LegalState::Free => {}
        LegalState::Ceased => say(Verdict::Hold, "ceased", "the company has ceased", "l'impresa è cessata"),
        LegalState::Insolvent => say(
            Verdict::Hold,
            "insolvent",
            "an insolvency procedure is open: deliver against payment in advance only, to the receiver",
            "è aperta una procedura concorsuale: consegnare solo contro pagamento anticipato, al curatore",
        ),
        LegalState::Restructuring => say(
            Verdict::Refer,
            "restructuring",
            "a restructuring procedure is open: what is delivered now may rank differently from what is owed",
            "è aperta una procedura di risanamento: quanto si consegna ora può avere altro rango",
        ),
        LegalState::VoluntaryLiquidation => {
            say(Verdict::Refer, "liquidation", "the company is winding up", "la società è in liquidazione");
        }
    }
}

fn by_treatment(order: &Order<'_>, policy: &Policy, grounds: &mut Vec<Ground>) {
    let Treatment { phase, overdue, oldest_overdue_days: days, .. } = order.treatment;
    let rung = policy.rung(*phase);
    let (said, said_it) = (say_money(*overdue, false), say_money(*overdue, true));
    if rung.is_some() && rung >= policy.rung(policy.release.hold_from) {
        let en = format!(
            "{said} is overdue for {days} days, and the client is in {}",
            super::say::phase_name(*phase, false)
        );
        let it =
            format!("{said_it} scaduti da {days} giorni, e il cliente è in {}", super::say::phase_name(*phase, true));
        grounds.push((Verdict::Hold, "phase", en, it));
    } else if overdue.major() >= policy.tolerance && overdue.minor() > 0 {
        let en = format!("{said} is overdue for {days} days");
        let it = format!("{said_it} scaduti da {days} giorni");
        grounds.push((Verdict::Refer, "overdue", en, it));
    }
}

fn by_grade(order: &Order<'_>, policy: &Policy, grounds: &mut Vec<Ground>) {
    let grade = order.grade;
    if grade == Grade::D {
        grounds.push((Verdict::Hold, "default", "the client is in default".into(), "il cliente è in default".into()));
    } else if grade == Grade::NotDetermined {
        let (en, it) = ("too little is known of the client", "si sa troppo poco del cliente");
        grounds.push((Verdict::Refer, "not_determined", en.into(), it.into()));
    } else if grade.is_at_or_below(policy.release.refer_at_or_below) {
        grounds.push((Verdict::Refer, "grade", format!("the grade is {grade}"), format!("la classe è {grade}")));
    }
}

/// What is in another currency than the ledger is in no sum, and somebody has to add it up.
fn by_currency(order: &Order<'_>, grounds: &mut Vec<Ground>) {
    let listed = |all: &[Money], italian: bool| -> String {
        all.iter().map(|money| say_money(*money, italian)).collect::<Vec<_>>().join(", ")
    };
    if !order.elsewhere.is_empty() {
        let (en, it) = (listed(order.elsewhere, false), listed(order.elsewhere, true));
        let en = format!("{en} is owed in another currency, which the limit does not count");
        let it = format!("{it} sono dovuti in altra valuta, che il fido non conta");
        grounds.push((Verdict::Refer, "other_currency", en, it));
    }
    if !order.foreign_limits.is_empty() {
        let (en, it) = (listed(order.foreign_limits, false), listed(order.foreign_limits, true));
        let en = format!("a limit of {en} was given, which binds nothing in the currency of the ledger");
        let it = format!("è stato concesso un fido di {it}, che non vincola nella valuta del partitario");
        grounds.push((Verdict::Refer, "limit_currency", en, it));
    }
    if order.n_foreign_members > 0 {
        let n = order.n_foreign_members;
        let en = format!("clients of its group owe in another currency than the group's limit: {n}");
        let it = format!("clienti del gruppo con debiti in valuta diversa dal fido di gruppo: {n}");
        grounds.push((Verdict::Refer, "group_currency", en, it));
    }
}

fn by_limit(order: &Order<'_>, policy: &Policy, grounds: &mut Vec<Ground>) {
    let currency = order.exposure.currency();
    if order.is_foreign {
        let (en, it) = (
            format!("the order is in another currency than the ledger and its limit, which are in {currency}"),
            format!("l'ordine è in una valuta diversa da quella del partitario e del fido, che sono in {currency}"),
        );
        return grounds.push((Verdict::Refer, "currency", en, it));
    }
    let Some(limit) = order.limit else {
        let (en, it) = ("there is no limit, and none can be suggested", "non c'è fido, e non se ne può suggerire uno");
        return grounds.push((Verdict::Refer, "no_limit", en.into(), it.into()));
    };
    let after = order.exposure.minor().saturating_add(order.amount.minor());
    let over = after.saturating_sub(limit.minor());
    if over <= 0 {
        return;
    }
    let [after, over] = [after, over].map(|minor| Money::from_minor(minor, currency));
    // What was only suggested binds nobody: somebody looks.
    let is_near = over.major() <= limit.major() * policy.release.refer_share || !order.is_granted;
    let verdict = if is_near { Verdict::Refer } else { Verdict::Hold };
    let said = |italian: bool| [after, over, limit].map(|money| say_money(money, italian));
    let ([after, over, limit], [after_it, over_it, limit_it]) = (said(false), said(true));
    let (of, of_it) = match order.group {
        Some(group) => (
            format!("the {limit} that the limit of its group {group} leaves it"),
            format!("i {limit_it} che le lascia il fido del gruppo {group}"),
        ),
        None => (format!("the limit of {limit}"), format!("il fido di {limit_it}")),
    };
    let en = format!("with this order {after} would be owed, {over} above {of}");
    let it = format!("con questo ordine l'esposizione sarebbe {after_it}, {over_it} oltre {of_it}");
    grounds.push((verdict, "over_limit", en, it));
}
