//! What must hold of the project as a whole.

mod architecture;
