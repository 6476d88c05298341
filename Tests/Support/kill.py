"""Kills an instance's processes at random moments while clients are at work, and looks at what is left.

Run by scripts/test-kill. A run is made of its seed, which is printed; moments still differ from run to run."""

import argparse
import hashlib
import http.client
import json
import os
import random
import secrets
import signal
import sys
import threading
import time
from collections import Counter
from urllib.parse import quote

from client import digest_field, log_in
from instance import OwnInstance, children

# How often which process is killed, of a hundred.
VICTIMS = {"worker": 44, "backend": 16, "nginx worker": 14, "nginx": 8, "postmaster": 4, "database": 8, "pool": 6}
# A request that got no answer may still be carried out by a server process that outlives its client, for so long.
LATE_SECONDS = 120

CLIENTS = 8
SIZES = [(10, 0, 0), (40, 1, 4 << 10), (30, 4 << 10, 200 << 10), (15, 200 << 10, 1 << 20), (5, 1 << 20, 4 << 20)]


class File:
    """What one client knows of one path: nobody else writes there."""

    def __init__(self, path):
        self.path = path
        self.acknowledged = None  # digest of the last version, None for no file
        self.open = []  # (digest, when it was given up) of what got no answer and may have happened

    def allowed(self):
        return {self.acknowledged, *(digest for digest, _ in self.open)}

    def settle(self, digest, started):
        self.acknowledged = digest
        self.open = [(other, ended) for other, ended in self.open if ended > started - LATE_SECONDS]


class Worker(threading.Thread):
    """A client at work: uploads, overwrites, reads, renames and deletes its own files, one request after the other."""

    def __init__(self, number, instance, session, seed, stop):
        super().__init__(name=f"client {number}")
        self.instance, self.client, self.stop = instance, session, stop
        self.random = random.Random(f"{seed} {number}")
        self.files = [File(f"kill/{number}/{n % 3}/{n}") for n in range(9)]
        self.renamed = []  # what has another name now
        self.counts, self.wrongs, self.serial = Counter(), [], 0

    def run(self):
        try:
            while not self.stop.is_set():
                self.turn()
        except Exception as error:  # a fault of the test itself must not look like a quiet client
            self.wrongs.append(f"{self.name} ended: {error!r}")

    def turn(self):
        file = self.random.choice(self.files)
        act = self.random.choices([self.upload, self.read, self.rename, self.delete], [55, 25, 10, 10])[0]
        try:
            status = act(file)
        except (OSError, http.client.HTTPException, ValueError, IndexError):
            status = "cut off"
        self.counts[f"{act.__name__} {status}"] += 1
        if status in ("cut off", 503):
            time.sleep(0.05)

    def body(self, file):
        weights = [weight for weight, _, _ in SIZES]
        _, least, most = self.random.choices(SIZES, weights)[0]
        size = self.random.randint(least, most)
        self.serial += 1
        return (f"{file.path} {self.serial} ".encode() + self.random.randbytes(size))[: size or 0]

    def change(self, file, digest, request):
        """Sends a change and keeps the books: done, or perhaps done."""
        started = time.monotonic()
        file.open.append((digest, float("inf")))
        try:
            status, code = request()
        except BaseException:
            file.open[-1] = (digest, time.monotonic())
            raise
        file.open.pop()
        if status in (200, 204):
            file.settle(digest, started)
        else:
            file.open.append((digest, time.monotonic()))
            if status != 503:
                self.wrongs.append(f"{file.path}: a change got {status} {code}")
        return status

    def upload(self, file):
        body = self.body(file)
        stream = self.random.random() < 0.3
        fields = {"Repr-Digest": digest_field(hashlib.sha256(body).digest())}

        def request():
            if stream:
                return self.streamed(file.path, body, fields)
            answer = self.client.store(file.path, body, **fields)
            if answer.status == 200 and answer.header("ETag") != f'"{hashlib.sha256(body).hexdigest()}"':
                self.wrongs.append(f"{file.path}: acknowledged another version")
            return answer.status, answer.body

        return self.change(file, hashlib.sha256(body).hexdigest(), request)

    def streamed(self, path, body, fields):
        """The same through the workers' socket, as a web server does that hands no file over."""
        answer = self.instance.stream(self.client, path, body, **fields)
        return answer.status, answer.body

    def delete(self, file):
        def request():
            answer = self.client.delete(f"/files?file_path=eq.{quote(file.path)}")
            return answer.status, answer.body

        return self.change(file, None, request)

    def rename(self, file):
        """To a name that was never used. The answer says which version has it now."""
        self.serial += 1
        target, allowed = File(f"{os.path.dirname(file.path)}/renamed {self.serial}"), file.allowed()
        fields = {"Content-Type": "application/json", "Prefer": "return=representation"}

        def request():
            body = json.dumps({"file_path": target.path})
            answer = self.client.request("PATCH", f"/files?file_path=eq.{quote(file.path)}", fields, body)
            if answer.status == 200:
                rows = answer.json()
                target.acknowledged = rows[0]["sha256"] if rows else None
                self.files[self.files.index(file)] = target
                self.renamed.append(file)
                if target.acknowledged not in allowed:
                    self.wrongs.append(f"{file.path}: renamed {target.acknowledged}, allowed are {allowed}")
            return answer.status, answer.body

        return self.change(file, None, request)

    def read(self, file):
        allowed = file.allowed()
        answer = self.client.retrieve(file.path)
        found = "unknown"
        if answer.status == 200:
            found = hashlib.sha256(answer.body).hexdigest()
        elif answer.status == 400:
            found = None
        elif answer.status != 503:
            self.wrongs.append(f"{file.path}: a read got {answer.status} {answer.body[:200]!r}")
        if found != "unknown" and found not in allowed:
            self.wrongs.append(f"{file.path}: read {found}, allowed are {allowed}")
        return answer.status


class Killer:
    """Kills one process after the other, and starts again what does not come back by itself."""

    def __init__(self, instance, seed):
        self.instance = instance
        self.random = random.Random(f"{seed} killer")
        self.counts = Counter()

    def run(self, kills, deadline):
        while sum(self.counts.values()) < kills and time.monotonic() < deadline:
            time.sleep(self.random.uniform(0.02, 0.5))
            victim = self.random.choices(list(VICTIMS), VICTIMS.values())[0]
            pids = self.pids(victim)
            if not pids:
                continue
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.counts[victim] += 1
            # What has been replaced goes meanwhile; a server that is down is for the next time.
            if sum(self.counts.values()) % 10 == 0:
                self.instance.run("gc", "--grace", "0")
            if victim in ("nginx", "postmaster", "database", "pool"):
                time.sleep(self.random.uniform(0, 0.3))
                self.instance.start()

    def pids(self, victim):
        """None if no such process runs at the moment."""
        nginx, postgres, pool = (self.instance.pid(name) for name in ("nginx", "postgres", "pool"))
        whole = [nginx, *children(nginx)] if nginx else []
        # All of nginx goes at once, as its workers would keep the port.
        database = database_processes(self.instance)
        groups = {"nginx": whole, "postmaster": [postgres], "database": database, "pool": [pool]}
        if victim in groups:
            return [pid for pid in groups[victim] if pid]
        one_of = {"worker": children(pool), "backend": children(postgres), "nginx worker": whole[1:]}[victim]
        return [self.random.choice(one_of)] if one_of else []


def database_processes(instance):
    """All of PostgreSQL. If they are killed together, what they have not yet written to the log is lost."""
    postgres = instance.pid("postgres")
    return [postgres, *children(postgres)] if postgres else []


def lose_unwritten(instance):
    """What is committed without waiting for the disk is truly lost when the server is killed."""
    instance.sql("alter system set wal_writer_delay = '10s'; select pg_reload_conf()")


def sessions(instance, users):
    """One for each user."""
    made = [instance.log_in()]
    for number in range(1, users):
        email, password = f"kill{number}@end-to-end.example", secrets.token_urlsafe(24)
        instance.sql(f"select internal.create_user('{email}', '{password}', 'editor', null)")
        made.append(log_in(instance["URL"], email, password))
    return made


def run(kills, seconds, seed, users, say=print):
    """Kills that many times, for so many seconds at most, under eight clients of so many users; what was wrong, and the
    number of kills."""
    say(f"seed {seed}, {users} users")
    with OwnInstance() as instance:
        lose_unwritten(instance)
        clients = sessions(instance, users)
        stop = threading.Event()
        workers = [Worker(number, instance, clients[number % users], seed, stop) for number in range(CLIENTS)]
        killer = Killer(instance, seed)
        for worker in workers:
            worker.start()
        try:
            killer.run(kills, time.monotonic() + seconds)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        instance.start()
        wrongs = [wrong for worker in workers for wrong in worker.wrongs]
        wrongs += in_the_end(workers)
        instance.collect()
        wrongs += instance.wrongs()
        # And it still works.
        assert clients[0].store("kill/last", b"last").status == 200
        requests = sum((worker.counts for worker in workers), Counter())
        say(f"kills: {dict(killer.counts)}")
        say(f"requests: {dict(sorted(requests.items()))}")
        return wrongs, sum(killer.counts.values())


def in_the_end(workers):
    """Every file is the version that was acknowledged last, or one that got no answer after it."""
    wrongs = []
    for worker in workers:
        for file in worker.files + worker.renamed:
            answer = worker.client.retrieve(file.path)
            found = hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else None
            if answer.status not in (200, 400) or found not in file.allowed():
                wrongs.append(f"{file.path} is {answer.status} {found}, allowed are {file.allowed()}")
    return wrongs


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/test-kill",
        description="Kills Coffer's processes, nginx and PostgreSQL at random moments while clients are at work, and "
        "checks that no acknowledged change is lost.",
    )
    parser.add_argument("--kills", type=int, default=200, help="how many times something is killed (200)")
    parser.add_argument("--seconds", type=int, default=600, help="the most seconds of killing (600)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32), help="of all choices")
    parser.add_argument("--users", type=int, default=8, help="the users that eight clients belong to (8)")
    options = parser.parse_args()
    wrongs, kills = run(options.kills, options.seconds, options.seed, options.users)
    for wrong in wrongs:
        print(f"wrong: {wrong}")
    if kills < options.kills:
        print(f"only {kills} of {options.kills} kills in {options.seconds} s")
    print(f"{kills} kills, {len(wrongs)} wrong")
    sys.exit(1 if wrongs or kills < options.kills else 0)


if __name__ == "__main__":
    main()
