"""A sandbox to test against and a receiver for its webhooks."""

import contextlib
import http.server
import json
import os
import pathlib
import queue
import re
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request

BINARY = os.environ.get(
    "SCRIP_BINARY", str(pathlib.Path(__file__).parent / "../../target/debug/scrip")
)
WAIT_SECONDS = 30


def start_sandbox(folder):
    """Starts a sandbox on a free port; its process and what it told about itself."""
    command = [BINARY, "sandbox", "--addr", "127.0.0.1:0", "--database", f"{folder}/sandbox.sqlite"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    told = {}
    for line in process.stdout:
        name, _, value = line.strip().partition("=")
        told[name] = value
        if name == "STRIPE_WEBHOOK_SECRET":
            return process, told["STRIPE_API_BASE"], told["STRIPE_SECRET_KEY"]
    raise SystemExit("the sandbox ended before it said where it serves")


def wait_until_serving(url):
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{url}/healthz").close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def start_receiver():
    """A server that puts every delivery into a queue."""
    deliveries = queue.Queue()

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            deliveries.put((body, self.headers["stripe-signature"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/hook", deliveries


@contextlib.contextmanager
def running():
    """The address and the key of a sandbox: the one that the environment names, or one of our own."""
    if "SANDBOX_URL" in os.environ:
        yield os.environ["SANDBOX_URL"], os.environ["SANDBOX_SECRET_KEY"]
        return
    with tempfile.TemporaryDirectory(prefix="scrip-sandbox-") as folder:
        process, url, key = start_sandbox(folder)
        try:
            wait_until_serving(url)
            yield url, key
        finally:
            process.terminate()
            process.wait()


def control(url, key, path, **fields):
    """Calls a control route: what Stripe's dashboard, banks and time would do."""
    request = urllib.request.Request(
        f"{url}/control/{path}",
        data=urllib.parse.urlencode(fields).encode(),
        headers={"authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def press(url, **fields):
    """Presses a button of a hosted page, whose form has a token."""
    with urllib.request.urlopen(url) as answer:
        page = answer.read().decode()
    fields["token"] = re.search(r'name="token" value="([^"]+)"', page)[1]
    request = urllib.request.Request(url, data=urllib.parse.urlencode(fields).encode())
    with contextlib.suppress(OSError), urllib.request.urlopen(request):
        pass
