//! RFC 9309, rule by rule.

use std::{fmt::Write, time::Duration};

use proptest::prelude::*;
use vedetta::collect::fetch::Robots;

/// The definition of a match, star by star; exponential, and so only for short texts.
fn by_definition(pattern: &[u8], path: &[u8]) -> bool {
    match (pattern, path) {
        ([], _) | ([b'$'], []) => true,
        ([b'*', rest @ ..], _) => (0..=path.len()).any(|taken| by_definition(rest, &path[taken..])),
        ([p, pattern @ ..], [c, path @ ..]) if p == c => by_definition(pattern, path),
        _ => false,
    }
}

proptest! {
    #[test]
    fn the_greedy_match_agrees_with_the_definition(pattern in "/[ab*]{0,8}[$]?", path in "/[ab]{0,10}") {
        let expected = by_definition(pattern.as_bytes(), path.as_bytes());
        prop_assert_eq!(allows(&format!("User-agent: *\nDisallow: {pattern}"), &path), !expected);
    }

    #[test]
    fn no_bytes_make_the_reader_fall(bytes in prop::collection::vec(any::<u8>(), 0..400), path in ".{0,40}") {
        let rules = [b"User-agent: *\nDisallow: ".as_slice(), &bytes].concat();
        Robots::parse(&rules, "Vedetta").allows(&path);
    }
}

fn allows(rules: &str, path: &str) -> bool {
    Robots::parse(rules.as_bytes(), "Vedetta").allows(path)
}

/// Path and pattern examples of RFC 9309 sections 2.2.2, 2.2.3 and 5, and of the documentation of Google's parser.
#[test]
fn a_rule_matches_by_its_longest_pattern() {
    let cases = [
        ("disallow: /", "/", false),
        ("disallow:", "/anything", true),
        ("disallow: /fish", "/fish/salmon.html", false),
        ("disallow: /fish", "/Fish.asp", true),
        ("disallow: /fish", "/catfish", true),
        ("disallow: /fish*", "/fishheads?id=1", false),
        ("disallow: /*.php", "/folder/filename.php?x", false),
        ("disallow: /*.php", "/windows.PHP", true),
        ("disallow: /*.php$", "/filename.php", false),
        ("disallow: /*.php$", "/filename.php?parameters", true),
        ("disallow: /fish*.php", "/fishheads/catfish.php?id", false),
        ("allow: /p\ndisallow: /", "/page", true),
        ("allow: /folder\ndisallow: /folder", "/folder/page", true),
        ("allow: /page\ndisallow: /*.htm", "/page.htm", false),
        ("allow: /$\ndisallow: /", "/", true),
        ("allow: /$\ndisallow: /", "/page.htm", false),
        ("allow: /example/page/\ndisallow: /example/page/disallowed.gif", "/example/page/disallowed.gif", false),
        ("disallow: /foo/bar?baz=http://foo.bar", "/foo/bar?baz=http://foo.bar", false),
        ("disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", false),
        ("disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", false),
        ("disallow: /foo/bar/%e3%83%84", "/foo/bar/%E3%83%84", false),
        ("disallow: /path/file-with-a-%2A.html", "/path/file-with-a-*.html", false),
        ("disallow: /path/foo-%24", "/path/foo-$", false),
        ("disallow: /a%2Fb", "/a/b", true),
        ("disallow: private", "/private/x", false),
        ("disallow: /*/*/x*y$", "/a/b/c/xzzy", false),
        ("disallow: /*/*/x*y$", "/a/b/c/xzzyq", true),
        ("disallow: /", "/robots.txt", true),
    ];
    for (rules, path, expected) in cases {
        assert_eq!(allows(&format!("User-agent: *\n{rules}\n"), path), expected, "{rules:?} on {path}");
    }
}

#[test]
fn the_group_that_names_us_wins_over_the_one_for_all_and_equal_groups_are_merged() {
    let file = "\u{feff}User-agent: *\r\nDisallow: /\r\n\r\nUSER-AGENT: vedetta/2.0 # us\rUser-agent: other\nDisallow: /a\n\
                Sitemap: https://example.com/s.xml\nDisallow: /b\nUser-agent: Vedetta\nAllow: /b/c\nnonsense\n";
    for (path, expected) in [("/x", true), ("/a", false), ("/b", false), ("/b/c", true)] {
        assert_eq!(allows(file, path), expected, "{path}");
    }
    assert!(!allows("User-agent: vedettabot\nAllow: /\nUser-agent: *\nDisallow: /", "/"));
    assert!(allows("User-agent: Vedetta\nUser-agent: *\nDisallow:\n", "/"));
    assert!(allows("Disallow: /", "/"), "a rule of no group is nobody's");
    assert!(allows("", "/"));
}

#[test]
fn a_crawl_delay_is_honoured_within_reason() {
    let delay = |text: &str| Robots::parse(format!("User-agent: *\nCrawl-delay: {text}").as_bytes(), "v").crawl_delay();
    assert_eq!(delay("2.5"), Some(Duration::from_millis(2_500)));
    assert_eq!(delay("86400"), Some(Duration::from_secs(30)));
    assert_eq!((delay("-1"), delay("NaN"), delay("soon")), (None, None, None));
}

/// 14 000 wildcard rules inside the RFC's own size limit. A matcher that backtracks takes minutes here; ours is not felt.
#[test]
fn a_file_of_wildcards_as_large_as_the_rfc_allows_is_read_and_matched_at_once() {
    let mut file = String::from("User-agent: *\n");
    for n in 0..14_000 {
        writeln!(file, "Disallow: /*{n}*/x*y?*z={n:06}$").unwrap();
    }
    assert!((450_000..500 * 1024).contains(&file.len()), "{}", file.len());
    let robots = Robots::parse(file.as_bytes(), "Vedetta");
    assert!(robots.allows("/archivio/2026/11/20/13999/xyxyxyxyxyxyxy?a=1&z=013998"));
    assert!(!robots.allows("/archivio/13999/xy?z=013999"));
}

#[test]
fn a_rule_that_the_cap_cuts_in_two_is_not_read_as_its_half() {
    let filler = "#".repeat(vedetta::collect::fetch::MAX_ROBOTS_BYTES - 40);
    let file = format!("{filler}\nUser-agent: *\nDisallow: /\nAllow: /only/this/and/nothing/else\n");
    assert!(!allows(&file, "/only"));
}
