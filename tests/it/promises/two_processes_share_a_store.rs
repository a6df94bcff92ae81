use std::{fmt::Write as _, path::Path, process::Stdio};

use super::{
    doses,
    program::{House, answer, eventually, feed, vedetta},
};

/// Invoices in each file that is imported while the house runs.
const INVOICES: usize = 4_000;

fn ledger(path: &Path, client: usize) {
    let mut text = String::from("client,invoice,issued_on,due_on,amount\n");
    for n in 0..INVOICES {
        writeln!(text, "C-{client},F{n},2026-01-{:02},2026-03-01,100.00", n % 28 + 1).unwrap();
    }
    std::fs::write(path, text).unwrap();
}

#[tokio::test]
async fn a_running_house_and_the_command_line_do_not_lock_each_other_out() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut house = House::start(&data).await;
    let mut children = Vec::new();
    for client in 0..3 {
        let file = folder.path().join(format!("{client}.csv"));
        ledger(&file, client);
        let mut import = vedetta(&data);
        import.args(["import", "invoices"]).arg(&file).args(["--create-clients", "--quiet"]);
        children.push(import.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
        let mut night = vedetta(&data);
        night.args(["night", "--quiet", "--valid-at"]).arg(format!("2026-11-0{}", client + 1));
        children.push(night.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    }
    let mut n_told = 0;
    while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        let body = serde_json::json!([{"client": format!("L-{n_told}"), "name": "Vetreria Lunare", "country": "IT"}]);
        let told = house.ask("POST", "/v1/clients?portfolio=default").json(&body).send().await.unwrap();
        assert_eq!(told.status(), 200, "{}", told.text().await.unwrap());
        n_told += 1;
    }
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    // The house rates whom the other processes brought, as well as those it was told of itself.
    eventually("everybody is rated", async || {
        for code in ["C-0", "C-1", "C-2", "L-0"] {
            let rating = house.ask("GET", &format!("/v1/clients/{code}/rating")).send().await.unwrap();
            let rating: serde_json::Value = rating.json().await.unwrap();
            rating["client_seq"].as_i64().filter(|step| *step > 0)?;
        }
        Some(())
    })
    .await;
    house.signal("TERM");
    assert_eq!(house.ended().await.0.code(), Some(0), "{}", house.log());
    assert!(!house.log().contains("locked"), "{}", house.log());
    let seqs: Vec<String> = feed(&data).iter().map(|e| e["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(seqs, (1..=seqs.len()).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_stream_tells_what_another_process_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("clients.csv");
    std::fs::write(&file, "client,name,country\nC-1,Officine Sette Ponti,IT\n").unwrap();
    answer(&data, &["import", "clients", &file.display().to_string()], 0);
    let house = House::start(&data).await;
    eventually("the client is rated", async || {
        let feed = house.ask("GET", "/v1/changes").send().await.unwrap().text().await.unwrap();
        feed.contains("C-1").then_some(())
    })
    .await;
    eventually("its rating is made ready before anybody asks", async || {
        let numbers = house.ask("GET", "/metrics").send().await.unwrap().text().await.unwrap();
        numbers.lines().any(|line| line == "vedetta_ratings_ready 1").then_some(())
    })
    .await;
    let mut stream = house.ask("GET", "/v1/changes/stream").send().await.unwrap();
    answer(&data, &["night"], 0);
    let mut heard = String::new();
    while !heard.contains("event: night.completed") {
        let chunk = tokio::time::timeout(doses::PATIENCE, stream.chunk()).await.expect("the night is told");
        heard += std::str::from_utf8(&chunk.unwrap().expect("the stream stays open")).unwrap();
    }
}

#[test]
fn processes_that_start_together_on_an_empty_folder_make_one_store() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let start = |n: usize| {
        let mut command = vedetta(&data);
        command.args(["keys", "create", "--quiet", "--portfolio"]).arg(format!("p{n}"));
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..doses::FIRST_STARTS).map(start).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let keys = answer(&data, &["keys", "list"], 0);
    assert_eq!(keys["keys"].as_array().unwrap().len(), doses::FIRST_STARTS);
}
