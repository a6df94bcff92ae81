use std::net::IpAddr;

use vedetta::alert::{Guard, check_url};

/// Hosts that mean this machine, this network or nothing public, in every spelling that a URL parser takes.
pub(crate) const PRIVATE_HOSTS: &[&str] = &[
    // Loopback, plainly and in the spellings that URL parsers understand.
    "127.0.0.1",
    "127.8.9.10",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    // IPv4 inside IPv6: mapped, compatible, translated, tunnelled.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    // Private, unique local, link-local, carrier-grade NAT, this network, benchmarking.
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "100.64.0.1",
    "100.127.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "198.18.0.1",
    "198.19.255.1",
    // Metadata of clouds.
    "169.254.169.254",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "168.63.129.16",
    "metadata.google.internal",
    // Documentation, multicast, reserved, broadcast.
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.9",
    "192.0.0.8",
    "192.88.99.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[2001:db8::1]",
    "[3fff::1]",
    "[ff02::1]",
    "[100::1]",
    "[::]",
    "[5f00::1]",
    // Names of this machine or network, full stops of other alphabets, and names that are not full.
    "localhost",
    "localhost.",
    "LOCALHOST",
    "app.localhost",
    "printer.local",
    "db.internal",
    "nas.home.arpa",
    "127\u{3002}0\u{3002}0\u{3002}1",
    "\u{ff11}27.0.0.1",
    "redis",
    "redis.",
];

fn is_allowed(url: &str) -> Result<(), String> {
    let url = url::Url::parse(url).map_err(|error| error.to_string())?;
    check_url(&url, false)
}

#[test]
fn every_way_of_writing_a_private_address_is_refused() {
    for host in PRIVATE_HOSTS {
        let url = format!("https://{host}/hook");
        assert!(is_allowed(&url).is_err(), "{url} was let through");
    }
}

#[test]
fn public_addresses_are_allowed() {
    for url in [
        "https://hooks.example.com/vedetta?token=1",
        "https://hooks.example.com:8443/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://172.32.0.1/",
        "https://100.128.0.1/",
        "https://198.20.0.1/",
        "https://localhost.example.com/",
        "https://internal-tools.example.org/",
    ] {
        assert_eq!(is_allowed(url), Ok(()), "{url}");
    }
}

#[test]
fn schemes_users_and_odd_ports_are_refused() {
    for url in [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "data:text/plain,x",
        "https://user@hooks.example.com/",
        "https://user:pw@hooks.example.com/",
        "https://hooks.example.com@127.0.0.1/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:25/",
        "https://hooks.example.com:6379/",
        "https://hooks.example.com:80/",
        "https://[fe80::1%25eth0]/",
    ] {
        assert!(is_allowed(url).is_err(), "{url} was let through");
    }
    let long = format!("https://hooks.example.com/{}", "a".repeat(2_000));
    assert!(is_allowed(&long).unwrap_err().contains("longer"));
}

#[test]
fn an_operator_may_allow_private_addresses_but_never_user_names() {
    let allowed = |url: &str| check_url(&url::Url::parse(url).unwrap(), true);
    for url in ["http://127.0.0.1:9000/hook", "http://localhost/", "https://10.0.0.1:1234/", "http://[::1]:80/"] {
        assert_eq!(allowed(url), Ok(()), "{url}");
    }
    assert!(allowed("http://user@127.0.0.1/").is_err());
    assert!(allowed("ftp://127.0.0.1/").is_err());
}

#[test]
fn a_resolved_address_is_judged_like_a_written_one() {
    let guard = Guard::new(false, []);
    let judged = |ip: &str| guard.check_ip(ip.parse::<IpAddr>().unwrap());
    for private in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1", "64:ff9b::1"] {
        assert!(judged(private).unwrap_err().starts_with("the address is refused"), "{private}");
    }
    assert_eq!(judged("93.184.216.34"), Ok(()));
}
