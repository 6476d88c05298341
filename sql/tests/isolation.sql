-- Which roles can see and change whose files, asked by psql instead of the worker.
begin;
\ir setup.psql
select plan(31);

select isnt(pg_temp.store(:editor, 'docs/mine.txt', 'editor''s'), null, 'an editor stores a file');
select isnt(pg_temp.store(:other, 'docs/mine.txt', 'other''s'), null, 'another editor stores a file of the same path');
select isnt(pg_temp.store(:admin, 'admin.txt', 'admin''s', p_role => 'coffer_admin'), null, 'an admin stores a file');

\set paths '\'select string_agg(owner_email || \'\':\'\' || file_path, \'\' \'\' order by owner_email collate "C") from api.files where owner_email like \'\'%@test.invalid\'\'\''
select is(pg_temp.attempt('coffer_editor', :editor, :paths), 'Editor@test.invalid:docs/mine.txt',
    'an editor sees their own file');
select is(pg_temp.attempt('coffer_editor', :other, :paths), 'other@test.invalid:docs/mine.txt',
    'the other editor sees their own file');
select is(pg_temp.attempt('coffer_admin', :admin, :paths),
    'Editor@test.invalid:docs/mine.txt admin@test.invalid:admin.txt other@test.invalid:docs/mine.txt',
    'an admin sees all files, with their owners');
select is(pg_temp.attempt('coffer_editor', null, 'select count(*) from api.files'), '0',
    'a role without a user sees nothing');
select is(pg_temp.attempt('coffer_editor', gen_random_uuid(), 'select count(*) from api.files'), '0',
    'a user who does not exist sees nothing');
select is(pg_temp.attempt('coffer_anonymous', :editor, 'select count(*) from api.files'), '42501',
    'an anonymous client cannot read the view');
select is(pg_temp.attempt('coffer_anonymous', :editor, 'select api.retrieve_file(''docs/mine.txt'')'), '42501',
    'an anonymous client cannot retrieve a file');
select is(pg_temp.attempt('coffer_authenticator', :editor, 'select count(*) from api.files'), '42501',
    'the worker''s own role cannot read the view');

select is(pg_temp.attempt('coffer_editor', :editor, 'select blob from internal.files'), '42501',
    'an editor cannot read names of blobs');
select is(pg_temp.attempt('coffer_admin', :admin, 'select blob from internal.files'), '42501',
    'an admin cannot read names of blobs');
select is(pg_temp.attempt('coffer_admin', :admin, 'select blob from api.files'), '42703',
    'the view has no names of blobs');
select is(pg_temp.attempt('coffer_admin', :admin, 'select count(*) from api.retrieve_file(''docs/mine.txt'')'), '0',
    'an admin cannot retrieve the files of others');

-- Even a role that could name the tables could read no more than this.
grant usage on schema internal to coffer_editor, coffer_admin;
select is(pg_temp.attempt('coffer_admin', :admin, 'select max(blob) from internal.files'), '42501',
    'the column blob is granted to no admin');
select is(pg_temp.attempt('coffer_admin', :admin, 'select max(password_hash) from internal.users'), '42501',
    'the column password_hash is granted to no admin');
select is(pg_temp.attempt('coffer_editor', :editor, 'select string_agg(email, '' '') from internal.users'),
    'Editor@test.invalid', 'an editor sees only their own row of users');
select is(pg_temp.attempt('coffer_admin', :admin, 'select max(kid) from internal.jwt_keys'), '42501',
    'keys are granted to no admin');
select is(pg_temp.attempt('coffer_admin', :admin, 'select max(id::text) from internal.sessions'), '42501',
    'sessions are granted to no admin');
select is(pg_temp.attempt('coffer_editor', :editor, $$
    insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
    values ('00000000-0000-4000-8000-00000000000e', 'stolen', 'a/b', 1, sha256(''), md5('other''s'))
$$), '42501', 'a file cannot be inserted directly');

\set changed '\'with changed as (update api.files set description = \'\'changed\'\' where true returning owner_email) select string_agg(owner_email, \'\' \'\') from changed\''
select is(pg_temp.attempt('coffer_admin', :admin, :changed), 'admin@test.invalid', 'an admin changes their own rows');
select is(pg_temp.attempt('coffer_editor', :editor, :changed), 'Editor@test.invalid',
    'an editor changes their own rows');
select is(pg_temp.attempt('coffer_editor', :editor, $$ update api.files set sha256 = '' $$), '0A000',
    'content cannot be changed through the view');
select is(pg_temp.attempt('coffer_editor', :editor,
    $$ update api.files set user_id = '00000000-0000-4000-8000-00000000000f' $$), '42501',
    'a file cannot be given to another user');
select is(pg_temp.attempt('coffer_editor', :editor, $$ update api.files set file_path = '../up' $$), '23514',
    'a path that breaks a rule is refused by the table');
select is(pg_temp.attempt('coffer_editor', :editor,
    $$ with moved as (update api.files set file_path = 'moved' returning 1) select count(*) from moved $$), '1',
    'a file can be moved');
select is((select string_agg(action || ' ' || subject, ',' order by id) from internal.audit_log
    where actor_id = :editor), 'store docs/mine.txt,move moved', 'the audit log has the upload and the move');

select is(pg_temp.attempt('coffer_admin', :admin,
    'with gone as (delete from api.files where user_id <> ''00000000-0000-4000-8000-00000000000a'' returning 1)
    select count(*) from gone'), '0', 'an admin cannot delete the files of others');
select is(pg_temp.attempt('coffer_editor', :other,
    'with gone as (delete from api.files where file_path = ''moved'' returning 1) select count(*) from gone'), '0',
    'an editor cannot delete the files of others');
select is((select count(*)::int from internal.files f join internal.users u on u.id = f.user_id
    where u.email like '%@test.invalid'), 3, 'all three files are still there');

select * from finish();
rollback;
