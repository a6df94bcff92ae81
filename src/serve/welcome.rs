//! What a person sees who opens the address in a browser.

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::{Html, Response},
    routing::get,
};

use super::House;

/// Pages of ours load nothing from elsewhere. The styles of Swagger UI are written into its elements.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Vedetta</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.5rem; }
  h1 { font-size: 2.2rem; margin-bottom: .2rem; }
  a { text-underline-offset: .2em; }
  footer { margin-top: 3rem; font-size: .85rem; opacity: .75; }
</style>
<h1>Vedetta</h1>
<p>The lookout on the mast: it watches open sources and your own ledger, keeps an internal rating of every client, and
calls out when one drops.</p>
<p><a href="/docs/">The API, and a place to try it</a> &middot; <a href="/openapi.json">OpenAPI</a> &middot;
<a href="/readyz">Health</a></p>
<footer>Internal score, not a credit rating under Regulation (EC) No 1060/2009.</footer>
</html>
"#;

/// The welcome page.
pub(super) fn page() -> Router<House> {
    let page: Router<House> = Router::new().route("/", get(async || Html(PAGE)));
    page.layer(axum::middleware::from_fn(strict_content))
}

/// Tells the browser what a page may load.
pub(super) async fn strict_content(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
