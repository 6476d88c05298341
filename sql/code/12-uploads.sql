-- Uploads. A two-phase upload is begun before the first byte is written, and then stored or abandoned. A one-phase
-- upload is only stored: a store that is a directory has pending markers of its own. The functions run as the owner,
-- because they name blobs; each changes rows of the current user only.
set local role coffer_owner;

-- Gives the client an early answer; store_file checks again under locks. A stable function reads all in one snapshot, so
-- no other upload comes between the totals and the file that would be replaced.
create function api.check_upload(p_file_path text, p_size bigint, p_if_match text, p_if_none_match boolean)
returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
    v_path constant text := internal.checked_file_path(p_file_path);
    v_user_id constant uuid := internal.current_user_id();
    v_now record;
begin
    if p_size < 0 then
        raise exception using errcode = 'KF014', message = 'The size is not valid.';
    end if;
    select f.sha256, f.size_bytes into v_now
    from internal.users u left join internal.files f on f.user_id = u.id and f.file_path = v_path
    where u.id = v_user_id;
    if not found then
        perform internal.raise_session_ended();
    elsif not internal.precondition_holds(p_if_match, p_if_none_match, v_now.sha256) then
        raise exception using errcode = 'KF004', message = 'The precondition does not hold.';
    end if;
    perform internal.require_room(v_user_id, p_size::numeric - internal.freed_bytes(v_now.size_bytes));
    if v_now.sha256 is null then
        perform internal.refuse_folder(v_user_id, internal.folder_of(v_path), internal.name_of(v_path));
        perform internal.refuse_file(v_user_id, concat_ws('/', nullif(a.parent, ''), a.name))
        from internal.folders_above(internal.folder_of(v_path)) a;
    end if;
end
$$;
grant execute on function api.check_upload(text, bigint, text, boolean) to coffer_editor, coffer_admin;
comment on function api.check_upload(text, bigint, text, boolean) is
    'Checks whether an upload may begin: KF003 for the path, KF004 for a precondition, KF006 for the quota, KF011 if '
    'the user is gone, KF014 for the size, 23505 if the path would be a file and a folder. p_size is in bytes, null if '
    'unknown; p_if_match is * or digests in hex with commas. For editors and admins.';

-- A version needs room, a content that is not kept makes room.
create function internal.freed_bytes(p_size_bytes bigint) returns bigint
language sql stable parallel safe
return case when internal.kept_days('replaced') > 0 then 0 else coalesce(p_size_bytes, 0) end;
comment on function internal.freed_bytes(bigint) is
    'Returns how many bytes of the quota are free again when a content of this size is replaced; null is no content.';

create function api.upload_room(p_file_path text) returns bigint
language sql stable security definer set search_path = ''
begin atomic
    select internal.freed_bytes(f.size_bytes)
        + greatest(0, u.quota_bytes - l.used_bytes - l.trash_bytes - internal.reserved_bytes(u.id))::bigint
    from internal.users u join internal.ledgers l on l.user_id = u.id
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
    where not exists (select from internal.kept_blobs k where k.blob = p_blob)
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

create function api.store_file(
    p_blob text, p_file_path text, p_description text, p_content_type text, p_size bigint, p_sha256 bytea,
    p_if_match text, p_if_none_match boolean, p_store_url text default null, p_modified_at timestamptz default null)
returns uuid
language plpgsql volatile security definer
-- For the triggers as well: plans that are made while there are few files, folders and users must suit many.
set search_path = '' set enable_seqscan = off
as $$
declare
    v_path constant text := internal.checked_file_path(p_file_path);
    v_type constant text := coalesce(p_content_type, 'application/octet-stream');
    v_modified_at constant timestamptz := coalesce(p_modified_at, now());
    v_user_id uuid;
    v_store smallint;
    v_is_garbage boolean;
    v_id uuid;
    v_sha256 bytea;
begin
    if p_blob is null or length(p_blob) <> 32 or p_blob ~ '[^0-9a-f]' then
        raise exception using errcode = 'KF014', message = 'The blob name is not valid.';
    elsif char_length(p_description) > 2000 then
        raise exception using errcode = 'KF014', message = 'The description is longer than 2,000 characters.';
    elsif v_type !~ '^[ -~]+$' or octet_length(v_type) > 255 then
        raise exception using errcode = 'KF014', message = 'The content type is not valid.';
    elsif p_size is null or p_size < 0 or p_sha256 is null or octet_length(p_sha256) <> 32 then
        raise exception using errcode = 'KF014', message = 'The size or the digest is not valid.';
    end if;
    if p_store_url is not null then
        perform pg_advisory_xact_lock_shared(internal.current_store_lock());
        select s.id, exists (select from internal.garbage g where g.blob = p_blob) into v_store, v_is_garbage
        from internal.stores s where s.is_current and coalesce(s.url, p_store_url) = p_store_url;
        if v_store is null then
            return null;
        end if;
    end if;
    v_user_id := internal.lock_current_user();
    if p_store_url is null then
        -- Either this deletes the row, and the blob stays, or gc does, and the blob is removed.
        delete from internal.garbage g
        where g.blob = p_blob and g.reason = 'uploading' and g.user_id = v_user_id
        returning g.store into v_store;
        if v_store is null then
            -- The blob of a resumable upload. The reservation ends before the file counts.
            delete from internal.uploads u
            where u.blob = p_blob and u.user_id = v_user_id and u.offset_bytes = u.length
            returning u.store into v_store;
        end if;
    end if;
    -- A blob that is garbage, or that belongs to an abandoned upload, must not become a file.
    if v_is_garbage or v_store is null then
        raise exception using errcode = 'KF019', message = 'The upload has expired.', hint = 'Send it again.';
    end if;
    -- No other transaction changes this user's files now, so the preconditions hold until the change.
    select f.id, f.sha256 into v_id, v_sha256
    from internal.files f where f.user_id = v_user_id and f.file_path = v_path;
    if p_if_match is not null or p_if_none_match then
        if not internal.precondition_holds(p_if_match, p_if_none_match, v_sha256) then
            raise exception using errcode = 'KF004', message = 'The precondition does not hold.';
        end if;
    end if;
    -- The triggers of the table count the file, and raise KF006 if the quota is exceeded.
    if v_id is null then
        insert into internal.files (
            user_id, file_path, description, content_type, size_bytes, sha256, blob, store, modified_at)
        values (v_user_id, v_path, p_description, v_type, p_size, p_sha256, p_blob, v_store, v_modified_at)
        returning id into v_id;
    else
        -- An overwritten file keeps its id, created_at, and its description if none is given. The same content again
        -- makes no version, so it is older than this upload.
        update internal.files f
        set description = coalesce(p_description, f.description), content_type = v_type, size_bytes = p_size,
            sha256 = p_sha256, blob = p_blob, store = v_store, modified_at = v_modified_at,
            stored_at = case when f.sha256 = p_sha256 then f.stored_at else now() end
        where f.id = v_id;
    end if;
    return v_id;
end
$$;
grant execute on function api.store_file(text, text, text, text, bigint, bytea, text, boolean, text, timestamptz)
    to coffer_editor, coffer_admin;
comment on function api.store_file(text, text, text, text, bigint, bytea, text, boolean, text, timestamptz) is
    'Makes a published blob a file of the current user, which it creates or overwrites, and returns the file''s id. '
    'p_store_url is the store of a one-phase upload, whose blob was not listed: null, and nothing is done, if another '
    'store is current. p_modified_at null is now. KF003 for the path, KF004 for a precondition, KF006 for the quota, '
    'KF011 if the user is gone, KF014 for another argument, KF019 if the upload has expired, 23505 if the path would '
    'be a file and a folder. For editors and admins.';

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
-- Deliberately not granted: lock_current_user and freed_bytes, to any role.
