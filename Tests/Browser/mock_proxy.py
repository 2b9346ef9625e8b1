"""The agents of the stand-in for a running sluice: settings, sockets, made-up traffic, and everything that changes."""

import collections
import datetime
import json
import math
import queue
import random
import threading
import time

BACKLOG_MAX = 64
HISTORY_MAX = 900
LIMITS = {"split": (0, 100), "maxSockets": (1, 1_000_000), "maxFreeSockets": (0, 1_000_000), "timeout": (0.001, 86400),
          "freeSocketTimeout": (0.001, 86400), "connectTimeout": (0.001, 3600), "maxPending": (0, 1_000_000),
          "pendingTimeout": (0.001, 3600), "keepAliveProbe": (1, 3600)}
DEFAULTS = {"mode": "keepalive", "split": 0, "maxSockets": 256, "maxFreeSockets": 256, "freeSocketTimeout": 4,
            "timeout": 8, "socketActiveTTL": None, "maxRequestsPerSocket": None, "connectTimeout": 2,
            "maxPending": 1024, "pendingTimeout": 5, "keepAliveProbe": 1, "retry": True, "scheduling": "lifo"}
SETTINGS = {"upstream", *DEFAULTS}
COLUMNS = ("requests", "created", "closed", "connecting", "active", "free", "pending", "p50", "p90", "p99")


def stamp(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now():
    return stamp(time.time())


def faults(patch, known=SETTINGS):
    """What is wrong with settings, each with its pointer."""
    found = [(key, "is not a setting") for key in sorted(set(patch) - known)]
    for key, value in patch.items():
        if key in LIMITS:
            least, most = LIMITS[key]
            if not isinstance(value, (int, float)) or not least <= value <= most:
                found.append((key, f"must be {least} to {most}"))
        elif key == "mode" and value not in ("keepalive", "normal"):
            found.append((key, "must be keepalive or normal"))
        elif key == "upstream" and not all(str(one).startswith("http") for one in [value] if isinstance(value, str)):
            found.append((key, "must be http://host:port"))
    return [{"pointer": f"/{key}", "detail": detail} for key, detail in found]


class Agent:
    """Settings and figures of one agent; every method is called with the lock of its proxy held."""

    def __init__(self, name, settings, demand=0):
        self.name, self.demand, self.state, self.version = name, demand, "running", 1
        self.settings = {**DEFAULTS, **settings}
        self.settings["upstream"] = [settings["upstream"]] if isinstance(settings["upstream"], str) \
            else settings["upstream"]
        self.active = self.free = self.connecting = self.pending = 0
        self.totals = collections.Counter(requests=0, created=0, reused=0, closed=0, errors=0, retries=0, timeouts=0,
                                          bytesReceived=0, bytesSent=0)
        self.closed_by = collections.Counter()
        self.latencies = collections.deque(maxlen=2000)
        self.before = dict(self.totals)
        self.rates = {"requests": 0.0, "created": 0.0, "closed": 0.0}
        self.quantiles = None
        self.history = collections.deque(maxlen=HISTORY_MAX)
        self.rows, self.last_socket = [], 0

    mode = property(lambda self: self.settings["mode"])

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

    def close_free(self, reason):
        closed, self.free = self.free, 0
        self.close(reason, closed)
        return closed

    def imagine(self, moment, dice):
        """One second of made-up traffic."""
        if not self.demand:
            return
        if self.state == "draining":
            self.active = self.pending = self.connecting = 0
            self.close_free("drain")
            return
        limit = self.settings["maxSockets"]
        wave = 1 + 0.35 * math.sin(moment / 23 + len(self.name)) + 0.12 * dice.gauss(0, 1)
        requests = max(0, int(self.demand * wave * (0.55 if self.mode == "normal" else 1)))
        took = (0.0052 if self.mode == "keepalive" else 0.0094) * (1 + 0.1 * dice.random())
        wanted = math.ceil(requests * took * 1.08)
        self.active, self.pending = min(wanted, limit), max(0, wanted - limit)
        self.totals["requests"] += requests
        self.totals["bytesReceived"] += requests * 80
        self.totals["bytesSent"] += requests * 120
        if self.mode == "normal":
            self.free, self.connecting = 0, max(1, self.active // 7)
            self.active = max(0, min(self.active, limit - self.connecting))
            self.totals["created"] += requests
            self.close("normalMode", requests)
        else:
            self.active = min(self.active, limit - 1)
            open_before = self.active + self.free
            self.connecting = dice.choice([0, 0, 0, 1])
            room = limit - self.active - self.connecting
            self.free = max(0, min(max(self.free, limit // 8), room))
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
        self.history.append({**self.rates, **self.sockets(), "pending": self.pending, **self.quantiles})

    def sockets(self):
        return {"open": self.active + self.free + self.connecting, "connecting": self.connecting,
                "active": self.active, "free": self.free}

    def list_sockets(self, dice):
        """As many rows as there are sockets, each the same from one call to the next while it is open."""
        wanted = ["active"] * self.active + ["connecting"] * self.connecting + ["free"] * self.free
        if self.mode == "normal":
            self.rows = []
        elif len(self.rows) == len(wanted):
            dice.shuffle(wanted)
        while len(self.rows) > len(wanted):
            self.rows.pop(dice.randrange(len(self.rows)))
        while len(self.rows) < len(wanted):
            self.last_socket += 1
            self.rows.append({"id": str(self.last_socket), "opened": time.time(), "requests": 0})
        rows = []
        for state, row in zip(wanted, self.rows):
            row["requests"] += dice.randrange(200) if self.demand else 1
            rows.append({"id": row["id"], "upstream": self.settings["upstream"][0], "state": state,
                         "localPort": 40000 + int(row["id"]) % 20000, "age": round(time.time() - row["opened"], 3),
                         "idle": round(dice.random() * self.settings["freeSocketTimeout"], 3) if state == "free" else 0,
                         "requests": row["requests"], "bytesReceived": row["requests"] * 80,
                         "bytesSent": row["requests"] * 120, "thread": int(row["id"]) % 2})
        return rows

    def figures(self):
        created = self.totals["created"]
        totals = {**self.totals, "closedBy": dict(self.closed_by)}
        return {"sockets": self.sockets(), "pending": self.pending, "totals": totals,
                "requestsPerSocket": round(self.totals["requests"] / created, 2) if created else None,
                "rates": dict(self.rates),
                "latency": self.quantiles or {"p50": None, "p90": None, "p99": None, "max": None}}

    def sample(self):
        return {"name": self.name, "mode": self.mode, "maxSockets": self.settings["maxSockets"], **self.figures()}

    def describe(self):
        return {"name": self.name, **self.settings, "status": {"state": self.state, **self.figures()}}

    @property
    def etag(self):
        return f'"{self.version}"'


class Proxy:
    """All agents and routes, and the streams that listen."""

    def __init__(self, demo):
        demand = lambda number: number if demo else 0
        local = "http://127.0.0.1:1984"
        agents = [Agent("k", {"upstream": local, "maxSockets": 100, "freeSocketTimeout": 30}, demand(15800)),
                  Agent("default", {"upstream": local, "mode": "normal", "maxSockets": 100}, demand(9200))]
        if demo:
            agents.append(Agent("payments-api", {"upstream": "https://payments.internal.example:8443",
                                                 "maxSockets": 24}, 310))
        self.agents = {agent.name: agent for agent in agents}
        self.routes = [{"prefix": "/k", "stripPrefix": True, "agent": "k"},
                       {"prefix": "/", "stripPrefix": False, "agent": "default"}]
        self.routes_version = 1
        self.last_reload = {"time": now(), "successful": True, "errors": []}
        self.lock = threading.RLock()
        self.listeners = set()
        self.events = collections.deque(maxlen=900)
        self.changes = collections.deque(maxlen=200)
        self.last_id = 0
        self.started, self.start_time, self.clients = time.monotonic(), now(), 0
        self.demo, self.dice = demo, random.Random(7)
        if demo:
            self.remember()

    def remember(self):
        """Fifteen minutes that were before: with two changes of mode, as a page that is opened finds them."""
        start = time.time() - HISTORY_MAX
        for second in range(HISTORY_MAX):
            for at, name, mode in ((300, "default", "keepalive"), (620, "default", "normal")):
                if second == at:
                    before, self.agents[name].settings["mode"] = self.agents[name].mode, mode
                    self.agents[name].close_free("modeSwitch")
                    self.changes.append({"time": stamp(start + second), "who": "127.0.0.1", "what": "settings",
                                         "agent": name,
                                         "changes": [{"setting": "mode", "before": before, "after": mode}]})
            for agent in self.agents.values():
                agent.imagine(second, self.dice)
                agent.measure(1)

    def tell(self, kind, value):
        self.last_id += 1
        line = f"id: 1-{self.last_id}\nevent: {kind}\ndata: {json.dumps(value)}\n\n".encode()
        self.events.append((self.last_id, line))
        if kind == "change":
            self.changes.append(value)
        for listener in list(self.listeners):
            try:
                listener.put_nowait(line)
            except queue.Full:
                self.listeners.discard(listener)

    def changed(self, who, what, agent, changes):
        entries = [{"setting": setting, "before": before, "after": after} for setting, before, after in changes]
        self.tell("change", {"time": now(), "who": who, "what": what, "agent": agent, "changes": entries})

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
        last = time.monotonic()
        while True:
            time.sleep(1)
            moment = time.monotonic()
            with self.lock:
                for agent in self.agents.values():
                    agent.imagine(moment, self.dice)
                    agent.measure(moment - last)
                rate = sum(agent.rates["requests"] for agent in self.agents.values())
                self.tell("sample", {"time": now(), "clients": {"connections": 120 if self.demo else self.clients,
                                                               "requestsPerSecond": rate},
                                     "agents": [agent.sample() for agent in self.agents.values()]})
            last = moment

    def history(self, window, step):
        """Of the last `window` seconds one row for each `step`: the last sample in it."""
        length = max((len(agent.history) for agent in self.agents.values()), default=0)
        length = min(length, window)
        end = time.time()
        columns = {}
        for agent in self.agents.values():
            rows = [{}] * (length - len(agent.history)) + list(agent.history)[-length:] if length else []
            columns[agent.name] = {name: [row.get(name) for row in rows[step - 1::step]] for name in COLUMNS}
        since = stamp(end - window)
        return {"start": stamp(end - length), "step": step, "window": window, "agents": columns,
                "changes": [change for change in self.changes if change["time"] >= since]}

    def tree(self):
        agents = {agent.name: dict(agent.settings) for agent in self.agents.values()}
        return {"listen": ["127.0.0.1:1985"], "admin": {"listen": "127.0.0.1:1986"}, "threads": 2, "via": "sluice",
                "grace": 10, "accessLog": "off", "logLevel": "info", "agents": agents, "routes": self.routes,
                "status": {"file": "sluice.yaml", "lastReload": self.last_reload,
                           "sources": {"/agents/k/maxSockets": "sluice.yaml:12", "/agents/default/mode": "api"}}}
