//! Files, environment and flags in; one [`Config`] out, in which nothing can be wrong that is knowable at start.
//!
//! Later wins: the embedded `config/default.toml`, then `--config FILE`, then `VEDETTA__ROOM__KEY`, then flags. What was
//! written ([`Written`]) is turned once into what is true ([`Config`]): addresses become enums, texts become words,
//! unknown keys are refused. This is the only room that reads the environment.

mod telemetry;
mod written;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use jiff::{civil::Time, tz::TimeZone};
use secrecy::SecretString;
use url::Url;

use crate::{
    alert::{self, Mail},
    collect::{DEFAULT_SOURCES, Patience, Secrets, SourceSettings, read_sources},
    domain::{Country, Creditor, Identifier, IdentifierError, PortfolioName},
    extract::Catalogue,
    pipeline::Retention,
    publish::QueueUrl,
    score::{self, Engine, Papers, Scale, Training},
    treat::{OnboardingRules, Policy},
};

pub use telemetry::telemetry;
pub use written::Written;
pub(crate) use written::masked;

const DEFAULTS: &str = include_str!("../../config/default.toml");
const SCALE: &str = include_str!("../../config/scale.toml");
const RULES: &str = include_str!("../../config/rules.toml");
const POLICY: &str = include_str!("../../config/policy.toml");
const ONBOARDING: &str = include_str!("../../config/onboarding.toml");
const RETENTION: &str = include_str!("../../config/retention.toml");
const BASELINE: &str = include_str!("../../models/baseline-1/model.json");

/// The name of the model that is built in.
pub const BUILT_IN_MODEL: &str = "baseline-1";

/// The files of the model that is built in: `model.json`, `golden.csv`, `SHA256SUMS`.
pub const BUILT_IN_FILES: (&str, &str, &str) =
    (BASELINE, include_str!("../../models/baseline-1/golden.csv"), include_str!("../../models/baseline-1/SHA256SUMS"));
/// What is told of the model that is built in: its `card.md`.
pub const BUILT_IN_CARD: &str = include_str!("../../models/baseline-1/card.md");
/// What the address of a store begins with.
const STORES: [&str; 3] = ["sqlite:", "postgres://", "postgresql://"];
/// What to say of any other.
const STORE_WORDS: &str = "must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE";
/// The name of the mail server's password among the secrets: `VEDETTA_SECRET_SMTP`.
const SMTP_SECRET: &str = "smtp";
/// The name of the key that signs the audit log: `VEDETTA_SECRET_AUDIT`.
const AUDIT_SECRET: &str = "audit";

/// Why the configuration was refused: always a wrong usage, never a failure of the program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or variable that is not what it should be.
    #[error("configuration: {0}")]
    Written(#[source] Box<figment::Error>),
    /// A value that parses and cannot be right.
    #[error("configuration: {key} = {value:?}: {why}")]
    Value {
        /// `serve.bind`.
        key: &'static str,
        /// As written.
        value: String,
        /// What would be right.
        why: String,
    },
    /// A file that cannot be read.
    #[error("configuration: {path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that can be read and is wrong.
    #[error("configuration: {0}")]
    Content(String),
}

/// Flags of the command line that stand above every file.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config FILE`.
    pub config: Option<PathBuf>,
    /// `--data DIR`.
    pub data: Option<PathBuf>,
    /// `--store URL`.
    pub store: Option<String>,
    /// `--queue URL`.
    pub queue: Option<String>,
    /// `--bind ADDRESS`.
    pub bind: Option<String>,
}

/// What is true: every address, file and word checked.
#[derive(Debug)]
pub struct Config {
    /// Address of the store; it may have a password in it.
    pub store_url: String,
    /// Folder of the evidence archive.
    pub archive: PathBuf,
    /// Where changes are published.
    pub queue: QueueUrl,
    /// How many entries of the stream stay when it is trimmed; none when it never is.
    pub keep: Option<u64>,
    /// Where the API listens.
    pub bind: SocketAddr,
    /// Requests worked on at once.
    pub at_once: usize,
    /// Requests a minute for each key, and how many at once; 0 a minute means no limit.
    pub requests: (u32, u32),
    /// Memory for ratings as they were given, MiB.
    pub memory_mib: u32,
    /// The clock on which pages show instants.
    pub time_zone: TimeZone,
    /// What a client owes, minor units, above which an override waits for a second person.
    pub four_eyes_above_minor: Option<i64>,
    /// The private key that signs the audit log, when one is configured.
    pub audit_key: Option<SecretString>,
    /// Public keys of before that are still believed.
    pub audit_trusted: Vec<String>,
    /// When everybody is rescored, UTC.
    pub night_at: Time,
    /// Days after its issue on which an electronic invoice falls due that names no day.
    pub terms_days: u16,
    /// Who is owed, by the name of the portfolio.
    pub creditors: Arc<BTreeMap<PortfolioName, Creditor>>,
    /// Who we are, for the sites we ask.
    pub contact: String,
    /// Sources on private addresses may be asked.
    pub collect_private: bool,
    /// How alerts are sent.
    pub alert: alert::Settings,
    /// The mail server, when there is one.
    pub mail: Option<Mail>,
    /// Open sources.
    pub sources: Vec<SourceSettings>,
    /// Where spans are posted, when they are.
    pub otlp: Option<Url>,
    /// Model, scale, rules.
    pub engine: Arc<Engine>,
    /// The model as it was asked for: the name of the built-in one, or a folder.
    pub model: String,
    /// Treatment.
    pub policy: Arc<Policy>,
    /// When a prospect is given credit, and on which terms.
    pub onboarding: Arc<OnboardingRules>,
    /// How long the sources are waited for when a prospect is evaluated.
    pub assess_within: Duration,
    /// Days for which a prospect is kept that never becomes a client.
    pub assess_keep_days: u16,
    /// How long facts are kept.
    pub retention: Retention,
    /// How the collector waits: as long as its manners ask; only a made-up web is not waited for.
    pub patience: Patience,
    /// Secrets of sources, by name.
    pub secrets: Secrets,
}

/// One setting, for `config print`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Setting {
    /// `serve.bind`.
    pub key: String,
    /// Its value, secrets as `***`.
    pub value: String,
    /// Where it came from.
    pub source: String,
}

fn layers(flags: &Flags) -> Figment {
    let mut layers = Figment::new().merge(Toml::string(DEFAULTS));
    if let Some(file) = &flags.config {
        layers = layers.merge(Toml::file_exact(file));
    }
    layers = layers.merge(Env::prefixed("VEDETTA__").split("__"));
    let flag = |l: Figment, key: &str, value: Option<String>| match value {
        Some(value) => l.merge(Serialized::default(key, value)),
        None => l,
    };
    let path = |p: &Option<PathBuf>| p.as_ref().map(|p| p.display().to_string());
    layers = flag(layers, "store.data", path(&flags.data));
    layers = flag(layers, "store.url", flags.store.clone());
    layers = flag(layers, "queue.url", flags.queue.clone());
    flag(layers, "serve.bind", flags.bind.clone())
}

/// Reads every layer and checks it.
pub fn load(flags: &Flags) -> Result<Config, Error> {
    let layers = layers(flags);
    let mut written: Written = layers.extract().map_err(|e| Error::Written(Box::new(e)))?;
    let creditors = creditors(std::mem::take(&mut written.creditors), &|key| {
        layers.find_metadata(key).map_or_else(|| "the settings".to_owned(), name_of)
    })?;
    check(written, creditors)
}

/// The master scale alone, for who needs neither a store nor a model that rates.
pub fn scale(flags: &Flags) -> Result<Scale, Error> {
    let written: String = layers(flags).extract_inner("files.scale").map_err(|e| Error::Written(Box::new(e)))?;
    score::scale(&chosen(&written, SCALE)?).map_err(content)
}

/// Every setting and where it came from, secrets masked.
pub fn print(flags: &Flags) -> Result<Vec<Setting>, Error> {
    let layers = layers(flags);
    let written: Written = layers.extract().map_err(|e| Error::Written(Box::new(e)))?;
    let mut settings = written.settings();
    for setting in &mut settings {
        let metadata = layers.find_metadata(&setting.key);
        setting.source = metadata.map_or_else(|| "built in".to_owned(), name_of);
    }
    let secrets = secrets_of_environment().into_keys();
    settings.extend(secrets.map(|name| Setting {
        key: format!("secret.{name}"),
        value: "***".to_owned(),
        source: "environment".to_owned(),
    }));
    Ok(settings)
}

fn name_of(metadata: &figment::Metadata) -> String {
    match &metadata.source {
        Some(figment::Source::File(path)) => path.display().to_string(),
        Some(figment::Source::Code(_)) => "flag".to_owned(),
        _ if metadata.name.contains("environment") => "environment".to_owned(),
        _ => "built in".to_owned(),
    }
}

/// `VEDETTA_SECRET_COMPANIES_HOUSE=…` becomes `companies-house`.
fn secrets_of_environment() -> BTreeMap<String, SecretString> {
    std::env::vars()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("VEDETTA_SECRET_")?.to_lowercase().replace('_', "-");
            (!value.is_empty()).then(|| (name, SecretString::from(value)))
        })
        .collect()
}

fn check(written: Written, creditors: BTreeMap<PortfolioName, Creditor>) -> Result<Config, Error> {
    let data = PathBuf::from(&written.store.data);
    let bad = |key, value: &str, why: String| Error::Value { key, value: value.to_owned(), why };
    let store_url = match written.store.url.as_str() {
        "" => format!("sqlite:{}", data.join("vedetta.db").display()),
        url if STORES.iter().any(|scheme| url.starts_with(scheme)) => url.to_owned(),
        url => {
            let written = url.split_once(':').map_or("", |(scheme, _)| scheme);
            return Err(bad("store.url", written, STORE_WORDS.to_owned()));
        }
    };
    let queue = written.queue.url.parse().map_err(|e| bad("queue.url", &written.queue.url, format!("{e}")))?;
    let bind = written.serve.bind.parse();
    let bind = bind.map_err(|_| bad("serve.bind", &written.serve.bind, "must be as 127.0.0.1:8080".to_owned()))?;
    if written.serve.at_once == 0 {
        return Err(bad("serve.at_once", "0", "must be at least 1".to_owned()));
    }
    let night_at = Time::strptime("%H:%M", &written.night.at);
    let night_at = night_at.map_err(|_| bad("night.at", &written.night.at, "must be HH:MM".to_owned()))?;
    let file = if written.files.sources.is_empty() { "config/sources.toml" } else { &written.files.sources };
    let sources = read_sources(&chosen(&written.files.sources, DEFAULT_SOURCES)?, file).map_err(content)?;
    let engine = Arc::new(engine(&written)?);
    let policy_file = if written.files.policy.is_empty() { "config/policy.toml" } else { &written.files.policy };
    let is_feature = |name: &str| Catalogue::get().place(name).is_some();
    let policy = Policy::parse_knowing(&chosen(&written.files.policy, POLICY)?, is_feature);
    let policy = Arc::new(policy.map_err(|wrong| Error::Content(format!("{policy_file}: {wrong}")))?);
    let onboarding = OnboardingRules::parse(&chosen(&written.files.onboarding, ONBOARDING)?).map_err(content)?;
    let (assess_within, assess_keep_days) = assess(&written)?;
    let retention = Retention::parse(&chosen(&written.files.retention, RETENTION)?).map_err(content)?;
    let (alert, mail) = (alerts(&written)?, mail(&written)?);
    let audit_key = secret(AUDIT_SECRET, &written.audit.key_file)?;
    Ok(Config {
        store_url,
        archive: data.join("archive"),
        queue,
        keep: Some(written.queue.keep).filter(|n| *n > 0),
        bind,
        at_once: written.serve.at_once,
        requests: (written.serve.requests_per_minute, written.serve.burst),
        memory_mib: written.serve.memory_mib,
        time_zone: time_zone(&written.serve.time_zone)?,
        four_eyes_above_minor: four_eyes(written.desk.four_eyes_above)?,
        audit_key,
        audit_trusted: written.audit.trusted,
        night_at,
        terms_days: written.intake.terms_days,
        creditors: Arc::new(creditors),
        contact: written.collect.contact,
        collect_private: written.collect.allow_private,
        alert,
        mail,
        sources,
        otlp: telemetry::endpoint(&written.telemetry.otlp)?,
        engine,
        model: written.score.model,
        policy,
        onboarding: Arc::new(onboarding),
        assess_within,
        assess_keep_days,
        retention,
        patience: Patience::real(),
        secrets: Secrets::new(secrets_of_environment()),
    })
}

/// Who is owed; what is left empty is not known. `file_of` says where a key was written, for whoever has to mend it.
fn creditors(
    written: BTreeMap<String, written::CreditorSettings>,
    file_of: &dyn Fn(&str) -> String,
) -> Result<BTreeMap<PortfolioName, Creditor>, Error> {
    let mut found = BTreeMap::new();
    for (portfolio, creditor) in written {
        let written::CreditorSettings { name, tax_number, address } = creditor;
        let table = format!("creditors.{portfolio}");
        let bad = |key: &str, why: &dyn std::fmt::Display| {
            Error::Content(format!("{}: {table}{key}: {why}", file_of(&table)))
        };
        let portfolio: PortfolioName = portfolio.parse().map_err(|e| bad("", &e))?;
        let tax_number = tax_number.trim();
        let number = (!tax_number.is_empty()).then(|| vat_number(tax_number)).transpose();
        let number = number.map_err(|e| bad(".tax_number", &e))?;
        let key = if name.trim().is_empty() { ".name" } else { "" };
        let creditor = Creditor::new(&name, number, &address).map_err(|e| bad(key, &e))?;
        found.insert(portfolio, creditor);
    }
    Ok(found)
}

/// A VAT number: of the country that its first letters name, else an Italian one.
fn vat_number(text: &str) -> Result<Identifier, IdentifierError> {
    let letters: String = text.chars().filter(char::is_ascii_alphanumeric).take(2).collect();
    // The code of a person begins with letters, too, and is longer than any number with its country.
    let country = letters.parse::<Country>().ok().filter(|_| text.len() < 16);
    Identifier::tax(country.unwrap_or(Country::IT), text)
}

/// A clock by the name that the world gives it.
fn time_zone(name: &str) -> Result<TimeZone, Error> {
    TimeZone::get(name.trim()).map_err(|_| {
        let why = "must be an IANA name, as Europe/Rome".to_owned();
        Error::Value { key: "serve.time_zone", value: name.to_owned(), why }
    })
}

/// Whole units as minor ones; negative means that nothing is above it.
fn four_eyes(above: i64) -> Result<Option<i64>, Error> {
    const MINOR_PER_MAJOR: i64 = 100;
    if above < 0 {
        return Ok(None);
    }
    let why = "must be an amount that fits 64 bits in cents".to_owned();
    let too_much = Error::Value { key: "desk.four_eyes_above", value: above.to_string(), why };
    above.checked_mul(MINOR_PER_MAJOR).map(Some).ok_or(too_much)
}

/// How long the sources of a prospect are waited for, and how many days it is kept.
fn assess(written: &Written) -> Result<(Duration, u16), Error> {
    let asked = &written.assess;
    // A request ends after half a minute, and what was heard must still be weighed and written.
    if !(1..=20).contains(&asked.within_s) {
        let (value, why) = (asked.within_s.to_string(), "must be 1 to 20 seconds".to_owned());
        return Err(Error::Value { key: "assess.within_s", value, why });
    }
    if !(1..=3_650).contains(&asked.keep_days) {
        let (value, why) = (asked.keep_days.to_string(), "must be 1 to 3650 days".to_owned());
        return Err(Error::Value { key: "assess.keep_days", value, why });
    }
    Ok((Duration::from_secs(asked.within_s), asked.keep_days))
}

fn alerts(written: &Written) -> Result<alert::Settings, Error> {
    let settings = alert::Settings {
        allow_private: written.alert.allow_private,
        source: written.alert.source.clone(),
        storm_mails: written.alert.storm_mails,
        storm_posts: written.alert.storm_posts,
        storm_minutes: written.alert.storm_minutes,
        ..alert::Settings::default()
    };
    settings.check_limits().map_err(content)?;
    Ok(settings)
}

/// A secret of the environment, or else the content of a file that is named.
fn secret(name: &str, file: &str) -> Result<Option<SecretString>, Error> {
    match secrets_of_environment().remove(name) {
        Some(secret) => Ok(Some(secret)),
        None if file.is_empty() => Ok(None),
        None => Ok(Some(SecretString::from(read(Path::new(file))?.trim_end_matches(['\r', '\n'])))),
    }
}

/// The mail server with its password, which comes from the environment or from a file of its own.
fn mail(written: &Written) -> Result<Option<Mail>, Error> {
    let asked = &written.mail;
    let password = secret(SMTP_SECRET, &asked.password_file)?;
    let settings = alert::MailSettings {
        host: asked.host.clone(),
        port: asked.port,
        encryption: asked.encryption.clone(),
        user: asked.user.clone(),
        from: asked.from.clone(),
        public_url: asked.public_url.clone(),
    };
    settings.check(password).map_err(content)
}

fn engine(written: &Written) -> Result<Engine, Error> {
    let model = match written.score.model.as_str() {
        BUILT_IN_MODEL => BASELINE.to_owned(),
        folder => read(&Path::new(folder).join("model.json"))?,
    };
    let name = Path::new(&written.score.model).file_name().map(|n| n.to_string_lossy().into_owned());
    let catalogue = Catalogue::get();
    let (scale, rules) = (chosen(&written.files.scale, SCALE)?, chosen(&written.files.rules, RULES)?);
    let engine = Engine::new(&name.unwrap_or_default(), &model, &scale, &rules, &catalogue.names(), catalogue.hash())
        .map_err(content)?;
    let engine = engine.with_papers(papers(&written.score.model)?);
    let training = Path::new(&written.score.model).join("training.json");
    match training.is_file() {
        true => Ok(engine.with_training(Training::parse(&read(&training)?).map_err(content)?)),
        false => Ok(engine),
    }
}

/// What is told of the configured model, as far as its folder has it.
fn papers(model: &str) -> Result<Papers, Error> {
    if model == BUILT_IN_MODEL {
        return Ok(Papers { card: Some(BUILT_IN_CARD.to_owned()), evaluation: None });
    }
    let beside = |name: &str| {
        let file = Path::new(model).join(name);
        file.is_file().then(|| read(&file)).transpose()
    };
    Ok(Papers { card: beside("card.md")?, evaluation: beside("evaluation.json")? })
}

fn content(error: impl std::fmt::Display) -> Error {
    Error::Content(error.to_string())
}

fn chosen(path: &str, built_in: &str) -> Result<String, Error> {
    if path.is_empty() { Ok(built_in.to_owned()) } else { read(Path::new(path)) }
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::File { path: path.display().to_string(), source })
}
