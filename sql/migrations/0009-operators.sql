-- What `coffer` does for the operator. None of these functions is granted to anybody: only the owner can call them.
-- They run as the owner all the same, so that a superuser who calls them lends them no more rights than they need.
-- That a changed account loses its sessions is the work of the trigger on internal.users.
set local role coffer_owner;

create function internal.hash_password(p_email text, p_password text) returns text
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if p_password is null or char_length(p_password) < 10 then
        raise exception using errcode = 'KF017', message = 'A password has at least 10 characters.';
    elsif octet_length(p_password) > 72 then
        raise exception using errcode = 'KF017', message = 'A password has at most 72 bytes.';
    elsif lower(p_password) = lower(p_email) then
        raise exception using errcode = 'KF017', message = 'The password must not be the e-mail address.';
    end if;
    return extensions.crypt(p_password, extensions.gen_salt('bf', 12));
end
$$;
comment on function internal.hash_password(text, text) is 'bcrypt of a password that keeps the rules, else KF017.';

create function internal.user_by_email(p_email text) returns internal.users
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    select u.* into v_user from internal.users u where lower(u.email) = lower(p_email) for update;
    if not found then
        raise exception using errcode = 'KF014', message = 'There is no user with this e-mail address.';
    end if;
    return v_user;
end
$$;
comment on function internal.user_by_email(text) is 'The user, locked; KF014 if there is none.';

-- Called after a change that may have taken the last enabled admin away. The callers lock the table against each
-- other first, or two admins could disable one another at the same moment. The mode excludes itself only: a stronger
-- one would stop uploads that are about to count a file, and wait for them at the user's row.
create function internal.keep_an_admin() returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not exists (select from internal.users u where u.role = 'admin' and u.disabled_at is null) then
        raise exception using errcode = 'KF018', message = 'The last enabled admin has to stay.';
    end if;
end
$$;
comment on function internal.keep_an_admin() is 'KF018 unless there is an enabled admin.';

create function internal.create_user(p_email text, p_password text, p_role text, p_quota_bytes bigint) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_id uuid;
begin
    if p_email is null or p_email !~ '^[^\s@]+@[^\s@]+$' or octet_length(p_email) > 254 then
        raise exception using errcode = 'KF014', message = 'The e-mail address is not valid.';
    elsif p_role is null or p_role not in ('editor', 'admin') then
        raise exception using errcode = 'KF014', message = 'The role is editor or admin.';
    elsif p_quota_bytes < 0 then
        raise exception using errcode = 'KF014', message = 'The quota cannot be negative.';
    end if;
    insert into internal.users (email, password_hash, role, quota_bytes)
    values (p_email, internal.hash_password(p_email, p_password), p_role, p_quota_bytes)
    on conflict (lower(email)) do nothing
    returning id into v_id;
    if v_id is null then
        raise exception using errcode = 'KF014', message = 'There is a user with this e-mail address already.';
    end if;
    insert into internal.audit_log (action, user_id, subject) values ('user_create', v_id, p_email);
    return v_id;
end
$$;
comment on function internal.create_user(text, text, text, bigint) is
    'New account; null for no quota. KF014 for an argument that is not valid or an e-mail that is taken, KF017 for the password.';

create function internal.set_password(p_email text, p_password text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user constant internal.users := internal.user_by_email(p_email);
begin
    update internal.users u
    set password_hash = internal.hash_password(v_user.email, p_password), updated_at = now()
    where u.id = v_user.id;
    insert into internal.audit_log (action, user_id, subject) values ('user_password', v_user.id, v_user.email);
end
$$;
comment on function internal.set_password(text, text) is 'New password; ends the user''s sessions.';

create function internal.set_disabled(p_email text, p_disabled boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    lock table internal.users in share update exclusive mode;
    v_user := internal.user_by_email(p_email);
    if p_disabled is null then
        raise exception using errcode = 'KF014', message = 'Disabled is true or false.';
    elsif p_disabled = (v_user.disabled_at is not null) then
        return;
    end if;
    update internal.users u
    set disabled_at = case when p_disabled then now() end, updated_at = now()
    where u.id = v_user.id;
    perform internal.keep_an_admin() where p_disabled and v_user.role = 'admin';
    insert into internal.audit_log (action, user_id, subject)
    values (case when p_disabled then 'user_disable' else 'user_enable' end, v_user.id, v_user.email);
end
$$;
comment on function internal.set_disabled(text, boolean) is
    'Refuses or admits the user again; ends the sessions. KF018 for the last enabled admin.';

create function internal.set_role(p_email text, p_role text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    lock table internal.users in share update exclusive mode;
    v_user := internal.user_by_email(p_email);
    if p_role is null or p_role not in ('editor', 'admin') then
        raise exception using errcode = 'KF014', message = 'The role is editor or admin.';
    elsif p_role = v_user.role then
        return;
    end if;
    update internal.users u set role = p_role, updated_at = now() where u.id = v_user.id;
    perform internal.keep_an_admin() where v_user.role = 'admin' and v_user.disabled_at is null;
    insert into internal.audit_log (action, user_id, subject) values ('user_role', v_user.id, v_user.email);
end
$$;
comment on function internal.set_role(text, text) is
    'Makes the user an editor or an admin; ends the sessions. KF018 for the last enabled admin.';

create function internal.set_quota(p_email text, p_quota_bytes bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user constant internal.users := internal.user_by_email(p_email);
begin
    if p_quota_bytes < 0 then
        raise exception using errcode = 'KF014', message = 'The quota cannot be negative.';
    elsif p_quota_bytes is not distinct from v_user.quota_bytes then
        return;
    end if;
    update internal.users u set quota_bytes = p_quota_bytes, updated_at = now() where u.id = v_user.id;
    insert into internal.audit_log (action, user_id, subject) values ('user_quota', v_user.id, v_user.email);
end
$$;
comment on function internal.set_quota(text, bigint) is
    'Most bytes the user''s files may have together, null for no quota. May be less than is used: then nothing grows. '
    'Ends no session.';

create function internal.delete_user(p_email text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    lock table internal.users in share update exclusive mode;
    v_user := internal.user_by_email(p_email);
    -- Sessions and files go with the user; the triggers of files discard the blobs.
    delete from internal.users u where u.id = v_user.id;
    perform internal.keep_an_admin() where v_user.role = 'admin' and v_user.disabled_at is null;
    insert into internal.audit_log (action, user_id, subject) values ('user_delete', v_user.id, v_user.email);
end
$$;
comment on function internal.delete_user(text) is
    'Removes the user with sessions and files, and discards the blobs. KF018 for the last enabled admin.';

-- gc takes names, removes the blobs, and forgets the names, in one transaction. Rows that an upload or another gc has
-- locked are skipped. An upload may be slow, so its row is left alone for a week whatever the grace.
create function internal.take_discarded(p_grace interval, p_limit integer) returns setof text
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return query
        select d.blob from internal.discarded_blobs d
        where d.discarded_at <= now() - case d.reason when 'uploading' then interval '7 days' else p_grace end
            and not exists (select from internal.files f where f.blob = d.blob)
        order by d.discarded_at
        limit p_limit
        for update of d skip locked;
end
$$;
comment on function internal.take_discarded(interval, integer) is
    'Names of blobs to remove from the store, locked until the transaction ends.';

create function internal.forget_discarded(p_blobs text[]) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.discarded_blobs d where d.blob = any (p_blobs);
end
$$;
comment on function internal.forget_discarded(text[]) is 'Takes removed blobs off the list.';
