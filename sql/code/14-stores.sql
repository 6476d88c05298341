-- The stores that hold blobs: which one is in use, and moving from one to another. What `coffer storage` does is
-- granted to no role.
set local role coffer_owner;

-- No grants: requests learn the URL of one blob's store from the function that names the blob.
comment on table internal.stores is
    'The stores that hold blobs. A row is removed by internal.forget_store only, for other rows name it.';
comment on column internal.stores.url is 'As in COFFER_STORAGE_URL, without secrets; null for the one that it names.';
comment on column internal.stores.is_current is 'Whether new uploads go there.';
comment on column internal.stores.identity is
    'The mark that the store carries; null until `coffer migrate` has set one.';
comment on sequence internal.store_numbers is 'The numbers of stores.';
comment on table internal.blob_copies is 'Copies that no file uses yet, made by `coffer storage copy`.';
comment on column internal.blob_copies.is_verified is 'Whether the copy was compared with the digest.';

-- For the worker's health check, as the worker's own role.
create function internal.current_store(p_configured text) returns table (url text, is_known boolean, identity text)
language plpgsql stable security definer set search_path = ''
as $$
begin
    return query
        select coalesce(s.url, p_configured),
            exists (select from internal.stores k where k.url is null or k.url = p_configured),
            s.identity::text
        from internal.stores s where s.is_current;
end
$$;
grant execute on function internal.current_store(text) to coffer_authenticator;
comment on function internal.current_store(text) is
    'Where uploads go, with the mark of that store, and whether the store that a configuration names is one of this '
    'database.';

-- The same UUID stands in a file or object of the store, so that another place is not taken for it.
create function internal.mark_store(p_store smallint, p_identity uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update internal.stores s set identity = p_identity where s.id = p_store;
exception when unique_violation then
    raise exception using errcode = 'KF014', message = 'This place is another store of this database already.',
        hint = 'See: coffer storage list';
end
$$;
comment on function internal.mark_store(smallint, uuid) is
    'Records the mark of a store. KF014 for the mark of another one.';

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
        raise exception using errcode = 'KF014', message = 'This store is the one in use.';
    end if;
    select s.id into v_id from internal.stores s where s.url = p_url;
    if not found then
        insert into internal.stores (id, url) values (nextval('internal.store_numbers'), p_url) returning id into v_id;
    end if;
    return v_id;
end
$$;
comment on function internal.add_store(text, text) is
    'The number of the store of this URL, new or known. KF014 for the one in use, and when p_configured is not '
    'that one.';

-- After this no upload puts a file into the store that was in use before. A switch that copied for hours may come back
-- to a store that was forgotten meanwhile.
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
    'Sends new uploads to this store. KF014 for one that is not registered.';

create function internal.begin_copies(p_store smallint, p_after text, p_limit integer)
returns table (blob text, url text, size_bytes bigint, sha256 bytea)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    -- Blobs are unique and ordered by an index; a page is as cheap when most of them are copied already.
    return query
        with page as (
            select f.blob, s.url, f.size_bytes, f.sha256
            from internal.files f join internal.stores s on s.id = f.store
            where f.blob > p_after and f.store <> p_store
                and not exists (
                    select from internal.blob_copies c where c.store = p_store and c.blob = f.blob and c.is_verified)
            order by f.blob
            limit p_limit
        ), listed as (
            insert into internal.blob_copies (store, blob) select p_store, p.blob from page p
            on conflict do nothing
        )
        select p.blob::text, p.url, p.size_bytes, p.sha256 from page p order by p.blob;
end
$$;
comment on function internal.begin_copies(smallint, text, integer) is
    'The next blobs that a store does not have yet, by name, listed as copies before they are made.';

create function internal.finish_copies(p_store smallint, p_blobs text[]) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update internal.blob_copies c set is_verified = true where c.store = p_store and c.blob = any (p_blobs);
end
$$;
comment on function internal.finish_copies(smallint, text[]) is 'Records that copies were made and compared.';

-- A row that another transaction is changing is skipped and taken the next time, so that nothing waits for rows in an
-- order that another may not keep. The trigger lists what the file had before as garbage, so that a reader who has
-- begun keeps it for the grace period. Copies whose file is gone become garbage themselves.
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
    insert into internal.garbage (blob, reason, store)
    select b.blob, 'deleted', p_store from unnest(v_blobs) as b (blob)
    where not exists (select from internal.files f where f.blob = b.blob)
    on conflict do nothing;
    delete from internal.blob_copies c
    where c.store = p_store and c.blob = any (v_blobs)
        and not exists (select from internal.files f where f.blob = c.blob and f.store <> p_store);
    return cardinality(v_blobs);
end
$$;
comment on function internal.use_copies(smallint, integer) is
    'Lets files use their copies in this store; the number of copies that were looked at.';

create function internal.abandon_copies(p_url text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_count bigint;
begin
    with given_up as (
        delete from internal.blob_copies c using internal.stores s
        where c.store = s.id and s.url = p_url and not s.is_current
        returning c.blob, c.store
    ), discarded as (
        insert into internal.garbage (blob, reason, store)
        select g.blob, 'deleted', g.store from given_up g
        on conflict do nothing
    )
    select count(*) into v_count from given_up;
    return v_count;
end
$$;
comment on function internal.abandon_copies(text) is
    'Makes garbage of the copies in a store that no file uses yet; their number.';

-- What names the store is counted in one statement: an upload goes from one list to the other in one commit. An upload
-- that found the store in use and has not reported so yet has read the list of stores, so the lock that excludes
-- readers is waited for, and released at once: downloads read the list, too. Where that takes a second, a backup or gc
-- is in the way, and nothing else is to wait for them behind us.
create function internal.forget_store(p_configured text, p_url text) returns void
language plpgsql volatile security definer set search_path = '' set lock_timeout = '1s'
as $$
declare
    v_store internal.stores;
    v_files bigint;
    v_garbage bigint;
    v_copies bigint;
begin
    lock table internal.stores in share row exclusive mode;
    select s.* into v_store from internal.stores s where s.url = p_url;
    if not found then
        raise exception using errcode = 'KF014', message = 'No store of this URL is known.',
            hint = 'See: coffer storage list';
    elsif v_store.is_current then
        raise exception using errcode = 'KF014', message = 'This store is the one in use.';
    elsif p_url = p_configured then
        raise exception using errcode = 'KF014', message = 'COFFER_STORAGE_URL still names this store.';
    end if;
    begin
        lock table internal.stores in access exclusive mode;
        raise exception using errcode = 'KF000';
    exception when sqlstate 'KF000' then null;
    end;
    select (select count(*) from internal.files f where f.store = v_store.id),
        (select count(*) from internal.garbage d where d.store = v_store.id),
        (select count(*) from internal.blob_copies c where c.store = v_store.id)
    into v_files, v_garbage, v_copies;
    if v_files + v_garbage + v_copies > 0 then
        raise exception using errcode = 'KF014', message = format(
            'There are still %s files, %s blobs that gc has to remove and %s copies in this store.',
            v_files, v_garbage, v_copies);
    end if;
    delete from internal.stores s where s.id = v_store.id;
exception when lock_not_available then
    raise exception using errcode = 'KF014', message = 'The list of stores is in use for longer than a second.',
        hint = 'Try again when no backup and no gc is running.';
end
$$;
comment on function internal.forget_store(text, text) is
    'Takes a store off the list. KF014 when it is unknown, in use or the one that p_configured names, and while a '
    'file, garbage or a copy is in it, with their numbers.';

create function internal.relocate_store(p_url text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update internal.stores s set url = p_url where s.is_current and s.url is not null;
end
$$;
comment on function internal.relocate_store(text) is 'Records that the store in use was moved by other means.';

-- After a restore all bytes are in one store, the one that is configured. The first store may have been forgotten.
create function internal.reset_to_one_store() returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update internal.files f set store = 1 where f.store <> 1;
    delete from internal.garbage;
    delete from internal.blob_copies;
    delete from internal.stores;
    insert into internal.stores (id, url, is_current) values (1, null, true);
end
$$;
comment on function internal.reset_to_one_store() is
    'Makes the store of the configuration the only one, for a database that was just restored.';
