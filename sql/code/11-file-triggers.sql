-- What happens whenever rows of files change: totals, folders, garbage and the audit log.
--
-- The triggers run as the owner, whichever role changed the rows, so every change of a file is counted and recorded,
-- and its blob is listed as garbage. They work on statements and not on rows: deleting ten thousand files takes three
-- queries. The order is that of the locks: the user's ledger, the folders. No query joins old rows to new ones: a plan
-- that a connection made for one row would be a nested loop over a hundred thousand. An upload is one row and has a
-- branch of its own, because grouping one row takes longer than everything else that is done for it.
set local role coffer_owner;

create function internal.count_inserted_files() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_file record;
begin
    select n.user_id, n.file_path, n.size_bytes, exists (select from new_files offset 1) as is_one_of_many into v_file
    from new_files n limit 1;
    if not v_file.is_one_of_many then
        perform internal.record('store', v_file.user_id, v_file.file_path,
            p_files => 1, p_bytes => v_file.size_bytes);
        perform internal.count_file(v_file.user_id, v_file.file_path, 1, v_file.size_bytes);
        return null;
    end if;
    perform internal.record_all('store', t.user_id, t.paths, cardinality(t.paths), t.bytes)
    from (select n.user_id, array_agg(n.file_path order by n.file_path) as paths, sum(n.size_bytes)::bigint as bytes
        from new_files n group by n.user_id order by n.user_id) t;
    perform internal.count_files(t.user_id, t.folders, t.files, t.bytes)
    from (select c.user_id, array_agg(c.folder) as folders, array_agg(c.files) as files, array_agg(c.bytes) as bytes
        from (select n.user_id, internal.folder_of(n.file_path) as folder, count(*) as files,
                sum(n.size_bytes)::bigint as bytes
            from new_files n group by 1, 2) c
        group by c.user_id order by c.user_id) t;
    return null;
end
$$;
comment on function internal.count_inserted_files() is 'Counts and records new files. A trigger.';

create function internal.count_updated_files() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_file record;
begin
    select n.user_id, n.file_path, n.size_bytes - o.size_bytes as growth, n.blob <> o.blob as is_replaced,
        n.file_path <> o.file_path or n.store <> o.store as is_moved, o.blob, o.store,
        exists (select from new_files offset 1) as is_one_of_many into v_file
    from new_files n, old_files o limit 1;
    if not found or not v_file.is_one_of_many and not v_file.is_replaced and not v_file.is_moved then
        return null;
    elsif not v_file.is_one_of_many and not v_file.is_moved then
        insert into internal.garbage (blob, reason, user_id, store)
        values (v_file.blob, 'replaced', v_file.user_id, v_file.store)
        on conflict do nothing;
        perform internal.record('store', v_file.user_id, v_file.file_path, p_bytes => v_file.growth);
        if v_file.growth <> 0 then
            perform internal.count_file(v_file.user_id, v_file.file_path, 0, v_file.growth);
        end if;
        return null;
    end if;
    -- A blob that is now in another store is garbage in the store it was in.
    insert into internal.garbage (blob, reason, user_id, store)
    select gone.blob, 'replaced', gone.user_id, gone.store
    from (select o.blob, o.user_id, o.store from old_files o
        except select n.blob, n.user_id, n.store from new_files n) gone
    on conflict do nothing;
    -- The owner of a file never changes.
    perform internal.record_all(t.action, t.user_id, t.paths, 0, t.bytes)
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
    perform internal.count_files(t.user_id, t.folders, t.files, t.bytes)
    from (select c.user_id, array_agg(c.folder) as folders, array_agg(c.files) as files, array_agg(c.bytes) as bytes
        from (select f.user_id, f.folder, sum(f.files)::bigint as files, sum(f.bytes)::bigint as bytes
            from (select n.user_id, internal.folder_of(n.file_path) as folder, 1 as files, n.size_bytes as bytes
                    from new_files n
                union all
                select o.user_id, internal.folder_of(o.file_path), -1, -o.size_bytes from old_files o) f
            group by 1, 2 having sum(f.files) <> 0 or sum(f.bytes) <> 0) c
        group by c.user_id order by c.user_id) t;
    return null;
end
$$;
comment on function internal.count_updated_files() is
    'Lists replaced blobs as garbage, counts, and records files that were overwritten or moved. A trigger.';

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

create function internal.count_deleted_files() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into internal.garbage (blob, reason, user_id, store)
    select o.blob, 'deleted', o.user_id, o.store from old_files o
    on conflict do nothing;
    perform internal.record_all('delete', t.user_id, t.paths, -cardinality(t.paths), t.bytes)
    from (select o.user_id, array_agg(o.file_path order by o.file_path) as paths, -sum(o.size_bytes)::bigint as bytes
        from old_files o group by o.user_id order by o.user_id) t;
    perform internal.count_files(t.user_id, t.folders, t.files, t.bytes)
    from (select c.user_id, array_agg(c.folder) as folders, array_agg(c.files) as files, array_agg(c.bytes) as bytes
        from (select o.user_id, internal.folder_of(o.file_path) as folder, -count(*) as files,
                -sum(o.size_bytes)::bigint as bytes
            from old_files o group by 1, 2) c
        group by c.user_id order by c.user_id) t;
    return null;
end
$$;
comment on function internal.count_deleted_files() is
    'Lists the blobs of deleted files as garbage, counts, and records. A trigger.';

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
create trigger set_updated_at before update of file_path, description, content_type, size_bytes, sha256, blob
    on internal.files for each row execute function internal.set_updated_at();
-- Trigger functions need no grant, and have none.
