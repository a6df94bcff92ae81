use super::{WordError, vocabulary::code_enum};

code_enum! {
    /// What somebody may do who signs in to the pages; each rank includes the ones before.
    Rank, "rank", {
        /// Read.
        Viewer = "viewer",
        /// Write facts, record what was done, decide about links.
        Analyst = "analyst",
        /// Decide: grades above the model, limits.
        Manager = "manager",
        /// Manage keys and people.
        Admin = "admin",
    }
}
