//! One fuzzer for all targets: `VEDETTA_FUZZ_TARGET` names the one, and `list` prints their names and ends.
#![no_main]

mod targets;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<String> = LazyLock::new(|| {
    let target = std::env::var("VEDETTA_FUZZ_TARGET").unwrap_or_default();
    if target == "list" {
        println!("{}", targets::names().join("\n"));
        std::process::exit(0);
    }
    target
});

fuzz_target!(
    init: { LazyLock::force(&TARGET); },
    |bytes: &[u8]| targets::run(&TARGET, bytes)
);
