//! Training on what was known: rows of the past, leaks that are caught, and an expert who gives way to evidence.

use vedetta::extract::Catalogue;

mod command;
mod future;
mod outcomes;
mod prior;
mod trees;

/// An expert who looks at three things: days late, the share overdue, and protests, which nobody here has been asked about.
fn expert_json() -> String {
    let bins = |points: [i32; 5], edges: [f64; 4]| {
        let upto = edges.map(|e| e.to_string()).into_iter().chain(["null".to_owned()]);
        let bins = upto.zip(points).map(|(upto, points)| format!("{{\"upto\":{upto},\"points\":{points}}}"));
        bins.collect::<Vec<_>>().join(",")
    };
    format!(
        r#"{{"format":1,"name":"expert","kind":"catalogue","catalogue":"{}","definition_of_default":"d","horizon_months":12,
        "base":640,"calibration":{{"slope":1.0,"intercept":0.0}},"inputs":[
        {{"feature":"days_late_recent","weight":6,"bins":[{}],"missing":0}},
        {{"feature":"overdue_share","weight":4,"bins":[{}],"missing":0}},
        {{"feature":"protest_count_12m","weight":2,"bins":[{{"upto":0,"points":5}},{{"upto":null,"points":-40}}],"missing":0}}]}}"#,
        Catalogue::get().hash(),
        bins([40, 20, 0, -20, -40], [2.0, 4.0, 6.0, 8.0]),
        bins([30, 15, 0, -15, -30], [0.2, 0.4, 0.6, 0.8]),
    )
}
