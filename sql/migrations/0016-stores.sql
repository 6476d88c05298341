-- Several stores of blobs, so that an installation can move from one to another while people work.
--
-- Each row says in which store its blob lies, so a download finds its bytes whatever is being moved, and no worker
-- needs to be restarted. As long as there is one store, COFFER_STORAGE_URL alone says where that is; from the moment
-- a second one is named, the URLs of all are here.
set local role coffer_owner;

create table internal.stores (
    id smallint primary key check (id > 0),
    url text unique check (url <> ''),
    is_current boolean not null default false
);
create unique index stores_current_key on internal.stores (is_current) where is_current;
alter table internal.stores enable row level security;
alter table internal.stores force row level security;
create policy owner_all on internal.stores to coffer_owner using (true) with check (true);
-- No grants: requests learn the URL of one blob's store from the function that tells the blob.
comment on table internal.stores is 'The stores that hold blobs. Rows are never removed, for other rows name them.';
comment on column internal.stores.url is 'As in COFFER_STORAGE_URL, without secrets; null for the one that it names.';
comment on column internal.stores.is_current is 'Whether new uploads go there.';
insert into internal.stores (id, url, is_current) values (1, null, true);

-- Blobs are compared bytewise, as stores list them: `coffer check` goes through both side by side.
drop function api.retrieve_file(text);
drop function api.retrieve_file_audited(text);
drop view internal.own_blobs;
-- No foreign key: to check one, every upload would lock the same row of stores.
alter table internal.files
    add column store smallint not null default 1,
    alter column blob type text collate "C";
alter table internal.discarded_blobs
    add column store smallint not null default 1,
    alter column blob type text collate "C",
    drop constraint discarded_blobs_pkey,
    add primary key (blob, store);
comment on column internal.files.store is 'The store that holds the blob.';
comment on column internal.discarded_blobs.store is 'The store that holds the blob, or will.';

-- Moving bytes changes nothing for the user: no new updated_at.
drop trigger touched on internal.files;
create trigger touched before update of file_path, description, content_type, size_bytes, sha256, blob
    on internal.files for each row execute function internal.files_touched();

-- What a store that is not in use yet has got. A name is here before its blob is written, as with uploads.
create table internal.blob_copies (
    store smallint not null,
    blob text collate "C" not null,
    is_whole boolean not null default false,
    primary key (store, blob)
);
alter table internal.blob_copies enable row level security;
alter table internal.blob_copies force row level security;
create policy owner_all on internal.blob_copies to coffer_owner using (true) with check (true);
-- No grants.
comment on table internal.blob_copies is 'Copies that no file uses yet, made by `coffer storage copy`.';
comment on column internal.blob_copies.is_whole is 'Whether the copy was compared with the digest.';

-- A download, with the URL of the store: null for the one that COFFER_STORAGE_URL names.
create view internal.own_blobs with (security_barrier) as
select f.file_path, f.content_type, f.size_bytes, encode(f.sha256, 'hex') as sha256, f.blob,
    -- Rounded down: Last-Modified must not lie in the future.
    floor(date_part('epoch', f.updated_at))::bigint as updated_at,
    (select s.url from internal.stores s where s.id = f.store) as store_url
from internal.files f
where f.user_id = (select internal.current_user_id());
grant select on internal.own_blobs to coffer_editor, coffer_admin;
comment on view internal.own_blobs is 'The current user''s files with the blobs that hold their bytes.';

create function api.retrieve_file(p_file_path text)
returns table (
    file_path text, content_type text, size_bytes bigint, sha256 text, blob text, updated_at bigint, store_url text)
language sql stable
begin atomic
    select b.file_path, b.content_type, b.size_bytes, b.sha256, b.blob, b.updated_at, b.store_url
    from internal.own_blobs b
    where b.file_path = normalize(p_file_path, NFC);
end;
grant execute on function api.retrieve_file(text) to coffer_editor, coffer_admin;
comment on function api.retrieve_file(text) is
    'The current user''s file of this path; no row if there is none. Digest in hex, updated_at in Unix seconds.';


create function api.retrieve_file_audited(p_file_path text)
returns table (
    file_path text, content_type text, size_bytes bigint, sha256 text, blob text, updated_at bigint, store_url text)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return query
        select b.file_path::text, b.content_type, b.size_bytes, b.sha256, b.blob::text, b.updated_at, b.store_url
        from internal.own_blobs b
        where b.file_path = normalize(p_file_path, NFC);
    if found then
        perform internal.record('retrieve', internal.current_user_id(), array[normalize(p_file_path, NFC)]);
    end if;
end
$$;
grant execute on function api.retrieve_file_audited(text) to coffer_editor, coffer_admin;
comment on function api.retrieve_file_audited(text) is 'api.retrieve_file, with a row in the audit log.';

-- An upload goes to the store that was current when it began, and its row says so.
drop function api.begin_upload(text, text, bigint, text, boolean);
create function api.begin_upload(
    p_blob text, p_file_path text, p_size bigint, p_if_match text, p_if_none_match boolean) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_store internal.stores;
begin
    if p_blob is null or p_blob !~ '^[0-9a-f]{32}$' then
        raise exception using errcode = 'KF014', message = 'The blob name is not valid.';
    end if;
    perform api.check_upload(p_file_path, p_size, p_if_match, p_if_none_match);
    select s.* into strict v_store from internal.stores s where s.is_current;
    -- On the disk before the blob's first byte, see 0015.
    insert into internal.discarded_blobs (blob, reason, user_id, store)
    select p_blob, 'uploading', internal.current_user_id(), v_store.id
    where not exists (select from internal.files f where f.blob = p_blob)
    on conflict do nothing;
    if not found then
        raise exception using errcode = 'KF019', message = 'The upload collides with another one.',
            hint = 'Send it again.';
    end if;
    return v_store.url;
end
$$;
grant execute on function api.begin_upload(text, text, bigint, text, boolean) to coffer_editor, coffer_admin;
comment on function api.begin_upload(text, text, bigint, text, boolean) is
    'Checks path (KF003), conditions (KF004) and quota (KF006) and lists the blob as garbage until store_file takes it '
    'off. p_size in bytes, null when unknown; p_if_match is * or digests in hex with commas. Returns the URL of the '
    'store to write to, null for the one of the configuration.';

create or replace function internal.put_file(p_file internal.files, p_if_match text, p_if_none_match boolean) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_id uuid;
begin
    if p_if_match is not null and p_if_none_match then
        return null;  -- to be there and not to be there
    elsif p_if_match is not null then
        update internal.files f
        set description = coalesce(p_file.description, f.description), content_type = p_file.content_type,
            size_bytes = p_file.size_bytes, sha256 = p_file.sha256, blob = p_file.blob,
            store = p_file.store
        where f.user_id = p_file.user_id and f.file_path = p_file.file_path
            and internal.matches(p_if_match, f.sha256)
        returning f.id into v_id;
    elsif p_if_none_match then
        insert into internal.files (user_id, file_path, description, content_type, size_bytes, sha256, blob, store)
        values (p_file.user_id, p_file.file_path, p_file.description, p_file.content_type, p_file.size_bytes,
            p_file.sha256, p_file.blob, p_file.store)
        on conflict (user_id, file_path) do nothing
        returning id into v_id;
    else
        insert into internal.files as f (user_id, file_path, description, content_type, size_bytes, sha256, blob, store)
        values (p_file.user_id, p_file.file_path, p_file.description, p_file.content_type, p_file.size_bytes,
            p_file.sha256, p_file.blob, p_file.store)
        on conflict (user_id, file_path) do update
        set description = coalesce(excluded.description, f.description), content_type = excluded.content_type,
            size_bytes = excluded.size_bytes, sha256 = excluded.sha256, blob = excluded.blob,
            store = excluded.store
        returning f.id into v_id;
    end if;
    return v_id;
end
$$;

create or replace function api.store_file(
    p_blob text, p_file_path text, p_description text, p_content_type text, p_size bigint, p_sha256 bytea,
    p_if_match text, p_if_none_match boolean) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_file internal.files;
    v_id uuid;
begin
    v_file.file_path := internal.checked_file_path(p_file_path);
    v_file.user_id := internal.uploading_user();
    v_file.description := p_description;
    v_file.content_type := coalesce(p_content_type, 'application/octet-stream');
    v_file.size_bytes := p_size;
    v_file.sha256 := p_sha256;
    v_file.blob := p_blob;
    if char_length(p_description) > 2000 then
        raise exception using errcode = 'KF014', message = 'The description is longer than 2,000 characters.';
    elsif v_file.content_type !~ '^[ -~]{1,255}$' then
        raise exception using errcode = 'KF014', message = 'The content type is not valid.';
    elsif p_size is null or p_size < 0 or p_sha256 is null or octet_length(p_sha256) <> 32 then
        raise exception using errcode = 'KF014', message = 'The size or the digest is not valid.';
    end if;
    -- This row can be deleted once: by us, and the blob lives, or by gc, and it does not.
    delete from internal.discarded_blobs d
    where d.blob = p_blob and d.reason = 'uploading' and d.user_id = v_file.user_id
    returning d.store into v_file.store;
    if not found then
        raise exception using errcode = 'KF019', message = 'The upload has expired.', hint = 'Send it again.';
    end if;
    -- The triggers of the table count the file, and refuse it when it makes the user exceed the quota.
    v_id := internal.put_file(v_file, p_if_match, p_if_none_match);
    if v_id is null then
        raise exception using errcode = 'KF004', message = 'The precondition does not hold.';
    end if;
    return v_id;
end
$$;

-- The triggers of 0012, with the store beside each blob.
create or replace function internal.files_updated() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    -- An upload fires the triggers of inserting and of updating, whichever of the two it turns out to be.
    if not exists (select from new_files) then
        return null;
    end if;
    -- Also where the same blob is now in another store.
    insert into internal.discarded_blobs (blob, reason, user_id, store)
    select gone.blob, 'replaced', gone.user_id, gone.store
    from (select o.blob, o.user_id, o.store from old_files o
        except select n.blob, n.user_id, n.store from new_files n) gone
    on conflict do nothing;
    -- A file keeps its owner.
    perform internal.count_usage(t.user_id, t.bytes, 0)
    from (select c.user_id, sum(c.bytes)::bigint as bytes
        from (select n.user_id, n.size_bytes as bytes from new_files n
            union all select o.user_id, -o.size_bytes from old_files o) c
        group by c.user_id having sum(c.bytes) <> 0 order by c.user_id) t;
    perform internal.count_folders(t.user_id, array_agg(t.folder), array_agg(t.files), array_agg(t.bytes))
    from (select c.user_id, c.folder, sum(c.files)::bigint as files, sum(c.bytes)::bigint as bytes
        from (select n.user_id, internal.folder_of(n.file_path) as folder, 1 as files, n.size_bytes as bytes
                from new_files n
            union all
            select o.user_id, internal.folder_of(o.file_path), -1, -o.size_bytes from old_files o) c
        group by c.user_id, c.folder having sum(c.files) <> 0 or sum(c.bytes) <> 0) t
    group by t.user_id;
    perform internal.record(t.action, t.user_id, t.paths)
    from (select c.user_id, c.action, array_agg(c.file_path order by c.file_path) as paths
        from (select f.user_id, max(f.file_path) filter (where f.is_new) as file_path,
                case when min(f.blob collate "C") <> max(f.blob collate "C") then 'store'
                    when min(f.file_path) <> max(f.file_path) then 'move' end as action
            from (select n.id, n.user_id, n.file_path, n.blob, true as is_new from new_files n
                union all select o.id, o.user_id, o.file_path, o.blob, false from old_files o) f
            group by f.user_id, f.id) c
        where c.action is not null
        group by c.user_id, c.action order by c.user_id, c.action) t;
    return null;
end
$$;

create or replace function internal.files_deleted() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into internal.discarded_blobs (blob, reason, user_id, store)
    select o.blob, 'deleted', o.user_id, o.store from old_files o
    on conflict do nothing;
    -- A user who is deleted with the files has no row any more, and nothing is counted.
    perform internal.count_usage(t.user_id, -t.bytes, -t.files)
    from (select o.user_id, sum(o.size_bytes)::bigint as bytes, count(*) as files
        from old_files o group by o.user_id order by o.user_id) t;
    perform internal.count_folders(t.user_id, array_agg(t.folder), array_agg(t.files), array_agg(t.bytes))
    from (select o.user_id, internal.folder_of(o.file_path) as folder, -count(*) as files,
            -sum(o.size_bytes)::bigint as bytes
        from old_files o group by 1, 2) t
    group by t.user_id;
    perform internal.record('delete', t.user_id, t.paths)
    from (select o.user_id, array_agg(o.file_path order by o.file_path) as paths
        from old_files o group by o.user_id order by o.user_id) t;
    return null;
end
$$;

-- gc, with the store that each blob is in.
drop function internal.take_discarded(interval, integer);
drop function internal.forget_discarded(text[]);

-- An upload may be slow, so its blob is left alone for a week whatever the grace.
create function internal.is_due(p_reason text, p_discarded_at timestamptz, p_grace interval) returns boolean
language sql stable parallel safe
return p_discarded_at <= now() - case p_reason when 'uploading' then interval '7 days' else p_grace end;
comment on function internal.is_due(text, timestamptz, interval) is 'Whether gc may remove a discarded blob.';

-- The number is a name: the letters of "coffgc".
create function internal.may_collect() returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return pg_try_advisory_xact_lock_shared(x'636f66666763'::bigint);
end
$$;
comment on function internal.may_collect() is
    'Whether blobs may be removed in this transaction: false while a backup needs all that there were at its beginning.';

create function internal.hold_collection() returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform pg_advisory_lock(x'636f66666763'::bigint);
end
$$;
comment on function internal.hold_collection() is
    'Waits until nobody removes blobs, and lets nobody begin to until this connection ends.';

create function internal.take_discarded(p_grace interval, p_limit integer)
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
            and not exists (select from internal.files f where f.blob = d.blob and f.store = d.store)
        order by d.discarded_at
        limit p_limit
        for update of d skip locked;
end
$$;
comment on function internal.take_discarded(interval, integer) is
    'Blobs to remove and their stores, locked until the transaction ends; none while a backup is made.';

create function internal.forget_discarded(p_store smallint, p_blobs text[]) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.discarded_blobs d where d.blob = any (p_blobs) and d.store = p_store;
end
$$;
comment on function internal.forget_discarded(smallint, text[]) is 'Takes removed blobs off the list.';

-- For the worker's health check, as the worker's own role.
create function internal.current_store(p_configured text) returns table (url text, is_known boolean)
language plpgsql stable security definer set search_path = ''
as $$
begin
    return query
        select coalesce(s.url, p_configured),
            exists (select from internal.stores k where k.url is null or k.url = p_configured)
        from internal.stores s where s.is_current;
end
$$;
grant execute on function internal.current_store(text) to coffer_authenticator;
comment on function internal.current_store(text) is
    'Where uploads go, and whether the store that a configuration names is one of this database.';

-- What `coffer storage` does. None of these functions is granted to anybody.
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
    insert into internal.stores (id, url)
    select max(s.id) + 1, p_url from internal.stores s
    on conflict (url) do nothing;
    select s.id into strict v_id from internal.stores s where s.url = p_url;
    return v_id;
end
$$;
comment on function internal.add_store(text, text) is
    'The number of the store of this URL, new or known. KF014 for the one in use, and when p_configured is not that one.';

create function internal.use_store(p_store smallint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    lock table internal.stores in share row exclusive mode;
    update internal.stores s set is_current = false where s.is_current and s.id <> p_store;
    update internal.stores s set is_current = true where s.id = p_store;
end
$$;
comment on function internal.use_store(smallint) is 'Sends new uploads to this store.';

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
                    select from internal.blob_copies c where c.store = p_store and c.blob = f.blob and c.is_whole)
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
    update internal.blob_copies c set is_whole = true where c.store = p_store and c.blob = any (p_blobs);
end
$$;
comment on function internal.finish_copies(smallint, text[]) is 'Notes that copies were made and compared.';

-- A row that somebody is changing is passed over and taken the next time, so that nothing waits for rows in an order
-- that another may not keep. The trigger lists what the file had before as discarded, so a reader who has begun keeps it
-- for the grace period. Copies whose file is gone become garbage themselves.
create function internal.use_copies(p_store smallint, p_limit integer) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_blobs text[];
    v_taken text[];
begin
    v_blobs := array(select c.blob from internal.blob_copies c where c.store = p_store and c.is_whole
        order by c.blob limit p_limit for update skip locked);
    v_taken := array(select f.blob from internal.files f where f.blob = any (v_blobs) and f.store <> p_store
        for no key update skip locked);
    update internal.files f set store = p_store where f.blob = any (v_taken);
    insert into internal.discarded_blobs (blob, reason, store)
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

create function internal.relocate_store(p_url text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update internal.stores s set url = p_url where s.is_current and s.url is not null;
end
$$;
comment on function internal.relocate_store(text) is 'Notes that the store in use was moved by other means.';

-- After a restore all bytes are in one store, the one that is configured.
create function internal.settle_in_one_store() returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update internal.files f set store = 1 where f.store <> 1;
    delete from internal.discarded_blobs;
    delete from internal.blob_copies;
    delete from internal.stores s where s.id <> 1;
    update internal.stores s set url = null, is_current = true where s.id = 1;
end
$$;
comment on function internal.settle_in_one_store() is
    'Makes the store of the configuration the only one, for a database that was just restored.';

-- An import keeps the times that files had elsewhere.
create function internal.set_file_time(p_id uuid, p_modified bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update internal.files f
    set updated_at = least(now(), to_timestamp(p_modified)), created_at = least(f.created_at, to_timestamp(p_modified))
    where f.id = p_id;
end
$$;
comment on function internal.set_file_time(uuid, bigint) is 'When the content last changed, in Unix seconds.';
