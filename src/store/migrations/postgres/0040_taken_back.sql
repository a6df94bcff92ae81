-- When something that was recorded by mistake was taken back: from then on nobody is told of it, and nothing follows from it.
alter table outcome add column withdrawn_at bigint;
