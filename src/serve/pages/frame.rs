//! What stands around every page: the head, the way to the other pages, who is signed in; and the page of a refusal.

use std::sync::LazyLock;

use askama::Template;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse as _, Response},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{
    look::{Look, Theme, Tongue},
    refusal::hint,
    session::Guest,
    typed::{Again, Typed},
    words::Words,
};
use crate::{
    desk::Reach,
    domain::{Rank, Sha256},
    serve::fault::{Fault, Problem},
};

/// Pages load styles, script and letters of this house, and nothing else; nobody puts them into a frame.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Styles of all pages.
const STYLE: &str = include_str!("assets/vedetta.css");
/// The little that pages do by themselves; they can be read without it.
const SCRIPT: &str = include_str!("assets/vedetta.js");
/// The mark in the browser's tab.
const MARK: &str = include_str!("assets/vedetta.svg");
/// Letters: Source Sans 3 and Source Serif 4, the Latin part (SIL Open Font License 1.1, `assets/OFL.txt`).
const SANS: &[u8] = include_bytes!("assets/source-sans-3.woff2");
/// See [`SANS`].
const SERIF: &[u8] = include_bytes!("assets/source-serif-4.woff2");

/// A name that changes with the content, so that a browser may keep what it has for ever.
static EDITION: LazyLock<String> = LazyLock::new(|| {
    let mut all = [STYLE, SCRIPT, MARK].concat().into_bytes();
    all.extend(SANS.iter().chain(SERIF));
    Sha256::of(&all).to_string().chars().take(12).collect()
});

/// What a path segment or a query value escapes.
const PART: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'/')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'\\')
    .add(b'\'')
    .add(b';');

/// A part of an address, percent-encoded.
pub(super) fn part(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}

/// The pages that the way leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Morning,
    Clients,
    Work,
    Review,
    Portfolio,
    Alerts,
    Sources,
    Import,
    Payments,
    Nights,
    Keys,
    People,
    Log,
    Models,
    Policy,
    None,
}

impl Tab {
    /// Pages about the house itself: they have a way of their own, below the first.
    fn is_of_the_house(self) -> bool {
        use Tab::{Import, Keys, Log, Models, Nights, Payments, People, Policy, Sources};
        matches!(self, Sources | Import | Payments | Nights | Models | Policy | People | Keys | Log)
    }
}

/// A page on the way.
pub(super) struct Link {
    pub(super) href: &'static str,
    pub(super) label: &'static str,
    pub(super) is_here: bool,
}

/// What every page has.
pub(super) struct Frame {
    pub(super) w: &'static Words,
    pub(super) t: Tongue,
    pub(super) theme: Theme,
    pub(super) title: String,
    pub(super) links: Vec<Link>,
    /// The pages about the house, on each of them.
    pub(super) rooms: Vec<Link>,
    /// Who is signed in; none outside.
    pub(super) who: Option<String>,
    pub(super) rank: Rank,
    pub(super) proof: String,
    /// The page that is looked at, percent-encoded for a query.
    pub(super) back: String,
    pub(super) edition: &'static str,
}

impl Frame {
    /// Of a page that shows nothing of anybody.
    pub(super) fn outside(look: Look, title: &str) -> Self {
        Self {
            w: look.tongue.words(),
            t: look.tongue,
            theme: look.theme,
            title: title.to_owned(),
            links: Vec::new(),
            rooms: Vec::new(),
            who: None,
            rank: Rank::Viewer,
            proof: String::new(),
            back: part("/sign-in"),
            edition: &EDITION,
        }
    }

    /// Of a page for somebody who is signed in.
    pub(super) fn of(guest: &Guest, tab: Tab, title: impl Into<String>) -> Self {
        let w = guest.look.tongue.words();
        let pages = [
            (Tab::Morning, "/", w.morning),
            (Tab::Clients, "/clients", w.clients),
            (Tab::Work, "/work", w.work),
            (Tab::Review, "/review", w.review),
            (Tab::Portfolio, "/portfolio", w.portfolio),
            (Tab::Alerts, "/alerts", w.alerts),
        ];
        let link = |(own, href, label)| Link { href, label, is_here: own == tab };
        let house = Link { href: "/sources", label: w.house, is_here: tab.is_of_the_house() };
        let (rank, sees_all) = (guest.visitor.rank, guest.visitor.caller.reach == Reach::Everything);
        let rooms = [
            (Tab::Sources, "/sources", w.sources, true),
            (Tab::Import, "/import", w.import, rank >= Rank::Analyst),
            (Tab::Payments, "/payments", w.payments, true),
            (Tab::Nights, "/nights", w.nights, sees_all),
            (Tab::Models, "/models", w.models, sees_all),
            (Tab::Policy, "/policy", w.policy, true),
            (Tab::People, "/settings/people", w.people, sees_all && rank >= Rank::Admin),
            (Tab::Keys, "/settings/keys", w.keys, sees_all && rank >= Rank::Admin),
            (Tab::Log, "/settings/log", w.log, sees_all && rank >= Rank::Admin),
        ];
        let rooms = rooms.into_iter().filter(|(_, _, _, may_enter)| tab.is_of_the_house() && *may_enter);
        Self {
            links: pages.map(link).into_iter().chain([house]).collect(),
            rooms: rooms.map(|(own, href, label, _)| link((own, href, label))).collect(),
            who: Some(guest.visitor.name.clone().unwrap_or_else(|| w.with_key.to_owned())),
            rank: guest.visitor.rank,
            proof: guest.proof.clone(),
            back: part(&guest.here),
            title: title.into(),
            ..Self::outside(guest.look, "")
        }
    }

    /// Whether who looks may record what was done and decide about links.
    pub(super) fn may_write(&self) -> bool {
        self.rank >= Rank::Analyst
    }

    /// Whether who looks may decide about grades and limits.
    pub(super) fn may_decide(&self) -> bool {
        self.rank >= Rank::Manager
    }

    /// The language that the switch changes to.
    pub(super) fn other_tongue(&self) -> Tongue {
        self.t.other()
    }
}

/// A page that is written.
pub(super) fn page(template: &impl Template) -> Result<Response, Fault> {
    Ok(Html(template.render().map_err(|error| Fault::internal(&error))?).into_response())
}

/// Tells the browser what a page may load, and that nobody keeps it.
pub(super) async fn strict(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    dress(response.headers_mut());
    response
}

fn dress(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.append(header::VARY, HeaderValue::from_static("cookie"));
}

/// A file that pages load; an older edition's address answers with the present one.
pub(super) async fn asset(
    axum::extract::Path((_, name)): axum::extract::Path<(String, String)>,
) -> Result<Response, Fault> {
    let (kind, bytes): (_, &'static [u8]) = match name.as_str() {
        "vedetta.css" => ("text/css; charset=utf-8", STYLE.as_bytes()),
        "vedetta.js" => ("text/javascript; charset=utf-8", SCRIPT.as_bytes()),
        "vedetta.svg" => ("image/svg+xml", MARK.as_bytes()),
        "source-sans-3.woff2" => ("font/woff2", SANS),
        "source-serif-4.woff2" => ("font/woff2", SERIF),
        _ => return Err(Fault::of_status(StatusCode::NOT_FOUND)),
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, bytes).into_response())
}

#[derive(Template)]
#[template(path = "templates/refusal.html", config = ".askama.toml")]
struct Refusal<'a> {
    frame: Frame,
    problem: &'a Problem,
    said: &'static str,
    /// What would be right, and in which language it is said.
    hint: String,
    language: &'static str,
    /// The form that was refused.
    form: Option<Again>,
}

/// A refusal as a page, for whoever wanted one.
pub(in crate::serve) fn refusal(look: Look, problem: &Problem, typed: Option<Typed>) -> Option<Response> {
    let w = look.tongue.words();
    let said = match problem.status {
        403 => w.refused_forbidden,
        404 => w.refused_missing,
        // What was read and stands against a rule; a form that lacks a field of its own cannot be read.
        409 | 422 if problem.code != "bad_form" => w.refused_rule,
        400..=499 => w.refused_input,
        _ => w.refused_ours,
    };
    let (hint, is_own) = hint(problem, look.tongue);
    let language = if is_own { look.tongue.code() } else { "en" };
    let form = typed.and_then(|typed| typed.again(look.tongue));
    let html = Refusal { frame: Frame::outside(look, said), problem, said, hint, language, form }.render().ok()?;
    let status = StatusCode::from_u16(problem.status).ok()?;
    let mut response = (status, Html(html)).into_response();
    dress(response.headers_mut());
    Some(response)
}
