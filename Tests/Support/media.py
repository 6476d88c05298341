"""A small file of each type that browsers may show, made by FFmpeg."""

import subprocess
import tempfile
from pathlib import Path

RED = "color=red:size=64x64:duration=1:rate=10"
TONE = "sine=duration=1"


def made(source, name, *options):
    """Of FFmpeg's generated input; the name's ending says what it becomes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", source, *options, str(file)]
        subprocess.run(command, check=True, timeout=300)
        return file.read_bytes()


def picture(name, *options):
    return made(RED, name, "-frames:v", "1", *options)


def sound(name, *options):
    return made(TONE, name, *options)


def film(name):
    return made(RED, name, "-pix_fmt", "yuv420p")


def pdf(text):
    """One page that says the text in large letters, on green."""
    content = f"0 1 0 rg 0 0 200 200 re f 0 g BT /F 24 Tf 20 100 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R"
        b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
    ]
    data, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj%s endobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return data + b"xref\n0 5\n0000000000 65535 f \n%strailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(data),
    )


PICTURES = {
    "image/avif": lambda: picture("a.avif"),
    "image/bmp": lambda: picture("a.bmp"),
    "image/gif": lambda: picture("a.gif"),
    "image/jpeg": lambda: picture("a.jpg"),
    "image/png": lambda: picture("a.png"),
    "image/vnd.microsoft.icon": lambda: picture("a.ico"),
    "image/webp": lambda: picture("a.webp"),
    "image/x-icon": lambda: picture("a.ico"),
}
SOUNDS = {
    "audio/aac": lambda: sound("a.aac"),
    "audio/flac": lambda: sound("a.flac"),
    "audio/mp4": lambda: sound("a.m4a"),
    "audio/mpeg": lambda: sound("a.mp3"),
    "audio/ogg": lambda: sound("a.ogg"),
    "audio/webm": lambda: sound("a.webm"),
    "audio/x-m4a": lambda: sound("a.m4a"),
}
FILMS = {"video/mp4": lambda: film("a.mp4"), "video/webm": lambda: film("a.webm")}
