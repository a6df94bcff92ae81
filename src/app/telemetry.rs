//! Spans to an OpenTelemetry collector, when one is configured: OTLP over HTTP, in protobuf.
//!
//! # Why
//!
//! *Why can a collector not harm the house?* Whoever ends a span lays it into a queue of a fixed length and goes on; when the
//! queue is full the span is dropped. One thread of its own empties the queue, each post has a deadline, and a closing house waits
//! a fraction of a second for what is left. A collector that is dead, slow or silent costs spans and nothing else.
//!
//! *Why are tasks no spans?* They last as long as the process, and a span is sent when it ends: what happens in them would hang
//! below a span that nobody ever sees.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter as Exporter},
};
use reqwest::{blocking::Client, redirect};
use tracing::{Level, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::FilterFn, registry::LookupSpan};
use url::Url;

/// Spans that wait to be sent: some seconds of a busy API, a few megabytes.
const QUEUE: usize = 4_096;
/// Spans in one post.
const BATCH: usize = 512;
/// How long a span waits for others to go with.
const GATHER: Duration = Duration::from_secs(1);
/// How long a collector may take over one post.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long a closing house waits until its last spans are sent. With the grace period of everything else it has still ended
/// within ten seconds.
const FAREWELL: Duration = Duration::from_millis(300);
/// Where a request's status and time are told, in an event too frequent for the log.
const ANSWERS: &str = "vedetta::serve::frame";

/// A way to a collector, open until [`Telemetry::end`].
#[derive(Debug)]
pub struct Telemetry(SdkTracerProvider);

impl Telemetry {
    /// Opens the way; connects to nothing yet. `endpoint`: where traces are posted, with its path. To be called outside of a
    /// runtime, because the thread that posts has one of its own.
    pub fn to(endpoint: &Url) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).timeout(DEADLINE).build()?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_http_client(client)
            .with_endpoint(endpoint.as_str())
            .with_timeout(DEADLINE)
            .build()?;
        let exporter = Watched { exporter, is_away: AtomicBool::new(false) };
        let pace = BatchConfigBuilder::default().with_max_queue_size(QUEUE).with_max_export_batch_size(BATCH);
        let pace = pace.with_scheduled_delay(GATHER).build();
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(pace).build();
        let resource = Resource::builder().with_service_name("vedetta").build();
        Ok(Self(SdkTracerProvider::builder().with_span_processor(processor).with_resource(resource).build()))
    }

    /// What hears of the spans; each field of a span is an attribute, `request.id` among them.
    pub fn layer<S>(&self) -> impl Layer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let wanted = FilterFn::new(|metadata| {
            let (target, level) = (metadata.target(), metadata.level());
            let is_ours = target.starts_with("vedetta") && !(metadata.is_span() && metadata.name() == "task");
            is_ours && (*level <= Level::INFO || target == ANSWERS)
        });
        let layer = tracing_opentelemetry::layer().with_tracer(self.0.tracer("vedetta"));
        let layer = layer.with_location(false).with_threads(false).with_tracked_inactivity(false);
        layer.with_filter(wanted.with_max_level_hint(LevelFilter::DEBUG))
    }

    /// Sends what is left, as far as it is taken in time.
    pub fn end(self) {
        if let Err(error) = self.0.shutdown_with_timeout(FAREWELL) {
            tracing::debug!(%error, "the last spans were not taken");
        }
    }
}

/// Says once that spans are not taken, and once that they are again.
#[derive(Debug)]
struct Watched {
    exporter: SpanExporter,
    is_away: AtomicBool,
}

impl Exporter for Watched {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.exporter.export(batch).await;
        match (&sent, self.is_away.swap(sent.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => tracing::warn!(%error, "spans are not taken, and are dropped until they are"),
            (Ok(()), true) => tracing::info!("spans are taken again"),
            _ => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
