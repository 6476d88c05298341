"""The Debian package: what is in it and with which rights, and that the tools of Debian find nothing wrong with it.

scripts/test-package installs, upgrades, removes and purges it.
"""

import os
import re
import subprocess

import pytest

from package import package
from script import CHECKOUT, SCRIPTS

PROGRAMS = ("coffer", "coffer.fcgi")
COMMANDS = ("apache-site", "nginx-site", "setup")


def output(*words, **more):
    return subprocess.run([*map(str, words)], check=True, capture_output=True, text=True, timeout=300, **more).stdout


@pytest.fixture(scope="module")
def field():
    return lambda name: output("dpkg-deb", "--field", package(), name).strip()


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """What a server gets, and the maintainer scripts in DEBIAN/."""
    folder = tmp_path_factory.mktemp("unpacked") / "root"
    output("dpkg-deb", "--raw-extract", package(), folder)
    return folder


@pytest.fixture(scope="module")
def environment(unpacked):
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "COFFER_CONFIG": str(unpacked / "etc/coffer/coffer.conf")}


def test_lintian_has_no_complaint():
    # Root may run it here. Overrides are in debian/coffer.lintian-overrides, each with its reason.
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning", "--display-info", package()],
        capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and not re.search(r"^[EW]:", done.stdout, re.MULTILINE), done.stdout + done.stderr


def test_the_package_is_small_and_needs_nothing_of_swift(field):
    assert int(field("Installed-Size")) <= 40 * 1024
    depends = {word.split()[0] for word in re.split(r"[,|] *", field("Depends"))}
    assert depends == {
        "systemd", "systemd-standalone-sysusers", "systemd-standalone-tmpfiles", "systemd-sysusers", "systemd-tmpfiles",
        "debconf", "debconf-2.0", "libc6", "libfcgi0ldbl", "libgcc-s1", "libpq5", "libssl3",
    }  # fmt: skip


def test_versions_agree(field, unpacked, environment):
    version = output(unpacked / "usr/lib/coffer/coffer", "--version", env=environment).strip()
    declared = re.search(r'"(.*)"', (CHECKOUT / "Sources/CofferCore/Version.swift").read_text())[1]
    assert version == declared == field("Version")


def test_the_files_have_their_places_and_rights():
    listed = {}
    for line in output("dpkg-deb", "--contents", package()).splitlines():
        mode, owner, *_, path = line.split(maxsplit=5)
        assert owner == "root/root", line
        listed[path.partition(" -> ")[0].removeprefix(".")] = mode
    files = {path: mode for path, mode in listed.items() if not mode.startswith("d")}
    assert all(mode == "drwxr-xr-x" for mode in listed.values() if mode.startswith("d"))
    assert {path for path, mode in files.items() if mode == "-rwxr-xr-x"} == {
        *(f"/usr/lib/coffer/{name}" for name in PROGRAMS),
        *(f"/usr/share/coffer/scripts/{name}" for name in COMMANDS),
    }
    assert files.pop("/etc/coffer/coffer.conf") == "-rw-r-----"
    assert files.pop("/usr/bin/coffer") == "lrwxrwxrwx"
    assert {mode for path, mode in files.items()} == {"-rw-r--r--", "-rwxr-xr-x"}
    for folder in ("web", "nginx", "apache"):
        theirs = {path for path in files if path.startswith(f"/usr/share/coffer/{folder}/")}
        ours = output("git", "ls-files", folder, cwd=CHECKOUT).split()
        assert theirs == {f"/usr/share/coffer/{path}" for path in ours}
    rest = {path for path in files if not re.match(r"/usr/share/(coffer/(web|nginx|apache)|doc)/", path)}
    units = {re.sub("^/usr", "", path) for path in rest if "/systemd/system/" in path}
    names = ("coffer.service", "coffer.socket", "coffer-gc.service", "coffer-gc.timer")
    assert units == {f"/lib/systemd/system/{name}" for name in names}
    assert {path for path in rest if "/systemd/system/" not in path} == {
        "/usr/lib/coffer/coffer", "/usr/lib/coffer/coffer.fcgi",
        "/usr/lib/sysusers.d/coffer.conf", "/usr/lib/tmpfiles.d/coffer.conf",
        "/usr/share/bash-completion/completions/coffer", "/usr/share/zsh/vendor-completions/_coffer",
        "/usr/share/fish/vendor_completions.d/coffer.fish",
        *(f"/usr/share/coffer/{path}" for path in output("git", "ls-files", "scripts/setup.d", cwd=CHECKOUT).split()),
        *(f"/usr/share/coffer/scripts/{name}" for name in (*COMMANDS, "origin.sh", "site.sh", "web-server-texts")),
        "/usr/share/coffer/systemd/hand-off.conf", "/usr/share/coffer/systemd/local-only.conf",
        "/usr/share/lintian/overrides/coffer",
        "/usr/share/man/man1/coffer.1.gz", "/usr/share/man/man5/coffer.conf.5.gz",
    }  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_stripped_and_searches_no_directory_of_its_own(unpacked, name):
    program = unpacked / "usr/lib/coffer" / name
    assert ".symtab" not in output("readelf", "--section-headers", "--wide", program)
    assert "PATH" not in output("readelf", "--dynamic", program)
    assert "not found" not in output("ldd", program)


def test_the_command_of_the_package_has_help(unpacked, environment):
    help = output(unpacked / "usr/lib/coffer/coffer", "--help", env=environment)
    assert "serve" in help and "migrate" in help
    assert os.readlink(unpacked / "usr/bin/coffer") == "../lib/coffer/coffer"


def test_the_configuration_file_is_valid_and_names_the_defaults(unpacked, environment, tmp_path):
    def settings(path):
        text = output(unpacked / "usr/lib/coffer/coffer", "config", env=environment | {"COFFER_CONFIG": str(path)})
        return re.findall(r"^([A-Z_]+=.*)$", text, re.MULTILINE)

    shipped = unpacked / "etc/coffer/coffer.conf"
    own = 'COFFER_OWNER_DATABASE_URL="dbname=coffer user=postgres"'
    changed = set(settings(shipped)) - set(settings("/dev/null"))
    assert [setting.replace("'", '"') for setting in changed] == [own]
    (tmp_path / "all").write_text(re.sub("^#COFFER", "COFFER", shipped.read_text(), flags=re.MULTILINE))
    assert settings(tmp_path / "all") == settings(shipped)


def test_the_scripts_of_the_package_work_without_a_checkout(unpacked, tmp_path):
    for name in ("nginx-site", "apache-site"):
        for scripts, folder in ((SCRIPTS, "ours"), (unpacked / "usr/share/coffer/scripts", "theirs")):
            output(scripts / name, tmp_path / folder / name)
    output("diff", "--recursive", tmp_path / "ours", tmp_path / "theirs")


def test_man_pages_and_completions_are_accepted(unpacked):
    for page in ("man1/coffer.1.gz", "man5/coffer.conf.5.gz"):
        command = ["man", "--warnings", "--local-file", str(unpacked / "usr/share/man" / page)]
        environment = os.environ | {"MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
        assert done.returncode == 0 and done.stderr == "" and "COFFER" in done.stdout
    shared = unpacked / "usr/share"
    output("bash", "-n", shared / "bash-completion/completions/coffer")
    output("zsh", "-n", shared / "zsh/vendor-completions/_coffer")
    output("fish", "--no-execute", shared / "fish/vendor_completions.d/coffer.fish")


def test_bash_completes_commands(unpacked):
    script = unpacked / "usr/share/bash-completion/completions/coffer"
    text = f"""PATH={unpacked}/usr/lib/coffer:$PATH; source {script}
        COMP_WORDS=(coffer mig) COMP_CWORD=1 COMP_LINE='coffer mig' COMP_POINT=10
        $(complete -p coffer | sed 's/.*-F \\([^ ]*\\).*/\\1/') coffer mig coffer; echo "${{COMPREPLY[@]}}" """
    assert output("bash", "-c", text).split() == ["migrate"]


def test_maintainer_scripts_touch_no_database_and_change_no_owner_below_a_directory(unpacked):
    scripts = {name: (unpacked / "DEBIAN" / name).read_text() for name in ("postinst", "prerm", "postrm")}
    for name, text in scripts.items():
        output("sh", "-n", unpacked / "DEBIAN" / name)
        assert not re.search(r"psql|dropdb|createdb|coffer migrate|ch(own|mod|grp) .*(-R|--recursive)", text), name
    assert "systemctl enable" not in "".join(scripts.values())
    # Nothing starts a unit that does not run already.
    started = re.findall(r"deb-systemd-invoke (\S+)", scripts["postinst"])
    assert started == ["try-restart"]
    # An upgrade does not stop the pool or its socket before it is unpacked.
    assert not (unpacked / "DEBIAN/preinst").exists()
