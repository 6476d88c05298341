-- One account for one address, and one password for one text, whatever form of Unicode they arrive in.
begin;
\ir setup.psql
select plan(45);

-- `Zürich-2026` as a PC sends it and as a Mac does, and an address likewise.
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
        'select case when api.create_user(%L, %L, ''editor'', null) is not null then ''made'' end', p_email, p_password))
$$;
create function pg_temp.set_hash(p_email text, p_typed text) returns void language sql as $$
    update internal.users u set password_hash = extensions.crypt(p_typed, extensions.gen_salt('bf', 4)), rehashed_at = null
    where u.email = p_email
$$;
create function pg_temp.hash_of(p_email text) returns text language sql as $$
    select u.password_hash from internal.users u where u.email = p_email
$$;
select set_config('coffer.login_failures', '1000', true);

-- The forms.
select is(internal.password_form(:'mac'), :'pc', 'a password is hashed in NFC');
select is(internal.password_form(U&'a\00A0b\2003c\3000d\202Fe f'), 'a b c d e f', 'with plain spaces');
select is(internal.password_form(U&'\FB01t\200D\2460'), U&'\FB01t\200D\2460', 'and else as it is: nothing is folded');
select is(internal.password_form(null), null, 'no password has no form');
select is(internal.password_form(repeat(:'mac', 100)), repeat(:'mac', 100), 'what is too long in any form is left alone');
select is(internal.email_key(:'decomposed'), internal.email_key(upper(:'composed')), 'an address is one in any form and case');
select isnt(internal.email_key('jurgen@test.invalid'), internal.email_key(:'composed'), 'and no other one');
select is(octet_length(internal.email_key(repeat(:'mac', 10000))), octet_length(repeat(:'mac', 10000)),
    'what is too long to be one is not normalised');

-- New accounts.
select is(pg_temp.create_user(:'decomposed', :'mac'), 'made', 'an account is made with a Mac');
select is((select email from internal.users where internal.email_key(email) = internal.email_key(:'composed')), :'composed',
    'its address is kept in NFC');
select is(pg_temp.create_user(:'composed', :'pc'), '23505', 'nobody else can have it in another form');
select is(pg_temp.create_user(upper(:'decomposed'), :'pc'), '23505', 'or another form and case');
select is(pg_temp.login(:'composed', :'pc'), 'in', 'its owner logs in on a PC');
select is(pg_temp.login(:'composed', :'mac'), 'in', 'with either form');
select is(pg_temp.login(:'decomposed', :'pc'), 'in', 'of either');
select is(pg_temp.login(upper(:'decomposed'), :'mac'), 'in', 'in any case');
select is(pg_temp.login(:'composed', 'Zurich-2026'), 'wrong', 'and with no other password');
select is(pg_temp.hash_of(:'composed') = extensions.crypt(:'pc', pg_temp.hash_of(:'composed')), true, 'the hash is of NFC');
select is((select rehashed_at from internal.users where email = :'composed'), null, 'and was never replaced');

-- The rules are about the normal form.
select is(pg_temp.create_user('short@test.invalid', normalize('äöüäöüäöü', nfd)), 'KF017',
    'nine letters are nine in the form of eighteen, too');
select is(pg_temp.create_user('ten@test.invalid', normalize('äöüäöüäöüä', nfd)), 'made', 'ten are enough');
select is(pg_temp.create_user('long@test.invalid', normalize(repeat('ä', 36), nfd)), 'made',
    '72 bytes in NFC are not too many, though they are 108 as typed');
select is(pg_temp.login('long@test.invalid', normalize(repeat('ä', 36), nfd)), 'in', 'and can be logged in with');
select is(pg_temp.create_user('longer@test.invalid', repeat('ä', 36) || 'x'), 'KF017', '73 are too many');
select is(pg_temp.create_user('grows@test.invalid', repeat(U&'\0958', 13)), 'KF017',
    'also where they are 39 as typed and 78 in NFC');
select is(pg_temp.create_user(:'composed' || '.example', :'decomposed' || '.example'), 'KF017',
    'a password must not be the address in another form');

-- Hashes from before.
select pg_temp.set_hash('other@test.invalid', :'mac');
select is(pg_temp.login('other@test.invalid', :'pc'), 'wrong', 'what a Mac set cannot be known from a PC');
insert into internal.sessions (id, user_id, role, expires_at)
values ('00000000-0000-4000-8000-0000000000ff', :other, 'editor', now() + interval '1 hour');
select is(pg_temp.login('other@test.invalid', :'mac'), 'in', 'as it was typed it still lets in');
select is(pg_temp.login('other@test.invalid', :'pc'), 'in', 'and from then on it does in the other form');
select is(pg_temp.login('other@test.invalid', :'mac'), 'in', 'and in the same');
select is((select rehashed_at is not null from internal.users where id = :other), true, 'as the hash was replaced');
select is(pg_temp.hash_of('other@test.invalid') like '$2a$12$%', true, 'by one of the usual cost');
select is((select count(*)::int from internal.sessions where id = '00000000-0000-4000-8000-0000000000ff'), 1,
    'which ends no session');
select is((select count(*)::int from internal.audit_log where action = 'user_password' and user_id = :other), 1,
    'and is no change of the password: the one on record is the test''s own');
select pg_temp.set_hash('other@test.invalid', repeat(U&'\0958', 13));
select is(pg_temp.login('other@test.invalid', repeat(U&'\0958', 13)), 'in',
    'a password that is too long in NFC lets in as it was typed');
select is((select rehashed_at from internal.users where id = :other), null, 'and keeps its hash');
select pg_temp.set_hash('other@test.invalid', :'mac');
update internal.users set disabled_at = now() where id = :other;
select is(pg_temp.login('other@test.invalid', :'mac'), 'wrong', 'a disabled account lets nobody in');
select is((select rehashed_at from internal.users where id = :other), null, 'and its hash stays');
update internal.users set disabled_at = null where id = :other;
select is(pg_temp.attempt('coffer_editor', :other,
    format('select changed from api.change_password(%L, %L)', :'mac', :'pc' || ' (2)')), 'true',
    'the current password may be typed as it was');
select is(pg_temp.login('other@test.invalid', :'mac' || U&'\00A0(2)'), 'in', 'the new one in any form');
select is((select rehashed_at from internal.users where id = :other), null, 'a change of the password is no replacement');

-- Failures are counted for one account.
select is(internal.login_account(:'decomposed'), internal.login_account(upper(:'composed')),
    'both forms of an address are one to guess at');

-- Two accounts from before that one form would make one.
insert into internal.users (email, password_hash, role)
values (:'decomposed', extensions.crypt('the other one', extensions.gen_salt('bf', 4)), 'editor');
select is(pg_temp.login(:'decomposed', 'the other one') || ' ' || pg_temp.login(:'composed', :'pc'), 'in in',
    'each is found by its own form');
select is((internal.lock_user_by_email(:'decomposed')).email, :'decomposed', 'by the operator, too');
select is(pg_temp.create_user(:'decomposed', :'pc'), '23505', 'and there is never a third one');
select * from finish();
rollback;
