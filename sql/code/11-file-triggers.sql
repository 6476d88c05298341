-- What happens whenever rows of files change: totals, folders, the trash, garbage and the audit log.
--
-- The triggers run as the owner, whichever role changed the rows, so every change of a file is counted and recorded,
-- and a content that is replaced or deleted goes to the trash, or its blob to the list of garbage. They work on
-- statements and not on rows: deleting ten thousand files takes a few queries. The order is that of the locks: the
-- user's ledger, the folders. No query joins old rows to new ones: a plan that a connection made for one row
-- would be a nested loop over a hundred thousand. An upload is one row and has a branch of its own, because grouping
-- one row takes longer than everything else that is done for it.
--
-- A file that comes back from the trash keeps the stored_at of that content. Its bytes were counted before, so it needs
-- no room. A file that gets the same content again keeps its own.
set local role coffer_owner;

create function internal.count_inserted_files() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_file record;
begin
    select n.user_id, n.file_path, n.size_bytes, n.stored_at = now() as is_new,
        exists (select from new_files offset 1) as is_one_of_many,
        exists (select from new_files s where not exists (select from internal.users u where u.id = s.user_id))
            as is_stray into v_file
    from new_files n limit 1;
    -- Who inserts files has locked their user, so it stays until the commit.
    if v_file.is_stray then
        raise foreign_key_violation using message = 'A file has no user.';
    elsif not v_file.is_one_of_many then
        perform internal.record(
            case when v_file.is_new then 'store' else 'restore' end, v_file.user_id, v_file.file_path,
            p_files => 1, p_bytes => v_file.size_bytes,
            p_growth => case when v_file.is_new then v_file.size_bytes else 0 end);
        perform internal.count_folders_of(v_file.user_id, v_file.file_path, 1, v_file.size_bytes);
        return null;
    end if;
    perform internal.record_all(t.action, t.user_id, t.paths, cardinality(t.paths), t.bytes,
        p_growth => case t.action when 'store' then t.bytes else 0 end)
    from (select n.user_id, case when n.stored_at = now() then 'store' else 'restore' end as action,
            array_agg(n.file_path order by n.file_path) as paths, sum(n.size_bytes)::bigint as bytes
        from new_files n group by 1, 2 order by 1, 2) t;
    perform internal.count_folders(t.user_id, t.folders, t.files, t.bytes),
        internal.refuse_folders(t.user_id, t.folders, array(
            select n.file_path::text from new_files n where n.user_id = t.user_id))
    from (select c.user_id, array_agg(c.folder) as folders, array_agg(c.files) as files, array_agg(c.bytes) as bytes
        from (select n.user_id, internal.folder_of(n.file_path) as folder, count(*) as files,
                sum(n.size_bytes)::bigint as bytes
            from new_files n group by 1, 2) c
        group by c.user_id order by c.user_id) t;
    return null;
end
$$;
comment on function internal.count_inserted_files() is
    'Counts and records new and restored files; refuses those of no user. A trigger.';

-- An empty content is no version, because programs save by writing nothing first and then the rest. Nor is a content
-- that is replaced by the same.
create function internal.is_version(p_size_bytes bigint, p_old_sha256 bytea, p_new_sha256 bytea) returns boolean
language sql stable parallel safe
return p_size_bytes > 0 and p_old_sha256 <> p_new_sha256 and internal.kept_days('replaced') > 0;
comment on function internal.is_version(bigint, bytea, bytea) is
    'Returns whether a replaced content is kept as a version.';

create function internal.count_updated_files() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_file record;
    v_kept bigint := 0;
    v_kept_bytes record;
    v_entry_id constant uuid := gen_random_uuid();
begin
    select n.user_id, n.file_path, n.size_bytes - o.size_bytes as growth, n.blob <> o.blob as is_replaced,
        n.file_path <> o.file_path as is_moved, n.store <> o.store as is_copied,
        n.stored_at in (now(), o.stored_at) as is_new, n.sha256,
        o.id, o.description, o.content_type, o.size_bytes, o.sha256 as old_sha256, o.blob, o.store, o.created_at,
        o.modified_at, o.stored_at, exists (select from new_files offset 1) as is_one_of_many into v_file
    from new_files n, old_files o limit 1;
    if not found
        or not (v_file.is_one_of_many or v_file.is_replaced or v_file.is_moved or v_file.is_copied)
    then
        return null;
    elsif v_file.is_replaced and not v_file.is_moved and not v_file.is_one_of_many then
        if internal.is_version(v_file.size_bytes, v_file.old_sha256, v_file.sha256) then
            v_kept := v_file.size_bytes;
            insert into internal.trash (
                user_id, entry_id, file_id, file_path, reason, description, content_type, size_bytes, sha256, blob,
                store, created_at, modified_at, stored_at, expires_at)
            values (v_file.user_id, v_entry_id, v_file.id, v_file.file_path, 'replaced', v_file.description,
                v_file.content_type, v_file.size_bytes, v_file.old_sha256, v_file.blob, v_file.store,
                v_file.created_at, v_file.modified_at, v_file.stored_at,
                now() + make_interval(days => internal.kept_days('replaced')));
        else
            insert into internal.garbage (blob, reason, user_id, store)
            values (v_file.blob, 'replaced', v_file.user_id, v_file.store)
            on conflict do nothing;
        end if;
        perform internal.record(
            case when v_file.is_new then 'store' else 'restore' end, v_file.user_id, v_file.file_path,
            p_bytes => v_file.growth, p_trash_bytes => v_kept, p_version_bytes => v_kept,
            p_growth => case when v_file.is_new then v_file.growth + v_kept else 0 end);
        if v_file.growth <> 0 then
            perform internal.count_folders_of(v_file.user_id, v_file.file_path, 0, v_file.growth);
        end if;
        return null;
    end if;
    for v_kept_bytes in
        with kept as (
            insert into internal.trash (
                user_id, entry_id, file_id, file_path, reason, description, content_type, size_bytes, sha256, blob,
                store, created_at, modified_at, stored_at, expires_at)
            select o.user_id, v_entry_id, o.id, o.file_path, 'replaced', o.description, o.content_type, o.size_bytes,
                o.sha256, o.blob, o.store, o.created_at, o.modified_at, o.stored_at,
                now() + make_interval(days => internal.kept_days('replaced'))
            from old_files o
            where o.size_bytes > 0 and internal.kept_days('replaced') > 0
                and o.blob in (select r.blob from old_files r except select n.blob from new_files n)
            returning user_id, size_bytes
        )
        select k.user_id, sum(k.size_bytes)::bigint as bytes from kept k group by k.user_id order by k.user_id
    loop
        perform internal.record_all(
            'store', v_kept_bytes.user_id, '{}', 0, 0, v_kept_bytes.bytes, v_kept_bytes.bytes);
    end loop;
    -- For restore_folder. Of several moves in a transaction the first counts.
    insert into internal.former_paths (user_id, file_id, file_path, expires_at)
    select moved.user_id, moved.id, moved.file_path, now() + make_interval(days => internal.kept_days('deleted'))
    from (select o.user_id, o.id, o.file_path from old_files o
        except select n.user_id, n.id, n.file_path from new_files n) moved
    where internal.kept_days('deleted') > 0
    on conflict do nothing;
    -- A blob that is now in another store is garbage in the store it was in.
    insert into internal.garbage (blob, reason, user_id, store)
    select gone.blob, 'replaced', gone.user_id, gone.store
    from (select o.blob, o.user_id, o.store from old_files o
        except select n.blob, n.user_id, n.store from new_files n) gone
    where not exists (select from internal.trash t where t.blob = gone.blob)
    on conflict do nothing;
    -- The owner of a file never changes.
    perform internal.record_all(t.action, t.user_id, t.paths, 0, t.bytes, p_growth => t.bytes)
    from (select c.user_id, c.action, array_agg(c.file_path order by c.file_path) as paths,
            sum(c.bytes)::bigint as bytes
        from (select f.user_id, max(f.file_path) filter (where f.is_new) as file_path, sum(f.bytes) as bytes,
                case when min(f.blob collate "C") <> max(f.blob collate "C") then 'store'
                    when min(f.file_path) <> max(f.file_path) then 'move' end as action
            from (select n.id, n.user_id, n.file_path, n.blob, n.size_bytes as bytes, true as is_new from new_files n
                union all
                select o.id, o.user_id, o.file_path, o.blob, -o.size_bytes, false from old_files o) f
            group by f.user_id, f.id) c
        where c.action is not null
        group by c.user_id, c.action order by c.user_id, c.action) t;
    perform internal.count_folders(t.user_id, t.folders, t.files, t.bytes),
        internal.refuse_folders(t.user_id, t.folders, array(
            select n.file_path::text from new_files n where n.user_id = t.user_id))
    from (select c.user_id, array_agg(c.folder) as folders, array_agg(c.files) as files, array_agg(c.bytes) as bytes
        from (select f.user_id, f.folder, sum(f.files)::bigint as files, sum(f.bytes)::bigint as bytes
            from (select n.user_id, internal.folder_of(n.file_path) as folder, 1 as files, n.size_bytes as bytes
                    from new_files n
                union all
                select o.user_id, internal.folder_of(o.file_path), -1, -o.size_bytes from old_files o) f
            group by 1, 2) c
        group by c.user_id order by c.user_id) t;
    return null;
end
$$;
comment on function internal.count_updated_files() is
    'Keeps replaced contents as versions, counts, and records files that were overwritten, restored or moved. A '
    'trigger.';

-- The user's row is locked before any row of files, by moves and deletions here and by uploads in
-- internal.lock_current_user. Otherwise two transactions that each hold a file could deadlock at the user's row.
create function internal.lock_user_before_change() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform from internal.users u where u.id = internal.current_user_id() for no key update;
    return null;
end
$$;
comment on function internal.lock_user_before_change() is
    'Locks the current user before any file is locked. A trigger.';

-- The files of a user who is deleted do not go to the trash.
create function internal.count_deleted_files() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_days constant integer := internal.kept_days('deleted');
    -- delete_folder has chosen one, because it also keeps the folders.
    v_entry_id constant uuid :=
        coalesce(nullif(current_setting('coffer.entry_id', true), '')::uuid, gen_random_uuid());
    -- Those whose files go to the trash.
    v_users constant uuid[] := array(
        select u.id from (select distinct o.user_id from old_files o) d join internal.users u on u.id = d.user_id
        where v_days > 0);
begin
    insert into internal.trash (
        user_id, entry_id, file_id, file_path, reason, description, content_type, size_bytes, sha256, blob, store,
        created_at, modified_at, stored_at, expires_at)
    select o.user_id, v_entry_id, o.id, o.file_path, 'deleted', o.description, o.content_type, o.size_bytes, o.sha256,
        o.blob, o.store, o.created_at, o.modified_at, o.stored_at, now() + make_interval(days => v_days)
    from old_files o
    where o.user_id = any (v_users);
    insert into internal.garbage (blob, reason, user_id, store)
    select o.blob, 'deleted', o.user_id, o.store
    from old_files o
    where o.user_id <> all (v_users)
    on conflict do nothing;
    perform internal.record_all(case when t.user_id = any (v_users) then 'trash' else 'delete' end, t.user_id, t.paths,
        -cardinality(t.paths), -t.bytes, case when t.user_id = any (v_users) then t.bytes else 0 end)
    from (select o.user_id, array_agg(o.file_path order by o.file_path) as paths, sum(o.size_bytes)::bigint as bytes
        from old_files o group by o.user_id order by o.user_id) t;
    perform internal.count_folders(t.user_id, t.folders, t.files, t.bytes)
    from (select c.user_id, array_agg(c.folder) as folders, array_agg(c.files) as files, array_agg(c.bytes) as bytes
        from (select o.user_id, internal.folder_of(o.file_path) as folder, -count(*) as files,
                -sum(o.size_bytes)::bigint as bytes
            from old_files o group by 1, 2) c
        group by c.user_id order by c.user_id) t;
    return null;
end
$$;
comment on function internal.count_deleted_files() is
    'Moves deleted files to the trash, or lists their blobs as garbage; counts and records. A trigger.';

create function internal.delete_files_of_user() returns trigger
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
begin
    delete from internal.files f where f.user_id = old.id;
    return null;
end
$$;
comment on function internal.delete_files_of_user() is 'Deletes the files of a deleted user. A trigger.';

create trigger count_inserted_files after insert on internal.files
    referencing new table as new_files for each statement execute function internal.count_inserted_files();
create trigger count_updated_files after update on internal.files
    referencing old table as old_files new table as new_files
    for each statement execute function internal.count_updated_files();
-- Moving changes folders, so it locks the user first, as deleting does. An overwrite has done so in lock_current_user,
-- and a new description changes no totals.
create trigger lock_user_before_move before update of file_path on internal.files
    for each statement execute function internal.lock_user_before_change();
create trigger lock_user_before_delete before delete on internal.files
    for each statement execute function internal.lock_user_before_change();
create trigger count_deleted_files after delete on internal.files
    referencing old table as old_files for each statement execute function internal.count_deleted_files();
-- The column store is not named: moving bytes to another store changes nothing for the user.
create trigger set_updated_at
    before update of file_path, description, content_type, size_bytes, sha256, blob, modified_at
    on internal.files for each row execute function internal.set_updated_at();
create trigger delete_files after delete on internal.users
    for each row execute function internal.delete_files_of_user();
-- Trigger functions need no grant, and have none. Nor does is_version.
