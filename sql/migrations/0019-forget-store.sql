-- A store that nothing is in any more leaves the list, and one that is away holds nobody up.
set local role coffer_owner;

-- gc goes on with the other stores: the blobs of those that are away stay on the list, and out of the way.
drop function internal.take_discarded(interval, integer);
create function internal.take_discarded(p_grace interval, p_limit integer, p_away smallint[] default '{}')
returns table (store smallint, url text, blob text)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not internal.may_collect() then
        return;
    end if;
    return query
        select d.store, s.url, d.blob::text
        from internal.discarded_blobs d join internal.stores s on s.id = d.store
        -- The first condition is implied by the second, and is one that the index of ages can answer.
        where d.discarded_at <= now() - least(p_grace, interval '7 days')
            and internal.is_due(d.reason, d.discarded_at, p_grace)
            and d.store <> all (p_away)
            and not exists (select from internal.files f where f.blob = d.blob and f.store = d.store)
        order by d.discarded_at
        limit p_limit
        for update of d skip locked;
end
$$;
comment on function internal.take_discarded(interval, integer, smallint[]) is
    'Blobs to remove and their stores, locked until the transaction ends; none of the stores that are away, and none at '
    'all while a backup is made.';

-- A number is not given twice: a copy that is still going on must not be taken for one into another store.
create sequence internal.store_numbers as smallint;
select setval('internal.store_numbers', max(s.id)) from internal.stores s;
-- No grants.
comment on sequence internal.store_numbers is 'The numbers of stores.';
comment on table internal.stores is
    'The stores that hold blobs. A row is removed by internal.forget_store only, for other rows name it.';

create or replace function internal.add_store(p_configured text, p_url text) returns smallint
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

-- A switch that copied for hours may come back to a store that was forgotten meanwhile.
create or replace function internal.use_store(p_store smallint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(x'636f66667374'::bigint);
    lock table internal.stores in share row exclusive mode;
    if not exists (select from internal.stores s where s.id = p_store) then
        raise exception using errcode = 'KF014', message = 'This store is none of the list any more.';
    end if;
    update internal.stores s set is_current = false where s.is_current and s.id <> p_store;
    update internal.stores s set is_current = true where s.id = p_store;
end
$$;
comment on function internal.use_store(smallint) is 'Sends new uploads to this store. KF014 for one that is not listed.';

create function internal.give_up_copies(p_url text) returns bigint
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
        insert into internal.discarded_blobs (blob, reason, store)
        select g.blob, 'deleted', g.store from given_up g
        on conflict do nothing
    )
    select count(*) into v_count from given_up;
    return v_count;
end
$$;
comment on function internal.give_up_copies(text) is
    'Makes garbage of the copies in a store that no file uses yet; their number.';

-- What names the store is counted in one statement: an upload goes from one list to the other in one commit. An upload
-- that found the store in use and has not told so yet has read the list of stores, so the lock that excludes readers is
-- waited for, and given back at once: downloads read the list, too. Where that takes a second, a backup or gc is in the
-- way, and nobody else is to wait for them behind us.
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
        (select count(*) from internal.discarded_blobs d where d.store = v_store.id),
        (select count(*) from internal.blob_copies c where c.store = v_store.id)
    into v_files, v_garbage, v_copies;
    if v_files + v_garbage + v_copies > 0 then
        raise exception using errcode = 'KF014', message = format(
            'There are still %s files, %s blobs that gc has to remove and %s copies in this store.',
            v_files, v_garbage, v_copies);
    end if;
    delete from internal.stores s where s.id = v_store.id;
exception when lock_not_available then
    raise exception using errcode = 'KF014', message = 'Somebody reads the list of stores for longer than a second.',
        hint = 'Try again when no backup and no gc is at work.';
end
$$;
-- The first store may be one that was forgotten.
create or replace function internal.settle_in_one_store() returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update internal.files f set store = 1 where f.store <> 1;
    delete from internal.discarded_blobs;
    delete from internal.blob_copies;
    delete from internal.stores;
    insert into internal.stores (id, url, is_current) values (1, null, true);
end
$$;

-- Deliberately not granted: take_discarded, give_up_copies and forget_store, to anybody.
comment on function internal.forget_store(text, text) is
    'Takes a store off the list. KF014 when it is unknown, in use or the one that p_configured names, and while a file, '
    'garbage or a copy is in it, with their numbers.';
