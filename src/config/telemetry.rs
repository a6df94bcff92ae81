use url::Url;

use super::{Error, Flags, layers};

/// Where a collector takes traces, unless its address says otherwise
/// (<https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>).
const PATH: &str = "v1/traces";

/// Where spans are posted, asked before anything else is known: the log begins before the house does. What is wrong with
/// the settings is said by [`super::load`].
pub fn telemetry(flags: &Flags) -> Option<Url> {
    let written: String = layers(flags).extract_inner("telemetry.otlp").ok()?;
    endpoint(&written).ok()?
}

/// The address that is posted to; none when nothing is written.
pub(super) fn endpoint(written: &str) -> Result<Option<Url>, Error> {
    if written.is_empty() {
        return Ok(None);
    }
    let bad = |why: &str| Error::Value {
        key: "telemetry.otlp",
        value: super::masked(written.to_owned()),
        why: why.to_owned(),
    };
    let url = Url::parse(written).map_err(|_| bad("must be as http://127.0.0.1:4318"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(bad("must be as http://127.0.0.1:4318"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // The client would repeat it in its errors, which are logged.
        return Err(bad("must hold no user and no password"));
    }
    let url = if url.path() == "/" { url.join(PATH).map_err(|_| bad("has no place for a path"))? } else { url };
    Ok(Some(url))
}

#[cfg(test)]
mod tests {
    use super::endpoint;

    #[test]
    fn an_address_without_a_path_means_the_usual_one() {
        let cases = [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("https://otel.example/", "https://otel.example/v1/traces"),
            ("https://otel.example/of/ours", "https://otel.example/of/ours"),
        ];
        for (written, posted) in cases {
            assert_eq!(endpoint(written).unwrap().unwrap().as_str(), posted);
        }
        assert!(endpoint("").unwrap().is_none());
    }

    #[test]
    fn an_address_that_cannot_be_posted_to_is_refused_without_its_password() {
        for wrong in ["127.0.0.1:4318", "grpc://otel.example", "otel", "http://u:secret@otel.example"] {
            let why = endpoint(wrong).unwrap_err().to_string();
            assert!(why.contains("telemetry.otlp") && !why.contains("secret"), "{why}");
        }
    }
}
