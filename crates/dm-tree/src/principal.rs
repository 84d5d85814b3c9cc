//! Who asks: an authenticated Server Identifier.

/// The Server Identifier in whose name a command is executed.
///
/// Rights belong to this identifier and to nothing else (`TREE-C-034`). A value of this type is the proof that
/// authentication has happened.
#[derive(Clone, Copy)]
pub struct Principal<'p> {
    server_id: &'p [u8],
}

impl<'p> Principal<'p> {
    /// Declares `server_id` authenticated without any proof.
    ///
    /// For the authentication of the engine itself, for tests, and for a smart card or factory that is trusted by
    /// other means. Every caller is listed by the repository's lint.
    #[must_use]
    pub const fn dangerous_assume(server_id: &'p [u8]) -> Self {
        Self { server_id }
    }

    /// The Server Identifier, as in the `ServerID` of its account.
    #[must_use]
    pub const fn server_id(&self) -> &'p [u8] {
        self.server_id
    }
}

impl core::fmt::Debug for Principal<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Principal")
    }
}
