//! A site's `robots.txt`, read and matched by RFC 9309.
//!
//! # Why
//!
//! *Why a matcher of our own?* The crates for it take seconds, or minutes, for a file of wildcard rules that is still inside
//! the size the RFC tells crawlers to read. Rules sorted by length and a greedy two-pointer match need milliseconds.

use std::time::Duration;

/// What is read of a `robots.txt`; RFC 9309 section 2.5 asks for at least 500 KiB, and the rest is left unread.
pub const MAX_ROBOTS_BYTES: usize = 500 * 1024;

/// A longer `Crawl-delay` is taken as this long: some sites write a day, and mean "go away" or nothing at all.
const MAX_CRAWL_DELAY: Duration = Duration::from_secs(30);

/// The rules of one site for one crawler.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Robots {
    /// Longest pattern first, and `Allow` before `Disallow` among equals: the first rule that matches decides.
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    pattern: Vec<u8>,
    allows: bool,
}

/// The rules of one group while the file is read: ours by name, or everybody's.
#[derive(Default)]
struct Group {
    is_named: bool,
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
}

impl Robots {
    /// Reads a file for the crawler called `product`. Groups of the same name are merged; the group of `*` counts only
    /// where no group bears our name. A line that is not a rule is passed over, as the RFC asks.
    pub fn parse(bytes: &[u8], product: &str) -> Self {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let bytes = within_the_cap(bytes);
        let (mut ours, mut everybodys) = (Group::default(), Group::default());
        let (mut for_us, mut for_all, mut in_agents) = (false, false, false);
        for line in bytes.split(|b| matches!(b, b'\n' | b'\r')) {
            let Some((key, value)) = key_and_value(line) else { continue };
            if key.eq_ignore_ascii_case(b"user-agent") {
                if !in_agents {
                    (for_us, for_all, in_agents) = (false, false, true);
                }
                for_us |= product_token(value).eq_ignore_ascii_case(product.as_bytes());
                for_all |= value.starts_with(b"*");
                ours.is_named |= for_us;
            } else if is_group_member(key) {
                in_agents = false;
                let groups = [(for_us, &mut ours), (for_all, &mut everybodys)];
                groups.into_iter().filter(|(applies, _)| *applies).for_each(|(_, group)| group.take(key, value));
            }
        }
        let Group { mut rules, crawl_delay, .. } = if ours.is_named { ours } else { everybodys };
        rules.sort_by_key(|rule| std::cmp::Reverse((rule.pattern.len(), rule.allows)));
        Self { rules, crawl_delay }
    }

    /// Whether a path with its query (`/a/b?c=d`) may be read. The `robots.txt` itself always may.
    pub fn allows(&self, path: &str) -> bool {
        if path == "/robots.txt" {
            return true;
        }
        let path = normalised(path.as_bytes(), false);
        self.rules.iter().find(|rule| matches(&rule.pattern, &path)).is_none_or(|rule| rule.allows)
    }

    /// The pause between two requests that the site asks for, within reason.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }
}

impl Group {
    fn take(&mut self, key: &[u8], value: &[u8]) {
        if key.eq_ignore_ascii_case(b"crawl-delay") {
            let seconds = std::str::from_utf8(value).ok().and_then(|text| text.parse::<f64>().ok());
            let delay = seconds.filter(|s| s.is_finite() && *s >= 0.0).map(|s| s.min(MAX_CRAWL_DELAY.as_secs_f64()));
            self.crawl_delay = self.crawl_delay.max(delay.map(Duration::from_secs_f64));
        } else if !value.is_empty() {
            let mut pattern = normalised(value, true);
            // `Disallow: private` breaks the grammar, and whoever wrote it meant the folder.
            if !pattern.starts_with(b"/") && !pattern.starts_with(b"*") {
                pattern.insert(0, b'/');
            }
            self.rules.push(Rule { pattern, allows: key.eq_ignore_ascii_case(b"allow") });
        }
    }
}

/// The whole lines within the cap: half an `Allow` would allow more than its author wrote.
fn within_the_cap(bytes: &[u8]) -> &[u8] {
    match bytes.get(..MAX_ROBOTS_BYTES) {
        Some(head) if bytes.len() > MAX_ROBOTS_BYTES => {
            let whole = head.iter().rposition(|b| matches!(b, b'\n' | b'\r'));
            &head[..whole.unwrap_or(0)]
        }
        _ => bytes,
    }
}

fn is_group_member(key: &[u8]) -> bool {
    [b"allow".as_slice(), b"disallow", b"crawl-delay"].iter().any(|member| key.eq_ignore_ascii_case(member))
}

/// `Key : value # remark` without blanks and remark.
fn key_and_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.split(|b| *b == b'#').next().unwrap_or_default();
    let colon = line.iter().position(|b| *b == b':')?;
    Some((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()))
}

/// `Vedetta/1.0 (…)` is meant for `Vedetta`: RFC 9309 allows letters, `_` and `-` in a product token.
fn product_token(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|b| !b.is_ascii_alphabetic() && !matches!(b, b'_' | b'-'));
    &value[..end.unwrap_or(value.len())]
}

/// One spelling for both sides (RFC 9309 section 2.2.2): unreserved characters bare, everything else that is encoded, or
/// should be, as `%XX` in capitals. In a path `*` and `$` are letters like others, so they are encoded there.
pub(super) fn normalised(text: &[u8], is_pattern: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let decoded = (*first == b'%').then(|| hex_pair(after)).flatten();
        if let Some(byte) = decoded {
            rest = &after[2..];
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(byte);
            } else {
                push_encoded(&mut out, byte);
            }
        } else if !first.is_ascii_graphic() || (!is_pattern && matches!(first, b'*' | b'$')) {
            push_encoded(&mut out, *first);
        } else {
            out.push(*first);
        }
    }
    out
}

fn hex_pair(text: &[u8]) -> Option<u8> {
    let mut byte = [0];
    hex::decode_to_slice(text.get(..2)?, &mut byte).ok()?;
    Some(byte[0])
}

fn push_encoded(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
}

/// Whether a pattern matches the start of a path, or the whole of it behind a closing `$`. Greedy with one point of
/// return: each `*` first takes nothing, and after a mismatch the *last* one takes a byte more, which is enough because
/// an earlier star could not do better.
pub(super) fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let (pattern, is_anchored) = match pattern.strip_suffix(b"$") {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let (mut p, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if p == pattern.len() && (!is_anchored || at == path.len()) {
            return true;
        }
        match (pattern.get(p), path.get(at), star) {
            (Some(b'*'), _, _) => {
                p += 1;
                star = Some((p, at));
            }
            (Some(expected), Some(found), _) if expected == found => {
                p += 1;
                at += 1;
            }
            (_, Some(_), Some((after_star, taken_to))) => {
                p = after_star;
                at = taken_to + 1;
                star = Some((after_star, taken_to + 1));
            }
            _ => return false,
        }
    }
}
