//! Closed vocabularies: each value has one word on the wire.

use super::WordError;

macro_rules! code_enum {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = WordError;

            fn from_str(text: &str) -> Result<Self, WordError> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(WordError::new($what, text, concat!("must be one of", $(" ", $text),+))),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use code_enum;

code_enum! {
    /// What a register says a company is, in one vocabulary for all registers.
    Status, "company status", {
        /// Trading.
        Active = "active",
        /// Trading, with something the register warns of: a strike-off proposal, a petition, overdue accounts.
        ActiveWarning = "active_warning",
        /// Registered, not trading.
        Dormant = "dormant",
        /// Winding up while solvent: not a default.
        VoluntaryLiquidation = "voluntary_liquidation",
        /// In a procedure that means to save the business.
        Restructuring = "restructuring",
        /// In a procedure because it cannot pay.
        InsolventLiquidation = "insolvent_liquidation",
        /// No longer exists.
        Ceased = "ceased",
        /// The register does not say.
        Unknown = "unknown",
        /// We asked and got no usable answer: neither good nor bad.
        CouldNotCheck = "could_not_check",
    }
}

code_enum! {
    /// The paper that was protested.
    Instrument, "instrument", {
        /// A bill of exchange or promissory note.
        Bill = "bill",
        /// A cheque.
        Cheque = "cheque",
        /// Anything else.
        Other = "other",
    }
}

code_enum! {
    /// What became of a protest.
    ProtestState, "protest state", {
        /// In the register.
        Standing = "standing",
        /// In the register, with a note that it was paid late.
        Annotated = "annotated",
        /// Taken out: as if it had never been.
        Cancelled = "cancelled",
    }
}

code_enum! {
    /// What a piece of news reports.
    NewsEvent, "news event", {
        /// Insolvent, bankrupt, in compulsory liquidation.
        Default = "default",
        /// Asks creditors for time or a haircut.
        Restructuring = "restructuring",
        /// Sends people home.
        Layoffs = "layoffs",
        /// Closes a plant or the whole.
        Closure = "closure",
        /// Its people strike.
        Strike = "strike",
        /// Will earn less than it said.
        ProfitWarning = "profit_warning",
        /// Does not pay suppliers, banks, wages.
        PaymentTrouble = "payment_trouble",
        /// Under investigation, seized, arrested.
        Investigation = "investigation",
        /// An agency thinks less of it.
        Downgrade = "downgrade",
        /// Somebody saves it.
        Rescue = "rescue",
        /// It gets better.
        Recovery = "recovery",
        /// It grows.
        Growth = "growth",
        /// Nothing about credit.
        None = "none",
    }
}

code_enum! {
    /// Whom a piece of news is about.
    About, "subject of news", {
        /// One company, named.
        Client = "client",
        /// A market.
        Sector = "sector",
        /// Neither.
        None = "none",
    }
}

code_enum! {
    /// What VIES answered.
    VatAnswer, "VAT answer", {
        /// Enrolled.
        Valid = "valid",
        /// Not enrolled; in Italy that says little, for enrolment is a choice.
        Invalid = "invalid",
        /// Nobody answered: not the same as invalid.
        NoAnswer = "no_answer",
    }
}
