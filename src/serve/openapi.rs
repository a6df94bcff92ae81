//! The document of the API: made from the handlers, with what all of them share added in one place.

use utoipa::{
    PartialSchema as _, ToSchema as _,
    openapi::{
        ContentBuilder, HeaderBuilder, InfoBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema,
        SecurityRequirement,
        path::{Operation, Parameter, PathItem},
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use super::{
    facts::InvoiceRow,
    fault::{FieldProblem, PROBLEM_JSON, Problem},
    operations,
};
use crate::domain::NOTICE;

/// The name of the key among the security schemes.
const KEY: &str = "key";

/// What holds for every POST. It is said here and not as a parameter of each: what a word stands for is known from the
/// requests before, and no schema can say that.
const ONCE: &str = "Every POST may carry an `Idempotency-Key`, a word of your own for this request, 1 to 255 visible ASCII \
     characters. Sent again within a day the request has no second effect: the answer is the first one, with \
     `Idempotency-Replayed: true`; 409 while that is not there, 422 when the word stood for another request.";

/// The OpenAPI 3.1 document of everything that is served.
pub fn document() -> OpenApi {
    let mut api = operations().into_openapi();
    api.info = InfoBuilder::new()
        .title("Vedetta")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(format!(
            "Internal ratings of one's clients, their reasons, and every change as it happens. {NOTICE}.\n\n{ONCE}"
        )))
        .build();
    let components = api.components.get_or_insert_default();
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    components.schemas.insert(FieldProblem::name().into_owned(), FieldProblem::schema());
    // Rows are named in words: one that is no such row is refused by itself, and the others are taken.
    components.schemas.insert(InvoiceRow::name().into_owned(), InvoiceRow::schema());
    components.add_security_scheme(KEY, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    api.security = Some(vec![SecurityRequirement::new(KEY, Vec::<String>::new())]);
    for (path, item) in &mut api.paths.paths {
        let is_public = matches!(path.as_str(), "/livez" | "/readyz" | "/unsubscribe/{token}");
        for (method, operation) in operations_of(item) {
            operation.operation_id = Some(name_of(method, path));
            describe(operation);
            operation.parameters.iter_mut().flatten().for_each(say_nothing_is_no_name);
            refuse(operation, path, is_public, method);
        }
    }
    api
}

/// `get_clients_client_rating`: unique because method and path are, and what generated clients call their functions.
fn name_of(method: &str, path: &str) -> String {
    let words = path.trim_start_matches("/v1").split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).fold(method.to_owned(), |name, word| format!("{name}_{word}"))
}

/// The operations of a path, each with its method.
pub(super) fn operations_of(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("delete", &mut item.delete),
        ("patch", &mut item.patch),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// A response must have a description (OpenAPI 3.1, section 4.8.17): one that says nothing of itself is what was asked for.
fn describe(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = "What was asked for".to_owned();
        }
    }
}

/// A portfolio, or a cursor, that is named has a name.
fn say_nothing_is_no_name(parameter: &mut RefOr<Parameter>) {
    let RefOr::T(parameter) = parameter else { return };
    let is_name = matches!(parameter.name.as_str(), "portfolio" | "cursor" | "client");
    if let (true, Some(RefOr::T(Schema::Object(schema)))) = (is_name, &mut parameter.schema) {
        schema.min_length = Some(1);
    }
}

/// Adds the refusals that an operation can give, each as a problem.
fn refuse(operation: &mut Operation, path: &str, is_public: bool, method: &str) {
    let mut statuses = vec![("400", "The address, a query value or a header cannot be understood")];
    statuses.push(("414", "The address is longer than 8 KiB"));
    statuses.push(("431", "The headers come to more than 32 KiB"));
    if !is_public {
        statuses.push(("401", "No key, or one that opens nothing"));
        statuses.push(("403", "The key may not do this"));
        statuses.push(("429", "The key has asked as much as it may for now"));
    }
    if path.contains('{') || operation.parameters.is_some() || method == "post" {
        statuses.push(("404", "It is not there, or not for this key to see"));
        statuses.push(("409", "It could be meant in several portfolios, or stands against something that is there"));
    }
    if method == "post" && operation.request_body.is_none() {
        statuses.push(("422", "The Idempotency-Key stood for another request"));
    }
    if operation.request_body.is_some() {
        statuses.push(("413", "The body is too large"));
        statuses.push(("415", "The body is of another type than this path takes"));
        statuses.push(("422", "A value of the body is wrong; `errors` says which"));
    }
    statuses.push(("500", "Something went wrong on our side"));
    statuses.push(("503", "Not now: overloaded, about to end, or the store does not answer"));
    for (status, description) in statuses {
        let response = refusal(status, description);
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
}

fn refusal(status: &str, description: &str) -> Response {
    let schema = Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let header = |description: &str| HeaderBuilder::new().description(Some(description)).build();
    let response = ResponseBuilder::new().description(description).content(PROBLEM_JSON, content);
    match status {
        "401" => response.header("WWW-Authenticate", header("How to prove who you are")).build(),
        "429" | "503" => response.header("Retry-After", header("Seconds")).build(),
        _ => response.build(),
    }
}
