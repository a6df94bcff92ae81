//! How a reader wants to see the pages: the language and the light, kept in the browser.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::words::{self, Words};
use crate::serve::{Zone, fault::Fault, input::Asked};

/// The language's cookie.
const TONGUE: &str = "vedetta-lang";
/// The light's cookie.
const THEME: &str = "vedetta-theme";
/// How long a browser remembers: a year, seconds.
const REMEMBERED_S: u32 = 365 * 86_400;

/// The languages of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Language {
    #[default]
    Italian,
    English,
}

/// How a reader is told things: in which language, and on which clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tongue {
    pub(super) language: Language,
    pub(super) zone: Zone,
}

impl From<Language> for Tongue {
    fn from(language: Language) -> Self {
        Self { language, zone: Zone::default() }
    }
}

impl Tongue {
    pub(super) fn code(self) -> &'static str {
        self.pick("it", "en")
    }

    pub(super) fn is_italian(self) -> bool {
        self.language == Language::Italian
    }

    /// One of two texts.
    pub(super) fn pick<T>(self, italian: T, english: T) -> T {
        if self.is_italian() { italian } else { english }
    }

    /// The other language.
    pub(super) fn other(self) -> Self {
        Self { language: self.pick(Language::English, Language::Italian), ..self }
    }

    pub(super) fn words(self) -> &'static Words {
        self.pick(&words::IT, &words::EN)
    }
}

/// The lights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.word() == word)
    }

    /// What the switch in the frame changes to.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Auto => Self::Dark,
            Self::Dark => Self::Light,
            Self::Light => Self::Auto,
        }
    }
}

/// Language and light of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::serve) struct Look {
    pub(super) tongue: Tongue,
    pub(super) theme: Theme,
}

/// The value of a cookie; the first of its name counts, as a browser sends the most specific one first.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

impl Look {
    pub(in crate::serve) fn of(headers: &HeaderMap) -> Self {
        let tongue = match cookie(headers, TONGUE) {
            Some("en") => Language::English,
            _ => Language::Italian,
        };
        Self { tongue: tongue.into(), theme: cookie(headers, THEME).and_then(Theme::of).unwrap_or_default() }
    }
}

impl Look {
    /// The same on this clock.
    pub(super) fn on_the_clock_of(self, zone: Zone) -> Self {
        Self { tongue: Tongue { zone, ..self.tongue }, ..self }
    }
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Look {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

/// Whether whoever sent a request wants to read a page: a browser that goes somewhere, and no program.
pub(in crate::serve) fn wants_page(request: &Request) -> bool {
    let path = request.uri().path();
    let is_page = !["/v1", "/docs", "/openapi.json", "/assets/", "/unsubscribe/"].iter().any(|p| path.starts_with(p));
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    is_page && accept.is_some_and(|accept| accept.contains("text/html"))
}

/// A path of our own to go back to; anything else leads home.
pub(super) fn own_path(back: Option<&str>) -> &str {
    let is_own = |path: &&str| {
        path.starts_with('/') && !path.starts_with("//") && path.chars().all(|c| c.is_ascii_graphic() && c != '\\')
    };
    back.filter(is_own).unwrap_or("/")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LookQuery {
    lang: Option<String>,
    theme: Option<String>,
    back: Option<String>,
}

/// Remembers another language or light, and goes back.
pub(super) async fn change(Asked(query): Asked<LookQuery>) -> Result<Response, Fault> {
    let mut response = Redirect::to(own_path(query.back.as_deref())).into_response();
    let mut remember = |name: &str, value: &str| {
        let cookie = format!("{name}={value}; Path=/; Max-Age={REMEMBERED_S}; SameSite=Lax; HttpOnly");
        let cookie = HeaderValue::from_str(&cookie).map_err(|_| Fault::bad_request("bad_query", "not a word"))?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
        Ok::<_, Fault>(())
    };
    if let Some(lang) = query.lang.filter(|lang| matches!(lang.as_str(), "it" | "en")) {
        remember(TONGUE, &lang)?;
    }
    if let Some(theme) = query.theme.as_deref().and_then(Theme::of) {
        remember(THEME, theme.word())?;
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn only_paths_of_our_own_are_gone_back_to() {
        for own in ["/", "/clients?q=a%20b&page=2", "/clients/C-1#why"] {
            assert_eq!(own_path(Some(own)), own);
        }
        for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a b", "/a\nb", "evil"] {
            assert_eq!(own_path(Some(foreign)), "/", "{foreign:?}");
        }
    }
}
