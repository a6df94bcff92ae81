//! The log on standard error, and the spans of a running house to a collector.

use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};
use url::Url;

use super::{
    args::{Colour, Global},
    out,
};
use crate::app::Telemetry;

/// Starts the log; with the address of a collector, the way there as well. Before there is a runtime.
pub(super) fn start(global: &Global, otlp: Option<&Url>) -> anyhow::Result<Option<Telemetry>> {
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info,sqlx=warn",
        (false, _) => "debug",
    };
    let colours = match global.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => out::wants_colour(),
    };
    let level = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let Some(otlp) = otlp else {
        // Without a collector nothing but the log looks at an event, and most are never made.
        tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr).with_ansi(colours).init();
        return Ok(None);
    };
    let telemetry = Telemetry::to(otlp)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_filter(level);
    tracing_subscriber::registry().with(lines).with(telemetry.layer()).init();
    Ok(Some(telemetry))
}
