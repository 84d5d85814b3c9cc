//! Who asks: an authenticated Server Identifier, or a bootstrap that has been proved.

#[cfg(all(feature = "bootstrap", feature = "tnds"))]
use crate::scope::Scope;

/// The Server Identifier in whose name a command is executed.
///
/// Rights belong to this identifier and to nothing else (`TREE-C-034`). A value of this type is the proof that
/// authentication has happened.
#[derive(Clone, Copy)]
pub struct Principal<'p> {
    server_id: &'p [u8],
    role: Role,
    #[cfg(all(feature = "bootstrap", feature = "tnds"))]
    scope: Option<&'p Scope<'p>>,
}

/// What kind of principal acts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Server,
    /// The application.
    Local,
    /// The manufacturer.
    Factory,
}

/// In whose name something is done: a server's, or that of the device itself.
#[derive(Clone, Copy)]
pub(crate) struct By<'p>(&'p Principal<'p>);

impl By<'static> {
    pub(crate) const LOCAL: Self = Self(&Principal::of(Role::Local, &[]));
    pub(crate) const FACTORY: Self = Self(&Principal::of(Role::Factory, &[]));
}

impl<'p> By<'p> {
    pub(crate) const fn server(who: &'p Principal<'p>) -> Self {
        Self(who)
    }

    pub(crate) const fn who(self) -> &'p Principal<'p> {
        self.0
    }

    pub(crate) const fn role(self) -> Role {
        self.0.role
    }

    pub(crate) const fn is_server(self) -> bool {
        matches!(self.0.role, Role::Server)
    }

    #[cfg(all(feature = "bootstrap", feature = "tnds"))]
    pub(crate) const fn is_bootstrap(self) -> bool {
        self.0.scope.is_some()
    }

    #[cfg(not(all(feature = "bootstrap", feature = "tnds")))]
    pub(crate) const fn is_bootstrap(self) -> bool {
        false
    }
}

impl<'p> Principal<'p> {
    /// Declares `server_id` authenticated without any proof.
    ///
    /// For the authentication of the engine itself, for tests, and for a smart card or factory that is trusted by
    /// other means. Every caller is listed by the repository's lint.
    #[must_use]
    pub const fn dangerous_assume(server_id: &'p [u8]) -> Self {
        Self::of(Role::Server, server_id)
    }

    const fn of(role: Role, server_id: &'p [u8]) -> Self {
        Self {
            server_id,
            role,
            #[cfg(all(feature = "bootstrap", feature = "tnds"))]
            scope: None,
        }
    }

    /// Declares a bootstrap proved, which has no Server Identifier. No ACL is asked: it may write what `scope` says inside
    /// the transaction that is open, and reach nothing else.
    ///
    /// Every caller is listed by the repository's lint, as those of [`dangerous_assume`](Self::dangerous_assume).
    #[cfg(all(feature = "bootstrap", feature = "tnds"))]
    #[must_use]
    pub const fn dangerous_bootstrap(scope: &'p Scope<'p>) -> Self {
        Self {
            scope: Some(scope),
            ..Self::of(Role::Server, &[])
        }
    }

    /// The Server Identifier, as in the `ServerID` of its account; empty for a bootstrap.
    #[must_use]
    pub const fn server_id(&self) -> &'p [u8] {
        self.server_id
    }

    /// What it may write, when it is a bootstrap.
    #[cfg(all(feature = "bootstrap", feature = "tnds"))]
    pub(crate) const fn scope(&self) -> Option<&'p Scope<'p>> {
        self.scope
    }
}

impl core::fmt::Debug for Principal<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Principal")
    }
}
