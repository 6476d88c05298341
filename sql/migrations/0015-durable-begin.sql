-- The list of what gc may remove must not forget a blob that is there.
--
-- A server that crashes loses what was committed without waiting for the disk. An upload is not stopped by that when it
-- has begun to publish: its blob would be in the store, its commit fails, and no list would know of it any more. So the
-- name is on the disk before the blob's first byte, at the price of one more wait for each upload.
set local role coffer_owner;

create or replace function api.begin_upload(
    p_blob text, p_file_path text, p_size bigint, p_if_match text, p_if_none_match boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_path constant text := internal.checked_file_path(p_file_path);
    v_user_id constant uuid := internal.current_user_id();
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
    if not found then
        raise exception using errcode = 'KF011', message = 'The session has ended.';
    elsif (p_if_none_match and v_now.sha256 is not null)
        or (p_if_match is not null
            and (v_now.sha256 is null or not internal.matches(p_if_match, v_now.sha256))) then
        raise exception using errcode = 'KF004', message = 'The precondition does not hold.';
    elsif p_size > v_now.size_bytes then
        perform internal.keep_quota(v_now.used_bytes::numeric - v_now.size_bytes + p_size, v_now.quota_bytes);
    end if;
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
