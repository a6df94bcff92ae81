use vedetta::{
    extract::Catalogue,
    score::{BUILT_IN_SCALE, Engine, TableScorer, golden_vectors, scale},
    train::history::{Definition, Split, Trained, grow},
};

use super::prior::{expert, world};

const RULES: &str = include_str!("../../../config/rules.toml");

#[test]
fn trees_are_calibrated_for_the_scale_that_the_house_rates_with() {
    let text = BUILT_IN_SCALE
        .replace("at_anchor = 600", "at_anchor = 500")
        .replace("anchor_odds = 19", "anchor_odds = 50")
        .replace("to_double = 50", "to_double = 20");
    let own = scale(&text).unwrap();
    let mut history = world(1_200, 0.5, 1, 11);
    let told = ["days_late_recent", "overdue_share"];
    let untold: Vec<String> =
        history.table.names.iter().filter(|name| !told.contains(&name.as_str())).cloned().collect();
    history.exclude(&untold).unwrap();
    let definition = Definition::Told("a test".to_owned());
    let Trained { model, report, golden, .. } =
        grow(&history, &expert(), &own, &definition, Split::default(), "trees").unwrap();

    let rows = TableScorer::new(model.clone(), own);
    let column = |input: &vedetta::score::Input| {
        let place = history.table.names.iter().position(|name| *name == input.feature).unwrap();
        history.table.columns[place].as_slice()
    };
    let scored = rows.score(&model.inputs.iter().map(column).collect::<Vec<_>>());
    let foretold = scored.iter().map(|row| row.pd.get()).sum::<f64>() / scored.len() as f64;
    let went_bad = report.bad as f64 / report.n as f64;
    assert!((foretold / went_bad - 1.0).abs() < 0.1, "{foretold} {went_bad}");

    let catalogue = Catalogue::get();
    let (json, names) = (serde_json::to_string(&model).unwrap(), catalogue.names());
    let engine = Engine::new("trees", &json, &text, RULES, &names, catalogue.hash()).unwrap();
    let (found, vectors) = golden_vectors(&engine, &String::from_utf8(golden).unwrap(), &names);
    assert!(found.is_ok && vectors.len() == 20, "{found:?}");
    for vector in &vectors {
        let value = |input: &vedetta::score::Input| vector.get(catalogue.place(&input.feature).unwrap());
        let row: Vec<f64> = model.inputs.iter().map(|input| value(input).unwrap_or(f64::NAN)).collect();
        let of_judge = rows.score(&row.chunks(1).collect::<Vec<_>>())[0];
        assert_eq!(engine.points(vector), of_judge.points);
        let of_house = engine.scale().pd(of_judge.points).get();
        assert!((of_house / of_judge.pd.get() - 1.0).abs() < 0.03, "{of_house} {of_judge:?}");
    }
}
