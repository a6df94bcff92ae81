//! A backup is taken while the store is in use, is whole or refused, and goes into a store of either kind.

use std::path::{Path, PathBuf};

use futures::future::join_all;
use tempfile::TempDir;
use tokio::task::JoinSet;
use vedetta::{
    domain::{ClientId, Grade, Sha256},
    store::{Contents, Error, NewKey, Scope, Store, verify_backup},
};

use super::{World, day_noon, invoice, news, open, rated};
use crate::{
    promises::doses::{figures, g33_starts},
    stores,
};

/// A store with something of every kind, and what it says.
async fn lived_in() -> (World, Vec<ClientId>) {
    let world = World::new().await;
    let clients = world.clients(3).await;
    let facts = world.store.facts();
    let lines: Vec<_> = (0..30).map(|n| invoice(clients[n % 3], &format!("F-{n}"), -60)).collect();
    facts.put_ledger(&lines).await.unwrap();
    facts.put_signals(&[news("n1", "Cassa integrazione alla Roverella", 3, clients[0])]).await.unwrap();
    world.store.archive().put(b"a page about Roverella").unwrap();
    world.store.audit().note(day_noon(1), "cli", "rating.override", "C-1", "{}").await.unwrap();
    let outcomes: Vec<_> = clients.iter().map(|client| rated(*client, Grade::B1, 4, None, &[])).collect();
    world.store.ratings().record(None, &outcomes, day_noon(4)).await.unwrap();
    (world, clients)
}

async fn backed_up(world: &World) -> (PathBuf, Contents) {
    let file = world.folder.path().join("store.backup");
    let contents = world.store.back_up(&file).await.unwrap();
    (file, contents)
}

/// What a store says of the clients: their dossiers, their last ratings and every event.
async fn said(store: &Store, clients: &[ClientId]) -> String {
    let dossiers = store.dossiers().of_many(clients, day_noon(9)).await.unwrap();
    let events = store.outbox().after(0, 99, None).await.unwrap();
    format!("{dossiers:?} {events:?} {}", store.audit().verify().await.unwrap())
}

async fn goes_on(store: &Store, clients: &[ClientId]) {
    let next = store.outbox().last_seq().await.unwrap() + 1;
    let outcome = rated(clients[0], Grade::C1, 6, Some(Grade::B1), &[]);
    store.ratings().record(None, &[outcome], day_noon(6)).await.unwrap();
    assert_eq!(store.outbox().last_seq().await.unwrap(), next);
    let portfolio = store.facts().portfolio(&"another".parse().unwrap()).await.unwrap();
    assert!(portfolio.get() > 1, "numbers that the database gives out go on behind those that came with the backup");
}

#[tokio::test]
async fn a_backup_gives_everything_back_and_the_store_goes_on_from_there() {
    let (world, clients) = lived_in().await;
    let (file, contents) = backed_up(&world).await;
    assert_eq!(contents.n_documents, 1);
    assert_eq!(verify_backup(&file).unwrap(), contents);

    let elsewhere = TempDir::new().unwrap();
    let store = open(&elsewhere).await;
    assert_eq!(store.restore(&file, false).await.unwrap(), contents);
    assert_eq!(said(&store, &clients).await, said(&world.store, &clients).await);
    let again = store.back_up(&elsewhere.path().join("again.backup")).await.unwrap();
    assert_eq!(again, contents, "nothing was lost and nothing was added");
    goes_on(&store, &clients).await;
}

#[tokio::test]
async fn what_was_published_before_a_restore_is_another_epoch() {
    let (world, _) = lived_in().await;
    let before = world.store.outbox().epoch().await.unwrap();
    let (file, _) = backed_up(&world).await;
    world.store.restore(&file, true).await.unwrap();
    assert_ne!(world.store.outbox().epoch().await.unwrap(), before);
}

#[tokio::test]
async fn a_key_that_was_revoked_since_the_backup_stays_revoked() {
    let (world, _) = lived_in().await;
    let access = world.store.access();
    let hash = Sha256::of(b"key");
    let key = NewKey {
        id: "k1".into(),
        hash,
        hint: "vk_1".into(),
        scope: Scope::Read,
        portfolios: Vec::new(),
        created_at: day_noon(1),
    };
    access.put_key(&key).await.unwrap();
    let (file, _) = backed_up(&world).await;
    assert!(access.revoke("k1", day_noon(2)).await.unwrap());
    world.store.restore(&file, true).await.unwrap();
    assert_eq!(access.key(&hash).await.unwrap().unwrap().revoked_at, Some(day_noon(2)));
}

#[tokio::test]
async fn an_address_that_is_not_wholly_understood_is_refused_without_being_shown() {
    let folder = TempDir::new().unwrap();
    for wrong in [
        "u:p#secret@db.example/v",
        "u:12/secret@db.example/v",
        "u:p?secret@db.example/v",
        "u@db.example/v?pasword=secret",
    ] {
        let refused = Store::open(&format!("postgres://{wrong}"), folder.path()).await.unwrap_err();
        assert!(matches!(refused, Error::ServerUrl), "{refused:?}");
    }
}

#[tokio::test]
async fn a_house_moves_from_a_file_to_wherever_stores_lie() {
    let (world, clients) = lived_in().await;
    let (file, _) = backed_up(&world).await;
    let between = TempDir::new().unwrap();
    let url = format!("sqlite:{}", between.path().join("one.db").display());
    let small = Store::open(&url, &between.path().join("archive")).await.unwrap();
    small.restore(&file, false).await.unwrap();
    let moved = between.path().join("moving.backup");
    small.back_up(&moved).await.unwrap();
    let large = open(&between).await;
    large.restore(&moved, false).await.unwrap();
    assert_eq!(said(&large, &clients).await, said(&world.store, &clients).await);
    goes_on(&large, &clients).await;
}

#[tokio::test]
async fn a_store_with_content_is_replaced_only_by_force() {
    let (world, clients) = lived_in().await;
    let (file, contents) = backed_up(&world).await;
    let before = said(&world.store, &clients).await;
    goes_on(&world.store, &clients).await;
    let now = said(&world.store, &clients).await;
    assert!(matches!(world.store.restore(&file, false).await, Err(Error::Conflict(_))));
    assert_eq!(said(&world.store, &clients).await, now);
    assert_eq!(world.store.restore(&file, true).await.unwrap(), contents);
    assert_eq!(said(&world.store, &clients).await, before);
    assert!(matches!(world.store.back_up(&file).await, Err(Error::Conflict(_))), "a backup is never written over");
}

#[tokio::test]
async fn a_backup_is_of_one_instant_while_others_write() {
    let (world, clients) = lived_in().await;
    let store = world.store.clone();
    let mut writing = JoinSet::new();
    writing.spawn(async move {
        for n in 0..60 {
            store.audit().note(day_noon(2), "cli", "key.created", &format!("k{n}"), "{}").await.unwrap();
        }
    });
    let mut backups = Vec::new();
    while writing.try_join_next().is_none() {
        let file = world.folder.path().join(format!("{}.backup", backups.len()));
        world.store.back_up(&file).await.unwrap();
        backups.push(file);
    }
    for file in [backups.first(), backups.last()].into_iter().flatten() {
        let elsewhere = TempDir::new().unwrap();
        let store = open(&elsewhere).await;
        store.restore(file, false).await.unwrap();
        store.audit().verify().await.unwrap();
        assert_eq!(store.dossiers().of_many(&clients, day_noon(9)).await.unwrap().len(), 3);
    }
}

fn refused(file: &Path) -> bool {
    matches!(verify_backup(file), Err(Error::Damaged { .. } | Error::Archive { .. }))
}

#[tokio::test]
async fn g34_every_flipped_byte_and_every_cut_is_found() {
    let (world, _) = lived_in().await;
    let (file, _) = backed_up(&world).await;
    let whole = std::fs::read(&file).unwrap();
    let other = world.folder.path().join("flipped.backup");
    let n_flips = 100.min(whole.len());
    let found = (0..n_flips).filter(|n| {
        let mut bytes = whole.clone();
        bytes[n * (whole.len() - 1) / (n_flips - 1)] ^= 1 << (n % 8);
        std::fs::write(&other, bytes).unwrap();
        refused(&other)
    });
    assert_eq!(found.count(), n_flips);
    for len in [0, 10, 16, 47, 48, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&other, &whole[..len]).unwrap();
        assert!(refused(&other), "cut to {len} bytes");
    }
    let elsewhere = TempDir::new().unwrap();
    let store = open(&elsewhere).await;
    assert!(store.restore(&other, true).await.is_err());
    assert_eq!(store.facts().n_clients().await.unwrap(), 0);
}

#[tokio::test]
async fn g33_an_old_migration_that_was_edited_is_refused_and_a_later_one_is_not() {
    let folder = TempDir::new().unwrap();
    open(&folder).await.close().await;
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         select 9999, 'of a later version', success, checksum, 0 from _sqlx_migrations
         where version = (select max(version) from _sqlx_migrations)";
    stores::ask(&super::file_of(&folder), later);
    open(&folder).await.close().await;
    let edited = match stores::server() {
        None => "update _sqlx_migrations set checksum = cast('other' as blob) where version < 9999",
        Some(_) => "update _sqlx_migrations set checksum = cast('other' as bytea) where version < 9999",
    };
    stores::ask(&super::file_of(&folder), edited);
    let url = stores::address(&super::file_of(&folder));
    assert!(matches!(Store::open(&url, &folder.path().join("archive")).await, Err(Error::Schema(_))));
}

#[tokio::test]
async fn g33_of_several_that_start_at_once_one_makes_the_schema() {
    for start in 0..g33_starts() {
        let folder = TempDir::new().unwrap();
        let url = stores::address_of_nothing(&folder.path().join("new.db"));
        let archive = folder.path().join("archive");
        let opened = join_all((0..6).map(|_| Store::open(&url, &archive))).await;
        let versions = join_all(opened.iter().map(|store| store.as_ref().unwrap().schema_version())).await;
        assert!(versions.iter().all(|version| *version.as_ref().unwrap() >= 15), "start {start}: {versions:?}");
        let store = opened.into_iter().next().unwrap().unwrap();
        store.facts().portfolio(&"main".parse().unwrap()).await.unwrap();
    }
    figures(&format!("{} times six at once, one schema each time", g33_starts()));
}
