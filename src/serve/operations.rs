//! What can be asked for, and how large the bodies are that come with it.

use axum::extract::DefaultBodyLimit;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    BODY_MAX_BYTES, House, IMPORT_MAX_BYTES, assessments, changes, clients, erasures, facts, file, identity, imports,
    interest, keys, limits, overrides, paths, payments, portfolio, probe, ratings, reviews, runs, seats, stream,
    subscriptions, treatments, unsubscribe,
};

/// Every operation, and with it its description.
pub(super) fn operations() -> OpenApiRouter<House> {
    let imports = OpenApiRouter::new()
        .routes(routes!(clients::list, clients::put_many))
        .routes(routes!(facts::put_invoices))
        .routes(routes!(payments::put))
        .layer(DefaultBodyLimit::max(IMPORT_MAX_BYTES));
    OpenApiRouter::new()
        .routes(routes!(ratings::rating))
        .routes(routes!(ratings::query))
        .routes(routes!(ratings::history))
        .routes(routes!(ratings::explanation))
        .routes(routes!(overrides::begin, overrides::end))
        .routes(routes!(overrides::confirm))
        .routes(routes!(clients::one, clients::put_one))
        .routes(routes!(erasures::erase))
        .routes(routes!(facts::signals))
        .routes(routes!(facts::ledger))
        .routes(routes!(interest::decide))
        .routes(routes!(payments::list))
        .routes(routes!(payments::decide))
        .routes(routes!(payments::undo))
        .routes(routes!(imports::list))
        .routes(routes!(imports::undo))
        .routes(routes!(facts::tell))
        .routes(routes!(facts::evidence))
        .routes(routes!(file::file))
        .routes(routes!(changes::changes))
        .routes(routes!(stream::stream))
        .routes(routes!(subscriptions::list, subscriptions::create))
        .routes(routes!(subscriptions::one, subscriptions::change, subscriptions::end))
        .routes(routes!(subscriptions::preview))
        .routes(routes!(subscriptions::preview_one))
        .routes(routes!(subscriptions::rotate))
        .routes(routes!(subscriptions::test))
        .routes(routes!(subscriptions::deliveries))
        .routes(routes!(subscriptions::redeliver))
        .routes(routes!(subscriptions::recover))
        .routes(routes!(unsubscribe::ask, unsubscribe::end))
        .routes(routes!(runs::start))
        .routes(routes!(runs::one))
        .routes(routes!(reviews::list))
        .routes(routes!(reviews::decide))
        .routes(routes!(identity::mergers, identity::merge, identity::unmerge))
        .routes(routes!(identity::split))
        .routes(routes!(portfolio::summary))
        .routes(routes!(portfolio::migration))
        .routes(routes!(portfolio::stress))
        .routes(routes!(paths::path))
        .merge(treating())
        .routes(routes!(assessments::list, assessments::make))
        .routes(routes!(assessments::one))
        .routes(routes!(assessments::recomputed))
        .routes(routes!(assessments::document))
        .routes(routes!(assessments::adopt))
        .routes(routes!(assessments::erase))
        .routes(routes!(assessments::of_client))
        .routes(routes!(seats::list))
        .routes(routes!(seats::watch))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(probe::livez))
        .routes(routes!(probe::readyz))
        .routes(routes!(probe::metrics))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .merge(imports)
}

/// How clients are treated, and what credit they are given.
fn treating() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(treatments::one))
        .routes(routes!(treatments::act))
        .routes(routes!(treatments::withdraw))
        .routes(routes!(treatments::list))
        .routes(routes!(treatments::ics))
        .routes(routes!(limits::one, limits::grant, limits::end))
        .routes(routes!(limits::release))
        .routes(routes!(limits::put_group))
}
