-- E-mail addresses and passwords: which spellings are the same, and which are accepted.
set local role coffer_owner;

grant execute on function internal.is_email(text) to coffer_admin;
comment on function internal.is_email(text) is
    'Returns whether this can be an e-mail address: at most 254 bytes. For admins, whose changes of accounts are '
    'checked with it.';
-- PostgreSQL evaluates an index's expression with the rights of the role that changes a row. A connection also caches
-- the expression as planned for the first role that reads the table, so all roles must have the same right: otherwise
-- `on conflict` does not find the index.
grant execute on function internal.email_key(text)
    to coffer_authenticator, coffer_anonymous, coffer_editor, coffer_admin;
comment on function internal.email_key(text) is
    'Returns what all spellings of one e-mail address have in common. For every role, because an index uses it.';

-- OpaqueString of RFC 8265 section 4.2: all spaces become U+0020, and the rest is in NFC. Characters that the RFC
-- forbids are accepted, because refusing them would lock out users who have them. A text of more than 512 bytes cannot
-- have a normal form of at most 72.
create function internal.password_form(p_password text) returns text
language sql immutable parallel safe
return case when octet_length(p_password) <= 512 then normalize(translate(p_password,
    U&'\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\202F\205F\3000', repeat(' ', 16)), nfc)
    else p_password end;
comment on function internal.password_form(text) is
    'Returns the normal form of a password, which is hashed and compared.';

-- How often bcrypt runs must depend on what was typed only, never on the account: twice if the typed password is not in
-- its normal form. If there is no account, a constant hash is used, which is no account's.
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
    -- bcrypt ignores what follows the first 72 bytes.
    v_is_normal := extensions.crypt(v_form, v_hash) = p_hash and octet_length(v_form) <= 72;
    if v_typed <> v_form then
        v_is_typed := extensions.crypt(v_typed, v_hash) = p_hash and octet_length(v_typed) <= 72;
    end if;
    return case when p_password is null then null when v_is_normal then 'normal' when v_is_typed then 'typed' end;
end
$$;
comment on function internal.matching_form(text, text) is
    'Returns in which form a password matches a hash: normal, typed (the hash is of a password that was not in the '
    'normal form), or null if it does not match.';

-- A login may find a hash of the password as it was typed, not of its normal form. Replacing it does not change the
-- password: no session ends, and nothing is recorded in the audit log.
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
    'Replaces a hash of a password as it was typed by one of its normal form, if that can be hashed.';

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
    'Returns the bcrypt hash of a password''s normal form. KF017 if it breaks a rule.';
-- Deliberately not granted: password_form, matching_form, rehash_password and hash_password, to any role.
