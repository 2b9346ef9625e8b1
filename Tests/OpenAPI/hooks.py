"""What the words of public/openapi.json say and its schemas cannot: values that mean something, names that exist."""

import json
import os
import urllib.request

import schemathesis
from hypothesis import strategies as st
from schemathesis.specs.openapi import checks

TEXTS = {
    # Addresses to connect to: literal ones, since a name that nobody knows is refused.
    "upstream-url": ["http://127.0.0.1:1984", "http://127.0.0.1:9", "http://[::1]:9", "unix:/nowhere/socket"],
    # Within the limits of every setting.
    "duration-text": ["1s", "4s", "2m", "1500ms", "1.5s", "1h"],
    "seconds-text": ["1s", "4s", "2m", "1h"],
    "size-text": ["32KiB", "4096", "1MiB", "5000B"],
    # Agents that no test removes while a route names them.
    "agent-in-use": ["k", "default"],
    "address-range": ["10.0.0.0/8", "fd00::/8", "127.0.0.1", "::ffff:10.0.0.0/104"],
    "access-log": ["off"],
    # Such as hold: what does not is answered 412, whatever else a request says.
    "if-match": ["*"],
    "if-none-match": ['"another"', '"one", W/"two"'],
}
for name, texts in TEXTS.items():
    schemathesis.openapi.format(name, st.sampled_from(texts))
schemathesis.openapi.format("upgrade-protocol", st.from_regex(r"\A[a-z]{6,8}(/[0-9])?\Z"))


AGENTS = {"k": {"upstream": "http://127.0.0.1:9"}, "default": {"upstream": "http://127.0.0.1:9", "mode": "normal"}}


def distinct(routes):
    """The first of the routes that have the same host and prefix."""
    seen = {}
    for route in routes:
        host = (route.get("host") or "none").lower()
        seen.setdefault((None if host in ("none", "unlimited") else host, route["prefix"]), route)
    return list(seen.values())


def send(method, path):
    """The reply of the server as JSON."""
    request = urllib.request.Request(os.environ["SLUICE_ADMIN"] + path, method=method)
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes bodies that keep to the schemas keep to the words as well."""
    # Rightly 503 while an agent drains.
    if case.path == "/readyz":
        for agent in send("GET", "/api/v1/agents")["agents"]:
            if agent["status"]["state"] == "draining":
                send("POST", f"/api/v1/agents/{agent['name']}/resume")
    body = case.body
    if case.method != "PUT" or not isinstance(body, dict) or not case.meta.generation.mode.is_positive:
        return
    if isinstance(body.get("routes"), list):
        body["routes"] = distinct(body["routes"])
    if case.path == "/api/v1/config":
        body["agents"] = AGENTS | body["agents"]
        for name in ("listen", "admin", "threads", "io"):
            body.pop(name, None)


@schemathesis.check
def use_after_delete(ctx, response, case):
    """schemathesis's use_after_free, but for the list of an agent's sockets: to delete it is to close them, and it stays."""
    if case.operation.path == "/api/v1/agents/{name}/sockets":
        return None
    return checks.use_after_free(ctx, response, case)
