"""The built site in a browser, over loopback: what a reader meets. VEREDA_SITE names another built site to walk."""

import contextlib
import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
KINDS = (
    "index.html", "agreed.html", "metrics.html", "done.html", "changed.html", "concentration.html", "sources.html",
    "relations.html", "conflicts.html", "methods.html", "data.html", "places/index.html",
)  # fmt: skip
FOLDERS = (
    "commitments",
    "indicators",
    "places",
    "maps",
    "trace/verdict",
    "trace/coca_area",
    "trace/coca_area/CO",
    "trace/effect",
    "trace/production",
    "trace/parameter",
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if os.environ.get("VEREDA_NEED_BROWSER") == "1":
        pytest.fail("VEREDA_NEED_BROWSER=1, but no chromium, chromium-browser or google-chrome is in PATH.")
    pytest.skip(
        "No chromium, chromium-browser or google-chrome in PATH: the pages are not walked in a browser."
    )


@pytest.fixture(scope="session")
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if named := os.environ.get("VEREDA_SITE"):
        return Path(named)
    root = tmp_path_factory.mktemp("site")
    for path, content in request.getfixturevalue("site").items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


@pytest.fixture(scope="session")
def address(folder: Path):
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser(chromium: str):
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
    with api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def kinds(folder: Path) -> list[str]:
    """One page of every kind; every evaluation, for no two have the same parts."""
    found = list(KINDS)
    found += [name for name in ("production.html", "because.html") if (folder / name).is_file()]
    found += [f"evaluations/{page.name}" for page in sorted((folder / "evaluations").glob("*.html"))]
    for name in FOLDERS:
        pages = sorted(p for p in (folder / name).glob("*.html") if p.name != "index.html")
        found += [p.relative_to(folder).as_posix() for p in (pages[:1] if name != "maps" else pages[-1:])]
    return found


@contextlib.contextmanager
def visit(browser, address: str, width: int = 1280, scheme: str = "light", scripts: bool = True):
    """A page that notes every fault: errors in the console, requests that leave the machine."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
    )
    page, faults = context.new_page(), []
    page.on("console", lambda m: faults.append(f"console: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda e: faults.append(f"error: {e}"))
    page.on(
        "request",
        lambda r: None if r.url.startswith((address, "data:")) else faults.append(f"outside: {r.url}"),
    )
    page.on("response", lambda r: faults.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
    yield page
    context.close()
    assert not faults, faults


def test_the_pages_lead_to_each_other_without_scripts(browser, address: str) -> None:
    with visit(browser, address, scripts=False) as page:
        page.goto(address)
        for i in range(page.locator("nav.main a").count()):
            page.goto(address)
            page.locator("nav.main a").nth(i).click()
            assert page.locator("h1").count() == 1
            assert page.locator("nav.main a[aria-current=page]").count() == 1


def test_the_language_switch_keeps_the_page(browser, address: str) -> None:
    with visit(browser, address) as page:
        for path in ("metrics.html", "places/index.html"):
            page.goto(address + path)
            page.locator("nav.lang a").click()
            assert page.url == f"{address}es/{path}"
            assert page.locator("html").get_attribute("lang") == "es"
            page.locator("nav.lang a").click()
            assert page.url == address + path


def test_a_number_on_the_first_page_opens_its_trace(browser, address: str) -> None:
    with visit(browser, address) as page:
        page.goto(address)
        hrefs = page.eval_on_selector_all("main a.n[href*='trace/']", "all => all.map(a => a.href)")
        assert len(hrefs) > 20
        for href in dict.fromkeys(hrefs[:12]):
            page.goto(href)
            anchor = href.partition("#")[2]
            assert page.locator(f"[id='{anchor}']").count() == 1, href
            assert page.locator(f"[id='{anchor}']").inner_text().strip(), href


def test_colours_of_charts_follow_the_scheme(browser, address: str) -> None:
    seen = {}
    for scheme in ("light", "dark"):
        with visit(browser, address, scheme=scheme) as page:
            page.goto(address)
            stroke = "s => getComputedStyle(document.querySelector(s)).stroke"
            seen[scheme] = page.evaluate(stroke, "svg.chart path[stroke='var(--coca)']")
    assert seen["light"] != seen["dark"]
    assert all(colour.startswith("rgb") for colour in seen.values())


@pytest.mark.parametrize("language", ["", "es/"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser, address: str, kinds: list[str], language: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed.").Axe()
    found = []
    with visit(browser, address, scheme=scheme) as page:
        for path in kinds:
            page.goto(address + language + path)
            page.evaluate("document.querySelectorAll('details').forEach((d, i) => d.open = i < 2)")
            for fault in axe.run(page).response["violations"]:
                nodes = [node["html"][:120] for node in fault["nodes"][:2]]
                found.append(f"{language}{path}: {fault['id']}: {nodes}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", ["", "es/"])
def test_nothing_runs_over_the_side_of_a_phone(
    browser, address: str, kinds: list[str], language: str
) -> None:
    with visit(browser, address, width=390) as page:
        for path in kinds:
            page.goto(address + language + path)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


@pytest.mark.parametrize(("width", "shown", "hidden"), [(1280, "wide", "narrow"), (390, "narrow", "wide")])
def test_type_in_charts_keeps_its_size(browser, address: str, width: int, shown: str, hidden: str) -> None:
    with visit(browser, address, width=width) as page:
        page.goto(address)
        assert page.locator(f"svg.chart.{shown}").first.is_visible()
        assert not page.locator(f"svg.chart.{hidden}").first.is_visible()
        scale = page.evaluate(
            "s => { const v = document.querySelector(s); return v.getBoundingClientRect().width / v.viewBox.baseVal.width }",
            f"svg.chart.{shown}",
        )
        assert scale == pytest.approx(1, abs=0.06)


def test_the_keyboard_finds_the_way(browser, address: str) -> None:
    with visit(browser, address) as page:
        page.goto(address)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.url.endswith("#main")


def test_the_sliders_give_what_the_grid_says(browser, address: str, folder: Path) -> None:
    """Every cell of the grid, by the sliders: the live formula is that of the cells, in both languages."""
    if not (folder / "production.html").is_file():
        pytest.skip("This site has no page about production.")
    for language in ("", "es/"):
        with visit(browser, address) as page:
            page.goto(f"{address}{language}production.html")
            cells = page.evaluate(CELLS)
            assert len(cells) >= 4
            for area, factor, said in cells:
                page.evaluate(SLIDE, {"area": area, "factor": factor})
                assert page.locator("#w-potential").inner_text() == f"{said}\u00a0t"


CELLS = """() => {
  const of = e => e.dataset.value, grid = document.getElementById("grid");
  const factors = [...grid.querySelectorAll("thead [data-value]")].map(of);
  return [...grid.querySelectorAll("tbody tr")].flatMap(row =>
    [...row.querySelectorAll("td")].map((cell, i) => [of(row), factors[i], cell.querySelector("a.n").textContent]));
}"""
SLIDE = """wanted => {
  const form = document.getElementById("live");
  for (const [name, value] of Object.entries(wanted)) form.elements[name].value = value;
  form.dispatchEvent(new Event("input", {bubbles: true}));
}"""


def test_the_sliders_answer_the_keyboard_and_go_back(browser, address: str, folder: Path) -> None:
    if not (folder / "production.html").is_file():
        pytest.skip("This site has no page about production.")
    with visit(browser, address) as page:
        page.goto(f"{address}production.html")
        for slider in page.locator("#live input").all():
            before = page.locator("#live output").all_inner_texts()
            slider.focus()
            page.keyboard.press("ArrowLeft")
            assert page.locator("#live output").all_inner_texts() != before
            assert slider.get_attribute("aria-valuetext")
        moved = page.locator("#live output").all_inner_texts()
        page.locator("#live button").click()
        page.wait_for_function(
            "was => document.getElementById('w-potential').textContent !== was", arg=moved[-4]
        )


def test_without_scripts_the_grid_stands_alone(browser, address: str, folder: Path) -> None:
    if not (folder / "production.html").is_file():
        pytest.skip("This site has no page about production.")
    with visit(browser, address, scripts=False) as page:
        page.goto(f"{address}production.html")
        assert not page.locator("#live").is_visible()
        assert page.locator("#grid").is_visible()
        assert page.locator("#grid td").first.inner_text().strip()


@pytest.mark.parametrize(("width", "shown", "hidden"), [(1280, "wide", "narrow"), (390, "narrow", "wide")])
def test_the_chain_is_drawn_for_the_width(
    browser, address: str, folder: Path, width: int, shown: str, hidden: str
) -> None:
    if not (folder / "production.html").is_file():
        pytest.skip("This site has no page about production.")
    with visit(browser, address, width=width) as page:
        page.goto(f"{address}production.html")
        assert page.locator(f"svg.flow.{shown}").first.is_visible()
        assert not page.locator(f"svg.flow.{hidden}").first.is_visible()
        over = page.evaluate(
            "s => [...document.querySelectorAll(s + ' text')].filter(t => t.getBBox().x + t.getBBox().width > t.ownerSVGElement.viewBox.baseVal.width + 1).map(t => t.textContent)",
            f"svg.flow.{shown}",
        )
        assert over == []
