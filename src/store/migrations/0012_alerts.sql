-- Alerts that wait, come together, and reach people.

alter table subscription add column digest text not null default 'none'; -- none, hourly, daily
alter table subscription add column quiet text; -- HH:MM-HH:MM of the subscriber's clock
alter table subscription add column time_zone text not null default 'UTC';
alter table subscription add column storm text not null default 'digest'; -- digest, each
alter table subscription add column contact text; -- who is told when it is switched off
alter table subscription add column old_secret_until bigint; -- of every secret but the newest

alter table delivery add column kind text not null default 'event'; -- event, digest, notice
alter table delivery add column wait text; -- why it is told together with others: quiet, digest, storm
alter table delivery add column digest bigint references delivery (id) on delete set null; -- the message it was told in
alter table delivery add column matched_at bigint; -- null when a person asked for it
create index delivery_matched on delivery (subscription, matched_at) where matched_at is not null;
create index delivery_digest on delivery (digest) where digest is not null;
-- What waits, found without a look at what is merely late.
create index delivery_waiting on delivery (subscription, next_at) where state = 'pending' and wait is not null and digest is null;
