use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Setting;

/// The settings as an operator writes them; what each means stands in `config/default.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the operator's documentation is config/default.toml, said once")]
pub struct Written {
    pub store: StoreSettings,
    pub queue: QueueSettings,
    pub serve: ServeSettings,
    pub desk: DeskSettings,
    pub audit: AuditSettings,
    pub night: NightSettings,
    pub intake: IntakeSettings,
    pub creditors: BTreeMap<String, CreditorSettings>,
    pub collect: CollectSettings,
    pub assess: AssessSettings,
    pub alert: AlertSettings,
    pub mail: MailSettings,
    pub score: ScoreSettings,
    pub telemetry: TelemetrySettings,
    pub files: FileSettings,
}

/// A table of `[creditors]` in `config/default.toml`, which documents its keys.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CreditorSettings {
    /// See `config/default.toml`.
    pub name: String,
    /// See `config/default.toml`.
    #[serde(default)]
    pub tax_number: String,
    /// See `config/default.toml`.
    #[serde(default)]
    pub address: String,
}

macro_rules! settings {
    ($($name:ident { $($field:ident: $type:ty),+ $(,)? })+) => {
        $(
            #[derive(Debug, Clone, Deserialize, Serialize)]
            #[serde(deny_unknown_fields)]
            #[doc = "A table of `config/default.toml`, which documents its keys."]
            pub struct $name { $(#[doc = "See `config/default.toml`."] pub $field: $type),+ }
        )+
    };
}

settings! {
    StoreSettings { data: String, url: String }
    QueueSettings { url: String, keep: u64 }
    ServeSettings {
        bind: String, at_once: usize, requests_per_minute: u32, burst: u32, memory_mib: u32, time_zone: String,
    }
    DeskSettings { four_eyes_above: i64 }
    AuditSettings { key_file: String, trusted: Vec<String> }
    NightSettings { at: String }
    IntakeSettings { terms_days: u16 }
    CollectSettings { contact: String, allow_private: bool }
    AssessSettings { within_s: u64, keep_days: u16 }
    AlertSettings { allow_private: bool, source: String, storm_mails: u32, storm_posts: u32, storm_minutes: u32 }
    MailSettings {
        host: String, port: u16, encryption: String, user: String, password_file: String, from: String,
        public_url: String,
    }
    ScoreSettings { model: String }
    TelemetrySettings { otlp: String }
    FileSettings { sources: String, scale: String, rules: String, policy: String, onboarding: String, retention: String }
}

impl Written {
    /// Every key and its value; a password inside an address is masked.
    pub(super) fn settings(&self) -> Vec<Setting> {
        let Ok(serde_json::Value::Object(rooms)) = serde_json::to_value(self) else { return Vec::new() };
        let keys_of = |(room, keys): (String, serde_json::Value)| {
            let keys = keys.as_object().cloned().unwrap_or_default();
            keys.into_iter().map(move |(key, value)| Setting {
                key: format!("{room}.{key}"),
                value: masked(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
                source: String::new(),
            })
        };
        rooms.into_iter().flat_map(keys_of).collect()
    }
}

/// An address as it may be shown: without the password in it, wherever it stands. Anything else is shown as it is.
///
/// The text decides and no parser does: an address whose password holds `/`, `#` or `?` as they are is no address any
/// more, and it is just the one that is shown in an error.
pub(crate) fn masked(value: String) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value };
    let in_query = ["?password=", "&password="].into_iter().find_map(|key| Some((rest.find(key)?, key)));
    // What follows may be the rest of a password with `&` in it.
    let (shown, tail) = match in_query.and_then(|(at, key)| Some((rest.get(..at)?, format!("{key}***")))) {
        Some(cut) => cut,
        None => (rest, String::new()),
    };
    let Some((account, place)) = shown.rsplit_once('@') else { return format!("{scheme}://{shown}{tail}") };
    match account.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***@{place}{tail}"),
        None => format!("{scheme}://{shown}{tail}"),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_password_is_masked_whatever_it_holds() {
        for password in ["secret", "p#secret", "pa/secret", "12/secret", "p?secret", "p@secret", "p:secret", "p%secret"]
        {
            let shown = masked(format!("postgres://vedetta:{password}@db.example/v?sslmode=require"));
            assert_eq!(shown, "postgres://vedetta:***@db.example/v?sslmode=require");
        }
        for password in ["secret", "a@secret", "a&secret", "a#secret"] {
            let shown = masked(format!("postgres://vedetta@db.example:5432/v?sslmode=require&password={password}"));
            assert_eq!(shown, "postgres://vedetta@db.example:5432/v?sslmode=require&password=***");
        }
    }

    #[test]
    fn what_holds_no_password_is_shown_as_it_is() {
        for plain in ["sqlite:data/a@b.db", "https://credit.example:8443/", "postgres://vedetta@db/v", "desk@c.example"]
        {
            assert_eq!(masked(plain.to_owned()), plain);
        }
    }
}
