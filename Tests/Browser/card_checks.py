"""The cards: what they show, and the switch of the mode."""

import json
import re

from page_suite import until
from playwright.sync_api import expect


def number(words):
    return int("".join(letter for letter in words if letter.isdigit()) or 0)


def every_agent_has_a_card(suite):
    agents = suite.api.agents()
    assert agents, "the API lists no agent"
    expect(suite.page.get_by_role("article")).to_have_count(len(agents))
    for agent in agents:
        card = suite.card(agent["name"])
        expect(card.get_by_role("heading", name=agent["name"], exact=True)).to_be_visible()
        expect(suite.switch(agent["name"])).to_be_checked(checked=agent["mode"] == "keepalive")
        expect(card.get_by_role("meter", name=f"Open sockets of agent {agent['name']}", exact=True)).to_be_visible()
        for upstream in [agent["upstream"]] if isinstance(agent["upstream"], str) else agent["upstream"]:
            expect(card).to_contain_text(upstream)


def roles_and_names_are_there(suite):
    suite.panel("sockets").scroll_into_view_if_needed()
    expect(suite.card().get_by_role("listbox")).to_be_visible()
    tree = suite.page.locator("body").aria_snapshot()
    for part in ('heading "Sluice" [level=1]', 'heading "Agents" [level=2]', 'heading "Changes" [level=2]', "banner",
                 "main", 'log "Changes"', 'combobox "Charts show"', "status", 'switch "Keep-alive of agent k"',
                 'slider "Moment shown in the charts of agent k"', 'region "Closed by reason"', 'region "Sockets"',
                 'heading "Routes" [level=2]', 'heading "Configuration" [level=2]', 'listbox "Sockets of agent k"',
                 'button "Drain"', 'button "Add agent"', 'button "Theme: auto"'):
        assert part in tree, f"{part} is not in the accessibility tree:\n{tree}"
    unnamed = suite.page.evaluate("""() => [...document.querySelectorAll("button, input, select, [role=listbox],"
        + "[role=slider], [role=option], [role=switch]")].filter((e) => e.checkVisibility() && !(e.textContent.trim()
        || e.getAttribute("aria-label") || e.labels?.length)).map((e) => e.outerHTML)""")
    assert not unnamed, f"without a name: {unnamed}"
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
    shown = card.locator('[data-text="all"]')
    until(lambda: number(shown.inner_text()) >= after["requests"], f"the page shows {after['requests']} requests")
    for name in ("created", "reused"):
        figure = card.locator(f'[data-figure="{name}Total"]')
        until(lambda: number(figure.inner_text()) >= after[name], f"{name} is shown")
    meter = card.get_by_role("meter")
    until(lambda: suite.load(8) and int(meter.get_attribute("aria-valuenow")) > 0, "the meter shows open sockets")
    expect(card.locator('[data-plot="requests"] path.line')).to_have_attribute("d", re.compile("^M"))
    shift = suite.page.evaluate("window.shift")
    assert shift < 0.02, f"the layout moved while figures changed: {shift:.4f}"


def a_click_switches_the_mode(suite):
    suite.start_keepalive()
    suite.press("keepalive")  # The word in force does nothing.
    suite.press("normal")
    suite.api_mode("normal")
    suite.settled("normal")
    expect(suite.newest()).to_contain_text("mode keepalive \u2192 normal")
    until(lambda: suite.card().locator('.era[data-mode="normal"]').count() > 0, "the charts mark the change")
    suite.load(40)
    expect(suite.card().get_by_role("region", name="Closed by reason")).to_contain_text("normalMode")


def the_keyboard_switches_it_back(suite):
    if suite.api.agent("k")["mode"] != "normal":
        suite.api.set_mode("k", "normal")
    suite.settled("normal")
    suite.switch().focus()
    suite.page.keyboard.press("Space")
    suite.api_mode("keepalive")
    suite.settled("keepalive")
    expect(suite.switch()).to_be_focused()


def a_change_by_someone_else_arrives(suite):
    suite.start_keepalive()
    suite.api.set_mode("k", "normal")
    suite.settled("normal")
    expect(suite.newest()).to_contain_text("mode keepalive \u2192 normal")
    suite.api.set_mode("k", "keepalive")
    suite.settled("keepalive")
    # The page must know the new version of the settings by now: its own next change is not refused.
    suite.press("normal")
    suite.api_mode("normal")
    suite.settled("normal")
    expect(suite.card().locator(".fault")).to_have_count(0)


def a_wish_is_shown_as_pending(suite):
    suite.start_keepalive()
    held = []
    with suite.answering("**/api/v1/agents/k", "PATCH", held.append):
        suite.press("normal")
        expect(suite.switch()).to_have_attribute("aria-busy", "true")
        expect(suite.card()).to_contain_text("switching to normal")
        until(lambda: suite.page.evaluate("1") and held, "the request is on its way")
        headers = held[0].request.headers
        assert headers["content-type"] == "application/merge-patch+json", headers
        assert headers.get("if-match", "").startswith('"'), headers
        held[0].continue_()
        suite.settled("normal")


def a_refusal_is_told_in_words(suite):
    suite.start_keepalive()
    words = "The agent is draining and takes no change until it has been resumed."
    problem = json.dumps({"type": "about:blank", "title": "Conflict", "status": 409, "detail": words})
    with suite.answering("**/api/v1/agents/k", "PATCH", lambda route: route.fulfill(
            status=409, content_type="application/problem+json", body=problem)):
        with suite.errors_expected():
            suite.press("normal")
            expect(suite.card().get_by_role("alert")).to_contain_text(words)
    suite.settled("keepalive")
    assert suite.api.agent("k")["mode"] == "keepalive"
    suite.card().get_by_role("button", name="Dismiss").click()
    expect(suite.card().locator(".fault")).to_have_count(0)
    expect(suite.switch()).to_be_focused()


def a_stale_version_is_not_overwritten(suite):
    suite.start_keepalive()
    with suite.answering("**/api/v1/agents/k", "PATCH", lambda route: route.continue_(
            headers={**route.request.headers, "if-match": '"a version long gone"'})):
        with suite.errors_expected():
            suite.press("normal")
            expect(suite.card().get_by_role("alert")).to_contain_text("changed elsewhere")
    suite.settled("keepalive")
    suite.press("normal")
    suite.settled("normal")
    expect(suite.card().locator(".fault")).to_have_count(0)


def the_charts_are_read_by_keyboard(suite):
    slider = suite.card().get_by_role("slider", name="Moment shown")
    until(lambda: slider.get_attribute("aria-valuetext").startswith("now"), "the slider shows now")
    slider.focus()

    def moved():
        suite.page.keyboard.press("ArrowLeft")
        return int(slider.get_attribute("aria-valuenow")) < 0
    until(moved, "an arrow key moves to an earlier sample")  # A page just opened has only one.
    suite.page.keyboard.press("Escape")
    assert slider.get_attribute("aria-valuetext").startswith("now"), slider.get_attribute("aria-valuetext")


def history_is_there_at_once(suite):
    suite.api.set_mode("k", "normal")
    suite.api.set_mode("k", "keepalive")
    page = suite.open()
    card = suite.card(page=page)
    until(lambda: card.locator('.era[data-mode="normal"]').count() > 0, "changes from before are marked")
    points = card.locator('[data-plot="sockets"] path.free').get_attribute("d").count("L")
    assert points > 4, f"only {points} points drawn at once"
    expect(page.get_by_role("log")).to_contain_text("k mode keepalive \u2192 normal")
    page.context.close()


CHECKS = [
    every_agent_has_a_card, roles_and_names_are_there, traffic_moves_the_figures, a_click_switches_the_mode,
    the_keyboard_switches_it_back, a_change_by_someone_else_arrives, a_wish_is_shown_as_pending,
    a_refusal_is_told_in_words, a_stale_version_is_not_overwritten, the_charts_are_read_by_keyboard,
    history_is_there_at_once,
]
