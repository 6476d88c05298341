-- When backup, check and gc last succeeded: who may record it, and that a worker's batch of garbage counts as gc.
begin;
\ir setup.psql
select plan(7);

delete from internal.runs;
select is(pg_temp.failure('coffer_owner', null, $$ select internal.record_run('backup') $$), 'no failure');
select ok((select succeeded_at between now() and clock_timestamp() from internal.runs where kind = 'backup'),
    'a run is recorded with its time');
update internal.runs set succeeded_at = now() + interval '1 hour';
select internal.record_run('backup');
select is((select succeeded_at from internal.runs), now() + interval '1 hour', 'an earlier end replaces no later one');
select is(pg_temp.attempt('coffer_owner', null, $$ select internal.record_run('other') $$), '23514',
    'there are no other kinds');
select is(pg_temp.attempt('coffer_admin', :admin, $$ select internal.record_run('backup') $$), '42501',
    'a request role cannot record a run');

update internal.collection_schedule set due_at = now() + interval '1 s';
select * from internal.collect_batch(60, 1);
select is_empty($$ select from internal.runs where kind = 'gc' $$, 'before its time there is no batch to record');
update internal.collection_schedule set due_at = now();
select * from internal.collect_batch(60, 1);
select ok(exists (select from internal.runs where kind = 'gc'), 'a batch is recorded as gc');

select * from finish();
rollback;
