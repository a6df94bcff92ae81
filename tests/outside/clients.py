"""Speaks to the program as its users' own programs do, with their libraries and none of ours.

    clients.py PROGRAM NODE_MODULES

A Redis and a receiver of webhooks on loopback; a house that publishes to both. Webhooks are verified by the libraries of
Standard Webhooks for Python and JavaScript, the stream is read by a consumer group, a rating by a plain HTTP client. Prints a
line for each thing that holds and ends with 1 at the first that does not.
"""

import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import redis
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

PATIENCE_S = 60
HERE = pathlib.Path(__file__).parent


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def eventually(what, look):
    """What `look` gives once it gives something."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise SystemExit(f"not within {PATIENCE_S} s: {what}")


def holds(what, is_so):
    if not is_so:
        raise SystemExit(f"FAILED {what}")
    print(f"ok {what}")


class Receiver(http.server.ThreadingHTTPServer):
    """Takes every delivery and keeps it as it came."""

    def __init__(self):
        self.deliveries = []
        super().__init__(("127.0.0.1", 0), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            headers = {name: value for name, value in self.headers.items() if name.lower().startswith("webhook-")}
            self.server.deliveries.append((headers, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass


class House:
    """The program on a folder of its own."""

    def __init__(self, program, folder, redis_port):
        self.program, self.folder = program, folder
        (folder / "sources.toml").touch()
        self.environment = os.environ | {
            "VEDETTA__STORE__DATA": str(folder / "data"),
            "VEDETTA__FILES__SOURCES": str(folder / "sources.toml"),
            "VEDETTA__ALERT__ALLOW_PRIVATE": "true",
            "VEDETTA__QUEUE__URL": f"redis://127.0.0.1:{redis_port}/0",
            "VEDETTA__SERVE__BIND": "127.0.0.1:0",
        }
        self.key = json.loads(self.run("keys", "create", "--scope", "admin"))["key"]
        log = folder / "run.log"
        self.process = subprocess.Popen([program, "run"], env=self.environment, stderr=log.open("wb"))
        listens = re.compile(r"listens at (http://[0-9.:]+)")
        self.address = eventually("the address", lambda: listens.search(log.read_text()))[1]

    def run(self, *arguments):
        command = [self.program, *arguments, "--json", "--quiet"]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout

    def ask(self, method, path, body=None, **headers):
        """Status, headers and JSON of an answer."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"} | headers
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
                return answer.status, answer.headers, json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, None


def tell_of_clients(house):
    rows = [{"client": f"C-{n}", "name": f"Officine {n}", "country": "IT"} for n in range(5)]
    holds("clients are put by POST", house.ask("POST", "/v1/clients?portfolio=default", rows)[2]["accepted"] == 5)
    invoices = [
        {"client": row["client"], "invoice": f"{row['client']}-{month}", "issued_on": f"2026-{month:02}-01",
         "due_on": f"2026-{month:02}-28", "amount": "100.00", "paid_on": f"2026-{month:02}-27"}
        for row in rows for month in range(1, 7)
    ]
    answer = house.ask("POST", "/v1/invoices?portfolio=default", invoices)[2]
    holds("invoices are put by POST", answer["rejected"] == 0)


def read_a_rating(house):
    path = "/v1/clients/C-1/rating"
    is_rated = lambda: (answer := house.ask("GET", path)) and answer[2]["points"] is not None and answer
    _, headers, rating = eventually("a rating", is_rated)
    holds("reasons add up to the points", sum(r["points"] for r in rating["reasons"]) == rating["points"])
    holds("the same rating is not sent twice", house.ask("GET", path, **{"If-None-Match": headers["ETag"]})[0] == 304)


def is_genuine_in_python(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


def is_genuine_in_javascript(modules, secret, headers, body):
    told = json.dumps({"secret": secret, "headers": headers, "body": body})
    environment = os.environ | {"NODE_PATH": modules}
    return subprocess.run(["node", HERE / "verify.js"], input=told, text=True, env=environment, stderr=subprocess.DEVNULL).returncode == 0


def take_webhooks(house, modules):
    receiver = Receiver()
    wish = {"name": "outside", "portfolio": "default",
            "channel": {"webhook": {"url": f"http://127.0.0.1:{receiver.server_port}/"}}}
    made = house.ask("POST", "/v1/subscriptions", wish)[2]
    path = f"/v1/subscriptions/{made['id']}"
    holds("a test is delivered", house.ask("POST", path + "/test")[2]["delivered"])
    rotated = house.ask("POST", path + "/rotate", {})[2]
    holds("a test is delivered after a rotation", house.ask("POST", path + "/test")[2]["delivered"])
    told = {"client": "C-2", "kind": "protest", "valid_at": "2026-06-28", "source": "chamber", "official": True,
            "fields": {"instrument": "bill", "amount": "50000", "raised_on": "2026-06-28"}}
    eventually("a rating to fall from", lambda: house.ask("GET", "/v1/clients/C-2/rating")[2]["points"] is not None)
    holds("a protest is told", house.ask("POST", "/v1/signals", told)[0] == 202)
    eventually("the alert", lambda: len(receiver.deliveries) >= 3)
    (first, first_body), (second, second_body), (third, third_body) = receiver.deliveries[:3]
    holds("the drop is told", json.loads(third_body)["data"]["client"] == "C-2")
    both = [made["secret"], rotated["secret"]]
    genuine = [(made["secret"], first, first_body), *((secret, second, second_body) for secret in both),
               *((secret, third, third_body) for secret in both)]
    for secret, headers, body in genuine:
        holds("Python's library verifies it", is_genuine_in_python(secret, headers, body))
        holds("JavaScript's library verifies it", is_genuine_in_javascript(modules, secret, headers, body))
    forged = [(rotated["secret"], first, first_body), (made["secret"], first, first_body + " "),
              (made["secret"], first | {"webhook-id": "other"}, first_body)]
    for secret, headers, body in forged:
        headers = {name.lower(): value for name, value in headers.items()}
        holds("Python's library refuses what was changed", not is_genuine_in_python(secret, headers, body))
        holds("JavaScript's library refuses what was changed", not is_genuine_in_javascript(modules, secret, headers, body))


def read_the_stream(house, port):
    client = redis.Redis(port=port, decode_responses=True)
    stream, group = "vedetta:changes", "outside"
    feed = house.ask("GET", "/v1/changes?limit=500")[2]["events"]
    eventually("every event on the stream", lambda: client.xlen(stream) >= len(feed))
    client.xgroup_create(stream, group, id="0")
    read = []
    while len(read) < len(feed):
        consumer = f"consumer-{len(read) % 2}"
        for _, entries in client.xreadgroup(group, consumer, {stream: ">"}, count=3, block=1000):
            for entry, fields in entries:
                read.append((entry, fields))
                client.xack(stream, group, entry)
    expected = [f"{event['id']}-0" for event in feed]
    holds("two consumers of a group read every event once, in order", [entry for entry, _ in read][: len(feed)] == expected)
    holds("the entries are the events of the feed", [json.loads(f["event"]) for _, f in read][: len(feed)] == feed)
    holds("nothing is left unacknowledged", client.xpending(stream, group)["pending"] == 0)


def main(program, modules):
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        house = None
        try:
            client = redis.Redis(port=port)
            eventually("Redis", lambda: is_there(client))
            house = House(program, pathlib.Path(folder), port)
            tell_of_clients(house)
            read_a_rating(house)
            take_webhooks(house, modules)
            read_the_stream(house, port)
        finally:
            for process in filter(None, [house and house.process, server]):
                process.terminate()
                process.wait(PATIENCE_S)


def is_there(client):
    try:
        return client.ping()
    except redis.ConnectionError:
        return False


if __name__ == "__main__":
    main(*sys.argv[1:])
