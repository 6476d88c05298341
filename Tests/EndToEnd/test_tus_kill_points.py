"""A worker that is killed at each step of a resumable upload: of its creation, and of a request that brings all bytes,
which makes the file. The upload continues at the offset that HEAD gives, or it is the file; and gc leaves no more."""

import re
import secrets
import subprocess
import tempfile

import pytest
import tus
from client import etag
from instance import Instance
from script import SCRIPTS
from transports import Answer

DEBUG_WORKER = SCRIPTS.parent / ".build/debug/coffer.fcgi"
BODY = secrets.token_bytes(100_000)


class Uploader:
    """One user's requests to a debug worker in CGI mode, a process for each request."""

    def __init__(self, account):
        self.instance, self.email = Instance(), account.email
        self.client = account.log_in()
        self.instance.collect()
        # Other tests leave rows without blobs.
        self.before, self.wrongs_before = self.orphans(), set(self.instance.wrongs())

    def orphans(self):
        """Blobs without a row. Other tests leave some, and rows without a blob."""
        return self.instance.blobs().keys() - self.instance.rows().keys()

    def ask(self, method, target, headers, body, number):
        """The answer, None where there is none; and the points that the worker reports."""
        fields = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in (tus.VERSION | headers).items()}
        values = fields | {
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": method, "REQUEST_URI": target,
            "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": tus.PIECE["Content-Type"] if body else "",
            "HTTP_AUTHORIZATION": f"Bearer {self.client.token}", "COFFER_CONFIG": self.instance["CONFIG"],
            "COFFER_WORKER_GC": "off", "COFFER_KILL_AT": str(number),
        }  # fmt: skip
        # From a file, as a pipe would come in other pieces each time.
        with tempfile.TemporaryFile() as file:
            file.write(body)
            file.seek(0)
            command = [*self.instance.as_owner(DEBUG_WORKER), DEBUG_WORKER]
            done = subprocess.run(command, env=values, stdin=file, capture_output=True, timeout=300)
        answer = Answer.of_gateway(done.stdout) if done.stdout else None
        return answer, re.findall(r"^point \d+: (.*)$", done.stderr.decode(), re.M)

    def create(self, path, number):
        metadata = {"Upload-Length": str(len(BODY)), "Upload-Metadata": tus.metadata(file_path=path)}
        return self.ask("POST", "/uploads", metadata, b"", number)

    def patch(self, upload, number):
        return self.ask("PATCH", upload, {"Upload-Offset": "0"}, BODY, number)

    @staticmethod
    def attempts(request, first):
        """The answers to new requests, of which each but the first is killed at one of its points in turn, from the one
        of that name on; and all these points."""
        answer, passed = request(0)
        assert answer.status in (201, 204), answer
        answers, number, points = [answer], passed.index(first), [first]
        while points:
            number += 1
            answer, points = request(number)
            answers.append(answer)
        return answers, passed[passed.index(first) :]

    def goes_on(self, upload, path, offsets):
        """Whether the upload had to continue. In the end it is the file."""
        answer = tus.head(self.client, upload)
        if answer.status == 200:
            at = int(answer.header("Upload-Offset"))
            assert at in offsets, at
            if at < len(BODY):
                assert tus.proceed(self.client, upload, at, BODY[at:]).header("ETag") == etag(BODY)
        else:
            assert answer.status == 404
        assert tus.retrieved(self.client, path) == BODY
        return answer.status == 200

    def sql(self, query):
        return self.instance.sql(query.format(user=f"(select id from internal.users where email = '{self.email}')"))

    def assert_nothing_left(self, files):
        """After expiry and gc there are the files and no more, and nothing is reserved."""
        self.sql("update internal.uploads set expires_at = now() where user_id = {user}")
        assert self.sql("select internal.reserved_bytes({user})") == ["0"]
        self.instance.collect()
        assert self.sql("select count(*) from internal.uploads where user_id = {user}") == ["0"]
        assert self.sql("select used_bytes from internal.ledgers where user_id = {user}") == [str(files * len(BODY))]
        assert self.orphans() <= self.before
        assert set(self.instance.wrongs()) <= self.wrongs_before


@pytest.fixture
def uploader(account):
    assert DEBUG_WORKER.exists(), "swift build --product coffer.fcgi makes it"
    yield Uploader(account)


def test_a_creation_killed_at_each_step(uploader):
    """The client gets no location then, so it creates another one; the first one expires."""
    answers, _ = uploader.attempts(lambda number: uploader.create("a", number), "before create_upload")
    assert len(answers) > 5 and answers[1] is None and answers[-1].status == 201
    created = uploader.sql("select count(*) from internal.uploads where user_id = {user}")[0]
    assert 2 < int(created) < len(answers), "some were killed before and some after the commit"
    uploader.assert_nothing_left(0)


def test_an_upload_killed_at_each_step(uploader):
    uploads = []

    def request(number):
        path = f"{len(uploads)}"
        uploads.append((tus.location(uploader.client, path, len(BODY)), path))
        return uploader.patch(uploads[-1][0], number)

    answers, passed = uploader.attempts(request, "before take_upload")
    assert passed.index("pwrite") < passed.index("fsync", passed.index("before the piece")), passed
    assert passed.index("fsync", passed.index("before the piece")) < passed.index("after the piece"), passed
    assert passed.index("after the piece") < passed.index("before record_upload"), "bytes are durable before the row"
    # The directory of the new name, the piece, the blob and its directory; and where that is new, the one above it.
    assert passed.count("fsync") == 4 + passed.count("mkdir"), passed
    # HEAD would wait, since the requests that were killed may still be at work.
    uploader.sql("update internal.uploads set is_held = false where user_id = {user}")
    outcomes = []
    for (upload, path), answer in zip(uploads, answers):
        assert answer is None or answer.status == 204, answer
        outcomes.append(uploader.goes_on(upload, path, {0, len(BODY)}))
        assert answer is None or outcomes[-1] is False, "what was answered is the file"
    assert outcomes[1] is True and outcomes[-1] is False and len(outcomes) > 20
    uploader.assert_nothing_left(len(uploads))
