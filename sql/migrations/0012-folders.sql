-- Folders: they exist by their files, and what one holds is kept beside them, so that looking into a folder costs what
-- it shows and not what lies below.
set local role coffer_owner;

create function internal.folder_of(p_path text) returns text
language sql immutable parallel safe
return left(p_path, -strpos(reverse(p_path), '/'));
comment on function internal.folder_of(text) is 'What stands before the last slash of a path; empty for the root.';

-- The root is not a row: its totals are the user's.
create table internal.folders (
    user_id uuid not null references internal.users on delete cascade,
    parent text collate "C" not null,
    name text collate "C" not null,
    file_count bigint not null check (file_count > 0),
    size_bytes bigint not null check (size_bytes >= 0),
    primary key (user_id, parent, name)
);
alter table internal.folders enable row level security;
alter table internal.folders force row level security;
create policy owner_all on internal.folders to coffer_owner using (true) with check (true);
-- No grants: the triggers of internal.files write it, and api.list_folder reads it for the current user.
comment on table internal.folders is
    'One row per folder that has files below it; kept by the triggers of internal.files.';
comment on column internal.folders.parent is 'Path of the folder that this one lies in; empty in the root.';
comment on column internal.folders.file_count is 'Number of files below, at any depth.';
comment on column internal.folders.size_bytes is 'Bytes of the files below, at any depth.';

-- The files of one folder, by name. By name and not by path, or the index of paths would have the same order, and the
-- planner might prefer to read that one past all that lies deeper. Written with PostgreSQL's own functions: with whose
-- rights an expression of an index is looked at depends on who comes first, and these are everybody's.
create index files_folder_idx on internal.files
    (user_id, left(file_path, -strpos(reverse(file_path), '/')), split_part(file_path, '/', -1));

-- Every folder that a folder lies in, and itself; none for the root.
create function internal.folders_above(p_folder text) returns table (parent text, name text)
language sql immutable parallel safe
begin atomic
    select array_to_string(s.names[:n - 1], '/'), s.names[n]
    from (select string_to_array(p_folder, '/') as names) s, generate_subscripts(s.names, 1) n;
end;
comment on function internal.folders_above(text) is
    'The folders that a file in this one counts for, each as parent and name.';

insert into internal.folders (user_id, parent, name, file_count, size_bytes)
select f.user_id, a.parent, a.name, sum(f.files)::bigint, sum(f.bytes)::bigint
from (select f.user_id, internal.folder_of(f.file_path) as folder, count(*) as files, sum(f.size_bytes) as bytes
    from internal.files f group by 1, 2) f, internal.folders_above(f.folder) a
group by f.user_id, a.parent, a.name;

-- The arguments are the folders that files came to or left, and by how much; here that becomes changes of all folders
-- above. The user's row is locked already, so nobody else changes folders of this user meanwhile. One folder after the
-- other and by the key: that costs the same each time, while the plan of one statement for all of them would be made
-- for as many folders as there were when a connection first needed it.
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
                and f.file_count = -v_change.files;
            continue when found;
        end if;
        update internal.folders f
        set file_count = f.file_count + v_change.files, size_bytes = f.size_bytes + v_change.bytes
        where f.user_id = p_user_id and f.parent = v_change.parent and f.name = v_change.name;
        if not found and v_change.files > 0 then
            insert into internal.folders (user_id, parent, name, file_count, size_bytes)
            values (p_user_id, v_change.parent, v_change.name, v_change.files, v_change.bytes);
        end if;
    end loop;
end
$$;
comment on function internal.count_folders(uuid, text[], bigint[], bigint[]) is
    'Adds to the totals of folders and of those above them, or takes away. The user''s row is locked by who calls.';

-- The triggers of 0006, with folders, and with the audit log in chains. The order is that of the locks: the user's row,
-- the folders, the chain. No query pairs old rows with new ones by a join: a connection that had planned it for one row
-- would then loop over a hundred thousand.
create or replace function internal.files_inserted() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    -- An upload fires the triggers of inserting and of updating, whichever of the two it turns out to be.
    if not exists (select from new_files) then
        return null;
    end if;
    perform internal.count_usage(t.user_id, t.bytes, t.files)
    from (select n.user_id, sum(n.size_bytes)::bigint as bytes, count(*) as files
        from new_files n group by n.user_id order by n.user_id) t;
    perform internal.count_folders(t.user_id, array_agg(t.folder), array_agg(t.files), array_agg(t.bytes))
    from (select n.user_id, internal.folder_of(n.file_path) as folder, count(*) as files,
            sum(n.size_bytes)::bigint as bytes
        from new_files n group by 1, 2) t
    group by t.user_id;
    perform internal.record('store', t.user_id, t.paths)
    from (select n.user_id, array_agg(n.file_path order by n.file_path) as paths
        from new_files n group by n.user_id order by n.user_id) t;
    return null;
end
$$;

create or replace function internal.files_updated() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    -- An upload fires the triggers of inserting and of updating, whichever of the two it turns out to be.
    if not exists (select from new_files) then
        return null;
    end if;
    insert into internal.discarded_blobs (blob, reason, user_id)
    select gone.blob, 'replaced', gone.user_id
    from (select o.blob, o.user_id from old_files o except select n.blob, n.user_id from new_files n) gone
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
    insert into internal.discarded_blobs (blob, reason, user_id)
    select o.blob, 'deleted', o.user_id from old_files o
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
comment on function internal.files_inserted() is 'Counts and audits new files.';
comment on function internal.files_updated() is 'Discards replaced blobs; counts; audits overwriting and moving.';
comment on function internal.files_deleting() is 'Locks the current user before any file is locked.';
comment on function internal.files_deleted() is 'Discards the blobs of deleted files; counts; audits.';

-- Moving changes folders, so it locks the user first as deleting does. An overwrite has done so in uploading_user, and
-- a description counts for nothing.
create trigger updating before update of file_path on internal.files
    for each statement execute function internal.files_deleting();

-- Where a page of a folder ended: a letter for what it was and the name in base64url. The name and not a number, so
-- that what comes or goes meanwhile moves nothing.
create function internal.folder_cursor(p_is_folder boolean, p_name text) returns text
language sql stable parallel safe
return case when p_is_folder then 'd' else 'f' end || internal.base64url(convert_to(p_name, 'UTF8'));
comment on function internal.folder_cursor(boolean, text) is 'The cursor of an entry of api.list_folder.';

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
        raise exception using errcode = 'KF014', message = 'The cursor is not one of this list.';
    end if;
    return v_name;
end
$$;
comment on function internal.folder_cursor_name(text) is 'The name in a cursor; KF014 for what is none.';

-- Two ranges of two indexes, folders and then files, each read as far as the page goes. With sorting, sequential and
-- bitmap scans off, PostgreSQL cannot mistake the one folder of a hundred thousand files for one of ten. The files are
-- ordered by their folder as well, though it is the same for all: under row-level security the planner does not see
-- that.
create function api.list_folder(p_folder text, p_limit bigint, p_cursor text)
returns table (
    name text, is_folder boolean, id uuid, user_id uuid, file_path text, description text, content_type text,
    size_bytes bigint, sha256 text, created_at timestamptz, updated_at timestamptz, file_count bigint, cursor text)
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
            select d.name::text, true, null::uuid, null::uuid, null::text, null::text, null::text, d.size_bytes,
                null::text, null::timestamptz, null::timestamptz, d.file_count, internal.folder_cursor(true, d.name)
            from internal.folders d
            where d.user_id = v_user_id and d.parent = v_folder and d.name > v_after
            order by d.name
            limit p_limit;
        get diagnostics v_count = row_count;
    end if;
    return query
        select split_part(f.file_path, '/', -1), false, f.id, f.user_id, f.file_path::text, f.description,
            f.content_type, f.size_bytes, encode(f.sha256, 'hex'), f.created_at, f.updated_at, null::bigint,
            internal.folder_cursor(false, split_part(f.file_path, '/', -1))
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
    'One level of the current user''s files: folders, then files, each bytewise by name, after the cursor. p_folder '
    'null or empty is the root. KF003 for the folder, KF014 for limit or cursor.';

-- Nothing changes unless all can be moved. A path is unique in every moment and not only in the end, and that matters
-- where a folder moves up into one it lies in: of `a/b` moved to `a`, `a/b/b/x` takes the place of `a/b/x`. So what
-- repeats the names that fall away waits until what repeats them once less has gone.
create function api.move_folder(p_from text, p_to text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_from constant text := internal.checked_file_path(p_from);
    v_to constant text := internal.checked_file_path(p_to);
    v_user_id uuid;
    v_source text collate "C" := v_from;
    v_falling constant text := case when starts_with(v_from, v_to || '/') then substr(v_from, length(v_to) + 1) end;
    v_moved bigint;
    v_total bigint := 0;
begin
    if v_to = v_from or starts_with(v_to, v_from || '/') then
        raise exception using errcode = 'KF029', message = 'A folder cannot be moved into itself';
    end if;
    v_user_id := internal.uploading_user();
    -- Of the rules only the length of the whole can be broken by joining two paths. '0' is what follows '/'.
    perform internal.checked_file_path(v_to || substr(f.file_path, length(v_from) + 1))
    from internal.files f
    where f.user_id = v_user_id and f.file_path > v_from || '/' and f.file_path < v_from || '0'
        and octet_length(f.file_path) + octet_length(v_to) - octet_length(v_from) > 1024
    limit 1;
    loop
        update internal.files f
        set file_path = v_to || substr(f.file_path, length(v_from) + 1)
        where f.user_id = v_user_id and f.file_path > v_source || '/' and f.file_path < v_source || '0'
            and (v_falling is null or not starts_with(f.file_path, v_source || v_falling || '/'));
        get diagnostics v_moved = row_count;
        v_total := v_total + v_moved;
        v_source := v_source || v_falling;
        exit when v_falling is null or not exists (
            select from internal.files f
            where f.user_id = v_user_id and f.file_path > v_source || '/' and f.file_path < v_source || '0');
    end loop;
    return v_total;
exception when unique_violation then
    raise exception using errcode = 'KF016', message = 'A file of that path is there already',
        hint = 'Nothing was moved.';
end
$$;
grant execute on function api.move_folder(text, text) to coffer_editor, coffer_admin;
-- Deliberately not granted: folder_of, folders_above, count_folders and the functions of cursors, to anybody.
comment on function api.move_folder(text, text) is
    'Gives all files of the current user below one folder to another, and returns their number. KF003 for a path, now '
    'or then, KF016 when one is taken, KF029 when a folder would move into itself.';
