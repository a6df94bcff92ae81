-- A number that every transaction takes which changes what processes show from memory and takes no other: they read the
-- counters to see whether somebody else was there.
insert into counter (name, value) values ('shown', 0);
