-- The bytes a review rests on, where they can be found by: before, they were only inside its body, of which they are the
-- end.
alter table review add column sha256 blob;
update review set sha256 = substr(body, -32);
create index review_sha256 on review (sha256);
