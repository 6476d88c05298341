-- The numbers of the advisory locks, each here and nowhere else. Only the lock of `coffer migrate` is not among them:
-- it is taken before there is a function (Migrator.swift).
--
-- PostgreSQL knows locks of one number and, apart from them, locks of two: there the first is a class, and the second a
-- hash of what is locked. The numbers are the first letters of a name, so that no other program takes the same.
set local role coffer_owner;

create function internal.collection_lock() returns bigint
language sql immutable parallel safe
return x'636f66666763'::bigint;  -- "coffgc"
comment on function internal.collection_lock() is
    'Shared by transactions that remove blobs; held by a backup, which needs all blobs that there were when it began.';

create function internal.current_store_lock() returns bigint
language sql immutable parallel safe
return x'636f66667374'::bigint;  -- "coffst"
comment on function internal.current_store_lock() is
    'Shared by one-phase uploads, which put a file into the current store; held by the change of the current store.';

create function internal.login_account_lock_class() returns integer
language sql immutable parallel safe
return 1;
comment on function internal.login_account_lock_class() is
    'With the hash of an account: one login at a time is decided.';

create function internal.login_address_lock_class() returns integer
language sql immutable parallel safe
return 2;
comment on function internal.login_address_lock_class() is
    'With the hash of an address: one login at a time is decided.';

create function internal.search_lock_class(p_number integer) returns integer
language sql immutable parallel safe
return x'636f6600'::integer + p_number;  -- "cof" and the number
comment on function internal.search_lock_class(integer) is
    'With the hash of a user: the search that has this number among those of the user.';
