//! Arguments in, one call, an exit code out.
//!
//! Data goes to standard output, everything else (progress, hints, log) to standard error. Exit: 0 done; 1 failed; 2 wrong
//! usage or configuration; 3 done, but some rows, sources or pages were refused; 130 interrupted.

mod args;
mod ask;
mod assess;
mod audit;
mod bring;
mod demo;
mod dlq;
mod doctor;
mod dossier;
mod export;
mod forget;
mod gather;
mod history;
mod house;
mod judge;
mod keep;
mod learn;
mod ledger;
mod log;
mod model;
mod out;
mod pay;
mod policy;
mod policy_report;
mod resolve;
mod review;
mod sheet;
mod stress;
mod tail;
mod treatment;
mod users;
mod world;

use std::{collections::BTreeMap, process::ExitCode, sync::Arc};

use clap::{CommandFactory, Parser};

use crate::{
    app,
    clock::Clock,
    config::{self, Config, Flags},
    domain::{Creditor, PortfolioName},
    intake,
    pipeline::Rescorer,
    publish::EventSource,
    store::Store,
};
use args::{Arguments, Command, Global};
use out::Out;

/// By how much a worker's priority is lower than its parent's: a tenth of the processor when an API wants all of it.
const STEP_BACK: i32 = 10;

/// How a command ended, when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Everything was done.
    Done,
    /// Done, but some rows, sources or pages were refused; each was listed.
    Partly,
    /// Refused, with its reason already shown.
    Refused,
    /// Somebody pressed Ctrl-C.
    Interrupted,
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Done => Self::SUCCESS,
            Ended::Refused => Self::from(1),
            Ended::Partly => Self::from(3),
            Ended::Interrupted => Self::from(130),
        }
    }
}

/// A wrong usage that only shows after parsing: exit 2, like clap's own.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// The whole program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Command::Completions { shell } = arguments.command {
        clap_complete::generate(shell, &mut Arguments::command(), "vedetta", &mut std::io::stdout());
        return ExitCode::SUCCESS;
    }
    if let Command::ReadSheet { sheet } = &arguments.command {
        // Alone in its process, and before anything else takes memory of the little that it has.
        return intake::workbook::read_sheet(sheet.as_deref()).map_or_else(
            |why| {
                eprintln!("{why}");
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        );
    }
    let telemetry = match start_log(&arguments) {
        Ok(telemetry) => telemetry,
        Err(failure) => return failed(&failure),
    };
    if matches!(arguments.command, Command::Work) {
        step_back();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(failure) => return failed(&failure.into()),
    };
    let ended = runtime.block_on(until_interrupted(arguments));
    // A blocking thread that is still reading a file must not keep the terminal.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    if let Some(telemetry) = telemetry {
        telemetry.end();
    }
    ended.map_or_else(|failure| failed(&failure), ExitCode::from)
}

/// Lets every other process on the machine go first: a night may take a little longer, an answer of the API may not. Before
/// there are threads, because each inherits it from whoever started it.
fn step_back() {
    if let Err(error) = rustix::process::nice(STEP_BACK) {
        tracing::warn!(%error, "this worker has the same priority as everybody else");
    }
}

/// Runs a command; Ctrl-C ends what does not end by itself on Ctrl-C.
async fn until_interrupted(arguments: Arguments) -> anyhow::Result<Ended> {
    let ends_itself = matches!(
        arguments.command,
        Command::Demo(_) | Command::Run(_) | Command::Serve(_) | Command::Work | Command::Tail(_)
    );
    // On the heap: every command's future is in it, and the largest of them would fill the stack of the least.
    let dispatched = Box::pin(dispatch(arguments));
    if ends_itself {
        return dispatched.await;
    }
    tokio::select! {
        ended = dispatched => ended,
        _ = tokio::signal::ctrl_c() => {
            eprintln!("vedetta: interrupted; what was written stays, and doing it again goes on from there");
            Ok(Ended::Interrupted)
        }
    }
}

fn failed(failure: &anyhow::Error) -> ExitCode {
    eprintln!("vedetta: {}", in_words(failure));
    let is_schema = matches!(failure.downcast_ref(), Some(crate::store::Error::Schema(_)));
    // A name of which there is nothing is a slip of who typed it.
    let is_slip = matches!(failure.downcast_ref(), Some(crate::desk::Error::NotFound("portfolio" | "owner")));
    let is_usage = is_slip
        || is_schema
        || failure.is::<Usage>()
        || failure.is::<config::Error>()
        || failure.is::<crate::domain::WordError>();
    ExitCode::from(if is_usage { 2 } else { 1 })
}

/// An error and what lies beneath it on one line, each thing said once; what would move the cursor of a terminal is left
/// out, for a message may quote a file that is no text.
fn in_words(failure: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in failure.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

/// Starts the log, and for a house that runs the way to its collector, if there is one.
fn start_log(arguments: &Arguments) -> anyhow::Result<Option<app::Telemetry>> {
    let runs = matches!(arguments.command, Command::Run(_) | Command::Serve(_) | Command::Work);
    let otlp = runs.then(|| config::telemetry(&flags(&arguments.global))).flatten();
    log::start(&arguments.global, otlp.as_ref())
}

async fn dispatch(arguments: Arguments) -> anyhow::Result<Ended> {
    let out = Out::new(&arguments.global);
    let flags = flags(&arguments.global);
    match arguments.command {
        Command::Demo(demo) => Box::pin(demo::demo(&flags, &demo, &out)).await,
        Command::Run(serve) => house::run(&flags, serve.bind, &out, app::Duties::All).await,
        Command::Serve(serve) => house::run(&flags, serve.bind, &out, app::Duties::ApiOnly).await,
        Command::Work => house::run(&flags, None, &out, app::Duties::Work).await,
        Command::Import(import) => bring::import(&Opened::new(&flags).await?, import, &out).await,
        Command::Collect(collect) => gather::collect(&flags, collect, &out).await,
        Command::Night { valid_at } => bring::night(&Opened::new(&flags).await?, valid_at, &out).await,
        Command::Resolve(resolve) => resolve::resolve(&Opened::new(&flags).await?, &resolve, &out).await,
        Command::Review(review) => review::review(&Opened::new(&flags).await?, review, &out).await,
        Command::Rating(asked) => ask::rating(&Opened::new(&flags).await?, &asked, &out).await,
        Command::Explain { client, portfolio } => {
            ask::explain(&Opened::new(&flags).await?, &client, portfolio.as_deref(), &out).await
        }
        Command::Replay { valid_at, known_at, output } => {
            export::replay(&Opened::new(&flags).await?, valid_at, known_at, output.as_deref(), &out).await
        }
        Command::Export(export) => export::export(&Opened::new(&flags).await?, export, &out).await,
        Command::Tail(asked) => tail::tail(&flags, &asked).await,
        Command::Dlq(asked) => dlq::dlq(&flags, &asked, &out).await,
        Command::Users(users) => users::users(&Opened::new(&flags).await?, users, &out).await,
        Command::Keys(keys) => house::keys(&Opened::new(&flags).await?, keys, &out).await,
        Command::Audit(what) => audit::audit(&flags, &what, &out).await,
        Command::Erase(erase) => forget::erase(&Opened::new(&flags).await?, &erase, &out).await,
        Command::Expire => forget::expire(&Opened::new(&flags).await?, &out).await,
        Command::Hold(hold) => forget::hold(&Opened::new(&flags).await?, hold, &out).await,
        Command::Keep(what) => keep::keep(&flags, &what, &out).await,
        Command::Config(what) => house::config(&flags, &what, &out),
        Command::Doctor => doctor::doctor(&flags, &out).await,
        Command::Simulate(simulate) => world::simulate(&simulate, &out).await,
        Command::Train(asked) if asked.store.from_store => {
            history::train(&Opened::new(&flags).await?, &asked, &out).await
        }
        Command::Train(asked) => learn::train(&asked, config::scale(&flags)?, &out),
        Command::Model(what) => model::model(&flags, what, &out).await,
        Command::Stress(stress) => stress::stress(&Opened::new(&flags).await?, &stress, &out).await,
        Command::Path { client, to, portfolio } => {
            stress::path(&Opened::new(&flags).await?, &client, &to, portfolio.as_deref(), &out).await
        }
        Command::Assess(asked) => Box::pin(assess::assess(&flags, *asked, &out)).await,
        Command::Treatments(asked) => treatment::treatments(&Opened::new(&flags).await?, &asked, &out).await,
        Command::Policy(asked) => policy::policy(&flags, &asked, &out).await,
        Command::Evaluate(evaluate) => judge::evaluate(&evaluate, config::scale(&flags)?, &out),
        Command::Score(score) => judge::score(&score, config::scale(&flags)?, &out),
        Command::Ledger(ledger) => ledger::ledger(&Opened::new(&flags).await?, &ledger, &out).await,
        Command::Dossier(dossier) => dossier::dossier(&Opened::new(&flags).await?, &dossier, &out).await,
        Command::Payments(payments) => pay::payments(&Opened::new(&flags).await?, payments, &out).await,
        Command::Completions { .. } | Command::ReadSheet { .. } => Ok(Ended::Done),
    }
}

fn flags(global: &Global) -> Flags {
    Flags {
        config: global.config.clone(),
        data: global.data.clone(),
        store: global.store.clone(),
        queue: global.queue.clone(),
        bind: None,
    }
}

/// Settings and an open store: what most commands begin with.
struct Opened {
    store: Store,
    clock: Clock,
    rescorer: Rescorer,
    /// The CloudEvents `source` of the house's events.
    source: EventSource,
    terms_days: u16,
    /// Who is owed, by the name of the portfolio.
    creditors: Arc<BTreeMap<PortfolioName, Creditor>>,
}

impl Opened {
    async fn new(flags: &Flags) -> anyhow::Result<Self> {
        Ok(Self::from_config(config::load(flags)?).await?.0)
    }

    async fn from_config(config: Config) -> anyhow::Result<(Self, Config)> {
        let opened = Self::with(&config).await?;
        Ok((opened, config))
    }

    async fn with(config: &Config) -> anyhow::Result<Self> {
        let store = app::open_store(config).await?;
        let rescorer = app::rescorer(&store, config);
        let source = config.alert.source.parse()?;
        let creditors = Arc::clone(&config.creditors);
        Ok(Self { store, clock: Clock::system(), rescorer, source, terms_days: config.terms_days, creditors })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{Arguments, in_words};

    #[test]
    fn what_can_be_typed_contradicts_itself_nowhere() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_error_says_everything_once_and_moves_no_cursor() {
        let inner = std::io::Error::other("no \u{1b}[2Jspace");
        let failure = anyhow::Error::new(inner).context("disk: no \u{1b}[2Jspace").context("cannot write");
        assert_eq!(in_words(&failure), "cannot write: disk: no [2Jspace");
    }
}
