//! Whether a prospect is given credit, how much, and on which terms.
//!
//! # Why
//!
//! *Why rules of their own and not the policy's?* The policy says what is done about a debt; these say whether there is to be
//! one. They are read, versioned and changed by other people, and an assessment must name the version of both.
//!
//! *Why does a certain hard state win over a doubt about identity?* The doubt is about other records. What is certain is
//! certain, and nobody should be asked to look at a company whose procedure is open.
//!
//! *Why is nothing said in favour?* An approval is the absence of reasons against it, on what was asked and answered. A source
//! that did not answer is a reason, too.

mod rules;

use crate::domain::{Grade, LegalState};

pub use rules::{OnboardingRules, Terms};

/// What becomes of a prospect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Advice {
    /// It is given credit.
    Approve,
    /// A person looks first.
    Refer,
    /// It is given none.
    Refuse,
}

impl Advice {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Refer => "refer",
            Self::Refuse => "refuse",
        }
    }
}

/// Who the prospect is among the clients that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody of ours.
    New,
    /// Another company than a client that bears its name.
    Homonym,
    /// It may be a client.
    Uncertain,
    /// It is a client.
    Client,
}

impl Standing {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Homonym => "homonym",
            Self::Uncertain => "uncertain",
            Self::Client => "client",
        }
    }
}

/// What is known of a prospect. Money in whole units of one currency.
#[derive(Debug, Clone, PartialEq)]
pub struct Applicant<'a> {
    /// The grade.
    pub grade: Grade,
    /// What the law says.
    pub legal: LegalState,
    /// Who it is among our clients.
    pub standing: Standing,
    /// Records that may be about it, and may not: they moved nothing.
    pub n_uncertain: usize,
    /// Whether a register or an authority said for certain that it exists.
    pub is_identified: bool,
    /// Whether an authority said that its tax number is none.
    pub is_vat_invalid: bool,
    /// Sources that were asked and gave no answer, or not all of it.
    pub blind: &'a [String],
    /// What it asks for.
    pub amount: f64,
    /// What it is worth: prudent, balanced, bold; none when its risk is not determined.
    pub suggested: Option<[f64; 3]>,
}

/// A reason: what it alone would make of the prospect, a code, and a sentence in English and Italian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// What it alone would make of it.
    pub advice: Advice,
    /// A word for programs.
    pub code: &'static str,
    /// As a sentence.
    pub text: String,
    /// The same in Italian.
    pub text_it: String,
}

/// What was decided, by the rules alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// What becomes of it: the hardest of all reasons.
    pub advice: Advice,
    /// Why, the hardest first.
    pub grounds: Vec<Ground>,
    /// How much it may owe; of a referral, what would be granted if nothing stood against it; 0 of a refusal. None when its
    /// risk is not determined.
    pub limit: Option<f64>,
    /// On which terms; a refusal leaves payment in advance.
    pub terms: Terms,
}

/// Decides about a prospect. Pure: the same applicant under the same rules gives the same answer.
pub fn decide(applicant: &Applicant<'_>, rules: &OnboardingRules) -> Decided {
    let mut grounds = Vec::new();
    by_law(applicant, rules, &mut grounds);
    by_identity(applicant, rules, &mut grounds);
    by_grade(applicant, rules, &mut grounds);
    by_blindness(applicant, rules, &mut grounds);
    by_amount(applicant, rules, &mut grounds);
    // Stable: reasons of one hardness stay in the order in which they were looked for.
    grounds.sort_by_key(|ground| std::cmp::Reverse(ground.advice));
    let advice = grounds.first().map_or(Advice::Approve, |ground| ground.advice);
    if grounds.is_empty() {
        let (en, it) =
            ("nothing that was asked and answered speaks against it", "nulla di quanto chiesto e saputo è contrario");
        grounds.push(ground(Advice::Approve, "nothing_against", en, it));
    }
    let (limit, terms) = match advice {
        Advice::Refuse => (Some(0.0), rules.terms_of(Grade::D)),
        _ => (granted(applicant, rules), rules.terms_of(applicant.grade)),
    };
    Decided { advice, grounds, limit, terms: terms.clone() }
}

/// What may be granted without asking: never more than was asked for.
fn granted(applicant: &Applicant<'_>, rules: &OnboardingRules) -> Option<f64> {
    match applicant.suggested {
        Some(suggested) => Some(suggested[rules.appetite].min(applicant.amount)),
        None => (rules.not_determined_up_to > 0.0).then(|| rules.not_determined_up_to.min(applicant.amount)),
    }
}

fn ground(advice: Advice, code: &'static str, text: impl Into<String>, text_it: impl Into<String>) -> Ground {
    Ground { advice, code, text: text.into(), text_it: text_it.into() }
}

fn by_law(applicant: &Applicant<'_>, rules: &OnboardingRules, grounds: &mut Vec<Ground>) {
    let state = applicant.legal;
    match state {
        LegalState::Free => {}
        LegalState::Ceased => {
            grounds.push(ground(Advice::Refuse, "ceased", "the company has ceased", "l'impresa è cessata"));
        }
        LegalState::Insolvent => {
            let (en, it) = ("an insolvency procedure is open", "è aperta una procedura concorsuale");
            grounds.push(ground(Advice::Refuse, "insolvent", en, it));
        }
        LegalState::Restructuring | LegalState::VoluntaryLiquidation if rules.refer_states.contains(&state) => {
            let (code, en, it) = match state {
                LegalState::Restructuring => {
                    ("restructuring", "a restructuring procedure is open", "è aperta una procedura di risanamento")
                }
                _ => ("liquidation", "the company is winding up", "la società è in liquidazione"),
            };
            grounds.push(ground(Advice::Refer, code, en, it));
        }
        LegalState::Restructuring | LegalState::VoluntaryLiquidation => {}
    }
}

fn by_identity(applicant: &Applicant<'_>, rules: &OnboardingRules, grounds: &mut Vec<Ground>) {
    let mut refer = |code, en: String, it: String| grounds.push(ground(Advice::Refer, code, en, it));
    match applicant.standing {
        Standing::New | Standing::Homonym => {}
        Standing::Client => refer(
            "already_a_client",
            "it is a client already: its own rating and limit hold".to_owned(),
            "è già cliente: valgono la sua classe e il suo fido".to_owned(),
        ),
        Standing::Uncertain => refer(
            "may_be_a_client",
            "it may be one of the clients: a person must say whether it is".to_owned(),
            "potrebbe essere un cliente già presente: deve dirlo una persona".to_owned(),
        ),
    }
    let n = applicant.n_uncertain;
    if n > 0 {
        refer(
            "doubtful_records",
            format!("{n} records may be about it or about a namesake; they moved nothing, a person must look"),
            format!(
                "{n} notizie possono riguardarla o riguardare un omonimo; non hanno pesato, deve guardarle una persona"
            ),
        );
    }
    if !applicant.is_identified {
        refer(
            "not_identified",
            "no register that was asked knows the company for certain".to_owned(),
            "nessun registro interpellato conosce con certezza l'impresa".to_owned(),
        );
    }
    if applicant.is_vat_invalid && rules.refer_when_vat_invalid {
        refer(
            "vat_invalid",
            "its tax number is said to be invalid".to_owned(),
            "la sua partita IVA risulta non valida".to_owned(),
        );
    }
}

fn by_grade(applicant: &Applicant<'_>, rules: &OnboardingRules, grounds: &mut Vec<Ground>) {
    let grade = applicant.grade;
    if grade == Grade::D {
        grounds.push(ground(Advice::Refuse, "default", "it is in default", "è in default"));
    } else if grade == Grade::NotDetermined {
        if applicant.amount > rules.not_determined_up_to {
            let (en, it) =
                ("too little is known of it to determine its risk", "se ne sa troppo poco per determinarne il rischio");
            grounds.push(ground(Advice::Refer, "not_determined", en, it));
        }
    } else if grade.is_at_or_below(rules.refuse_at_or_below) {
        grounds.push(ground(Advice::Refuse, "grade", format!("the grade is {grade}"), format!("la classe è {grade}")));
    } else if grade.is_at_or_below(rules.refer_at_or_below) {
        grounds.push(ground(Advice::Refer, "grade", format!("the grade is {grade}"), format!("la classe è {grade}")));
    }
}

fn by_blindness(applicant: &Applicant<'_>, rules: &OnboardingRules, grounds: &mut Vec<Ground>) {
    if !rules.refer_when_blind || applicant.blind.is_empty() {
        return;
    }
    let names = applicant.blind.join(", ");
    let en = format!("not checked, which is not the same as clean: {names}");
    let it = format!("non verificato, che non vuol dire pulito: {names}");
    grounds.push(ground(Advice::Refer, "blind", en, it));
}

fn by_amount(applicant: &Applicant<'_>, rules: &OnboardingRules, grounds: &mut Vec<Ground>) {
    let Some(suggested) = applicant.suggested else { return };
    let (asked, limit) = (applicant.amount, suggested[rules.appetite]);
    if asked > limit {
        let en = format!("it asks for {asked:.2}, and {limit:.2} can be granted without asking");
        let it = format!("chiede {asked:.2}, e {limit:.2} è concedibile senza altro esame");
        grounds.push(ground(Advice::Refer, "over_limit", en, it));
    }
}
