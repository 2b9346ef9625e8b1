"""What the checks of the page share: the API as another operator would use it, a browser, and a load."""

import concurrent.futures
import contextlib
import json
import time
import urllib.request

from playwright.sync_api import expect

WAIT = 15_000  # Milliseconds that any condition may take to come true; a busy machine with two cores needs some.
# Lets a test end or silence the stream as a network would; nothing else of EventSource changes.
STREAM_HOOK = """
window.silent = false;
window.EventSource = class extends EventSource {
  constructor(...options) { super(...options); window.stream = this; }
  addEventListener(type, listener) { super.addEventListener(type, (event) => window.silent || listener(event)); }
};
"""

expect.set_options(timeout=WAIT)


def until(condition, what):
    deadline = time.monotonic() + WAIT / 1000
    while not condition():
        assert time.monotonic() < deadline, f"not within {WAIT / 1000:.0f} s: {what}"


class Api:
    """The admin API as another operator would use it."""

    def __init__(self, base):
        self.base = base.rstrip("/")

    def call(self, path, method="GET", body=None, headers=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/api/v1/{path}", data=data, method=method, headers=headers or {})
        with urllib.request.urlopen(request, timeout=15) as response:
            return json.load(response), response.headers.get("ETag")

    def agents(self):
        return self.call("agents")[0]["agents"]

    def agent(self, name):
        return self.call(f"agents/{name}")[0]

    def set_mode(self, name, mode):
        etag = self.call(f"agents/{name}")[1]
        headers = {"Content-Type": "application/merge-patch+json", "If-Match": etag}
        return self.call(f"agents/{name}", "PATCH", {"mode": mode}, headers)[0]


class Suite:
    """Everything the checks share: the API, the browser, and what the page complained about."""

    def __init__(self, api, proxy, browser, drop_streams):
        self.drop_streams = drop_streams
        self.api, self.proxy, self.browser = api, proxy.rstrip("/"), browser
        self.complaints, self.foreign = [], []
        self.expecting_errors = False
        self.page = self.open(width=1280)

    def open(self, width=1280, height=900, **options):
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(WAIT)
        context.add_init_script(STREAM_HOOK)
        page = context.new_page()
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", self.requested)
        page.goto(self.api.base + "/")
        expect(page.locator("#stream-text")).to_have_text("live")
        expect(page.get_by_role("article").first).to_be_visible()
        return page

    def console(self, message):
        if message.type in ("error", "warning") and not self.expecting_errors:
            self.complaints.append(f"{message.type}: {message.text}")

    def requested(self, request):
        if not request.url.startswith((self.api.base + "/", "data:")):
            self.foreign.append(request.url)

    @contextlib.contextmanager
    def errors_expected(self):
        """A reply of 4xx is a console error of the browser's own making."""
        self.expecting_errors = True
        try:
            yield
            self.page.evaluate("0")  # A round trip, so that what was logged has arrived.
        finally:
            self.expecting_errors = False

    def load(self, requests=200, threads=8):
        """Sends requests through agent k and returns how many were answered with 200."""
        def one(_):
            with urllib.request.urlopen(f"{self.proxy}/k/5", timeout=15) as response:
                response.read()
                return response.status == 200
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(one, range(requests)))

    def card(self, name="k", page=None):
        return (page or self.page).get_by_role("article", name=f"Agent {name}", exact=True)

    def radio(self, mode, name="k", page=None):
        group = self.card(name, page).get_by_role("radiogroup", name=f"Mode of agent {name}", exact=True)
        return group.get_by_role("radio", name=mode, exact=True)

    def press_label(self, mode, name="k"):
        """Clicks where a person would: on the word."""
        self.card(name).get_by_role("radiogroup").get_by_text(mode, exact=True).click()

    def api_mode(self, mode, name="k"):
        until(lambda: self.api.agent(name)["mode"] == mode, f"the API says that {name} is {mode}")

    def settled(self, mode, name="k"):
        """The page shows the mode as done, not as wished for."""
        expect(self.radio(mode, name)).to_be_checked()
        expect(self.card(name).get_by_role("radiogroup")).to_have_attribute("aria-busy", "false")

    def start_keepalive(self):
        if self.api.agent("k")["mode"] != "keepalive":
            self.api.set_mode("k", "keepalive")
        self.settled("keepalive")
