use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Ports that a web server of the public net is expected on.
const PUBLIC_PORTS: [u16; 2] = [443, 8443];
/// Longer addresses are not addresses.
const MAX_URL: usize = 2_000;
/// Names that mean this machine or this network, whatever a name server says.
const LOCAL_NAMES: [&str; 7] = ["localhost", "local", "internal", "intranet", "lan", "home.arpa", "localdomain"];

/// Decides which addresses may be called: none of this machine, of the private net, or of the cloud's metadata
/// service, unless the operator allowed them.
///
/// A URL is checked when the subscription is made and before every attempt; a name's addresses are checked again when
/// they have been resolved for the connection, and only those are connected to. A name that changes its mind between
/// the two checks gains nothing.
#[derive(Debug, Clone)]
pub struct Guard {
    allow_private: bool,
    /// Names that are answered from here instead of by a name server, as a hosts file does.
    hosts: Arc<[(String, IpAddr)]>,
}

impl Guard {
    /// `allow_private`: any address, any port, and plain http. `hosts`: names with fixed addresses.
    pub fn new(allow_private: bool, hosts: impl IntoIterator<Item = (String, IpAddr)>) -> Self {
        Self { allow_private, hosts: hosts.into_iter().collect() }
    }

    /// Why this address may not be called, if it may not. Asks no name server.
    pub fn check(&self, url: &Url) -> Result<(), String> {
        if url.as_str().len() > MAX_URL {
            return Err(format!("the address is longer than {MAX_URL} characters"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the address holds a user name or password; the signature is what proves who calls".to_owned());
        }
        let Some(host) = url.host() else { return Err("the address names no host".to_owned()) };
        match url.scheme() {
            "https" => {}
            "http" if self.allow_private => {}
            "http" => return Err("must be https: a signature proves who calls but hides nothing".to_owned()),
            other => return Err(format!("{other}: must be https")),
        }
        if self.allow_private {
            return Ok(());
        }
        if !url.port_or_known_default().is_some_and(|port| PUBLIC_PORTS.contains(&port)) {
            return Err("the port must be 443 or 8443".to_owned());
        }
        match host {
            Host::Ipv4(ip) => self.check_ip(ip.into()),
            Host::Ipv6(ip) => self.check_ip(ip.into()),
            Host::Domain(name) => check_name(name),
        }
    }

    /// Why this resolved address may not be connected to, if it may not.
    pub fn check_ip(&self, ip: IpAddr) -> Result<(), String> {
        let kind = match ip {
            IpAddr::V4(ip) => special_v4(ip),
            IpAddr::V6(ip) => special_v6(ip),
        };
        match kind {
            Some(kind) if !self.allow_private => Err(format!("the address is refused: {kind}")),
            _ => Ok(()),
        }
    }

    /// The addresses of a name, if every one of them may be called. One private address among public ones is a trap or
    /// a mistake, and refuses the name.
    async fn resolve_name(&self, name: &str) -> Result<Vec<SocketAddr>, String> {
        let bare = name.trim_end_matches('.');
        let fixed = self.hosts.iter().filter(|(host, _)| host.eq_ignore_ascii_case(bare));
        let mut found: Vec<SocketAddr> = fixed.map(|(_, ip)| SocketAddr::new(*ip, 0)).collect();
        if found.is_empty() {
            let answer = tokio::net::lookup_host((name, 0)).await;
            found.extend(answer.map_err(|_| "the name is not known to the name server".to_owned())?);
        }
        found.iter().try_for_each(|address| self.check_ip(address.ip()))?;
        if found.is_empty() { Err("the name has no address".to_owned()) } else { Ok(found) }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = guard.resolve_name(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let bare = name.trim_end_matches('.');
    let is_local = |local: &str| bare == local || bare.strip_suffix(local).is_some_and(|rest| rest.ends_with('.'));
    if LOCAL_NAMES.into_iter().any(is_local) {
        return Err(format!("{bare} is a name of this machine or network"));
    }
    if !bare.contains('.') {
        return Err(format!("{bare} is not a full name, as hooks.example.com"));
    }
    Ok(())
}

/// What is special about an IPv4 address (IANA special-purpose registry, and the addresses at which clouds serve
/// credentials); none for a public one.
fn special_v4(ip: Ipv4Addr) -> Option<&'static str> {
    match ip.octets() {
        [0, ..] => Some("this network"),
        [127, ..] => Some("loopback"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("private"),
        [100, 64..=127, ..] => Some("carrier-grade NAT"),
        [169, 254, ..] => Some("link-local, where metadata is served"),
        [168, 63, 129, 16] => Some("metadata of a cloud"),
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("reserved for protocols and documentation"),
        [192, 88, 99, _] => Some("6to4 relay"),
        [198, 18..=19, ..] => Some("benchmarking"),
        [224..=239, ..] => Some("multicast"),
        [240..=255, ..] => Some("reserved"),
        _ => None,
    }
}

/// The same for IPv6: only global unicast (`2000::/3`) is public, and of that not the parts that carry an IPv4 address
/// or are set aside. Mapped, compatible and translated IPv4 all lie outside, and so does everything local.
fn special_v6(ip: Ipv6Addr) -> Option<&'static str> {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("loopback"),
        [0, 0, 0, 0, 0, 0xffff, ..] => Some("IPv4 inside IPv6"),
        [0, ..] => Some("unspecified or IPv4 inside IPv6"),
        [0x64, 0xff9b, ..] => Some("IPv4 behind NAT64"),
        [0xfc00..=0xfdff, ..] => Some("unique local"),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        [0x2001, 0..=0x1ff, ..] => Some("Teredo, or reserved for protocols"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("documentation"),
        [0x2002, ..] => Some("6to4, IPv4 inside IPv6"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("not global unicast"),
    }
}
