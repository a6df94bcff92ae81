-- What has not reached one subscriber yet of what it was lately to be told, found without a look at what has.
create index delivery_unsent on delivery (subscription, matched_at) where state = 'pending' and matched_at is not null;
