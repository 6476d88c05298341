-- How many searches by pattern a user can have at once, and how long each may take.
begin;
\ir setup.psql
select plan(6);

select set_config('role', 'coffer_authenticator', true);
select lives_ok($$ select internal.begin_search('00000000-0000-4000-8000-00000000000e', 1, 900) $$,
    'a first search can begin');
select is(current_setting('statement_timeout'), '900ms', 'following statements have the time limit');
select set_config('role', 'none', true);
-- A limit of none stands for locks that are taken; Tests/EndToEnd/test_searches.py has searches that hold them.
select is(pg_temp.attempt('coffer_authenticator', null,
    $$ select internal.begin_search('00000000-0000-4000-8000-00000000000e', 0, 900) $$), 'KF032',
    'a search is refused if the user has too many');
select is(pg_temp.attempt('coffer_authenticator', null,
    $$ select internal.begin_search('00000000-0000-4000-8000-00000000000f', 3, 900) $$), '',
    'another user has searches of their own');
select is(pg_temp.attempt('coffer_editor', :editor,
    $$ select internal.begin_search('00000000-0000-4000-8000-00000000000e', 1, 900) $$), '42501',
    'a request role cannot call it');
select is(pg_temp.attempt('coffer_anonymous', null,
    $$ select internal.begin_search('00000000-0000-4000-8000-00000000000e', 1, 900) $$), '42501',
    'an anonymous client cannot call it');

select * from finish();
rollback;
