-- How many searches by pattern a user can have at once, and how long each may take.
begin;
\ir setup.psql
select plan(6);

select set_config('role', 'coffer_authenticator', true);
select lives_ok($$ select internal.begin_search('00000000-0000-4000-8000-00000000000e', 1, 900) $$, 'the first may begin');
select is(current_setting('statement_timeout'), '900ms', 'and what follows has its limit');
select set_config('role', 'none', true);
-- Another session that has the only lock is Tests/EndToEnd/test_searches.py's to have; here there is none to be had.
select is(pg_temp.attempt('coffer_authenticator', null,
    $$ select internal.begin_search('00000000-0000-4000-8000-00000000000e', 0, 900) $$), 'KF032',
    'where none is left it is refused');
select is(pg_temp.attempt('coffer_authenticator', null,
    $$ select internal.begin_search('00000000-0000-4000-8000-00000000000f', 3, 900) $$), '', 'another user has their own');
select is(pg_temp.attempt('coffer_editor', :editor,
    $$ select internal.begin_search('00000000-0000-4000-8000-00000000000e', 1, 900) $$), '42501',
    'a request role cannot call it');
select is(pg_temp.attempt('coffer_anonymous', null,
    $$ select internal.begin_search('00000000-0000-4000-8000-00000000000e', 1, 900) $$), '42501', 'nor can a stranger');

select * from finish();
rollback;
