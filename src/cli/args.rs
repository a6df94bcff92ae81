//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{Timestamp, civil::Date};

/// Watches open sources and your own ledger, keeps an internal rating of every client, and calls out when one drops.
#[derive(Debug, Parser)]
#[command(name = "vedetta", version, propagate_version = true, after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "Examples:
  vedetta demo                                     a made-up portfolio, everything at once
  vedetta import clients clients.csv               your clients
  vedetta import invoices ledger.csv --map map.toml --create-clients --backfill
  vedetta collect                                  ask the open sources that are due
  vedetta night                                    rescore everybody
  vedetta explain C-1042                           why this rating
  vedetta assess --name NAME --country IT --tax-id NUMBER --amount 5000     before credit is granted
  vedetta run                                      API, collecting, nights, alerts in one process

Exit: 0 done; 1 failed; 2 wrong usage or configuration; 3 done, but some rows, sources or pages were refused; 130 interrupted.";

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(super) struct Global {
    /// Folder of the database file and the evidence archive [default: ./vedetta-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Address of the store: sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(long, global = true, value_name = "URL")]
    pub(super) store: Option<String>,
    /// Where changes are published: local: or redis://host:port
    #[arg(long, global = true, value_name = "URL")]
    pub(super) queue: Option<String>,
    /// A settings file; see `vedetta config print`
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// One JSON object on standard output; everything else on standard error
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// No progress, no hints
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
    /// More of the log; twice for all of it
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Colours
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    pub(super) color: Colour,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// All in one on made-up data: collectors over real HTTP, ratings, changes, alerts, the API
    Demo(Demo),
    /// Everything in one process: API, collecting, nights, alerts, publishing
    Run(Serve),
    /// The API alone
    Serve(Serve),
    /// Everything but the API: pages of the night, and whatever only one worker of a fleet does
    Work,
    /// Read a ledger or a list of clients
    #[command(subcommand)]
    Import(super::bring::Import),
    /// Ask the open sources
    Collect(Collect),
    /// Whose record is it?
    Resolve(Resolve),
    /// Uncertain links: whose record is it? And two codes of one company
    #[command(subcommand)]
    Review(super::review::Review),
    /// Rescore everybody; resumes where an interrupted night stopped
    Night {
        /// The day the ratings are for [default: today]
        #[arg(long, value_name = "DATE")]
        valid_at: Option<Date>,
    },
    /// A client's rating
    Rating(Asked),
    /// Why this rating: the level and the last change, with evidence
    Explain {
        /// Your code of the client
        client: String,
        /// Which portfolio, when the code is in several
        #[arg(long, value_name = "NAME")]
        portfolio: Option<String>,
    },
    /// Ratings of all clients as of a day, by the present model from the facts known then; records nothing
    Replay {
        /// The day
        #[arg(long, value_name = "DATE")]
        valid_at: Date,
        /// What may be known [default: the end of that day]
        #[arg(long, value_name = "INSTANT")]
        known_at: Option<Timestamp>,
        /// Where to write the CSV [default: standard output]
        #[arg(short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Write out ratings, changes or treatments
    #[command(subcommand)]
    Export(Export),
    /// API keys
    #[command(subcommand)]
    Keys(Keys),
    /// Who did what and when, and whether anybody changed that
    #[command(subcommand)]
    Audit(super::audit::Audit),
    /// People who sign in to the pages
    #[command(subcommand)]
    Users(super::users::Users),
    /// Erase a client and everything that names it; its grades stay, as figures of nobody
    Erase(super::forget::Erase),
    /// Take out every fact that is past its term, as each night does, and rate anew whom it concerned
    Expire,
    /// Keep what would expire: a client, or a signal
    #[command(subcommand)]
    Hold(super::forget::Hold),
    /// Follow the changes, by number or as a member of a consumer group
    Tail(super::tail::Tail),
    /// Dead letters of the stream and of deliveries: see them, give them out again
    #[command(subcommand)]
    Dlq(super::dlq::Dlq),
    /// Write a made-up portfolio as import files, its labels and its web
    Simulate(Simulate),
    /// Fit a model on a table, or on what the store knew on past days, and judge it on rows that it has not seen
    Train(Box<Train>),
    /// Judge a model on a table: figures with intervals, grades, segments; a report to read
    Evaluate(Evaluate),
    /// Score the rows of a table; a cell that cannot be read counts as missing and is listed (exit code 3)
    Score(Score),
    /// Which model rates: list, check, promote, let one rate in shadow
    #[command(subcommand)]
    Model(super::model::Asked),
    /// What a blow to a sector, or to all, would do to the portfolio; records nothing
    Stress(super::stress::Shock),
    /// What would bring a client back to a grade, cheapest first; records nothing
    Path {
        /// Your code of the client
        client: String,
        /// The grade to come back to, A1 to C3
        #[arg(long, value_name = "GRADE")]
        to: String,
        /// Which portfolio, when the code is in several
        #[arg(long, value_name = "NAME")]
        portfolio: Option<String>,
    },
    #[command(flatten)]
    Keep(super::keep::Keep),
    /// A prospect before credit is granted: approve, refer or refuse, limit and terms
    Assess(Box<super::assess::Assess>),
    /// What is to be done, for whom, by when, and why
    Treatments(super::treatment::Treatments),
    /// Check a policy of treatment, or try it before it is used
    #[command(subcommand)]
    Policy(super::policy::Asked),
    /// What a client owes: invoices, payments, ageing, payment index, default interest
    Ledger(super::ledger::Ledger),
    /// The file for the lawyer: a ZIP with a PDF, the ledger, correspondence, ratings and evidence with hashes
    Dossier(super::dossier::Dossier),
    /// Payments that wait for a person
    #[command(subcommand)]
    Payments(super::pay::Payments),
    /// Look at the settings
    #[command(subcommand)]
    Config(Config),
    /// Check that everything is as it should be
    Doctor,
    /// Script that completes commands in your shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// The rows of a workbook on standard input: what an import runs in a process of its own
    #[command(name = crate::intake::workbook::COMMAND, hide = true)]
    ReadSheet {
        /// Which sheet
        sheet: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Stop after the first night
    #[arg(long)]
    pub(super) once: bool,
    /// How many clients
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(20..=20_000))]
    pub(super) clients: u32,
    /// The same seed makes the same world
    #[arg(long, default_value_t = 7)]
    pub(super) seed: u64,
    /// Where the API listens
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub(super) bind: String,
    /// Seconds between one made-up day and the next
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    pub(super) day_every: u64,
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) bind: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Collect {
    /// Which sources [default: all that are due]
    #[arg(conflicts_with = "try")]
    pub(super) sources: Vec<String>,
    /// One request, or one recorded answer, read and shown; nothing is stored
    #[arg(long = "try", value_name = "SOURCE")]
    pub(super) r#try: Option<String>,
    /// The recorded answer to read with --try
    #[arg(long, requires = "try", value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
    /// What would be asked, in which order and why, and what is left out; nobody is asked
    #[arg(long, conflicts_with = "try")]
    pub(super) plan: bool,
}

#[derive(Debug, Args)]
pub(super) struct Resolve {
    /// The name on the record
    #[arg(long, required_unless_present = "from")]
    pub(super) name: Option<String>,
    /// Country of the record, two letters
    #[arg(long)]
    pub(super) country: Option<String>,
    /// Town of the record
    #[arg(long)]
    pub(super) city: Option<String>,
    /// Street and number of the record
    #[arg(long)]
    pub(super) address: Option<String>,
    /// Tax number of the record
    #[arg(long)]
    pub(super) tax_id: Option<String>,
    /// Sector of the record
    #[arg(long)]
    pub(super) sector: Option<String>,
    /// Many records at once: id,name,country,city,address,tax_id,sector
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["name", "country", "city", "address", "tax_id", "sector"])]
    pub(super) from: Option<PathBuf>,
    /// Where to write id,client,certainty,decision [default: standard output]
    #[arg(short, value_name = "OUT.csv", requires = "from")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Asked {
    /// Your code of the client
    pub(super) client: String,
    /// The day the rating is for
    #[arg(long, value_name = "DATE")]
    pub(super) valid_at: Option<Date>,
    /// What was known then
    #[arg(long, value_name = "INSTANT")]
    pub(super) known_at: Option<Timestamp>,
    /// Which portfolio, when the code is in several
    #[arg(long, value_name = "NAME")]
    pub(super) portfolio: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Export {
    /// The present rating of every client
    Ratings(ExportTo),
    /// Every change
    Changes(ExportTo),
    /// What is to be done, for whom, by when
    Treatments(super::treatment::ExportTreatments),
}

#[derive(Debug, Args)]
pub(super) struct ExportTo {
    /// In which format
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub(super) format: Format,
    /// Where to write [default: standard output]
    #[arg(short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Csv,
    Json,
    Xlsx,
}

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// A new key; shown once
    Create {
        /// What it may do
        #[arg(long, value_enum, default_value_t = KeyScope::Read)]
        scope: KeyScope,
        /// Portfolios it sees [default: all]; one that is not there is made
        #[arg(long, value_name = "NAME")]
        portfolio: Vec<String>,
        /// A name that is nearly that of another portfolio is meant as it is written
        #[arg(long, requires = "portfolio")]
        new_portfolio: bool,
    },
    /// All keys, without their secrets
    List,
    /// Take a key out of use, at once
    Revoke {
        /// Its id, as `keys list` shows it
        id: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum KeyScope {
    Read,
    Write,
    Admin,
}

#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// How many clients
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) clients: u32,
    /// The same seed makes the same world
    #[arg(long, default_value_t = 7)]
    pub(super) seed: u64,
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Then answer on this loopback address as the made-up registers and papers do, until Ctrl-C
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:8099")]
    pub(super) serve: Option<String>,
    /// The day that the made-up web tells of; the opening day if not said
    #[arg(long, value_name = "DATE", requires = "serve")]
    pub(super) day: Option<Date>,
}

#[derive(Debug, Args)]
pub(super) struct Train {
    /// The table, CSV
    #[arg(long, value_name = "FILE", required_unless_present = "from_store", conflicts_with = "from_store")]
    pub(super) data: Option<PathBuf>,
    /// The column to foresee: 1 is bad
    #[arg(long, value_name = "COLUMN", required_unless_present = "from_store", conflicts_with = "from_store")]
    pub(super) target: Option<String>,
    #[command(flatten)]
    pub(super) store: super::history::FromStore,
    /// Columns, or features, to leave out
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub(super) exclude: Vec<String>,
    /// Rows with the same word here stay in the same fold: the client, usually
    #[arg(long, value_name = "COLUMN", conflicts_with = "from_store")]
    pub(super) group: Option<String>,
    /// When a row was so (2026, 2026-03, 2026-Q1, 2026-03-31, a number): not an input; the last fifth is also judged by models of earlier rows alone
    #[arg(long, value_name = "COLUMN", conflicts_with = "from_store")]
    pub(super) time: Option<String>,
    /// Test folds: row,r0,r1,… [default: five are drawn]
    #[arg(long, value_name = "FILE", conflicts_with = "from_store")]
    pub(super) folds: Option<PathBuf>,
    /// A card of points, or boosted trees [default: scorecard; from the store the better]
    #[arg(long, value_enum)]
    pub(super) algorithm: Option<Algorithm>,
    /// Which way the risk must go: TOML, column = "up" or "down"
    #[arg(long, value_name = "FILE.toml", conflicts_with = "from_store")]
    pub(super) monotone: Option<PathBuf>,
    /// Values that stand for a state and not for a quantity, such as 999; they get points of their own on a scorecard
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "V,V",
        allow_negative_numbers = true,
        conflicts_with = "from_store"
    )]
    pub(super) special: Vec<f64>,
    /// The share of bad rows where the model will be used [default: as in the table]
    #[arg(long, value_name = "SHARE", conflicts_with = "from_store")]
    pub(super) base_rate: Option<f64>,
    /// The same seed makes the same model
    #[arg(long, default_value_t = 7)]
    pub(super) seed: u64,
    /// Folder of the model
    #[arg(short, value_name = "models/NAME")]
    pub(super) output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Algorithm {
    Scorecard,
    Boosted,
}

#[derive(Debug, Args)]
pub(super) struct Evaluate {
    /// A name in models/, or a folder
    #[arg(long, value_name = "NAME")]
    pub(super) model: PathBuf,
    /// The table, CSV
    #[arg(long, value_name = "FILE")]
    pub(super) data: PathBuf,
    /// The column with the outcome: 1 is bad
    #[arg(long, value_name = "COLUMN")]
    pub(super) target: String,
    /// Figures for each word of this column
    #[arg(long, value_name = "COLUMN")]
    pub(super) segment: Option<String>,
    /// Figures for each period of this column
    #[arg(long, value_name = "COLUMN")]
    pub(super) time: Option<String>,
    /// Whose row it is: intervals then draw whole groups; with --time, how grades moved from one period to the next
    #[arg(long, value_name = "COLUMN")]
    pub(super) group: Option<String>,
    /// The same seed gives the same intervals
    #[arg(long, default_value_t = 7)]
    pub(super) seed: u64,
    /// Where to write the figures, JSON
    #[arg(short, value_name = "FILE.json")]
    pub(super) output: Option<PathBuf>,
    /// Where to write the report, one file that needs nothing else
    #[arg(long, value_name = "FILE.html")]
    pub(super) html: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Score {
    /// A name in models/, or a folder
    #[arg(long, value_name = "NAME")]
    pub(super) model: PathBuf,
    /// The table, CSV
    #[arg(long, value_name = "FILE")]
    pub(super) data: PathBuf,
    /// Where to write row,pd,points,grade [default: standard output]
    #[arg(short, value_name = "FILE.csv")]
    pub(super) output: Option<PathBuf>,
    /// Adds a column with the so many columns that cost each row most points
    #[arg(long, value_name = "N")]
    pub(super) reasons: Option<usize>,
    /// Where to write what each column adds to the log-odds of bad; the cells of a row add up to its last
    #[arg(long, value_name = "FILE.csv")]
    pub(super) contributions: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Each value and where it came from; secrets as ***
    Print,
    /// Whether the settings can be right
    Check,
}
