-- A promotion that was taken back counts no more: who sat before sits again, and before that one whoever sat before it.
alter table seat add column taken_back_at bigint;
