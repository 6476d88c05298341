"""coffer setup on servers of its own: the plan, each step, what it refuses, and that it can be run again at any time.

Each server is a root of its own with the product where the Debian package puts it, a real PostgreSQL and a real nginx
or Apache. systemd does not run there, except where a test says so, so the tests start the workers as setup says.
"""

import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest

from machine import NAME, can_have_one
from own_server import ENVIRONMENT, Server
from processes import children
from script import CHECKOUT

pytestmark = pytest.mark.skipif(not can_have_one(), reason="needs root, namespaces and Debian's PostgreSQL")

PASSWORD = "correct horse battery"
ADMIN = "admin@example.org"
SETUP = f"coffer setup --yes --admin {ADMIN} --name {NAME}"

# The files as the package installs them, and a certificate.
START = r"""
checkout=$1
hostname files 2>/dev/null || true
echo "127.0.0.1 localhost NAME" >/etc/hosts
unset "${!COFFER_@}"
rm -rf /etc/coffer /usr/lib/coffer /usr/share/coffer /etc/letsencrypt /etc/nginx/coffer
rm -f /etc/nginx/sites-enabled/* /usr/bin/coffer
! id coffer >/dev/null 2>&1 || userdel coffer
mkdir -p /run/lock /usr/share/coffer /etc/letsencrypt/live/NAME
install -D -m 755 -t /usr/lib/coffer /tmp/coffer /tmp/coffer.fcgi
ln -s ../lib/coffer/coffer /usr/bin/coffer
cp -r "$checkout"/{web,nginx,apache,scripts} /usr/share/coffer
mkdir /usr/share/coffer/systemd
cp "$checkout"/debian/{hand-off,local-only}.conf /usr/share/coffer/systemd
cd /etc/letsencrypt/live/NAME
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=NAME \
    -addext subjectAltName=DNS:NAME -keyout privkey.pem -out fullchain.pem 2>/dev/null
cat fullchain.pem >>/etc/ssl/certs/ca-certificates.crt
install -d -o postgres -g postgres /run/postgresql
cd /
""".replace("NAME", NAME)
POSTGRES = 'pg_ctlcluster "$(ls /etc/postgresql)" main start\n'

# All files that setup could touch, with owner, mode and digest. Not all of /etc, as something may be installed on the
# machine meanwhile, below this server.
STATE = r"""
shopt -s nullglob
roots=(/etc/{passwd,group,shadow,gshadow}* /etc/{coffer,nginx,apache2,postgresql,systemd,letsencrypt}
    /usr/share/coffer /var/lib/coffer /srv /run/coffer-setup)
for root in "${roots[@]}"; do
    [[ -e $root ]] || continue
    find "$root" -path '/srv/cluster/*' -o -printf '%p %u:%g %m %y %l\n' -type f -exec sha256sum {} +
done
runuser -u postgres -- psql -XAtq coffer -c 'select * from internal.users order by 1' \
    -c 'select * from internal.code_files order by 1' -c 'select * from pg_roles order by 1' \
    -c 'select * from internal.stores' 2>/dev/null || true
"""

# Many runs of doctor have used up what nginx admits of logins.
USE = f"""
site=https://{NAME}
token=$(curl -sS --fail --retry 8 "$site/rpc/login" -H 'Content-Type: application/json' -d @- <<END | cut -d '"' -f 4
{{"email": "{ADMIN}", "password": "{PASSWORD}"}}
END
)
head -c 3000000 /dev/urandom >/tmp/sent
curl -sS --fail -X POST -T /tmp/sent -H "Authorization: Bearer $token" -H 'File-Path: a/b' "$site/rpc/store_file"
curl -sS --fail -H "Authorization: Bearer $token" "$site/rpc/retrieve_file?p_file_path=a/b" | cmp - /tmp/sent
curl -sS --fail "$site/login" | grep -q '<title>'
"""


def server(instance, start, **files):
    files = {"coffer": Path(instance["COMMAND"]), "coffer.fcgi": Path(instance["WORKER"]), **files}
    return Server(CHECKOUT, files, START + start)


@pytest.fixture(scope="module")
def bare(instance):
    """A server on which nothing is set up. Tests leave it so."""
    with server(instance, POSTGRES + "nginx") as bare:
        yield bare


@pytest.fixture(scope="module")
def complete(instance):
    """A server that is set up and running."""
    with server(instance, POSTGRES + "nginx") as complete:
        # Where an administrator may be.
        complete.output = complete.run(f"cd /srv; {SETUP}", PASSWORD + "\n")
        start_workers(complete, complete.output)
        yield complete


def start_workers(server, output):
    """As setup says."""
    command = re.search(r"Start the workers by: (.*)", output)[1]
    server.run(f"({command}) </dev/null >/var/log/pool.log 2>&1 &")
    server.run("for ((i = 0; i < 600; i++)); do [[ ! -S /run/coffer/coffer.sock ]] || exit 0; sleep 0.1; done; exit 1")


def state(server):
    return set(server.run(STATE).splitlines())


def assert_refused(server, script, *words, stdin=""):
    """The script fails with these words before anything has changed."""
    before = state(server)
    output = server.run(script, stdin, status=1)
    for word in (*words, "Nothing was changed."):
        assert word in output, output
    assert sorted(state(server) ^ before) == []
    return output


def assert_nothing_is_missing(server, script=SETUP):
    before = state(server)
    output = server.run(script)
    assert "Nothing is missing, so nothing was changed." in output and "will be made" not in output
    assert sorted(state(server) ^ before) == []
    return output


def assert_doctor_asked_the_site(output):
    """What it cannot find out, such as an address that it does not know, would be shown."""
    assert re.search(r"^\d+ checks: ", output, re.MULTILINE) and "url.known" not in output, output


def test_the_script_takes_the_options_of_the_command():
    declared = (CHECKOUT / "Sources/CofferCommand/Commands/Setup.swift").read_text()
    script = (CHECKOUT / "scripts/setup").read_text()
    passed = set(re.findall(r'\("(--[a-z-]+)"', declared))
    arguments = script.partition("read_arguments() {")[2].partition("\n}")[0]
    taken = set(re.findall(r"--[a-z-]+(?=[ )\n])", arguments.partition("esac")[0])) - {"--help", "--program"}
    assert passed == taken
    usage = script.partition("usage() {")[2].partition("\n}")[0]
    assert passed == set(re.findall(r"--[a-z-]+", usage)) - {"--help", "--program"}


@pytest.mark.parametrize(
    "change, undo, options, words",
    [
        ("", "", "--name https://files.example.org", ["https://files.example.org is not a host name"]),
        ("", "", "--name other.example.org", ["There is no certificate at /etc/letsencrypt/live/other.example.org"]),
        (
            "cp -r /etc/letsencrypt/live/{files,other}.example.org", "rm -r /etc/letsencrypt/live/other.example.org",
            "--name other.example.org", ["is not for the host name other.example.org"],
        ),
        (
            "python3 -m http.server --bind 127.0.0.1 8090 >/dev/null 2>&1 & echo $! >/tmp/pid; sleep 1",
            "kill $(</tmp/pid)", "--port 8090", ["Port 8090 is in use by python3", "--port"],
        ),
        (
            "install -d -o www-data /var/lib/coffer/blobs; touch /var/lib/coffer/blobs/x",
            "rm -r /var/lib/coffer/blobs", "", ["belongs to www-data, and the workers run as coffer"],
        ),
        ("", "", "--postgres-port 5999", ["PostgreSQL does not answer at the socket of port 5999"]),
        (
            "mount --bind /etc /etc; mount -o remount,bind,ro /etc", "umount /etc",
            "", ["/etc cannot be written", "read-only"],
        ),
        ("echo 'hba' >/etc/nginx/conf.d/x.conf", "rm /etc/nginx/conf.d/x.conf", "", ["nginx refuses its present"]),
        ("mkdir /etc/coffer; echo COFFER_X=1 >/etc/coffer/coffer.conf", "rm -r /etc/coffer", "", ["COFFER_X"]),
        ("", "", "--local-only --storage s3://bucket/a", ["the storage is a bucket"]),
        ("", "", "--hand-off --web none", ["--hand-off needs nginx"]),
    ],
)  # fmt: skip
def test_what_it_cannot_make_is_refused_before_anything_changes(bare, change, undo, options, words):
    bare.run(change)
    try:
        assert_refused(bare, f"{SETUP} {options}", *words, stdin=PASSWORD + "\n")
    finally:
        bare.run(undo)


def test_without_postgresql_it_says_so(bare):
    stop = POSTGRES.replace("start", "stop")
    bare.run(stop)
    try:
        assert_refused(bare, SETUP, "PostgreSQL does not answer", stdin=PASSWORD + "\n")
    finally:
        bare.run(POSTGRES)


def test_nothing_happens_without_an_answer_or_a_password(bare):
    output = assert_refused(bare, SETUP.replace("--yes", ""), "--yes", stdin="")
    assert "createdb --encoding=UTF8 --template=template0 coffer" in output
    assert "  local  coffer  all  peer map=coffer" in output
    assert_refused(bare, SETUP, "Standard input contains no password.")
    bucket = "'s3://bucket/a?endpoint=https://127.0.0.1:9000'"
    output = assert_refused(bare, f"{SETUP.replace('--yes', '')} --storage {bucket}", "--yes")
    assert "--s3-endpoint https://127.0.0.1:9000" in output and f'COFFER_STORAGE_URL="{bucket[1:-1]}"' in output


def test_only_root_may_run_it(bare):
    assert "only root" in bare.run("runuser -u www-data -- coffer setup --yes", status=2)


def at_the_terminal(server, script, answers):
    """Runs a script at a terminal, and types an answer for each prompt in turn."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        server.command(script), stdin=theirs, stdout=theirs, stderr=theirs, env=ENVIRONMENT, start_new_session=True
    )
    os.close(theirs)
    shown = ""
    answers = list(answers)
    while True:
        try:
            piece = os.read(ours, 65536).decode(errors="replace")
        except OSError:
            break
        shown += piece
        if answers and shown.rstrip().endswith(answers[0][0]):
            os.write(ours, answers.pop(0)[1].encode() + b"\n")
            shown += "\n"
    os.close(ours)
    assert not answers, shown
    return process.wait(), shown


def test_at_a_terminal_it_asks_for_what_it_cannot_know(bare):
    questions = [("files.example.org:", NAME.upper()), ("(empty for none now):", ADMIN), ("Go on? [y/N]", "n")]
    before = state(bare)
    status, shown = at_the_terminal(bare, "coffer setup", questions)
    assert status == 1 and "Nothing was changed." in shown
    assert f"--name {NAME}" in shown and f"coffer user add {ADMIN} --role admin" in shown
    questions[2:] = [("Go on? [y/N]", "y"), ("Password for admin@example.org:", PASSWORD), ("Again:", PASSWORD + "r")]
    status, shown = at_the_terminal(bare, "coffer setup", questions)
    assert status == 1 and "The two passwords differ. Nothing was changed." in shown
    assert PASSWORD not in shown
    assert sorted(state(bare) ^ before) == []


def test_it_makes_all_and_the_site_stores_and_returns_a_file(complete):
    assert "Done before it" not in complete.output and PASSWORD not in complete.output
    assert "systemd does not run here" in complete.output or "There is no coffer.service" in complete.output
    complete.run(USE)
    shown = complete.run("stat -c '%U:%G %a %n' /etc/coffer/coffer.conf /var/lib/coffer/blobs; id -nG www-data")
    assert shown.splitlines() == [
        "root:coffer 640 /etc/coffer/coffer.conf", "coffer:coffer 750 /var/lib/coffer/blobs", "www-data coffer"
    ]  # fmt: skip
    assert "uploads streaming" in complete.run("cat /etc/nginx/coffer/options")
    encoding = "select pg_encoding_to_char(encoding) from pg_database where datname = 'coffer'"
    assert complete.run(f'runuser -u postgres -- psql -XAtqc "{encoding}"') == "UTF8\n"


def test_what_it_changes_is_copied_first(complete):
    hba = complete.run("find /var/backups/coffer-setup -name pg_hba.conf | sort").split()[0]
    shown = complete.run(f"diff {hba} {hba.partition('/etc/')[1]}{hba.partition('/etc/')[2]} || true")
    assert shown == "0a1\n> local  coffer  all  peer map=coffer\n"


def test_a_second_run_changes_nothing(complete):
    output = assert_nothing_is_missing(complete)
    assert_doctor_asked_the_site(output)
    # The options of the site are known from the last time.
    assert_nothing_is_missing(complete, "coffer setup")


HALF_MADE = {
    "the site is not enabled": "rm /etc/nginx/sites-enabled/coffer",
    "the site lacks a file": "rm /etc/nginx/coffer/snippets/web.conf",
    "the site has another file": "echo >>/etc/nginx/coffer/snippets/web.conf",
    "nginx has not loaded the site": "mkdir -p /run/coffer-setup; touch /run/coffer-setup/nginx",
    "www-data is not in the group": "gpasswd --delete www-data coffer",
    "PostgreSQL knows no map": "sed -i '/^coffer /d' \"$ident\"",
    "PostgreSQL knows a part of the map": "sed -i '/^coffer  root /d' \"$ident\"",
    "pg_hba.conf has no line": "sed -i 1d \"$hba\"",
    "PostgreSQL has not loaded its files": "mkdir -p /run/coffer-setup; touch /run/coffer-setup/postgresql",
    "the configuration lacks the owner": "sed -i /OWNER/d /etc/coffer/coffer.conf",
    "the directory is closed to the group": "chmod g-rx /var/lib/coffer/blobs",
    "a function differs": "$sql \"delete from internal.code_files where name like '12%'\"",
    "the store has no mark in the database": '$sql "update internal.stores set identity = null"',
    "the admin is missing": f"coffer user add x@example.org --role admin <<<{'x' * 20}; coffer user delete {ADMIN}",
}


# nginx takes the group up, and without the map the database cannot be asked for the rest.
MORE_STEPS = {
    "www-data is not in the group": 2,
    "PostgreSQL knows no map": 3,
    "PostgreSQL knows a part of the map": 2,
    "pg_hba.conf has no line": 2,
    "PostgreSQL has not loaded its files": 2,
}


@pytest.mark.parametrize("what", HALF_MADE)
def test_it_continues_when(what, complete):
    complete.run(
        'hba=$(ls /etc/postgresql/*/main/pg_hba.conf); ident=${hba%hba.conf}ident.conf\n'
        f'sql="runuser -u postgres -- psql -XAtqd coffer -c"\n{{ {HALF_MADE[what]}; }} >/dev/null 2>&1\n'
        "runuser -u postgres -- psql -XAtqc 'select pg_reload_conf()' >/dev/null"
    )
    output = complete.run(SETUP, PASSWORD + "\n")
    assert output.count("will be made") == MORE_STEPS.get(what, 1), output
    assert_nothing_is_missing(complete)


def test_after_all_of_that_the_site_still_stores_and_returns_a_file(complete):
    complete.run(USE)


def test_a_configuration_keeps_its_comments_its_values_and_its_mode(complete):
    config = "/etc/coffer/coffer.conf"
    complete.run(f"cp -p {config} /tmp/conf; printf '# mine\\n\\nCOFFER_WORKERS=2 ' >{config}; chmod 600 {config}")
    complete.run(f"chown coffer {config}")
    complete.run("coffer setup --yes")
    shown = complete.run(f"cat {config}; stat -c '%U %a' {config}")
    line = 'COFFER_OWNER_DATABASE_URL="dbname=coffer user=postgres"'
    assert shown == f'# mine\n\nCOFFER_WORKERS=2 \n{line}\nCOFFER_PUBLIC_URL="https://{NAME}"\ncoffer 600\n'
    complete.run(f"sed -i 's/user=postgres/user=postgres connect_timeout=5/' {config}")
    assert_nothing_is_missing(complete)
    complete.run(f"echo COFFER_STORAGE_URL=file:///srv/b >>{config}")
    other = "coffer setup --yes --storage file:///srv/c"
    assert_refused(complete, other, f"{config}:6 says COFFER_STORAGE_URL=file:///srv/b.")
    complete.run(f"cp -p /tmp/conf {config}")
    assert_nothing_is_missing(complete)


def test_options_of_the_site_are_kept_and_can_be_added(complete):
    before = complete.run("cat /etc/nginx/coffer/options")
    output = complete.run("coffer setup --yes --web nginx --behind-proxy 192.0.2.1 --port 8081")
    assert f"doctor checks the whole way to https://{NAME}." in output and "url.known" in output
    assert complete.run("cat /etc/nginx/sites-enabled/coffer") == "include coffer/coffer-loopback.conf;\n"
    assert before.replace("# ", "").splitlines()[-1] in complete.run("cat /etc/nginx/coffer/options")
    assert_nothing_is_missing(complete, "coffer setup")
    complete.run(f"rm -r /etc/nginx/coffer /etc/nginx/sites-enabled/coffer; {SETUP}")
    complete.run(USE)


def test_a_database_of_the_administrators_own_is_used_as_it_is(complete):
    other = "host=/run/postgresql dbname=coffer"
    own = "/tmp/own.conf"
    complete.run(f"""printf 'COFFER_DATABASE_URL="%s"\n' '{other} user=coffer_authenticator' >{own}""")
    setup = f"COFFER_CONFIG={own} coffer setup --yes --web none"
    assert_refused(complete, setup, "COFFER_OWNER_DATABASE_URL")
    output = assert_nothing_is_missing(complete, f"COFFER_OWNER_DATABASE_URL='{other} user=postgres' {setup}")
    assert f"{own} names one of your own" in output
    other = "host=/nonexistent dbname=coffer user=postgres"
    assert_refused(complete, f"COFFER_OWNER_DATABASE_URL='{other}' {setup}", "The database cannot be reached")


def test_a_site_that_nginx_refuses_is_taken_away_again(complete):
    before = state(complete) - {"/run/coffer-setup root:root 755 d "}
    complete.run("cd /etc/letsencrypt/live; mkdir wrong; cp */fullchain.pem wrong; "
                 "openssl ecparam -name prime256v1 -genkey -noout -out wrong/privkey.pem")  # fmt: skip
    output = complete.run(f"{SETUP} --certificate /etc/letsencrypt/live/wrong/fullchain.pem", status=1)
    assert "This step failed: the site of nginx" in output and "taken away again" in output
    complete.run("rm -r /etc/letsencrypt/live/wrong /run/coffer-setup; nginx -t -q")
    assert sorted(state(complete) ^ before) == []
    assert_nothing_is_missing(complete)


def test_a_failed_step_says_what_was_done_and_the_next_run_continues(instance):
    with server(instance, POSTGRES + "nginx") as own:
        output = own.run(SETUP, "short\n", status=1)
        assert f"This step failed: the admin {ADMIN}" in output and "10" in output
        assert "Done before it: the system user coffer" in output and "Run coffer setup again" in output
        # Hand-off on a store of another owner would need a change of all its files.
        assert_refused(own, f"{SETUP} --hand-off", "belongs to coffer, and the workers run as www-data", stdin="x\n")
        # What all users of the machine can see of processes, and the environment, which only root can.
        watch = r"""touch /tmp/watched
while [[ -e /tmp/watched ]]; do cat /proc/[0-9]*/{cmdline,environ} || true; done 2>/dev/null | tr '\0' '\n' >/tmp/seen &
"""
        output = own.run(f"{watch}{SETUP}; rm /tmp/watched; wait", PASSWORD + "\n")
        assert own.run(f"grep -c -m 1 -x {ADMIN} /tmp/seen; grep -cF '{PASSWORD}' /tmp/seen || true") == "1\n0\n"
        start_workers(own, output)
        assert_nothing_is_missing(own)


def test_an_interruption_in_any_step_leaves_what_the_next_run_completes(instance):
    """By the interrupt key and by KILL in turn, of which setup notices nothing."""
    with server(instance, POSTGRES + "nginx") as own:
        interrupted = 0
        while True:
            # A process group of its own, as a shell gives to each command at a terminal. In the background of another
            # shell, the tests ignore the interrupt key.
            process = own.launch(f"exec env --default-signal=INT setsid {SETUP}", stdin=subprocess.PIPE)
            process.stdin.write(PASSWORD + "\n")
            process.stdin.close()
            headings, output = 0, []
            for line in process.stdout:
                output.append(line)
                headings += line.startswith("== ")
                # In the middle of the second step of this run, if there is one.
                if headings == 2 and line.startswith("== "):
                    os.killpg(children(process.pid)[0], signal.SIGKILL if interrupted % 2 else signal.SIGINT)
            if process.wait() == 0:
                break
            assert process.returncode == (-signal.SIGKILL if interrupted % 2 else 130), output
            assert interrupted % 2 or "Interrupted at this step" in "".join(output), output
            interrupted += 1
        assert interrupted > 4
        start_workers(own, own.run(SETUP, PASSWORD + "\n"))
        assert_nothing_is_missing(own)
        own.run(USE)


def test_a_cluster_of_another_layout_and_a_store_elsewhere_with_hand_off(instance):
    programs = "$(ls -d /usr/lib/postgresql/*/bin)"
    start = f"""
programs={programs}
install -d -o postgres -g postgres /srv/cluster /srv/settings
useradd --system --user-group coffer
install -d -o coffer -g coffer -m 750 /srv/store/blobs
runuser -u postgres -- $programs/initdb --pgdata=/srv/cluster --auth-local=peer --auth-host=reject --encoding=LATIN1 \\
    --locale=C >/dev/null
mv /srv/cluster/pg_hba.conf /srv/settings/allowed.conf
mv /srv/cluster/pg_ident.conf /srv/settings/map.conf
runuser -u postgres -- $programs/pg_ctl --pgdata=/srv/cluster --wait --log=/srv/cluster/log --options="-c port=5441 \\
    -c unix_socket_directories=/run/postgresql -c listen_addresses= -c hba_file=/srv/settings/allowed.conf \\
    -c ident_file=/srv/settings/map.conf" start >/dev/null
nginx
"""
    setup = f"{SETUP} --hand-off --storage file:///srv/store/blobs"
    with server(instance, start) as own:
        output = own.run(setup, PASSWORD + "\n")
        assert "port=5441 dbname=coffer user=postgres" in output and "the owner of the empty storage" in output
        start_workers(own, output)
        shown = own.run("stat -c '%U %n' /srv/store/blobs; head -n 1 /srv/settings/allowed.conf")
        assert shown == "www-data /srv/store/blobs\nlocal  coffer  all  peer map=coffer\n"
        assert "uploads" not in own.run("cat /etc/nginx/coffer/options")
        drop_in = own.run("cat /etc/systemd/system/coffer.service.d/hand-off.conf")
        assert "User=www-data" in drop_in
        assert_nothing_is_missing(own, setup)
        # The drop-in says who the workers are, and the configuration where the store is.
        assert_nothing_is_missing(own, "coffer setup")
        own.run(USE)


# Says what it was asked, and does with files what the tests look at.
SYSTEMCTL = r"""#!/bin/bash
echo "systemctl $*" >>/tmp/asked
state=/tmp/units
mkdir -p $state
case $* in
    "--quiet is-enabled "* | "--quiet is-active "*) [[ -e $state/$3 ]] ;;
    "enable --now "*) for unit in "${@:3}"; do touch "$state/$unit"; done ;;
esac
"""
UNITS = """
mkdir -p /run/systemd/system
install -m 755 /tmp/systemctl /usr/local/sbin/systemctl
cd /usr/lib/systemd/system
printf '[Service]\\nUser=coffer\\nProtectSystem=strict\\n' >coffer.service
touch coffer.socket coffer-gc.timer
cd /
"""


def asked(server):
    return server.run("grep -v 'is-\\(enabled\\|active\\)' /tmp/asked || true; rm -f /tmp/asked").splitlines()


def test_where_systemd_runs_the_units_are_enabled_and_drop_ins_are_taken_up(instance):
    setup = f"coffer setup --yes --admin {ADMIN} --web none --storage file:///srv/store/blobs"
    with server(instance, POSTGRES + UNITS, systemctl=SYSTEMCTL) as own:
        own.run(setup, PASSWORD + "\n")
        assert asked(own) == ["systemctl daemon-reload", "systemctl enable --now coffer.socket coffer.service"]
        paths = own.run("cat /etc/systemd/system/coffer.service.d/storage.conf")
        assert paths == "[Service]\nReadWritePaths=-/srv/store/blobs\n"
        assert_nothing_is_missing(own, setup)
        assert asked(own) == []
        own.run(f"{setup} --local-only")
        assert asked(own) == ["systemctl daemon-reload", "systemctl restart coffer.service"]
        assert "RestrictAddressFamilies=AF_UNIX" in own.run("cat /etc/systemd/system/coffer.service.d/local-only.conf")
        assert_nothing_is_missing(own, f"{setup} --local-only")
        asked(own)
        own.run("echo COFFER_WORKER_GC=off >>/etc/coffer/coffer.conf; sed -i /OWNER/d /etc/coffer/coffer.conf")
        own.run(setup)
        assert asked(own) == ["systemctl enable --now coffer-gc.timer", "systemctl reload coffer.service"]


def test_apache(instance):
    files = {path.name: path for path in packages("apache2", "apache2-data")}
    start = POSTGRES + r"""
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
dpkg --install --force-unsafe-io /tmp/apache2*.deb >/dev/null
a2dissite --quiet 000-default
apache2ctl start
"""
    setup = f"{SETUP} --web apache"
    with server(instance, start, **files) as own:
        output = own.run(setup, PASSWORD + "\n")
        start_workers(own, output)
        own.run(USE)
        assert "308" in own.run(f"curl -sSI http://{NAME}/rpc/login?a=1")
        assert f"https://{NAME}/rpc/login?a=1" in own.run(f"curl -sSI http://{NAME}/rpc/login?a=1")
        assert_nothing_is_missing(own, setup)
        output = own.run("coffer setup --yes --web apache --behind-proxy 127.0.0.1 --port 8082")
        assert f"doctor checks the whole way to https://{NAME}." in output and "url.known" in output
        assert_nothing_is_missing(own, "coffer setup --web apache")


def packages(*names):
    """Debian packages that are not installed on this machine, as files."""
    folder = CHECKOUT / ".build/packages"
    folder.mkdir(exist_ok=True)
    for name in names:
        if not list(folder.glob(f"{name}_*.deb")):
            subprocess.run(["apt-get", "download", name], cwd=folder, check=True, capture_output=True, timeout=300)
        yield max(folder.glob(f"{name}_*.deb"))
