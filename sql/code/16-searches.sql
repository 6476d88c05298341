-- How much of the server one user's searches may take.
set local role coffer_owner;

-- A regular expression can keep a processor busy for as long as it is allowed to, and a user can send many. So each
-- user has few at once, and each of them little time. The locks end with the transaction, whatever becomes of it.
create function internal.begin_search(p_user_id uuid, p_limit integer, p_milliseconds integer) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    -- Most searches are over in a moment, so two of one person at once need not notice each other.
    for v_try in 1 .. 5 loop
        for v_number in 1 .. p_limit loop
            if pg_try_advisory_xact_lock(internal.search_lock_class(v_number), hashtext(p_user_id::text)) then
                perform set_config('statement_timeout', p_milliseconds::text, true),
                    -- Who waits for another's change has not searched for too long.
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
    'Limits the statements that follow in this transaction to so many milliseconds each; KF032 while the user has '
    'p_limit searches going on.';
-- Deliberately not granted to the request roles: the worker asks before it becomes one.
