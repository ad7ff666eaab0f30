//! The `rolecall` binary: everything it does is in the library.

use std::process::ExitCode;

/// A tenth of the time of a run is allocations, most of them the SDK's, from many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rolecall::cli::run()
}
