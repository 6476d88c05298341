-- Uploads by the short way: one transaction, and few statements in it.
--
-- A store that is a folder keeps a list of its own of what is on its way in: the names in its stage. So a blob need not
-- be listed here before its first byte; gc lists what a crashed worker left, and the rest is as for any leftover.
set local role coffer_owner;

-- The rules of 0006. The expression of a check is read and planned for every statement; the body of a function in
-- PL/pgSQL once in a session. It runs with the rights of whoever changes a row, so it names nothing of ours.
create or replace function internal.file_path_problem(p_file_path text) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
    v_problem constant text := case
        when p_file_path is null or p_file_path = '' then 'The file path is missing.'
        -- ASCII is in every normal form.
        when octet_length(p_file_path) <> length(p_file_path) and p_file_path is not nfc normalized
            then 'The file path is not in Unicode NFC.'
        when octet_length(p_file_path) > 1024 then 'The file path is longer than 1,024 bytes.'
        when p_file_path ~ '[\u0001-\u001f\u007f-\u009f]' then 'The file path has a control character.'
        when position('\' in p_file_path) > 0 then 'The file path has a backslash.'
        when left(p_file_path, 1) = '/' then 'The file path begins with a slash.'
        when right(p_file_path, 1) = '/' then 'The file path ends with a slash.'
        when position('//' in p_file_path) > 0 then 'The file path has an empty segment.'
        when p_file_path ~ '(^|/)\.{1,2}(/|$)' then 'The file path has a segment "." or "..".'
    end;
begin
    -- One condition in the other: with a sub-select in it the first would be a query.
    if v_problem is null and octet_length(p_file_path) > 255 then
        if exists (select from string_to_table(p_file_path, '/') as segment where octet_length(segment) > 255) then
            return 'The file path has a segment longer than 255 bytes.';
        end if;
    end if;
    return v_problem;
end
$$;

create function internal.is_audit_action(p_action text) returns boolean
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
    return p_action in (
        'login', 'login_failed', 'login_blocked', 'logout', 'session_revoke', 'retrieve', 'store', 'move', 'delete',
        'user_create', 'user_password', 'user_disable', 'user_enable', 'user_role', 'user_quota', 'user_delete',
        'key_rotate', 'key_retire');
end
$$;
comment on function internal.is_audit_action(text) is 'Whether the audit log knows this action.';
alter table internal.audit_log
    drop constraint audit_log_action_check,
    add constraint audit_log_action_check check (internal.is_audit_action(action));

create function internal.is_email(p_email text) returns boolean
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
    return p_email ~ '^[^\s@]+@[^\s@]+$' and octet_length(p_email) <= 254;
end
$$;
-- A table's check runs with the rights of whoever changes a row.
grant execute on function internal.is_email(text) to coffer_admin;
comment on function internal.is_email(text) is 'Whether this can be an address of electronic mail: 254 bytes at most.';
alter table internal.users
    drop constraint users_email_check,
    add constraint users_email_check check (internal.is_email(email));

create or replace function internal.checked_file_path(p_file_path text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    v_path constant text := case when octet_length(p_file_path) = length(p_file_path) then p_file_path
        else normalize(p_file_path, nfc) end;
    v_problem constant text := internal.file_path_problem(v_path);
begin
    if v_problem is not null then
        raise exception using errcode = 'KF003', message = v_problem;
    end if;
    return v_path;
end
$$;

-- What one file changes, as count_folders does it for many.
create function internal.count_file(p_user_id uuid, p_file_path text, p_files bigint, p_bytes bigint) returns void
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
        end if;
        v_parent := array_to_string(v_names[:v_depth], '/');
    end loop;
end
$$;
comment on function internal.count_file(uuid, text, bigint, bigint) is
    'Adds to the totals of the folders that a file lies in. The user''s row is locked by who calls.';

-- An upload is one row, and that is told apart: to group one row takes longer than all else that is done for it.
create or replace function internal.files_inserted() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_file record;
begin
    select n.user_id, n.file_path, n.size_bytes, t.files into v_file
    from new_files n, (select count(*) as files from new_files) t limit 1;
    if v_file.files = 1 then
        perform internal.count_usage(v_file.user_id, v_file.size_bytes, 1);
        perform internal.count_file(v_file.user_id, v_file.file_path, 1, v_file.size_bytes);
        perform internal.record('store', v_file.user_id, array[v_file.file_path]);
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
declare
    v_file record;
begin
    select n.user_id, n.file_path, n.size_bytes - o.size_bytes as growth, t.files, n.blob <> o.blob as is_replaced,
        n.file_path <> o.file_path or n.store <> o.store as is_moved, o.blob, o.store into v_file
    from new_files n, old_files o, (select count(*) as files from new_files) t limit 1;
    if not found or v_file.files = 1 and not v_file.is_replaced and not v_file.is_moved then
        return null;
    elsif v_file.files = 1 and not v_file.is_moved then
        insert into internal.discarded_blobs (blob, reason, user_id, store)
        values (v_file.blob, 'replaced', v_file.user_id, v_file.store)
        on conflict do nothing;
        if v_file.growth <> 0 then
            perform internal.count_usage(v_file.user_id, v_file.growth, 0);
            perform internal.count_file(v_file.user_id, v_file.file_path, 0, v_file.growth);
        end if;
        perform internal.record('store', v_file.user_id, array[v_file.file_path]);
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

-- One subject, as of every upload, without the detour over arrays.
create or replace function internal.record(
    p_action text, p_user_id uuid, p_subjects text[], p_actor_id uuid default internal.current_user_id()) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_row internal.audit_log;
    v_hash bytea;
    v_ids bigint[] := '{}';
    v_hashes bytea[] := '{}';
begin
    v_row.chain := internal.audit_chain(p_action, p_user_id);
    v_row.occurred_at := now();
    v_row.actor_id := p_actor_id;
    v_row.user_id := p_user_id;
    v_row.action := p_action;
    v_row.request_id := nullif(current_setting('coffer.request_id', true), '');
    v_row.remote_address := nullif(current_setting('coffer.remote_address', true), '');
    loop
        select c.length, c.hash into v_row.position, v_hash
        from internal.audit_chains c where c.chain = v_row.chain for no key update;
        exit when found;
        insert into internal.audit_chains (chain, length, hash) values (v_row.chain, 0, '') on conflict do nothing;
    end loop;
    foreach v_row.subject in array p_subjects loop
        v_row.id := nextval('internal.audit_log_id_seq');
        v_row.position := v_row.position + 1;
        v_hash := internal.audit_hash(v_hash, v_row);
        v_ids := v_ids || v_row.id;
        v_hashes := v_hashes || v_hash;
    end loop;
    if cardinality(p_subjects) = 1 then
        v_row.hash := v_hash;
        insert into internal.audit_log overriding system value values (v_row.*);
    else
        insert into internal.audit_log (
            id, occurred_at, actor_id, user_id, action, subject, request_id, remote_address, chain, position, hash)
        overriding system value
        select n.id, v_row.occurred_at, v_row.actor_id, v_row.user_id, v_row.action, n.subject, v_row.request_id,
            v_row.remote_address, v_row.chain, v_row.position - cardinality(p_subjects) + n.number, n.hash
        from unnest(v_ids, p_subjects, v_hashes) with ordinality as n (id, subject, hash, number);
    end if;
    update internal.audit_chains c set length = v_row.position, hash = v_hash where c.chain = v_row.chain;
end
$$;

-- The user's row is locked, so nobody else adds, moves or deletes files of this user between the look and the change.
create or replace function internal.put_file(p_file internal.files, p_if_match text, p_if_none_match boolean)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_id uuid;
    v_sha256 bytea;
begin
    select f.id, f.sha256 into v_id, v_sha256
    from internal.files f where f.user_id = p_file.user_id and f.file_path = p_file.file_path;
    if (p_if_none_match and v_id is not null)
        or (p_if_match is not null and (v_id is null or not internal.matches(p_if_match, v_sha256))) then
        return null;
    elsif v_id is not null then
        update internal.files f
        set description = coalesce(p_file.description, f.description), content_type = p_file.content_type,
            size_bytes = p_file.size_bytes, sha256 = p_file.sha256, blob = p_file.blob, store = p_file.store
        where f.id = v_id;
    else
        insert into internal.files (user_id, file_path, description, content_type, size_bytes, sha256, blob, store)
        values (p_file.user_id, p_file.file_path, p_file.description, p_file.content_type, p_file.size_bytes,
            p_file.sha256, p_file.blob, p_file.store)
        returning id into v_id;
    end if;
    return v_id;
end
$$;

-- The number is a name: the letters of "coffst". What holds it shared is putting a file into the store in use.
drop function api.store_file(text, text, text, text, bigint, bytea, text, boolean);
create function api.store_file(
    p_blob text, p_file_path text, p_description text, p_content_type text, p_size bigint, p_sha256 bytea,
    p_if_match text, p_if_none_match boolean, p_store_url text default null) returns uuid
language plpgsql volatile security definer
-- For the triggers as well: plans that were made when there were few files, folders and users must do for many.
set search_path = '' set enable_seqscan = off
as $$
declare
    v_file internal.files;
    v_id uuid;
begin
    v_file.file_path := internal.checked_file_path(p_file_path);
    v_file.description := p_description;
    v_file.content_type := coalesce(p_content_type, 'application/octet-stream');
    v_file.size_bytes := p_size;
    v_file.sha256 := p_sha256;
    v_file.blob := p_blob;
    if p_blob is null or p_blob !~ '^[0-9a-f]{32}$' then
        raise exception using errcode = 'KF014', message = 'The blob name is not valid.';
    elsif char_length(p_description) > 2000 then
        raise exception using errcode = 'KF014', message = 'The description is longer than 2,000 characters.';
    elsif v_file.content_type !~ '^[ -~]{1,255}$' then
        raise exception using errcode = 'KF014', message = 'The content type is not valid.';
    elsif p_size is null or p_size < 0 or p_sha256 is null or octet_length(p_sha256) <> 32 then
        raise exception using errcode = 'KF014', message = 'The size or the digest is not valid.';
    end if;
    if p_store_url is not null then
        perform pg_advisory_xact_lock_shared(x'636f66667374'::bigint);
        select s.id into v_file.store from internal.stores s
        where s.is_current and coalesce(s.url, p_store_url) = p_store_url;
        if not found then
            return null;
        end if;
        -- What was somebody's, or was given up, is nobody's any more.
        if exists (select from internal.discarded_blobs d where d.blob = p_blob) then
            raise exception using errcode = 'KF019', message = 'The upload has expired.', hint = 'Send it again.';
        end if;
    end if;
    v_file.user_id := internal.uploading_user();
    if p_store_url is null then
        -- This row can be deleted once: by us, and the blob lives, or by gc, and it does not.
        delete from internal.discarded_blobs d
        where d.blob = p_blob and d.reason = 'uploading' and d.user_id = v_file.user_id
        returning d.store into v_file.store;
        if not found then
            raise exception using errcode = 'KF019', message = 'The upload has expired.', hint = 'Send it again.';
        end if;
    end if;
    -- The triggers of the table count the file, and refuse it when it makes the user exceed the quota.
    v_id := internal.put_file(v_file, p_if_match, p_if_none_match);
    if v_id is null then
        raise exception using errcode = 'KF004', message = 'The precondition does not hold.';
    end if;
    return v_id;
end
$$;
grant execute on function api.store_file(text, text, text, text, bigint, bytea, text, boolean, text)
    to coffer_editor, coffer_admin;
comment on function api.store_file(text, text, text, text, bigint, bytea, text, boolean, text) is
    'Makes a published blob a file of the current user. With p_store_url the blob is in that store and was never listed '
    'here: null, and nothing done, when uploads go to another one. KF003, KF004, KF006, KF019.';

-- What the notes of a store say that nobody works on any more. A commit that comes later is refused; one that comes at the
-- same time wins, as a blob that is a file's is never removed, and by the time that these are due none is on its way.
create function internal.list_leftovers(p_store_url text, p_blobs text[]) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_store smallint;
begin
    select s.id into v_store from internal.stores s where coalesce(s.url, p_store_url) = p_store_url;
    if not found then
        return false;
    end if;
    insert into internal.discarded_blobs (blob, reason, store)
    select n.blob, 'uploading', v_store from unnest(p_blobs) as n (blob)
    where not exists (select from internal.files f where f.blob = n.blob and f.store = v_store)
    on conflict do nothing;
    return true;
end
$$;
grant execute on function internal.list_leftovers(text, text[]) to coffer_authenticator;
comment on function internal.list_leftovers(text, text[]) is
    'Lists the blobs of interrupted uploads that are no file''s; false when there is no such store.';

-- After this nobody puts a file into the store that was in use before.
create or replace function internal.use_store(p_store smallint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(x'636f66667374'::bigint);
    lock table internal.stores in share row exclusive mode;
    update internal.stores s set is_current = false where s.is_current and s.id <> p_store;
    update internal.stores s set is_current = true where s.id = p_store;
end
$$;
