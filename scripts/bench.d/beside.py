"""Coffer beside the programs that people would use instead: the same load on each, in alternating rounds."""

import contextlib
import os
import subprocess
import sys
import time

from bench import LARGE
from client import Client
from figures import Row, Sample, alternately, rates
from load import SMALL, SlowUploads, curl
from peers import PEERS, Peer

# The variants with passwords as the documentation has them: rclone's `--user` and `--pass` compute MD5-crypt.
DOCUMENTED = (("rclone", "md5"), ("apache", "bcrypt"))


@contextlib.contextmanager
def running(bench, *variants):
    """The peers by these words: one of PEERS, and its flags."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Peer(kind, bench.work, bench.runner, *flags)) for kind, *flags in variants]


class Subject:
    """Coffer or a peer, with one small file that is downloaded."""

    def __init__(self, bench, peer=None):
        self.bench, self.peer = bench, peer
        if peer:
            self.url, self.authorization = f"{peer.url}/u0/0/small.bin", peer.authorizations[0]
            peer.expect((201, 204), "PUT", "/u0/0/small.bin", peer.headers, self.content)
        else:
            self.url, self.authorization = bench.download_url("small"), bench.bearer

    @property
    def content(self):
        return (self.bench.work / "small.bin").read_bytes()

    def downloads(self, **more):
        """The load, and one answer whose bytes are compared."""
        load = self.bench.wrk.get(self.url, self.authorization, **more)
        if not more.get("may_fail"):
            base = self.peer.url if self.peer else self.bench.site
            answer = Client(base).request("GET", self.url.removeprefix(base), {"Authorization": self.authorization})
            if answer.body != self.content:
                sys.exit(f"bench: {self.url} returns other bytes")
        return load

    def slow_uploads(self):
        if self.peer:
            words = [
                f"PUT /u{number}/0/slow HTTP/1.1\r\nAuthorization: {authorization}\r\n"
                for number, authorization in enumerate(self.peer.authorizations)
            ]
            return SlowUploads(self.peer.url, words)
        fields = f"{self.bench.authorization}\r\nFile-Path: bench/slow.bin\r\n"
        return SlowUploads(self.bench.site, [f"POST /rpc/store_file HTTP/1.1\r\n{fields}"])

    def beside_slow_uploads(self):
        """A peer may answer nothing."""
        with self.slow_uploads() as uploads:
            load = self.downloads(may_fail=self.peer is not None)
            if not self.peer and uploads.lost():
                sys.exit(f"bench: Coffer has ended {uploads.lost()} slow uploads")
        return load


def peers_get(bench, rounds):
    with running(bench, *((kind,) for kind in PEERS), *DOCUMENTED) as peers:
        subjects = [Subject(bench), *(Subject(bench, peer) for peer in peers)]
        ours, *theirs = map(rates, alternately(rounds, *(subject.downloads for subject in subjects)))
    for peer, rate in zip(peers, theirs):
        yield Row("4 KiB GET, 16 connections", ours, peer.name, rate, 1.6 if peer.kind in ("php", "rclone") else None)


def small_uploads(bench, peer):
    """New files by 8 connections, of which one for each is read again."""
    load = bench.wrk.upload(f"{peer.url}/", peer.authorizations)
    for connection in range(8):
        path = f"/{bench.wrk.early_upload(connection)}"
        if peer.expect(200, "GET", path, peer.headers).body != b"a" * SMALL:
            sys.exit(f"bench: {peer.name} returns other bytes of {path}")
    return load


def after_sync(measure):
    """The measure, when the disk has written what was uploaded before."""

    def synced():
        os.sync()
        return measure()

    return synced


def peers_put(bench, rounds):
    tokens = bench.tokens
    with running(bench, *((kind, "durable") for kind in PEERS), *((kind,) for kind in PEERS), *DOCUMENTED) as peers:
        measures = [
            lambda: bench.small_uploads(tokens, "eight/"),
            lambda: bench.small_uploads(tokens[:1], "one/"),
            *(lambda peer=peer: small_uploads(bench, peer) for peer in peers),
        ]
        eight, one, *theirs = map(rates, alternately(rounds, *map(after_sync, measures)))
    flushing = [rate for peer, rate in zip(peers, theirs) if "durable" in peer.flags and peer.kind != "nginx"]
    best = max(flushing, key=lambda rate: rate.median)
    for peer, rate in zip(peers, theirs):
        yield Row("4 KiB PUT, 8 connections of 8 users", eight, peer.name, rate, 1.0 if rate is best else None)
    yield Row("4 KiB PUT, 8 connections of one user", one, "Coffer, of 8 users", eight, 0.7)


def peers_large(bench, rounds):
    with running(bench, *((kind,) for kind in PEERS)) as peers:
        measures = [bench.handoff_upload, *(lambda peer=peer: large_upload(bench, peer) for peer in peers)]
        ours, *theirs = (Sample(values, "bytes a second") for values in alternately(rounds, *measures))
    for peer, rate in zip(peers, theirs):
        yield Row("1 GiB PUT, until it is on the disk", ours, f"{peer.name}, then sync", rate)


def large_upload(bench, peer):
    """Bytes a second, including a sync of the file."""
    os.sync()
    target = peer.files / "u0/0/large.bin"
    begin = time.perf_counter()
    curl("-T", bench.large, "-H", f"Authorization: {peer.authorizations[0]}", f"{peer.url}/u0/0/large.bin")
    subprocess.run(["sync", target], check=True)
    seconds = time.perf_counter() - begin
    if target.stat().st_size != LARGE:
        sys.exit(f"bench: {peer.name} has not stored all bytes")
    target.unlink()
    return LARGE / seconds


def slow(bench, rounds):
    with running(bench, *((kind,) for kind in PEERS)) as peers:
        ours, *subjects = [Subject(bench), *(Subject(bench, peer) for peer in peers)]
        measures = [ours.downloads, ours.beside_slow_uploads, *(subject.beside_slow_uploads for subject in subjects)]
        alone, beside, *theirs = alternately(rounds, *measures)
    late, quiet = (Sample([load.p99 for load in loads], "seconds") for loads in (beside, alone))
    yield Row("p99 of 4 KiB GET beside 256 slow uploads", late, "Coffer, without them", quiet, 1.5, more=False)
    for peer, loads in zip(peers, theirs):
        yield Row("4 KiB GET beside 256 slow uploads", rates(beside), peer.name, rates(loads))
