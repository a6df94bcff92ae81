//! G32: a database that is away at the hour of the night costs minutes and not the night.

use jiff::civil::date;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vedetta::{
    app::{App, Duties},
    clock::Clock,
    config::{self, Flags},
    store::RunState,
};

use super::program::eventually;
use crate::{postgres::Server, world};

/// The minute after the hour that is built in.
const AFTER_THE_HOUR: &str = "2026-11-21T02:31:00Z";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g32_a_night_whose_hour_came_while_the_server_was_away_is_held_once_it_is_back() {
    let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
    let (sources, settings) = (folder.path().join("sources.toml"), folder.path().join("settings.toml"));
    std::fs::write(&sources, "").unwrap();
    std::fs::write(&settings, format!("[files]\nsources = {:?}\n", sources.display().to_string())).unwrap();
    let (data, store) = (Some(folder.path().join("data")), Some(server.address()));
    let flags = Flags { config: Some(settings), data, store, queue: Some("local:".to_owned()), ..Flags::default() };
    let clock = Clock::manual(world::start());
    let house = App::build_worker(&config::load(&flags).unwrap(), clock.clone()).await.unwrap();
    let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
    running.spawn(house.run(Duties::Work, stop.clone()));
    let outside = server.store().await;
    eventually("the house has taken its place", async || {
        (!outside.place().await.unwrap().take().await.unwrap()).then_some(())
    })
    .await;
    tokio::task::block_in_place(|| server.kill());
    clock.advance_to(AFTER_THE_HOUR.parse().unwrap());
    tokio::task::block_in_place(|| server.start_again());
    let night = eventually("the night is held", async || {
        let last = outside.runs().last("night").await.ok().flatten()?;
        (last.state == RunState::Done).then_some(last)
    });
    assert_eq!(night.await.valid_at, date(2026, 11, 21));
    stop.cancel();
    running.join_next().await.unwrap().unwrap().unwrap();
}
