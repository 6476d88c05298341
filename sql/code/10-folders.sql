-- Folders: their totals, and creating, listing, moving and deleting one.
set local role coffer_owner;

-- No grants: the triggers of internal.files write the table, and api.list_folder reads it for the current user.
comment on table internal.folders is
    'One row per folder that has files below it or was created. The triggers of internal.files count.';
comment on column internal.folders.parent is 'Path of the folder that contains this one; empty in the root.';
comment on column internal.folders.file_count is 'Number of files below, at any depth.';
comment on column internal.folders.size_bytes is 'Bytes of the files below, at any depth.';
comment on column internal.folders.is_created is
    'Whether the folder stays when it has no files; if it does, so do all folders above it.';

create function internal.folder_of(p_path text) returns text
language sql immutable parallel safe
return left(p_path, -strpos(reverse(p_path), '/'));
comment on function internal.folder_of(text) is 'Returns the part of a path before its last slash; empty for the root.';

create function internal.folders_above(p_folder text) returns table (parent text, name text)
language sql immutable parallel safe
begin atomic
    select array_to_string(s.names[:n - 1], '/'), s.names[n]
    from (select string_to_array(p_folder, '/') as names) s, generate_subscripts(s.names, 1) n;
end;
comment on function internal.folders_above(text) is
    'Returns a folder and all folders that contain it, each as parent and name; no row for the root.';

-- A path is a file or a folder, never both. The caller has locked the user, so it stays so until the commit. The
-- functions are volatile, so they see what their own statement has changed.
create function internal.refuse_file(p_user_id uuid, p_folder text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if exists (select from internal.files f where f.user_id = p_user_id and f.file_path = p_folder) then
        raise exception using errcode = '23505', message = 'A file has the path of this folder',
            detail = format('%s is a file', p_folder);
    end if;
end
$$;
comment on function internal.refuse_file(uuid, text) is '23505 if a file has the path of a folder.';

-- In PL/pgSQL, as each upload calls it: PostgreSQL plans an SQL function that it cannot inline anew for each call.
create function internal.is_folder(p_user_id uuid, p_parent text, p_name text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return exists (
        select from internal.folders d where d.user_id = p_user_id and d.parent = p_parent and d.name = p_name);
end
$$;
comment on function internal.is_folder(uuid, text, text) is 'Returns whether a user has this folder.';

create function internal.refuse_folder(p_user_id uuid, p_parent text, p_name text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if internal.is_folder(p_user_id, p_parent, p_name) then
        raise exception using errcode = '23505', message = 'A folder has the path of this file',
            detail = format('%s is a folder', concat_ws('/', nullif(p_parent, ''), p_name));
    end if;
end
$$;
comment on function internal.refuse_folder(uuid, text, text) is '23505 if a folder has the path of a file.';

create function internal.name_of(p_path text) returns text
language sql immutable parallel safe
return split_part(p_path, '/', -1);
comment on function internal.name_of(text) is 'Returns the part of a path after its last slash.';

-- Only where a folder contains others can a file have the path of one, so most files need no look-up. A plan that was
-- made for few paths must suit many: each path is one look-up in the index of folders.
create function internal.refuse_folders(p_user_id uuid, p_folders text[], p_paths text[]) returns void
language plpgsql volatile security definer
set search_path = '' set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
    v_parents constant text[] := array(
        select c.folder from unnest(p_folders) as c (folder)
        where exists (select from internal.folders d where d.user_id = p_user_id and d.parent = c.folder));
begin
    if v_parents = '{}' then
        return;
    end if;
    perform internal.refuse_folder(p_user_id, d.parent, d.name)
    from unnest(p_paths) as p (path)
    join internal.folders d
        on d.user_id = p_user_id and d.parent = internal.folder_of(p.path) and d.name = internal.name_of(p.path)
    limit 1;
end
$$;
comment on function internal.refuse_folders(uuid, text[], text[]) is
    'Does what internal.refuse_folder does, for many files and the folders that contain them.';

-- The arguments are the folders whose own files changed, and by how much. The caller has recorded the change, which
-- locked the user's ledger, so no other transaction changes this user's folders meanwhile. The folders are updated one
-- by one by their key, at a constant cost: one statement for all of them would keep a plan that was made for the number
-- of folders at its first use.
create function internal.count_folders(p_user_id uuid, p_folders text[], p_files bigint[], p_bytes bigint[])
returns void
language plpgsql volatile security definer
set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
    v_change record;
begin
    for v_change in
        select a.parent, a.name, sum(c.files)::bigint as files, sum(c.bytes)::bigint as bytes
        from unnest(p_folders, p_files, p_bytes) as c (folder, files, bytes), internal.folders_above(c.folder) a
        group by a.parent, a.name
        having sum(c.files) <> 0 or sum(c.bytes) <> 0
    loop
        if v_change.files < 0 then
            delete from internal.folders f
            where f.user_id = p_user_id and f.parent = v_change.parent and f.name = v_change.name
                and f.file_count = -v_change.files and not f.is_created;
            continue when found;
        end if;
        update internal.folders f
        set file_count = f.file_count + v_change.files, size_bytes = f.size_bytes + v_change.bytes
        where f.user_id = p_user_id and f.parent = v_change.parent and f.name = v_change.name;
        if not found and v_change.files > 0 then
            insert into internal.folders (user_id, parent, name, file_count, size_bytes)
            values (p_user_id, v_change.parent, v_change.name, v_change.files, v_change.bytes);
            perform internal.refuse_file(p_user_id, concat_ws('/', nullif(v_change.parent, ''), v_change.name));
        end if;
    end loop;
end
$$;
comment on function internal.count_folders(uuid, text[], bigint[], bigint[]) is
    'Adds to the totals of these folders and of all folders above them. 23505 if a new folder has the path of a file.';

-- Does for one file what count_folders does for many, without grouping.
create function internal.count_folders_of(p_user_id uuid, p_file_path text, p_files bigint, p_bytes bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_names constant text[] := string_to_array(p_file_path, '/');
    v_parent text := '';
begin
    for v_depth in 1 .. cardinality(v_names) - 1 loop
        update internal.folders f set file_count = f.file_count + p_files, size_bytes = f.size_bytes + p_bytes
        where f.user_id = p_user_id and f.parent = v_parent and f.name = v_names[v_depth];
        if not found then
            insert into internal.folders (user_id, parent, name, file_count, size_bytes)
            values (p_user_id, v_parent, v_names[v_depth], p_files, p_bytes);
            perform internal.refuse_file(p_user_id, array_to_string(v_names[:v_depth], '/'));
        end if;
        v_parent := array_to_string(v_names[:v_depth], '/');
    end loop;
    if p_files > 0 then
        perform internal.refuse_folder(p_user_id, v_parent, v_names[cardinality(v_names)]);
    end if;
end
$$;
comment on function internal.count_folders_of(uuid, text, bigint, bigint) is
    'Adds to the totals of all folders that contain a file. 23505 if a path would be a file and a folder.';

-- The last entry of a page: a letter for its kind and the name in base64url. A name and not a number, so that entries
-- that are added or deleted meanwhile do not shift the next page.
create function internal.folder_cursor(p_is_folder boolean, p_name text) returns text
language sql stable parallel safe
return case when p_is_folder then 'd' else 'f' end || internal.base64url(convert_to(p_name, 'UTF8'));
comment on function internal.folder_cursor(boolean, text) is 'Returns the cursor of an entry of api.list_folder.';

create function internal.folder_cursor_name(p_cursor text) returns text
language plpgsql stable set search_path = ''
as $$
declare
    v_digits constant text := translate(substr(p_cursor, 2), '-_', '+/');
    v_name text;
begin
    if p_cursor ~ '^[df][A-Za-z0-9_-]+$' then
        begin
            v_name := convert_from(decode(rpad(v_digits, (length(v_digits) + 3) / 4 * 4, '='), 'base64'), 'UTF8');
        exception when data_exception then
            v_name := null;
        end;
    end if;
    if internal.folder_cursor(left(p_cursor, 1) = 'd', v_name) is distinct from p_cursor then
        raise exception using errcode = 'KF014', message = 'The cursor is invalid.';
    end if;
    return v_name;
end
$$;
comment on function internal.folder_cursor_name(text) is
    'Returns the name in a cursor. KF014 if the cursor is invalid.';

-- Reads two ranges of two indexes, folders and then files, only as far as the page goes. With sorting, sequential and
-- bitmap scans off, a plan that was made for a small folder also suits one of a hundred thousand files. The order names
-- the folder as well, although it is constant: under row-level security the planner does not see that.
create function api.list_folder(p_folder text, p_limit bigint, p_cursor text)
returns table (
    name text, is_folder boolean, id uuid, user_id uuid, file_path text, description text, content_type text,
    size_bytes bigint, sha256 text, created_at timestamptz, updated_at timestamptz, modified_at timestamptz,
    file_count bigint, cursor text)
language plpgsql stable security definer
set search_path = '' set enable_sort = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
    v_user_id constant uuid := internal.current_user_id();
    v_folder constant text :=
        case when coalesce(p_folder, '') = '' then '' else internal.checked_file_path(p_folder) end;
    v_after constant text := case when p_cursor is not null then internal.folder_cursor_name(p_cursor) else '' end;
    v_count bigint := 0;
begin
    if p_limit < 0 then
        raise exception using errcode = 'KF014', message = 'The limit cannot be negative.';
    end if;
    if p_cursor is null or p_cursor like 'd%' then
        return query
            select d.name::text, true, null::uuid, null::uuid, null::text, null::text, null::text,
                d.size_bytes::bigint, null::text, null::timestamptz, null::timestamptz, null::timestamptz,
                d.file_count::bigint, internal.folder_cursor(true, d.name)
            from internal.folders d
            where d.user_id = v_user_id and d.parent = v_folder and d.name > v_after
            order by d.name
            limit p_limit;
        get diagnostics v_count = row_count;
    end if;
    return query
        select split_part(f.file_path, '/', -1), false, f.id, f.user_id, f.file_path::text, f.description::text,
            f.content_type::text, f.size_bytes::bigint, encode(f.sha256, 'hex'), f.created_at, f.updated_at,
            f.modified_at, null::bigint, internal.folder_cursor(false, split_part(f.file_path, '/', -1))
        from internal.files f
        where f.user_id = v_user_id
            and left(f.file_path, -strpos(reverse(f.file_path), '/')) = v_folder
            and split_part(f.file_path, '/', -1) > case when p_cursor like 'f%' then v_after else '' end
        order by left(f.file_path, -strpos(reverse(f.file_path), '/')), split_part(f.file_path, '/', -1)
        limit p_limit - v_count;
end
$$;
grant execute on function api.list_folder(text, bigint, text) to coffer_editor, coffer_admin;
comment on function api.list_folder(text, bigint, text) is
    'Returns one level of the current user''s files: folders, then files, each bytewise by name, after the cursor. '
    'p_folder null or empty is the root. KF003 for the folder, KF014 for the limit or the cursor. For editors and '
    'admins.';

create function internal.create_folders(p_user_id uuid, p_folders text[]) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform internal.refuse_file(p_user_id, concat_ws('/', nullif(a.parent, ''), a.name))
    from (select distinct a.* from unnest(p_folders) as c (folder), internal.folders_above(c.folder) a) a;
    insert into internal.folders (user_id, parent, name, file_count, size_bytes, is_created)
    select distinct p_user_id, a.parent, a.name, 0, 0, true
    from unnest(p_folders) as c (folder), internal.folders_above(c.folder) a
    on conflict (user_id, parent, name) do update set is_created = true;
end
$$;
comment on function internal.create_folders(uuid, text[]) is
    'Makes these folders and all folders above them stay, and creates those that are missing. 23505 if a file has '
    'such a path.';

create function api.create_folder(p_folder text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_folder constant text := internal.checked_file_path(p_folder);
    v_user_id constant uuid := internal.lock_current_user();
begin
    if internal.is_folder(v_user_id, internal.folder_of(v_folder), internal.name_of(v_folder)) then
        raise exception using errcode = '23505', message = 'The folder exists already',
            detail = format('%s is a folder', v_folder);
    end if;
    perform internal.create_folders(v_user_id, array[v_folder]);
end
$$;
grant execute on function api.create_folder(text) to coffer_editor, coffer_admin;
comment on function api.create_folder(text) is
    'Creates a folder of the current user, with those above it. KF003 for the path, KF011 if the user is gone, 23505 '
    'if a folder has this path, or a file has it or one above it. For editors and admins.';

-- Deleting the files counts them, which deletes all folders that were not created.
create function api.delete_folder(p_folder text) returns bigint
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
    v_folder constant text := internal.checked_file_path(p_folder);
    v_user_id constant uuid := internal.lock_current_user();
    v_entry_id constant uuid := gen_random_uuid();
    v_created text[];
    v_count bigint;
begin
    if not internal.is_folder(v_user_id, internal.folder_of(v_folder), internal.name_of(v_folder)) then
        raise exception using errcode = 'KF047', message = 'Folder not found.';
    end if;
    -- For count_deleted_files.
    perform set_config('coffer.entry_id', v_entry_id::text, true);
    -- '0' is the character after '/'.
    delete from internal.files f
    where f.user_id = v_user_id and f.file_path > v_folder || '/' and f.file_path < v_folder || '0';
    get diagnostics v_count = row_count;
    perform set_config('coffer.entry_id', '', true);
    v_created := internal.forget_folders(v_user_id, v_folder);
    -- Without a file, the trash shows no entry that could be restored.
    if v_count > 0 and internal.kept_days('deleted') > 0 then
        insert into internal.trash_folders (user_id, entry_id, folder)
        select v_user_id, v_entry_id, c.folder from unnest(v_created) as c (folder);
    end if;
    return v_count;
end
$$;
grant execute on function api.delete_folder(text) to coffer_editor, coffer_admin;
comment on function api.delete_folder(text) is
    'Deletes all files of the current user below a folder, and the folder; returns the number of files. They go to '
    'the trash as one entry, with the folders that were created. KF003 for the path, KF011 if the user is gone, KF047 '
    'if there is no such folder. For editors and admins.';

-- The folders at and below a path that were created.
create function internal.created_folders(p_user_id uuid, p_folder text) returns text[]
language sql volatile security definer set search_path = '' set enable_seqscan = off
begin atomic
    -- '0' is the character after '/'.
    select coalesce(array_agg(concat_ws('/', nullif(d.parent, ''), d.name)), '{}')
    from internal.folders d
    where d.user_id = p_user_id and d.is_created
        and (d.parent = internal.folder_of(p_folder) and d.name = internal.name_of(p_folder)
            or d.parent = p_folder or d.parent > p_folder || '/' and d.parent < p_folder || '0');
end;
comment on function internal.created_folders(uuid, text) is
    'Returns the paths of the folders at and below a path that stay without files.';

create function internal.forget_folders(p_user_id uuid, p_folder text) returns text[]
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
declare
    v_created constant text[] := internal.created_folders(p_user_id, p_folder);
begin
    delete from internal.folders d
    using unnest(v_created) as c (path)
    where d.user_id = p_user_id and d.parent = internal.folder_of(c.path) and d.name = internal.name_of(c.path)
        and d.file_count = 0;
    update internal.folders d set is_created = false
    from unnest(v_created) as c (path)
    where d.user_id = p_user_id and d.parent = internal.folder_of(c.path) and d.name = internal.name_of(c.path);
    return v_created;
end
$$;
comment on function internal.forget_folders(uuid, text) is
    'Makes a folder and those below it go with their last file, and returns those that were created.';

-- Moves all files or none. The unique index is checked for each row, not at the end, which matters if a folder moves up
-- into one that contains it: when `a/b` moves to `a`, `a/b/b/x` takes the place of `a/b/x`. So the files are moved in
-- rounds: those that have the dropped names (here `/b`) once, then those that have them twice, and so on.
create function api.move_folder(p_from text, p_to text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_from constant text := internal.checked_file_path(p_from);
    v_to constant text := internal.checked_file_path(p_to);
    v_user_id uuid;
    v_source text collate "C" := v_from;
    v_dropped constant text := case when starts_with(v_from, v_to || '/') then substr(v_from, length(v_to) + 1) end;
    v_created text[];
    v_constraint text;
    v_moved bigint;
    v_total bigint := 0;
begin
    if v_to = v_from or starts_with(v_to, v_from || '/') then
        raise exception using errcode = 'KF029', message = 'A folder cannot be moved into itself';
    end if;
    v_user_id := internal.lock_current_user();
    -- Joining two valid paths can break only the limit of the whole length. '0' is the character after '/'.
    perform internal.checked_file_path(v_to || substr(f.file_path, length(v_from) + 1))
    from internal.files f
    where f.user_id = v_user_id and f.file_path > v_from || '/' and f.file_path < v_from || '0'
        and octet_length(f.file_path) + octet_length(v_to) - octet_length(v_from) > 1024
    limit 1;
    v_created := internal.forget_folders(v_user_id, v_from);
    perform internal.checked_file_path(v_to || substr(c.folder, length(v_from) + 1))
    from unnest(v_created) as c (folder);
    loop
        update internal.files f
        set file_path = v_to || substr(f.file_path, length(v_from) + 1)
        where f.user_id = v_user_id and f.file_path > v_source || '/' and f.file_path < v_source || '0'
            and (v_dropped is null or not starts_with(f.file_path, v_source || v_dropped || '/'));
        get diagnostics v_moved = row_count;
        v_total := v_total + v_moved;
        v_source := v_source || v_dropped;
        exit when v_dropped is null or not exists (
            select from internal.files f
            where f.user_id = v_user_id and f.file_path > v_source || '/' and f.file_path < v_source || '0');
    end loop;
    perform internal.create_folders(v_user_id, array(
        select v_to || substr(c.folder, length(v_from) + 1) from unnest(v_created) as c (folder)));
    return v_total;
exception when unique_violation then
    -- Without a constraint, the error is our own.
    get stacked diagnostics v_constraint = constraint_name;
    if v_constraint = '' then
        raise;
    end if;
    raise exception using errcode = '23505', message = 'A file with one of the new paths already exists',
        hint = 'Nothing was moved.';
end
$$;
grant execute on function api.move_folder(text, text) to coffer_editor, coffer_admin;
comment on function api.move_folder(text, text) is
    'Moves a folder of the current user with all that is below, and returns the number of files. KF003 for a path, '
    'before or after the move, KF011 if the user is gone, KF029 if the folder would move into itself, 23505 if a path '
    'is taken. For editors and admins.';
-- Deliberately not granted: folder_of, name_of, folders_above, refuse_file, is_folder, refuse_folder, refuse_folders,
-- count_folders, count_folders_of, create_folders, created_folders, forget_folders and the functions of cursors.
