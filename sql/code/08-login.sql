-- Logging in, and the defence against guessing passwords: failures are counted per account and per address, and too
-- many block the account or the address for a while.
set local role coffer_owner;

-- No grants. Rows are inserted and deleted, and never updated.
comment on table internal.login_failures is 'Failed logins of the last 15 minutes, per account and per address.';
comment on column internal.login_failures.account is
    'SHA-256 of internal.email_key of what was typed, which may be a password in the wrong field. The account need '
    'not exist.';
comment on column internal.login_failures.address is
    'The client''s IPv4 address, or the /64 network of its IPv6 address.';

create function internal.login_limit(p_setting text) returns bigint
language sql stable parallel safe
return least(1000000, greatest(1, coalesce(nullif(current_setting(p_setting, true), '')::bigint, 10)));
comment on function internal.login_limit(text) is
    'Returns the number of failures within 15 minutes that blocks, from 1 to 1,000,000: of the setting '
    'coffer.login_failures for an account, coffer.login_address_failures for an address.';

create function internal.login_account(p_email text) returns bytea
language sql immutable parallel safe
return sha256(convert_to(internal.email_key(coalesce(p_email, '')), 'UTF8'));
comment on function internal.login_account(text) is
    'Returns the column account of login_failures for an e-mail address.';

-- One IPv6 customer has at least a /64 network. IPv4 addresses that arrive through an IPv6 socket are treated as IPv4;
-- otherwise all of them would be in one /64.
create function internal.login_address() returns inet
language plpgsql stable set search_path = ''
as $$
declare
    v_text constant text := coalesce(current_setting('coffer.remote_address', true), '');
    v_address inet;
begin
    v_address := regexp_replace(v_text, '^::ffff:(\d+\.\d+\.\d+\.\d+)$', '\1', 'i')::inet;
    return case family(v_address)
        when 4 then host(v_address)::inet
        when 6 then network(set_masklen(v_address, 64))
    end;
exception when invalid_text_representation then
    return null;  -- a socket without an address
end
$$;
comment on function internal.login_address() is
    'Returns the column address of login_failures for this request; null if the request has no IP address.';

-- With a limit of n failures, a block lasts until the n-th newest one is 15 minutes old. Attempts during a block are
-- not counted and do not make it longer.
create function internal.login_retry_after(p_account bytea, p_address inet) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_since constant timestamptz := v_now - interval '15 minutes';
begin
    return (
        select ceil(extract(epoch from max(t.failed_at) - v_since))
        from (
            (select f.failed_at from internal.login_failures f
                where f.account = p_account and f.failed_at > v_since
                order by f.failed_at desc offset internal.login_limit('coffer.login_failures') - 1 limit 1)
            union all
            (select f.failed_at from internal.login_failures f
                where f.address = p_address and f.failed_at > v_since
                order by f.failed_at desc offset internal.login_limit('coffer.login_address_failures') - 1 limit 1)) t);
end
$$;
comment on function internal.login_retry_after(bytea, inet) is
    'Returns for how many seconds, at least 1, the account or the address is blocked; null if neither is. Either may '
    'be null.';

-- Under these locks one attempt after the other is decided: first whether it is blocked, then its outcome. So fifty
-- concurrent guesses learn no more than ten. The locks are taken after bcrypt; otherwise one guessing client would
-- block everybody behind the same address for that long.
create function internal.lock_login(p_account bytea, p_address inet) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(internal.login_account_lock_class(), hashtext(encode(p_account, 'hex')));
    perform pg_advisory_xact_lock(internal.login_address_lock_class(), hashtext(p_address::text))
    where p_address is not null;
end
$$;
comment on function internal.lock_login(bytea, inet) is
    'Waits until no other login to this account or from this address is being decided.';

-- Called under the locks and only if there is no block. So a block that exists afterwards began with this failure, and
-- is recorded once.
create function internal.count_login_failure(p_account bytea, p_address inet, p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into internal.login_failures (account, address)
    select k.account, k.address from (values (p_account, null::inet), (null, p_address)) as k (account, address)
    where num_nonnulls(k.account, k.address) = 1;
    perform internal.record('login_failed', p_user_id, null);
    perform internal.record('login_blocked', p_user_id, null)
    where internal.login_retry_after(p_account, null) is not null;
    perform internal.record('login_blocked', null, abbrev(p_address))
    where internal.login_retry_after(null, p_address) is not null;
end
$$;
comment on function internal.count_login_failure(bytea, inet, uuid) is
    'Counts and records a wrong password; p_user_id is null if there is no such account.';

create function internal.clear_login_failures(p_account bytea) returns void
language sql volatile security definer set search_path = ''
begin atomic
    delete from internal.login_failures f where f.account = p_account;
end;
comment on function internal.clear_login_failures(bytea) is
    'Deletes the failures of an account, but not those of an address.';
-- Deliberately not granted: any of these functions. Login and change_password call them.

-- Neither the answer nor its time may show whether the account is unknown or disabled or the password is wrong, so each
-- case runs the same bcrypt. A failure returns no row and is not an error, because an error would roll back its audit
-- row. A blocked attempt runs no bcrypt and is blocked whatever the password is, so its time reveals nothing.
create function api.login(email text, password text)
returns table (token text, expires_at bigint, retry_after integer)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_account constant bytea := internal.login_account(login.email);
    v_address constant inet := internal.login_address();
    v_user internal.users;
    v_form text;
begin
    retry_after := internal.login_retry_after(v_account, v_address);
    if retry_after is null then
        select u.* into v_user from internal.find_user(login.email) u;
        v_form := internal.matching_form(login.password, v_user.password_hash);
        perform internal.lock_login(v_account, v_address);
        retry_after := internal.login_retry_after(v_account, v_address);
    end if;
    if retry_after is not null then
        return next;
        return;
    end if;
    if v_form is not null then
        if v_form = 'typed' and v_user.disabled_at is null then
            perform internal.rehash_password(v_user.id, v_user.password_hash, login.password);
        end if;
        -- While bcrypt ran, the operator may have changed the account, or another login the hash. This lock keeps the
        -- account as it is until the commit; a change that ends the sessions afterwards will see the new one.
        select u.role into v_user.role from internal.users u
        where u.id = v_user.id and u.disabled_at is null
            and (u.password_hash = v_user.password_hash
                or v_form = 'typed' and internal.matching_form(login.password, u.password_hash) is not null)
        for share;
        if not found then
            v_form := null;
        end if;
    end if;
    if v_form is null then
        perform internal.count_login_failure(v_account, v_address, v_user.id);
        return;
    end if;
    perform internal.clear_login_failures(v_account);
    return query select s.token, s.expires_at, null::integer from internal.open_session(v_user.id, v_user.role) s;
    perform internal.record('login', v_user.id, null, v_user.id);
end
$$;
grant execute on function api.login(text, text) to coffer_anonymous;
comment on function api.login(text, text) is
    'Opens a session and returns its token and its expiry in Unix seconds; no row if the e-mail address and password '
    'do not match. After too many failures the row has retry_after alone: the seconds until the next attempt is '
    'considered. For anonymous requests.';
-- Deliberately not granted to editors and admins: the worker calls it as anonymous whatever token the request has.

-- A wrong current password counts as a failed login to the account: otherwise a session left open could be used to
-- guess the password.
create function api.change_password(p_current_password text, p_new_password text)
returns table (changed boolean, retry_after integer)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
    v_account bytea;
    v_hash text;
begin
    select u.* into v_user from internal.users u where u.id = internal.current_user_id();
    if not found then
        perform internal.raise_session_ended();
    end if;
    v_account := internal.login_account(v_user.email);
    changed := false;
    retry_after := internal.login_retry_after(v_account, null);
    if retry_after is null then
        changed := internal.matching_form(p_current_password, v_user.password_hash) is not null;
        perform internal.lock_login(v_account, null);
        retry_after := internal.login_retry_after(v_account, null);
    end if;
    if retry_after is not null then
        changed := false;
    elsif not changed then
        perform internal.count_login_failure(v_account, null, v_user.id);
    else
        -- Only now: otherwise KF017 during a block would reveal that the current password is right.
        v_hash := internal.hash_password(v_user.email, p_new_password);
        perform internal.clear_login_failures(v_account);
        -- If an admin changed the account while bcrypt ran, that change wins.
        update internal.users u set password_hash = v_hash
        where u.id = v_user.id and u.password_hash = v_user.password_hash and u.disabled_at is null;
        changed := found;
    end if;
    return next;
end
$$;
grant execute on function api.change_password(text, text) to coffer_editor, coffer_admin;
comment on function api.change_password(text, text) is
    'Changes the current user''s password and ends their other sessions. Returns false if the current password is '
    'wrong, and retry_after in seconds after too many failures. KF011 if the user is gone, KF017 if the new password '
    'breaks a rule. For editors and admins.';
