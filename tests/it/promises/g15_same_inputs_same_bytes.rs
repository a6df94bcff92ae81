use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use vedetta::{
    domain::{
        AsOf, BatchId, Certainty, ClientCode, ClientFacts, ClientId, Currency, Evidence, Fact, InvoiceKey, LedgerLine,
        Money, PortfolioId, Protest, Rating, Sha256, Signal, SignalId,
    },
    simulate::{BENCH_DAY, bench_portfolio},
    store::{BatchRow, ClientRow, LedgerRow, NewSignal, SignalTarget, Store},
};

use super::{
    doses,
    program::{copy, ran, vedetta},
};
use crate::world::rescorer;

/// Clients that are written in one transaction.
const CHUNK: usize = 500;
/// One client in so many has a protested bill.
const ONE_PROTEST_IN: usize = 20;

/// When everything is rated: at noon of the day the ledgers end on.
fn now() -> Timestamp {
    AsOf::end_of(BENCH_DAY).known_at - SignedDuration::from_hours(12)
}

fn code(number: usize) -> ClientCode {
    format!("C-{number}").parse().unwrap()
}

async fn open(folder: &Path) -> Store {
    let url = crate::stores::address(&folder.join("vedetta.db"));
    Store::open(&url, &folder.join("archive")).await.unwrap()
}

/// A store being filled.
struct Filling {
    store: Store,
    portfolio: PortfolioId,
    batch: BatchId,
}

impl Filling {
    async fn of(store: Store) -> Self {
        let portfolio = store.facts().portfolio(&"main".parse().unwrap()).await.unwrap();
        let row = BatchRow { name: "ledger.csv".into(), seen_at: now(), sha256: Sha256::of(b"ledger") };
        let batch = store.facts().batch(&row).await.unwrap();
        Self { store, portfolio, batch }
    }

    async fn put(&self, clients: &[(usize, ClientFacts, Vec<LedgerLine>)], known_at: Timestamp) {
        for chunk in clients.chunks(CHUNK) {
            let row =
                |(n, facts, _): &(usize, ClientFacts, _)| ClientRow { code: code(*n), facts: facts.clone(), known_at };
            let rows: Vec<ClientRow> = chunk.iter().map(row).collect();
            let put = self.store.facts().put_clients(self.portfolio, self.batch, &rows).await.unwrap();
            let ledger = chunk.iter().zip(put).flat_map(|((n, _, lines), (client, _))| {
                lines.iter().map(move |line| {
                    let number = format!("{n}/{}", line.invoice.get());
                    let line = LedgerLine { invoice: InvoiceKey::of(&number), batch: self.batch, ..*line };
                    LedgerRow { client, number, credit_type: None, claim: None, line }
                })
            });
            self.store.facts().put_ledger(&ledger.collect::<Vec<_>>()).await.unwrap();
        }
    }

    async fn put_protests(&self, numbers: &[usize], known_at: Timestamp) {
        let codes: Vec<ClientCode> = numbers.iter().map(|n| code(*n)).collect();
        let ids = self.store.facts().client_ids(self.portfolio, &codes).await.unwrap();
        let signals = numbers.iter().zip(ids).map(|(n, id)| protest(*n, id.unwrap(), known_at));
        self.store.facts().put_signals(&signals.collect::<Vec<_>>()).await.unwrap();
    }

    /// The ratings that the first night recorded, with every line, by client and as bytes that hide nothing.
    async fn recorded(&self) -> Vec<u8> {
        let numbers: Vec<usize> = (0..doses::SAME_BYTES_CLIENTS).collect();
        let mut bytes = Vec::new();
        for chunk in numbers.chunks(CHUNK) {
            let codes: Vec<ClientCode> = chunk.iter().map(|n| code(*n)).collect();
            let ids = self.store.facts().client_ids(self.portfolio, &codes).await.unwrap();
            let first: Vec<(ClientId, i64)> = ids.into_iter().map(|id| (id.unwrap(), 1)).collect();
            let recorded = self.store.ratings().recorded_many(&first).await.unwrap();
            for (n, step) in chunk.iter().zip(first) {
                write(&mut bytes, *n, &recorded[&step.0].rating);
            }
        }
        bytes
    }

    /// What `replay` says of everybody.
    async fn replayed(&self, as_of: AsOf) -> Vec<u8> {
        let numbers: Vec<usize> = (0..doses::SAME_BYTES_CLIENTS).collect();
        let codes: Vec<ClientCode> = numbers.iter().map(|n| code(*n)).collect();
        let ids = self.store.facts().client_ids(self.portfolio, &codes).await.unwrap();
        let ratings = rescorer(&self.store).replay(as_of).await.unwrap();
        let ratings: std::collections::HashMap<ClientId, Rating> = ratings.into_iter().collect();
        let mut bytes = Vec::new();
        for (n, id) in numbers.into_iter().zip(ids) {
            write(&mut bytes, n, &ratings[&id.unwrap()]);
        }
        bytes
    }
}

/// Floats by their bits, so that nothing is rounded away. When it became known is left out: it is the question, not
/// the answer.
fn write(bytes: &mut Vec<u8>, number: usize, rating: &Rating) {
    let Rating { grade, pd, points, coverage, as_of, model, lines } = rating;
    if let Some(points) = points
        && !lines.is_empty()
    {
        assert_eq!(lines.iter().map(|l| l.points).sum::<i32>(), *points, "the lines of client {number} add up");
    }
    let lines = lines.iter().map(|l| (&l.feature, l.value.map(f64::to_bits), l.points, &l.evidence));
    let (pd, lines) = (pd.map(|p| p.get().to_bits()), lines.collect::<Vec<_>>());
    let text =
        format!("{number} {grade} {pd:?} {points:?} {} {} {model} {lines:?}\n", coverage.to_bits(), as_of.valid_at);
    bytes.extend(text.into_bytes());
}

fn protest(number: usize, client: ClientId, known_at: Timestamp) -> NewSignal {
    let source = "protests-html".parse().unwrap();
    let fact = Fact::Protest(Protest {
        instrument: "bill".parse().unwrap(),
        amount: Some(Money::from_minor(1_800_000, Currency::EUR)),
        raised_on: Some(AsOf::at(known_at).valid_at),
        due_on: None,
        reason_code: None,
        state: "standing".parse().unwrap(),
    });
    let own_id = format!("{number}:{known_at}");
    let signal = Signal {
        id: SignalId::of(&source, &own_id, "protest"),
        source,
        valid_at: AsOf::at(known_at).valid_at,
        known_at,
        is_official: true,
        fact,
        url: None,
        evidence: Evidence {
            url: "https://registro.example/".into(),
            seen_at: known_at,
            sha256: Sha256::of(own_id.as_bytes()),
        },
    };
    NewSignal {
        signal,
        own_id,
        target: SignalTarget::Clients(vec![(client, Certainty::CERTAIN)]),
        subject: None,
        by_number: Vec::new(),
    }
}

fn portfolio() -> Vec<(usize, ClientFacts, Vec<LedgerLine>)> {
    let clients = bench_portfolio(doses::SAME_BYTES_CLIENTS, doses::SAME_BYTES_INVOICES, 15);
    clients.enumerate().map(|(n, (facts, lines))| (n, facts, lines)).collect()
}

/// A store with the portfolio: in its own order, or in another one and each ledger from its end.
async fn filled(folder: &Path, is_shuffled: bool) -> Filling {
    let filling = Filling::of(open(folder).await).await;
    let mut clients = portfolio();
    let mut protested: Vec<usize> = (0..clients.len()).step_by(ONE_PROTEST_IN).collect();
    if is_shuffled {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        clients.shuffle(&mut rng);
        protested.shuffle(&mut rng);
        clients.iter_mut().for_each(|(_, _, lines)| lines.reverse());
    }
    filling.put(&clients, now() - SignedDuration::from_hours(24 * 900)).await;
    filling.put_protests(&protested, now() - SignedDuration::from_hours(24 * 30)).await;
    filling
}

/// Facts about everybody that were learned a day later: a new limit, every invoice paid, and a protest for some.
async fn learn_more(filling: &Filling) {
    let later = now() + SignedDuration::from_hours(24);
    let day = AsOf::at(later).valid_at;
    let clients = portfolio().into_iter().map(|(n, facts, lines)| {
        let facts = ClientFacts { credit_limit: Some(Money::from_minor(100, Currency::EUR)), ..facts };
        let paid = |line: LedgerLine| LedgerLine {
            known_at: later,
            paid_on: Some(day),
            paid_minor: line.amount.minor(),
            paid_known_at: Some(later),
            ..line
        };
        (n, facts, lines.into_iter().map(paid).collect())
    });
    filling.put(&clients.collect::<Vec<_>>(), later).await;
    filling.put_protests(&(0..doses::SAME_BYTES_CLIENTS).step_by(3).collect::<Vec<_>>(), later).await;
}

async fn night(store: &Store) {
    let run = rescorer(store).night(BENCH_DAY, now(), &|_, _| {}).await.unwrap();
    assert_eq!(run.scanned, doses::SAME_BYTES_CLIENTS as i64);
}

#[tokio::test]
async fn g15_the_same_facts_and_model_give_the_same_bytes() {
    let as_of = AsOf { valid_at: BENCH_DAY, known_at: now() };
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = (filled(one.path(), false).await, filled(other.path(), true).await);
    night(&first.store).await;
    night(&second.store).await;
    let recorded = Sha256::of(&first.recorded().await);
    assert_eq!(recorded, Sha256::of(&second.recorded().await), "whatever the order in which the facts came");

    let before = Sha256::of(&first.replayed(as_of).await);
    assert_eq!(before, Sha256::of(&second.replayed(as_of).await));
    learn_more(&first).await;
    assert_eq!(before, Sha256::of(&first.replayed(as_of).await), "whatever was learned since");
    let tomorrow = AsOf { valid_at: BENCH_DAY, known_at: now() + SignedDuration::from_hours(25) };
    assert_ne!(before, Sha256::of(&first.replayed(tomorrow).await), "what was learned says something");
    assert_eq!(recorded, Sha256::of(&first.recorded().await), "what was recorded stays as it was");
}

#[tokio::test]
async fn g15_one_thread_and_several_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    filled(&data, false).await.store.close().await;
    let day = BENCH_DAY.to_string();
    let mut found = Vec::new();
    for n_threads in ["1", "2", "5"] {
        let own = folder.path().join(format!("data-{n_threads}"));
        copy(&data, &own);
        let with_threads = |arguments: &[&str]| {
            let mut command = vedetta(&own);
            ran(command.args(arguments).env("RAYON_NUM_THREADS", n_threads), 0).stdout
        };
        with_threads(&["night", "--valid-at", &day, "--quiet"]);
        let replayed = with_threads(&["replay", "--valid-at", &day, "--quiet"]);
        assert_eq!(replayed.iter().filter(|b| **b == b'\n').count(), doses::SAME_BYTES_CLIENTS + 1);
        let recorded = Filling::of(open(&own).await).await.recorded().await;
        found.push((Sha256::of(&replayed), Sha256::of(&recorded)));
    }
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
}
