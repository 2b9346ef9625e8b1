"""A stand-in for a running sluice: the admin API as far as the page needs it, and a proxy whose requests it counts.

It serves public/ with the headers of the real server. With --demo its figures move by themselves; without, only what
comes through its proxy moves them. Changes of mode are real: the next sample, the API and every stream show them.

    python3 mock_admin.py --admin-port 1986 --proxy-port 1985 --demo
"""

import argparse
import collections
import datetime
import json
import math
import pathlib
import queue
import random
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PUBLIC = pathlib.Path(__file__).resolve().parents[2] / "public"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
STREAMS_MAX = 64
BACKLOG_MAX = 64


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Agent:
    """Settings and figures of one agent; every method is called with the lock of its proxy held."""

    def __init__(self, name, mode, upstream, max_sockets, demand):
        self.name, self.mode, self.upstream, self.max_sockets, self.demand = name, mode, upstream, max_sockets, demand
        self.version = 1
        self.active = self.free = self.connecting = self.pending = 0
        self.totals = collections.Counter(requests=0, created=0, reused=0, closed=0, errors=0, retries=0, timeouts=0)
        self.closed_by = collections.Counter()
        self.latencies = collections.deque(maxlen=2000)
        self.before = dict(self.totals)
        self.rates = {"requests": 0.0, "created": 0.0, "closed": 0.0}
        self.quantiles = None

    def begin(self):
        if self.free:
            self.free -= 1
            self.totals["reused"] += 1
        else:
            self.totals["created"] += 1
        self.active += 1
        self.totals["requests"] += 1

    def end(self, seconds):
        self.active -= 1
        self.latencies.append(seconds)
        if self.mode == "keepalive":
            self.free += 1
        else:
            self.close("normalMode", 1)

    def close(self, reason, number):
        if number:
            self.closed_by[reason] += number
            self.totals["closed"] += number

    def switch(self, mode):
        if mode == "normal":
            self.close("modeSwitch", self.free)
            self.free = 0
        self.mode = mode
        self.version += 1

    def imagine(self, moment, dice):
        """One second of made-up traffic."""
        if not self.demand:
            return
        wave = 1 + 0.35 * math.sin(moment / 23 + len(self.name)) + 0.12 * dice.gauss(0, 1)
        requests = max(0, int(self.demand * wave * (0.55 if self.mode == "normal" else 1)))
        took = (0.0052 if self.mode == "keepalive" else 0.0094) * (1 + 0.1 * dice.random())
        wanted = math.ceil(requests * took * 1.08)
        self.active, self.pending = min(wanted, self.max_sockets), max(0, wanted - self.max_sockets)
        self.totals["requests"] += requests
        if self.mode == "normal":
            self.free, self.connecting = 0, max(1, self.active // 7)
            self.active = min(self.active, self.max_sockets - self.connecting)
            self.totals["created"] += requests
            self.close("normalMode", requests)
        else:
            self.active = min(self.active, self.max_sockets - 1)
            open_before = self.active + self.free
            self.connecting = dice.choice([0, 0, 0, 1])
            room = self.max_sockets - self.active - self.connecting
            self.free = max(0, min(max(self.free, self.max_sockets // 8), room))
            created = max(0, self.active + self.free - open_before) or dice.choice([0, 0, 1])
            self.totals["created"] += created
            self.totals["reused"] += max(0, requests - created)
            self.close("freeSocketTimeout", created)
        if dice.random() < 0.03:
            self.totals["errors"] += 1
            self.close("reset", 1)
        self.latencies.extend(took * (1 + abs(dice.gauss(0, 0.35))) for _ in range(min(400, requests)))

    def measure(self, seconds):
        for key in self.rates:
            self.rates[key] = round((self.totals[key] - self.before[key]) / seconds, 1)
        self.before = dict(self.totals)
        ordered = sorted(self.latencies)
        pick = lambda share: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 6) if ordered else None
        self.quantiles = {"p50": pick(0.5), "p90": pick(0.9), "p99": pick(0.99), "max": pick(1)}
        self.latencies.clear()

    def figures(self):
        sockets = {"open": self.active + self.free + self.connecting, "connecting": self.connecting,
                   "active": self.active, "free": self.free}
        created = self.totals["created"]
        totals = {**self.totals, "closedBy": dict(self.closed_by)}
        return {"sockets": sockets, "pending": self.pending, "totals": totals,
                "requestsPerSocket": round(self.totals["requests"] / created, 2) if created else None,
                "rates": dict(self.rates),
                "latency": self.quantiles or {"p50": None, "p90": None, "p99": None, "max": None}}

    def sample(self):
        return {"name": self.name, "mode": self.mode, "maxSockets": self.max_sockets, **self.figures()}

    def describe(self):
        return {"name": self.name, "mode": self.mode, "split": 0, "upstream": [self.upstream],
                "maxSockets": self.max_sockets, "maxFreeSockets": self.max_sockets,
                "freeSocketTimeout": 4, "timeout": 8, "status": {"state": "running", **self.figures()}}

    @property
    def etag(self):
        return f'"{self.version}"'


class Proxy:
    """All agents, and the streams that listen."""

    def __init__(self, demo):
        demand = lambda number: number if demo else 0
        agents = [Agent("k", "keepalive", "http://127.0.0.1:1984", 100, demand(15800)),
                  Agent("default", "normal", "http://127.0.0.1:1984", 100, demand(9200))]
        if demo:
            agents.append(Agent("payments-api", "keepalive", "https://payments.internal.example:8443", 24, 310))
        self.agents = {agent.name: agent for agent in agents}
        self.lock = threading.Lock()
        self.listeners = set()
        self.events = collections.deque(maxlen=900)
        self.last_id = 0
        self.started, self.start_time, self.clients = time.monotonic(), now(), 0
        self.demo = demo

    def tell(self, kind, value):
        self.last_id += 1
        line = f"id: {self.last_id}\nevent: {kind}\ndata: {json.dumps(value)}\n\n".encode()
        self.events.append((self.last_id, line))
        for listener in list(self.listeners):
            try:
                listener.put_nowait(line)
            except queue.Full:
                self.listeners.discard(listener)

    def listen(self, last_id):
        """A queue of the events after `last_id` (none: from now on)."""
        with self.lock:
            missed = [line for number, line in self.events if last_id is not None and number > last_id]
            listener = queue.Queue(BACKLOG_MAX + len(missed))
            for line in missed:
                listener.put_nowait(line)
            self.listeners.add(listener)
        return listener

    def drop_streams(self):
        """Ends every stream, as a network would."""
        with self.lock:
            for listener in self.listeners:
                listener.put(None)

    def run(self):
        dice, last = random.Random(7), time.monotonic()
        while True:
            time.sleep(1)
            moment = time.monotonic()
            with self.lock:
                for agent in self.agents.values():
                    agent.imagine(moment, dice)
                    agent.measure(moment - last)
                rate = sum(agent.rates["requests"] for agent in self.agents.values())
                self.tell("sample", {"time": now(), "clients": {"connections": 120 if self.demo else self.clients,
                                                               "requestsPerSecond": rate},
                                     "agents": [agent.sample() for agent in self.agents.values()]})
            last = moment

    def patch(self, name, patch, match, who):
        """Returns status, body and ETag."""
        with self.lock:
            agent = self.agents.get(name)
            if agent is None:
                return 404, problem(404, "not-found", f"There is no agent named {name}."), None
            if match not in (None, "*", agent.etag):
                return 412, problem(412, "changed-meanwhile", "The agent is no longer what If-Match names."), None
            unknown = sorted(set(patch) - {"mode"})
            if unknown or patch.get("mode", agent.mode) not in ("keepalive", "normal"):
                faults = [{"pointer": f"/{key}", "detail": "is not a setting"} for key in unknown]
                faults = faults or [{"pointer": "/mode", "detail": "must be keepalive or normal"}]
                return 422, {**problem(422, "invalid-setting", "The change is not valid."), "errors": faults}, None
            before = agent.mode
            if patch.get("mode", before) != before:
                agent.switch(patch["mode"])
                self.tell("change", {"time": now(), "who": who, "agent": name,
                                     "changes": [{"setting": "mode", "before": before, "after": agent.mode}]})
            return 200, agent.describe(), agent.etag


def problem(status, kind, detail):
    return {"type": f"https://sluice.example/problems/{kind}", "title": kind, "status": status, "detail": detail}


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # A browser that left is no error.
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy = None

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json", etag=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", POLICY)
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(data)


class AdminHandler(Handler):
    def do_GET(self):
        path = self.path.split("?")[0]
        proxy = self.proxy
        if path == "/api/v1/events":
            self.stream()
        elif path == "/api/v1/status":
            self.answer(200, {"version": "0.1.0", "pid": 4711, "startTime": proxy.start_time, "threads": 2,
                              "uptime": round(time.monotonic() - proxy.started, 3), "listeners": ["127.0.0.1:1985"]})
        elif path == "/api/v1/agents":
            with proxy.lock:
                self.answer(200, {"agents": [agent.describe() for agent in proxy.agents.values()]}, etag='"all"')
        elif path.startswith("/api/v1/agents/") and path.rsplit("/", 1)[1] in proxy.agents:
            agent = proxy.agents[path.rsplit("/", 1)[1]]
            with proxy.lock:
                self.answer(200, agent.describe(), etag=agent.etag)
        else:
            file = PUBLIC / ("index.html" if path == "/" else path.lstrip("/"))
            if file.parent == PUBLIC and file.suffix in TYPES and file.is_file():
                self.answer(200, file.read_bytes(), TYPES[file.suffix] + "; charset=utf-8")
            else:
                self.answer(404, problem(404, "not-found", f"There is nothing at {path}."), "application/problem+json")

    def do_PATCH(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Type") != "application/merge-patch+json":
            fault = problem(415, "media-type", "Send application/merge-patch+json.")
            self.answer(415, fault, "application/problem+json")
            return
        name = self.path.rsplit("/", 1)[1]
        match, who = self.headers.get("If-Match"), self.client_address[0]
        status, reply, etag = self.proxy.patch(name, json.loads(body), match, who)
        self.answer(status, reply, "application/json" if status == 200 else "application/problem+json", etag)

    def stream(self):
        if len(self.proxy.listeners) >= STREAMS_MAX:
            self.answer(503, problem(503, "streams", "Too many event streams."), "application/problem+json")
            return
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        last_id = self.headers.get("Last-Event-ID", "")
        listener = self.proxy.listen(int(last_id) if last_id.isdigit() else None)
        try:
            self.wfile.write(b"retry: 2000\n\n")
            while listener in self.proxy.listeners and (line := listener.get(timeout=10)) is not None:
                self.wfile.write(line)
                self.wfile.flush()
        except (OSError, queue.Empty):
            pass
        finally:
            self.proxy.listeners.discard(listener)


class ProxyHandler(Handler):
    def do_GET(self):
        parts = self.path.strip("/").split("/")
        proxy = self.proxy
        agent = proxy.agents["k" if parts[0] == "k" else "default"]
        started = time.monotonic()
        with proxy.lock:
            agent.begin()
            proxy.clients += 1
        time.sleep(min(1000, int(parts[-1]) if parts[-1].isdigit() else 0) / 1000)
        with proxy.lock:
            agent.end(time.monotonic() - started)
            proxy.clients -= 1
        self.answer(200, {"slept": parts[-1]})


def start(admin_port=0, proxy_port=0, demo=False):
    """Starts both servers on loopback; returns their base URLs, admin first, and a way to drop all streams."""
    proxy = Proxy(demo)
    bases = []
    for kind, port in ((AdminHandler, admin_port), (ProxyHandler, proxy_port)):
        server = Server(("127.0.0.1", port), type(kind.__name__, (kind,), {"proxy": proxy}))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        bases.append(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=proxy.run, daemon=True).start()
    return *bases, proxy.drop_streams


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--admin-port", type=int, default=0)
    parser.add_argument("--proxy-port", type=int, default=0)
    parser.add_argument("--demo", action="store_true", help="figures that move by themselves")
    options = parser.parse_args()
    print(*start(options.admin_port, options.proxy_port, options.demo)[:2], flush=True)
    threading.Event().wait()
