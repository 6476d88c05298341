-- E-mail addresses and passwords: when two spellings are the same, and which of them are accepted.
set local role coffer_owner;

grant execute on function internal.is_email(text) to coffer_admin;
comment on function internal.is_email(text) is 'Whether this can be an address of electronic mail: 254 bytes at most.';
-- An index on it is kept with the rights of the role that changes a row. And a connection remembers the index's
-- expression as the first role that read the table may see it, so all roles must see the same: otherwise no insert
-- finds the index.
grant execute on function internal.email_key(text)
    to coffer_authenticator, coffer_anonymous, coffer_editor, coffer_admin;
comment on function internal.email_key(text) is 'What two spellings of the same e-mail address have in common.';

-- OpaqueString of RFC 8265 section 4.2: spaces of every kind are U+0020, and the rest is in NFC. Characters that it
-- forbids are let through, as they lock no user out. No text of more than 512 bytes has a form of 72.
create function internal.password_form(p_password text) returns text
language sql immutable parallel safe
return case when octet_length(p_password) <= 512 then normalize(translate(p_password,
    U&'\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\202F\205F\3000', repeat(' ', 16)), nfc)
    else p_password end;
comment on function internal.password_form(text) is 'A password as it is hashed and compared.';

-- How often bcrypt runs must depend on what was typed alone, never on the account: twice where that is not in its
-- normal form, and against a hash of no account's password where there is no account.
create function internal.matching_form(p_password text, p_hash text) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_no_account constant text := '$2a$12$mTLZZdF5/8iAMDc9kFQwiu.kpZACh9ITaha9BEO.s2Bf7ksAe5ShO';
    v_hash constant text := coalesce(p_hash, v_no_account);
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

-- A login may find a hash of the password as it was typed long ago. It is replaced by one of the normal form, which is
-- not a change of the password: no session ends, and the audit log has nothing to report.
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

create function internal.hash_password(p_email text, p_password text) returns text
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
-- Deliberately not granted: password_form, matching_form, rehash_password and hash_password, to any role.
