"""Whether Coffer stays as fast with more connections, workers, users, files and hosts."""

import subprocess

import load
from bench import WORKERS
from client import Client
from figures import Grid, Row, Sample, alternately, rates
from processes import free_port
from programs import Programs
from script import CHECKOUT, SCRIPTS
from tables import Database

CONNECTIONS = (1, 2, 4, 8, 16, 64, 256)
POOLS = (2, 4, 8, 16, 32)
# All 70 points are measured three times in about ten minutes.
SECONDS, ROUNDS = min(2, load.SECONDS), 2
FEW, MANY = 1_000, 10_000_000


class Site:
    """The shipped site in an nginx of its own, before pools of its own that share the instance's database and store.

    pools: the number of workers of each. More than one stand for as many hosts behind one web server.
    """

    def __init__(self, bench, *pools):
        self.bench, self.pools = bench, pools
        self.folder = bench.work / "-".join(("site", *map(str, pools)))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.programs = Programs(f"a pool of {pools} workers", self.folder, bench.runner)

    def __enter__(self):
        self.folder.mkdir()
        sockets = [self.folder / f"{number}.sock" for number in range(len(self.pools))]
        self.configure(sockets)
        subprocess.run(["chown", "-R", "--reference", self.bench.blobs, self.folder], check=True)
        instance = self.bench.instance
        for workers, path in zip(self.pools, sockets):
            words = ["--worker", instance["WORKER"], "--workers", workers, "--socket", path]
            self.programs.start([instance["COMMAND"], "serve", *words], COFFER_CONFIG=instance["CONFIG"])
        words = ["-e", self.folder / "nginx.log", "-c", self.folder / "nginx.conf", "-g", "daemon off;"]
        self.programs.start(["/usr/sbin/nginx", *words])
        self.programs.await_port(self.port)
        return self

    def __exit__(self, *_):
        self.programs.stop()

    def configure(self, sockets):
        paths = ["--socket", sockets[0], "--blobs", self.bench.blobs, "--web", CHECKOUT / "web", "--logs", self.folder]
        subprocess.run([SCRIPTS / "nginx-site", *paths, "--port", str(self.port), self.folder], check=True)
        # The shipped site names the same socket twice, so a second pool takes the place of the second.
        servers = self.folder / "coffer/snippets/http.conf"
        before, _, after = servers.read_text().rpartition(f"unix:{sockets[0]}")
        servers.write_text(f"{before}unix:{sockets[-1]}{after}")
        script = f'source "{SCRIPTS}/lib.sh"; nginx_configuration "$@"'
        done = subprocess.run(
            ["bash", "-c", script, "bench", self.folder, self.folder, "loopback"], check=True, stdout=subprocess.PIPE
        )
        (self.folder / "nginx.conf").write_bytes(done.stdout)

    def downloads(self, clients):
        url = self.bench.download_url("small").replace(self.bench.site, self.url)
        return self.bench.wrk.get(url, self.bench.bearer, clients=clients, seconds=SECONDS)

    def uploads(self, clients):
        """By as many users as connections, as one user's uploads can wait for each other."""
        headers = [f"Bearer {token}" for token in self.bench.many_tokens[: max(CONNECTIONS)]]
        options = {"header": "File-Path", "below": "scale/", "clients": clients, "seconds": SECONDS}
        return self.bench.wrk.upload(f"{self.url}/rpc/store_file", headers, **options)


def scale(bench, rounds):
    rounds = min(rounds, ROUNDS)
    sites = [Site(bench, workers) for workers in POOLS]
    started = []
    try:
        for site in sites:
            started.append(site.__enter__())
        for figure, method in (("downloads", Site.downloads), ("uploads", Site.uploads)):
            yield from grid(figure, method, sites, rounds)
        with Site(bench, 4, 4) as two:
            one = sites[POOLS.index(8)]
            for figure, method in (("downloads", Site.downloads), ("uploads", Site.uploads)):
                ours, other = alternately(rounds, lambda: method(two, 16), lambda: method(one, 16))
                yield Row(f"4 KiB {figure}, two pools of 4", rates(ours), "one pool of 8", rates(other), 0.9)
    finally:
        for site in started:
            site.__exit__()


def grid(figure, method, sites, rounds):
    """All points as one, and a row for each pool."""
    points = [(site, clients) for site in sites for clients in CONNECTIONS]
    measures = [lambda site=site, clients=clients: method(site, clients) for site, clients in points]
    results = dict(zip(points, map(rates, alternately(rounds, *measures))))
    lines = {site.pools[0]: [results[site, clients] for clients in CONNECTIONS] for site in sites}
    yield Grid(f"4 KiB {figure}", "connections", list(CONNECTIONS), "workers", lines)
    for workers, line in lines.items():
        best = max(line, key=lambda sample: sample.median)
        bar = 0.9 if workers == WORKERS else None
        yield Row(f"4 KiB {figure}, {workers} workers, 256 conn.", line[-1], "the best number", best, bar)


def users(bench, rounds):
    """Downloads of as many users, each of a file of its own, and of one."""
    tokens = bench.many_tokens
    content = (bench.work / "small.bin").read_bytes()
    for token in tokens:
        answer = Client(bench.site, token).request("POST", "/rpc/store_file", {"File-Path": "bench/small.bin"}, content)
        if answer.status not in (200, 201):
            raise SystemExit(f"bench: an upload of one of many users was answered by {answer.status}")
    lines = bench.work / "tokens"
    lines.write_text("".join(f"Bearer {token}\n" for token in tokens))
    url = bench.download_url("small")
    many, one = map(rates, alternately(rounds, lambda: bench.wrk.get_as(url, lines), bench.small_downloads))
    yield Row(f"4 KiB downloads of {len(tokens):,} users", many, "of one user", one, 0.9)


def files(bench, rounds):
    """Requests among this many files of others, and among few."""
    few = Database("coffer_bench_few", FEW, bench.work, bench.runner)
    many = Database("coffer_bench_more", MANY, bench.work, bench.runner)
    try:
        methods = {"download": Database.download, "upload": Database.upload, "page of 100 files": Database.page}
        for figure, method in methods.items():
            large, small = alternately(rounds, lambda: method(many), lambda: method(few))
            large, small = Sample(large, "seconds"), Sample(small, "seconds")
            yield Row(f"{figure} among {MANY:,} files", large, f"among {FEW:,}", small, 1.3, more=False)
    finally:
        few.drop()
        many.drop()
