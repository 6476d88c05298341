-- One account for one address and one password for one text, in whatever form of Unicode a keyboard sends them; and the
-- mark by which a store is recognised as the database's own.
set local role coffer_owner;

-- Addresses are compared in NFC and without case. What is longer than 1024 bytes is no address in any form, and is not
-- worth the time that normalising takes.
create function internal.email_key(p_email text) returns text
language sql immutable parallel safe
return case when octet_length(p_email) <= 1024 then normalize(lower(normalize(p_email, nfc)), nfc) else p_email end;
-- An index on it is kept with the rights of whoever changes a row. And a connection remembers the index's expression as
-- whoever first reads the table may see it, so that all must see the same: else no insert finds the index again.
grant execute on function internal.email_key(text)
    to coffer_authenticator, coffer_anonymous, coffer_editor, coffer_admin;
comment on function internal.email_key(text) is 'What two spellings of the same e-mail address have in common.';

-- OpaqueString of RFC 8265 §4.2: spaces of every kind are U+0020, and the rest is in NFC. Characters that it forbids are
-- let through, as they lock nobody out. No text of more than 512 bytes has a form of 72.
create function internal.password_form(p_password text) returns text
language sql immutable parallel safe
return case when octet_length(p_password) <= 512 then normalize(translate(p_password,
    U&'\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\202F\205F\3000', repeat(' ', 16)), nfc)
    else p_password end;
comment on function internal.password_form(text) is 'A password as it is hashed and compared.';

-- Accounts that differ in the form of their addresses alone stay as they are: nobody knows which of them is meant. Each
-- goes on being found by its own form, and no third one can join them, as new addresses are in NFC.
update internal.users u set email = normalize(u.email, nfc)
where u.email is not nfc normalized
    and not exists (
        select from internal.users o
        where o.id <> u.id and internal.email_key(o.email) = internal.email_key(u.email)
            and (o.email is nfc normalized or (o.created_at, o.id) < (u.created_at, u.id)));
drop index internal.users_email_key;
create unique index users_email_key on internal.users (internal.email_key(email)) where email is nfc normalized;
create index users_email_idx on internal.users (internal.email_key(email));

-- A login may find a hash from before, of the password as it was typed then. It is replaced by one of the normal form,
-- which is no change of the password: no session ends, and the audit log has nothing to say.
alter table internal.users add column rehashed_at timestamptz;
-- Deliberately not granted.
comment on column internal.users.rehashed_at is
    'When a login replaced the hash by one of the same password in its normal form; null when none has.';
comment on column internal.users.email is 'In NFC; compared without case.';

create or replace function internal.users_changed() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if tg_op = 'INSERT' then
        perform internal.record('user_create', new.id, array[new.email]);
    elsif tg_op = 'DELETE' then
        perform internal.record('user_delete', old.id, array[old.email]);
    else
        perform internal.record(c.action, new.id, array[new.email])
        from (values
            ('user_password', new.password_hash <> old.password_hash
                and new.rehashed_at is not distinct from old.rehashed_at),
            ('user_role', new.role <> old.role),
            ('user_disable', new.disabled_at is not null and old.disabled_at is null),
            ('user_enable', new.disabled_at is null and old.disabled_at is not null),
            ('user_quota', new.quota_bytes is distinct from old.quota_bytes)) as c (action, is_so)
        where c.is_so;
    end if;
    return null;
end
$$;
drop trigger changed on internal.users;
create trigger changed after update of password_hash, role, disabled_at on internal.users
    for each row when (new.role <> old.role or new.disabled_at is distinct from old.disabled_at
        or (new.password_hash <> old.password_hash and new.rehashed_at is not distinct from old.rehashed_at))
    execute function internal.end_sessions();

-- How often bcrypt works must depend on what was typed alone, never on the account: twice where that is not in its normal
-- form, against nobody's password where there is no account.
create function internal.matching_form(p_password text, p_hash text) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_nobody constant text := '$2a$12$mTLZZdF5/8iAMDc9kFQwiu.kpZACh9ITaha9BEO.s2Bf7ksAe5ShO';
    v_hash constant text := coalesce(p_hash, v_nobody);
    v_typed constant text := coalesce(p_password, '');
    v_form constant text := internal.password_form(v_typed);
    v_is_normal boolean;
    v_is_typed boolean := false;
begin
    -- bcrypt looks no further than 72 bytes.
    v_is_normal := extensions.crypt(v_form, v_hash) = p_hash and octet_length(v_form) <= 72;
    if v_typed <> v_form then
        v_is_typed := extensions.crypt(v_typed, v_hash) = p_hash and octet_length(v_typed) <= 72;
    end if;
    return case when p_password is null then null when v_is_normal then 'normal' when v_is_typed then 'typed' end;
end
$$;
comment on function internal.matching_form(text, text) is
    'In which form a password is the one of a hash: normal, typed (a hash from before) or null, for neither.';

create function internal.rehash_password(p_user_id uuid, p_hash text, p_password text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_form constant text := internal.password_form(p_password);
begin
    update internal.users u
    set password_hash = extensions.crypt(v_form, extensions.gen_salt('bf', 12)), rehashed_at = clock_timestamp()
    where u.id = p_user_id and u.password_hash = p_hash and octet_length(v_form) <= 72;
end
$$;
comment on function internal.rehash_password(uuid, text, text) is
    'Replaces a hash of a password as it was typed by one of its normal form.';

create or replace function internal.hash_password(p_email text, p_password text) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_form constant text := internal.password_form(p_password);
begin
    if v_form is null or char_length(v_form) < 10 then
        raise exception using errcode = 'KF017', message = 'A password has at least 10 characters.';
    elsif octet_length(v_form) > 72 then
        raise exception using errcode = 'KF017', message = 'A password has at most 72 bytes.';
    elsif internal.email_key(v_form) = internal.email_key(p_email) then
        raise exception using errcode = 'KF017', message = 'The password must not be the e-mail address.';
    end if;
    return extensions.crypt(v_form, extensions.gen_salt('bf', 12));
end
$$;
comment on function internal.hash_password(text, text) is
    'bcrypt of the normal form of a password that keeps the rules, else KF017.';

-- Of two accounts from before that share an address in two forms, the one that is spelled like this.
create function internal.find_user(p_email text) returns setof internal.users
language sql stable security definer set search_path = '' rows 1
begin atomic
    select u.* from internal.users u where internal.email_key(u.email) = internal.email_key(p_email)
    order by lower(u.email) = lower(p_email) desc, u.email is nfc normalized desc, u.created_at, u.id
    limit 1;
end;
comment on function internal.find_user(text) is 'The account of an e-mail address, in any case and form of Unicode.';

create or replace function internal.user_by_email(p_email text) returns internal.users
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    select u.* into v_user from internal.users u
    where u.id = (select f.id from internal.find_user(p_email) f) for update;
    if not found then
        raise exception using errcode = 'KF014', message = 'There is no user with this e-mail address.';
    end if;
    return v_user;
end
$$;

create or replace function internal.set_password(p_email text, p_password text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    select u.* into v_user from internal.find_user(p_email) u;
    if not found then
        raise exception using errcode = 'KF014', message = 'There is no user with this e-mail address.';
    end if;
    perform internal.replace_password(v_user.id, v_user.email, p_password);
end
$$;

create or replace function internal.create_user(p_email text, p_password text, p_role text, p_quota_bytes bigint)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_email text;
    v_id uuid;
begin
    if octet_length(p_email) <= 1024 then
        v_email := normalize(p_email, nfc);
    end if;
    -- What cannot be seen, or turns the text around it: two addresses would look like one.
    if v_email is null or not internal.is_email(v_email)
        or v_email ~ '[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]' then
        raise exception using errcode = 'KF014', message = 'The e-mail address is not valid.';
    elsif p_role is null or p_role not in ('editor', 'admin') then
        raise exception using errcode = 'KF014', message = 'The role is editor or admin.';
    elsif p_quota_bytes < 0 then
        raise exception using errcode = 'KF014', message = 'The quota cannot be negative.';
    end if;
    insert into internal.users (email, password_hash, role, quota_bytes)
    values (v_email, internal.hash_password(v_email, p_password), p_role, p_quota_bytes)
    on conflict (internal.email_key(email)) where email is nfc normalized do nothing
    returning id into v_id;
    if v_id is null then
        raise exception using errcode = 'KF026', message = 'There is a user with this e-mail address already.';
    end if;
    return v_id;
end
$$;

create or replace function internal.list_sessions(p_email text)
returns table (id uuid, email text, role text, created_at timestamptz, expires_at timestamptz)
language sql stable security definer set search_path = ''
begin atomic
    select s.id, u.email, s.role, s.created_at, s.expires_at
    from internal.sessions s join internal.users u on u.id = s.user_id
    where s.expires_at > now() and (p_email is null or u.id = (select f.id from internal.find_user(p_email) f))
    order by lower(u.email), s.created_at, s.id;
end;

create or replace function internal.login_account(p_email text) returns bytea
language sql immutable parallel safe
return sha256(convert_to(internal.email_key(coalesce(p_email, '')), 'UTF8'));
comment on column internal.login_failures.account is
    'SHA-256 of internal.email_key, known or not: what was typed may be a password in the wrong field.';

create or replace function api.login(email text, password text)
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
        -- While bcrypt worked, the operator may have changed the account, and another login the hash. Under this lock it
        -- stays as it is, and whoever ends the sessions after us sees ours.
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
    perform internal.forgive_login_failures(v_account);
    return query select s.token, s.expires_at, null::integer from internal.open_session(v_user.id, v_user.role) s;
    perform internal.record('login', v_user.id, array[null::text], v_user.id);
end
$$;

create or replace function api.change_password(p_current_password text, p_new_password text)
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
        raise exception using errcode = 'KF011', message = 'The session has ended.';
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
        -- Only now, or the rules of the new password would tell during a block that the current one is right.
        v_hash := internal.hash_password(v_user.email, p_new_password);
        perform internal.forgive_login_failures(v_account);
        -- What an admin has changed while bcrypt worked is not undone by who knew the password before.
        update internal.users u set password_hash = v_hash
        where u.id = v_user.id and u.password_hash = v_user.password_hash and u.disabled_at is null;
        changed := found;
    end if;
    return next;
end
$$;
-- Deliberately not granted: password_form, matching_form, rehash_password and find_user, to anybody.

-- The same UUID stands in a file or object of the store, so that another place is not taken for it.
alter table internal.stores add column identity uuid unique;
comment on column internal.stores.identity is 'The mark that the store carries; null until `coffer migrate` has set one.';

drop function internal.current_store(text);
create function internal.current_store(p_configured text) returns table (url text, is_known boolean, identity text)
language plpgsql stable security definer set search_path = ''
as $$
begin
    return query
        select coalesce(s.url, p_configured),
            exists (select from internal.stores k where k.url is null or k.url = p_configured),
            s.identity::text
        from internal.stores s where s.is_current;
end
$$;
grant execute on function internal.current_store(text) to coffer_authenticator;
comment on function internal.current_store(text) is
    'Where uploads go, with the mark of that store, and whether the store that a configuration names is one of this '
    'database.';

create function internal.mark_store(p_store smallint, p_identity uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update internal.stores s set identity = p_identity where s.id = p_store;
exception when unique_violation then
    raise exception using errcode = 'KF014', message = 'This place is another store of this database already.',
        hint = 'See: coffer storage list';
end
$$;
-- Deliberately not granted.
comment on function internal.mark_store(smallint, uuid) is
    'Notes the mark of a store. KF014 for the mark of another one.';
