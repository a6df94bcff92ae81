//! G34: a backup that was taken while others wrote is of one instant, is found out when it was changed, and replaces nothing
//! that it was not told to. What flips and cuts do to its bytes is looked at in `store/backup.rs`, too.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vedetta::{
    domain::Grade,
    store::{Store, verify_backup},
};

use super::{
    doses,
    program::{answer, ran, vedetta},
};
use crate::{alert::deliveries::House, stores};

#[tokio::test]
async fn g34_a_backup_taken_while_ratings_are_recorded_is_of_one_instant() {
    let house = House::new().await;
    let clients = house.crowd(5).await;
    let folder = tempfile::tempdir().unwrap();
    let mut backups = Vec::new();
    let (mut from, mut to) = (Grade::B1, Grade::B2);
    // A step of all clients is under way each time that a backup begins.
    for n in 0..doses::g34_backups() {
        let file = folder.path().join(format!("{n}.backup"));
        let recording = house.rate_all(&clients, Some(from), to);
        let (_, taken) = tokio::join!(recording, house.store.back_up(&file));
        taken.unwrap();
        backups.push(file);
        (from, to) = (to, from);
    }
    let mut before = 0;
    for (n, file) in backups.iter().enumerate() {
        let target = folder.path().join(format!("{n}.db"));
        let store = Store::open(&stores::address(&target), &folder.path().join("archive")).await.unwrap();
        store.restore(file, false).await.unwrap();
        let figures = store.ratings().figures(&clients).await.unwrap();
        let steps: Vec<i64> = figures.values().map(|figure| figure.client_seq).collect();
        let (n_events, last) = (store.outbox().count().await.unwrap(), store.outbox().last_seq().await.unwrap());
        assert_eq!((n_events, last), (steps.iter().sum(), n_events), "backup {n}: {steps:?}");
        assert!(steps.iter().all(|step| *step == steps[0]), "half a transaction is in backup {n}: {steps:?}");
        assert!(n_events >= before, "a later backup holds what an earlier one did");
        before = n_events;
        store.close().await;
    }
    doses::figures(&format!("{} backups while others wrote, each of one instant", doses::g34_backups()));
}

#[test]
fn g34_a_changed_backup_is_refused_and_a_store_in_use_is_replaced_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let (data, elsewhere) = (folder.path().join("data"), folder.path().join("elsewhere"));
    let clients = folder.path().join("clients.csv");
    std::fs::write(&clients, "client,name,country\nC-1,Filanda Orsera,IT\n").unwrap();
    ran(vedetta(&data).args(["import", "clients", "--quiet"]).arg(&clients), 0);
    ran(vedetta(&data).args(["night", "--quiet"]), 0);
    let file = folder.path().join("store.backup");
    ran(vedetta(&data).args(["backup", "--quiet"]).arg(&file), 0);
    let whole = std::fs::read(&file).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(34);
    let flipped = folder.path().join("flipped.backup");
    for _ in 0..doses::g34_flips() {
        let mut bytes = whole.clone();
        let (at, bit) = (rng.random_range(0..bytes.len()), rng.random_range(0..8u32));
        bytes[at] ^= 1 << bit;
        std::fs::write(&flipped, bytes).unwrap();
        assert!(verify_backup(&flipped).is_err(), "bit {bit} of byte {at}");
    }
    doses::figures(&format!("{} flipped bits, all found", doses::g34_flips()));
    let export = |data: &std::path::Path| ran(vedetta(data).args(["export", "ratings"]), 0).stdout;
    let before = export(&data);
    ran(vedetta(&data).args(["restore", "--force", "--quiet"]).arg(&flipped), 1);
    ran(vedetta(&data).args(["restore", "--quiet"]).arg(&file), 2);
    assert_eq!(export(&data), before, "what was refused changed nothing");
    ran(vedetta(&elsewhere).args(["restore", "--quiet"]).arg(&file), 0);
    assert_eq!(export(&elsewhere), before);
    assert_eq!(answer(&elsewhere, &["audit", "verify"], 0)["ok"], true);
    ran(vedetta(&data).args(["restore", "--force", "--quiet"]).arg(&file), 0);
    assert_eq!(export(&data), before);
}
