//! What the house speaks to: Redis, the mail server, names, the sources; and where it listens.

use std::{collections::BTreeSet, time::Duration};

use tokio::net::{TcpListener, TcpStream, lookup_host};

use super::{Check, inside};
use crate::{
    clock::Clock,
    collect::Configured,
    config::Config,
    publish::{QueueUrl, RedisUrl},
    store::Store,
};

/// How long somebody may take to take a connection.
const DEADLINE: Duration = Duration::from_secs(3);

pub(super) async fn checks(config: &Config, store: Option<&Store>) -> Vec<Check> {
    let mut checks = vec![address(config).await];
    match &config.queue {
        QueueUrl::Local => checks.push(Check::ok("redis", "not used: queue.url is local:")),
        QueueUrl::Redis(url) => {
            checks.extend(redis(url).await);
            if let Some(store) = store {
                checks.push(inside::waiting(store, "redis", "stream", Clock::system().now()).await);
            }
        }
    }
    checks.push(mail(config).await);
    let hosts = hosts(config);
    checks.push(names(&hosts).await);
    checks.push(reach(&hosts).await);
    checks
}

async fn address(config: &Config) -> Check {
    let text = format!("{} is free", config.bind);
    match TcpListener::bind(config.bind).await {
        Ok(_) => Check::ok("address", text),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Check::ok("address", format!("somebody listens at {}: the house, if it runs", config.bind))
        }
        Err(error) => {
            Check::fail("address", format!("{}: {error}", config.bind), "set serve.bind to an address of this machine")
        }
    }
}

async fn redis(url: &RedisUrl) -> Vec<Check> {
    let health = match url.health().await {
        Ok(health) => health,
        Err(error) => {
            let mend = "start Redis, or correct queue.url; events wait in the store meanwhile and none is lost";
            return vec![Check::fail("redis", format!("{url}: {error}"), mend)];
        }
    };
    let keep = "set appendonly yes: without it a restart empties the stream, which is then filled anew from the store";
    let room = "raise maxmemory, or set queue.keep so that what every group has acknowledged leaves the stream";
    let evict = "set maxmemory-policy noeviction: another one may throw the stream away";
    vec![
        Check::must("redis", health.is_new_enough(), format!("version {}", health.version), "use Redis 7.0 or later"),
        Check::should("redis persistence", health.is_kept, if health.is_kept { "on" } else { "off" }, keep),
        Check::should("redis room", !health.is_nearly_full(), health.room(), room),
        Check::should("redis memory", health.eviction == "noeviction", health.eviction, evict),
    ]
}

async fn mail(config: &Config) -> Check {
    let Some(mail) = &config.mail else { return Check::ok("mail", "not used: mail.host is empty") };
    let (host, port) = mail.server();
    match connect(&format!("{host}:{port}")).await {
        Ok(()) => Check::ok("mail", format!("{host}:{port} takes connections")),
        Err(why) => Check::fail("mail", format!("{host}:{port}: {why}"), "correct [mail], or let this machine through"),
    }
}

/// The hosts of the sources that are on.
fn hosts(config: &Config) -> BTreeSet<String> {
    let is_on = |source: &&crate::collect::SourceSettings| {
        let configured = Configured::new((*source).clone(), &config.secrets);
        source.is_enabled && configured.is_ok_and(|configured| configured.reader.is_ok())
    };
    let address = |source: &crate::collect::SourceSettings| {
        let url = &source.options.base_url;
        Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
    };
    config.sources.iter().filter(is_on).filter_map(address).collect()
}

async fn names(hosts: &BTreeSet<String>) -> Check {
    const MEND: &str = "does this machine know a name server (/etc/resolv.conf)?";
    let lookups = hosts.iter().map(|host| async move {
        let found = tokio::time::timeout(DEADLINE, lookup_host(host.as_str())).await;
        (host, found.is_ok_and(|found| found.is_ok_and(|mut addresses| addresses.next().is_some())))
    });
    let found = futures::future::join_all(lookups).await;
    told("dns", "names are known", &found, MEND)
}

async fn reach(hosts: &BTreeSet<String>) -> Check {
    const MEND: &str = "let this machine out to them, or switch the sources off; nothing was asked of them now";
    let calls = hosts.iter().map(|host| async move { (host, connect(host).await.is_ok()) });
    let found = futures::future::join_all(calls).await;
    told("source hosts", "take connections", &found, MEND)
}

/// A house without the net works on what it has: that a host is away is no failure of the house.
fn told(what: &'static str, does: &str, found: &[(&String, bool)], mend: &str) -> Check {
    let away: Vec<&str> = found.iter().filter(|(_, is_there)| !is_there).map(|(host, _)| host.as_str()).collect();
    let text = match away.as_slice() {
        [] => format!("{} {does}", found.len()),
        away => format!("{} of {} {does}; not: {}", found.len() - away.len(), found.len(), away.join(", ")),
    };
    Check::should(what, away.is_empty(), text, mend)
}

async fn connect(address: &str) -> Result<(), String> {
    match tokio::time::timeout(DEADLINE, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", DEADLINE.as_secs())),
    }
}
