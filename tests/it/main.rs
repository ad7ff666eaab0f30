//! What must hold of the project as a whole.

// The attribute is what tells clippy that a panic in here is a test's way to fail.
#[cfg(test)]
mod architecture;
