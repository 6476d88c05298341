-- Guessing passwords: which failures are counted, what they block and for how long, and what is answered.
begin;
\ir setup.psql
select plan(57);

-- A login from an address: `in`, `wrong`, or `blocked`.
create function pg_temp.login(p_email text, p_password text, p_address text = '') returns text
language plpgsql as $$
declare
    answer text;
begin
    perform set_config('coffer.remote_address', p_address, true);
    answer := pg_temp.attempt('coffer_anonymous', null, format($sql$
        select case when token is not null and expires_at is not null and retry_after is null then 'in'
            when token is null and expires_at is null and retry_after between 1 and 900 then 'blocked' end
        from api.login(%L, %L)$sql$, p_email, p_password));
    perform set_config('coffer.remote_address', '', true);
    return coalesce(answer, 'wrong');
end
$$;
-- Guesses this many times, and counts the answers. An unknown account takes as long as an existing one.
create function pg_temp.guess(p_times int, p_email text, p_address text = '') returns text language sql as $$
    select string_agg(answer || ' ' || times, ', ' order by answer desc)
    from (select pg_temp.login(p_email, 'wrong guess', p_address) as answer, count(*) as times
        from generate_series(1, p_times) group by 1) a
$$;
create function pg_temp.change_password(p_user uuid, p_current text, p_new text) returns text language sql as $$
    select pg_temp.attempt('coffer_editor', p_user, format(
        'select concat_ws('' '', changed, retry_after > 0) from api.change_password(%L, %L)',
        p_current, p_new))
$$;
create function pg_temp.audited(p_user uuid) returns text language sql as $$
    select string_agg(action || ' ' || times, ', ' order by action collate "C")
    from (select action, count(*) as times from internal.audit_log where user_id is not distinct from p_user
        and action like 'login%' group by 1) a
$$;
delete from internal.login_failures;
update internal.users set password_hash = extensions.crypt('other password', extensions.gen_salt('bf', 4))
where id = :other;
-- Low limits, so that few guesses are needed.
select set_config('coffer.login_failures', '3', true), set_config('coffer.login_address_failures', '5', true);

-- An account.
select is(pg_temp.guess(2, 'editor@test.invalid'), 'wrong 2', 'wrong passwords are refused');
select is(pg_temp.login('editor@test.invalid', 'editor password'), 'in', 'the right password is accepted');
select is(pg_temp.guess(2, 'Editor@TEST.invalid'), 'wrong 2', 'a login clears the failures of the account');
select is(pg_temp.guess(2, 'editor@test.invalid'), 'wrong 1, blocked 1',
    'the third failure blocks the account, in any case of the e-mail address');
select is(pg_temp.login('editor@test.invalid', 'editor password'), 'blocked',
    'a blocked account refuses the right password');
select is(pg_temp.audited(:editor), 'login 1, login_blocked 1, login_failed 5',
    'the audit log has each failure, the block once, and no blocked attempt');
select is(pg_temp.guess(20, 'editor@test.invalid'), 'blocked 20', 'attempts during a block are refused');
select is(pg_temp.audited(:editor), 'login 1, login_blocked 1, login_failed 5',
    'attempts during a block are not recorded');
select is((select count(*)::int from internal.login_failures), 3,
    'attempts during a block are not counted, so the block does not grow');
select is(pg_temp.login('other@test.invalid', 'other password'), 'in', 'other accounts are not blocked');
update internal.login_failures set failed_at = failed_at - interval '15 minutes'
where failed_at = (select min(failed_at) from internal.login_failures);
select is(pg_temp.login('editor@test.invalid', 'wrong'), 'wrong',
    'once the oldest failure is 15 minutes old, an attempt is considered');
select is(pg_temp.login('editor@test.invalid', 'editor password'), 'blocked',
    'the next failure blocks the account again');
select is(pg_temp.audited(:editor), 'login 1, login_blocked 2, login_failed 6', 'the second block is recorded');
select is(pg_temp.attempt('coffer_anonymous', null,
    'select retry_after between 880 and 900 from api.login(''editor@test.invalid'', ''x'')'), 'true',
    'a blocked attempt returns how long the block lasts');
update internal.login_failures set failed_at = failed_at - interval '14 minutes 30 seconds';
select is(pg_temp.attempt('coffer_anonymous', null,
    'select retry_after between 1 and 30 from api.login(''editor@test.invalid'', ''x'')'), 'true',
    'the remaining time is in seconds');
update internal.login_failures set failed_at = failed_at - interval '1 minute';
select is(pg_temp.login('editor@test.invalid', 'editor password'), 'in',
    'after the block the right password is accepted');

-- Unknown accounts and disabled ones.
select is(pg_temp.guess(5, 'nobody@test.invalid'), 'wrong 3, blocked 2',
    'an unknown account is blocked in the same way');
select is((select count(*)::int from internal.audit_log where action like 'login%' and subject is not null), 0,
    'the audit log does not have what was typed');
update internal.users set disabled_at = now() where id = :other;
select is(pg_temp.login('other@test.invalid', 'other password'), 'wrong',
    'a disabled account refuses the right password');
select is(pg_temp.guess(3, 'other@test.invalid'), 'wrong 2, blocked 1', 'failures of a disabled account are counted');
update internal.users set disabled_at = null where id = :other;
delete from internal.login_failures;

-- An address.
select is(pg_temp.guess(2, 'a@test.invalid', '192.0.2.1') || ', ' || pg_temp.guess(2, 'b@test.invalid', '192.0.2.1'),
    'wrong 2, wrong 2', 'an address can fail at several accounts');
select is(pg_temp.login('other@test.invalid', 'other password', '192.0.2.1'), 'in',
    'an address can log in to an account of its own');
select is(pg_temp.guess(2, 'c@test.invalid', '192.0.2.1'), 'wrong 1, blocked 1',
    'a login does not clear the failures of the address');
select is(pg_temp.login('other@test.invalid', 'other password', '192.0.2.1'), 'blocked',
    'a blocked address is refused for all accounts');
select is(pg_temp.login('other@test.invalid', 'other password', '192.0.2.2'), 'in', 'other addresses are not blocked');
select is((select string_agg(subject || ' ' || remote_address, ', ') from internal.audit_log
    where action = 'login_blocked' and subject is not null), '192.0.2.1 192.0.2.1',
    'the audit log has the blocked address once');
select is(pg_temp.guess(1, 'd@test.invalid', '::ffff:192.0.2.1'), 'blocked 1',
    'an IPv4 address mapped to IPv6 is the same address');
select is(pg_temp.guess(1, 'd@test.invalid', '::ffff:192.0.2.3'), 'wrong 1',
    'different mapped addresses are different');
select is((select string_agg(pg_temp.guess(1, n || '@test.invalid', '2001:db8:0:1::' || n), ', ' order by n)
    from generate_series(1, 6) n), 'wrong 1, wrong 1, wrong 1, wrong 1, wrong 1, blocked 1',
    'the addresses of one IPv6 /64 count together');
select is(pg_temp.guess(1, 'e@test.invalid', '2001:db8:0:2::1'), 'wrong 1', 'another /64 counts separately');
select is((select count(*)::int from internal.audit_log where action = 'login_blocked'
    and subject = '2001:db8:0:1::/64'), 1,
    'the audit log has the blocked /64');
select is((select string_agg(pg_temp.guess(1, n || '@other.invalid', address), ', ' order by n)
    from unnest('{unix:,unix:,unix:,unix:,unix:,"","","",fe80::1%eth0}'::text[]) with ordinality as a (address, n)),
    rtrim(repeat('wrong 1, ', 9), ', '), 'without an address only the account counts');
select is((select count(*)::int from internal.login_failures where address is null and account is null), 0);

-- Limits.
create function pg_temp.limit_of(p_value text) returns bigint language plpgsql as $$
begin
    perform set_config('coffer.login_failures', p_value, true);
    return internal.login_limit('coffer.login_failures');
end
$$;
select is(pg_temp.limit_of(''), 10::bigint, 'the default limit is ten');
select is(pg_temp.limit_of('25'), 25::bigint, 'the limit can be set');
select is(pg_temp.limit_of('0'), 1::bigint, 'the limit is at least one');
select is(internal.login_limit('coffer.not_set_by_anybody'), 10::bigint, 'an unknown setting has the default');

-- Changing one's own password.
select set_config('coffer.login_failures', '3', true) as done \gset
delete from internal.login_failures;
insert into internal.sessions (id, user_id, role, expires_at)
select id, :editor, 'editor', now() + interval '1 hour'
from unnest('{00000000-0000-4000-8000-000000000001,00000000-0000-4000-8000-000000000002}'::uuid[]) id;
select set_config('coffer.session_id', '00000000-0000-4000-8000-000000000001', true) as done \gset
create function pg_temp.sessions() returns text language sql as $$
    select string_agg(right(id::text, 1), ' ' order by id) from internal.sessions
    where id in ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002')
$$;
select is(pg_temp.change_password(:editor, 'wrong', 'a new password'), 'f', 'a wrong current password changes nothing');
select is(pg_temp.change_password(:editor, 'editor password', 'short'), 'KF017',
    'a new password that breaks a rule is refused');
select is(pg_temp.change_password(:editor, 'editor password', 'EDITOR@test.invalid'), 'KF017',
    'a new password that is the e-mail address is refused');
select is(pg_temp.sessions(), '1 2', 'a refused change ends no session');
select is(pg_temp.audited(:editor), 'login 2, login_blocked 2, login_failed 7',
    'a wrong current password counts as a failure');
select is(pg_temp.change_password(:editor, 'editor password', 'a new password'), 't',
    'the right current password changes the password');
select is(pg_temp.sessions(), '1', 'a change of the password ends the other sessions');
select is((select count(*)::int from internal.login_failures), 0, 'a change of the password clears the failures');
select is((select count(*)::int from internal.audit_log where action = 'user_password' and actor_id = :editor), 1,
    'a change of the password is recorded');
select is(pg_temp.login('editor@test.invalid', 'a new password')
    || pg_temp.login('editor@test.invalid', 'editor password'),
    'inwrong', 'the new password is accepted and the old one refused');
select is((select string_agg(pg_temp.change_password(:editor, null, 'another password'), ', ')
    from generate_series(1, 2)),
    'f, f', 'two more wrong passwords are refused');
select is(pg_temp.change_password(:editor, 'a new password', 'another password'), 'f t',
    'a blocked user cannot change the password, and gets the time to wait');
select is(pg_temp.login('editor@test.invalid', 'a new password'), 'blocked',
    'a user who is blocked by changes of the password cannot log in');
select is(pg_temp.change_password(gen_random_uuid(), 'a', 'another password'), 'KF011',
    'a deleted user cannot change the password');
select is(pg_temp.attempt('coffer_anonymous', :editor, 'select api.change_password(''a'', ''b'')'), '42501',
    'an anonymous client cannot change a password');

-- A change by the operator ends all sessions, including the one of this request.
select is(pg_temp.failure('coffer_owner', null,
    'select internal.set_password(''editor@test.invalid'', ''set by operator'')'),
    'no failure');
select is(pg_temp.sessions(), null, 'the operator''s new password ends all sessions');

-- Deleting what has expired.
update internal.login_failures set failed_at = failed_at - interval '16 minutes' where account is not null;
insert into internal.login_failures (address) values ('192.0.2.9');
update internal.sessions set expires_at = now() - interval '8 days' where user_id = :other;
select is(pg_temp.attempt('coffer_owner', null,
    'select f.sessions > 0 and f.login_failures > 0 from internal.delete_expired() f'),
    'true', 'expired rows are deleted and counted');
select is((select count(*)::int from internal.login_failures), 1, 'other rows are kept');
select is_empty('select * from internal.verify_audit()', 'the chains of the audit log have no problem');

select * from finish();
rollback;
