use jiff::SignedDuration;
use reqwest::header;

use super::{Browser, PASSWORD, cookie_of, form, sign_in};
use crate::world::{World, house};
use vedetta::domain::Rank;

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_the_door_from_every_page() {
    let world = World::new().await;
    for path in ["/", "/clients", "/clients/C-1", "/work", "/review", "/changes", "/live", "/export/clients.csv"] {
        let answer = world.bare("GET", path).send().await.unwrap();
        assert_eq!(answer.status(), 303, "{path}");
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("/sign-in"), "{path}");
    }
}

#[tokio::test]
async fn five_wrong_passwords_close_a_name_for_a_while_and_the_right_one_opens_it_after() {
    let world = World::new().await;
    world.desk.create_person(&house(), "anna", PASSWORD, Rank::Viewer, &[]).await.unwrap();
    for n in 0..5 {
        assert_eq!(sign_in(&world, "anna", &format!("wrong password {n}")).await, None);
    }
    assert_eq!(sign_in(&world, "anna", PASSWORD).await, None, "closed, even to the right password");
    world.clock.advance(SignedDuration::from_secs(31));
    assert!(sign_in(&world, "Anna ", PASSWORD).await.is_some());
    assert_eq!(sign_in(&world, "anna", "wrong password again").await, None);
    assert!(sign_in(&world, "anna", PASSWORD).await.is_some(), "one slip closes nothing");
}

#[tokio::test]
async fn an_unknown_name_is_answered_like_a_wrong_password() {
    let world = World::new().await;
    world.desk.create_person(&house(), "anna", PASSWORD, Rank::Viewer, &[]).await.unwrap();
    let mut said = Vec::new();
    for name in ["anna", "nobody"] {
        let fields = [("name", name), ("password", "not the password")];
        let answer = form(world.bare("POST", "/sign-in"), &fields).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        said.push(answer.text().await.unwrap().replace(name, ""));
    }
    assert_eq!(said[0], said[1]);
}

#[tokio::test]
async fn a_password_that_is_short_or_a_name_that_is_taken_makes_nobody() {
    let world = World::new().await;
    let make = |name: &'static str, password: &'static str| {
        let desk = world.desk.clone();
        async move { desk.create_person(&house(), name, password, Rank::Viewer, &[]).await.map_err(|e| e.to_string()) }
    };
    assert_eq!(make("anna", "short").await.unwrap_err(), "/password: must have 12 to 200 characters");
    make("anna", PASSWORD).await.unwrap();
    assert!(make("ANNA", PASSWORD).await.unwrap_err().contains("is taken"));
    assert!(make("an na", PASSWORD).await.is_err());
}

#[tokio::test]
async fn the_door_leads_to_pages_of_this_house_only() {
    let world = World::new().await;
    for (next, led) in
        [("/clients?grade=C", "/clients?grade=C"), ("//evil.example", "/"), ("https://evil.example", "/")]
    {
        let fields = [("key", world.key.as_str()), ("next", next)];
        let answer = form(world.bare("POST", "/sign-in"), &fields).send().await.unwrap();
        assert_eq!(answer.headers()["location"], led, "{next}");
        let answer = world
            .bare(
                "GET",
                &format!(
                    "/look?lang=en&back={}",
                    url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>()
                ),
            )
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()["location"], led, "{next}");
    }
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_other_hosts_and_open_lines() {
    let world = World::new().await;
    let answer = form(world.bare("POST", "/sign-in"), &[("key", world.key.as_str())]).send().await.unwrap();
    let set = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    for part in ["__Host-vedetta=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(set.contains(part), "{part} in {set}");
    }
    assert!(cookie_of(&answer).is_some());
    // The store has its hash alone.
    let token = set.split(['=', ';']).nth(1).unwrap();
    assert_eq!(world.files_with(token), Vec::<String>::new());
}

#[tokio::test]
async fn a_foreign_page_can_neither_sign_somebody_in_nor_send_a_form() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 0).await;
    let browser = Browser::with_key(&world, &world.key).await;
    let proof = browser.proof().await;
    let fields = [("what", "note"), ("note", "x"), ("proof", proof.as_str())];
    let origins =
        [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")];
    for (name, value) in origins {
        let answer =
            form(browser.ask("POST", "/clients/C-1/actions").header(name, value), &fields).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{name}: {value}");
        let door = form(world.bare("POST", "/sign-in").header(name, value), &[("key", world.key.as_str())])
            .send()
            .await
            .unwrap();
        assert_eq!((door.status().as_u16(), cookie_of(&door)), (403, None), "{name}: {value}");
    }
    let own = form(browser.ask("POST", "/clients/C-1/actions").header("origin", &world.address), &fields).send();
    assert_eq!(own.await.unwrap().status(), 303);
}
