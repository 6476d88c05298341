"""Firefox without a driver program, which Debian does not have: by its own protocol, Marionette."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from processes import wait_until

TIMEOUT_SECONDS = 300
PREFERENCES = {
    # A free one; the profile's file names it then.
    "marionette.port": 0,
    "media.cubeb.backend": "alsa",
    "network.proxy.type": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.normandy.enabled": False,
    "services.settings.server": "data:,",
    "browser.safebrowsing.downloads.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class Firefox:
    """`with` starts it, with a profile of its own, and ends it."""

    def __init__(self):
        self.profile = Path(tempfile.mkdtemp(prefix="coffer-firefox."))

    def __enter__(self):
        lines = [f'user_pref("{name}", {json.dumps(value)});\n' for name, value in PREFERENCES.items()]
        (self.profile / "user.js").write_text("".join(lines))
        # There is no loudspeaker, without which Firefox calls any sound broken.
        (self.profile / ".asoundrc").write_text("pcm.!default { type null }\nctl.!default { type null }\n")
        command = ["firefox-esr", "--headless", "--no-remote", "--marionette", "--profile", str(self.profile)]
        environment = os.environ | {"HOME": str(self.profile), "LC_ALL": "C.UTF-8"}
        with (self.profile / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            port = self.profile / "MarionetteActivePort"
            wait_until(lambda: port.exists() and port.read_text(), TIMEOUT_SECONDS, "Firefox")
            # Firefox is to be the one that says that it took too long.
            self.connection = socket.create_connection(("127.0.0.1", int(port.read_text())), TIMEOUT_SECONDS + 60)
            self.stream = self.connection.makefile("rb")
            self.receive()
            self.command("WebDriver:NewSession")
            # In milliseconds.
            self.command("WebDriver:SetTimeouts", pageLoad=TIMEOUT_SECONDS * 1000, script=TIMEOUT_SECONDS * 1000)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=TIMEOUT_SECONDS)
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self):
        """`length:JSON`"""
        digits = b""
        while (digit := self.stream.read(1)) != b":":
            assert digit.isdigit(), (digit, (self.profile / "log").read_text())
            digits += digit
        return json.loads(self.stream.read(int(digits)))

    def command(self, name, **parameters):
        message = json.dumps([0, 1, name, parameters]).encode()
        self.connection.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self.receive()
        assert error is None, error
        return result

    # As selenium names them.

    def get(self, url):
        self.command("WebDriver:Navigate", url=url)

    def add_cookie(self, cookie):
        self.command("WebDriver:AddCookie", cookie=cookie)

    def execute_script(self, script):
        return self.command("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def get_screenshot_as_base64(self):
        return self.command("WebDriver:TakeScreenshot", full=False)["value"]
