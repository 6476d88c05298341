"""The restrictions that a unit file asks systemd for, applied to a program where there is no systemd.

Each line of [Service] is applied, or stands in one of the lists below with the reason why not. Others are an error, so
a new line of a unit is not overlooked. Runs as root with Debian's python3 and its package python3-seccomp.

Usage: sandbox.py UNIT PROGRAM [ARGUMENT …] runs a program as coffer.service would, for tests of the restrictions.
"""

import ctypes
import errno
import grp
import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path

FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")

# What the service manager does, not the process that it starts.
OF_THE_MANAGER = {
    "Type", "ExecStart", "ExecReload", "KillMode", "TimeoutStopSec", "WatchdogSec", "Restart", "RestartSec",
    "OOMPolicy", "Nice", "IOSchedulingClass",
}  # fmt: skip
# What follows from others here: no capability and no system call is left for it.
IMPLIED = {
    "ProtectClock", "ProtectKernelLogs", "ProtectKernelModules", "RestrictRealtime", "PrivateMounts",
    "RestrictNamespaces", "NoNewPrivileges", "SystemCallArchitectures",
}  # fmt: skip
# What this stand-in has no means for: control groups, and what happens after the end.
NOT_HERE = {"IPAddressDeny", "ProtectControlGroups", "RemoveIPC", "KeyringMode"}
APPLIED = {
    "User", "Group", "SupplementaryGroups", "UMask", "ProtectSystem", "ReadWritePaths", "ProtectHome", "PrivateTmp",
    "PrivateDevices", "PrivateIPC", "PrivateUsers", "PrivateNetwork", "ProtectHostname", "ProtectKernelTunables",
    "ProtectProc", "ProcSubset", "CapabilityBoundingSet", "RestrictAddressFamilies", "RestrictSUIDSGID",
    "LockPersonality", "MemoryDenyWriteExecute", "SystemCallFilter", "SystemCallErrorNumber",
}  # fmt: skip

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = 1 << 17, 1 << 26, 1 << 27, 1 << 28, 1 << 30
NAMESPACES = 0x7E020080
PR_CAPBSET_DROP = 24
CAPABILITIES = {"CAP_CHOWN": 0, "CAP_DAC_OVERRIDE": 1, "CAP_FOWNER": 3, "CAP_SETGID": 6, "CAP_SETUID": 7}
PROT_WRITE, PROT_EXEC, SUID_SGID = 2, 4, 0o6000


class Unit:
    """The lines of a unit file and of its drop-ins."""

    def __init__(self, name):
        self.lines = []
        folders = [Path(folder) for folder in FOLDERS]
        file = next(folder / name for folder in folders if (folder / name).exists())
        for path in [file, *sorted(part for folder in folders for part in folder.glob(f"{name}.d/*.conf"))]:
            self.read(path)

    def read(self, path):
        section = None
        for line in path.read_text().splitlines():
            if line.startswith("["):
                section = line.strip("[]")
            elif line.strip() and not line.startswith(("#", ";")):
                key, _, value = line.partition("=")
                # An empty value takes back all that came before.
                if not value:
                    self.lines = [each for each in self.lines if each[:2] != (section, key)]
                self.lines.append((section, key, value))

    def keys(self, section):
        return {key for where, key, _ in self.lines if where == section}

    def all(self, key):
        return [value for _, name, value in self.lines if name == key and value]

    def last(self, key, default=None):
        values = [value for _, name, value in self.lines if name == key]
        return values[-1] if values else default

    def words(self, key):
        return [word for value in self.all(key) for word in value.split()]

    def has(self, key):
        return self.last(key) == "yes"


libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def execute(unit, program, environment):
    """Becomes the program, with the unit's restrictions."""
    unknown = unit.keys("Service") - OF_THE_MANAGER - IMPLIED - NOT_HERE - APPLIED
    assert not unknown, f"the stand-in of systemd does not know {sorted(unknown)}"
    user = pwd.getpwnam(unit.last("User", "root"))
    group = grp.getgrnam(unit.last("Group")).gr_gid if unit.last("Group") else user.pw_gid
    calls = make_filter(unit)
    capabilities = [CAPABILITIES[name] for name in unit.words("CapabilityBoundingSet")]
    drops = "CapabilityBoundingSet" in unit.keys("Service")
    last_capability = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    map_ids = start_mapper(user.pw_uid, group) if unit.has("PrivateUsers") else None
    restrict_files(unit)
    more = [grp.getgrnam(name).gr_gid for name in unit.words("SupplementaryGroups")]
    os.setgroups([*os.getgrouplist(user.pw_name, group), *more])
    if map_ids:
        check(libc.unshare(CLONE_NEWUSER))
        map_ids()
    for number in range(last_capability + 1) if drops else ():
        if number not in capabilities:
            check(libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0))
    os.setresgid(group, group, group)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    os.umask(int(unit.last("UMask", "0022"), 8))
    os.chdir("/")
    if calls:
        calls.load()
    os.execve(program[0], program, environment)


def start_mapper(user, group):
    """Starts a process of the old user namespace, which maps root and the user into the new one (PrivateUsers=)."""
    (wake, waker), (done, finisher) = os.pipe(), os.pipe()
    pid = os.getpid()
    if os.fork() == 0:
        os.read(wake, 1)
        for kind, number in (("uid", user), ("gid", group)):
            Path(f"/proc/{pid}/{kind}_map").write_text("0 0 1\n" + f"{number} {number} 1\n" * (number != 0))
        os.write(finisher, b".")
        os._exit(0)
    os.close(finisher)

    def map_ids():
        os.write(waker, b".")
        assert os.read(done, 1) == b".", "the user namespace has no map"
        os.wait()
        for each in (wake, waker, done):
            os.close(each)

    return map_ids


def restrict_files(unit):
    """Namespaces, and what the program finds in the file system."""
    spaces = {"PrivateIPC": CLONE_NEWIPC, "PrivateNetwork": CLONE_NEWNET, "ProtectHostname": CLONE_NEWUTS}
    check(libc.unshare(CLONE_NEWNS | sum(flag for key, flag in spaces.items() if unit.has(key))))
    mount("--make-rslave", "/")
    own = []
    if unit.has("PrivateTmp"):
        for path in ("/tmp", "/var/tmp"):
            mount("-t", "tmpfs", "-o", "mode=1777,nosuid,nodev", "tmpfs", path)
            own.append(path)
    if unit.has("ProtectHome"):
        for path in filter(os.path.isdir, ("/home", "/root", "/run/user")):
            mount("-t", "tmpfs", "-o", "mode=000,ro", "tmpfs", path)
    if unit.has("PrivateDevices"):
        make_devices()
    for path in (path.lstrip("-") for path in unit.words("ReadWritePaths")):
        if os.path.isdir(path):
            mount("--bind", path, path)
            own.append(path)
    if unit.last("ProtectSystem") == "strict":
        kept = ("/dev", "/proc", *own)
        for point in reversed(mount_points()):
            if not any(f"{point}/".startswith(f"{path}/") for path in kept):
                mount("-o", "remount,bind,ro", point)
    if unit.last("ProcSubset") == "pid":
        hidden = unit.last("ProtectProc", "default").replace("default", "off")
        mount("-t", "proc", "-o", f"hidepid={hidden},subset=pid", "proc", "/proc")
    elif unit.has("ProtectKernelTunables"):
        mount("--bind", "/proc/sys", "/proc/sys")
        mount("-o", "remount,bind,ro", "/proc/sys")


def mount_points():
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line.split()[4].replace("\\040", " ") for line in lines]


def make_devices():
    folder = Path("/var/tmp/devices")
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "mode=755,nosuid,noexec", "tmpfs", str(folder))
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        (folder / name).touch()
        mount("--bind", f"/dev/{name}", str(folder / name))
    mount("-o", "remount,ro", str(folder))
    mount("--move", str(folder), "/dev")


def calls_of(name):
    """The system calls of a set, as systemd defines it."""
    if not name.startswith("@"):
        return {name}
    text = subprocess.run(
        ["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    lines = [line.strip() for line in text.splitlines()[1:]]
    return set().union(*(calls_of(line) for line in lines if line and not line.startswith("#")))


def allowed_calls(unit):
    allowed = set()
    for value in unit.all("SystemCallFilter"):
        found = set().union(*map(calls_of, value.lstrip("~").split()))
        allowed = allowed - found if value.startswith("~") else allowed | found
    return allowed


def make_filter(unit):
    """The filter of system calls, with the restrictions of single arguments."""
    import seccomp

    allowed = allowed_calls(unit)
    if not allowed:
        return None
    number = getattr(errno, unit.last("SystemCallErrorNumber", "EPERM"))
    made = seccomp.SyscallFilter(seccomp.ERRNO(number))
    equal, masked = seccomp.EQ, seccomp.MASKED_EQ
    # glibc then uses clone, whose flags a filter can read.
    made.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    limits = {"clone": [seccomp.Arg(0, masked, NAMESPACES, 0)], "clone3": [], "unshare": [], "setns": []}
    if unit.words("RestrictAddressFamilies"):
        families = [getattr(socket, name) for name in unit.words("RestrictAddressFamilies")]
        limits["socket"] = [seccomp.Arg(0, equal, family) for family in families]
    if unit.has("MemoryDenyWriteExecute"):
        both = PROT_WRITE | PROT_EXEC
        limits["mmap"] = [seccomp.Arg(2, masked, both, value) for value in (0, PROT_WRITE, PROT_EXEC)]
        limits["mprotect"] = limits["pkey_mprotect"] = [seccomp.Arg(2, masked, PROT_EXEC, 0)]
    if unit.has("LockPersonality"):
        limits["personality"] = [seccomp.Arg(0, equal, 0)]
    if unit.has("RestrictSUIDSGID"):
        for name, place in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("mkdir", 1), ("mkdirat", 2)):
            limits[name] = [seccomp.Arg(place, masked, SUID_SGID, 0)]
    for name in sorted(allowed):
        # Others are of another architecture, or newer than the library.
        if seccomp.resolve_syscall(seccomp.Arch(), name) < 0:
            continue
        for limit in limits.get(name, [None]):
            made.add_rule(seccomp.ALLOW, name, *([limit] if limit else []))
    return made


if __name__ == "__main__":
    execute(Unit(sys.argv[1]), sys.argv[2:], {"PATH": "/usr/bin:/bin:/usr/sbin", "LANG": "C.UTF-8"})
