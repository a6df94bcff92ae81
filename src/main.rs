//! `vedetta`: arguments in, one call, an exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    vedetta::cli::main()
}
