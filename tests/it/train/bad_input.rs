//! Tables as they come: what is wrong is named, and nothing vanishes silently.

use std::fmt::Write as _;

use vedetta::{
    score::{BUILT_IN_SCALE, TableScorer, scale},
    train::{Algorithm, Columns, Table, TrainOptions, read_directions, scorecard, train},
};

/// 400 rows of `x` (the risk), with more columns written by `more`.
fn csv(header: &str, more: impl Fn(usize) -> String) -> String {
    let mut text = format!("x,{header},bad\n");
    for row in 0..400 {
        let x = row * 7 % 100;
        let is_bad = (x + row * 31 % 40) > 90;
        writeln!(text, "{x},{},{}", more(row), u8::from(is_bad)).unwrap();
    }
    text
}

fn read(csv: &str) -> Table {
    Table::read(csv.as_bytes(), "bad", &[], None).unwrap()
}

fn why_left_out(table: &Table, column: &str) -> String {
    table.left_out.iter().find(|(name, _)| name == column).map(|(_, why)| why.clone()).unwrap_or_default()
}

#[test]
fn columns_that_say_nothing_are_named_with_the_reason() {
    let table = read(&csv("constant,twin,empty,id", |row| format!("5,{},,k{row}", row * 7 % 100)));
    assert_eq!(why_left_out(&table, "constant"), "every cell is the same");
    assert_eq!(why_left_out(&table, "twin"), "the same as x");
    assert_eq!(why_left_out(&table, "empty"), "every cell is missing");
    assert!(why_left_out(&table, "id").contains("400 different words"), "{:?}", table.left_out);
    assert_eq!(table.names, ["x"]);
    let (_, report) = scorecard(&table, "bad", &TrainOptions::default()).unwrap();
    assert_eq!(report.dropped.len(), 4);
}

#[test]
fn a_column_without_a_name_is_no_input_and_is_told_of() {
    let numbered: String = csv("y,", |row| format!("{},{row}", row % 13))
        .lines()
        .enumerate()
        .map(|(n, line)| match n {
            0 => format!(",{line}\n"),
            n => format!("{},{line}\n", n - 1),
        })
        .collect();
    let table = read(&numbered);
    assert_eq!(table.names, ["x", "y"]);
    for column in ["column 1", "column 4"] {
        assert!(why_left_out(&table, column).contains("no name"), "{:?}", table.left_out);
    }
    let (model, report) = scorecard(&table, "bad", &TrainOptions::default()).unwrap();
    assert!(report.dropped.iter().any(|dropped| dropped.column == "column 1"));
    assert_eq!(Columns::read(numbered.as_bytes(), &model, &[]).unwrap().n_rows(), 400);
}

#[test]
fn flags_that_differ_in_a_few_rows_are_two_columns_and_only_a_true_twin_is_left_out() {
    let one = [0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1];
    let other = [0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0];
    let mut text = "one,other,twin,bad\n".to_owned();
    for (row, (one, other)) in one.iter().zip(other).enumerate() {
        writeln!(text, "{one},{other},{one},{}", row % 2).unwrap();
    }
    let table = read(&text);
    assert_eq!(table.names, ["one", "other"]);
    assert_eq!(table.left_out, [("twin".to_owned(), "the same as one".to_owned())]);
}

#[test]
fn stray_words_and_infinite_cells_count_as_missing_and_are_told() {
    let cell = |row: usize| match row {
        3 => "n/d".to_owned(),
        4 => "inf".to_owned(),
        5 => "1e999".to_owned(),
        _ => (row % 13).to_string(),
    };
    let table = read(&csv("y", cell));
    let place = table.names.iter().position(|n| n == "y").unwrap();
    assert!((3..6).all(|row| table.columns[place][row].is_nan()));
    let told: Vec<&str> = table.notes.iter().map(|(_, why)| why.as_str()).collect();
    assert!(told.iter().any(|t| t.contains("2 infinite cells")), "{told:?}");
    assert!(told.iter().any(|t| t.contains("\"n/d\" in row 3")), "{told:?}");
}

#[test]
fn words_of_a_column_become_groups_with_points() {
    let town = |row: usize| if row * 7 % 100 > 60 { "Terni".to_owned() } else { ["Lodi", "Asti"][row % 2].to_owned() };
    let mut table = read(&csv("town", town));
    table.columns.remove(0);
    table.names.remove(0);
    let (model, _) = scorecard(&table, "bad", &TrainOptions::default()).unwrap();
    let points = |word: &str| {
        let groups = model.inputs[0].groups.iter();
        groups.into_iter().find(|g| g.words.iter().any(|w| w == word)).map(|g| g.points).unwrap()
    };
    assert!(points("Terni") < points("Lodi") && points("Terni") < points("Asti"));
}

#[test]
fn a_special_value_gets_points_of_its_own() {
    let y = |row: usize| if row * 7 % 100 > 70 { "999".to_owned() } else { (row % 13).to_string() };
    let table = read(&csv("y", y));
    let options = TrainOptions { special: vec![999.0], ..TrainOptions::default() };
    let (model, _) = scorecard(&table, "bad", &options).unwrap();
    let y = model.inputs.iter().find(|i| i.feature == "y").unwrap();
    assert!(y.special[0].points < y.points(Some(5.0)), "{y:?}");
    assert_eq!(y.points(Some(999.0)), y.special[0].points);
}

#[test]
fn a_table_that_cannot_teach_is_refused_in_words() {
    let refusal = |csv: &str| scorecard(&read(csv), "bad", &TrainOptions::default()).unwrap_err().to_string();
    assert!(refusal("x,bad\n1,0\n2,0\n").contains("all 2 rows are good"));
    let ten: String = (0..10).map(|i| format!("{i},{}\n", i % 2)).collect();
    assert!(refusal(&format!("x,bad\n{ten}")).contains("5 bad rows of 10: at least 10"));
    let constant: String = (0..60).map(|i| format!("1,{}\n", i % 2)).collect();
    let refused = refusal(&format!("x,bad\n{constant}"));
    assert!(refused.contains("no column is left to learn from; left out: x (every cell is the same)"), "{refused}");
    let telling_nothing: String = (0..400).map(|i| format!("{},{}\n", i / 2 % 7, i % 2)).collect();
    let refused = refusal(&format!("x,bad\n{telling_nothing}"));
    assert!(refused.contains("beyond chance; looked at: x"), "{refused}");
    assert!(refusal("x,bad\n").contains("no row below the header"));
    let error =
        |csv: &str, exclude: &[&str]| Table::read(csv.as_bytes(), "bad", exclude, None).unwrap_err().to_string();
    assert!(error("", &[]).contains("the file is empty"));
    assert!(error("x;bad\n1;0\n", &[]).contains("must be parted by commas"));
    assert!(error("x,x,bad\n1,1,0\n", &[]).contains("\"x\" stands twice"));
    assert!(error("x,bad\n1,maybe\n", &[]).contains("row 0: column \"bad\" is \"maybe\""));
    assert!(error("x,bad\n1,0\n", &["z"]).contains("no column \"z\""));
    assert!(error("x,bad\n1,0,7\n", &[]).contains("fields"));
}

#[test]
fn columns_of_chance_are_refused_and_a_column_that_knows_the_outcome_is_pointed_at() {
    let chance: String = (0..400).map(|row| format!("{},{}\n", row * 7 % 100, u8::from(row / 100 % 2 == 1))).collect();
    let refusal =
        scorecard(&read(&format!("x,bad\n{chance}")), "bad", &TrainOptions::default()).unwrap_err().to_string();
    assert!(refusal.contains("beyond chance"), "{refusal}");
    let outcome = |row: usize| u8::from((row * 7 % 100 + row * 31 % 40) > 90).to_string();
    let (_, report) = scorecard(&read(&csv("after", outcome)), "bad", &TrainOptions::default()).unwrap();
    let note = report.notes.iter().find(|n| n.column == "after").map(|n| n.why.as_str()).unwrap_or_default();
    assert!(note.contains("known before the outcome"), "{:?}", report.notes);
}

#[test]
fn a_column_that_no_tree_asks_about_is_named_and_the_model_does_not_need_it() {
    // Three rows of four hundred have a value: too few for either side of a question.
    let rare = |row: usize| if row % 150 == 7 { row.to_string() } else { String::new() };
    let table = read(&csv("rare,y", |row| format!("{},{}", rare(row), row * 13 % 50)));
    let (model, report) = train(&table, "bad", Algorithm::Boosted, &TrainOptions::default()).unwrap();
    let why = report.dropped.iter().find(|dropped| dropped.column == "rare").map(|dropped| dropped.why.as_str());
    assert_eq!(why, Some("no question of any tree falls on it"), "{:?}", report.dropped);
    let names: Vec<&str> = model.inputs.iter().map(|input| input.feature.as_str()).collect();
    assert_eq!(names, ["x", "y"]);
    assert!(model.inputs[0].weight > model.inputs[1].weight, "x is the risk: {:?}", model.inputs);

    let scorer = TableScorer::new(model, scale(BUILT_IN_SCALE).unwrap());
    let scored = scorer.score(&[&[5.0, 99.0], &[20.0, 20.0]]);
    assert!(scored[0].pd.get() < 0.1 && scored[1].pd.get() > 0.5, "the questions ask what they asked: {scored:?}");
}

#[test]
fn folds_that_leave_one_class_are_named() {
    let table = read(&csv("y", |row| row.to_string()));
    let folds = Some(vec![table.bad.iter().map(|bad| usize::from(*bad)).collect()]);
    let refused = scorecard(&table, "bad", &TrainOptions { folds, ..TrainOptions::default() }).unwrap_err().to_string();
    assert!(refused.contains("without fold 0: every row is bad"), "{refused}");
}

#[test]
fn bad_rows_of_two_clients_alone_still_teach() {
    let text =
        csv(
            "client",
            |row| if row * 7 % 100 + row * 31 % 40 > 90 { format!("c{}", row % 2) } else { format!("d{row}") },
        );
    let table = Table::read(text.as_bytes(), "bad", &[], Some("client")).unwrap();
    let (model, report) = scorecard(&table, "bad", &TrainOptions::default()).unwrap();
    assert!(report.auc > 0.7 && model.inputs.len() == 1, "{report:?}");
}

#[test]
fn folds_that_part_a_group_and_directions_without_a_column_are_refused() {
    let text = csv("client", |row| format!("c{}", row / 2));
    let table = Table::read(text.as_bytes(), "bad", &[], Some("client")).unwrap();
    let folds = Some(vec![(0..400).map(|row| row % 5).collect()]);
    let refused = scorecard(&table, "bad", &TrainOptions { folds, ..TrainOptions::default() }).unwrap_err().to_string();
    assert!(refused.contains("group \"c0\" spans folds 0 and 1"), "{refused}");
    let monotone = read_directions("z = \"up\"").unwrap();
    let refused =
        scorecard(&table, "bad", &TrainOptions { monotone, ..TrainOptions::default() }).unwrap_err().to_string();
    assert!(refused.contains("no column \"z\""), "{refused}");
    assert!(read_directions("x = \"sideways\"").unwrap_err().to_string().contains("must be \"up\" or \"down\""));
}

#[test]
fn the_card_of_either_kind_of_model_names_what_is_too_good_and_what_an_empty_cell_tells() {
    let is_bad = |row: usize| (row * 7 % 100 + row * 31 % 40) > 90;
    let cells = |row: usize| {
        let told = if is_bad(row) { 900 + row % 7 } else { row % 5 };
        let audit = if is_bad(row) && !row.is_multiple_of(3) { String::new() } else { (row % 11).to_string() };
        let typed = if row == 3 { "n/d".to_owned() } else { (row % 17).to_string() };
        format!("{told},{audit},{typed}")
    };
    let table = read(&csv("told,audit,typed", cells));
    for algorithm in [Algorithm::Scorecard, Algorithm::Boosted] {
        let (_, report) = train(&table, "bad", algorithm, &TrainOptions::default()).unwrap();
        let says =
            |column: &str, what: &str| report.notes.iter().any(|note| note.column == column && note.why.contains(what));
        assert!(says("told", "tells the outcome nearly by itself"), "{algorithm:?}: {:?}", report.notes);
        let first = &report.notes[0].why;
        assert!(first.contains("by itself"), "what matters most comes before typing errors: {:?}", report.notes);
        assert!(says("typed", "hold no number"), "{algorithm:?}: {:?}", report.notes);
        let alone = Table { names: vec!["audit".into()], columns: vec![table.columns[2].clone()], ..table.clone() };
        let (_, report) = train(&alone, "bad", algorithm, &TrainOptions::default()).unwrap();
        let why = report.notes.iter().map(|note| note.why.as_str()).collect::<Vec<_>>();
        assert!(why.iter().any(|why| why.starts_with("a missing cell itself tells much")), "{algorithm:?}: {why:?}");
    }
}
