"""A stand-in for a running sluice: the admin API as far as the page needs it, and a proxy whose requests it counts.

It serves public/ with the headers of the real server. With --demo its figures move by themselves; without, only what
comes through its proxy moves them. Changes are real: the next sample, the API and every stream show them.

    python3 mock_admin.py --admin-port 1986 --proxy-port 1985 --demo
"""

import argparse
import json
import pathlib
import queue
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote

from mock_insight import advice, comparison
from mock_proxy import Agent, Proxy, faults, now

PUBLIC = pathlib.Path(__file__).resolve().parents[2] / "public"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
STREAMS_MAX = 64


def slim(text):
    """Without comments that fill whole lines and without indentation, as the real server serves it."""
    text = re.sub(r"(?ms)^ */\*.*?\*/\n", "", text)
    return "".join(line.lstrip(" ") for line in text.splitlines(True) if line.strip() and not re.match(" *//", line)
                   ).encode()


class Refusal(Exception):
    """A reply that is a problem."""

    def __init__(self, status, kind, detail, found=None, **more):
        super().__init__(detail)
        self.status = status
        self.body = {"type": f"https://sluice.example/problems/{kind}", "title": kind, "status": status,
                     "detail": detail, **({"errors": found} if found else {}), **more}


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
        data = b"" if status == 204 else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", POLICY)
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(data)


class AdminHandler(Handler):
    def handle_one(self):
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length", 0))
        self.body = json.loads(self.rfile.read(length)) if length else None
        self.query = dict(parse_qsl(query))
        try:
            if not path.startswith("/api/v1/"):
                return self.file(path)
            token = self.proxy.token
            given = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            if token and given not in (token, "read-" + token):
                raise Refusal(401, "unauthorized", "Send a bearer token.")
            if token and given != token and self.command != "GET":
                raise Refusal(403, "read-only-token", "This token is for reading.")
            parts = [unquote(part) for part in path.removeprefix("/api/v1/").split("/")]
            if parts == ["events"]:
                return self.stream()
            with self.proxy.lock:
                name = "_".join([self.command, parts[0], *(["one"] if len(parts) > 1 else []), *parts[2:3]])
                action = getattr(self, name, None)
                if action is None:
                    raise Refusal(404, "not-found", f"There is nothing at {path}.")
                status, body, etag = action(*parts[1:2], *parts[3:4])
            self.answer(status, body, etag=etag)
        except Refusal as refusal:
            self.answer(refusal.status, refusal.body, "application/problem+json")

    do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = handle_one

    def file(self, path):
        file = PUBLIC / ("index.html" if path == "/" else path.lstrip("/"))
        if file.parent != PUBLIC or file.suffix not in TYPES or not file.is_file():
            raise Refusal(404, "not-found", f"There is nothing at {path}.")
        self.answer(200, slim(file.read_text()), TYPES[file.suffix] + "; charset=utf-8")

    # ---- What the common steps are ----

    @property
    def who(self):
        return self.client_address[0]

    def agent(self, name):
        if name not in self.proxy.agents:
            raise Refusal(404, "unknown-agent", f"There is no agent named {name}.")
        return self.proxy.agents[name]

    def match(self, etag):
        if self.headers.get("If-Match") not in (None, "*", etag):
            raise Refusal(412, "changed-meanwhile", "It is no longer what If-Match names.")

    def wanted(self, kind):
        if self.headers.get("Content-Type") != kind:
            raise Refusal(415, "media-type", f"Send {kind}.")

    # ---- Resources, named by method and path ----

    def GET_status(self):
        return 200, {"version": "0.1.0", "pid": 4711, "startTime": self.proxy.start_time, "threads": 2,
                     "uptime": round(time.monotonic() - self.proxy.started, 3), "listeners": ["127.0.0.1:1985"]}, None

    def GET_agents(self):
        return 200, {"agents": [agent.describe() for agent in self.proxy.agents.values()]}, '"all"'

    def POST_agents(self):
        self.wanted("application/json")
        name, settings = self.body.get("name"), {k: v for k, v in self.body.items() if k != "name"}
        if name in self.proxy.agents:
            raise Refusal(409, "agent-exists", f"There is an agent named {name} already.")
        found = faults(settings)
        if not name or " " in name:
            found.append({"pointer": "/name", "detail": "must be letters, digits, - and _"})
        if not settings.get("upstream"):
            found.append({"pointer": "/upstream", "detail": "is required"})
        if found:
            raise Refusal(422, "invalid-setting", "The agent is not valid.", found)
        agent = self.proxy.agents[name] = Agent(name, settings)
        self.proxy.changed(self.who, "agentAdded", name, [(k, None, v) for k, v in agent.settings.items()])
        return 201, agent.describe(), agent.etag

    def GET_agents_one(self, name):
        return 200, self.agent(name).describe(), self.agent(name).etag

    def PATCH_agents_one(self, name):
        self.wanted("application/merge-patch+json")
        agent = self.agent(name)
        self.match(agent.etag)
        if found := faults(self.body):
            raise Refusal(422, "invalid-setting", "The change is not valid.", found)
        changes = [(key, agent.settings[key], value) for key, value in self.body.items()
                   if value != agent.settings[key]]
        for key, _, value in changes:
            agent.settings[key] = value
            if key == "mode" and value == "normal":
                agent.close_free("modeSwitch")
        if changes:
            agent.version += 1
            self.proxy.changed(self.who, "settings", name, changes)
        return 200, agent.describe(), agent.etag

    def DELETE_agents_one(self, name):
        agent = self.agent(name)
        self.match(agent.etag)
        named = [index for index, route in enumerate(self.proxy.routes) if route["agent"] == name]
        if named:
            raise Refusal(409, "agent-in-use", f"A route names {name}.", routes=named)
        del self.proxy.agents[name]
        self.proxy.changed(self.who, "agentRemoved", name, [(k, v, None) for k, v in agent.settings.items()])
        return 204, None, None

    def turn(self, name, state, what):
        agent = self.agent(name)
        if agent.state != state:
            agent.state, before = state, agent.state
            if state == "draining":
                agent.close_free("drain")
            self.proxy.changed(self.who, what, name, [("state", before, state)])
        return 200, agent.describe(), agent.etag

    def POST_agents_one_drain(self, name):
        return self.turn(name, "draining", "drain")

    def POST_agents_one_resume(self, name):
        return self.turn(name, "running", "resume")

    def GET_agents_one_sockets(self, name):
        return 200, {"sockets": self.agent(name).list_sockets(self.proxy.dice), "next": None}, None

    def DELETE_agents_one_sockets(self, name, socket=None):
        agent = self.agent(name)
        rows = agent.list_sockets(self.proxy.dice)
        if socket is None:
            closed = agent.close_free("operator")
        elif all(row["id"] != socket for row in rows):
            raise Refusal(404, "unknown-socket", f"There is no socket {socket}.")
        else:
            closed, agent.free = 1, max(0, agent.free - 1)
            agent.rows = [row for row in agent.rows if row["id"] != socket]
            agent.close("operator", 1)
        self.proxy.changed(self.who, "socketsClosed", name, [("sockets", closed, 0)])
        return 200, {"closed": closed}, None

    def GET_agents_one_comparison(self, name):
        return 200, comparison(self.agent(name)), None

    def GET_agents_one_advice(self, name):
        return 200, advice(self.agent(name)), None

    def GET_routes(self):
        return 200, {"routes": self.proxy.routes}, f'"r{self.proxy.routes_version}"'

    def PUT_routes(self):
        self.wanted("application/json")
        self.match(f'"r{self.proxy.routes_version}"')
        routes, found = self.body["routes"], []
        for index, route in enumerate(routes):
            if route["agent"] not in self.proxy.agents:
                found.append({"pointer": f"/routes/{index}/agent", "detail": "must be the name of an agent"})
            if not route["prefix"].startswith("/"):
                found.append({"pointer": f"/routes/{index}/prefix", "detail": "must begin with /"})
        if found:
            raise Refusal(422, "invalid-routes", "The routes are not valid.", found)
        before, self.proxy.routes = self.proxy.routes, [{"stripPrefix": False, **route} for route in routes]
        self.proxy.routes_version += 1
        self.proxy.changed(self.who, "routes", None, [("routes", before, self.proxy.routes)])
        return self.GET_routes()

    def GET_config(self):
        return 200, self.proxy.tree(), '"c1"'

    def POST_config_one(self, action):
        if action != "reload":
            raise Refusal(404, "not-found", "There is nothing here.")
        if self.proxy.file_faults:
            self.proxy.last_reload = {"time": now(), "successful": False, "errors": self.proxy.file_faults}
            self.proxy.tell("problem", {"time": now(), "kind": "reload", "detail": "sluice.yaml has faults.",
                                        "errors": self.proxy.file_faults})
            raise Refusal(422, "invalid-configuration", "sluice.yaml has faults.", self.proxy.file_faults)
        self.proxy.last_reload = {"time": now(), "successful": True, "errors": []}
        return 200, {"successful": True, "time": now(), "changes": [], "errors": []}, None

    def GET_history(self):
        window, step = int(self.query.get("window", 900)), int(self.query.get("step", 1))
        return 200, self.proxy.history(window, step), None

    def stream(self):
        if len(self.proxy.listeners) >= STREAMS_MAX:
            raise Refusal(503, "streams", "Too many event streams.")
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        last_id = self.headers.get("Last-Event-ID", "").removeprefix("1-")
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
    """Starts both servers on loopback; returns their base URLs, admin first, and the proxy with all that it knows."""
    proxy = Proxy(demo)
    proxy.token, proxy.file_faults = None, None
    bases = []
    for kind, port in ((AdminHandler, admin_port), (ProxyHandler, proxy_port)):
        server = Server(("127.0.0.1", port), type(kind.__name__, (kind,), {"proxy": proxy}))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        bases.append(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=proxy.run, daemon=True).start()
    return *bases, proxy


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--admin-port", type=int, default=0)
    parser.add_argument("--proxy-port", type=int, default=0)
    parser.add_argument("--demo", action="store_true", help="figures that move by themselves")
    options = parser.parse_args()
    print(*start(options.admin_port, options.proxy_port, options.demo)[:2], flush=True)
    threading.Event().wait()
