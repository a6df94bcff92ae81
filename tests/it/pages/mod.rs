//! The pages from outside, over real HTTP: who is let in, what they see, and what a form needs.

mod alerts;
mod by_hand;
mod clock;
mod contents;
mod deeds;
mod door;
mod foreign;
mod import;
mod nights;
mod papers;
mod payments;
mod policy;
mod prospects;
mod review;
mod seats;
mod sessions;
mod settings;
mod sources;
mod together;
mod work;

use reqwest::{RequestBuilder, Response, header};
use vedetta::{domain::Rank, store::Scope};

use crate::world::{World, house};

/// A password that is long enough.
const PASSWORD: &str = "correct horse battery";

/// A browser: it keeps its cookie and knows the proof of its forms.
struct Browser<'w> {
    world: &'w World,
    cookie: String,
}

impl<'w> Browser<'w> {
    /// Signs in with a key.
    async fn with_key(world: &'w World, key: &str) -> Self {
        let answer = form(world.bare("POST", "/sign-in"), &[("key", key)]).send().await.unwrap();
        Self { world, cookie: cookie_of(&answer).expect("a key in force opens the door") }
    }

    /// Signs in as a new person of that rank who sees these portfolios.
    async fn of_rank(world: &'w World, rank: Rank, portfolios: &[&str]) -> Self {
        let portfolios: Vec<String> = portfolios.iter().map(|name| (*name).to_owned()).collect();
        let name = format!("anna.{rank}");
        world.desk.create_person(&house(), &name, PASSWORD, rank, &portfolios).await.unwrap();
        let cookie = sign_in(world, &name, PASSWORD).await.expect("a right password opens the door");
        Self { world, cookie }
    }

    fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        let request = self.world.bare(method, path).header(header::ACCEPT, "text/html");
        request.header(header::COOKIE, &self.cookie)
    }

    /// A page that must be there.
    async fn read(&self, path: &str) -> String {
        let answer = self.ask("GET", path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// The proof that a form of this session brings along.
    async fn proof(&self) -> String {
        let page = self.read("/help").await;
        let (_, rest) = page.split_once("name=\"proof\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends a form as its page would.
    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let proof = self.proof().await;
        let fields = [fields, &[("proof", proof.as_str())]].concat();
        form(self.ask("POST", path), &fields).send().await.unwrap()
    }
}

/// A request with the fields of a form.
fn form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
}

/// The session's cookie of an answer, when it set one.
fn cookie_of(answer: &Response) -> Option<String> {
    let set = answer.headers().get(header::SET_COOKIE)?.to_str().unwrap();
    set.starts_with("__Host-vedetta=").then(|| set.split(';').next().unwrap().to_owned())
}

/// The cookie that a name and a password open the door with; none when it stays closed.
async fn sign_in(world: &World, name: &str, password: &str) -> Option<String> {
    let fields = [("name", name), ("password", password)];
    let answer = form(world.bare("POST", "/sign-in"), &fields).send().await.unwrap();
    cookie_of(&answer)
}

/// A key that may do everything, for these portfolios.
async fn key(world: &World, portfolios: &[&str]) -> String {
    world.key_for(Scope::Admin, portfolios).await
}
