//! What stands behind the question mark: which words an operation knows, and which of them say what a list is a list of.
//!
//! # Why
//!
//! *Why is the document asked which words are known?* Half of the operations take none and would have to say so one by one; the
//! one that forgets it is answered as if the word had not been there: a misspelt `portfolio` would be a question about all of them.

use std::{collections::HashMap, convert::Infallible, sync::OnceLock};

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::request::Parts,
};
use url::form_urlencoded;
use utoipa::openapi::{
    RefOr,
    path::{Operation, ParameterIn},
};

use super::{fault::Fault, openapi, operations};

/// The words that each operation knows, by method and route.
type Known = HashMap<(&'static str, String), Vec<String>>;

static KNOWN: OnceLock<Known> = OnceLock::new();

/// Refuses a query with a word that the operation does not know. What is no operation of the API sees to its own.
pub(super) fn check(parts: &Parts) -> Result<(), Fault> {
    let (Some(query), Some(route)) = (parts.uri.query(), parts.extensions.get::<MatchedPath>()) else { return Ok(()) };
    let method = match parts.method.as_str() {
        "HEAD" | "GET" => "get",
        "PUT" => "put",
        "POST" => "post",
        "DELETE" => "delete",
        "PATCH" => "patch",
        _ => return Ok(()),
    };
    let Some(known) = KNOWN.get_or_init(known).get(&(method, route.as_str().to_owned())) else { return Ok(()) };
    match form_urlencoded::parse(query.as_bytes()).find(|(name, _)| !known.iter().any(|known| known == name)) {
        None => Ok(()),
        Some((name, _)) if known.is_empty() => {
            Err(Fault::bad_request("bad_query", format!("{name:?} is not known here: this takes no query")))
        }
        Some((name, _)) => {
            let known = known.join(", ");
            Err(Fault::bad_request("bad_query", format!("{name:?} is not known here; what is: {known}")))
        }
    }
}

fn known() -> Known {
    let mut api = operations().into_openapi();
    let mut known = Known::new();
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in openapi::operations_of(item) {
            known.insert((method, path.clone()), words_of(operation));
        }
    }
    known
}

fn words_of(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter().flatten();
    let word = |parameter: &_| match parameter {
        RefOr::T(parameter) => {
            let parameter: &utoipa::openapi::path::Parameter = parameter;
            matches!(parameter.parameter_in, ParameterIn::Query).then(|| parameter.name.clone())
        }
        RefOr::Ref(_) => None,
    };
    parameters.filter_map(word).collect()
}

/// What a list is a list of: every word of the query but those that say which page.
pub(super) struct Sought(pub(super) String);

impl<S: Sync> FromRequestParts<S> for Sought {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(sought(parts.uri.query().unwrap_or_default())))
    }
}

/// The same for the same words in whatever order; what is said by nothing is not said.
fn sought(query: &str) -> String {
    let is_filter = |name: &str, value: &str| !matches!(name, "limit" | "cursor") && !value.trim().is_empty();
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut filters: Vec<_> = pairs.filter(|(name, value)| is_filter(name, value)).collect();
    filters.sort();
    form_urlencoded::Serializer::new(String::new()).extend_pairs(filters).finish()
}

#[cfg(test)]
mod tests {
    use super::{known, sought};

    #[test]
    fn the_same_filters_are_the_same_in_whatever_order_and_a_page_is_none() {
        assert_eq!(sought("q=a+b&grade=C1&limit=3"), sought("cursor=x&grade=C1&q=a%20b&sector="));
        assert_eq!(sought("limit=3&cursor=x"), "");
        assert_ne!(sought("q=a&grade=C1"), sought("q=a%26grade%3DC1"));
    }

    #[test]
    fn each_operation_knows_the_words_of_its_description() {
        let known = known();
        let of = |method, path: &str| known[&(method, path.to_owned())].join(" ");
        assert_eq!(of("get", "/v1/clients"), "grade sector q portfolio limit cursor");
        assert_eq!(of("post", "/v1/clients"), "portfolio");
        assert_eq!(of("post", "/v1/ratings/query"), "");
    }
}
