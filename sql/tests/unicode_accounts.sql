-- An e-mail address is one account and a text one password, in whatever Unicode form they are sent.
begin;
\ir setup.psql
select plan(45);

-- A password and an address, as a PC and as a Mac send them.
select normalize('Zürich-2026', nfc) as pc, normalize('Zürich-2026', nfd) as mac,
    normalize('jürgen@test.invalid', nfc) as composed, normalize('jürgen@test.invalid', nfd) as decomposed \gset

create function pg_temp.login(p_email text, p_password text) returns text
language plpgsql as $$
declare
    answer text;
begin
    answer := pg_temp.attempt('coffer_anonymous', null, format($sql$
        select case when token is not null then 'in' when retry_after is not null then 'blocked' end
        from api.login(%L, %L)$sql$, p_email, p_password));
    return coalesce(answer, 'wrong');
end
$$;
create function pg_temp.create_user(p_email text, p_password text) returns text language sql as $$
    select pg_temp.attempt('coffer_admin', '00000000-0000-4000-8000-00000000000a', format(
        'select case when api.create_user(%L, %L, ''editor'', null) is not null then ''made'' end', p_email,
            p_password))
$$;
create function pg_temp.set_hash(p_email text, p_typed text) returns void language sql as $$
    update internal.users u set password_hash = extensions.crypt(p_typed, extensions.gen_salt('bf', 4)),
        rehashed_at = null
    where u.email = p_email
$$;
create function pg_temp.hash_of(p_email text) returns text language sql as $$
    select u.password_hash from internal.users u where u.email = p_email
$$;
select set_config('coffer.login_failures', '1000', true);

-- The forms.
select is(internal.password_form(:'mac'), :'pc', 'a password is hashed in NFC');
select is(internal.password_form(U&'a\00A0b\2003c\3000d\202Fe f'), 'a b c d e f', 'the normal form has plain spaces');
select is(internal.password_form(U&'\FB01t\200D\2460'), U&'\FB01t\200D\2460', 'the normal form folds nothing else');
select is(internal.password_form(null), null, 'a missing password has no normal form');
select is(internal.password_form(repeat(:'mac', 100)), repeat(:'mac', 100),
    'a text that is too long in any form is unchanged');
select is(internal.email_key(:'decomposed'), internal.email_key(upper(:'composed')),
    'an e-mail address has one key in any form and case');
select isnt(internal.email_key('jurgen@test.invalid'), internal.email_key(:'composed'),
    'another e-mail address has another key');
select is(octet_length(internal.email_key(repeat(:'mac', 10000))), octet_length(repeat(:'mac', 10000)),
    'a text that is too long for an address is not normalised');

-- New accounts.
select is(pg_temp.create_user(:'decomposed', :'mac'), 'made', 'an account can be created with decomposed text');
select is((select email from internal.users where internal.email_key(email) = internal.email_key(:'composed')),
    :'composed',
    'the e-mail address is stored in NFC');
select is(pg_temp.create_user(:'composed', :'pc'), '23505', 'the e-mail address cannot be taken in NFC');
select is(pg_temp.create_user(upper(:'decomposed'), :'pc'), '23505',
    'the e-mail address cannot be taken in another form and case');
select is(pg_temp.login(:'composed', :'pc'), 'in', 'the composed address and password are accepted');
select is(pg_temp.login(:'composed', :'mac'), 'in', 'the decomposed password is accepted');
select is(pg_temp.login(:'decomposed', :'pc'), 'in', 'the decomposed address is accepted');
select is(pg_temp.login(upper(:'decomposed'), :'mac'), 'in', 'the address is accepted in any case');
select is(pg_temp.login(:'composed', 'Zurich-2026'), 'wrong', 'another password is refused');
select is(pg_temp.hash_of(:'composed') = extensions.crypt(:'pc', pg_temp.hash_of(:'composed')), true,
    'the hash is of the password in NFC');
select is((select rehashed_at from internal.users where email = :'composed'), null,
    'a hash of the normal form is not replaced');

-- The rules apply to the normal form.
select is(pg_temp.create_user('short@test.invalid', normalize('äöüäöüäöü', nfd)), 'KF017',
    'nine letters are too short although they are 18 characters as typed');
select is(pg_temp.create_user('ten@test.invalid', normalize('äöüäöüäöüä', nfd)), 'made', 'ten letters are enough');
select is(pg_temp.create_user('long@test.invalid', normalize(repeat('ä', 36), nfd)), 'made',
    '72 bytes in NFC are accepted although they are 108 as typed');
select is(pg_temp.login('long@test.invalid', normalize(repeat('ä', 36), nfd)), 'in',
    'a password of 72 bytes in NFC can be used');
select is(pg_temp.create_user('longer@test.invalid', repeat('ä', 36) || 'x'), 'KF017', '74 bytes are too long');
select is(pg_temp.create_user('grows@test.invalid', repeat(U&'\0958', 13)), 'KF017',
    '78 bytes in NFC are too long although they are 39 as typed');
select is(pg_temp.create_user(:'composed' || '.example', :'decomposed' || '.example'), 'KF017',
    'a password must not be the address in another form');

-- Hashes of passwords that were not in their normal form.
select pg_temp.set_hash('other@test.invalid', :'mac');
select is(pg_temp.login('other@test.invalid', :'pc'), 'wrong',
    'a decomposed hash does not match the composed password');
insert into internal.sessions (id, user_id, role, expires_at)
values ('00000000-0000-4000-8000-0000000000ff', :other, 'editor', now() + interval '1 hour');
select is(pg_temp.login('other@test.invalid', :'mac'), 'in', 'a decomposed hash matches the decomposed password');
select is(pg_temp.login('other@test.invalid', :'pc'), 'in', 'after that login the composed password is accepted');
select is(pg_temp.login('other@test.invalid', :'mac'), 'in', 'after that login the decomposed password is accepted');
select is((select rehashed_at is not null from internal.users where id = :other), true, 'that login replaced the hash');
select is(pg_temp.hash_of('other@test.invalid') like '$2a$12$%', true, 'the new hash has the usual cost');
select is((select count(*)::int from internal.sessions where id = '00000000-0000-4000-8000-0000000000ff'), 1,
    'replacing the hash ends no session');
select is((select count(*)::int from internal.audit_log where action = 'user_password' and user_id = :other), 1,
    'replacing the hash is not recorded as a change of the password');
select pg_temp.set_hash('other@test.invalid', repeat(U&'\0958', 13));
select is(pg_temp.login('other@test.invalid', repeat(U&'\0958', 13)), 'in',
    'a password that is too long in NFC is accepted as it was typed');
select is((select rehashed_at from internal.users where id = :other), null,
    'the hash of a password that is too long in NFC is not replaced');
select pg_temp.set_hash('other@test.invalid', :'mac');
update internal.users set disabled_at = now() where id = :other;
select is(pg_temp.login('other@test.invalid', :'mac'), 'wrong', 'a disabled account is refused');
select is((select rehashed_at from internal.users where id = :other), null,
    'the hash of a disabled account is not replaced');
update internal.users set disabled_at = null where id = :other;
select is(pg_temp.attempt('coffer_editor', :other,
    format('select changed from api.change_password(%L, %L)', :'mac', :'pc' || ' (2)')), 'true',
    'the current password can be given as it was typed');
select is(pg_temp.login('other@test.invalid', :'mac' || U&'\00A0(2)'), 'in',
    'the new password is accepted in any form');
select is((select rehashed_at from internal.users where id = :other), null,
    'a change of the password does not set rehashed_at');

-- Failures are counted for one account.
select is(internal.login_account(:'decomposed'), internal.login_account(upper(:'composed')),
    'failures are counted for both forms of an address together');

-- Two accounts whose addresses differ in their Unicode form only.
insert into internal.users (email, password_hash, role)
values (:'decomposed', extensions.crypt('the other one', extensions.gen_salt('bf', 4)), 'editor');
select is(pg_temp.login(:'decomposed', 'the other one') || ' ' || pg_temp.login(:'composed', :'pc'), 'in in',
    'each of two accounts is found by its own form');
select is((internal.lock_user_by_email(:'decomposed')).email, :'decomposed',
    'the operator finds an account by its own form');
select is(pg_temp.create_user(:'decomposed', :'pc'), '23505', 'a third account of the address cannot be created');
select * from finish();
rollback;
