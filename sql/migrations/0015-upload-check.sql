-- The beginning of an upload, asked and made durable.
--
-- What is wrong with an upload before its first byte is a question of its own, for a web server that would take in the
-- whole body first.
set local role coffer_owner;

-- Early answers for the client's sake; store_file asks again when it counts. The totals and the file that would be
-- replaced are read together, or another upload could come between them.
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
        raise exception using errcode = 'KF011', message = 'The session has ended.';
    elsif (p_if_none_match and v_now.sha256 is not null)
        or (p_if_match is not null
            and (v_now.sha256 is null or not internal.matches(p_if_match, v_now.sha256))) then
        raise exception using errcode = 'KF004', message = 'The precondition does not hold.';
    elsif p_size > v_now.size_bytes then
        perform internal.keep_quota(v_now.used_bytes::numeric - v_now.size_bytes + p_size, v_now.quota_bytes);
    end if;
end
$$;
grant execute on function api.check_upload(text, bigint, text, boolean) to coffer_editor, coffer_admin;
comment on function api.check_upload(text, bigint, text, boolean) is
    'KF003 for the path, KF004 for a condition, KF006 for the quota; nothing when the upload may begin. p_size in bytes, '
    'null when unknown; p_if_match is * or digests in hex with commas.';

create or replace function api.begin_upload(
    p_blob text, p_file_path text, p_size bigint, p_if_match text, p_if_none_match boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if p_blob is null or p_blob !~ '^[0-9a-f]{32}$' then
        raise exception using errcode = 'KF014', message = 'The blob name is not valid.';
    end if;
    perform api.check_upload(p_file_path, p_size, p_if_match, p_if_none_match);
    -- On the disk before the blob's first byte. A server that crashes loses what was committed without waiting for the
    -- disk, and an upload that had published by then would leave a blob that no list knows.
    insert into internal.discarded_blobs (blob, reason, user_id)
    select p_blob, 'uploading', internal.current_user_id()
    where not exists (select from internal.files f where f.blob = p_blob)
    on conflict do nothing;
    if not found then
        raise exception using errcode = 'KF019', message = 'The upload collides with another one.',
            hint = 'Send it again.';
    end if;
end
$$;
