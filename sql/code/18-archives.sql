-- Archives of folders and selections: which of the current user's files they contain, and where the bytes are.
set local role coffer_owner;

-- It runs as the owner because it names blobs, and because the view of downloads does not let a range of paths use the
-- index; so each branch compares the user. The paths are in NFC. The row of nulls is for a path that leads to nothing:
-- one statement, and so one snapshot, finds the files and what is absent. The worker reads the rows with a cursor. With
-- sequential and bitmap scans off, a plan for a few files also suits a hundred thousand; compiling it would take longer
-- than running it.
create function api.download_folder(p_paths text[], p_is_selection boolean)
returns table (file_path text, size_bytes bigint, blob text, store_url text, modified_at bigint)
language sql stable security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set jit = off
begin atomic
    select f.file_path, f.size_bytes, f.blob, (select s.url from internal.stores s where s.id = f.store),
        -- The only place that decides which time a file has in an archive.
        floor(date_part('epoch', f.modified_at))::bigint
    from unnest(p_paths) as p (path)
    left join lateral (
        select o.file_path, o.size_bytes, o.blob, o.store, o.modified_at
        from internal.files o
        where o.user_id = (select internal.current_user_id()) and p_is_selection and o.file_path = p.path
        union all
        -- '0' is the character after '/'.
        select o.file_path, o.size_bytes, o.blob, o.store, o.modified_at
        from internal.files o
        where o.user_id = (select internal.current_user_id()) and p.path <> ''
            and o.file_path > p.path || '/' and o.file_path < p.path || '0'
        union all
        select o.file_path, o.size_bytes, o.blob, o.store, o.modified_at
        from internal.files o
        where o.user_id = (select internal.current_user_id()) and p.path = ''
        union all
        -- Folders without files, which somebody has created.
        select concat_ws('/', nullif(d.parent, ''), d.name) || '/', 0, null, null, now()
        from internal.folders d
        where d.user_id = (select internal.current_user_id()) and d.file_count = 0
            and (p.path = '' or d.parent = p.path or d.parent > p.path || '/' and d.parent < p.path || '0'
                or d.parent = internal.folder_of(p.path) and d.name = internal.name_of(p.path))
    ) f on true;
end;
grant execute on function api.download_folder(text[], boolean) to coffer_editor, coffer_admin;
comment on function api.download_folder(text[], boolean) is
    'Returns the current user''s files below these folders, the empty path being the root; for a selection, those of '
    'these paths, too. A path that leads to nothing has one row of nulls. The path of a folder without files ends '
    'with a slash, and it has no blob. modified_at is in Unix seconds. For editors and admins.';

-- One statement, so that the records are of the files that it returns.
create function api.download_folder_audited(p_paths text[], p_is_selection boolean)
returns table (file_path text, size_bytes bigint, blob text, store_url text, modified_at bigint)
language sql volatile security definer set search_path = ''
begin atomic
    with found as materialized (
        select d.* from api.download_folder(p_paths, p_is_selection) d
    ), recorded as materialized (
        select internal.record_all('retrieve', internal.current_user_id(), array_agg(f.file_path))
        from found f where f.blob is not null having count(*) > 0
    )
    select f.* from found f cross join (select count(*) from recorded) r;
end;
grant execute on function api.download_folder_audited(text[], boolean) to coffer_editor, coffer_admin;
comment on function api.download_folder_audited(text[], boolean) is
    'Does what api.download_folder does, and records each file in the audit log. For editors and admins.';
