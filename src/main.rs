//! `vedetta`: arguments in, one call, an exit code out.

use std::process::ExitCode;

/// The program asks for memory and gives it back some dozens of times for each answer.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    vedetta::cli::main()
}
