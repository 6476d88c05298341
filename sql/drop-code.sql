-- Drops everything that the files of code/ created, so that they are applied to a database without it.
--
-- A function's result and a view's columns cannot be changed in place, and an object that code/ no longer defines would
-- remain. So `coffer migrate` replaces code/ as a whole if anything in it differs, in the same transaction. What the
-- migrations created remains: tables with their owner's policies, and the functions that domains and indexes use. There
-- is no `cascade`: if another object depends on one that is dropped, the migration fails and changes nothing.
set local role coffer_owner;

-- In the order in which requests lock them, so that this cannot deadlock with a request.
lock table internal.sessions, internal.users, internal.stores, internal.files, internal.ledgers, internal.folders,
    internal.audit_log in access exclusive mode;

do $$
declare
    v_drop text;
begin
    for v_drop in
        select format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
        where c.relnamespace = 'internal'::regnamespace and p.pronamespace = 'internal'::regnamespace
            and not t.tgisinternal
        union all
        select format('drop policy %I on %s', p.polname, p.polrelid::regclass)
        from pg_policy p join pg_class c on c.oid = p.polrelid
        where c.relnamespace = 'internal'::regnamespace and p.polroles <> array['coffer_owner'::regrole::oid]
    loop
        execute v_drop;
    end loop;
    -- An object is newer than those it depends on, because code/ is applied in order.
    for v_drop in
        select d.command
        from (
            select c.oid, format('drop view %s', c.oid::regclass)
            from pg_class c
            where c.relnamespace in ('api'::regnamespace, 'internal'::regnamespace) and c.relkind = 'v'
            union all
            select p.oid, format('drop routine %s', p.oid::regprocedure)
            from pg_proc p
            where p.pronamespace in ('api'::regnamespace, 'internal'::regnamespace)
                and not exists (
                    select from pg_depend d
                    where d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid
                        and (d.classid = 'pg_constraint'::regclass
                            or d.classid = 'pg_class'::regclass
                            and d.objid in (select i.indexrelid from pg_index i)))) as d (oid, command)
        order by d.oid desc
    loop
        execute v_drop;
    end loop;
end
$$;

revoke all on schema api, internal, extensions
    from coffer_authenticator, coffer_anonymous, coffer_editor, coffer_admin;
revoke all on all tables in schema internal from coffer_authenticator, coffer_anonymous, coffer_editor, coffer_admin;
revoke all on all functions in schema internal
    from coffer_authenticator, coffer_anonymous, coffer_editor, coffer_admin;
