-- Files need no foreign key to their user. An eighth of PostgreSQL's time for an upload was its check, although the
-- upload has locked the user's row before. As for the trash, triggers do what it did: a file of no user is refused, and
-- a user's files are deleted with the user.
set local role coffer_owner;

alter table internal.files drop constraint files_user_id_fkey;
