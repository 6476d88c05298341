-- Two stores: where blobs are while they are copied from one to the other, forgetting the old store, and the batches of
-- garbage that workers collect.
begin;
\ir setup.psql
select plan(57);

-- As on an installation that keeps nothing; trash.sql has the others.
select set_config('coffer.trash_days', '0', true), set_config('coffer.version_days', '0', true) \g /dev/null

create function pg_temp.blob(p_content text) returns text language sql as $$
    select md5(p_content || '00000000-0000-4000-8000-00000000000e')
$$;
-- Where the bytes of a content are, according to the tables.
create function pg_temp.places(p_content text) returns text language sql as $$
    select string_agg(p.place, ', ' order by p.place) from (
        select 'file ' || f.store from internal.files f where f.blob = pg_temp.blob(p_content)
        union all
        select d.reason || ' ' || d.store from internal.garbage d where d.blob = pg_temp.blob(p_content)
        union all
        select case when c.is_verified then 'copy ' else 'copying ' end || c.store from internal.blob_copies c
        where c.blob = pg_temp.blob(p_content)) p (place)
$$;

-- A sequence is not rolled back, so an earlier run has taken numbers.
select setval('internal.store_numbers', 1);
-- `coffer migrate` has set a mark.
update internal.stores set identity = null;

-- One store.
select is((select s::text from internal.stores s), '(1,,t,)', 'at first there is the configured store only');
select pg_temp.store(:editor, 'one', 'one') as one \gset
select pg_temp.store(:editor, 'two', 'two') as two \gset
select is(pg_temp.places('one'), 'file 1', 'new files are in the configured store');
select is(pg_temp.attempt('coffer_editor', :editor,
    'select blob || coalesce(store_url, ''-'') from api.retrieve_file(''one'')'),
    pg_temp.blob('one') || '-', 'a download has no URL while there is one store');
update internal.files set updated_at = '2020-01-01' where id = :'one';
select is((select s::text from internal.current_store('file:///x') s), '(file:///x,t,)',
    'while there is one store, it is the configured one');

-- A second store.
select is(pg_temp.failure('coffer_owner', null, 'select internal.add_store(''file:///a'', ''file:///a'')'),
    'KF014 This store is in use.');
select is(internal.add_store('file:///a', 'file:///b'), 2::smallint, 'a second store is added');
select is(internal.add_store('file:///a', 'file:///b'), 2::smallint, 'adding a store again returns its number');
select is(pg_temp.failure('coffer_owner', null, 'select internal.add_store(''file:///c'', ''file:///b'')'),
    'KF014 COFFER_STORAGE_URL does not name the store that is in use.');
select is(pg_temp.attempt('coffer_editor', :editor, 'select store_url from api.retrieve_file(''one'')'),
    'file:///a', 'with two stores a download has the URL');
select is((select s::text from internal.current_store('file:///b') s), '(file:///a,t,)',
    'with two stores either can be configured');
select is((select s::text from internal.current_store('file:///x') s), '(file:///a,f,)',
    'with two stores no other can be configured');
select is((select count(*)::int from internal.begin_copies(2::smallint, '', 1)), 1, 'copies come in pages');
select is((select count(*)::int from internal.begin_copies(2::smallint, '', 1000) where size_bytes = 3), 2,
    'a copy that was begun and not finished comes again');
select is(pg_temp.places('one'), 'copying 2, file 1', 'a copy is listed before it is made');
select internal.finish_copies(2::smallint, array[pg_temp.blob('one'), pg_temp.blob('two')]);
select is((select count(*)::int from internal.begin_copies(2::smallint, '', 1000)), 0,
    'a verified copy does not come again');
select pg_temp.store(:editor, 'two', 'later') as later \gset
select is(pg_temp.places('two'), 'copy 2, replaced 1', 'the copy of an overwritten file remains');

-- The switch.
select pg_temp.attempt('coffer_editor', :editor,
    format('select api.begin_upload(%L, ''three'', 1, null, false)', pg_temp.blob('three'))) as url \gset
select is(:'url'::text, 'file:///a', 'before the switch an upload goes to the first store');
select internal.use_store(2::smallint);
select is(pg_temp.attempt('coffer_editor', :editor,
    format('select api.store_file(%L, ''three'', null, null, 5, sha256(''three''), null, false)',
    pg_temp.blob('three'))) is not null, true);
select is(pg_temp.places('three'), 'file 1', 'an upload that began before the switch stays in the first store');
select is(pg_temp.store(:editor, 'four', 'four') is not null, true);
select is(pg_temp.places('four'), 'file 2', 'after the switch uploads go to the second store');
insert into internal.blob_copies (store, blob) values (2, pg_temp.blob('later'));
select is(internal.use_copies(2::smallint, 1000), 2::bigint, 'the copies are used');
select is(pg_temp.places('later'), 'copying 2, file 1', 'a copy that is not verified is not used');
select is(pg_temp.places('one'), 'file 2, replaced 1', 'the blob that was copied becomes garbage in the first store');
select is(pg_temp.places('two'), 'deleted 2, replaced 1', 'the copy of an overwritten file becomes garbage');
select is((select updated_at::text from internal.files where id = :'one'), '2020-01-01 00:00:00+00',
    'moving a blob does not change the time of the file');
select is((select count(*)::int from internal.audit_log where subject = 'one'), 1, 'moving a blob is not recorded');
select is((select count(*)::int from internal.begin_copies(2::smallint, '', 1000) where url = 'file:///a'), 2,
    'what was not copied is still in the first store');
update internal.files set description = 'new' where id = :'one';
select isnt((select updated_at::text from internal.files where id = :'one'), '2020-01-01 00:00:00+00',
    'a change by the user changes the time of the file');

-- Taking garbage, by store.
select set_eq($$ select url, blob from internal.take_garbage('0', 100)
        where blob in (pg_temp.blob('one'), pg_temp.blob('two')) $$,
    $$ values ('file:///a', pg_temp.blob('one')), ('file:///a', pg_temp.blob('two')),
        ('file:///b', pg_temp.blob('two')) $$,
    'garbage comes with its store');
select set_eq($$ select url, blob from internal.take_garbage('0', 100, array[1::smallint])
        where blob in (pg_temp.blob('one'), pg_temp.blob('two')) $$,
    $$ values ('file:///b', pg_temp.blob('two')) $$, 'garbage of unavailable stores is skipped');
select internal.delete_garbage(1::smallint, array[pg_temp.blob('two')]);
select is(pg_temp.places('two'), 'deleted 2', 'a row of garbage is deleted for one store only');

-- The workers' batches.
delete from internal.garbage;
insert into internal.garbage (blob, reason, listed_at)
values (md5('1'), 'deleted', now() - interval '30 s'), (md5('2'), 'deleted', now() - interval '90 s'),
    (md5('3'), 'uploading', now() - interval '6 days'), (md5('4'), 'uploading', now() - interval '8 days');
update internal.collection_schedule set due_at = now() + interval '1 s';
select is_empty('select * from internal.collect_batch(0, 100)', 'before its time there is no batch');
update internal.collection_schedule set due_at = now();
select set_eq('select blob from internal.collect_batch(0, 100)', array[null, md5('2'), md5('4')],
    'a batch has garbage that is a minute old and uploads that began a week ago');
select is((select due_at from internal.collection_schedule), now() + interval '1 minute',
    'the next batch is due in a minute');
select is_empty('select * from internal.collect_batch(0, 100)', 'there is no other batch within the minute');
select set_eq('select blob from internal.garbage', array[md5('1'), md5('3')], 'the rows of a batch are deleted');
update internal.collection_schedule set due_at = now();
update internal.garbage set reason = 'deleted', listed_at = now() - interval '1 hour';
select is((select count(*)::int from internal.collect_batch(7200, 100)), 1, 'a batch uses a longer grace period');
update internal.collection_schedule set due_at = now();
select is((select count(*)::int from internal.collect_batch(60, 1)), 2,
    'a batch has at most as many blobs as asked for');
select is(pg_temp.attempt('coffer_editor', :editor, 'select count(*) from internal.collect_batch(60, 1)'), '42501',
    'a request role cannot collect a batch');

-- Forgetting a store.
create function pg_temp.forget(p_configured text, p_url text) returns text language sql as $$
    select pg_temp.failure('coffer_owner', null, format('select internal.forget_store(%L, %L)', p_configured, p_url))
$$;
delete from internal.garbage;
select is(pg_temp.forget('file:///b', 'file:///x'), 'KF014 No store with this URL is registered.');
select is(pg_temp.forget('file:///a', 'file:///b'), 'KF014 This store is in use.');
select is(pg_temp.forget('file:///a', 'file:///a'), 'KF014 COFFER_STORAGE_URL still names this store.');
select is(pg_temp.forget('file:///b', 'file:///a'),
    'KF014 There are still 2 files and versions, 0 blobs that gc has to remove and 0 copies in this store.');
update internal.files set store = 2 where store = 1;
select is(pg_temp.forget('file:///b', 'file:///a'),
    'KF014 There are still 0 files and versions, 2 blobs that gc has to remove and 0 copies in this store.');
delete from internal.garbage;
insert into internal.blob_copies (store, blob, is_verified) values (1, md5('5'), true), (1, md5('6'), false),
    (2, md5('7'), true);
select is(pg_temp.forget('file:///b', 'file:///a'),
    'KF014 There are still 0 files and versions, 0 blobs that gc has to remove and 2 copies in this store.');
select is(internal.abandon_copies('file:///b'), 0::bigint, 'copies in the current store are not abandoned');
select is(internal.abandon_copies('file:///a'), 2::bigint, 'copies can be abandoned, verified or not');
select set_eq('select store::int, blob, reason from internal.garbage',
    $$ values (1, md5('5'), 'deleted'), (1, md5('6'), 'deleted') $$, 'abandoned copies become garbage');
select set_eq('select distinct store::int from internal.blob_copies', $$ values (2) $$,
    'copies in the other store remain');
delete from internal.garbage;
select is(pg_temp.forget('file:///b', 'file:///a'), 'no failure', 'an empty store can be forgotten');
select set_eq('select s::text from internal.stores s', array['(2,file:///b,t,)'], 'the other store remains');
select is(pg_temp.failure('coffer_owner', null, 'select internal.use_store(1::smallint)'),
    'KF014 This store is no longer registered.', 'a forgotten store cannot be used');
select is((select s::text from internal.stores s), '(2,file:///b,t,)', 'the current store remains current');
select is(internal.add_store('file:///b', 'file:///a'), 3::smallint,
    'the number of a forgotten store is not used again');

-- After a restore.
select internal.reset_to_one_store();
select is((select s::text from internal.stores s), '(1,,t,)', 'a restored database has one store');
select is_empty('select from internal.files where store <> 1 union all select from internal.garbage',
    'a restored database has all files in it and no garbage');

select * from finish();
rollback;
