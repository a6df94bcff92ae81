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
    pub night: NightSettings,
    pub intake: IntakeSettings,
    pub collect: CollectSettings,
    pub alert: AlertSettings,
    pub mail: MailSettings,
    pub score: ScoreSettings,
    pub files: FileSettings,
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
    QueueSettings { url: String }
    ServeSettings { bind: String }
    NightSettings { at: String }
    IntakeSettings { terms_days: u16 }
    CollectSettings { contact: String, allow_private: bool }
    AlertSettings { allow_private: bool, storm_mails: u32, storm_posts: u32, storm_minutes: u32 }
    MailSettings {
        host: String, port: u16, encryption: String, user: String, password_file: String, from: String,
        public_url: String,
    }
    ScoreSettings { model: String }
    FileSettings { sources: String, scale: String, rules: String, policy: String, retention: String }
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
pub(crate) fn masked(value: String) -> String {
    let Ok(mut url) = url::Url::parse(&value) else { return value };
    let is_password = |name: &str| name == "password";
    let stands_behind = url.query_pairs().any(|(name, _)| is_password(&name));
    if url.password().is_none() && !stands_behind {
        return value;
    }
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "***".to_owned();
    }
    if stands_behind {
        let others: Vec<(String, String)> =
            url.query_pairs().into_owned().filter(|(name, _)| !is_password(name)).collect();
        url.query_pairs_mut().clear().extend_pairs(others).append_pair("password", "***");
    }
    url.to_string()
}
