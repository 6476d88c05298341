-- Archives: which files a folder and a selection have, whose they are, and what is recorded.
begin;
\ir setup.psql
select plan(17);

-- The paths that an editor's request finds, in order; `-` for a path that leads to nothing.
create function pg_temp.found(p_paths text[], p_is_selection boolean,
    p_user uuid = '00000000-0000-4000-8000-00000000000e', p_role text = 'coffer_editor', p_function text = 'download_folder') returns text
language sql as $$
    select pg_temp.attempt(p_role, p_user, format(
        'select string_agg(coalesce(file_path, ''-''), '' '' order by file_path) from api.%I(%L, %L)',
        p_function, p_paths, p_is_selection))
$$;
-- The files that are recorded as downloaded.
create function pg_temp.recorded() returns text language sql as $$
    select string_agg(a.subject, ' ' order by a.subject collate "C")
    from internal.audit_log a where a.action = 'retrieve' and a.user_id = '00000000-0000-4000-8000-00000000000e'
$$;

select pg_temp.store(:editor, path, path) is not null
from unnest('{a/1,a/b/2,a-b,a.txt,a0,b,é/ü}'::text[]) path \g /dev/null
select pg_temp.store(:other, 'a/other', 'x') is not null \g /dev/null

select is(pg_temp.found('{a}', false), 'a/1 a/b/2', 'a folder has what is below it, and nothing beside it');
select is(pg_temp.found('{""}', false), 'a-b a.txt a/1 a/b/2 a0 b é/ü', 'the root has everything');
select is(pg_temp.found('{é}', false), 'é/ü', 'a folder may have any name');
select is(pg_temp.found('{b}', false), '-', 'a file is not a folder');
select is(pg_temp.found('{none}', false), '-', 'an absent folder has a row of nulls');
select is(pg_temp.found('{b,a/b}', true), 'a/b/2 b', 'a selection has files and folders');
select is(pg_temp.found('{b,none,a/b}', true), 'a/b/2 b -', 'an absent path of a selection has a row of nulls');
select is(pg_temp.attempt('coffer_editor', :editor,
    'select f.size_bytes || '' '' || f.blob || coalesce(f.store_url, ''-'') from api.download_folder(''{b}'', true) f'),
    '1 ' || md5('b' || :editor) || '-', 'a row says where the bytes are');
update internal.files set modified_at = '2001-02-03 04:05:06.7+00' where file_path = 'b' and user_id = :editor;
select is(pg_temp.attempt('coffer_editor', :editor, 'select modified_at from api.download_folder(''{b}'', true)'),
    '981173106', 'a row has the time of the file in whole seconds');

-- Only the user's own files, for an admin too.
select is(pg_temp.found('{""}', false, :other), 'a/other', 'another user has only their own files');
select is(pg_temp.found('{a,b}', true, :admin, 'coffer_admin'), '- -', 'an admin has nobody''s files');
select is(pg_temp.found('{a}', true, :admin, 'coffer_admin', 'download_folder_audited'), '-',
    'an admin has nobody''s files with a record either');
select is(pg_temp.found('{""}', false, null, 'coffer_anonymous'), '42501', 'an anonymous client may not ask');

-- The audit log.
select is(pg_temp.recorded(), null, 'nothing is recorded unless it is asked for');
select is(pg_temp.found('{a,b}', true, p_function => 'download_folder_audited'),
    pg_temp.found('{a,b}', true), 'an audited download returns what any download returns');
select is(pg_temp.recorded(), 'a/1 a/b/2 b', 'each file is recorded once');
select is(pg_temp.found('{none}', false, p_function => 'download_folder_audited') || coalesce(pg_temp.recorded(), ''),
    '-a/1 a/b/2 b', 'nothing is recorded if nothing is found');

select * from finish();
rollback;
