-- Limits of searches by pattern, per user.
set local role coffer_owner;

-- A regular expression can keep a processor busy for as long as it is allowed to, and a user can send many. So a user
-- can have only a few at once, each for a short time. The locks end with the transaction, however it ends.
create function internal.begin_search(p_user_id uuid, p_limit integer, p_milliseconds integer) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    -- Most searches end at once, so waiting a tenth of a second avoids most refusals.
    for v_try in 1 .. 5 loop
        for v_number in 1 .. p_limit loop
            if pg_try_advisory_xact_lock(internal.search_lock_class(v_number), hashtext(p_user_id::text)) then
                perform set_config('statement_timeout', p_milliseconds::text, true),
                    -- Waiting for another transaction's lock must fail as such, before the time limit of a search.
                    set_config('lock_timeout', (p_milliseconds * 4 / 5)::text, true);
                return;
            end if;
        end loop;
        perform pg_sleep(0.02);
    end loop;
    raise exception using errcode = 'KF032', message = 'Too many searches by pattern at once, try again',
        detail = format('One user can have %s of them at once', p_limit);
end
$$;
grant execute on function internal.begin_search(uuid, integer, integer) to coffer_authenticator;
comment on function internal.begin_search(uuid, integer, integer) is
    'Limits each following statement of this transaction to p_milliseconds. KF032 while the user has p_limit searches '
    'at once. For the worker.';
-- Deliberately not granted to the request roles: the worker calls it before it changes to one.
