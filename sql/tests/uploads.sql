-- A sequence of storing, overwriting, preconditions, retrieving and deleting, and the garbage after each step.
begin;
\ir setup.psql
select plan(47);

-- As on an installation that keeps nothing; trash.sql has the others.
select set_config('coffer.trash_days', '0', true), set_config('coffer.version_days', '0', true) \g /dev/null

create function pg_temp.path_failure(p_path text) returns text language sql as $$
    select pg_temp.failure('coffer_editor', '00000000-0000-4000-8000-00000000000e',
        format('select api.begin_upload(md5(''x''), %L, 1, null, false)', p_path))
$$;
create function pg_temp.garbage() returns text language sql as $$
    select string_agg(d.reason || ' ' || c.content, ', ' order by c.content)
    from internal.garbage d
    join (values ('one'), ('two'), ('three'), ('four'), ('gone')) as c (content)
        on d.blob = md5(c.content || '00000000-0000-4000-8000-00000000000e')
$$;

select is(pg_temp.path_failure(null), 'KF003 The file path is missing.');
select is(pg_temp.path_failure(''), 'KF003 The file path is missing.');
select is(pg_temp.path_failure('/a'), 'KF003 The file path begins with a slash.');
select is(pg_temp.path_failure('a/'), 'KF003 The file path ends with a slash.');
select is(pg_temp.path_failure('a//b'), 'KF003 The file path has an empty segment.');
select is(pg_temp.path_failure('a/../b'), 'KF003 The file path has a segment "." or "..".');
select is(pg_temp.path_failure('.'), 'KF003 The file path has a segment "." or "..".');
select is(pg_temp.path_failure('a\b'), 'KF003 The file path has a backslash.');
select is(pg_temp.path_failure(E'a\tb'), 'KF003 The file path has a control character.');
select is(pg_temp.path_failure(U&'a\0085b'), 'KF003 The file path has a control character.');
select is(pg_temp.path_failure(repeat('é', 128)), 'KF003 The file path has a segment longer than 255 bytes.');
select is(pg_temp.path_failure(repeat('abcdefg/', 128) || 'x'), 'KF003 The file path is longer than 1,024 bytes.');
select is(pg_temp.path_failure('.../a..b/..c'), 'no failure', 'dots are allowed in a name');
select is(pg_temp.path_failure(rpad('', 255, 'a') || '/' || rpad('', 255, 'b')),
    'KF019 The upload collides with another one.',
    'the name of a blob can be used once');

-- Create and overwrite.
select pg_temp.store(:editor, 'dir/file', 'one', p_description => 'first') as id \gset
select matches(:'id'::text, '^[0-9a-f-]{36}$', 'storing returns the file''s id');
select is(pg_temp.garbage(), null, 'a stored blob is not garbage');
select is(pg_temp.store(:editor, 'dir/file', 'two'), :'id', 'overwriting keeps the id');
select is((select description from internal.files where id = :'id'), 'first', 'overwriting keeps the description');
select is(pg_temp.garbage(), 'replaced one', 'overwriting lists the old blob as garbage');
select is((select content_type from internal.files where id = :'id'), 'application/octet-stream',
    'a file without a type gets the default type');
select is(pg_temp.attempt('coffer_editor', :editor, 'select r::text from api.retrieve_file(''dir/file'') r'),
    (select format('(dir/file,application/octet-stream,3,%s,%s,%s,,t)', encode(sha256('two'), 'hex'),
        md5('two' || :editor),
        floor(extract(epoch from now())))), 'retrieving returns all that a download needs');
select is(pg_temp.attempt('coffer_editor', :editor, 'select count(*) from api.retrieve_file(''dir/none'')'), '0',
    'retrieving a missing file returns no row');
select isnt(pg_temp.store(:editor, U&'cafe\0301', 'nfd'), null, 'a decomposed path can be stored');
select is(pg_temp.attempt('coffer_editor', :editor,
    'select octet_length(file_path) from api.retrieve_file(U&''cafe\0301'')'),
    '5', 'a path is stored composed and found in either form');

-- Preconditions.
select is(pg_temp.store(:editor, 'dir/file', 'three', p_if_none_match => true), 'KF004',
    'If-None-Match: * of an existing file is refused');
select is(pg_temp.garbage(), 'replaced one, uploading three', 'a refused upload stays listed');
select is(pg_temp.attempt('coffer_editor', :editor,
    format('select api.abandon_upload(%L)', md5('three' || :editor))), '', 'an upload can be abandoned');
select is(pg_temp.garbage(), 'replaced one', 'an abandoned upload is not listed');
select is(pg_temp.store(:editor, 'dir/file', 'three', p_if_match => encode(sha256('one'), 'hex')), 'KF004',
    'If-Match of an old version is refused');
select pg_temp.attempt('coffer_editor', :editor,
    format('select api.abandon_upload(%L)', md5('three' || :editor))) as done \gset
select is(pg_temp.store(:editor, 'dir/file', 'three',
    p_if_match => encode(sha256('zero'), 'hex') || ', ' || encode(sha256('two'), 'hex')), :'id',
        'If-Match of the current version is accepted');
select is(pg_temp.garbage(), 'replaced one, replaced two', 'an accepted upload replaces the old blob');
select is(pg_temp.store(:editor, 'dir/new', 'four', p_if_match => '*'), 'KF004',
    'If-Match: * of a missing file is refused');
select pg_temp.attempt('coffer_editor', :editor,
    format('select api.abandon_upload(%L)', md5('four' || :editor))) as done \gset
select isnt(pg_temp.store(:editor, 'dir/new', 'four', p_if_none_match => true), null,
    'If-None-Match: * creates a file');
select is(pg_temp.attempt('coffer_editor', :editor,
    'select api.begin_upload(md5(''y''), ''dir/new'', null, null, true)'), 'KF004',
    'If-None-Match is checked when an upload begins');
select is(pg_temp.attempt('coffer_editor', :editor,
    format('select api.begin_upload(md5(''y''), ''dir/new'', null, %L, false)', encode(sha256('one'), 'hex'))), 'KF004',
        'If-Match is checked when an upload begins');

-- Uploads of other users, and uploads that have expired.
select is(pg_temp.attempt('coffer_editor', :editor,
    format('select api.begin_upload(%L, ''b'', 1, null, false)', md5('four' || :editor))), 'KF019',
    'the blob of a file cannot be begun again');
select is(pg_temp.attempt('coffer_editor', :other,
    'select api.store_file(md5(''x''), ''b'', null, null, 1, sha256(''''), null, false)'), 'KF019',
    'another user''s upload cannot be stored');
delete from internal.garbage where blob = md5('x');
select is(pg_temp.attempt('coffer_editor', :editor,
    'select api.store_file(md5(''x''), ''b'', null, null, 1, sha256(''''), null, false)'), 'KF019',
    'an upload whose row was deleted cannot be stored');
select is(pg_temp.attempt('coffer_editor', gen_random_uuid(),
    'select api.begin_upload(md5(''z''), ''b'', 1, null, false)'), 'KF011', 'a deleted user cannot begin an upload');
select is(pg_temp.store(:editor, 'long', 'gone', p_description => repeat('x', 2001)), 'KF014',
    'a long description is refused');

-- Deleting, and taking garbage.
select is(pg_temp.attempt('coffer_editor', :editor, $$
    with gone as (delete from api.files where file_path like 'dir/%' returning 1) select count(*) from gone $$), '2',
    'an editor deletes the files of a folder');
select is(pg_temp.garbage(), 'deleted four, uploading gone, replaced one, deleted three, replaced two',
    'the blobs of deleted files are listed');
select is(array(select blob from internal.take_garbage('1 hour', 100)) && array[md5('one' || :editor)], false,
    'no garbage is taken within the grace period');
select is(array(select blob from internal.take_garbage('0', 100)) @> array(select md5(c || :editor)
    from unnest('{one,two,three,four}'::text[]) c) and not array(select blob from internal.take_garbage('0', 100))
    @> array[md5('gone' || :editor)], true, 'garbage is taken after the grace period, except that of uploads');
update internal.garbage set listed_at = now() - interval '8 days' where blob = md5('gone' || :editor);
select internal.delete_garbage(1::smallint, array(select blob from internal.take_garbage('0', 1000)));
select is(pg_temp.garbage(), null, 'an upload is taken after a week, and the rows of removed blobs are deleted');

-- The pattern that most paths pass must accept none that breaks a rule.
create temporary table paths as
    with recursive made(path, length) as (
        values ('', 0)
        union all
        select m.path || c, m.length + 1
        from made m, unnest(array['a', 'b', '.', '/', '\', ' ', ']', '[', '-', e'\t', e'\u007f', 'é', e'e\u0301']) c
        where m.length < 4)
    select path from made union all select repeat('a', n) from generate_series(254, 257) n;
select is_empty($$ select path, internal.file_path_problem(path) from paths
    where internal.is_plain_path(path) and internal.file_path_problem(path) is not null $$,
    'no plain path breaks a rule');
select is((select count(*)::int from paths where internal.is_plain_path(path) and length(path) < 254), (
    select count(*)::int from paths where path ~ '^[ -~]+$' and internal.file_path_problem(path) is null
        and '/' || path !~ '/\.' and length(path) < 254), 'all ASCII paths without dots at the front are plain');

select * from finish();
rollback;
