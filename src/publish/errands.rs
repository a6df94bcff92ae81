use redis::RedisResult;

use super::{RedisUrl, Work};

/// Adds the sources that are not on the stream, and says how many those were: one that a worker is asking now is on it.
const OFFER: &str = r"
local there, n = {}, 0
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'source' then there[entry[2][i + 1]] = true end
  end
end
for i = 1, #ARGV do
  if not there[ARGV[i]] then
    redis.call('XADD', KEYS[1], '*', 'source', ARGV[i])
    n = n + 1
  end
end
return n
";

/// A source to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// Its entry in the stream.
    pub id: String,
    /// The source's id.
    pub source: String,
    /// It was given out too often: it is dead, and on the list of the dead.
    pub is_dead: bool,
}

/// The sources that the workers of one installation are to ask: a stream like that of the pages ([`Work`]), and lost like it
/// without harm, because which sources are due stands in the store.
pub struct Errands(Work);

impl Errands {
    /// Connects, as [`Work::connect`] does.
    pub async fn connect(url: &RedisUrl, epoch: &str, worker: &str) -> RedisResult<Self> {
        Work::on("collect", url, epoch, worker).await.map(Self)
    }

    /// Hands out these sources, save those that wait or are being asked; says how many were new.
    pub async fn offer(&mut self, sources: &[&str]) -> RedisResult<u64> {
        self.0.make_group().await?;
        self.0.run(OFFER, sources).await
    }

    /// The next sources to be asked by this worker, at most so many: such as nobody had, or such as their worker was lost with.
    pub async fn take(&mut self, at_most: usize) -> RedisResult<Vec<Errand>> {
        let mut taken = Vec::new();
        while taken.len() < at_most {
            let Some((entry, is_dead)) = self.0.next().await? else { break };
            let Some(source) = entry.get::<String>("source") else {
                tracing::warn!(entry.id, "an entry in the stream of sources names none");
                self.0.done(&entry.id).await?;
                continue;
            };
            if is_dead {
                self.0.park(&entry.id, "source", &source).await?;
            }
            taken.push(Errand { id: entry.id, source, is_dead });
        }
        Ok(taken)
    }

    /// Says that these are still being asked; to be said every [`Work::BEAT`].
    pub async fn keep(&mut self, ids: &[String]) -> RedisResult<()> {
        self.0.keep(ids).await
    }

    /// Says that one was asked: it leaves the stream.
    pub async fn done(&mut self, id: &str) -> RedisResult<()> {
        self.0.done(id).await
    }

    /// Gives these back at once: whoever looks next has them.
    pub async fn give_back(&mut self, ids: &[String]) -> RedisResult<()> {
        self.0.give_back(ids).await
    }
}
