"""Plays recorded requests to Coffer's worker without any web server, and prints what it answers.

usage: scripts/replay [--mode pool|fresh|cgi|all] [FILE ...]

  pool   the workers of a running instance, through COFFER_SOCKET (the default)
  fresh  a new worker for each request
  cgi    the worker as a plain CGI program, once for each request
  all    all three; the transcripts must be the same, and differences are shown

Without FILE every sequence under Tests/Replays is played; Tests/Replays/README.md describes the format. The instance
and its accounts come from the environment: source the run folder's `environment` file first. What differs by nature
(dates, ids, tokens) is masked in the transcript. Exits with 1 when an expectation of a sequence was not met or the
transcripts differ, with 2 when it could not play at all.
"""

import argparse
import difflib
import subprocess
import sys
from pathlib import Path

from client import Client, log_in
from script import CHECKOUT
from sequence import ReplayError, Variables, body_bytes, parameters, parse, pick, setting, unmet
from transcript import Masks, show
from transports import FastCGI, PlainCGI
from worker_process import FreshWorker

MODES = {
    "pool": lambda: FastCGI(setting("COFFER_SOCKET")),
    "fresh": lambda: FreshWorker(setting("COFFER_WORKER"), setting("COFFER_CONFIG")),
    "cgi": lambda: PlainCGI(setting("COFFER_WORKER"), setting("COFFER_CONFIG")),
}
SEQUENCES = CHECKOUT / "Tests" / "Replays"


class Session:
    """One mode, and the accounts' tokens in it. `${EDITOR_TOKEN}` and the like log in when they are first used."""

    def __init__(self, mode):
        self.transport = MODES[mode]()
        self.tokens = {}

    def token(self, account):
        if account not in self.tokens:
            login = [setting(f"COFFER_{account}_{name}") for name in ("EMAIL", "PASSWORD")]
            self.tokens[account] = log_in(self.transport, *login).token
        return self.tokens[account]

    def send(self, request, variables):
        body = body_bytes(request, variables)
        method, _, target = variables.fill(request.line).partition(" ")
        headers = {name: variables.fill(value) for name, value in request.headers}
        return self.transport.exchange(method, target, headers, body or None, parameters(request, variables))

    def close(self):
        for token in self.tokens.values():
            Client(self.transport, token).post("/rpc/logout")
        if isinstance(self.transport, FreshWorker):
            self.transport.close()


class SessionVariables(Variables):
    def __init__(self, session):
        super().__init__()
        self.session = session

    def __missing__(self, name):
        if name.endswith("_TOKEN"):
            return self.session.token(name.removesuffix("_TOKEN"))
        return super().__missing__(name)


def play_sequence(path, session):
    """The transcript of one file, and what it expected in vain."""
    variables, masks, lines, failures = SessionVariables(session), Masks(), [], []
    for request in parse(path.read_text()):
        lines += [f"### {request.title}", f"> {request.line}"]
        try:
            answer = session.send(request, variables)
            for capture in request.values("capture"):
                name, _, source = capture.partition("=")
                variables[name.strip()] = pick(answer, source.strip())
            found = list(unmet(request, answer, variables))
        except (ReplayError, AssertionError, OSError, subprocess.TimeoutExpired, LookupError, ValueError) as error:
            raise ReplayError(f"{path.name}: {request.title}: {error}") from error
        lines += show(answer, masks)
        lines += [f"! {text}" for text in found] + [""]
        failures += [f"{path.name}: {request.title}: {text}" for text in found]
    return lines, failures


def play(mode, paths):
    """Transcripts by file name, and failures that name the mode."""
    session, transcripts, failures = Session(mode), {}, []
    for path in paths:
        transcripts[path.name], failed = play_sequence(path, session)
        failures += [f"{mode}: {text}" for text in failed]
    session.close()
    return transcripts, failures


def compare(transcripts):
    """Unified diffs of the other modes against the pool."""
    for name, lines in transcripts["pool"].items():
        for mode in list(MODES)[1:]:
            yield from difflib.unified_diff(
                lines, transcripts[mode][name], f"{name} (pool)", f"{name} ({mode})", lineterm=""
            )


def run():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", choices=(*MODES, "all"), default="pool")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    paths = arguments.files or sorted(SEQUENCES.glob("*.http"))
    modes = list(MODES) if arguments.mode == "all" else (arguments.mode,)
    transcripts, failures = {}, []
    for mode in modes:
        transcripts[mode], failed = play(mode, paths)
        failures += failed
    for name, lines in transcripts[modes[0]].items():
        print(f"=== {name}", *lines, sep="\n")
    differences = list(compare(transcripts)) if arguments.mode == "all" else []
    if arguments.mode == "all":
        print(*(differences or ["The transcripts of pool, fresh and cgi are the same."]), sep="\n")
    print(*failures, sep="\n", end="\n" if failures else "", file=sys.stderr)
    return 1 if failures or differences else 0


def main():
    try:
        return run()
    except (ReplayError, OSError) as error:
        print(f"replay: {error}", file=sys.stderr)
        return 2
