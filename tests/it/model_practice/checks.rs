use vedetta::{desk::FindingView, domain::Sha256, pipeline::Candidate};

use super::{changed, foreign};
use crate::world::{World, house};

/// A small portfolio of one good payer, and every check of a model on it.
async fn checked(candidate: &Candidate) -> Vec<FindingView> {
    let world = World::new().await;
    world.client("default", "C-1", "Officine Sette Ponti", 2).await;
    world.desk.check_model(candidate).await.unwrap()
}

fn failed(findings: &[FindingView]) -> Vec<&str> {
    findings.iter().filter(|finding| !finding.ok).map(|finding| finding.check.as_str()).collect()
}

#[tokio::test]
async fn the_model_that_ships_passes_every_check() {
    let findings = checked(&changed("twin", "\"slope\": 1.0", "\"slope\": 1.0")).await;
    let names: Vec<&str> = findings.iter().map(|finding| finding.check.as_str()).collect();
    assert_eq!(
        names,
        ["hash", "catalogue", "definition", "golden", "more_delay_never_improves", "open_liquidation_is_D"]
    );
    assert_eq!(failed(&findings), [""; 0], "{findings:?}");
}

#[tokio::test]
async fn points_that_were_moved_by_hand_no_longer_give_the_golden_vectors() {
    let findings = checked(&changed("moved", "\"base\": 645", "\"base\": 646")).await;
    assert_eq!(failed(&findings), ["golden"]);
    assert!(findings[3].text.contains("\"nothing is known\" gives 646 points, not 645"), "{findings:?}");
}

#[tokio::test]
async fn a_model_that_likes_delay_is_found_out_and_the_feature_named() {
    let oldest = "{\"upto\": 180, \"points\": -85}, {\"upto\": null, \"points\": -105}";
    let rewarded = "{\"upto\": 180, \"points\": -85}, {\"upto\": null, \"points\": 0}";
    let findings = checked(&changed("mild", oldest, rewarded)).await;
    assert!(failed(&findings).contains(&"more_delay_never_improves"), "{findings:?}");
    let said = findings.iter().find(|finding| finding.check == "more_delay_never_improves").unwrap();
    assert!(said.text.contains("oldest_overdue_days"), "{}", said.text);
}

#[tokio::test]
async fn delay_that_only_a_client_s_own_facts_show_to_be_liked_is_found_out() {
    // Nothing overdue is punished, as a share of what is owed: no feature of delay shows it by itself.
    let share = "{\"upto\": 0, \"points\": 7}, {\"upto\": 0.05, \"points\": 4}";
    let findings =
        checked(&changed("blind", share, "{\"upto\": 0, \"points\": -600}, {\"upto\": 0.05, \"points\": 4}")).await;
    let said = findings.iter().find(|finding| finding.check == "more_delay_never_improves").unwrap();
    assert!(!said.ok && said.text.contains("C-1: what fell due"), "{}", said.text);
}

#[tokio::test]
async fn a_model_made_for_another_feature_table_cannot_rate() {
    let findings = checked(&foreign()).await;
    assert_eq!(failed(&findings), ["catalogue"], "{findings:?}");
    assert!(findings[1].text.contains("feature table"), "{findings:?}");
}

#[tokio::test]
async fn trees_that_do_not_give_their_golden_points_rate_no_client() {
    let forest = "\"base\": 645, \"forest\": {\"base\": 0.0, \"trees\": []}";
    let findings = checked(&changed("trees", "\"base\": 645", forest)).await;
    assert_eq!(failed(&findings), ["golden"], "{findings:?}");
}

#[tokio::test]
async fn a_model_of_tables_is_checked_as_one_and_rates_no_client() {
    let world = World::new().await;
    let table = changed("table", "\"kind\": \"catalogue\"", "\"kind\": \"table\"");
    let findings = world.desk.check_model(&table).await.unwrap();
    let names: Vec<&str> = findings.iter().map(|finding| finding.check.as_str()).collect();
    assert_eq!((names, failed(&findings)), (vec!["hash", "golden", "order"], vec![]), "{findings:?}");
    let refused = world.desk.promote(&house(), &table, |_| true).await.unwrap();
    assert!(!refused.promoted && failed(&refused.checks) == ["catalogue"], "{refused:?}");
    assert!(world.desk.shadow(&house(), Some(&table.files)).await.is_err(), "nor unseen");

    let mut moved = changed("moved", "\"base\": 645", "\"base\": 646");
    moved.files.body = moved.files.body.replace("\"kind\": \"catalogue\"", "\"kind\": \"table\"");
    let findings = world.desk.check_model(&moved).await.unwrap();
    assert_eq!(failed(&findings), ["golden"]);
    assert!(findings[1].text.contains("gives 646 points, not 645"), "{findings:?}");
}

#[tokio::test]
async fn a_file_that_is_not_the_one_signed_for_is_refused_by_its_hash() {
    let mut candidate = changed("signed", "\"slope\": 1.0", "\"slope\": 1.0");
    let golden = Sha256::of(candidate.files.golden.as_deref().unwrap().as_bytes());
    let sums = |model: Sha256| Some(format!("{model}  model.json\n{golden}  golden.csv\n"));
    candidate.sums = sums(candidate.files.hash());
    assert_eq!(failed(&checked(&candidate).await), [""; 0]);
    candidate.sums = sums(Sha256::of(b"another"));
    let findings = checked(&candidate).await;
    assert_eq!(failed(&findings), ["hash"]);
    assert!(findings[0].text.starts_with("model.json: SHA256SUMS says"), "{findings:?}");
}

#[tokio::test]
async fn a_model_without_golden_vectors_may_not_rate() {
    let mut candidate = changed("bare", "\"slope\": 1.0", "\"slope\": 1.0");
    candidate.files.golden = None;
    assert_eq!(failed(&checked(&candidate).await), ["golden"]);
}

#[tokio::test]
async fn a_list_of_hashes_that_leaves_a_file_out_signs_for_nothing() {
    let mut candidate = changed("signed", "\"slope\": 1.0", "\"slope\": 1.0");
    for (sums, says) in [("00ff  card.md\n", "no line for model.json"), ("", "there is no SHA256SUMS")] {
        candidate.sums = Some(sums.to_owned());
        let findings = checked(&candidate).await;
        assert_eq!(failed(&findings), ["hash"]);
        assert!(findings[0].text.contains(says), "{findings:?}");
    }
}

#[tokio::test]
async fn a_model_of_another_question_may_rate_only_knowingly() {
    let mut candidate = changed("late-15", "\"horizon_months\": 12", "\"horizon_months\": 3");
    let findings = checked(&candidate).await;
    assert_eq!(failed(&findings), ["definition"]);
    assert!(findings[2].text.contains("within 3 months"), "{findings:?}");
    candidate.allows_other_definition = true;
    assert_eq!(failed(&checked(&candidate).await), [""; 0]);
}

#[test]
fn the_model_that_is_built_in_is_the_one_that_is_signed_for() {
    let (model, golden, sums) = vedetta::config::BUILT_IN_FILES;
    for (file, text) in [("model.json", model), ("golden.csv", golden)] {
        let line = format!("{}  {file}", Sha256::of(text.as_bytes()));
        assert!(sums.lines().any(|signed| signed == line), "{line}");
    }
}
