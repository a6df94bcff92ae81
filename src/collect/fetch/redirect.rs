//! Where redirects may lead.

use reqwest::header;
use url::Url;

use super::exchange::{Ask, Raw};
use crate::collect::Method;

/// Where an answer sends us, if it does.
pub(super) fn redirect_target(raw: &Raw, from: &Url) -> Option<Url> {
    let redirects = matches!(raw.status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = raw.headers.get(header::LOCATION).filter(|_| redirects)?;
    from.join(location.to_str().ok()?).ok()
}

/// Why a redirect is not followed. RFC 9309 section 2.3.1.2 lets a `robots.txt` be kept by another authority.
pub(super) fn objection_to_redirect(ask: Ask<'_>, from: &Url, to: &Url) -> Option<&'static str> {
    if ask.request.method != Method::Get {
        return Some("a POST is not sent on");
    }
    if from.scheme() == "https" && to.scheme() != "https" {
        return Some("it would leave https");
    }
    let is_same_site = same_site(&ask.request.url, to);
    (!is_same_site && !ask.is_notice)
        .then_some("it is another site; put the new address in sources.toml if it is right")
}

/// The same host, or one of them a subdomain of the other: `example.com` may send to `www.example.com` and back.
fn same_site(a: &Url, b: &Url) -> bool {
    let (Some(a), Some(b)) = (a.host_str(), b.host_str()) else { return false };
    let (a, b) = (a.trim_end_matches('.'), b.trim_end_matches('.'));
    let is_name = |host: &str| host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('[');
    if a == b || !is_name(a) || !is_name(b) {
        return a == b;
    }
    let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
    let below = |child: &str, parent: &str| parent.contains('.') && child.ends_with(&format!(".{parent}"));
    bare(a) == bare(b) || below(a, &bare(b)) || below(b, &bare(a))
}
