-- Sessions: which one a request may use, how one begins and how it ends.
set local role coffer_owner;

-- A thief of the worker's login reads the signing keys, and with the ids of live sessions beside them could make a
-- token for any user. So that login sees one session, the one whose id it names, and never the list. This is a policy
-- and not a condition of the view: a condition of the caller's own could be evaluated before that one and report in its
-- error what it has seen.
create policy authenticator_select_named on internal.sessions for select to coffer_authenticator
    using (id = nullif(current_setting('coffer.session_id', true), '')::uuid and expires_at > now());
grant select (id, user_id, role) on internal.sessions to coffer_authenticator;
-- Deliberately not granted: created_at and expires_at, and any row but the named one.
comment on table internal.sessions is 'Open sessions; the row of an ended session is gone.';

-- Every request begins by asking for its session. The worker's statement reads this view itself, so that its plan is
-- kept: the same question inside a function takes twice as long.
create view internal.live_sessions with (security_invoker = true) as
select s.id, s.user_id, s.role, 'coffer_' || s.role as database_role
from internal.sessions s;
grant select on internal.live_sessions to coffer_authenticator;
-- Deliberately not granted to the request roles: a caller who has become one cannot ask for another.
comment on view internal.live_sessions is
    'The session that coffer.session_id names, with the role it may take; no row once it has ended or expired.';

create function internal.raise_session_ended() returns text
language plpgsql volatile set search_path = ''
as $$
begin
    raise exception using errcode = 'KF011', message = 'The session has ended.';
end
$$;
comment on function internal.raise_session_ended() is 'Raises KF011.';

-- Volatile, so that it is called only where there is no session, and never while planning; SQL, so that a statement
-- which names it does not load PL/pgSQL into a fresh connection.
create function internal.refuse_session() returns text
language sql volatile security definer set search_path = ''
return internal.raise_session_ended();
grant execute on function internal.refuse_session() to coffer_authenticator;
comment on function internal.refuse_session() is 'Raises KF011: the session ended, expired, or the user changed.';

-- A request counts to its end as what it was when it began. So the row of an expired session stays for as long as an
-- upload can have been under way; what ends sessions (logout, another password, the operator) ends those as well. This
-- is asked only where the session is no longer live. The age is the worker's word, as it alone knows when the request
-- began; a worker in the wrong hands gains a week for sessions whose ids it knows, and it reads the keys anyway.
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

-- How long a new session lasts: what the worker was configured with, within a minute and thirty days.
create function internal.session_seconds() returns bigint
language sql stable parallel safe
return least(2592000, greatest(60,
    coalesce(nullif(current_setting('coffer.session_seconds', true), '')::bigint, 43200)));
comment on function internal.session_seconds() is 'Length of a new session in seconds.';

create function internal.open_session(p_user_id uuid, p_role text)
returns table (token text, expires_at bigint)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_session_id constant uuid := gen_random_uuid();
    v_issued constant bigint := floor(extract(epoch from now()));
    v_expires constant bigint := v_issued + internal.session_seconds();
begin
    -- Where workers collect nothing, this removes what has expired: a user has few of them.
    delete from internal.sessions s
    where s.user_id = p_user_id and s.expires_at < now() - internal.longest_upload();
    insert into internal.sessions (id, user_id, role, expires_at)
    values (v_session_id, p_user_id, p_role, to_timestamp(v_expires));
    return query
        select internal.sign_token(v_session_id, p_user_id, p_role, v_issued, v_expires), v_expires;
end
$$;
comment on function internal.open_session(uuid, text) is 'New session and its token; no check of who asks.';
-- Not granted to any role, like session_seconds: login is the way to a session.

create function api.logout() returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.sessions s
    where s.id = nullif(current_setting('coffer.session_id', true), '')::uuid
        and s.user_id = internal.current_user_id();
    if found then
        perform internal.record('logout', internal.current_user_id(), array[null::text]);
    end if;
end
$$;
grant execute on function api.logout() to coffer_editor, coffer_admin;
comment on function api.logout() is 'Ends the session of this request; its token stops working at once.';

-- The operator's functions, granted to no role.
create function internal.list_sessions(p_email text)
returns table (id uuid, email text, role text, created_at timestamptz, expires_at timestamptz)
language sql stable security definer set search_path = ''
begin atomic
    select s.id, u.email, s.role, s.created_at, s.expires_at
    from internal.sessions s join internal.users u on u.id = s.user_id
    where s.expires_at > now() and (p_email is null or u.id = (select f.id from internal.find_user(p_email) f))
    order by lower(u.email), s.created_at, s.id;
end;
comment on function internal.list_sessions(text) is 'The live sessions of a user, or of all where p_email is null.';

create function internal.revoke_session(p_id uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user_id uuid;
begin
    delete from internal.sessions s where s.id = p_id returning s.user_id into v_user_id;
    perform internal.record('session_revoke', u.id, array[u.email]) from internal.users u where u.id = v_user_id;
    return v_user_id is not null;
end
$$;
comment on function internal.revoke_session(uuid) is 'Ends a session at once; false if no session has this id.';

create function internal.revoke_sessions(p_email text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    -- Locked, so that a login either is over and its session ends here too, or has yet to look at the account.
    v_user constant internal.users := internal.lock_user_by_email(p_email);
    v_count bigint;
begin
    delete from internal.sessions s where s.user_id = v_user.id;
    get diagnostics v_count = row_count;
    perform internal.record('session_revoke', v_user.id, array[v_user.email]) where v_count > 0;
    return v_count;
end
$$;
comment on function internal.revoke_sessions(text) is
    'Ends all sessions of a user, and returns how many there were. KF014 when there is no such user.';

-- Rows that are locked are skipped and removed the next time.
create function internal.delete_expired(p_limit integer default null)
returns table (sessions bigint, login_failures bigint)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.sessions s
    where s.id = any (array(
        select e.id from internal.sessions e where e.expires_at < now() - internal.longest_upload()
        limit p_limit for update skip locked));
    get diagnostics sessions = row_count;
    delete from internal.login_failures f
    where f.ctid = any (array(
        select e.ctid from internal.login_failures e
        where e.failed_at < now() - interval '15 minutes' limit p_limit for update skip locked));
    get diagnostics login_failures = row_count;
    return next;
end
$$;
comment on function internal.delete_expired(integer) is
    'Removes sessions that expired longer ago than an upload lasts, and login failures that count no more; how many of '
    'each. For gc.';
