use std::collections::HashSet;

use serde_json::json;
use vedetta::{
    desk::{is_well_formed, mint},
    store::Scope,
};

use crate::world::{World, problem, read};

#[test]
fn a_key_has_thirty_random_characters_and_a_checksum_that_tells_a_typo() {
    let mut rng = rand::rng();
    let keys: HashSet<String> = (0..200).map(|_| mint(&mut rng)).collect();
    assert_eq!(keys.len(), 200);
    for key in keys {
        assert_eq!(key.len(), 40);
        assert!(key.starts_with("vdt_") && is_well_formed(&key), "{key}");
        let mut typo: Vec<char> = key.chars().collect();
        typo[20] = if typo[20] == 'a' { 'b' } else { 'a' };
        assert!(!is_well_formed(&typo.into_iter().collect::<String>()));
    }
    for bad in ["", "vdt_", "vdt_0000000000000000000000000000000000000", "vdt_èèèèèèèèèèèèèèèèèè", "xyz"]
    {
        assert!(!is_well_formed(bad), "{bad:?}");
    }
}

#[test]
fn the_checksum_is_the_crc_32_of_the_random_part_in_base_62() {
    for random in ["0".repeat(30), "Vedetta0123456789abcdefghijklm".to_owned()] {
        assert!(is_well_formed(&format!("vdt_{random}{}", oracle(&random))));
    }
    // The check value that every CRC-32 has for the nine digits.
    assert_eq!(crc_32("123456789"), 0xCBF4_3926);
}

/// CRC-32 by its polynomial, bit by bit: another way than the product's.
fn crc_32(text: &str) -> u32 {
    let mut crc = u32::MAX;
    for byte in text.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn oracle(random: &str) -> String {
    let digits: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    let mut rest = crc_32(random) as usize;
    let mut out = Vec::new();
    for _ in 0..6 {
        out.push(digits[rest % 62]);
        rest /= 62;
    }
    out.iter().rev().collect()
}

#[tokio::test]
async fn without_a_key_or_with_a_bad_or_revoked_one_nothing_opens() {
    let world = World::new().await;
    let none = world.bare("GET", "/v1/clients").send().await.unwrap();
    assert_eq!(none.headers()["www-authenticate"], "Bearer realm=\"vedetta\"");
    assert_eq!(problem(none, 401).await["code"], "no_key");
    for bad in ["vdt_typo", &mint(&mut rand::rng())] {
        let refused = world.bare("GET", "/v1/clients").bearer_auth(bad).send().await.unwrap();
        assert!(refused.headers()["www-authenticate"].to_str().unwrap().contains("invalid_token"));
        assert_eq!(problem(refused, 401).await["code"], "bad_key");
    }
    let made = world.post("/v1/keys", &json!({"scope": "read"}), 201).await;
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    read(world.bare("GET", "/v1/clients").bearer_auth(key).send().await.unwrap(), 200).await;
    let listed = world.get("/v1/keys").await.to_string();
    assert!(listed.contains(id) && !listed.contains(key));
    assert_eq!(world.ask("DELETE", &format!("/v1/keys/{id}")).send().await.unwrap().status(), 204);
    problem(world.bare("GET", "/v1/clients").bearer_auth(key).send().await.unwrap(), 401).await;
}

#[tokio::test]
async fn a_key_does_what_its_scope_says_and_no_more() {
    let world = World::new().await;
    let reader = world.key_for(Scope::Read, &[]).await;
    let writer = world.key_for(Scope::Write, &[]).await;
    let row = json!([{"client": "C-1", "name": "Torneria Alta"}]);
    let send = |key: &str| world.bare("POST", "/v1/clients").bearer_auth(key).json(&row).send();
    assert_eq!(problem(send(&reader).await.unwrap(), 403).await["code"], "scope");
    read(send(&writer).await.unwrap(), 200).await;
    problem(world.bare("GET", "/v1/keys").bearer_auth(&writer).send().await.unwrap(), 403).await;
}

#[tokio::test]
async fn another_portfolios_client_is_as_unknown_as_nobodys() {
    let world = World::new().await;
    world.client("north", "N-1", "Filatura Boreale", 3).await;
    world.client("south", "S-1", "Cantiere Meridiano", 3).await;
    let north = world.key_for(Scope::Write, &["north"]).await;
    for path in ["", "/rating", "/ratings", "/explanation", "/signals", "/ledger"] {
        let get = |code: &str| world.bare("GET", &format!("/v1/clients/{code}{path}")).bearer_auth(&north).send();
        read(get("N-1").await.unwrap(), 200).await;
        let mut theirs = problem(get("S-1").await.unwrap(), 404).await;
        let mut nobodys = problem(get("X-1").await.unwrap(), 404).await;
        for body in [&mut theirs, &mut nobodys] {
            body["instance"].take();
            body["request_id"].take();
        }
        assert_eq!(theirs, nobodys);
    }
    let list = world.bare("GET", "/v1/clients").bearer_auth(&north).send().await.unwrap();
    assert_eq!(read(list, 200).await["items"].as_array().unwrap().len(), 1);
    let asked = json!({"clients": ["N-1", "S-1"]});
    let answer = world.bare("POST", "/v1/ratings/query").bearer_auth(&north).json(&asked).send().await.unwrap();
    assert_eq!(read(answer, 200).await["unknown"], json!(["S-1"]));
    let feed = world.bare("GET", "/v1/changes").bearer_auth(&north).send().await.unwrap();
    assert!(!read(feed, 200).await.to_string().contains("S-1"));
    let summary = world.bare("GET", "/v1/portfolio/summary").bearer_auth(&north).send().await.unwrap();
    assert_eq!(read(summary, 200).await["clients"], 1);
}

#[tokio::test]
async fn a_code_in_two_portfolios_asks_which_one_is_meant() {
    let world = World::new().await;
    world.client("north", "C-1", "Filatura Boreale", 3).await;
    world.client("south", "C-1", "Cantiere Meridiano", 3).await;
    let both = world.ask("GET", "/v1/clients/C-1/rating").send().await.unwrap();
    assert_eq!(problem(both, 409).await["code"], "which_portfolio");
    assert_eq!(world.get("/v1/clients/C-1/rating?portfolio=south").await["name"], "Cantiere Meridiano");
}

#[tokio::test]
async fn a_query_for_a_code_in_two_portfolios_says_whose_each_line_is() {
    let world = World::new().await;
    world.client("north", "C-1", "Filatura Boreale", 3).await;
    world.client("south", "C-1", "Cantiere Meridiano", 3).await;
    world.client("south", "S-1", "Conceria Australe", 3).await;
    for expand in [json!([]), json!(["reasons"])] {
        // Twice: what is remembered says the same as what is read.
        for _ in 0..2 {
            let asked = json!({"clients": ["S-1", "C-1"], "expand": expand});
            let told = world.post("/v1/ratings/query", &asked, 200).await;
            let whose =
                told["ratings"].as_array().unwrap().iter().map(|line| json!([line["client"], line["portfolio"]]));
            let expected = json!([["S-1", null], ["C-1", "north"], ["C-1", "south"]]);
            assert_eq!(whose.collect::<serde_json::Value>(), expected, "{told}");
            let one = json!({"clients": ["C-1"], "portfolio": "south", "expand": expand});
            let told = world.post("/v1/ratings/query", &one, 200).await;
            assert_eq!(
                (told["ratings"].as_array().unwrap().len(), &told["ratings"][0]["portfolio"]),
                (1, &json!(null))
            );
        }
    }
    let north = world.key_for(Scope::Read, &["north"]).await;
    let asked = world.bare("POST", "/v1/ratings/query").bearer_auth(&north).json(&json!({"clients": ["C-1"]}));
    let own = read(asked.send().await.unwrap(), 200).await;
    assert!(own["ratings"].as_array().unwrap().len() == 1 && own["ratings"][0].get("portfolio").is_none(), "{own}");
}

#[tokio::test]
async fn a_key_for_a_portfolio_whose_name_is_misspelt_is_refused_with_the_name_that_is_near() {
    let world = World::new().await;
    world.client("north", "N-1", "Filatura Boreale", 3).await;
    let wish = json!({"scope": "read", "portfolios": ["nrth"]});
    let refused = problem(world.ask("POST", "/v1/keys").json(&wish).send().await.unwrap(), 422).await;
    assert_eq!(refused["errors"][0]["pointer"], "/portfolios/0");
    assert!(refused["detail"].as_str().unwrap().contains("north"), "{refused}");
    assert_eq!(world.desk.portfolio_names(&crate::world::house()).await.unwrap(), ["north"]);
    let meant = json!({"scope": "read", "portfolios": ["nrth"], "new_portfolio": true});
    assert_eq!(world.post("/v1/keys", &meant, 201).await["new_portfolios"], json!(["nrth"]));
    let far = json!({"scope": "read", "portfolios": ["overseas", "north"]});
    assert_eq!(world.post("/v1/keys", &far, 201).await["new_portfolios"], json!(["overseas"]));
}
