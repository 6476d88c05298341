-- Uploads that take long: a session that expires meanwhile does not spoil them, and what has no length is cut in time.
--
-- A request counts as long as it lasts as what it was when it began. So the database must tell a session that has expired
-- from one that was ended: the row of an ended session is gone, and that of an expired one stays for as long as an upload
-- can have been under way. What ends sessions (logout, another password, the operator) ends those as well.
set local role coffer_owner;

create function internal.longest_upload() returns interval
language sql immutable parallel safe
return interval '7 days';
-- Not granted to anybody. As long as a row of an upload under way stays on the list of discarded blobs.
comment on function internal.longest_upload() is 'For how long an upload may be under way.';

-- Asked only where the session is no longer live. The age is the worker's word, as it alone knows when the request began;
-- what a worker in wrong hands gains is a week for sessions whose ids it knows, and it reads the keys anyway.
create function internal.admitted_role(p_session_id uuid, p_user_id uuid, p_role text, p_age_milliseconds bigint)
returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_longest constant numeric := 1000 * extract(epoch from internal.longest_upload());
    v_age constant interval := make_interval(secs => least(greatest(p_age_milliseconds, 0), v_longest) / 1000);
    v_role text;
begin
    select 'coffer_' || s.role into v_role
    from internal.sessions s
    where s.id = p_session_id and s.user_id = p_user_id and s.role = p_role
        and s.expires_at > now() - v_age;
    return coalesce(v_role, internal.refuse_session());
end
$$;
grant execute on function internal.admitted_role(uuid, uuid, text, bigint) to coffer_authenticator;
comment on function internal.admitted_role(uuid, uuid, text, bigint) is
    'The role of a session that lived when a request of this age began and was not ended since; else KF011.';

create or replace function internal.open_session(p_user_id uuid, p_role text)
returns table (token text, expires_at bigint)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_session_id constant uuid := gen_random_uuid();
    v_issued constant bigint := floor(extract(epoch from now()));
    v_expires constant bigint := v_issued + internal.session_seconds();
begin
    -- Where workers collect nothing this clears away what has expired: a user has few of them.
    delete from internal.sessions s
    where s.user_id = p_user_id and s.expires_at < now() - internal.longest_upload();
    insert into internal.sessions (id, user_id, role, expires_at)
    values (v_session_id, p_user_id, p_role, to_timestamp(v_expires));
    return query
        select internal.sign_token(v_session_id, p_user_id, p_role, v_issued, v_expires), v_expires;
end
$$;

create or replace function internal.forget_expired() returns table (sessions bigint, login_failures bigint)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.sessions s
    where s.id in (
        select e.id from internal.sessions e where e.expires_at < now() - internal.longest_upload()
        for update skip locked);
    get diagnostics sessions = row_count;
    delete from internal.login_failures f
    where f.ctid = any (array(
        select e.ctid from internal.login_failures e
        where e.failed_at < now() - interval '15 minutes' for update skip locked));
    get diagnostics login_failures = row_count;
    return next;
end
$$;
comment on function internal.forget_expired() is
    'Removes sessions that expired longer ago than an upload lasts, and login failures that count no more; how many of '
    'each. For gc.';

create or replace function internal.collect_share(p_grace_seconds bigint, p_limit integer)
returns table (url text, blob text)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_limit constant integer := least(greatest(p_limit, 0), 1000);
    v_grace constant interval := make_interval(secs => greatest(p_grace_seconds, 60));
begin
    perform from internal.upkeep u where u.due_at <= now() for update skip locked;
    if not found then
        return;
    end if;
    update internal.upkeep u set due_at = now() + interval '1 minute';
    delete from internal.sessions s
    where s.id = any (array(
        select e.id from internal.sessions e where e.expires_at < now() - internal.longest_upload()
        limit v_limit for update skip locked));
    delete from internal.login_failures f
    where f.ctid = any (array(
        select e.ctid from internal.login_failures e
        where e.failed_at < now() - interval '15 minutes' limit v_limit for update skip locked));
    -- A row without names tells that the share is the caller's.
    return query select null::text, null::text;
    return query
        with gone as (
            delete from internal.discarded_blobs d
            using (select t.store, t.blob from internal.take_discarded(v_grace, v_limit) t) due
            where d.blob = due.blob and d.store = due.store
            returning d.store, d.blob
        )
        select s.url, g.blob::text from gone g join internal.stores s on s.id = g.store;
end
$$;

-- A file may always take the place of one that is no smaller, see check_upload.
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
    'How many bytes an upload to this path may have by the quota of the current user; null without one.';
