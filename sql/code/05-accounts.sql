-- Changing accounts: the operator names them by e-mail address, admins by id. bcrypt takes a quarter of a second, so it
-- comes before any lock.
set local role coffer_owner;

-- Two accounts can share an address in two Unicode forms, see users_email_key. This prefers the one that is spelled
-- like the argument.
create function internal.find_user(p_email text) returns setof internal.users
language sql stable security definer set search_path = '' rows 1
begin atomic
    select u.* from internal.users u where internal.email_key(u.email) = internal.email_key(p_email)
    order by lower(u.email) = lower(p_email) desc, u.email is nfc normalized desc, u.created_at, u.id
    limit 1;
end;
comment on function internal.find_user(text) is
    'Returns the account of an e-mail address, in any case and Unicode form; no row if there is none. For the '
    'operator.';

create function internal.lock_user_by_email(p_email text) returns internal.users
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    lock table internal.users in share update exclusive mode;
    select u.* into v_user from internal.users u
    where u.id = (select f.id from internal.find_user(p_email) f) for update;
    if not found then
        raise exception using errcode = 'KF014', message = 'There is no user with this e-mail address.';
    end if;
    return v_user;
end
$$;
comment on function internal.lock_user_by_email(text) is
    'Locks accounts against other changes, then the user of this e-mail address, and returns that user. KF014 if '
    'there is none.';

create function internal.create_user(p_email text, p_password text, p_role text, p_quota_bytes bigint)
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
    -- Invisible characters and those that change the direction of text would make two addresses look alike.
    if v_email is null or not internal.is_email(v_email)
        or v_email ~ '[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]' then
        raise exception using errcode = 'KF014', message = 'The e-mail address is not valid.';
    elsif p_role is null or p_role not in ('editor', 'admin') then
        raise exception using errcode = 'KF014', message = 'The role must be editor or admin.';
    elsif p_quota_bytes < 0 then
        raise exception using errcode = 'KF014', message = 'The quota cannot be negative.';
    end if;
    insert into internal.users (email, password_hash, role, quota_bytes)
    values (v_email, internal.hash_password(v_email, p_password), p_role, p_quota_bytes)
    on conflict (internal.email_key(email)) where email is nfc normalized do nothing
    returning id into v_id;
    if v_id is null then
        raise exception using errcode = '23505', message = 'There is a user with this e-mail address already.';
    end if;
    return v_id;
end
$$;
comment on function internal.create_user(text, text, text, bigint) is
    'Creates an account and returns its id; p_quota_bytes null is no quota. KF014 for an invalid argument, KF017 for '
    'the password, 23505 if the e-mail address is taken. For the operator.';

-- The operator's functions are granted to no role, so only the owner and superusers can call them. `security definer`
-- makes them run as the owner even if a superuser calls them.
create function internal.set_password(p_email text, p_password text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    select u.* into v_user from internal.find_user(p_email) u;
    if not found then
        raise exception using errcode = 'KF014', message = 'There is no user with this e-mail address.';
    end if;
    perform api.reset_password(v_user.id, p_password);
end
$$;
comment on function internal.set_password(text, text) is
    'Sets a user''s password and ends the sessions. KF014 if there is no such user, KF017 for the password, KF027 if '
    'the user was deleted in the meantime. For the operator.';

create function internal.set_disabled(p_email text, p_disabled boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user constant internal.users := internal.lock_user_by_email(p_email);
begin
    if p_disabled is null then
        raise exception using errcode = 'KF014', message = 'Disabled must be true or false.';
    elsif p_disabled = (v_user.disabled_at is not null) then
        return;
    end if;
    update internal.users u set disabled_at = case when p_disabled then now() end where u.id = v_user.id;
end
$$;
comment on function internal.set_disabled(text, boolean) is
    'Disables a user, which ends the sessions, or enables one. KF014 if there is no such user, KF018 for the last '
    'enabled admin. For the operator.';

create function internal.set_role(p_email text, p_role text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user constant internal.users := internal.lock_user_by_email(p_email);
begin
    if p_role is null or p_role not in ('editor', 'admin') then
        raise exception using errcode = 'KF014', message = 'The role must be editor or admin.';
    end if;
    update internal.users u set role = p_role where u.id = v_user.id;
end
$$;
comment on function internal.set_role(text, text) is
    'Makes a user an editor or an admin, and ends the sessions if that is a change. KF014 for the role or if there is '
    'no such user, KF018 for the last enabled admin. For the operator.';

create function internal.set_quota(p_email text, p_quota_bytes bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user constant internal.users := internal.lock_user_by_email(p_email);
begin
    if p_quota_bytes < 0 then
        raise exception using errcode = 'KF014', message = 'The quota cannot be negative.';
    end if;
    update internal.users u set quota_bytes = p_quota_bytes where u.id = v_user.id;
end
$$;
comment on function internal.set_quota(text, bigint) is
    'Sets how many bytes a user''s files may have together, null for no quota. If they have more already, nothing can '
    'grow. KF014 for a negative quota or if there is no such user. For the operator.';

create function internal.delete_user(p_email text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform api.delete_user((internal.lock_user_by_email(p_email)).id);
end
$$;
comment on function internal.delete_user(text) is
    'Deletes a user with sessions and files, and lists the blobs as garbage. KF014 if there is no such user, KF018 '
    'for the last enabled admin. For the operator.';

-- The admins' functions change any account, but files only by deleting their user.
create function api.create_user(p_email text, p_password text, p_role text, p_quota_bytes bigint) returns uuid
language sql volatile security definer set search_path = ''
return internal.create_user(p_email, p_password, p_role, p_quota_bytes);
grant execute on function api.create_user(text, text, text, bigint) to coffer_admin;
comment on function api.create_user(text, text, text, bigint) is
    'Creates an account and returns its id; p_quota_bytes null is no quota. KF014 for an invalid argument, KF017 for '
    'the password, 23505 if the e-mail address is taken. For admins.';

create function api.reset_password(p_user_id uuid, p_new_password text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_hash constant text := internal.hash_password(
        (select u.email from internal.users u where u.id = p_user_id), p_new_password);
begin
    update internal.users u set password_hash = v_hash where u.id = p_user_id;
    if not found then
        raise exception using errcode = 'KF027', message = 'User not found.';
    end if;
end
$$;
grant execute on function api.reset_password(uuid, text) to coffer_admin;
comment on function api.reset_password(uuid, text) is
    'Sets the password of any user and ends their sessions. KF017 for the password, KF027 if there is no such user. '
    'For admins.';

create function api.delete_user(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    lock table internal.users in share update exclusive mode;
    perform from internal.users u where u.id = p_user_id for update;
    if not found then
        raise exception using errcode = 'KF027', message = 'User not found.';
    end if;
    -- Deleting the user would delete these rows, but only after the audit log was locked, and that lock comes last. The
    -- files do not go to the trash first; what is in the trash goes with the user.
    perform set_config('coffer.trash_days', '0', true);
    delete from internal.sessions s where s.user_id = p_user_id;
    delete from internal.files f where f.user_id = p_user_id;
    delete from internal.users u where u.id = p_user_id;
end
$$;
grant execute on function api.delete_user(uuid) to coffer_admin;
comment on function api.delete_user(uuid) is
    'Deletes a user with sessions, files and trash, and lists the blobs as garbage. KF018 for the last enabled admin, '
    'KF027 if there is no such user. For admins.';
-- Deliberately not granted to editors: these three functions.

create function api.whoami() returns json
language plpgsql stable security definer set search_path = ''
as $$
begin
    return (
        select row_to_json(me)
        from (
            select u.id as user_id, u.email, u.role, u.quota_bytes, l.used_bytes, l.file_count, l.trash_bytes,
                l.version_bytes,
                (select s.expires_at from internal.sessions s
                    where s.id = nullif(current_setting('coffer.session_id', true), '')::uuid
                        and s.user_id = u.id) as session_expires_at
            from internal.users u join internal.ledgers l on l.user_id = u.id
            where u.id = internal.current_user_id()) me);
end
$$;
grant execute on function api.whoami() to coffer_editor, coffer_admin;
comment on function api.whoami() is
    'Returns the current user, their totals, and when the session expires. For editors and admins.';
