-- The totals of a user's files, and the quota, which refuses uploads that exceed it.
begin;
\ir setup.psql
select plan(58);

-- As on an installation that keeps nothing; trash.sql has the others.
select set_config('coffer.trash_days', '0', true), set_config('coffer.version_days', '0', true) \g /dev/null

create function pg_temp.totals(p_user uuid) returns text language sql as $$
    select used_bytes || ' bytes, ' || file_count || ' files' from internal.ledgers where user_id = p_user
$$;
-- Users whose totals are wrong, also deleted ones; there must be none.
create function pg_temp.miscounted() returns setof uuid language sql as $$
    select l.user_id from internal.ledgers l left join internal.files f on f.user_id = l.user_id
    group by l.user_id having l.used_bytes <> coalesce(sum(f.size_bytes), 0) or l.file_count <> count(f.id)
    union all
    select u.id from internal.users u where not exists (select from internal.ledgers l where l.user_id = u.id)
$$;
-- An upload of this many bytes: `stored`, or the error of begin_upload or store_file with its detail.
create function pg_temp.upload(p_path text, p_size bigint, p_announced bigint = null,
    p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text
language plpgsql as $$
declare
    blob constant text := md5(gen_random_uuid()::text);
    v_detail text;
begin
    perform set_config('coffer.user_id', p_user::text, true), set_config('role', 'coffer_editor', true);
    perform api.begin_upload(blob, p_path, p_announced, null, false);
    perform api.store_file(blob, p_path, null, null, p_size, sha256(blob::bytea), null, false);
    perform set_config('role', 'none', true), set_config('coffer.user_id', '', true);
    return 'stored';
exception when others then
    get stacked diagnostics v_detail = pg_exception_detail;
    return concat_ws('; ', sqlstate || ' ' || sqlerrm, nullif(v_detail, ''));
end
$$;
create function pg_temp.set_quota(p_quota bigint) returns text language sql as $$
    select pg_temp.failure('coffer_owner', null,
        format('select internal.set_quota(''editor@test.invalid'', %L)', p_quota))
$$;

-- The totals follow the files.
select is(pg_temp.totals(:editor), '0 bytes, 0 files', 'a new user has no bytes and files');
select is(pg_temp.upload('a', 100), 'stored');
select is(pg_temp.totals(:editor), '100 bytes, 1 files', 'a file is counted');
select is(pg_temp.upload('b', 50), 'stored');
select is(pg_temp.totals(:editor), '150 bytes, 2 files', 'a second file is counted');
select is(pg_temp.upload('a', 130), 'stored');
select is(pg_temp.totals(:editor), '180 bytes, 2 files', 'overwriting with more bytes adds the difference');
select is(pg_temp.upload('a', 20), 'stored');
select is(pg_temp.totals(:editor), '70 bytes, 2 files', 'overwriting with fewer bytes subtracts the difference');
select is(pg_temp.upload('empty', 0), 'stored');
select is(pg_temp.totals(:editor), '70 bytes, 3 files', 'an empty file is counted');
select is(pg_temp.upload('a', 7, null, :other), 'stored');
select is(pg_temp.totals(:editor) || ', ' || pg_temp.totals(:other), '70 bytes, 3 files, 7 bytes, 1 files',
    'each user has their own totals');
select is(pg_temp.failure('coffer_editor', :editor, 'update api.files set description = ''x'''), 'no failure',
    'a description can be changed');
select is(pg_temp.failure('coffer_editor', :editor,
    'update api.files set file_path = ''moved/'' || file_path'), 'no failure', 'all files can be moved');
select is(pg_temp.totals(:editor), '70 bytes, 3 files', 'descriptions and moves change no total');
select is(pg_temp.attempt('coffer_editor', :editor,
    'select json_build_array(w -> ''used_bytes'', w -> ''file_count'') from api.whoami() w'), '[70, 3]',
    'whoami returns the totals');
select is_empty('select pg_temp.miscounted()', 'the totals are the sums of the files');

-- Many files at once change the row of each user once.
insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
select u.id, 'many/' || n, 'a/b', n, sha256(''), md5(n || u.email)
from generate_series(1, 1000) n, internal.users u where u.email in ('Editor@test.invalid', 'other@test.invalid');
select is(pg_temp.totals(:editor) || ', ' || pg_temp.totals(:other),
    '500570 bytes, 1003 files, 500507 bytes, 1001 files', 'one statement can insert files of several users');
create temporary table changes (user_id uuid);
grant insert on changes to coffer_owner;
create function pg_temp.count_change() returns trigger language plpgsql as $$
begin
    insert into changes values (new.user_id);
    return null;
end
$$;
create trigger count_change after update on internal.ledgers for each row execute function pg_temp.count_change();
create function pg_temp.changes_of(p_result text) returns text language sql as $$
    with gone as (delete from changes returning 1) select p_result || ' ' || count(*) from gone
$$;
delete from internal.files where file_path like 'many/%';
select results_eq('select user_id, count(*) from changes group by 1 order by 1',
    $$ values ('00000000-0000-4000-8000-00000000000e'::uuid, 1::bigint), ('00000000-0000-4000-8000-00000000000f', 1) $$,
    'deleting two thousand files updates each user''s row once');
truncate changes;
select is(pg_temp.changes_of(pg_temp.upload('once', 5)), 'stored 1', 'an upload updates the user''s row once');
select is(pg_temp.changes_of(pg_temp.upload('once', 6)), 'stored 1', 'an overwrite updates the user''s row once');
select is(pg_temp.changes_of(pg_temp.upload('once', 6)), 'stored 1', 'so does one of the same size');
select is(pg_temp.changes_of(pg_temp.failure('coffer_editor', :editor,
    'delete from api.files where file_path = ''once''')), 'no failure 1', 'deleting a file updates the user''s row once');
drop trigger count_change on internal.ledgers;
select is(pg_temp.totals(:editor) || ', ' || pg_temp.totals(:other), '70 bytes, 3 files, 7 bytes, 1 files',
    'deleted files are subtracted from the totals');
select is_empty('select pg_temp.miscounted()', 'the totals are right after the deletion');

-- The quota. The editor has 70 bytes: `moved/a` 20, `moved/b` 50, `moved/empty` none.
insert into internal.sessions (user_id, role, expires_at) values (:editor, 'editor', now() + interval '1 hour');
select is(pg_temp.set_quota(-1), 'KF014 The quota cannot be negative.');
select is(pg_temp.set_quota(100), 'no failure', 'the operator sets a quota');
select is(pg_temp.upload('c', 30), 'stored', 'the quota can be used to the last byte');
select is(pg_temp.upload('d', 1), 'KF006 The quota would be exceeded; 101 bytes would be used, 100 are allowed; 0 of them are in the trash',
    'one byte too many is refused when the file is stored');
select is(pg_temp.upload('d', 1, 1), 'KF006 The quota would be exceeded; 101 bytes would be used, 100 are allowed; 0 of them are in the trash',
    'one byte too many is refused before it is sent if the size is known');
select is(pg_temp.upload('d', 1, 9223372036854775807),
    'KF006 The quota would be exceeded; 9223372036854775907 bytes would be used, 100 are allowed; 0 of them are in the trash',
    'the largest announced size is refused');
select is(pg_temp.upload('c', 31), 'KF006 The quota would be exceeded; 101 bytes would be used, 100 are allowed; 0 of them are in the trash',
    'a file cannot be replaced by one that exceeds the quota');
select is(pg_temp.upload('c', 31, 31), 'KF006 The quota would be exceeded; 101 bytes would be used, 100 are allowed; 0 of them are in the trash',
    'an upload that would replace a file and exceed the quota cannot begin');
select is(pg_temp.totals(:editor), '100 bytes, 4 files', 'refused uploads are not counted');
select is(pg_temp.upload('c', 30, 30), 'stored', 'a file of the same size can be stored again');
select is(pg_temp.upload('d', 0, 0), 'stored', 'an empty file can be stored when the quota is used up');
select is(pg_temp.upload('d', 1000, null, :other), 'stored', 'another user does not have this quota');

-- Over the quota.
select is(pg_temp.set_quota(10), 'no failure', 'a quota can be less than is used');
select is(pg_temp.upload('c', 29, 29), 'stored', 'over the quota a file may shrink');
select is(pg_temp.upload('c', 29, 29), 'stored', 'over the quota a file may keep its size');
select is(pg_temp.upload('c', 30, 30), 'KF006 The quota would be exceeded; 100 bytes would be used, 10 are allowed; 0 of them are in the trash',
    'over the quota a file cannot grow');
select is(pg_temp.failure('coffer_editor', :editor, 'delete from api.files where file_path <> ''c'''),
    'no failure', 'over the quota files can be deleted');
select is(pg_temp.totals(:editor), '29 bytes, 1 files', 'deleted files are no longer counted');
select is(pg_temp.set_quota(null), 'no failure');
select is(pg_temp.upload('c', 1000000, 1000000), 'stored', 'without a quota any size can be stored');

select is((select string_agg(action || ' ' || count, ', ' order by action collate "C") from (
        select action, count(*) from internal.audit_log
        where user_id = :editor and subject not like 'many/%' and action <> 'user_create' group by action) a),
    'delete 5, move 3, store 14, user_quota 3', 'the audit log has files and quotas, but not the totals');
select is((select count(*) from internal.sessions where user_id = :editor), 1::bigint,
    'neither totals nor quotas end a session');

-- Who may change them.
grant usage on schema internal to coffer_editor, coffer_admin;
select is(pg_temp.attempt('coffer_editor', :editor, 'update internal.users set quota_bytes = null'), '42501',
    'an editor cannot change a quota');
select is(pg_temp.attempt('coffer_admin', :admin, 'update internal.ledgers set used_bytes = 0, file_count = 0'),
    '42501', 'an admin cannot change the totals');
select is(pg_temp.attempt('coffer_admin', :admin, format('%s from internal.ledgers', s)), '42501',
    s || ' from ledgers is granted to no admin')
from unnest('{select max(chain_length),select count(chain_hash),delete}'::text[]) s;
select is(pg_temp.attempt('coffer_editor', :editor, 'select string_agg(user_id::text, '' '') from internal.ledgers'),
    :editor, 'an editor sees only the totals of their own files');
select is(pg_temp.attempt('coffer_admin', :admin, 'select count(used_bytes) from internal.ledgers'),
    (select count(*)::text from internal.ledgers), 'an admin sees the totals of all users');
select is(pg_temp.attempt('coffer_owner', null,
    'with gone as (delete from internal.ledgers returning 1) select count(*) from gone'), '0',
    'the owner''s functions cannot delete a ledger');

select is(pg_temp.failure('coffer_owner', null, 'select internal.delete_user(''other@test.invalid'')'), 'no failure',
    'a user can be deleted with files');
select is_empty('select pg_temp.miscounted()', 'the totals of all users are right, those of the deleted one 0');

select * from finish();
rollback;
