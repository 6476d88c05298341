"""Random S3 requests with the signatures that botocore gives them, a JSON object a line, for SignatureSuiteTests.swift.

Usage: signatures.py [--seed N] [--count N] FILE
"""

import argparse
import datetime
import hashlib
import json
import random
import secrets
import sys
from types import SimpleNamespace
from unittest import mock
from urllib.parse import quote

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ALPHABET = "abzAZ0189-._~!*'()$&+,;=:@/ %?#[]{}|\\^`\"<>éß日🔑e\u0301"
HOSTS = ["bucket.s3.eu-central-1.amazonaws.com", "s3.example", "storage.example:9000", "127.0.0.1:8333", "[::1]:7480"]
REGIONS = ["us-east-1", "eu-central-1", "auto", "garage", "ap_south.2"]
# Names that begin alike, so that the order of names and that of whole parameters differ.
PARAMETERS = ["prefix", "prefix-x", "prefix.1", "prefix1", "uploadId", "partNumber", "list-type", "max-keys", "é", "a b"]
FIELDS = ["Content-Type", "Content-MD5", "Range", "If-Match", "Content-Length", "x-amz-meta-note", "X-Amz-Copy-Source"]


def text(generator, longest, alphabet=ALPHABET):
    return "".join(generator.choice(alphabet) for _ in range(generator.randint(0, longest)))


def random_case(generator):
    """What is to be signed, and by whom."""
    is_presigned = generator.random() < 0.3
    names = generator.sample(PARAMETERS, generator.randint(0, 4))
    # botocore keeps one value of a name in a URL that it signs.
    if names and not is_presigned and generator.random() < 0.2:
        names.append(names[0])
    printable = "".join(chr(code) for code in range(0x21, 0x7F))
    fields = [] if is_presigned else generator.sample(FIELDS, generator.randint(0, 4))
    return {
        "method": generator.choice(["GET", "HEAD", "PUT", "POST", "DELETE"]),
        "host": generator.choice(HOSTS),
        "path": "/" + text(generator, 40),
        "query": [[name, text(generator, 12)] for name in names],
        "fields": [[name, " ".join(text(generator, 8, printable) or "x" for _ in range(3))
                    .replace(" ", " " * generator.randint(1, 3))] for name in fields],
        "access": text(generator, 20, "ABCXYZ0189") + "A",
        "secret": text(generator, 40, printable) + "s",
        "token": text(generator, 60, printable) + "/+=" if generator.random() < 0.4 else None,
        "region": generator.choice(REGIONS),
        "seconds": generator.randint(0, 4_102_444_799),
        "lifetime": generator.randint(1, 604_800) if is_presigned else None,
        "payload": generator.choice(["", "Welcome to Amazon S3.", text(generator, 100)]),
        "unsigned": not is_presigned and generator.random() < 0.2,
    }


def signed(case):
    """The case with botocore's Authorization field or URL, and the digest that it signed."""
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in case["query"])
    url = f"https://{case['host']}{quote(case['path'], safe='/~')}" + (f"?{query}" if query else "")
    # What has a body is taken for a form, where a URL is signed.
    body = b"" if case["lifetime"] else case["payload"].encode()
    request = AWSRequest(method=case["method"], url=url, headers=dict(case["fields"]), data=body)
    request.context["client_config"] = SimpleNamespace(s3={"payload_signing_enabled": not case["unsigned"]})
    credentials = Credentials(case["access"], case["secret"], case["token"])
    moment = datetime.datetime.fromtimestamp(case["seconds"], datetime.timezone.utc)
    with mock.patch.object(auth, "get_current_datetime", return_value=moment):
        if case["lifetime"]:
            auth.S3SigV4QueryAuth(credentials, "s3", case["region"], expires=case["lifetime"]).add_auth(request)
            return case | {"url": request.url.split(case["host"], 1)[1]}
        auth.S3SigV4Auth(credentials, "s3", case["region"]).add_auth(request)
    digest = "UNSIGNED-PAYLOAD" if case["unsigned"] else hashlib.sha256(case["payload"].encode()).hexdigest()
    return case | {"digest": digest, "authorization": request.headers["Authorization"].replace(", ", ",")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("file")
    options = parser.parse_args()
    seed = secrets.randbits(32) if options.seed is None else options.seed
    print(f"seed {seed}, {options.count} requests", file=sys.stderr)
    generator = random.Random(seed)
    with open(options.file, "w", encoding="utf-8") as file:
        for number in range(options.count):
            case = {"name": f"request {number} of seed {seed}"} | signed(random_case(generator))
            file.write(json.dumps(case, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
