"""The status page in a real browser, against a running sluice.

    SLUICE_ADMIN=http://127.0.0.1:1986 SLUICE_PROXY=http://127.0.0.1:1985 python3 page_test.py
    python3 page_test.py --mock             # against mock_admin.py instead

Needs Playwright (pip install playwright) and a Chromium, found by name or named by CHROMIUM. The proxy must have an
agent `k` at /k, as a sluice without configuration has. Modes are put back at the end. --screenshots DIR keeps pictures.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import sys
import time
import traceback

from page_suite import Api, Suite, until
from playwright.sync_api import Error, expect, sync_playwright

WEIGHT_MAX = 60 * 1024


def number(words):
    return int("".join(letter for letter in words if letter.isdigit()) or 0)


# ---- The checks, in the order in which they run ----

def every_agent_has_a_card(suite):
    agents = suite.api.agents()
    assert agents, "the API lists no agent"
    expect(suite.page.get_by_role("article")).to_have_count(len(agents))
    for agent in agents:
        card = suite.card(agent["name"])
        expect(card.get_by_role("heading", name=agent["name"], exact=True)).to_be_visible()
        expect(suite.radio(agent["mode"], agent["name"])).to_be_checked()
        expect(card.get_by_role("meter", name=f"Open sockets of agent {agent['name']}", exact=True)).to_be_visible()
        for upstream in [agent["upstream"]] if isinstance(agent["upstream"], str) else agent["upstream"]:
            expect(card).to_contain_text(upstream)


def roles_and_names_are_there(suite):
    tree = suite.page.locator("body").aria_snapshot()
    for part in ('heading "Sluice" [level=1]', 'heading "Agents" [level=2]', 'heading "Changes" [level=2]', "banner",
                 "main", 'log "Changes"', 'combobox "Charts show"', "status", 'radiogroup "Mode of agent k"',
                 'radio "keepalive"', 'radio "normal"', 'slider "Moment shown in the charts of agent k"',
                 'region "Closed by reason"'):
        assert part in tree, f"{part} is not in the accessibility tree:\n{tree}"
    meter = suite.card().get_by_role("meter")
    assert "active" in meter.get_attribute("aria-valuetext"), "the meter does not say its states"


def traffic_moves_the_figures(suite):
    suite.start_keepalive()
    card = suite.card()
    before = suite.api.agent("k")["status"]["totals"]["requests"]
    suite.page.evaluate("""() => { window.shift = 0; new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shift += entry.value; }).observe({type: "layout-shift"}); }""")
    assert suite.load() == 200, "not every request through the proxy was answered with 200"
    after = suite.api.agent("k")["status"]["totals"]
    assert after["requests"] >= before + 200, f"the API counted {after['requests'] - before} of 200 requests"
    shown = card.locator('[data-text="requests"]')
    until(lambda: number(shown.inner_text()) >= after["requests"], f"the page shows {after['requests']} requests")
    until(lambda: number(card.locator('[data-figure="reused"]').inner_text()) >= after["reused"], "reused is shown")
    until(lambda: number(card.locator('[data-figure="created"]').inner_text()) >= after["created"], "created is shown")
    meter = card.get_by_role("meter")
    until(lambda: suite.load(8) and int(meter.get_attribute("aria-valuenow")) > 0, "the meter shows open sockets")
    expect(card.locator('[data-plot="requests"] path.line')).to_have_attribute("d", re.compile("^M"))
    shift = suite.page.evaluate("window.shift")
    assert shift < 0.02, f"the layout moved while figures changed: {shift:.4f}"


def a_click_switches_the_mode(suite):
    suite.start_keepalive()
    suite.press_label("normal")
    suite.api_mode("normal")
    suite.settled("normal")
    expect(suite.page.get_by_role("log").get_by_role("listitem").first).to_contain_text("mode keepalive \u2192 normal")
    until(lambda: suite.card().locator('.era[data-mode="normal"]').count() > 0, "the charts mark the change")
    suite.load(40)
    expect(suite.card().get_by_role("region", name="Closed by reason")).to_contain_text("normalMode")


def the_keyboard_switches_it_back(suite):
    if suite.api.agent("k")["mode"] != "normal":
        suite.api.set_mode("k", "normal")
    suite.settled("normal")
    suite.radio("normal").focus()
    suite.page.keyboard.press("ArrowLeft")
    suite.api_mode("keepalive")
    suite.settled("keepalive")
    expect(suite.radio("keepalive")).to_be_focused()


def everything_is_reached_by_tab(suite):
    page = suite.page
    page.locator("body").evaluate("(body) => { document.activeElement.blur(); window.scrollTo(0, 0); }")
    page.keyboard.press("Tab")
    reached = []
    for _ in range(10 + 4 * len(suite.api.agents())):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("""() => {
            const e = document.activeElement;
            return e.getAttribute("role") ?? e.type ?? e.tagName;
        }"""))
    for what in ("select-one", "radio", "slider", "log"):
        assert what in reached, f"Tab never reaches a {what}: {reached}"


def a_change_by_someone_else_arrives(suite):
    suite.start_keepalive()
    suite.api.set_mode("k", "normal")
    suite.settled("normal")
    expect(suite.page.get_by_role("log").get_by_role("listitem").first).to_contain_text("mode keepalive \u2192 normal")
    suite.api.set_mode("k", "keepalive")
    suite.settled("keepalive")
    # The page must know the new version of the settings by now: its own next change is not refused.
    suite.press_label("normal")
    suite.api_mode("normal")
    suite.settled("normal")
    expect(suite.card().locator(".fault")).to_be_hidden()


def a_wish_is_shown_as_pending(suite):
    suite.start_keepalive()
    held = []
    suite.page.route("**/api/v1/agents/k", lambda route: held.append(route) if route.request.method == "PATCH"
                     else route.continue_())
    try:
        suite.press_label("normal")
        expect(suite.card().get_by_role("radiogroup")).to_have_attribute("aria-busy", "true")
        expect(suite.card()).to_contain_text("switching to normal")
        until(lambda: suite.page.evaluate("1") and held, "the request is on its way")
        headers = held[0].request.headers
        assert headers["content-type"] == "application/merge-patch+json", headers
        assert headers.get("if-match", "").startswith('"'), headers
        held[0].continue_()
        suite.settled("normal")
    finally:
        suite.page.unroute("**/api/v1/agents/k")


def a_refusal_is_told_in_words(suite):
    suite.start_keepalive()
    words = "The agent is draining and takes no change until it has been resumed."
    problem = json.dumps({"type": "about:blank", "title": "Conflict", "status": 409, "detail": words})
    suite.page.route("**/api/v1/agents/k", lambda route: route.fulfill(
        status=409, content_type="application/problem+json", body=problem) if route.request.method == "PATCH"
        else route.continue_())
    try:
        with suite.errors_expected():
            suite.press_label("normal")
            expect(suite.card().get_by_role("alert")).to_contain_text(words)
    finally:
        suite.page.unroute("**/api/v1/agents/k")
    suite.settled("keepalive")
    assert suite.api.agent("k")["mode"] == "keepalive"
    suite.card().get_by_role("button", name="Dismiss").click()
    expect(suite.card().locator(".fault")).to_be_hidden()
    expect(suite.radio("keepalive")).to_be_focused()


def a_stale_version_is_not_overwritten(suite):
    suite.start_keepalive()
    def with_old_version(route):
        if route.request.method != "PATCH":
            return route.continue_()
        return route.continue_(headers={**route.request.headers, "if-match": '"a version long gone"'})
    suite.page.route("**/api/v1/agents/k", with_old_version)
    try:
        with suite.errors_expected():
            suite.press_label("normal")
            expect(suite.card().get_by_role("alert")).to_contain_text("changed elsewhere")
    finally:
        suite.page.unroute("**/api/v1/agents/k")
    suite.settled("keepalive")
    suite.press_label("normal")
    suite.settled("normal")
    expect(suite.card().locator(".fault")).to_be_hidden()


def a_lost_stream_is_told_and_comes_back(suite):
    text = suite.page.locator("#stream-text")
    suite.page.evaluate("stream.dispatchEvent(new Event('error'))")
    expect(text).to_contain_text("connection lost, retrying in")
    expect(text).to_have_text("back")
    expect(suite.page.get_by_role("log")).to_contain_text("Connection back after")
    expect(text).to_have_text("live")


def a_broken_stream_resumes(suite):
    suite.start_keepalive()
    text = suite.page.locator("#stream-text")
    with suite.errors_expected():
        suite.drop_streams()
        expect(text).to_contain_text("connection lost")
        suite.api.set_mode("k", "normal")
        expect(text).to_have_text("back")
    suite.settled("normal")
    expect(suite.page.get_by_role("log")).not_to_contain_text("not listed")
    entries = suite.page.get_by_role("log").get_by_role("listitem")
    expect(entries.nth(0)).to_contain_text("mode keepalive \u2192 normal")
    expect(entries.nth(1)).to_contain_text("Connection back")


def a_silent_stream_is_noticed(suite):
    text = suite.page.locator("#stream-text")
    suite.page.evaluate("silent = true")
    started = time.monotonic()
    expect(text).to_contain_text("connection lost")
    took = time.monotonic() - started
    suite.page.evaluate("silent = false")
    expect(text).to_have_text("back")
    assert took < 8, f"it took {took:.1f} s"


def the_charts_are_read_by_keyboard(suite):
    slider = suite.card().get_by_role("slider")
    until(lambda: slider.get_attribute("aria-valuetext").startswith("now"), "the slider shows now")
    slider.focus()
    def moved():
        suite.page.keyboard.press("ArrowLeft")
        return int(slider.get_attribute("aria-valuenow")) < 0
    until(moved, "an arrow key moves to an earlier sample")  # A page just opened has only one.
    suite.page.keyboard.press("Escape")
    assert slider.get_attribute("aria-valuetext").startswith("now"), slider.get_attribute("aria-valuetext")


def memory_is_bounded_and_data_is_text(suite):
    page = suite.open()
    page.evaluate("""() => {
      for (let index = 0; index < 600; index += 1) {
        const [before, after] = index % 2 ? ["keepalive", "normal"] : ["normal", "keepalive"];
        const data = JSON.stringify({time: new Date(Date.now() - 600000 + index * 1000).toISOString(), agent: "k",
          who: "<img src=x onerror=alert(1)>", changes: [{setting: "mode", before, after}]});
        window.stream.dispatchEvent(new MessageEvent("change", {data}));
      }
      for (const data of ["", "null", "[]", "{", "7", "{}"]) {
        window.stream.dispatchEvent(new MessageEvent("problem", {data}));
      }
    }""")
    log = page.get_by_role("log")
    assert log.locator("li").count() <= 200, "the log grows without bound"
    assert page.locator('[data-agent="k"] .era').count() <= 64, "the marks grow without bound"
    assert page.locator("img").count() == 0, "data became markup"
    expect(log).to_contain_text("<img src=x")
    page.context.close()


def no_width_scrolls_sideways(suite):
    for width in (360, 414, 768, 1024, 1280, 1920, 2560):
        page = suite.open(width=width)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{wide} px too wide at {width} px"
        cut = page.evaluate("""() => [...document.querySelectorAll("dd, dt, h3, .scale, label")].filter((e) =>
            e.offsetParent && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline")
            .map((e) => e.textContent)""")
        assert not cut, f"cut off at {width} px: {cut}"
        page.context.close()


def motion_is_reduced_when_asked(suite):
    page = suite.open(reduced_motion="reduce")
    moving = page.evaluate("""() => [...document.querySelectorAll("*")].filter((e) =>
        getComputedStyle(e).transitionDuration !== "0s" || getComputedStyle(e).animationName !== "none").length""")
    assert moving == 0, f"{moving} elements still move"
    page.context.close()


def the_page_is_light(suite):
    page = suite.open()
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1")
    weight = page.evaluate("""() => [...performance.getEntriesByType("navigation"),
        ...performance.getEntriesByType("resource").filter((e) => /\\.(js|css)$/.test(e.name))]
        .reduce((sum, e) => sum + e.decodedBodySize, 0)""")
    print(f"    first contentful paint after {paint:.0f} ms, {weight} bytes in all")
    assert 0 < weight <= WEIGHT_MAX, f"{weight} bytes"
    page.context.close()


def nothing_was_complained_about(suite):
    suite.page.evaluate("0")
    assert not suite.complaints, "\n".join(suite.complaints)
    assert not suite.foreign, f"requests to another origin: {suite.foreign}"


CHECKS = [
    every_agent_has_a_card, roles_and_names_are_there, traffic_moves_the_figures, a_click_switches_the_mode,
    the_keyboard_switches_it_back, everything_is_reached_by_tab, a_change_by_someone_else_arrives,
    a_wish_is_shown_as_pending, a_refusal_is_told_in_words, a_stale_version_is_not_overwritten,
    a_broken_stream_resumes, a_lost_stream_is_told_and_comes_back, a_silent_stream_is_noticed,
    the_charts_are_read_by_keyboard, memory_is_bounded_and_data_is_text, no_width_scrolls_sideways, motion_is_reduced_when_asked,
    the_page_is_light, nothing_was_complained_about,
]


def pictures(suite, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in ((360, 800), (1280, 800), (2560, 1440)):
        for scheme in ("light", "dark"):
            page = suite.open(width, height, color_scheme=scheme)
            page.screenshot(path=folder / f"page-{width}-{scheme}.png", full_page=True)
            page.context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mock", action="store_true", help="start mock_admin.py and test against it")
    parser.add_argument("--screenshots", type=pathlib.Path, metavar="DIR")
    parser.add_argument("only", nargs="*", help="names of checks to run")
    options = parser.parse_args()
    if options.mock:
        import mock_admin
        admin, proxy, drop_streams = mock_admin.start()
    else:
        drop_streams = None
        admin, proxy = os.environ.get("SLUICE_ADMIN"), os.environ.get("SLUICE_PROXY")
    if not admin or not proxy:
        parser.error("set SLUICE_ADMIN and SLUICE_PROXY, or pass --mock")
    api = Api(admin)
    modes = {agent["name"]: agent["mode"] for agent in api.agents()}
    passed = failed = 0
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        suite = Suite(api, proxy, browser, drop_streams)
        for check in CHECKS:
            name = check.__name__.replace("_", " ")
            if options.only and check.__name__ not in options.only:
                continue
            if check is a_broken_stream_resumes and drop_streams is None:
                print(f"skip {name}: only the mock breaks its streams")
                continue
            try:
                check(suite)
                passed += 1
                print(f"ok   {name}", flush=True)
            except (AssertionError, Error, OSError, KeyError) as error:
                failed += 1
                print(f"FAIL {name}: {error}", flush=True)
                traceback.print_tb(error.__traceback__, limit=3)
        if options.screenshots:
            pictures(suite, options.screenshots)
        browser.close()
    for name, mode in modes.items():
        if api.agent(name)["mode"] != mode:
            api.set_mode(name, mode)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
