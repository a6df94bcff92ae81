-- What is due to one subscriber, found without a look at what is due to the others.
create index delivery_lane on delivery (subscription, next_at, id) where state = 'pending' and wait is null;
create index delivery_notice on delivery (next_at) where state = 'pending' and wait is null and kind = 'notice';
