//! A grant as one account has it. Pure data.

/// What a principal has by way of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObservedGrant {
    /// There is no such user, group or role.
    NoPrincipal,
    /// The principal is there, the grant is not.
    Absent,
    /// The grant, decoded JSON text.
    Present(String),
}
