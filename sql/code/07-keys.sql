-- The keys that sign and verify tokens.
set local role coffer_owner;

-- No grants: the worker verifies with what internal.verification_keys returns; only the functions below sign.
comment on table internal.jwt_keys is 'HS256 keys.';
comment on column internal.jwt_keys.serial_number is 'Order of creation; the key with the highest number signs.';

-- A plain CGI worker queries this on a new connection, which would load PL/pgSQL for it alone: so it is SQL over a
-- view.
create view internal.usable_keys as
select k.serial_number, k.kid, k.secret from internal.jwt_keys k where k.retired_at is null;
grant select on internal.usable_keys to coffer_authenticator;
comment on view internal.usable_keys is 'Keys that have not been retired.';

create function internal.verification_keys() returns table (kid text, secret bytea)
language sql stable
begin atomic
    select k.kid, k.secret from internal.usable_keys k order by k.serial_number desc;
end;
grant execute on function internal.verification_keys() to coffer_authenticator;
comment on function internal.verification_keys() is
    'Returns the keys that verify tokens, the signing one first. For the worker.';
-- Deliberately not granted to the request roles: a key can sign as well as verify.

create function internal.rotate_key() returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_kid constant text := encode(extensions.gen_random_bytes(8), 'hex');
begin
    insert into internal.jwt_keys (kid, secret) values (v_kid, extensions.gen_random_bytes(32));
    perform internal.record('key_rotate', null, v_kid);
    return v_kid;
end
$$;
comment on function internal.rotate_key() is 'Creates a new signing key and returns its kid. For the operator.';

create function internal.retire_key(p_kid text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    -- Two concurrent retirements must see each other, so that a key remains.
    lock table internal.jwt_keys in share row exclusive mode;
    if not exists (select from internal.jwt_keys k where k.kid = p_kid and k.retired_at is null) then
        raise exception using errcode = 'KF014', message = 'There is no usable key with this kid.';
    end if;
    if p_kid = (select k.kid from internal.jwt_keys k where k.retired_at is null order by k.serial_number desc limit 1)
    then
        raise exception using errcode = 'KF014', message = 'The newest key signs tokens and cannot be retired.',
            hint = 'Rotate first.';
    end if;
    update internal.jwt_keys k set secret = null, retired_at = now() where k.kid = p_kid;
    perform internal.record('key_retire', null, p_kid);
end
$$;
comment on function internal.retire_key(text) is
    'Erases a key''s secret, so that its tokens stop working. KF014 for an unknown kid and for the newest key. For '
    'the operator.';

-- RFC 4648 section 5 without padding, as RFC 7515 requires. encode() inserts newlines, which are removed.
create function internal.base64url(p_bytes bytea) returns text
language sql immutable strict parallel safe
return translate(encode(p_bytes, 'base64'), E'+/=\n', '-_');
comment on function internal.base64url(bytea) is 'Returns base64url without padding.';

-- All values are uuids, numbers, hex and a checked role, so the JSON needs no quoting.
create function internal.sign_token(
    p_session_id uuid, p_user_id uuid, p_role text, p_issued bigint, p_expires bigint) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
    v_key internal.jwt_keys;
    v_message text;
begin
    select * into strict v_key from internal.jwt_keys k
    where k.retired_at is null order by k.serial_number desc limit 1;
    v_message := internal.base64url(convert_to(
            format('{"alg":"HS256","typ":"JWT","kid":"%s"}', v_key.kid), 'UTF8'))
        || '.' || internal.base64url(convert_to(
            format('{"role":"%s","user_id":"%s","sub":"%2$s","sid":"%s","iat":%s,"exp":%s}',
                p_role, p_user_id, p_session_id, p_issued, p_expires), 'UTF8'));
    return v_message || '.' || internal.base64url(
        extensions.hmac(convert_to(v_message, 'UTF8'), v_key.secret, 'sha256'));
end
$$;
comment on function internal.sign_token(uuid, uuid, text, bigint, bigint) is
    'Returns a JWT (RFC 7519) signed with the newest key; times are Unix seconds.';
-- Deliberately not granted: rotate_key, retire_key, base64url and sign_token, to any role.

-- A fresh installation can sign at once.
do $$ begin perform internal.rotate_key() where not exists (select from internal.jwt_keys); end $$;
