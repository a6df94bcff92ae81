//! The rules, as a function of what is known.

use vedetta::{
    domain::{Grade, LegalState},
    treat::{Advice, Applicant, OnboardingRules, Standing, decide},
};

fn sound() -> Applicant<'static> {
    Applicant {
        grade: Grade::B1,
        legal: LegalState::Free,
        standing: Standing::New,
        n_uncertain: 0,
        is_identified: true,
        is_vat_invalid: false,
        blind: &[],
        amount: 5_000.0,
        suggested: Some([4_000.0, 6_000.0, 9_000.0]),
    }
}

fn advice(applicant: &Applicant<'_>) -> (Advice, &'static str, Option<f64>) {
    let decided = decide(applicant, &OnboardingRules::default());
    (decided.advice, decided.grounds[0].code, decided.limit)
}

#[test]
fn a_sound_prospect_is_approved_for_what_it_asks_and_no_more() {
    assert_eq!(advice(&sound()), (Advice::Approve, "nothing_against", Some(5_000.0)));
    let greedy = Applicant { amount: 7_000.0, ..sound() };
    assert_eq!(advice(&greedy), (Advice::Refer, "over_limit", Some(6_000.0)));
}

#[test]
fn hard_states_refuse_whatever_else_is_in_doubt() {
    let blind = ["register".to_owned()];
    for (legal, code) in [(LegalState::Insolvent, "insolvent"), (LegalState::Ceased, "ceased")] {
        let gone = Applicant {
            legal,
            grade: Grade::D,
            standing: Standing::Uncertain,
            n_uncertain: 3,
            blind: &blind,
            suggested: Some([0.0; 3]),
            ..sound()
        };
        assert_eq!(advice(&gone), (Advice::Refuse, code, Some(0.0)));
    }
    assert_eq!(advice(&Applicant { grade: Grade::C3, ..sound() }).0, Advice::Refuse);
}

#[test]
fn any_doubt_about_who_it_is_goes_to_a_person() {
    let blind = ["register".to_owned()];
    for (doubtful, code) in [
        (Applicant { standing: Standing::Uncertain, ..sound() }, "may_be_a_client"),
        (Applicant { standing: Standing::Client, ..sound() }, "already_a_client"),
        (Applicant { n_uncertain: 1, ..sound() }, "doubtful_records"),
        (Applicant { is_identified: false, ..sound() }, "not_identified"),
        (Applicant { is_vat_invalid: true, ..sound() }, "vat_invalid"),
        (Applicant { blind: &blind, ..sound() }, "blind"),
        (Applicant { legal: LegalState::VoluntaryLiquidation, ..sound() }, "liquidation"),
        (Applicant { grade: Grade::C1, ..sound() }, "grade"),
    ] {
        let (advice, first, _) = advice(&doubtful);
        assert_eq!((advice, first), (Advice::Refer, code));
    }
    assert_eq!(advice(&Applicant { standing: Standing::Homonym, ..sound() }).0, Advice::Approve);
}

#[test]
fn who_is_not_determined_is_referred_unless_the_rules_give_it_a_small_amount() {
    let unknown = Applicant { grade: Grade::NotDetermined, suggested: None, amount: 900.0, ..sound() };
    assert_eq!(advice(&unknown), (Advice::Refer, "not_determined", None));
    let text = include_str!("../../../config/onboarding.toml");
    let rules = OnboardingRules::parse(&text.replacen("up_to = 0.0", "up_to = 1000.0", 1)).unwrap();
    let decided = decide(&unknown, &rules);
    assert_eq!((decided.advice, decided.limit, decided.terms.advance), (Advice::Approve, Some(900.0), 1.0));
    let more = Applicant { amount: 1_001.0, ..unknown };
    assert_eq!(decide(&more, &rules).advice, Advice::Refer);
}
