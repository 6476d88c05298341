-- Garbage: which blobs `coffer gc` and the workers may remove, and what makes them wait.
set local role coffer_owner;

-- No grants: no role needs to read the names of blobs.
comment on table internal.garbage is 'Blobs that no file and no row of the trash has any more, or not yet.';
comment on column internal.garbage.user_id is
    'The user who uploads; no foreign key, because garbage outlives its user.';
comment on column internal.garbage.store is 'The store that holds the blob, or will hold it.';
comment on table internal.collection_schedule is 'When a worker is to collect the next batch of garbage.';

-- An upload may be slow, so the grace period does not apply to its blob.
create function internal.is_due(p_reason text, p_listed_at timestamptz, p_grace interval) returns boolean
language sql stable parallel safe
return p_listed_at <= now() - case p_reason when 'uploading' then internal.longest_upload() else p_grace end;
comment on function internal.is_due(text, timestamptz, interval) is
    'Returns whether the blob of a row of internal.garbage may be removed. For the operator.';

create function internal.may_collect() returns boolean
language sql volatile security definer set search_path = ''
return pg_try_advisory_xact_lock_shared(internal.collection_lock());
comment on function internal.may_collect() is
    'Returns whether this transaction may remove blobs; false while a backup is being made. For the operator.';

create function internal.hold_collection() returns void
language sql volatile security definer set search_path = ''
return pg_advisory_lock(internal.collection_lock());
comment on function internal.hold_collection() is
    'Waits until no transaction removes blobs, and lets none begin until this connection ends. For the operator.';

-- gc takes rows, removes the blobs and deletes the rows, in one transaction. Rows that an upload or another gc has
-- locked are skipped. The blobs of unavailable stores stay on the list.
create function internal.take_garbage(p_grace interval, p_limit integer, p_unavailable smallint[] default '{}')
returns table (store smallint, url text, blob text)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not internal.may_collect() then
        return;
    end if;
    return query
        select g.store, s.url, g.blob::text
        from internal.garbage g join internal.stores s on s.id = g.store
        -- The second condition implies the first, which can use the index on listed_at.
        where g.listed_at <= now() - least(p_grace, internal.longest_upload())
            and internal.is_due(g.reason, g.listed_at, p_grace)
            and g.store <> all (p_unavailable)
            and not exists (select from internal.kept_blobs k where k.blob = g.blob and k.store = g.store)
        order by g.listed_at
        limit p_limit
        for update of g skip locked;
end
$$;
comment on function internal.take_garbage(interval, integer, smallint[]) is
    'Returns blobs to remove and their stores, and locks their rows until the transaction ends. Skips unavailable '
    'stores; returns nothing while a backup is being made. For the operator.';

create function internal.delete_garbage(p_store smallint, p_blobs text[]) returns void
language sql volatile security definer set search_path = ''
begin atomic
    delete from internal.garbage g where g.blob = any (p_blobs) and g.store = p_store;
end;
comment on function internal.delete_garbage(smallint, text[]) is
    'Deletes the rows of blobs that were removed from a store. For the operator.';

-- A store's pending markers name the orphans, whose uploads have ended. If one commits later all the same, it is
-- refused. If it commits at the same time, it wins: take_garbage skips the blob of a file, and no such commit is still
-- in progress when these rows are due.
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
    where not exists (select from internal.kept_blobs k where k.blob = n.blob and k.store = v_store)
    on conflict do nothing;
    -- The caller removes the markers of all these blobs. So what was read here must be on the disk too: this makes the
    -- commit wait for it, even if nothing was inserted.
    perform internal.wait_for_disk();
    return true;
end
$$;
grant execute on function internal.add_orphans(text, text[]) to coffer_authenticator;
comment on function internal.add_orphans(text, text[]) is
    'Lists the orphans of interrupted uploads as garbage; returns false if there is no such store. For the worker and '
    'the operator.';

-- A worker collects a small batch after it has answered a request, so no cron job is needed. The worker commits once
-- the blobs are removed: a failure brings the rows back, and an upload that commits late waits and finds its row
-- deleted. A stolen worker login can at most delete rows of garbage. The grace period has a minimum, so that downloads
-- in progress are safe from it.
create function internal.collect_batch(p_grace_seconds bigint, p_limit integer)
returns table (url text, blob text, is_upload boolean)
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
    perform internal.expire_trash(v_limit);
    -- The caller commits if it could remove all blobs. During a backup nothing is removed.
    perform internal.record_run('gc') where internal.may_collect();
    -- A row of nulls says that the caller has the batch, even if it is empty.
    return query select null::text, null::text, false;
    return query
        with deleted as (
            delete from internal.garbage g
            using (select t.store, t.blob from internal.take_garbage(v_grace, v_limit) t) due
            where g.blob = due.blob and g.store = due.store
            returning g.store, g.blob
        )
        select s.url, d.blob::text, false from deleted d join internal.stores s on s.id = d.store;
    return query
        with deleted as (
            delete from internal.uploads u
            using (select t.blob from internal.take_ended_uploads(v_limit) t) ended
            where u.blob = ended.blob
            returning u.store, u.blob
        )
        select s.url, d.blob::text, true from deleted d join internal.stores s on s.id = d.store;
end
$$;
grant execute on function internal.collect_batch(bigint, integer) to coffer_authenticator;
comment on function internal.collect_batch(bigint, integer) is
    'Deletes the rows of a batch of garbage and of ended uploads and returns their blobs, which the caller removes '
    'from the stores before it commits. Returns no row if no batch is due. For the worker.';
