//! Whose turn it is to write the stream: one relay of one installation, for as long as it says so every few seconds.
//!
//! # Why
//!
//! *Why is the turn kept in Redis and not in the store?* What must not happen is that two write the stream, and the stream is
//! in Redis. Each of our scripts there looks whose turn it is and writes in one step: a relay that was stopped for a minute
//! and does not know that its turn is over writes nothing at all. A lease kept elsewhere would have to be carried along and
//! compared, which is the same with one more place to be wrong.

use std::time::Duration;

use redis::RedisResult;

use super::{EPOCH_KEY, Error, STREAM, Stream, rebuild::SWEPT_KEY};

/// The key that says whose turn it is; it goes by itself when its holder says nothing more.
pub const RELAY_KEY: &str = "vedetta:relay";

/// How long a turn lasts that is not renewed: three looks at a stream where nothing happens, and short enough that another
/// relay fills the stream within ten seconds of a death.
pub const TURN: Duration = Duration::from_secs(6);

/// What every script begins with: `KEYS` are stream, epoch, relay and sweep, `ARGV` the holder and the milliseconds of a turn.
const GUARD: &str = r"
local holder = redis.call('GET', KEYS[3])
if holder and holder ~= ARGV[1] then return 'held ' .. holder end
redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2])
";

/// A script, and what it is told behind what [`GUARD`] wants.
pub(super) struct Script {
    body: &'static str,
}

/// Takes the turn or keeps it.
pub(super) const KEEP: Script = Script { body: "return 'ok'" };

/// Compares epoch and last id with what the caller believes, and appends only when both agree. Answers `ok`, or what it
/// found instead. `XINFO STREAM` has no simpler way to say the last generated id, which outlives deleted entries.
pub(super) const APPEND: Script = Script {
    body: r"
local epoch = redis.call('GET', KEYS[2])
if epoch ~= ARGV[3] then return 'epoch ' .. tostring(epoch) end
local last = '0-0'
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
end
if last ~= ARGV[4] then return 'last id ' .. last end
for i = 5, #ARGV, 4 do
  redis.call('XADD', KEYS[1], ARGV[i], 'type', ARGV[i + 1], 'subject', ARGV[i + 2], 'event', ARGV[i + 3])
end
return 'ok'
",
};

/// Empties the stream, makes it ours, and has the consumer groups go on where they are told. One that is to begin late goes on
/// behind the entries that it does not get, which only a stream with a group does.
pub(super) const RESET: Script = Script {
    body: r"
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[4], ARGV[4])
for i = 6, #ARGV, 2 do redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[i], ARGV[i + 1], 'MKSTREAM') end
if ARGV[5] ~= '0-0' then redis.call('XSETID', KEYS[1], ARGV[5]) end
return 'ok'
",
};

/// Trims behind the slowest group, and leaves at least so many entries; without a group nobody has read anything. Looking and
/// trimming are one step: a group that is made meanwhile begins before or after it.
pub(super) const TRIM: Script = Script {
    body: r"
if redis.call('GET', KEYS[2]) ~= ARGV[3] or redis.call('EXISTS', KEYS[1]) == 0 then return 'ok' end
local number = function(id) return tonumber(string.match(id, '^(%d+)')) end
local lowest = nil
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local name, next = nil, nil
  for i = 1, #group, 2 do
    if group[i] == 'name' then name = group[i + 1] end
    if group[i] == 'last-delivered-id' then next = number(group[i + 1]) + 1 end
  end
  local pending = redis.call('XPENDING', KEYS[1], name)
  if pending[1] > 0 then next = number(pending[2]) end
  if not lowest or next < lowest then lowest = next end
end
if not lowest then return 'ok' end
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if newest then lowest = math.min(lowest, number(newest[1]) - tonumber(ARGV[4]) + 1) end
if lowest > 1 then redis.call('XTRIM', KEYS[1], 'MINID', '=', string.format('%d-0', lowest)) end
return 'ok'
",
};

impl Stream {
    /// Takes the turn to write, or keeps it; an error when somebody else has it.
    pub async fn take_turn(&mut self) -> Result<(), Error> {
        self.run(&KEEP, &[]).await.map(drop)
    }

    /// Gives the turn up, so that nobody has to wait for its end.
    pub async fn leave(&mut self) -> RedisResult<()> {
        let mine = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end";
        let holder = self.holder();
        redis::cmd("EVAL").arg(mine).arg(1).arg(RELAY_KEY).arg(holder).exec_async(&mut self.connection).await
    }

    /// Trims behind the slowest consumer group, never less than `keep` entries from the end.
    pub async fn trim(&mut self, keep: u64) -> Result<(), Error> {
        let (epoch, keep) = (self.epoch.clone(), keep.max(1).to_string());
        self.run(&TRIM, &[&epoch, &keep]).await.map(drop)
    }

    /// Runs a script if it is our turn; answers what it answers.
    pub(super) async fn run(&mut self, script: &Script, arguments: &[&str]) -> Result<String, Error> {
        let mut command = redis::cmd("EVAL");
        command.arg(format!("{GUARD}{}", script.body)).arg(4);
        command.arg(STREAM).arg(EPOCH_KEY).arg(RELAY_KEY).arg(SWEPT_KEY);
        command.arg(self.holder()).arg(u64::try_from(TURN.as_millis()).unwrap_or(u64::MAX)).arg(arguments);
        let answer: String = command.query_async(&mut self.connection).await?;
        let Some(holder) = answer.strip_prefix("held ") else { return Ok(answer) };
        let epoch = holder.split(' ').next().unwrap_or_default().to_owned();
        Err(if epoch == self.epoch { Error::Held } else { Error::Foreign { epoch } })
    }

    fn holder(&self) -> String {
        format!("{} {}", self.epoch, self.relay)
    }
}
