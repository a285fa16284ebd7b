//! The words that begin a command, and where each may stand.
//!
//! RFC 3501 §6: any state (6.1), not authenticated (6.2), authenticated (6.3), selected (6.4).

/// Which state a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// None.
    Nothing,
    /// That nobody has logged in.
    NoLogin,
    /// A log-in.
    Login,
    /// A selected mailbox.
    Mailbox,
    /// A selected mailbox that may be changed.
    WritableMailbox,
}

macro_rules! verbs {
    ($($variant:ident $name:literal $needs:ident,)*) => {
        /// The word that begins a command, together with UID where it stands before.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Verb { $(#[doc = $name] $variant,)* }

        impl Verb {
            /// Every verb.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// In upper case.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
            /// The state it needs.
            pub const fn needs(self) -> Needs {
                match self { $(Self::$variant => Needs::$needs,)* }
            }
        }
    };
}

verbs! {
    Capability "CAPABILITY" Nothing,
    Noop "NOOP" Nothing,
    Logout "LOGOUT" Nothing,
    Id "ID" Nothing,
    StartTls "STARTTLS" NoLogin,
    Authenticate "AUTHENTICATE" NoLogin,
    Login "LOGIN" NoLogin,
    Enable "ENABLE" Login,
    Select "SELECT" Login,
    Examine "EXAMINE" Login,
    Create "CREATE" Login,
    Delete "DELETE" Login,
    Rename "RENAME" Login,
    Subscribe "SUBSCRIBE" Login,
    Unsubscribe "UNSUBSCRIBE" Login,
    List "LIST" Login,
    Lsub "LSUB" Login,
    Status "STATUS" Login,
    Append "APPEND" Login,
    Idle "IDLE" Login,
    Namespace "NAMESPACE" Login,
    GetQuota "GETQUOTA" Login,
    GetQuotaRoot "GETQUOTAROOT" Login,
    SetQuota "SETQUOTA" Login,
    GetAcl "GETACL" Login,
    SetAcl "SETACL" Login,
    DeleteAcl "DELETEACL" Login,
    ListRights "LISTRIGHTS" Login,
    MyRights "MYRIGHTS" Login,
    GetMetadata "GETMETADATA" Login,
    SetMetadata "SETMETADATA" Login,
    Notify "NOTIFY" Login,
    Compress "COMPRESS" Login,
    Check "CHECK" Mailbox,
    Close "CLOSE" Mailbox,
    Unselect "UNSELECT" Mailbox,
    Search "SEARCH" Mailbox,
    Sort "SORT" Mailbox,
    Thread "THREAD" Mailbox,
    CancelUpdate "CANCELUPDATE" Mailbox,
    Fetch "FETCH" Mailbox,
    Copy "COPY" Mailbox,
    UidSearch "UID SEARCH" Mailbox,
    UidSort "UID SORT" Mailbox,
    UidThread "UID THREAD" Mailbox,
    UidFetch "UID FETCH" Mailbox,
    UidCopy "UID COPY" Mailbox,
    Expunge "EXPUNGE" WritableMailbox,
    Store "STORE" WritableMailbox,
    Move "MOVE" WritableMailbox,
    UidExpunge "UID EXPUNGE" WritableMailbox,
    UidStore "UID STORE" WritableMailbox,
    UidMove "UID MOVE" WritableMailbox,
    Replace "REPLACE" WritableMailbox,
    UidReplace "UID REPLACE" WritableMailbox,
}

impl Verb {
    /// The verb of a name in any case; with `uid`, of the name behind UID.
    pub fn find(name: &[u8], uid: bool) -> Option<Self> {
        let same = |verb: &&Self| {
            let known = verb.name();
            match known.strip_prefix("UID ") {
                Some(rest) => uid && rest.as_bytes().eq_ignore_ascii_case(name),
                None => !uid && known.as_bytes().eq_ignore_ascii_case(name),
            }
        };
        Self::ALL.iter().find(same).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_found_by_its_name() {
        for verb in Verb::ALL {
            let (uid, name) =
                verb.name().strip_prefix("UID ").map_or((false, verb.name()), |name| (true, name));
            assert_eq!(Verb::find(name.to_ascii_lowercase().as_bytes(), uid), Some(*verb));
        }
        assert_eq!(Verb::find(b"EXPUNGE", true), Some(Verb::UidExpunge));
        assert_eq!(Verb::find(b"NOOP", true), None);
    }
}
