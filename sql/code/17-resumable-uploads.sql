-- Resumable uploads (tus). Only one request at a time writes to an upload: it has a lease, whose number is in the row.
-- A request that begins makes a new number, and from then on the request before it can record nothing. Each piece is
-- stored while the row or its file is locked, so two requests never write to the same place at once.
set local role coffer_owner;

-- No grants and no policies for request roles: rows name blobs, and the functions below check the user.
comment on table internal.uploads is
    'Resumable uploads that are not files yet, and ended ones until gc has removed them.';
comment on column internal.uploads.blob is 'Name of the blob that the upload becomes.';
comment on column internal.uploads.modified_at is 'When the client says that the content was last changed.';
comment on column internal.uploads.metadata is 'The client''s Upload-Metadata, as it was sent.';
comment on column internal.uploads.offset_bytes is 'How many bytes have arrived durably.';
comment on column internal.uploads.digest_state is 'The state of the digest at the offset; null at 0.';
comment on column internal.uploads.store_state is 'What the store needs to continue; null if it needs nothing.';
comment on column internal.uploads.lease is 'Number of the request that may write.';
comment on column internal.uploads.is_held is 'Whether that request may still be at work.';
comment on column internal.uploads.is_wanted is 'Whether another request waits for that one to end.';
comment on column internal.uploads.expires_at is 'When gc may remove it: some days after the last byte, or at once.';

-- Not the next number: a request does not wait until its lease is on the disk, so a crash can undo the lease. Another
-- request would get the same number then.
create function internal.new_lease() returns bigint
language sql volatile set search_path = ''
begin atomic
    select ('x' || encode(extensions.gen_random_bytes(8), 'hex'))::bit(64)::bigint;
end;
comment on function internal.new_lease() is 'Returns a random number.';

create function internal.raise_upload_not_found() returns void
language plpgsql volatile set search_path = ''
as $$
begin
    raise exception using errcode = 'KF050', message = 'Upload not found.';
end
$$;
comment on function internal.raise_upload_not_found() is
    'KF050, with the same text for an upload that is finished, that has expired, or that is another user''s.';

-- The lock on the user's row keeps two uploads from reserving the same bytes.
create function api.create_upload(
    p_blob text, p_file_path text, p_description text, p_content_type text, p_modified text, p_metadata text,
    p_length bigint, p_if_match text, p_if_none_match boolean, p_seconds bigint) returns uuid
language plpgsql volatile security definer
-- For a time without an offset.
set search_path = '' set timezone = 'UTC'
as $$
declare
    v_user_id constant uuid := internal.lock_current_user();
    v_id uuid;
begin
    if p_blob is null or p_blob !~ '^[0-9a-f]{32}$' then
        raise exception using errcode = 'KF014', message = 'The blob name is not valid.';
    elsif p_length is null then
        raise exception using errcode = 'KF014', message = 'The size is not valid.';
    end if;
    perform api.check_upload(p_file_path, p_length, p_if_match, p_if_none_match);
    insert into internal.uploads (user_id, blob, store, file_path, description, content_type, modified_at, metadata,
        length, if_match, if_none_match, expires_at)
    select v_user_id, p_blob, s.id, internal.checked_file_path(p_file_path), p_description, p_content_type,
        case when p_modified ~ '^[0-9]+$' then to_timestamp(p_modified::bigint) else p_modified::timestamptz end,
        p_metadata, p_length, p_if_match, p_if_none_match is true,
        now() + make_interval(secs => p_seconds)
    from internal.stores s
    where s.is_current
        and not exists (select from internal.kept_blobs k where k.blob = p_blob)
        and not exists (select from internal.garbage g where g.blob = p_blob)
    on conflict do nothing
    returning id into v_id;
    if v_id is null then
        raise exception using errcode = 'KF019', message = 'The upload collides with another one.',
            hint = 'Send it again.';
    end if;
    return v_id;
end
$$;
grant execute on function
    api.create_upload(text, text, text, text, text, text, bigint, text, boolean, bigint)
    to coffer_editor, coffer_admin;
comment on function api.create_upload(text, text, text, text, text, text, bigint, text, boolean, bigint) is
    'Creates a resumable upload of the current user that expires after p_seconds, reserves its length in the quota, '
    'and returns its id. Checks it as api.check_upload does, with the same errors and parameters. KF014 for the blob '
    'name or the size, KF019 if the name is taken. p_modified is in Unix seconds or a timestamp. For editors and '
    'admins.';

-- A request that does not force its turn only marks the upload as wanted while another request is at work; that one
-- looks often, makes what it has durable, and ends.
create function api.take_upload(p_id uuid, p_offset bigint, p_hold boolean, p_force boolean)
returns table (
    is_busy boolean, lease bigint, file_path text, description text, content_type text, metadata text, length bigint,
    offset_bytes bigint, blob text, store_url text, digest_state bytea, store_state text, if_match text,
    if_none_match boolean, expires_at bigint, modified bigint)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_upload internal.uploads;
    v_is_busy boolean;
begin
    if p_offset is not null then
        perform set_config('synchronous_commit', 'off', true);
    end if;
    select u.* into v_upload
    from internal.uploads u
    where u.id = p_id and u.user_id = internal.current_user_id() and u.expires_at > now()
    for no key update;
    if not found then
        perform internal.raise_upload_not_found();
    elsif p_offset <> v_upload.offset_bytes then
        raise exception using errcode = 'KF051', message = 'The offset is not that of the upload',
            detail = format('%s bytes have arrived', v_upload.offset_bytes);
    end if;
    v_is_busy := v_upload.is_held and not p_force;
    update internal.uploads u
    set is_wanted = v_is_busy, is_held = v_is_busy or p_hold,
        lease = case when v_is_busy then u.lease else internal.new_lease() end
    where u.id = p_id;
    return query
        select v_is_busy, u.lease, u.file_path::text, u.description::text, u.content_type::text, u.metadata,
            u.length::bigint, u.offset_bytes::bigint, u.blob::text, s.url, u.digest_state, u.store_state, u.if_match,
            u.if_none_match, floor(extract(epoch from u.expires_at))::bigint,
            floor(extract(epoch from u.modified_at))::bigint
        from internal.uploads u join internal.stores s on s.id = u.store
        where u.id = p_id;
end
$$;
grant execute on function api.take_upload(uuid, bigint, boolean, boolean) to coffer_editor, coffer_admin;
comment on function api.take_upload(uuid, bigint, boolean, boolean) is
    'Takes the lease of an upload of the current user, and returns the upload. Without p_force, if another request is '
    'at work (is_busy), asks it to end instead. With p_hold the caller is at work until it releases the upload. With '
    'p_offset the commit does not wait for the disk. KF050 if there is no such upload, KF051 if p_offset is not its '
    'offset. For editors and admins.';

create function internal.raise_upload_taken() returns void
language plpgsql volatile set search_path = ''
as $$
begin
    raise exception using errcode = 'KF054', message = 'Another request has taken over this upload.',
        hint = 'Ask for its offset by HEAD.';
end
$$;
comment on function internal.raise_upload_taken() is 'KF054.';

-- The caller stores a piece before it commits, so the lock keeps two writers from the same place of the store.
create function api.hold_upload(p_id uuid, p_lease bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform from internal.uploads u
    where u.id = p_id and u.user_id = internal.current_user_id() and u.lease = p_lease
    for no key update;
    if not found then
        perform internal.raise_upload_taken();
    end if;
end
$$;
grant execute on function api.hold_upload(uuid, bigint) to coffer_editor, coffer_admin;
comment on function api.hold_upload(uuid, bigint) is
    'Locks an upload of the current user until the transaction ends. KF054 if another request has the lease. For '
    'editors and admins.';

create function api.record_upload(
    p_id uuid, p_lease bigint, p_offset bigint, p_digest_state bytea, p_store_state text, p_seconds bigint,
    p_hold boolean) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_expires_at timestamptz;
begin
    -- The commit waits for the disk, whatever the server's default is.
    perform set_config('synchronous_commit', 'on', true);
    update internal.uploads u
    set offset_bytes = p_offset, digest_state = p_digest_state, store_state = p_store_state, is_held = p_hold,
        expires_at = now() + make_interval(secs => p_seconds)
    where u.id = p_id and u.user_id = internal.current_user_id() and u.lease = p_lease
    returning u.expires_at into v_expires_at;
    if not found then
        perform internal.raise_upload_taken();
    end if;
    return floor(extract(epoch from v_expires_at));
end
$$;
grant execute on function api.record_upload(uuid, bigint, bigint, bytea, text, bigint, boolean)
    to coffer_editor, coffer_admin;
comment on function api.record_upload(uuid, bigint, bigint, bytea, text, bigint, boolean) is
    'Records how many bytes have arrived durably, and returns when the upload expires, in Unix seconds. KF054 if '
    'another request has the lease. For editors and admins.';

create function api.release_upload(p_id uuid, p_lease bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform set_config('synchronous_commit', 'off', true);
    update internal.uploads u set is_held = false
    where u.id = p_id and u.user_id = internal.current_user_id() and u.lease = p_lease and u.is_held;
end
$$;
grant execute on function api.release_upload(uuid, bigint) to coffer_editor, coffer_admin;
comment on function api.release_upload(uuid, bigint) is
    'Says that the request with this lease has ended. For editors and admins.';

create function api.upload_is_wanted(p_id uuid, p_lease bigint) returns boolean
language sql stable security definer set search_path = ''
begin atomic
    select not exists (
        select from internal.uploads u
        where u.id = p_id and u.user_id = internal.current_user_id() and u.lease = p_lease and not u.is_wanted);
end;
grant execute on function api.upload_is_wanted(uuid, bigint) to coffer_editor, coffer_admin;
comment on function api.upload_is_wanted(uuid, bigint) is
    'Returns whether the request with this lease must end. For editors and admins.';

-- The reservation returns at once; the row stays until gc has removed what the store has of the upload.
create function api.end_upload(p_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update internal.uploads u set expires_at = '-infinity', lease = internal.new_lease(), is_held = false
    where u.id = p_id and u.user_id = internal.current_user_id() and u.expires_at > now();
    if not found then
        perform internal.raise_upload_not_found();
    end if;
end
$$;
grant execute on function api.end_upload(uuid) to coffer_editor, coffer_admin;
comment on function api.end_upload(uuid) is
    'Ends an upload of the current user. KF050 if there is no such upload. For editors and admins.';

-- A request that makes an upload a file has locked the row. One that stores a piece may not have done so: it finds no
-- row when it records the piece.
create function internal.take_ended_uploads(p_limit integer, p_unavailable smallint[] default '{}')
returns table (store smallint, url text, blob text)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return query
        select u.store, s.url, u.blob::text
        from internal.uploads u join internal.stores s on s.id = u.store
        where (u.expires_at <= now() or not exists (select from internal.users o where o.id = u.user_id))
            and u.store <> all (p_unavailable)
        limit p_limit
        for no key update of u skip locked;
end
$$;
comment on function internal.take_ended_uploads(integer, smallint[]) is
    'Returns the blobs of uploads that have expired, that were ended or whose user is gone, and locks their rows until '
    'the transaction ends. Skips unavailable stores. For the operator.';

create function internal.delete_uploads(p_blobs text[]) returns void
language sql volatile security definer set search_path = ''
begin atomic
    delete from internal.uploads u where u.blob = any (p_blobs);
end;
comment on function internal.delete_uploads(text[]) is
    'Deletes the rows of uploads of which nothing is left in their store. For the operator.';

create function internal.open_uploads(p_blobs text[]) returns setof text
language sql stable security definer set search_path = ''
begin atomic
    select u.blob::text from internal.uploads u where u.blob = any (p_blobs);
end;
grant execute on function internal.open_uploads(text[]) to coffer_authenticator;
comment on function internal.open_uploads(text[]) is
    'Returns those blobs that are resumable uploads with a row. The remains of others may be removed. For the worker '
    'and the operator.';
