-- The bytes a review rests on, where they can be found by: before, they were only inside its body, of which they are the
-- end.
alter table review add column sha256 blob;
update review set sha256 = substr(body, -32);
create index review_sha256 on review (sha256);
create index review_signal on review (signal);

-- Between which events a signal about a market is named in the reasons of ratings: what is withdrawn is looked for there,
-- and not in every event that ever was. Of signals from before nothing is known but that it was not later than now.
create table market_named (signal blob primary key, first_seq bigint not null, last_seq bigint not null) without rowid;
insert into market_named (signal, first_seq, last_seq)
    select s.id, 1, c.value from signal s join counter c on c.name = 'seq' where s.sector is not null and c.value > 0;
create index signal_market on signal (id) where sector is not null;

-- Moves whenever a signal about a market is written: whoever remembers their names knows when to read them again.
insert into counter (name, value) values ('market', 1);
