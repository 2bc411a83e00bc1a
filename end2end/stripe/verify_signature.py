"""Stripe's own Python client verifies the signature of an event that the sandbox delivered."""

import http.server
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import stripe

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


def refuses(body, signature, secret):
    try:
        stripe.Webhook.construct_event(body, signature, secret)
    except stripe.SignatureVerificationError:
        return True
    return False


def verify(url, key):
    client = stripe.StripeClient(key, base_addresses={"api": url})
    receiver, deliveries = start_receiver()
    endpoint = client.v1.webhook_endpoints.create(
        {"url": receiver, "enabled_events": ["customer.created"]}
    )
    customer = client.v1.customers.create({"name": "Grace", "email": "grace@example.com"})
    body, signature = deliveries.get(timeout=WAIT_SECONDS)
    event = stripe.Webhook.construct_event(body, signature, endpoint.secret)
    checks = {
        "the event is about the customer": event.data.object.id == customer.id,
        "it is a test event": event.livemode is False,
        "another secret is refused": refuses(body, signature, "whsec_another"),
        "another body is refused": refuses(body.replace(b"Grace", b"Mallo"), signature, endpoint.secret),
        "another time is refused": refuses(body, signature.replace("t=1", "t=2"), endpoint.secret),
    }
    for sentence, true in checks.items():
        print(f"{'ok' if true else 'NOT OK'} - {sentence}")
    passed = sum(checks.values())
    print(f"{passed} passed, {len(checks) - passed} failed")
    return passed == len(checks)


def main():
    if "SANDBOX_URL" in os.environ:
        return verify(os.environ["SANDBOX_URL"], os.environ["SANDBOX_SECRET_KEY"])
    with tempfile.TemporaryDirectory(prefix="scrip-sandbox-") as folder:
        process, url, key = start_sandbox(folder)
        try:
            wait_until_serving(url)
            return verify(url, key)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
