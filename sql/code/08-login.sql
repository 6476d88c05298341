-- Logging in, and what stops the guessing of passwords: failures are counted per account and per address, and too many
-- block both for a while.
set local role coffer_owner;

-- No grants. A failure is counted, forgiven or forgotten; nothing changes one.
comment on table internal.login_failures is 'Failed logins of the last 15 minutes, per account and per address.';
comment on column internal.login_failures.account is
    'SHA-256 of internal.email_key, known or not: what was typed may be a password in the wrong field.';
comment on column internal.login_failures.address is 'The client''s IPv4 address, or the /64 of its IPv6 address.';

-- What the worker was configured with, between one failure and a million.
create function internal.login_limit(p_setting text) returns bigint
language sql stable parallel safe
return least(1000000, greatest(1, coalesce(nullif(current_setting(p_setting, true), '')::bigint, 10)));
comment on function internal.login_limit(text) is
    'Failures within 15 minutes that block: coffer.login_failures for an account, coffer.login_address_failures for an '
    'address.';

create function internal.login_account(p_email text) returns bytea
language sql immutable parallel safe
return sha256(convert_to(internal.email_key(coalesce(p_email, '')), 'UTF8'));
comment on function internal.login_account(text) is 'How login_failures names an account.';

-- One customer of IPv6 has at least a /64. IPv4 that came through an IPv6 socket is IPv4, or all of it would be one.
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
    'The address of this request as login_failures names it; null for none.';

-- An account or address is blocked while there are as many failures as the limit, and so until the one that many
-- places back is 15 minutes old. Attempts during a block are no failures and do not make it longer.
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
    'Seconds, at least 1, for which account or address is blocked; null when neither is. Either may be null.';

-- The answer is decided under these locks: whether there is a block, and then what becomes of the attempt, is decided
-- for one attempt after the other, so fifty guesses at once learn no more than ten. They are taken only when bcrypt is
-- done; otherwise one client that guesses would stop everybody behind the same address for as long as that takes.
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
    'Waits until no other attempt at this account, or from this address, is being decided.';

-- Called under the locks and without a block, so a block that is there afterwards began with this failure, and is
-- recorded once.
create function internal.count_login_failure(p_account bytea, p_address inet, p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into internal.login_failures (account, address)
    select k.account, k.address from (values (p_account, null::inet), (null, p_address)) as k (account, address)
    where num_nonnulls(k.account, k.address) = 1;
    perform internal.record('login_failed', p_user_id, array[null::text]);
    perform internal.record('login_blocked', p_user_id, array[null::text])
    where internal.login_retry_after(p_account, null) is not null;
    perform internal.record('login_blocked', null, array[abbrev(p_address)])
    where internal.login_retry_after(null, p_address) is not null;
end
$$;
comment on function internal.count_login_failure(bytea, inet, uuid) is
    'Counts and records a wrong password; p_user_id is null when there is no such account.';

create function internal.clear_login_failures(p_account bytea) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.login_failures f where f.account = p_account;
end
$$;
comment on function internal.clear_login_failures(bytea) is
    'Forgets the failures of an account, not those of an address.';
-- Deliberately not granted: any of these functions. Login and change_password call them.

-- Whether the account is unknown, disabled, or the password wrong must not show, in the answer or in the time taken:
-- each case does the same bcrypt. A failure returns no row and is not an error, because an error would undo its audit
-- row. A blocked attempt does no bcrypt and is blocked whatever the password: it reveals nothing, not even by its time.
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
        -- While bcrypt worked, the operator may have changed the account, and another login the hash. Under this lock
        -- it stays as it is, and whatever ends the sessions later sees ours.
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
    perform internal.record('login', v_user.id, array[null::text], v_user.id);
end
$$;
grant execute on function api.login(text, text) to coffer_anonymous;
comment on function api.login(text, text) is
    'Token of a new session and its expiry in Unix seconds; no row when e-mail and password do not match; after too '
    'many failures a row with retry_after alone, the seconds until the next attempt is heard.';
-- Deliberately not granted to editors and admins: the worker logs in as anonymous whatever token came along.

-- A wrong current password counts as a failed login to the account: an open session that was found must not serve to
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
        -- Only now, or the rules of the new password would reveal during a block that the current one is right.
        v_hash := internal.hash_password(v_user.email, p_new_password);
        perform internal.clear_login_failures(v_account);
        -- What an admin has changed while bcrypt worked is not undone by who knew the password before.
        update internal.users u set password_hash = v_hash
        where u.id = v_user.id and u.password_hash = v_user.password_hash and u.disabled_at is null;
        changed := found;
    end if;
    return next;
end
$$;
grant execute on function api.change_password(text, text) to coffer_editor, coffer_admin;
comment on function api.change_password(text, text) is
    'Changes the current user''s password and ends their other sessions; false when the current one is wrong, with '
    'retry_after (seconds) when too many were. KF017 when the new one breaks a rule.';
