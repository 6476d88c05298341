"""coffer restore with a connection string that leaves the database's name to the environment."""


def test_a_backup_is_restored_into_the_database_of_the_connection(installation, new_installation):
    installation.fill(3)
    backup = installation.folder / "backup"
    installation.coffer("backup", backup)
    target = new_installation().make_empty()
    url = target.cluster.url("postgres", "")
    restored = target.coffer("restore", backup, COFFER_OWNER_DATABASE_URL=url, PGDATABASE=target.name)
    assert "restored 3 files" in restored
    assert target.sql("select count(*) from internal.files") == ["3"]
    assert "0 problems" in target.coffer("check", "--digest")
