-- Logging in and out.
set local role coffer_owner;

-- How long a new session lasts: what the worker was configured with, within a minute and thirty days.
create function internal.session_seconds() returns bigint
language sql stable parallel safe
return least(2592000, greatest(60,
    coalesce(nullif(current_setting('coffer.session_seconds', true), '')::bigint, 43200)));
comment on function internal.session_seconds() is 'Length of a new session in seconds.';

create function internal.open_session(p_user_id uuid, p_role text) returns table (token text, expires_at bigint)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_session_id constant uuid := gen_random_uuid();
    v_issued constant bigint := floor(extract(epoch from now()));
    v_expires constant bigint := v_issued + internal.session_seconds();
begin
    -- The only place where expired sessions are cleared away: a user has few of them.
    delete from internal.sessions s where s.user_id = p_user_id and s.expires_at < now();
    insert into internal.sessions (id, user_id, role, expires_at)
    values (v_session_id, p_user_id, p_role, to_timestamp(v_expires));
    return query
        select internal.sign_token(v_session_id, p_user_id, p_role, v_issued, v_expires), v_expires;
end
$$;
-- Not granted to anybody, like session_seconds: login is the way to a session.
comment on function internal.open_session(uuid, text) is 'New session and its token; no check of who asks.';

-- Whether the account is unknown, disabled, or the password wrong must not show, in the answer or in the time taken:
-- each case does one bcrypt of the same cost, against a hash of nobody's password where there is no account.
-- A failure returns no row and is no error, because an error would undo its audit row.
create function api.login(email text, password text) returns table (token text, expires_at bigint)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_nobody constant text := '$2a$12$mTLZZdF5/8iAMDc9kFQwiu.kpZACh9ITaha9BEO.s2Bf7ksAe5ShO';
    v_user internal.users;
    v_matches boolean;
begin
    select u.* into v_user from internal.users u where lower(u.email) = lower(login.email);
    v_matches := extensions.crypt(coalesce(login.password, ''), coalesce(v_user.password_hash, v_nobody))
        = v_user.password_hash
        -- bcrypt looks no further than 72 bytes.
        and octet_length(login.password) <= 72;
    if v_matches then
        -- While bcrypt worked, the operator may have changed the account. Under this lock it stays as it is, and
        -- whoever ends the sessions after us sees ours.
        select u.role into v_user.role from internal.users u
        where u.id = v_user.id and u.password_hash = v_user.password_hash and u.disabled_at is null
        for share;
        v_matches := found;
    end if;
    if v_matches is not true then
        insert into internal.audit_log (action, user_id) values ('login_failed', v_user.id);
        return;
    end if;
    insert into internal.audit_log (action, actor_id, user_id) values ('login', v_user.id, v_user.id);
    return query select * from internal.open_session(v_user.id, v_user.role);
end
$$;
grant execute on function api.login(text, text) to coffer_anonymous;
-- Deliberately not granted to editors and admins: the worker logs in as a stranger whatever token came along.
comment on function api.login(text, text) is
    'Token of a new session and its expiry in Unix seconds; no row when e-mail and password do not match.';

create function api.logout() returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.sessions s
    where s.id = nullif(current_setting('coffer.session_id', true), '')::uuid
        and s.user_id = internal.current_user_id();
    if found then
        insert into internal.audit_log (action, user_id) values ('logout', internal.current_user_id());
    end if;
end
$$;
grant execute on function api.logout() to coffer_editor, coffer_admin;
comment on function api.logout() is 'Ends the session of this request; its token stops working at once.';
