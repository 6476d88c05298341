"""coffer doctor: nothing is wrong with a working instance, and for each check one thing is broken that it alone finds.

doctor_site.py has the instance, and doctor_breaks.py what is broken.
"""

import contextlib
import json
import secrets
import shutil
import socket
import tempfile
import time
from pathlib import Path

import pytest

from apache import UNDER_TEST, Apache
from doctor_breaks import BREAKS, needs_root, with_mode
from doctor_site import ADDRESS, NAME, Front, Site
from installation import Cluster
from processes import wait_until
from rewriter import Rewriter

pytestmark = pytest.mark.skipif(UNDER_TEST is not None, reason="has web servers of its own")

# What no run can find out. The report has a command that can.
ELSEWHERE = {"url.slow-upload"}
# They do not concern a store in a directory: test_doctor_s3.py has them.
OF_BUCKETS = {"s3.reachable", "s3.clock", "s3.credentials", "s3.writable", "s3.multipart"}


@pytest.fixture(scope="module")
def site():
    # No check depends on the server's language.
    cluster = Cluster("fsync=on", language="de")
    try:
        with Site(cluster) as site:
            yield site
    finally:
        cluster.close()


def in_state(checks, *states):
    return {id for id, check in checks.items() if check["state"] in states}


def assert_only(checks, failed):
    """This check has failed, and what was skipped was skipped because of it."""
    assert in_state(checks, "error", "warning") == {failed}, [
        check for check in checks.values() if check["state"] in ("error", "warning")
    ]
    causes = {check["because"] for check in checks.values() if check["state"] == "skipped"}
    assert causes <= {failed} | in_state(checks, "elsewhere")
    for name in ("asked", "came", "expected", "mend"):
        assert checks[failed][name], name


def traces(site):
    """What a run could leave behind."""
    tables = ("sessions", "garbage", "files", "trash", "uploads", "audit_log", "login_failures", "ledgers", "runs")
    counts = site.sql(";".join(f"select '{table}', count(*) from internal.{table}" for table in tables))
    return counts, sorted(str(path) for path in site.store.rglob("*"))


def test_nothing_is_wrong_with_a_working_instance_and_nothing_is_left_behind(site):
    before = traces(site)
    start = time.monotonic()
    checks = site.doctor()
    seconds = time.monotonic() - start
    wrong = [check for check in checks.values() if check["state"] not in ("ok", "inapplicable")]
    assert {check["id"] for check in wrong} == ELSEWHERE, wrong
    assert in_state(checks, "inapplicable") == OF_BUCKETS, in_state(checks, "inapplicable")
    assert seconds < 5
    assert traces(site) == before


@pytest.mark.parametrize(
    "check", [pytest.param(check, marks=marks) for check, (_, marks) in BREAKS.items()]
)
def test_exactly_this_check_finds_what_is_broken(site, check):
    with BREAKS[check][0](site) as options:
        checks = site.doctor(**options)
    assert_only(checks, check)


def test_everything_is_mended_after_all_that(site):
    assert in_state(site.doctor(), "error", "warning", "skipped") == set()


def test_for_each_check_something_is_broken(site):
    listed = {check["id"] for check in json.loads(site.run("--list", "--json").stdout)}
    assert len(listed) >= 40
    assert listed == set(BREAKS) | ELSEWHERE | OF_BUCKETS | {"url.known"}


def test_without_a_url_and_an_account_it_says_what_to_run(site):
    checks = site.doctor(**{"--url": None, "--connect": None, "--ca-file": None, "--user": None})
    assert in_state(checks, "elsewhere") == {"url.known"}
    assert "--url" in checks["url.known"]["command"]
    assert {check["because"] for check in checks.values() if check["state"] == "skipped"} == {"url.known"}
    checks = site.doctor(**{"--user": None})
    assert in_state(checks, "elsewhere") == {"url.session", "url.slow-upload"}
    assert "curl --limit-rate 10k" in checks["url.slow-upload"]["command"]


@needs_root
def test_what_only_the_workers_user_can_find_out_is_a_command_for_root(site):
    """With peer authentication, as INSTALL.md says."""
    file = site.cluster.folder / "data/pg_hba.conf"
    text = file.read_text()
    file.write_text("local all coffer_authenticator peer\n" + text)
    site.sql("select pg_reload_conf()")
    try:
        wait_until(lambda: site.doctor(as_root=True)["database.login"]["state"] == "elsewhere", 30, "the rule")
        checks = site.doctor(as_root=True)
    finally:
        file.write_text(text)
        site.sql("select pg_reload_conf()")
    assert "Peer-Authentifizierung" in checks["database.login"]["came"]
    assert checks["database.login"]["command"] == f"runuser -u {site.store.owner()} -- coffer doctor"
    assert in_state(checks, "error", "warning") == set()
    assert {check["because"] for check in checks.values() if check["state"] == "skipped"} == {"database.login"}


def test_nothing_is_wrong_behind_apache(site):
    options = ["--behind-proxy", "127.0.0.1"]
    with Apache("pool", site.settings, modules=["remoteip"], options=options) as apache:
        # Apache believes the proxy about TLS only if the client has another address than the proxy.
        with Front(site, apache.url, location={"X-Forwarded-For": "192.0.2.1"}) as front:
            checks = site.doctor(**front.options())
    assert in_state(checks, "error", "warning") == set()


@pytest.mark.parametrize("kind", ["fcgid", "cgi"])
def test_where_apache_starts_the_workers_only_the_socket_is_silenced(site, kind):
    silenced = "socket.exists: Apache starts the workers"
    with site.configured(COFFER_SOCKET="/nonexistent/socket", COFFER_DOCTOR_SILENCED=silenced):
        with Apache(kind, site.settings) as apache:
            checks = site.doctor(**{"--url": apache.url, "--connect": None, "--ca-file": None})
    wrong = [check for check in checks.values() if check["state"] in ("error", "warning")]
    assert wrong == []
    assert in_state(checks, "silenced") == {"socket.exists"}
    assert checks["url.download"]["state"] == checks["url.upload"]["state"] == "ok"


def test_a_member_of_the_owners_role_is_enough(site):
    role = f"operator_{secrets.token_hex(4)}"
    site.sql(f"create role {role} login; grant coffer_owner to {role}")
    url = site.cluster.url(role, site.installation.name)
    checks = site.doctor(environment={"COFFER_OWNER_DATABASE_URL": url})
    assert in_state(checks, "error", "warning", "skipped") == set()
    site.sql(f"drop role {role}")


def test_the_layer_that_refuses_a_large_upload_is_named(site):
    with site.coffer_nginx(options=["--max-body", "5m"]) as nginx, Front(site, nginx.url) as front:
        came = site.doctor(**front.options())["url.upload-limit"]["came"]
    assert came == "Coffer's own web server refuses 8 MiB; it allows 4 MiB"
    with Front(site, site.nginx.url, location="client_max_body_size 10m;") as front:
        came = site.doctor(**front.options())["url.upload-limit"]["came"]
    assert came.startswith("a layer in front (nginx") and came.endswith(") refuses 16 MiB; it allows 8 MiB")


def test_a_limit_that_is_configured_need_not_be_larger_elsewhere(site):
    with site.configured(COFFER_MAX_UPLOAD_BYTES=4 << 20):
        with Front(site, site.nginx.url, location="client_max_body_size 4m;") as front:
            assert site.doctor(**front.options())["url.upload-limit"]["state"] == "ok"


def test_the_url_can_come_from_the_configuration(site):
    with site.configured(COFFER_PUBLIC_URL=f"https://{NAME}/"):
        assert site.doctor(**{"--url": None})["url.ready"]["state"] == "ok"


def test_what_is_silenced_with_a_reason_is_shown_and_does_not_count(site):
    with site.configured(COFFER_DOCTOR_SILENCED="runs.backup: the host is backed up; runs.gc: no: never"):
        site.sql("update internal.runs set succeeded_at = now() - interval '90 days' where kind = 'backup'")
        try:
            done = site.run()
        finally:
            site.sql("select internal.record_run('backup')")
    assert done.returncode == 0, done.stdout
    assert "silenced  runs.backup: 90 days ago\n    reason:   the host is backed up\n" in done.stdout
    assert "runs.gc" not in done.stdout


def test_what_never_ran_is_a_warning_once_it_could_have(site):
    site.sql("delete from internal.runs")
    try:
        assert in_state(site.doctor(), "warning") == set()
        site.sql("update internal.migrations set applied_at = applied_at - interval '8 days'")
        assert in_state(site.doctor(), "warning") == {"runs.backup", "runs.gc"}
    finally:
        site.sql("update internal.migrations set applied_at = applied_at + interval '8 days'")
        site.sql("select internal.record_run(kind) from unnest('{backup,check,gc}'::text[]) as kind")


def test_failures_come_first_and_the_rest_only_if_asked_for(site):
    with with_mode(site.store, 0o755):
        short, long = site.run(), site.run("-v")
    assert short.returncode == long.returncode == 2
    lines = short.stdout.splitlines()
    assert lines[0] == "warning   storage.private" and lines[4].startswith("    mend:     chmod")
    assert " checks: " in lines[-1] and "1 warning," in lines[-1]
    assert "ok        database.reachable: connected" in long.stdout.splitlines()
    assert "ok        " not in short.stdout


def test_an_instance_that_does_not_answer_does_not_stop_it(site):
    """Neither the database nor the site answers, and the workers neither.

    libpq waits 3 s for each of the two hosts, which is more than the check may take, so it continues in the background.
    """
    folder = Path(tempfile.mkdtemp(prefix="coffer-silent."))
    folder.chmod(0o755)
    with contextlib.ExitStack() as stack:
        stack.enter_context(Rewriter(folder / ".s.PGSQL.5432"))
        stack.enter_context(Rewriter(folder / "workers"))
        listener = stack.enter_context(socket.create_server((ADDRESS, 0)))
        start = time.monotonic()
        with site.configured(COFFER_SOCKET=folder / "workers"):
            checks = site.doctor(**{
                "environment": {"COFFER_OWNER_DATABASE_URL": f"host={folder},{folder} dbname=x"},
                "--url": "http://127.0.0.1", "--connect": f"{ADDRESS}:{listener.getsockname()[1]}",
            })  # fmt: skip
        seconds = time.monotonic() - start
    shutil.rmtree(folder)
    assert in_state(checks, "error") == {"database.reachable", "pool.answers", "url.reachable"}
    assert checks["database.reachable"]["came"].startswith("no answer within")
    assert seconds < 20, "each has a limit of a few seconds"
