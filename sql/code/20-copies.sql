-- Copies of files and folders. The worker copies blobs within their stores, between begin_copy and finish_copy. As in a
-- two-phase upload, the new blobs are listed as garbage before they exist. The functions run as the owner, because they
-- name blobs; each changes rows of the current user only.
set local role coffer_owner;

-- begin_copy gives the client an early answer; finish_copy checks again under the lock.
create function internal.refuse_copy(p_user_id uuid, p_from text, p_to text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_is_folder constant boolean := internal.is_folder(
        p_user_id, internal.folder_of(p_to), internal.name_of(p_to));
begin
    if v_is_folder or exists (select from internal.files f where f.user_id = p_user_id and f.file_path = p_to) then
        raise exception using errcode = '23505',
            message = case when v_is_folder then 'A folder with the new path already exists'
                else 'A file with the new path already exists' end,
            detail = format('%s is a %s', p_to, case when v_is_folder then 'folder' else 'file' end),
            hint = 'Nothing was copied.';
    end if;
    perform internal.refuse_file(p_user_id, concat_ws('/', nullif(a.parent, ''), a.name))
    from internal.folders_above(internal.folder_of(p_to)) a;
end
$$;
comment on function internal.refuse_copy(uuid, text, text) is
    '23505 if the new path of a copy is a file or a folder, or is below a file.';

-- The names of a thousand blobs begin with the same random byte, so a directory flushes its 10,000 new blobs in 10
-- places and not in 256. 120 random bits are left to each. A new blob goes to the store that has the old one, because
-- only a store itself copies without sending bytes.
create function api.begin_copy(p_from text, p_to text)
returns table (source text, target text, store_url text, size_bytes bigint)
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
    v_from constant text := internal.checked_file_path(p_from);
    v_to constant text := internal.checked_file_path(p_to);
    v_user_id constant uuid := internal.current_user_id();
    v_created constant text[] := internal.created_folders(v_user_id, v_from);
    v_is_file constant boolean := exists (
        select from internal.files f where f.user_id = v_user_id and f.file_path = v_from);
    -- One range of the index. No path contains chr(1), and '0' is the character after '/'.
    v_first constant text := v_from || case when v_is_file then '' else '/' end;
    v_end constant text := v_from || case when v_is_file then chr(1) else '0' end;
    v_new record;
    v_prefixes text[];
begin
    if not exists (select from internal.users u where u.id = v_user_id) then
        perform internal.raise_session_ended();
    end if;
    select count(*) as files, coalesce(sum(f.size_bytes), 0) as bytes, max(octet_length(f.file_path)) as length
    into v_new
    from internal.files f
    where f.user_id = v_user_id and f.file_path >= v_first and f.file_path < v_end;
    if v_new.files = 0 and v_created = '{}' then
        raise exception using errcode = 'KF002', message = 'File not found.';
    elsif not v_is_file and starts_with(v_to, v_from || '/') then
        raise exception using errcode = 'KF029', message = 'A folder cannot be copied into itself';
    end if;
    perform internal.refuse_copy(v_user_id, v_from, v_to);
    -- Joining two valid paths can break only the limit of the whole length.
    if v_new.length + octet_length(v_to) - octet_length(v_from) > 1024 then
        perform internal.checked_file_path(v_to || substr(f.file_path, length(v_from) + 1))
        from internal.files f
        where f.user_id = v_user_id and f.file_path >= v_first and f.file_path < v_end
            and octet_length(f.file_path) = v_new.length
        limit 1;
    end if;
    perform internal.checked_file_path(v_to || substr(c.folder, length(v_from) + 1))
    from unnest(v_created) as c (folder);
    perform internal.require_room(v_user_id, v_new.bytes);
    v_prefixes := array(
        select encode(extensions.gen_random_bytes(1), 'hex') from generate_series(0, v_new.files / 1000));
    return query
        with copied as materialized (
            select f.blob, f.store, f.size_bytes,
                v_prefixes[(row_number() over () - 1) / 1000 + 1] || encode(extensions.gen_random_bytes(15), 'hex')
                    as target
            from internal.files f
            where f.user_id = v_user_id and f.file_path >= v_first and f.file_path < v_end
        ), listed as (
            insert into internal.garbage (blob, reason, user_id, store)
            select c.target, 'uploading', v_user_id, c.store from copied c
        )
        select c.blob::text, c.target, (select s.url from internal.stores s where s.id = c.store),
            c.size_bytes::bigint
        from copied c;
end
$$;
grant execute on function api.begin_copy(text, text) to coffer_editor, coffer_admin;
comment on function api.begin_copy(text, text) is
    'Checks whether a file or a folder of the current user can be copied to a path, and returns which blobs to copy, '
    'under which new names and in which stores, null for the configured one. The new names are listed as garbage until '
    'finish_copy takes them off. KF002 if there is no such file or folder, KF003 for a path, also of a new file, KF006 '
    'for the quota, KF011 if the user is gone, KF029 if a folder would be copied into itself, 23505 if the new path is '
    'taken. For editors and admins.';

-- What was copied may have been overwritten or deleted meanwhile. Its content is then in the trash, with the same path,
-- and the copy gets it from there. Each blob is looked up in an index, and the rest are hash joins, so a plan that was
-- made for one file suits many. That is a function of its own, as the triggers of files are not planned so.
create function internal.take_copies(p_user_id uuid, p_from text, p_to text, p_sources text[], p_targets text[])
returns table (
    file_path internal.file_path, description internal.description, content_type internal.content_type,
    size_bytes internal.amount, sha256 internal.digest, blob internal.blob_name, store smallint,
    modified_at timestamptz)
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set enable_nestloop = off set enable_mergejoin = off
    set enable_bitmapscan = off set jit = off
as $$
begin
    -- Either this deletes the rows, and the blobs stay, or gc does, and the blobs are removed.
    return query
        with taken as (
            delete from internal.garbage g
            where g.blob = any (p_targets) and g.reason = 'uploading' and g.user_id = p_user_id
            returning g.blob, g.store
        ), kept as materialized (
            select f.blob, f.user_id, f.file_path, f.description, f.content_type, f.size_bytes, f.sha256,
                f.modified_at
            from internal.files f where f.blob = any (p_sources)
            union all
            select t.blob, t.user_id, t.file_path, t.description, t.content_type, t.size_bytes, t.sha256,
                t.modified_at
            from internal.trash t where t.blob = any (p_sources)
        )
        select (p_to || substr(k.file_path, length(p_from) + 1))::internal.file_path, k.description, k.content_type,
            k.size_bytes, k.sha256, t.blob, t.store, k.modified_at
        from unnest(p_sources, p_targets) as c (source, target)
        join taken t on t.blob = c.target
        join kept k on k.blob = c.source
        where k.user_id = p_user_id and (k.file_path = p_from or starts_with(k.file_path, p_from || '/'))
        order by k.file_path;
end
$$;
comment on function internal.take_copies(uuid, text, text, text[], text[]) is
    'Takes the copied blobs off the list of garbage, and returns the files that they become.';

create function api.finish_copy(p_from text, p_to text, p_sources text[], p_targets text[]) returns bigint
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
    v_from constant text := internal.checked_file_path(p_from);
    v_to constant text := internal.checked_file_path(p_to);
    v_user_id constant uuid := internal.lock_current_user();
    v_created constant text[] := internal.created_folders(v_user_id, v_from);
    v_count bigint;
begin
    perform internal.refuse_copy(v_user_id, v_from, v_to);
    insert into internal.files (
        user_id, file_path, description, content_type, size_bytes, sha256, blob, store, modified_at)
    select v_user_id, c.* from internal.take_copies(v_user_id, v_from, v_to, p_sources, p_targets) c;
    get diagnostics v_count = row_count;
    if v_count < cardinality(p_targets) or v_count = 0 and v_created = '{}' then
        raise exception using errcode = 'KF019', message = 'What was to be copied has changed.',
            hint = 'Send it again.';
    end if;
    perform internal.create_folders(v_user_id, array(
        select v_to || substr(c.folder, length(v_from) + 1) from unnest(v_created) as c (folder)));
    return v_count;
end
$$;
grant execute on function api.finish_copy(text, text, text[], text[]) to coffer_editor, coffer_admin;
comment on function api.finish_copy(text, text, text[], text[]) is
    'Makes the copied blobs files of the current user, and returns their number. p_sources and p_targets are what '
    'begin_copy returned. KF003 for a path, KF006 for the quota, KF011 if the user is gone, KF019 if what was copied '
    'has been moved or removed for good, or the copy has expired, 23505 if the new path is taken. For editors and '
    'admins.';

create function api.abandon_copy(p_targets text[]) returns void
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    delete from internal.garbage g
    where g.blob = any (p_targets) and g.reason = 'uploading' and g.user_id = internal.current_user_id();
end
$$;
grant execute on function api.abandon_copy(text[]) to coffer_editor, coffer_admin;
comment on function api.abandon_copy(text[]) is
    'Does what api.abandon_upload does, for all blobs of a copy. For editors and admins.';
-- Deliberately not granted: refuse_copy and take_copies.
