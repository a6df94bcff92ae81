//! What a register lists today is the present truth: what it listed yesterday and does not list any more is gone.

use std::sync::Arc;

use jiff::SignedDuration;
use vedetta::{
    collect::{Collector, Configured, Secrets, SourceSettings},
    domain::{EventBody, Fact},
};

use super::{
    rounds::{World, collect, source_settings},
    web::{Web, fetcher_with, settings, text},
};

/// A page of the register with a paper for each of these days of October.
fn page(days: &[u8]) -> String {
    let row = |day: &u8| {
        format!(
            "<tr><td class=\"cf\">00743110157</td><td class=\"titolo\">Cambiale</td><td class=\"importo\">1.000,00</td>\
             <td class=\"levata\">{day:02}/10/2026</td></tr>"
        )
    };
    let rows: String = days.iter().map(row).collect();
    let body = match days {
        [] => "<p class=\"nessun-protesto\">Nessun protesto</p>".to_owned(),
        _ => format!("<table class=\"protesti\"><tbody>{rows}</tbody></table>"),
    };
    format!("<html><body><main class=\"registro-protesti\">{body}</main></body></html>")
}

/// A collector that asks the register of protests.
fn collector(world: &World, web: &Web) -> Collector {
    let id = "protests-html".parse().expect("a source id");
    let mut written: SourceSettings = source_settings(id, web);
    written.kind = "protests-html".to_owned();
    written.options.base_url = web.url("/protesti");
    let reader = Arc::from(written.reader().expect("the options are valid"));
    let fetcher = fetcher_with(&settings(), Secrets::default(), world.clock.clone());
    let sources = vec![Configured { settings: written, reader: Ok(reader) }];
    Collector::new(world.store.clone(), world.clock.clone(), settings(), sources, fetcher)
}

async fn n_protests(world: &World) -> usize {
    let client = world.client();
    let signals = world.store.facts().signals(client, None, 100).await.expect("signals");
    signals.iter().filter(|linked| matches!(linked.signal.fact, Fact::Protest(_))).count()
}

#[tokio::test]
async fn a_protest_deleted_between_two_runs_is_gone_and_comes_back_when_it_is_listed_again() {
    let world = World::new().await;
    let pages = [page(&[5, 7]), page(&[7]), page(&[]), page(&[5])];
    let web = Web::new(move |_, n| text(pages[n.min(3)].clone())).await;
    let collector = collector(&world, &web);
    for n_expected in [2, 1, 0, 1] {
        let report = collect(&collector).await.remove(0);
        assert_eq!((report.failed, report.quarantined), (0, 0), "{report:?}");
        assert_eq!(n_protests(&world).await, n_expected);
        world.clock.advance(SignedDuration::from_hours(24));
    }
    let events = world.store.outbox().after(0, 10, None).await.unwrap();
    let withdrawn = events.iter().filter(|event| matches!(event.body, EventBody::SignalWithdrawn { .. }));
    assert_eq!(withdrawn.count(), 2);
}

#[tokio::test]
async fn a_page_that_is_not_the_register_takes_nothing_out() {
    let world = World::new().await;
    let captcha = "<html><body><form>Dimostra di essere umano</form></body></html>".to_owned();
    let pages = [page(&[5, 7]), captcha];
    let web = Web::new(move |_, n| text(pages[n.min(1)].clone())).await;
    let collector = collector(&world, &web);
    collect(&collector).await;
    world.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(collect(&collector).await.remove(0).quarantined, 1);
    assert_eq!(n_protests(&world).await, 2);
}
