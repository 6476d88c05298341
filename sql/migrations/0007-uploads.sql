-- An upload: begin (before the first byte is written), then store or abandon.
--
-- The three functions run as the owner, because they name blobs; each of them touches rows of the current user only.
set local role coffer_owner;

-- The path as it is stored, or KF003.
create function internal.checked_file_path(p_file_path text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    v_path constant text := normalize(p_file_path, nfc);
    v_problem constant text := internal.file_path_problem(v_path);
begin
    if v_problem is not null then
        raise exception using errcode = 'KF003', message = v_problem;
    end if;
    return v_path;
end
$$;
comment on function internal.checked_file_path(text) is 'The path in NFC; KF003 with the rule that it breaks.';

-- If-Match of RFC 9110 section 13.1.1, on our ETags, which are digests in hex.
create function internal.matches(p_if_match text, p_sha256 bytea) returns boolean
language sql immutable parallel safe
return p_if_match = '*' or encode(p_sha256, 'hex') = any (string_to_array(replace(p_if_match, ' ', ''), ','));
comment on function internal.matches(text, bytea) is 'Whether a list of digests in hex, or *, has this digest.';

-- The user of this request, locked so that the account cannot vanish before the transaction ends.
create function internal.uploading_user() returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user_id uuid;
begin
    select u.id into v_user_id from internal.users u where u.id = internal.current_user_id() for key share;
    if not found then
        raise exception using errcode = 'KF011', message = 'The session has ended.';
    end if;
    return v_user_id;
end
$$;
comment on function internal.uploading_user() is 'The current user, locked against deletion; KF011 when gone.';

create function api.begin_upload(
    p_blob text, p_file_path text, p_size bigint, p_if_match text, p_if_none_match boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_path constant text := internal.checked_file_path(p_file_path);
    v_user_id constant uuid := internal.uploading_user();
    v_now record;
begin
    if p_size < 0 or p_blob is null or p_blob !~ '^[0-9a-f]{32}$' then
        raise exception using errcode = 'KF014', message = 'The blob name or the size is not valid.';
    end if;
    -- Early answers for the client's sake; store_file asks again when it counts. The totals and the file that would be
    -- replaced are read together, or another upload could come between them.
    select f.sha256, coalesce(f.size_bytes, 0) as size_bytes, u.used_bytes, u.quota_bytes into v_now
    from internal.users u left join internal.files f on f.user_id = u.id and f.file_path = v_path
    where u.id = v_user_id;
    if (p_if_none_match and v_now.sha256 is not null)
        or (p_if_match is not null
            and (v_now.sha256 is null or not internal.matches(p_if_match, v_now.sha256))) then
        raise exception using errcode = 'KF004', message = 'The precondition does not hold.';
    elsif p_size > v_now.size_bytes then
        perform internal.keep_quota(v_now.used_bytes::numeric - v_now.size_bytes + p_size, v_now.quota_bytes);
    end if;
    -- Losing this row in a crash of the server loses the upload with it, so nobody waits for the disk.
    perform set_config('synchronous_commit', 'off', true);
    insert into internal.discarded_blobs (blob, reason, user_id)
    select p_blob, 'uploading', v_user_id
    where not exists (select from internal.files f where f.blob = p_blob)
    on conflict do nothing;
    if not found then
        raise exception using errcode = 'KF019', message = 'The upload collides with another one.',
            hint = 'Send it again.';
    end if;
end
$$;
grant execute on function api.begin_upload(text, text, bigint, text, boolean) to coffer_editor, coffer_admin;
comment on function api.begin_upload(text, text, bigint, text, boolean) is
    'Checks path (KF003), conditions (KF004) and quota (KF006) and lists the blob as garbage until store_file takes it '
    'off. p_size in bytes, null when unknown; p_if_match is * or digests in hex with commas.';

-- Each branch is a single statement: the row's lock and the look at its condition cannot come apart. Whoever has to
-- wait for another upload of the same path looks again at what that one left.
create function internal.put_file(p_file internal.files, p_if_match text, p_if_none_match boolean) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_id uuid;
begin
    if p_if_match is not null and p_if_none_match then
        return null;  -- to be there and not to be there
    elsif p_if_match is not null then
        update internal.files f
        set description = coalesce(p_file.description, f.description), content_type = p_file.content_type,
            size_bytes = p_file.size_bytes, sha256 = p_file.sha256, blob = p_file.blob
        where f.user_id = p_file.user_id and f.file_path = p_file.file_path
            and internal.matches(p_if_match, f.sha256)
        returning f.id into v_id;
    elsif p_if_none_match then
        insert into internal.files (user_id, file_path, description, content_type, size_bytes, sha256, blob)
        values (p_file.user_id, p_file.file_path, p_file.description, p_file.content_type, p_file.size_bytes,
            p_file.sha256, p_file.blob)
        on conflict (user_id, file_path) do nothing
        returning id into v_id;
    else
        insert into internal.files as f (user_id, file_path, description, content_type, size_bytes, sha256, blob)
        values (p_file.user_id, p_file.file_path, p_file.description, p_file.content_type, p_file.size_bytes,
            p_file.sha256, p_file.blob)
        on conflict (user_id, file_path) do update
        set description = coalesce(excluded.description, f.description), content_type = excluded.content_type,
            size_bytes = excluded.size_bytes, sha256 = excluded.sha256, blob = excluded.blob
        returning f.id into v_id;
    end if;
    return v_id;
end
$$;
comment on function internal.put_file(internal.files, text, boolean) is
    'Creates or overwrites a file; its id, or null when a condition does not hold. Keeps id, created_at, and the '
    'description when none is given.';

create function api.store_file(
    p_blob text, p_file_path text, p_description text, p_content_type text, p_size bigint, p_sha256 bytea,
    p_if_match text, p_if_none_match boolean) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_file internal.files;
    v_id uuid;
begin
    v_file.file_path := internal.checked_file_path(p_file_path);
    v_file.user_id := internal.uploading_user();
    v_file.description := p_description;
    v_file.content_type := coalesce(p_content_type, 'application/octet-stream');
    v_file.size_bytes := p_size;
    v_file.sha256 := p_sha256;
    v_file.blob := p_blob;
    if char_length(p_description) > 2000 then
        raise exception using errcode = 'KF014', message = 'The description is longer than 2,000 characters.';
    elsif v_file.content_type !~ '^[ -~]{1,255}$' then
        raise exception using errcode = 'KF014', message = 'The content type is not valid.';
    elsif p_size is null or p_size < 0 or p_sha256 is null or octet_length(p_sha256) <> 32 then
        raise exception using errcode = 'KF014', message = 'The size or the digest is not valid.';
    end if;
    -- This row can be deleted once: by us, and the blob lives, or by gc, and it does not.
    delete from internal.discarded_blobs d
    where d.blob = p_blob and d.reason = 'uploading' and d.user_id = v_file.user_id;
    if not found then
        raise exception using errcode = 'KF019', message = 'The upload has expired.', hint = 'Send it again.';
    end if;
    -- The triggers of the table count the file, and refuse it when it makes the user exceed the quota.
    v_id := internal.put_file(v_file, p_if_match, p_if_none_match);
    if v_id is null then
        raise exception using errcode = 'KF004', message = 'The precondition does not hold.';
    end if;
    return v_id;
end
$$;
grant execute on function api.store_file(text, text, text, text, bigint, bytea, text, boolean)
    to coffer_editor, coffer_admin;
comment on function api.store_file(text, text, text, text, bigint, bytea, text, boolean) is
    'Gives an uploaded blob its file, new or overwritten, and returns the file''s id. KF003 path, KF004 condition, '
    'KF006 quota, KF014 argument, KF019 when the upload was never begun or has been collected.';

create function api.abandon_upload(p_blob text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    delete from internal.discarded_blobs d
    where d.blob = p_blob and d.reason = 'uploading' and d.user_id = internal.current_user_id();
end
$$;
grant execute on function api.abandon_upload(text) to coffer_editor, coffer_admin;
-- Deliberately not granted: checked_file_path, matches, uploading_user and put_file, to anybody.
comment on function api.abandon_upload(text) is 'Forgets an upload of this user whose blob is gone from the store.';
