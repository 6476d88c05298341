"""S3 servers and a proxy before them that can do harm, for the tests."""

import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from script import load_script

Server = load_script("s3-server").Server


def give_credentials(installation, access_key, secret_key):
    """Has an installation's programs read them from a file of its own."""
    file = installation.folder / "credentials"
    file.write_text(f"[default]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret_key}\n")
    file.chmod(0o600)
    installation.own(file)
    installation.configure(COFFER_S3_CREDENTIALS_FILE=file)


class Fault:
    """What is done to the next `times` requests for which `when(method, path)` is true.

    status: answer so without asking the server; code: and name it in the body. cut: close after so many bytes of the
    answer's body. delay: seconds before anything. headers: replaced in the answer. flip: change a byte of
    the request's body.
    """

    def __init__(self, times, when=lambda method, path: True, **harm):
        self.times, self.when, self.harm = times, when, harm
        self.done = 0


class FaultProxy:
    """An HTTP proxy for one server, which sees the Host that was signed. `seen` has the requests' first lines."""

    def __init__(self, server, certificate=None, address=("127.0.0.1", 0)):
        self.server, self.faults, self.seen = server, [], []
        self.lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

            def pass_on(self):
                proxy.pass_on(self)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on

        self.listener = ThreadingHTTPServer(address, Handler)
        self.listener.daemon_threads = True
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.listener.socket = context.wrap_socket(self.listener.socket, server_side=True)
            scheme = "https"
        self.port = self.listener.server_port
        self.endpoint = f"{scheme}://{address[0]}:{self.port}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()

    def add(self, *arguments, **harm):
        fault = Fault(*arguments, **harm)
        self.faults = [fault]
        return fault

    def clear(self):
        self.faults, self.seen = [], []

    def harm_to(self, method, path):
        with self.lock:
            # Each worker looks at the store's mark once, whenever it first needs the store.
            if not path.endswith("/coffer-store"):
                self.seen.append((method, path))
            for fault in self.faults:
                if fault.done < fault.times and fault.when(method, path):
                    fault.done += 1
                    return fault.harm
        return {}

    def pass_on(self, request):
        harm = self.harm_to(request.command, request.path)
        threading.Event().wait(harm.get("delay", 0))
        length = int(request.headers.get("Content-Length", 0))
        if "status" in harm:
            while length > 0:
                length -= len(request.rfile.read(min(length, 1 << 16)))
            body = f"<Error><Code>{harm['code']}</Code></Error>".encode() if "code" in harm else b""
            request.send_response(harm["status"])
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            return request.wfile.write(body)
        server = http.client.HTTPConnection(urlsplit(self.server.endpoint).netloc, timeout=300)
        try:
            server.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                server.putheader(name, value)
            server.endheaders()
            while length > 0:
                chunk = request.rfile.read(min(length, 1 << 16))
                if not chunk:
                    raise ConnectionError("the client is gone")
                length -= len(chunk)
                if harm.pop("flip", False):
                    chunk = bytes([chunk[0] ^ 1]) + chunk[1:]
                server.send(chunk)
            self.answer(request, server.getresponse(), harm)
        except (OSError, http.client.HTTPException):
            request.close_connection = True
        finally:
            server.close()

    def answer(self, request, answer, harm):
        request.send_response_only(answer.status)
        for name, value in answer.headers.items():
            value = harm.get("headers", {}).get(name.lower(), value)
            if name.lower() != "connection":
                request.send_header(name, value)
        left = harm.get("cut", 1 << 60)
        chunked = answer.headers.get("Transfer-Encoding") == "chunked"
        request.end_headers()
        while request.command != "HEAD" and (chunk := answer.read(min(1 << 16, left))):
            request.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk) if chunked else chunk)
            left -= len(chunk)
            if left == 0:
                request.close_connection = True
                return
        if chunked:
            request.wfile.write(b"0\r\n\r\n")
