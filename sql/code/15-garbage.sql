-- Garbage: which blobs may be removed, by `coffer gc` and by the workers, and what holds that off.
set local role coffer_owner;

-- No grants: no role needs the names of blobs.
comment on table internal.garbage is 'Garbage: blobs in a store that no file has any more, or not yet.';
comment on column internal.garbage.user_id is 'Who uploads; no foreign key, for garbage outlives its user.';
comment on column internal.garbage.store is 'The store that holds the blob, or will.';
comment on table internal.collection_schedule is 'When workers are to collect the next batch of garbage.';

-- An upload may be slow, so its blob is left alone for a week whatever the grace.
create function internal.is_due(p_reason text, p_listed_at timestamptz, p_grace interval) returns boolean
language sql stable parallel safe
return p_listed_at <= now() - case p_reason when 'uploading' then internal.longest_upload() else p_grace end;
comment on function internal.is_due(text, timestamptz, interval) is 'Whether gc may remove a blob that is on the list.';

create function internal.may_collect() returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return pg_try_advisory_xact_lock_shared(internal.collection_lock());
end
$$;
comment on function internal.may_collect() is
    'Whether blobs may be removed in this transaction: false while a backup needs all that there were when it began.';

create function internal.hold_collection() returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform pg_advisory_lock(internal.collection_lock());
end
$$;
comment on function internal.hold_collection() is
    'Waits until no transaction removes blobs, and lets none begin to until this connection ends.';

-- gc takes names, removes the blobs, and forgets the names, in one transaction. Rows that an upload or another gc has
-- locked are skipped. The blobs of stores that are unavailable stay on the list.
create function internal.take_garbage(p_grace interval, p_limit integer, p_unavailable smallint[] default '{}')
returns table (store smallint, url text, blob text)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not internal.may_collect() then
        return;
    end if;
    return query
        select d.store, s.url, d.blob::text
        from internal.garbage d join internal.stores s on s.id = d.store
        -- The first condition is implied by the second, and is one that the index of ages can answer.
        where d.listed_at <= now() - least(p_grace, internal.longest_upload())
            and internal.is_due(d.reason, d.listed_at, p_grace)
            and d.store <> all (p_unavailable)
            and not exists (select from internal.files f where f.blob = d.blob and f.store = d.store)
        order by d.listed_at
        limit p_limit
        for update of d skip locked;
end
$$;
comment on function internal.take_garbage(interval, integer, smallint[]) is
    'Blobs to remove and their stores, locked until the transaction ends; none of the unavailable stores, and none at '
    'all while a backup is made.';

create function internal.delete_garbage(p_store smallint, p_blobs text[]) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.garbage d where d.blob = any (p_blobs) and d.store = p_store;
end
$$;
comment on function internal.delete_garbage(smallint, text[]) is 'Takes removed blobs off the list.';

-- The orphans that a store's pending markers name: no upload works on them any more. A commit that comes later is
-- refused; one that comes at the same time wins, as a blob that is a file's is never removed, and by the time that
-- these are due no such commit is on its way.
create function internal.add_orphans(p_store_url text, p_blobs text[]) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_store smallint;
begin
    select s.id into v_store from internal.stores s where coalesce(s.url, p_store_url) = p_store_url;
    if not found then
        return false;
    end if;
    insert into internal.garbage (blob, reason, store)
    select n.blob, 'uploading', v_store from unnest(p_blobs) as n (blob)
    where not exists (select from internal.files f where f.blob = n.blob and f.store = v_store)
    on conflict do nothing;
    return true;
end
$$;
grant execute on function internal.add_orphans(text, text[]) to coffer_authenticator;
comment on function internal.add_orphans(text, text[]) is
    'Lists the orphans of interrupted uploads as garbage; false if there is no such store.';

-- A worker collects a small batch after it has answered a request, without cron. The rows are deleted before the
-- blobs, in a transaction that the worker commits when the blobs are gone: a failure brings the rows back, and an
-- upload that commits late waits and finds its row gone. All that a worker in the wrong hands gains is to strike from
-- the list what is garbage anyway; never what is still being read, so the grace has a floor.
create function internal.collect_batch(p_grace_seconds bigint, p_limit integer)
returns table (url text, blob text)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_limit constant integer := least(greatest(p_limit, 0), 1000);
    v_grace constant interval := make_interval(secs => greatest(p_grace_seconds, 60));
begin
    perform from internal.collection_schedule u where u.due_at <= now() for update skip locked;
    if not found then
        return;
    end if;
    update internal.collection_schedule u set due_at = now() + interval '1 minute';
    perform internal.delete_expired(v_limit);
    -- A row without names reports that the batch is the caller's.
    return query select null::text, null::text;
    return query
        with gone as (
            delete from internal.garbage d
            using (select t.store, t.blob from internal.take_garbage(v_grace, v_limit) t) due
            where d.blob = due.blob and d.store = due.store
            returning d.store, d.blob
        )
        select s.url, g.blob::text from gone g join internal.stores s on s.id = g.store;
end
$$;
grant execute on function internal.collect_batch(bigint, integer) to coffer_authenticator;
comment on function internal.collect_batch(bigint, integer) is
    'What the caller is to remove from the stores before it commits: nothing, unless a batch is due.';
