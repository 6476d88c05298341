"""The metrics: true figures for who has the token, and no sign of them for anyone else."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager

import pytest

from apache import KINDS, Apache
from client import Client
from installation import EMAIL
from instance import Instance
from nginx import Nginx
from processes import children, wait_until
from script import CHECKOUT
from transports import FastCGI, PlainCGI

TOKEN = "a-token.of~monitoring_0123456789"
BEARER = f"Bearer {TOKEN}"
# Of all figures, those that only a pool has.
OF_POOL = {"coffer_pool_workers", "coffer_pool_restarts_total", "coffer_requests_total", "coffer_request_seconds_total"}
ALWAYS = {"coffer_build_info", "coffer_database_up", "coffer_storage_up"}
OF_STORAGE = {"coffer_storage_free_bytes"}
OF_DATABASE = {
    "coffer_users", "coffer_sessions", "coffer_files", "coffer_stored_bytes", "coffer_discarded_blobs",
    "coffer_uploads_in_progress", "coffer_login_failures",
}  # fmt: skip
RUNS = {f"coffer_{kind}_last_success_timestamp_seconds" for kind in ("gc", "check", "backup")}
KNOWN = OF_POOL | ALWAYS | OF_STORAGE | OF_DATABASE | RUNS
MONITORING = CHECKOUT / "docs/monitoring"


@pytest.fixture
def site(new_installation):
    return new_installation(COFFER_METRICS_TOKEN=TOKEN).set_up()


def samples(text):
    """The value of each series, whose labels are part of its name."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, value in (line.rsplit(" ", 1) for line in lines)}


def scrape(client):
    answer = client.get("/metrics", Authorization=BEARER)
    assert answer.status == 200, answer
    assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.header("Cache-Control") == "no-store"
    return samples(answer.body.decode())


def names(figures):
    return {series.partition("{")[0] for series in figures}


def requests(figures, route, status="2xx"):
    return figures.get(f'coffer_requests_total{{route="{route}",status="{status}"}}', 0)


def seconds(figures, route, status="2xx"):
    return figures[f'coffer_request_seconds_total{{route="{route}",status="{status}"}}']


def promtool(*words, stdin=b""):
    program = shutil.which("promtool")
    assert program, "promtool is missing: apt-get install prometheus"
    done = subprocess.run([program, *map(str, words)], input=stdin, capture_output=True, timeout=300)
    return done.returncode, (done.stdout + done.stderr).decode()


def version(site):
    return site.coffer("--version").strip()


# What the figures say


def test_the_figures_of_a_site_with_a_pool(site):
    with site.serve() as (client, _):
        before = scrape(client)
        user = Client(client.transport, site.token())
        for number, size in enumerate((10, 200, 3000)):
            assert user.store(f"a/{number}", bytes(size)).status == 200
        assert user.delete("/files?file_path=eq.a/2").status == 204
        assert user.retrieve("a/absent").status == 400
        assert client.post("/rpc/login", {"email": EMAIL, "password": "a wrong one"}).status == 400
        assert client.get("/nothing").status == 404
        site.coffer("check")
        after = scrape(client)
    assert names(after) == KNOWN - RUNS | {"coffer_check_last_success_timestamp_seconds"}
    assert after[f'coffer_build_info{{version="{version(site)}"}}'] == 1
    assert (after["coffer_database_up"], after["coffer_storage_up"]) == (1, 1)
    assert (after["coffer_users"], after["coffer_sessions"], after["coffer_login_failures"]) == (1, 1, 1)
    assert (before["coffer_files"], after["coffer_files"]) == (0, 2)
    assert (after['coffer_stored_bytes{kind="files"}'], after['coffer_stored_bytes{kind="trash"}']) == (210, 0)
    assert after["coffer_discarded_blobs"] == 1
    assert after['coffer_uploads_in_progress{kind="resumable"}'] == 0
    free = os.statvfs(site.store())
    assert after["coffer_storage_free_bytes"] == pytest.approx(free.f_bavail * free.f_frsize, rel=0.2)
    assert abs(after["coffer_check_last_success_timestamp_seconds"] - time.time()) < 300
    assert (after["coffer_pool_workers"], after["coffer_pool_restarts_total"]) == (2, 0)
    assert requests(after, "/rpc/store_file") == 3
    assert requests(after, "/rpc/retrieve_file", "4xx") == 1
    assert requests(after, "/files") == 1
    assert requests(after, "other", "4xx") == 1
    assert requests(after, "/metrics") == 1, "the request itself is not counted yet"
    assert 0 < seconds(after, "/rpc/store_file") < 300


def test_the_trash_and_unfinished_uploads_count(new_installation):
    site = new_installation(COFFER_METRICS_TOKEN=TOKEN, COFFER_TRASH_DAYS="30").set_up()
    client = Client(FastCGI(site.worker.path), site.token())
    assert client.store("a", bytes(77)).status == 200
    assert client.delete("/files?file_path=eq.a").status == 204
    upload = {"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "file_path Yg=="}
    assert client.request("POST", "/uploads", upload).status == 201
    site.sql("insert into internal.garbage (blob, reason) values (repeat('0', 32), 'uploading')")
    figures = scrape(client)
    assert figures["coffer_files"] == 0
    assert (figures['coffer_stored_bytes{kind="files"}'], figures['coffer_stored_bytes{kind="trash"}']) == (0, 77)
    assert figures['coffer_uploads_in_progress{kind="resumable"}'] == 1
    assert figures['coffer_uploads_in_progress{kind="single"}'] == 1
    assert figures["coffer_discarded_blobs"] == 0


@pytest.mark.parametrize("kind", ["fresh worker", "CGI"])
def test_without_a_pool_its_figures_are_absent_and_not_zero(site, kind):
    if kind == "CGI":
        transport = PlainCGI(site["WORKER"], site.configuration)
    else:
        transport = FastCGI(site.worker.path)
    client = Client(transport)
    for _ in range(2):
        assert names(scrape(client)) == KNOWN - RUNS - OF_POOL
    assert client.request("HEAD", "/metrics", {"Authorization": BEARER}).body == b""


def test_the_answer_is_200_while_the_database_is_away(site):
    with site.serve() as (client, _):
        assert client.get("/health/live").status == 200
        site.drop()
        figures = scrape(client)
    assert figures["coffer_database_up"] == 0
    assert figures["coffer_storage_up"] == 1
    assert names(figures) == ALWAYS | OF_STORAGE | OF_POOL
    site.make_empty()


def test_the_answer_is_200_while_the_store_is_away(site):
    with site.serve() as (client, _):
        assert scrape(client)["coffer_storage_up"] == 1
        with site.unavailable():
            figures = scrape(client)
        assert scrape(client)["coffer_storage_up"] == 1
    assert (figures["coffer_database_up"], figures["coffer_storage_up"]) == (1, 0)
    assert names(figures) == KNOWN - RUNS - OF_STORAGE


# The pool


def test_a_worker_that_is_killed_is_counted_and_takes_no_count_with_it(site):
    with site.serve() as (client, pool):
        for _ in range(20):
            assert client.get("/health/live").status == 200
        victim = children(pool.pid)[0]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(set(children(pool.pid)) - {victim}) == 2, 120, "another worker")
        wait_until(lambda: scrape(client)["coffer_pool_workers"] == 2, 120, "the number of workers")
        figures = scrape(client)
        assert figures["coffer_pool_restarts_total"] == 1
        assert requests(figures, "/health/live") == 20
        assert client.get("/health/live").status == 200
        assert requests(scrape(client), "/health/live") == 21


def test_a_replacement_of_the_workers_keeps_the_counts_and_is_no_restart(site):
    with site.serve() as (client, pool):
        assert client.get("/health/live").status == 200
        before = set(children(pool.pid))
        pool.send_signal(signal.SIGHUP)
        wait_until(lambda: len(children(pool.pid)) == 2 and not before & set(children(pool.pid)), 120, "new workers")
        wait_until(lambda: scrape(client)["coffer_pool_workers"] == 2, 120, "the number of workers")
        figures = scrape(client)
    assert requests(figures, "/health/live") == 1
    assert figures["coffer_pool_restarts_total"] == 0


def test_the_counts_of_a_new_pool_begin_at_zero(site):
    for _ in range(2):
        with site.serve() as (client, _):
            assert client.get("/health/live").status == 200
            assert requests(scrape(client), "/health/live") == 1


# Who may read them

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "BREW"]


def without_id(answer):
    """All of an answer but the id of its request."""
    fields = sorted((name, value) for name, value in answer.headers.items() if name != "X-Request-Id")
    return answer.status, fields, answer.body


def unknown(client, method, **headers):
    """What an unknown path of the same length answers."""
    status, fields, body = without_id(client.request(method, "/metricz", headers))
    return status, fields, body.replace(b"metricz", b"metrics")


@pytest.mark.parametrize("options", [{}, {"COFFER_METRICS_TOKEN": TOKEN}])
def test_for_a_stranger_there_is_no_such_path(new_installation, options):
    site = new_installation(**options).set_up()
    client = Client(FastCGI(site.worker.path))
    for authorization in (None, f"Bearer {site.token()}", "Bearer wrong", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}",
                          f"Basic {TOKEN}", TOKEN, "Bearer ", "\xff"):  # fmt: skip
        headers = {} if authorization is None else {"Authorization": authorization}
        for method in METHODS:
            answer = client.request(method, "/metrics", headers)
            assert answer.status == 404
            assert without_id(answer) == unknown(client, method, **headers), (method, authorization)


def test_with_the_token_the_methods_are_those_of_a_route(site):
    client = Client(FastCGI(site.worker.path))
    answers = {method: client.request(method, "/metrics", {"Authorization": BEARER}) for method in METHODS}
    statuses = {method: answer.status for method, answer in answers.items()}
    assert statuses == {method: 200 if method in ("GET", "HEAD", "OPTIONS") else 405 for method in METHODS}
    assert answers["OPTIONS"].header("Allow") == "OPTIONS,GET,HEAD"
    assert answers["POST"].header("Allow") == "OPTIONS,GET,HEAD"


HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:9000"}


@pytest.mark.parametrize(
    "variables, status",
    [
        (HERE, 200),
        ({"REMOTE_ADDR": "::1", "HTTP_HOST": "[::1]:9000"}, 200),
        ({"REMOTE_ADDR": "127.8.9.10", "HTTP_HOST": "localhost"}, 200),
        # Another client, or one of whom the web server says nothing.
        (HERE | {"REMOTE_ADDR": "192.0.2.1"}, 404),
        (HERE | {"REMOTE_ADDR": "10.0.0.1"}, 404),
        (HERE | {"REMOTE_ADDR": "127.0.0.1.example.org"}, 404),
        (HERE | {"REMOTE_ADDR": None}, 404),
        (HERE | {"REMOTE_ADDR": ""}, 404),
        (HERE | {"REMOTE_ADDR": "unix:"}, 404),
        # A public name: something has passed on what came for it.
        (HERE | {"HTTP_HOST": "files.example.org"}, 404),
        (HERE | {"HTTP_HOST": None}, 404),
        # Through a proxy, by the web server's configuration or by what the proxy adds.
        (HERE | {"COFFER_PROXIED": "on"}, 404),
        (HERE | {"HTTP_X_FORWARDED_FOR": "192.0.2.1"}, 404),
        (HERE | {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 404),
        (HERE | {"HTTP_FORWARDED": "for=127.0.0.1"}, 404),
        (HERE | {"HTTP_VIA": "1.1 proxy"}, 404),
        (HERE | {"HTTP_X_REAL_IP": "127.0.0.1"}, 404),
        (HERE | {"SERVER_PROTOCOL": "HTTP/1.0"}, 404),
        # The web server's own configuration opens them. A client's field has another name.
        ({"COFFER_METRICS": "on", "REMOTE_ADDR": "192.0.2.1"}, 200),
        ({"COFFER_METRICS": "off", "REMOTE_ADDR": "192.0.2.1"}, 404),
        ({"HTTP_COFFER_METRICS": "on", "REMOTE_ADDR": "192.0.2.1"}, 404),
    ],
)
def test_loopback_is_the_address_of_a_client_without_a_proxy(new_installation, variables, status):
    site = new_installation(COFFER_METRICS_LOOPBACK="on").set_up()
    transport = PlainCGI(site["WORKER"], site.configuration, variables)
    assert Client(transport).get("/metrics").status == status


def test_loopback_opens_nothing_by_default(site):
    transport = PlainCGI(site["WORKER"], site.configuration, HERE)
    assert Client(transport).get("/metrics").status == 404


@contextmanager
def behind_nginx(site, http="", options=()):
    """The shipped site of nginx before the site's pool."""
    with site.serve():
        settings = {"COFFER_SOCKET": site["SOCKET"], "COFFER_BLOBS": str(site.store())}
        with Nginx(Instance(site.settings | settings), http=http, options=options) as nginx:
            yield nginx


def test_the_shipped_site_of_nginx_passes_the_address_and_the_token(new_installation):
    site = new_installation(COFFER_METRICS_TOKEN=TOKEN, COFFER_METRICS_LOOPBACK="on").set_up()
    with behind_nginx(site) as nginx:
        client = Client(nginx.url)
        assert client.get("/metrics").status == 200
        assert client.get("/metrics", Host="files.example.org").status == 404
        assert client.get("/metrics", Host="files.example.org", Authorization=BEARER).status == 200
        assert client.get("/metrics", X_Forwarded_For="127.0.0.1").status == 404
        assert client.get("/metrics", Coffer_Metrics="on", Host="files.example.org").status == 404


@contextmanager
def behind_apache(site, kind):
    """Coffer behind Apache, of a kind: the site's pool, or workers of Apache's own."""
    settings = {"COFFER_BLOBS": str(site.store()), "COFFER_SOCKET": str(site.folder / "pool.sock")}
    with ExitStack() as stack:
        if kind == "pool":
            stack.enter_context(site.serve())
        yield stack.enter_context(Apache(kind, Instance(site.settings | settings)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_sites_of_apache_pass_the_address_and_the_token(new_installation, kind):
    site = new_installation(COFFER_METRICS_TOKEN=TOKEN, COFFER_METRICS_LOOPBACK="on").set_up()
    with behind_apache(site, kind) as apache:
        client = Client(apache.url)
        here = client.get("/metrics")
        assert here.status == 200
        assert client.get("/metrics", Host="files.example.org").status == 404
        assert client.get("/metrics", Host="files.example.org", Authorization=BEARER).status == 200
        assert client.get("/metrics", X_Forwarded_For="127.0.0.1").status == 404
    assert bool(names(samples(here.body.decode())) & OF_POOL) == (kind == "pool")


def test_a_site_of_nginx_that_is_behind_a_proxy_needs_the_token(new_installation):
    site = new_installation(COFFER_METRICS_TOKEN=TOKEN, COFFER_METRICS_LOOPBACK="on").set_up()
    with behind_nginx(site, options=["--behind-proxy", "127.0.0.1"]) as nginx:
        client = Client(nginx.url)
        assert client.get("/metrics").status == 404
        assert client.get("/metrics", Authorization=BEARER).status == 200


def test_neither_the_configuration_nor_the_log_shows_the_token(site):
    shown = site.coffer("config")
    assert TOKEN not in shown and "COFFER_METRICS_TOKEN=" in shown
    assert TOKEN not in site.coffer("config", "--json")
    with site.serve(COFFER_LOG_LEVEL="debug") as (client, _):
        scrape(client)
        assert client.get("/metrics", Authorization=f"Bearer {TOKEN}x").status == 404
    log = (site.folder / "pool.log").read_text()
    assert "route=/metrics" in log and TOKEN not in log


# The command


def figures_of(site):
    """What `coffer stats --json` prints, by series as in /metrics."""
    series = {}
    for figure in json.loads(site.coffer("stats", "--json")):
        labels = ",".join(f'{name}="{value}"' for name, value in figure["labels"].items())
        series[figure["name"] + (f"{{{labels}}}" if labels else "")] = float(figure["value"])
    return series


def test_the_command_prints_the_same_figures(site):
    with site.serve() as (client, _):
        user = Client(client.transport, site.token())
        assert user.store("a", bytes(1234)).status == 200
        assert user.request("HEAD", "/uploads/1", {"Tus-Resumable": "1.0.0"}).status == 404
        scraped, printed = scrape(client), figures_of(site)
        table = site.coffer("stats")
    for figures in (scraped, printed):
        # These change from one to the other.
        del figures["coffer_storage_free_bytes"]
        for series in [each for each in figures if 'route="/metrics"' in each]:
            del figures[series]
    assert printed == scraped
    assert requests(printed, "/uploads/{id}", "4xx") == 1
    lines = [line.split() for line in table.splitlines()]
    assert lines[0] == ["FIGURE", "OF", "VALUE"]
    assert ["coffer_stored_bytes", "kind=files", "1234"] in lines
    assert ["coffer_requests_total", "route=/uploads/{id}", "status=4xx", "1"] in lines
    assert ["coffer_users", "1"] in lines


def test_without_a_pool_the_command_prints_the_other_figures(site):
    site.configure(COFFER_SOCKET=site.folder / "no.sock")
    done = site.run("stats", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {figure["name"] for figure in json.loads(done.stdout)} == KNOWN - RUNS - OF_POOL


def test_the_command_reports_what_it_cannot_ask(site):
    site.configure(COFFER_SOCKET=site.folder / "no.sock")
    with site.unavailable():
        done = site.run("stats", "--json")
    assert done.returncode == 0 and "storage" in done.stderr
    values = {figure["name"]: figure["value"] for figure in json.loads(done.stdout)}
    assert (values["coffer_database_up"], values["coffer_storage_up"]) == (1, 0)
    site.drop()
    done = site.run("stats", "--json")
    assert done.returncode == 0 and "database" in done.stderr
    values = {figure["name"]: figure["value"] for figure in json.loads(done.stdout)}
    assert (values["coffer_database_up"], values["coffer_storage_up"]) == (0, 1)
    assert values.keys() == ALWAYS | OF_STORAGE
    site.make_empty()


# Prometheus and Grafana


def test_promtool_has_nothing_to_say_about_the_metrics(site):
    with site.serve() as (client, _):
        for kind in ("check", "gc"):
            site.coffer(kind)
        site.coffer("backup", site.folder / "saved", "--quiet")
        scrape(client)
        text = client.get("/metrics", Authorization=BEARER).body
    assert names(samples(text.decode())) == KNOWN
    assert promtool("check", "metrics", stdin=text) == (0, "")


def test_the_example_rules_raise_the_alarms_that_they_should():
    status, output = promtool("check", "rules", "--lint=all", "--lint-fatal", MONITORING / "alerts.yml")
    assert status == 0, output
    status, output = promtool("test", "rules", MONITORING / "alerts-test.yml")
    assert status == 0, output


def test_each_example_rule_has_a_test():
    rules = re.findall(r"- alert: (\w+)", (MONITORING / "alerts.yml").read_text())
    tested = re.findall(r"alertname: (\w+)", (MONITORING / "alerts-test.yml").read_text())
    assert len(rules) > 5 and set(rules) == set(tested)


def expressions(value):
    """Every query in a dashboard."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("expr", "query") and isinstance(inner, str):
                yield inner
            yield from expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions(inner)


def test_rules_and_dashboard_name_only_metrics_that_exist():
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    texts = [*expressions(dashboard), (MONITORING / "alerts.yml").read_text()]
    assert len(texts) > 10
    named = {name for text in texts for name in re.findall(r"\bcoffer_\w+", text)}
    assert named <= KNOWN, named - KNOWN
    assert KNOWN - named <= {"coffer_build_info"}, "a figure that no panel and no rule shows"


def test_the_queries_of_the_dashboard_are_valid(tmp_path):
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    # Grafana itself evaluates what lists the values of a variable.
    queries = [text for text in expressions(dashboard) if "coffer_" in text and "label_values" not in text]
    rules = [{"record": f"query:{number}", "expr": text} for number, text in enumerate(queries)]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    status, output = promtool("check", "rules", file)
    assert status == 0, output
