-- Sessions: which one a request uses, and how they begin and end.
set local role coffer_owner;

-- Who steals the worker's database login can read the signing keys. With the ids of live sessions as well, that person
-- could make a token for any user. So the login sees only the session whose id it names, never the list. This is a
-- policy and not a condition of the view: a caller's own condition could be evaluated before that one, and its error
-- message could quote other rows.
create policy authenticator_select_named on internal.sessions for select to coffer_authenticator
    using (id = nullif(current_setting('coffer.session_id', true), '')::uuid and expires_at > now());
grant select (id, user_id, role) on internal.sessions to coffer_authenticator;
-- Deliberately not granted: created_at and expires_at, and any row but the named one.
comment on table internal.sessions is 'Sessions that have not been ended.';

-- Every request begins by looking up its session. The worker's prepared statement reads this view directly; the same
-- query inside a function takes twice as long.
create view internal.live_sessions with (security_invoker = true) as
select s.id, s.user_id, s.role, 'coffer_' || s.role as database_role
from internal.sessions s;
grant select on internal.live_sessions to coffer_authenticator;
-- Deliberately not granted to the request roles: once in a request role, a caller cannot look up another session.
comment on view internal.live_sessions is
    'The session that coffer.session_id names, with its request role; no row once it has ended or expired.';

-- A download joins this to its file, which takes less time than to look up the session first. The role is compared too,
-- because the worker takes it from the token.
create view internal.current_session with (security_barrier) as
select s.id
from internal.sessions s
where s.id = nullif(current_setting('coffer.session_id', true), '')::uuid and s.expires_at > now()
    and s.user_id::text = current_setting('coffer.user_id', true) and 'coffer_' || s.role = current_user;
grant select on internal.current_session to coffer_editor, coffer_admin;
comment on view internal.current_session is
    'The session of this request; no row once it has ended or expired, or if it is of another user or role.';

create function internal.raise_session_ended() returns text
language plpgsql volatile set search_path = ''
as $$
begin
    raise exception using errcode = 'KF011', message = 'The session has ended.';
end
$$;
comment on function internal.raise_session_ended() is 'Raises KF011.';

-- Volatile, so that it is called only if there is no session, and never during planning. In SQL, so that a statement
-- that names it does not load PL/pgSQL into a new connection.
create function internal.refuse_session() returns text
language sql volatile security definer set search_path = ''
return internal.raise_session_ended();
grant execute on function internal.refuse_session() to coffer_authenticator;
comment on function internal.refuse_session() is
    'Raises KF011: the session has ended or expired, or the account has changed. For the worker.';

-- A session that expires while a request lasts admits that request to its end. So the row of an expired session stays
-- for as long as an upload may take, and what ends sessions (logout, a new password, the operator) deletes it too. The
-- worker calls this only if the session is no longer live. It also states the age, because it alone knows when the
-- request began: a stolen worker login could use sessions whose ids it knows for a week longer, but it can read the
-- signing keys anyway.
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
    'Returns the request role of a session that was live when a request of this age began, and that was not ended '
    'since. KF011 if there is none. For the worker.';

-- The worker's configuration, limited to between a minute and thirty days.
create function internal.session_seconds() returns bigint
language sql stable parallel safe
return least(2592000, greatest(60,
    coalesce(nullif(current_setting('coffer.session_seconds', true), '')::bigint, 43200)));
comment on function internal.session_seconds() is 'Returns the length of a new session in seconds.';

create function internal.open_session(p_user_id uuid, p_role text)
returns table (token text, expires_at bigint)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_session_id constant uuid := gen_random_uuid();
    v_issued constant bigint := floor(extract(epoch from now()));
    v_expires constant bigint := v_issued + internal.session_seconds();
begin
    -- Deletes the user's few expired sessions, in case no worker or gc does.
    delete from internal.sessions s
    where s.user_id = p_user_id and s.expires_at < now() - internal.longest_upload();
    insert into internal.sessions (id, user_id, role, expires_at)
    values (v_session_id, p_user_id, p_role, to_timestamp(v_expires));
    return query
        select internal.sign_token(v_session_id, p_user_id, p_role, v_issued, v_expires), v_expires;
end
$$;
comment on function internal.open_session(uuid, text) is
    'Creates a session and returns its token and its expiry in Unix seconds. Does not check who asks.';
-- Deliberately not granted, like session_seconds: sessions begin with a login.

create function api.logout() returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.sessions s
    where s.id = nullif(current_setting('coffer.session_id', true), '')::uuid
        and s.user_id = internal.current_user_id();
    if found then
        perform internal.record('logout', internal.current_user_id(), null);
    end if;
end
$$;
grant execute on function api.logout() to coffer_editor, coffer_admin;
comment on function api.logout() is
    'Ends the session of this request; its token stops working at once. For editors and admins.';

-- What people see and end of their sessions. Who has a signing key and the id of a live session can make a token for
-- its user. A stolen worker login can read the keys and take any request role, so no view has that id: people name a
-- session by a digest of it. The condition is here and not in a policy of the table, because a request role could then
-- read the table. Expired sessions are not shown; what is left of them only lets uploads end.
create view internal.listed_sessions with (security_barrier) as
select substring(encode(sha256(uuid_send(s.id)), 'hex') for 32)::uuid as id, s.user_id, s.created_at, s.expires_at,
    s.id is not distinct from nullif(current_setting('coffer.session_id', true), '')::uuid as is_current
from internal.sessions s
where s.expires_at > now() and (s.user_id = (select internal.current_user_id()) or current_user = 'coffer_admin');
grant select, delete on internal.listed_sessions to coffer_editor, coffer_admin;
-- Deliberately not granted: anything on the table itself.
comment on view internal.listed_sessions is
    'The live sessions of the current user, or of all users for an admin, by a digest of their id.';

create view api.sessions with (security_invoker = true) as
select s.id, s.user_id, s.created_at, s.expires_at, s.is_current,
    (select u.email from internal.users u where u.id = s.user_id) as owner_email
from internal.listed_sessions s;
grant select, delete on api.sessions to coffer_editor, coffer_admin;
-- Deliberately not granted: anything to coffer_anonymous.
comment on view api.sessions is
    'The live sessions: an editor''s own, for an admin all. Deleting a row ends the session at once.';

create function internal.record_ended_sessions() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform internal.record('session_revoke', o.id, o.email)
    from (select u.id, u.email from internal.users u where u.id in (select e.user_id from ended e) order by u.id) o;
    return null;
end
$$;
comment on function internal.record_ended_sessions() is
    'Records whose sessions a request has ended, once for each user. A trigger.';

-- A request role deletes sessions through the view only. The functions that end sessions run as coffer_owner, and
-- record it themselves.
create trigger lock_users before delete on internal.sessions
    for each statement when (current_user in ('coffer_editor', 'coffer_admin'))
    execute function internal.lock_users();
create trigger record_ended_sessions after delete on internal.sessions
    referencing old table as ended
    for each statement when (current_user in ('coffer_editor', 'coffer_admin'))
    execute function internal.record_ended_sessions();

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
comment on function internal.list_sessions(text) is
    'Returns the live sessions of a user, or of all users if p_email is null. For the operator.';

create function internal.revoke_session(p_id uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user_id uuid;
begin
    delete from internal.sessions s where s.id = p_id returning s.user_id into v_user_id;
    perform internal.record('session_revoke', u.id, u.email) from internal.users u where u.id = v_user_id;
    return v_user_id is not null;
end
$$;
comment on function internal.revoke_session(uuid) is
    'Ends a session at once; returns false if no session has this id. For the operator.';

create function internal.revoke_sessions(p_email text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    -- Under this lock a concurrent login has either committed, so its session ends here too, or has yet to begin one.
    v_user constant internal.users := internal.lock_user_by_email(p_email);
    v_count bigint;
begin
    delete from internal.sessions s where s.user_id = v_user.id;
    get diagnostics v_count = row_count;
    perform internal.record('session_revoke', v_user.id, v_user.email) where v_count > 0;
    return v_count;
end
$$;
comment on function internal.revoke_sessions(text) is
    'Ends all sessions of a user and returns their number. KF014 if there is no such user. For the operator.';

-- Locked rows are skipped and deleted the next time.
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
    'Deletes sessions that expired longer ago than an upload may take, and login failures that no longer count; at '
    'most p_limit of each, all if null. Returns how many. For the operator.';
