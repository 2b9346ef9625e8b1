"""What the words of public/openapi.json say and its schemas cannot: values that mean something, and names that exist."""

import schemathesis
from hypothesis import strategies as st

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
    "upgrade-protocol": ["websocket", "foo/2", "!x"],
    "access-log": ["off"],
    "entity-tags": ["*"],
}
for name, texts in TEXTS.items():
    schemathesis.openapi.format(name, st.sampled_from(texts))


def distinct(routes):
    """The first of the routes that have the same host and prefix."""
    seen = {}
    for route in routes:
        seen.setdefault((route.get("host", "").lower(), route["prefix"]), route)
    return list(seen.values())
