-- The stores that hold blobs: which one is current, and moving from one to another. The functions of `coffer storage`
-- are granted to no role.
set local role coffer_owner;

-- No grants: requests get the URL of a blob's store from the function that names the blob.
comment on table internal.stores is
    'The stores that hold blobs. Only internal.forget_store and internal.reset_to_one_store delete rows, because other '
    'rows name them.';
comment on column internal.stores.url is
    'As in COFFER_STORAGE_URL, without secrets; null for the store that COFFER_STORAGE_URL names.';
comment on column internal.stores.is_current is 'Whether new uploads go there.';
comment on column internal.stores.identity is
    'The UUID that marks the store, see internal.mark_store; null until `coffer migrate` has set one.';
comment on sequence internal.store_numbers is 'The numbers of stores.';
comment on table internal.blob_copies is 'Copies that no file uses yet, made by `coffer storage copy`.';
comment on column internal.blob_copies.is_verified is 'Whether the copy has been compared with the digest.';

create function internal.current_store(p_configured text) returns table (url text, is_known boolean, identity text)
language sql stable security definer set search_path = ''
begin atomic
    select coalesce(s.url, p_configured), exists (
            select from internal.stores k where k.url is null or k.url = p_configured), s.identity::text
    from internal.stores s where s.is_current;
end;
grant execute on function internal.current_store(text) to coffer_authenticator;
comment on function internal.current_store(text) is
    'Returns the URL and the mark of the current store, and whether p_configured, the configured URL, is one of this '
    'database''s stores. For the worker.';

-- The store has the same UUID in a file or object, so that another place is not mistaken for it.
create function internal.mark_store(p_store smallint, p_identity uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update internal.stores s set identity = p_identity where s.id = p_store;
exception when unique_violation then
    raise exception using errcode = 'KF014', message = 'This location is already another store of this database.',
        hint = 'See: coffer storage list';
end
$$;
comment on function internal.mark_store(smallint, uuid) is
    'Records the mark of a store. KF014 if another store has it. For the operator.';

create function internal.add_store(p_configured text, p_url text) returns smallint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_current internal.stores;
    v_id smallint;
begin
    lock table internal.stores in share row exclusive mode;
    update internal.stores s set url = p_configured
    where s.url is null and not exists (select from internal.stores o where o.url = p_configured);
    select s.* into strict v_current from internal.stores s where s.is_current;
    if v_current.url is distinct from p_configured then
        raise exception using errcode = 'KF014',
            message = 'COFFER_STORAGE_URL does not name the store that is in use.',
            hint = 'See: coffer storage list';
    elsif p_url = v_current.url then
        raise exception using errcode = 'KF014', message = 'This store is in use.';
    end if;
    select s.id into v_id from internal.stores s where s.url = p_url;
    if not found then
        insert into internal.stores (id, url) values (nextval('internal.store_numbers'), p_url) returning id into v_id;
    end if;
    return v_id;
end
$$;
comment on function internal.add_store(text, text) is
    'Returns the number of the store that has this URL, and adds the store if it is new. KF014 if it is the current '
    'one, or if p_configured is not the current one''s URL. For the operator.';

-- After this no upload puts a file into the previous store. The store may have been forgotten while a switch copied
-- blobs for hours, so that is checked.
create function internal.use_store(p_store smallint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(internal.current_store_lock());
    lock table internal.stores in share row exclusive mode;
    if not exists (select from internal.stores s where s.id = p_store) then
        raise exception using errcode = 'KF014', message = 'This store is no longer registered.';
    end if;
    update internal.stores s set is_current = false where s.is_current and s.id <> p_store;
    update internal.stores s set is_current = true where s.id = p_store;
end
$$;
comment on function internal.use_store(smallint) is
    'Sends new uploads to this store. KF014 if it is not registered. For the operator.';

create function internal.begin_copies(p_store smallint, p_after text, p_limit integer)
returns table (blob text, url text, size_bytes bigint, sha256 bytea)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    -- Blobs are unique and ordered by an index.
    return query
        with page as (
            select f.blob, s.url, f.size_bytes, f.sha256
            from internal.kept_blobs f join internal.stores s on s.id = f.store
            where f.blob > p_after and f.store <> p_store
                and not exists (
                    select from internal.blob_copies c where c.store = p_store and c.blob = f.blob and c.is_verified)
            order by f.blob
            limit p_limit
        ), listed as (
            insert into internal.blob_copies (store, blob) select p_store, p.blob from page p
            on conflict do nothing
        )
        select p.blob::text, p.url, p.size_bytes::bigint, p.sha256::bytea from page p order by p.blob;
end
$$;
comment on function internal.begin_copies(smallint, text, integer) is
    'Returns the next blobs after p_after, by name, that a store does not have, and lists them as copies before they '
    'are made. For the operator.';

create function internal.finish_copies(p_store smallint, p_blobs text[]) returns void
language sql volatile security definer set search_path = ''
begin atomic
    update internal.blob_copies c set is_verified = true where c.store = p_store and c.blob = any (p_blobs);
end;
comment on function internal.finish_copies(smallint, text[]) is
    'Records that copies were made and compared. For the operator.';

-- A row that another transaction is changing is skipped and taken the next time, so that this cannot deadlock. The
-- trigger lists the blob in the previous store as garbage, so downloads that have begun can read it for the grace
-- period. Copies whose file no longer exists become garbage.
create function internal.use_copies(p_store smallint, p_limit integer) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_blobs text[];
    v_taken text[];
begin
    v_blobs := array(select c.blob from internal.blob_copies c where c.store = p_store and c.is_verified
        order by c.blob limit p_limit for update skip locked);
    v_taken := array(select f.blob from internal.files f where f.blob = any (v_blobs) and f.store <> p_store
        for no key update skip locked);
    update internal.files f set store = p_store where f.blob = any (v_taken);
    v_taken := array(select t.blob from internal.trash t where t.blob = any (v_blobs) and t.store <> p_store
        for no key update skip locked);
    update internal.trash t set store = p_store where t.blob = any (v_taken);
    insert into internal.garbage (blob, reason, store)
    select b.blob, 'deleted', p_store from unnest(v_blobs) as b (blob)
    where not exists (select from internal.kept_blobs k where k.blob = b.blob)
    on conflict do nothing;
    delete from internal.blob_copies c
    where c.store = p_store and c.blob = any (v_blobs)
        and not exists (select from internal.kept_blobs k where k.blob = c.blob and k.store <> p_store);
    return cardinality(v_blobs);
end
$$;
comment on function internal.use_copies(smallint, integer) is
    'Makes files use their verified copies in this store; returns how many copies were examined. For the operator.';

create function internal.abandon_copies(p_url text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_count bigint;
begin
    with abandoned as (
        delete from internal.blob_copies c using internal.stores s
        where c.store = s.id and s.url = p_url and not s.is_current
        returning c.blob, c.store
    ), listed as (
        insert into internal.garbage (blob, reason, store)
        select a.blob, 'deleted', a.store from abandoned a
        on conflict do nothing
    )
    select count(*) into v_count from abandoned;
    return v_count;
end
$$;
comment on function internal.abandon_copies(text) is
    'Lists the copies in a store that is not current as garbage; returns their number. For the operator.';

-- The rows that name the store are counted by one statement, because a commit moves an upload from one table to
-- another. An upload that found this store current but has not committed yet holds a read lock on the list of stores.
-- So this waits for the lock that excludes readers, and releases it at once, because downloads read the list too. If
-- that takes a second, a backup or gc is running, and other requests must not queue behind this one.
create function internal.forget_store(p_configured text, p_url text) returns void
language plpgsql volatile security definer set search_path = '' set lock_timeout = '1s'
as $$
declare
    v_store internal.stores;
    v_files bigint;
    v_garbage bigint;
    v_copies bigint;
    v_uploads bigint;
begin
    lock table internal.stores in share row exclusive mode;
    select s.* into v_store from internal.stores s where s.url = p_url;
    if not found then
        raise exception using errcode = 'KF014', message = 'No store with this URL is registered.',
            hint = 'See: coffer storage list';
    elsif v_store.is_current then
        raise exception using errcode = 'KF014', message = 'This store is in use.';
    elsif p_url = p_configured then
        raise exception using errcode = 'KF014', message = 'COFFER_STORAGE_URL still names this store.';
    end if;
    begin
        lock table internal.stores in access exclusive mode;
        raise exception using errcode = 'KF000';
    exception when sqlstate 'KF000' then null;
    end;
    select (select count(*) from internal.kept_blobs k where k.store = v_store.id),
        (select count(*) from internal.garbage g where g.store = v_store.id),
        (select count(*) from internal.blob_copies c where c.store = v_store.id),
        (select count(*) from internal.uploads u where u.store = v_store.id)
    into v_files, v_garbage, v_copies, v_uploads;
    if v_files + v_garbage + v_copies > 0 then
        raise exception using errcode = 'KF014', message = format(
            'There are still %s files and versions, %s blobs that gc has to remove and %s copies in this store.',
            v_files, v_garbage, v_copies);
    elsif v_uploads > 0 then
        raise exception using errcode = 'KF014',
            message = format('There are still %s unfinished uploads in this store.', v_uploads);
    end if;
    delete from internal.stores s where s.id = v_store.id;
exception when lock_not_available then
    raise exception using errcode = 'KF014', message = 'The list of stores has been in use for more than a second.',
        hint = 'Try again when no backup and no gc is running.';
end
$$;
comment on function internal.forget_store(text, text) is
    'Deletes a store''s row. KF014 if the store is unknown, current or the one that p_configured names, if a file, '
    'garbage, a copy or an upload is in it, or if the list of stores is in use. For the operator.';

create function internal.relocate_store(p_url text) returns void
language sql volatile security definer set search_path = ''
begin atomic
    update internal.stores s set url = p_url where s.is_current and s.url is not null;
end;
comment on function internal.relocate_store(text) is
    'Records the new URL of the current store, which was moved by other means. For the operator.';

-- After a restore all bytes are in the configured store, except those of unfinished uploads, which no backup has. The
-- store with number 1 may have been forgotten before.
create function internal.reset_to_one_store() returns void
language sql volatile security definer set search_path = ''
begin atomic
    update internal.files f set store = 1 where f.store <> 1;
    update internal.trash t set store = 1 where t.store <> 1;
    delete from internal.garbage;
    delete from internal.blob_copies;
    delete from internal.uploads;
    delete from internal.stores;
    insert into internal.stores (id, url, is_current) values (1, null, true);
end;
comment on function internal.reset_to_one_store() is
    'Makes the configured store the only one, after a restore. For the operator.';
