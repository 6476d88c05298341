-- Uploads. A two-phase upload is begun before the first byte is written, and then stored or abandoned. A one-phase
-- upload is only stored: a store that is a directory has pending markers of its own. The functions run as the owner,
-- because they name blobs; each changes rows of the current user only.
set local role coffer_owner;

-- Gives the client an early answer; store_file checks again under locks. The totals and the file that would be replaced
-- are read by one statement, so that no other upload comes between them.
create function api.check_upload(p_file_path text, p_size bigint, p_if_match text, p_if_none_match boolean)
returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
    v_path constant text := internal.checked_file_path(p_file_path);
    v_now record;
begin
    if p_size < 0 then
        raise exception using errcode = 'KF014', message = 'The size is not valid.';
    end if;
    select f.sha256, coalesce(f.size_bytes, 0) as size_bytes, u.used_bytes, u.quota_bytes into v_now
    from internal.users u left join internal.files f on f.user_id = u.id and f.file_path = v_path
    where u.id = internal.current_user_id();
    if not found then
        perform internal.raise_session_ended();
    elsif not internal.precondition_holds(p_if_match, p_if_none_match, v_now.sha256) then
        raise exception using errcode = 'KF004', message = 'The precondition does not hold.';
    elsif p_size > v_now.size_bytes then
        perform internal.require_quota(v_now.used_bytes::numeric - v_now.size_bytes + p_size, v_now.quota_bytes);
    end if;
end
$$;
grant execute on function api.check_upload(text, bigint, text, boolean) to coffer_editor, coffer_admin;
comment on function api.check_upload(text, bigint, text, boolean) is
    'Checks whether an upload may begin: KF003 for the path, KF004 for a precondition, KF006 for the quota, KF011 if '
    'the user is gone, KF014 for the size. p_size is in bytes, null if unknown; p_if_match is * or digests in hex '
    'with commas. For editors and admins.';

-- A file may always replace one that is not smaller, as in check_upload.
create function api.upload_room(p_file_path text) returns bigint
language sql stable security definer set search_path = ''
begin atomic
    select coalesce(f.size_bytes, 0) + greatest(0, u.quota_bytes - u.used_bytes)
    from internal.users u
    left join internal.files f
        on f.user_id = u.id and f.file_path = internal.checked_file_path(p_file_path)
    where u.id = internal.current_user_id() and u.quota_bytes is not null;
end;
grant execute on function api.upload_room(text) to coffer_editor, coffer_admin;
comment on function api.upload_room(text) is
    'Returns how many bytes the quota of the current user allows for an upload to this path; null if there is no '
    'quota. KF003 for the path. For editors and admins.';

-- Under this lock neither the account nor the totals change before the transaction ends.
create function internal.lock_current_user() returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user_id uuid;
begin
    select u.id into v_user_id from internal.users u where u.id = internal.current_user_id() for no key update;
    if not found then
        perform internal.raise_session_ended();
    end if;
    return v_user_id;
end
$$;
comment on function internal.lock_current_user() is 'Locks and returns the current user. KF011 if the user is gone.';

-- The row is committed and on disk before the blob's first byte is written. Otherwise a crash of the server could lose
-- the row of a blob that exists, and nothing would ever remove it. The upload goes to the store that is current when it
-- begins; the row records which.
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
    insert into internal.garbage (blob, reason, user_id, store)
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
    'Checks an upload as api.check_upload does, with the same errors and parameters, and lists its blob as garbage '
    'until store_file takes it off. Returns the URL of the store to write to, null for the configured one. KF014 for '
    'the blob name, KF019 if it is taken. For editors and admins.';

-- The caller has locked the user's row, so no other transaction changes this user's files between the query and the
-- change.
create function internal.put_file(p_file internal.files, p_if_match text, p_if_none_match boolean)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_id uuid;
    v_sha256 bytea;
begin
    select f.id, f.sha256 into v_id, v_sha256
    from internal.files f where f.user_id = p_file.user_id and f.file_path = p_file.file_path;
    if not internal.precondition_holds(p_if_match, p_if_none_match, v_sha256) then
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
comment on function internal.put_file(internal.files, text, boolean) is
    'Creates or overwrites a file and returns its id; null if a precondition does not hold. An overwritten file keeps '
    'its id, created_at, and its description if none is given.';

create function api.store_file(
    p_blob text, p_file_path text, p_description text, p_content_type text, p_size bigint, p_sha256 bytea,
    p_if_match text, p_if_none_match boolean, p_store_url text default null) returns uuid
language plpgsql volatile security definer
-- For the triggers as well: plans that are made while there are few files, folders and users must suit many.
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
        perform pg_advisory_xact_lock_shared(internal.current_store_lock());
        select s.id into v_file.store from internal.stores s
        where s.is_current and coalesce(s.url, p_store_url) = p_store_url;
        if not found then
            return null;
        end if;
        -- A blob that is garbage, or that belongs to an abandoned upload, must not become a file.
        if exists (select from internal.garbage g where g.blob = p_blob) then
            raise exception using errcode = 'KF019', message = 'The upload has expired.', hint = 'Send it again.';
        end if;
    end if;
    v_file.user_id := internal.lock_current_user();
    if p_store_url is null then
        -- Either this deletes the row, and the blob stays, or gc does, and the blob is removed.
        delete from internal.garbage g
        where g.blob = p_blob and g.reason = 'uploading' and g.user_id = v_file.user_id
        returning g.store into v_file.store;
        if not found then
            raise exception using errcode = 'KF019', message = 'The upload has expired.', hint = 'Send it again.';
        end if;
    end if;
    -- The triggers of the table count the file, and raise KF006 if the quota is exceeded.
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
    'Makes a published blob a file of the current user and returns the file''s id. p_store_url is the store of a '
    'one-phase upload, whose blob was not listed: null, and nothing is done, if another store is current. KF003 for '
    'the path, KF004 for a precondition, KF006 for the quota, KF011 if the user is gone, KF014 for another argument, '
    'KF019 if the upload has expired. For editors and admins.';

create function api.abandon_upload(p_blob text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    delete from internal.garbage g
    where g.blob = p_blob and g.reason = 'uploading' and g.user_id = internal.current_user_id();
end
$$;
grant execute on function api.abandon_upload(text) to coffer_editor, coffer_admin;
comment on function api.abandon_upload(text) is
    'Takes the blob of an upload of the current user off the list of garbage; the caller has removed it. For editors '
    'and admins.';
-- Deliberately not granted: lock_current_user and put_file, to any role.
