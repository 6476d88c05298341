-- The numbers of all advisory locks, except that of `coffer migrate`, which is taken before there are functions
-- (Migrator.swift).
--
-- PostgreSQL has locks with one number and, separate from them, locks with two: there the first is a class, and the
-- second a hash of what is locked. Most numbers are the letters of a name, so that no other program uses the same ones.
set local role coffer_owner;

create function internal.collection_lock() returns bigint
language sql immutable parallel safe
return x'636f66666763'::bigint;  -- "coffgc"
comment on function internal.collection_lock() is
    'Number of the lock that transactions which remove blobs share. A backup takes it alone, because it needs every '
    'blob that existed when it began.';

create function internal.current_store_lock() returns bigint
language sql immutable parallel safe
return x'636f66667374'::bigint;  -- "coffst"
comment on function internal.current_store_lock() is
    'Number of the lock that one-phase uploads share while they put a file into the current store. Changing the '
    'current store takes it alone.';

create function internal.login_account_lock_class() returns integer
language sql immutable parallel safe
return 1;
comment on function internal.login_account_lock_class() is
    'Class of the locks of accounts: one login to an account is decided at a time. The second number is a hash of the '
    'account.';

create function internal.login_address_lock_class() returns integer
language sql immutable parallel safe
return 2;
comment on function internal.login_address_lock_class() is
    'Class of the locks of addresses: one login from an address is decided at a time. The second number is a hash of '
    'the address.';

create function internal.search_lock_class(p_number integer) returns integer
language sql immutable parallel safe
return x'636f6600'::integer + p_number;  -- "cof" and the number
comment on function internal.search_lock_class(integer) is
    'Class of the locks of searches; p_number counts the searches that a user has at once, from 1. The second number '
    'is a hash of the user.';
