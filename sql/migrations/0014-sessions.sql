-- Sessions and what has expired, for the operator. None of these functions is granted to anybody.
set local role coffer_owner;

create function internal.list_sessions(p_email text)
returns table (id uuid, email text, role text, created_at timestamptz, expires_at timestamptz)
language sql stable security definer set search_path = ''
begin atomic
    select s.id, u.email, s.role, s.created_at, s.expires_at
    from internal.sessions s join internal.users u on u.id = s.user_id
    where s.expires_at > now() and (p_email is null or lower(u.email) = lower(p_email))
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
comment on function internal.revoke_session(uuid) is 'Ends a session at once; false when there is none of this id.';

create function internal.revoke_sessions(p_email text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    -- Locked, so that a login either is over and its session ends here too, or has yet to look at the account.
    v_user constant internal.users := internal.user_by_email(p_email);
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

-- What somebody else has locked goes the next time.
create function internal.forget_expired() returns table (sessions bigint, login_failures bigint)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.sessions s
    where s.id in (select e.id from internal.sessions e where e.expires_at < now() for update skip locked);
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
    'Removes expired sessions and login failures that count no more, and returns how many of each. For gc.';
