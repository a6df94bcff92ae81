//! Which addresses may be connected to.
//!
//! # Why
//!
//! *Why check at the connection, and not when the configuration is read?* A name can point elsewhere a second later, and a
//! page can redirect to `http://169.254.169.254/`. The resolver below is the one the connection itself asks, so the address
//! that was checked is the address that is used. Addresses written as numbers never reach a resolver and are checked in the URL.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Ports a web server answers on; the others belong to mail, databases and caches that a URL must not talk to.
const WEB_PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// Endings of names that mean this machine or this network, whatever a name server says.
const LOCAL_NAMES: [&str; 7] = ["localhost", "local", "internal", "intranet", "lan", "home.arpa", "localdomain"];

/// A resolver that gives public addresses only.
#[derive(Debug, Clone)]
pub(super) struct GuardedResolver {
    /// Private addresses too: the demo and the tests have their web on loopback.
    allow_private: bool,
    /// Names that are answered from here.
    hosts: Arc<[(String, IpAddr)]>,
}

impl GuardedResolver {
    pub(super) fn new(allow_private: bool, hosts: impl IntoIterator<Item = (String, IpAddr)>) -> Self {
        Self { allow_private, hosts: hosts.into_iter().collect() }
    }

    pub(super) fn shared(self) -> Arc<dyn Resolve> {
        Arc::new(self)
    }

    /// The addresses of a name, if every one of them is public: a private one among them is a trap or a mistake.
    async fn addresses(self, name: String) -> Result<Vec<SocketAddr>, String> {
        let bare = name.trim_end_matches('.');
        let fixed = self.hosts.iter().filter(|(host, _)| host.eq_ignore_ascii_case(bare));
        let mut found: Vec<_> = fixed.map(|(_, address)| SocketAddr::new(*address, 0)).collect();
        if found.is_empty() {
            let asked = tokio::net::lookup_host((name.as_str(), 0)).await;
            found.extend(asked.map_err(|e| format!("{name}: {e}"))?);
        }
        if found.is_empty() {
            return Err(format!("{name} has no address"));
        }
        match found.iter().find(|address| !self.allow_private && !is_public(address.ip())) {
            Some(address) => Err(format!("{name} leads to {}, a private address, which is refused", address.ip())),
            None => Ok(found),
        }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.clone().addresses(name.as_str().to_owned());
        Box::pin(async move { Ok(Box::new(addresses.await?.into_iter()) as Addrs) })
    }
}

/// Why a URL may not be asked, by what can be seen in it.
pub(super) fn objection(url: &Url, allow_private: bool) -> Option<String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Some(format!("{}: is not a web address", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("a web address must not carry a user name".to_owned());
    }
    if allow_private {
        return None;
    }
    let address = match url.host()? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(name) if is_local(name) => {
            return Some(format!("{name} is a name of this machine or network, which is refused"));
        }
        Host::Domain(_) => None,
    };
    if let Some(address) = address.filter(|address| !is_public(*address)) {
        return Some(format!("{address} is a private address, which is refused"));
    }
    let port = url.port_or_known_default().unwrap_or_default();
    (!WEB_PORTS.contains(&port)).then(|| format!("port {port} is not one of a web server"))
}

/// A name without a full stop is looked up in one's own network first.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let ends_in = |local: &str| name.strip_suffix(local).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !name.contains('.') || LOCAL_NAMES.into_iter().any(ends_in)
}

/// Whether anybody on the internet could have this address. What is not known to be public is not (IANA special-purpose
/// registries for IPv4 and IPv6).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let special = v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_documentation()
        || v4.is_multicast()
        || match v4.octets() {
            // The cloud of Azure speaks to its machines from an address that is public by its number.
            [168, 63, 129, 16] | [0, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] => true,
            [100, second, ..] => (64..128).contains(&second),
            [first, ..] => first >= 240,
        };
    !special
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let tail_v4 = |s: [u16; 8]| {
        let ([a, b], [c, d]) = (s[6].to_be_bytes(), s[7].to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match v6.segments() {
        // An IPv4 address in IPv6 clothes, mapped or behind NAT64, is what it wears underneath.
        s @ ([0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..]) => is_public_v4(tail_v4(s)),
        // Teredo, benchmarking and ORCHID, documentation, 6to4: tunnels and examples inside the global range.
        [0x2001, 0..=0x1ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, ..] => false,
        // Everything global lies in 2000::/3; loopback, unique local, link local and multicast do not.
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}
