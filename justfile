# What CONTRIBUTING.md says to type; `just` lists it.

default:
    @just --list

# The main job on a simulated organization of 41 accounts
try:
    cargo run -- apply --sandbox --pass-role-to user/analyst

# Every test that needs no other program
test *ARGS:
    cargo test --locked {{ARGS}}

# Format and lints, as CI has them
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings

# All that CI does
ci:
    .ci/run

# The release's archive for this machine, made and tried
archive:
    scripts/package-release

# The peers against the binary that the tests have built; `.ci/run` installs them
peers: (test "--no-run")
    target/peers-venv/bin/python tests/peers/peers.py target/debug/rolecall

# The example report, after the reports were changed on purpose
example:
    UPDATE_EXAMPLE=1 cargo test --test it the_example_is_what_a_run_leaves
    cargo test --test it example

# The book, into target/book
book:
    mdbook build docs
