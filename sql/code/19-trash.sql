-- The trash: what files were before they were deleted, or before their content was replaced. The triggers of
-- internal.files fill it; here it is read, restored and emptied.
set local role coffer_owner;

create policy editor_select_own on internal.trash for select to coffer_editor
    using (user_id = (select internal.current_user_id()));
create policy admin_select_all on internal.trash for select to coffer_admin using (true);
create policy delete_own on internal.trash for delete to coffer_editor, coffer_admin
    using (user_id = (select internal.current_user_id()));
grant select (id, user_id, entry_id, file_id, file_path, reason, description, content_type, size_bytes, sha256,
        created_at, modified_at, removed_at, expires_at), delete
    on internal.trash to coffer_editor, coffer_admin;
-- Deliberately not granted: the column blob; insert and update, as only the triggers of internal.files add rows.
comment on table internal.trash_folders is 'Folders that were created and then deleted with an entry of the trash.';
comment on column internal.trash_folders.entry_id is 'As in internal.trash.';
comment on column internal.trash_folders.removed_at is 'When the folder was deleted.';
comment on table internal.former_paths is 'The paths that files had before they were moved.';
comment on column internal.former_paths.left_at is 'When the file was moved.';
comment on column internal.former_paths.expires_at is 'When garbage collection may remove the row.';
comment on table internal.trash is 'Deleted files, and the contents that files had before they were replaced.';
comment on column internal.trash.entry_id is 'What one statement removed has the same.';
comment on column internal.trash.file_id is 'The id of the file, which may exist again.';
comment on column internal.trash.file_path is 'The path that the file had last with this content.';
comment on column internal.trash.reason is 'Whether the file was deleted, or its content was replaced.';
comment on column internal.trash.blob is 'As in internal.files.';
comment on column internal.trash.stored_at is 'When the file got this content.';
comment on column internal.trash.removed_at is 'When the file was deleted or its content was replaced.';
comment on column internal.trash.expires_at is 'When garbage collection may remove the row.';

-- As the view of files.
create view api.trash with (security_invoker = true) as
select t.id, t.entry_id, t.file_id, t.user_id, t.file_path, t.reason, t.description, t.content_type, t.size_bytes,
    encode(t.sha256, 'hex') as sha256, t.created_at, t.modified_at, t.removed_at, t.expires_at,
    (select u.email from internal.users u where u.id = t.user_id) as owner_email
from internal.trash t;
grant select, delete on api.trash to coffer_editor, coffer_admin;
-- Deliberately not granted: anything to coffer_anonymous.
comment on view api.trash is 'The trash: an editor''s own, for an admin all. Users can remove only what is theirs.';

-- The folders of an entry are of no use without its files. Neither list becomes a join, so nothing is read unless the
-- user has such folders.
create function internal.forget_trash_folders(p_user_id uuid, p_entries uuid[]) returns void
language sql volatile security definer set search_path = '' set enable_seqscan = off
begin atomic
    delete from internal.trash_folders d
    where d.user_id = p_user_id and (d.entry_id in (select unnest(p_entries))) is true
        and (d.entry_id in (select t.entry_id from internal.trash t where t.user_id = p_user_id)) is not true;
end;
comment on function internal.forget_trash_folders(uuid, uuid[]) is
    'Removes the folders of those entries of the trash that have no files any longer.';

-- The rows that leave are restored, expired or removed for good. The blob of a restored one is a file's already, which
-- restore_files says of all its rows. Others are looked up one by one in the index: a join's plan that was made for many
-- rows would read all files for one.
create function internal.count_removed_trash() returns trigger
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
declare
    v_is_restoring constant boolean := coalesce(current_setting('coffer.is_restoring', true), '') = 'on';
    v_user record;
begin
    for v_user in
        with gone as materialized (
            select o.user_id, o.blob, o.store, o.file_path, o.expires_at
            from old_trash o
            where not v_is_restoring and (select f.id from internal.files f where f.blob = o.blob) is null
        ), listed as (
            insert into internal.garbage (blob, reason, user_id, store)
            select g.blob, 'deleted', g.user_id, g.store from gone g
            on conflict do nothing
        )
        select t.user_id, t.bytes, t.version_bytes, array(
                select g.file_path::text from gone g
                where g.user_id = t.user_id and g.expires_at > now() order by g.file_path) as paths
        from (select o.user_id, sum(o.size_bytes)::bigint as bytes,
                coalesce(sum(o.size_bytes) filter (where o.reason = 'replaced'), 0)::bigint as version_bytes
            from old_trash o group by o.user_id) t
        order by t.user_id
    loop
        perform internal.record_all(
            'purge', v_user.user_id, v_user.paths, 0, 0, -v_user.bytes, -v_user.version_bytes);
        perform internal.forget_trash_folders(v_user.user_id, array(
            select distinct o.entry_id from old_trash o where o.user_id = v_user.user_id));
    end loop;
    return null;
end
$$;
comment on function internal.count_removed_trash() is
    'Lists the blobs of removed rows as garbage, counts, forgets the folders of entries without rows, and records what '
    'did not expire. A trigger.';

create function internal.list_copied_trash() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into internal.garbage (blob, reason, user_id, store)
    select gone.blob, 'deleted', gone.user_id, gone.store
    from (select o.blob, o.user_id, o.store from old_trash o
        except select n.blob, n.user_id, n.store from new_trash n) gone
    on conflict do nothing;
    return null;
end
$$;
comment on function internal.list_copied_trash() is
    'Lists a blob that is now in another store as garbage in the store it was in. A trigger.';

create function internal.empty_trash() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.trash t where t.user_id = old.id;
    delete from internal.trash_folders d where d.user_id = old.id;
    delete from internal.former_paths m where m.user_id = old.id;
    return null;
end
$$;
comment on function internal.empty_trash() is 'Removes the trash of a deleted user for good. A trigger.';

create trigger lock_user_before_delete before delete on internal.trash
    for each statement execute function internal.lock_user_before_change();
create trigger count_removed_trash after delete on internal.trash
    referencing old table as old_trash for each statement execute function internal.count_removed_trash();
create trigger list_copied_trash after update on internal.trash
    referencing old table as old_trash new table as new_trash
    for each statement execute function internal.list_copied_trash();
create trigger empty_trash after delete on internal.users for each row execute function internal.empty_trash();

-- A deleted file gets its id back unless another file has it, which a version made that was restored elsewhere. That is
-- so rare that it is looked up only after it has failed. The delete comes first, so its trigger has counted when that of
-- the files counts. Its plan is one range of an index and a hash table of the ids, whatever the number of rows was when
-- it was made: `is true` keeps it from becoming a join, and a plan for these very ids would drop the hash table if they
-- were many. The files are inserted in the order of the index of their paths.
create function internal.restore_files(
    p_user_id uuid, p_ids uuid[], p_file_path internal.file_path default null, p_is_id_taken boolean default false)
returns uuid[]
language plpgsql volatile security definer
set search_path = '' set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
    v_constraint text;
    v_ids uuid[];
    v_first constant uuid := (select i.id from unnest(p_ids) as i (id) order by i.id limit 1);
    v_last constant uuid := (select i.id from unnest(p_ids) as i (id) order by i.id desc limit 1);
begin
    -- For count_removed_trash.
    perform set_config('coffer.is_restoring', 'on', true);
    with gone as (
        delete from internal.trash t
        where t.user_id = p_user_id and t.id between v_first and v_last and (t.id in (select unnest(p_ids))) is true
        returning t.*
    ), restored as (
        insert into internal.files (
            id, user_id, file_path, description, content_type, size_bytes, sha256, blob, store, created_at,
            modified_at, stored_at)
        select coalesce(
                (select gen_random_uuid() from internal.files f where p_is_id_taken and f.id = g.file_id), g.file_id),
            g.user_id, coalesce(p_file_path, g.file_path), g.description, g.content_type, g.size_bytes, g.sha256,
            g.blob, g.store, g.created_at, g.modified_at, g.stored_at
        from gone g
        order by g.file_path
        returning id
    )
    select array_agg(r.id) into v_ids from restored r;
    perform set_config('coffer.is_restoring', '', true);
    return v_ids;
exception when unique_violation then
    -- Without a constraint, the error is our own.
    get stacked diagnostics v_constraint = constraint_name;
    if v_constraint = '' then
        raise;
    elsif v_constraint = 'files_pkey' and not p_is_id_taken then
        return internal.restore_files(p_user_id, p_ids, p_file_path, p_is_id_taken => true);
    end if;
    raise exception using errcode = '23505', message = 'A file with this path already exists',
        hint = 'Nothing was restored.';
end
$$;
comment on function internal.restore_files(uuid, uuid[], internal.file_path, boolean) is
    'Makes rows of the trash files again, at p_file_path if it is not null, and returns the ids of the files. 23505 if '
    'a path is taken.';

create function internal.restore_version(p_user_id uuid, p_id uuid) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_id uuid;
begin
    with gone as (
        delete from internal.trash t where t.user_id = p_user_id and t.id = p_id returning t.*
    )
    update internal.files f
    set content_type = g.content_type, size_bytes = g.size_bytes, sha256 = g.sha256, blob = g.blob, store = g.store,
        modified_at = g.modified_at, stored_at = g.stored_at
    from gone g
    where f.id = g.file_id
    returning f.id into v_id;
    return v_id;
end
$$;
comment on function internal.restore_version(uuid, uuid) is
    'Makes a version the content of its file, and the present content a version; returns the id of the file.';

create function api.restore(p_id uuid, p_file_path text, p_entry_id uuid) returns json
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
    v_path constant text := case when p_file_path is not null then internal.checked_file_path(p_file_path) end;
    v_user_id constant uuid := internal.lock_current_user();
    v_versions uuid[];
    v_deleted uuid[];
    v_restored uuid[];
    -- Restoring the files removes these rows.
    v_folders constant text[] := array(
        select d.folder from internal.trash_folders d where d.user_id = v_user_id and d.entry_id = p_entry_id);
begin
    if num_nonnulls(p_id, p_entry_id) <> 1 or num_nonnulls(p_file_path, p_entry_id) = 2 then
        raise exception using errcode = 'KF014',
            message = 'Either p_id, with or without p_file_path, or p_entry_id is required.';
    end if;
    -- A version goes into its file, if that exists and no other path is wanted.
    select array_agg(r.id) filter (where r.is_version), array_agg(r.id) filter (where not r.is_version)
    into v_versions, v_deleted
    from (
        select t.id, t.reason = 'replaced' and v_path is null and exists (
                select from internal.files f where f.id = t.file_id and f.user_id = v_user_id) as is_version
        from internal.trash t
        where t.user_id = v_user_id and (t.id = p_id or t.entry_id = p_entry_id)) r;
    if v_versions is null and v_deleted is null then
        raise exception using errcode = 'KF002', message = 'File not found.';
    end if;
    v_restored := array(select internal.restore_version(v_user_id, v.id) from unnest(v_versions) as v (id))
        || case when v_deleted is not null then internal.restore_files(v_user_id, v_deleted, v_path) end;
    perform internal.create_folders(v_user_id, v_folders);
    return case when p_id is not null then to_json(v_restored[1]) else to_json(cardinality(v_restored)) end;
end
$$;
grant execute on function api.restore(uuid, text, uuid) to coffer_editor, coffer_admin;
comment on function api.restore(uuid, text, uuid) is
    'Makes a row of the current user''s trash a file again, or the content of its file, and returns the file''s id; or '
    'does so for all rows and created folders of an entry, and returns the number of files. KF002 if there is no such '
    'row, KF003 for the path, KF011 if the user is gone, KF014 for the arguments, 23505 if a path is taken. For '
    'editors and admins.';

-- Of the contents that a file may have had at that time, the one that it got last counts; of the files that may have
-- had a path, the one that was stored last. What cannot stay as it is goes to the trash, also a file that was moved
-- since, and what is restored comes from it: nothing is lost, and restoring to the present time before this call undoes
-- it. If nothing is kept, no moves are known.
create function api.restore_folder(p_folder text, p_at timestamptz) returns json
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
    v_folder constant text :=
        case when coalesce(p_folder, '') = '' then '' else internal.checked_file_path(p_folder) || '/' end;
    -- '0' is the character after '/'. An upper end for the root: no path has this byte.
    v_end constant text := case when v_folder = '' then chr(1114111) else rtrim(v_folder, '/') || '0' end;
    v_user_id constant uuid := internal.lock_current_user();
    v_kept uuid[];
    v_moved uuid[];
    v_moved_to text[];
    v_wanted uuid[];
    v_wanted_at text[];
    v_removed bigint;
    -- Those that were deleted since, although some may have been created after that time: nothing says when.
    v_folders constant text[] := array(
        select d.folder from internal.trash_folders d
        where d.user_id = v_user_id and d.removed_at > p_at
            and (d.folder > v_folder and d.folder < v_end or d.folder = rtrim(v_folder, '/')));
begin
    if p_at is null then
        raise exception using errcode = 'KF014', message = 'The time is missing.';
    end if;
    with moves as materialized (
        select distinct on (m.file_id) m.file_id, m.file_path
        from internal.former_paths m
        where m.user_id = v_user_id and m.left_at > p_at and internal.kept_days('deleted') > 0
        order by m.file_id, m.left_at
    ), contents as (
        select f.id as file_id, f.file_path as place, f.stored_at, null::uuid as trash_id
        from internal.files f
        where f.user_id = v_user_id and f.file_path > v_folder and f.file_path < v_end and f.stored_at <= p_at
        union
        select f.id, f.file_path, f.stored_at, null
        from internal.files f
        where f.user_id = v_user_id and f.id in (select m.file_id from moves m) and f.stored_at <= p_at
        union all
        select t.file_id, t.file_path, t.stored_at, t.id
        from internal.trash t
        where t.user_id = v_user_id and t.stored_at <= p_at and t.removed_at > p_at
    ), chosen as (
        select distinct on (l.file_path) l.file_id, l.trash_id, l.place, l.file_path
        from (
            select distinct on (c.file_id) c.*, coalesce(m.file_path, c.place) as file_path
            from contents c left join moves m using (file_id)
            order by c.file_id, c.stored_at desc, c.trash_id nulls last) l
        where l.file_path > v_folder and l.file_path < v_end
        order by l.file_path, l.stored_at desc
    )
    select array_agg(c.file_id) filter (where c.trash_id is null and c.place = c.file_path),
        array_agg(c.file_id) filter (where c.trash_id is null and c.place <> c.file_path),
        array_agg(c.file_path) filter (where c.trash_id is null and c.place <> c.file_path),
        array_agg(c.trash_id) filter (where c.trash_id is not null),
        array_agg(c.file_path) filter (where c.trash_id is not null)
    into v_kept, v_moved, v_moved_to, v_wanted, v_wanted_at
    from chosen c;
    delete from internal.files f
    using (
        select o.id from internal.files o
        where o.user_id = v_user_id and o.file_path > v_folder and o.file_path < v_end
            and o.id not in (select unnest(v_kept))
        union
        select unnest(v_moved)) gone
    where f.user_id = v_user_id and f.id = gone.id;
    get diagnostics v_removed = row_count;
    select v_wanted || array_agg(t.id), v_wanted_at || array_agg(m.file_path)
    into v_wanted, v_wanted_at
    from unnest(v_moved, v_moved_to) as m (file_id, file_path)
    join internal.trash t on t.user_id = v_user_id and t.file_id = m.file_id and t.removed_at = now()
        and t.reason = 'deleted';
    update internal.trash t
    set file_path = w.file_path
    from unnest(v_wanted, v_wanted_at) as w (id, file_path)
    where t.user_id = v_user_id and t.id = w.id and t.file_path <> w.file_path;
    if v_wanted is not null then
        perform internal.restore_files(v_user_id, v_wanted);
    end if;
    perform internal.create_folders(v_user_id, v_folders);
    return json_build_object('kept', coalesce(cardinality(v_kept), 0),
        'restored', coalesce(cardinality(v_wanted), 0), 'removed', v_removed - coalesce(cardinality(v_moved), 0));
end
$$;
grant execute on function api.restore_folder(text, timestamptz) to coffer_editor, coffer_admin;
comment on function api.restore_folder(text, timestamptz) is
    'Makes all that is below a folder of the current user as it was at a time, as far as the trash reaches, and returns '
    'how many files were kept, restored and removed. p_folder null or empty is the root. KF003 for the folder, KF011 '
    'if the user is gone, KF014 for the time, 23505 if a path would be a file and a folder. For editors and admins.';

-- Written as the functions of files are, see 13-downloads.sql.
create view internal.own_versions with (security_barrier) as
select t.id, t.file_path, t.content_type, t.size_bytes, encode(t.sha256, 'hex') as sha256, t.blob,
    floor(date_part('epoch', least(t.modified_at, now())))::bigint as modified_at,
    (select s.url from internal.stores s where s.id = t.store) as store_url, true as is_unchanged
from internal.trash t
where t.user_id = (select internal.current_user_id());
grant select on internal.own_versions to coffer_editor, coffer_admin;
comment on view internal.own_versions is 'The current user''s trash with the blobs that hold the bytes.';

create function api.retrieve_version(p_version uuid)
returns setof internal.own_versions
language sql stable
begin atomic
    select v.* from internal.own_versions v where v.id = p_version;
end;
grant execute on function api.retrieve_version(uuid) to coffer_editor, coffer_admin;
comment on function api.retrieve_version(uuid) is
    'Does what api.retrieve_file does, for a row of the trash. For editors and admins.';

create function api.retrieve_version_audited(p_version uuid)
returns setof internal.own_versions
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return query select v.* from api.retrieve_version(p_version) v;
    if found then
        perform internal.record('retrieve', internal.current_user_id(), (
            select t.file_path from internal.trash t
            where t.user_id = internal.current_user_id() and t.id = p_version));
    end if;
end
$$;
grant execute on function api.retrieve_version_audited(uuid) to coffer_editor, coffer_admin;
comment on function api.retrieve_version_audited(uuid) is
    'Does what api.retrieve_version does, and records it in the audit log. For editors and admins.';

-- Users whom another transaction has locked are left for the next time, so this waits for nobody.
create function internal.expire_trash(p_limit integer) returns bigint
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off
as $$
declare
    v_count bigint;
begin
    with due as (
        select t.user_id, t.id from internal.trash t where t.expires_at <= now() limit p_limit
    ), locked as (
        select u.id from internal.users u where u.id in (select d.user_id from due d)
        order by u.id for no key update skip locked
    )
    delete from internal.trash t
    using due d
    where t.user_id = d.user_id and t.id = d.id and d.user_id in (select l.id from locked l);
    get diagnostics v_count = row_count;
    delete from internal.former_paths m
    where (m.user_id, m.file_id, m.left_at) in (
        select o.user_id, o.file_id, o.left_at from internal.former_paths o where o.expires_at <= now() limit p_limit);
    return v_count;
end
$$;
comment on function internal.expire_trash(integer) is
    'Removes rows of the trash that have expired, and returns how many. Also removes expired former paths. For the '
    'operator.';
-- Deliberately not granted: restore_files, restore_version, forget_trash_folders and expire_trash.
