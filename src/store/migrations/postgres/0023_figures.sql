-- The server keeps figures of every column to plan by: its most frequent values, and some of the others. They would hold names
-- of persons, and keep them when the rows are gone and even the table is empty. Of columns with words or bodies it keeps none;
-- what they are looked up by is a unique index. A later migration that adds such a column does the same for it.
do $$
declare place record;
begin
    for place in
        select t.relname, c.attname from pg_class t join pg_attribute c on c.attrelid = t.oid and c.attnum > 0 and not c.attisdropped
        where t.relkind in ('r', 'p') and not t.relispartition and t.relname <> '_sqlx_migrations'
            and t.relnamespace = current_schema()::regnamespace
            and c.atttypid in ('text'::regtype, 'bytea'::regtype)
            and c.attname not in ('kind', 'state', 'rule', 'relay', 'sector', 'country', 'grade', 'cause', 'source', 'model')
    loop
        execute format('alter table %I alter column %I set statistics 0', place.relname, place.attname);
    end loop;
end
$$;
