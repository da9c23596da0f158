"""The keyboard queue, driven by keys; its picture in docs/review.svg is what these keys show."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from review_case import OPENED, review
from statements_case import ROOT

from vereda.pipeline.reviewing import Review, read

pytest.importorskip("textual", reason="the extra `review` is not installed")
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from vereda.cli.review_screen import Queue

PICTURE = ROOT / "docs" / "review.svg"


def drive(
    held: Review, keys: Callable[[Pilot[None]], Awaitable[None]], lang: str = "en", tall: int = 30
) -> Queue:
    """Run the queue without a terminal, press keys, and hand it back."""
    app = Queue(held, lang)

    async def run() -> None:
        async with app.run_test(size=(100, tall)) as pilot:
            await pilot.pause()
            await keys(pilot)

    with ThreadPoolExecutor(1) as aside:  # a browser test may hold an event loop in this thread
        aside.submit(asyncio.run, run()).result()
    return app


def presses(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def press(pilot: Pilot[None]) -> None:
        for key in keys:
            await pilot.press(key)
            await settled(pilot)

    return press


async def settled(pilot: Pilot[None]) -> None:
    """Wait until a question that was opened can be answered."""
    await pilot.pause()
    for _ in range(200):
        if not isinstance(pilot.app.screen, ModalScreen) or pilot.app.screen.focused is not None:
            return
        await pilot.pause(0.01)


def test_one_key_a_decision(tmp_path: Path) -> None:
    held = review(tmp_path)
    drive(held, presses("a", "r", "n", "o", "enter", "a"))
    assert [d.verdict for d in read(held.file)] == ["link", "reject", "accept"]
    assert held.decisions[1].why == "no"
    assert held.progress() == (3, 5)


def test_quit_and_go_on_with_the_first_that_is_open(tmp_path: Path) -> None:
    drive(review(tmp_path), presses("a", "a", "q"))
    again = drive(review(tmp_path), presses())
    assert again.at == 2
    assert again.item is not None
    assert again.item.decision is None


def test_a_decision_is_taken_back_and_its_candidate_shown(tmp_path: Path) -> None:
    held = review(tmp_path)
    app = drive(held, presses("a", "a", "u"))
    assert held.progress() == (1, 5)
    assert app.at == 1


def test_escape_decides_nothing(tmp_path: Path) -> None:
    held = review(tmp_path)
    drive(held, presses("r", "x", "escape", "e", "escape", "s", "escape", "l", "escape"))
    assert held.decisions == []


def test_an_entry_is_written_in_the_form(tmp_path: Path) -> None:
    held = review(tmp_path)

    async def fill(pilot: Pilot[None]) -> None:
        await presses("down", "e")(pilot)
        for name, words in {**OPENED, "due": "2023-06-30"}.items():
            pilot.app.screen.query_one(f"#{name.replace('.', '-')}", Input).value = words
        await presses("enter")(pilot)

    drive(held, fill)
    (one,) = held.decisions
    assert one.verdict == "edit"
    assert one.said["gist.en"] == OPENED["gist.en"]
    assert one.said["due"] == "2023-06-30"


def test_what_was_typed_is_not_lost_where_it_cannot_stand(tmp_path: Path) -> None:
    held, kept = review(tmp_path), []

    async def copy(pilot: Pilot[None]) -> None:
        await presses("down", "e")(pilot)
        words = "agreed to open a training centre in Tumaco by June"
        pilot.app.screen.query_one("#gist-en", Input).value = words
        await presses("enter")(pilot)
        kept.append(pilot.app.screen.query_one("#gist-en", Input).value == words)

    drive(held, copy)
    assert kept == [True]
    assert held.decisions == []


def test_what_cannot_stand_is_said_and_not_recorded(tmp_path: Path) -> None:
    held = review(tmp_path)
    said = []

    async def split(pilot: Pilot[None]) -> None:
        await presses("s", *"xyz", "enter")(pilot)
        said.append(str(pilot.app.query_one("#said", Static).render()))

    drive(held, split)
    assert "stands not in the quote" in said[0]
    assert held.decisions == []


def test_a_link_and_a_split(tmp_path: Path) -> None:
    held = review(tmp_path)
    first = held.queue()[0].candidate
    words = first.quote.split()[-1]
    drive(held, presses("s", *words, "enter", "l", *"place:CO-52835", "enter"))
    assert [d.verdict for d in held.decisions] == ["split", "link"]
    assert held.decisions[1].links == ("place:CO-52835",)
    assert held.progress() == (1, 6)


def test_the_quote_is_marked_in_its_paragraph_and_hostile_text_stays_text(tmp_path: Path) -> None:
    text = (
        "The governments of Colombia and Peru agreed to [bold]open[/bold] an office in Leticia\x1b[31m for the plan of the "
        "region. The road is long.\n"
    )
    seen = []

    async def look(pilot: Pilot[None]) -> None:
        seen.append(pilot.app.query_one("#quote", Static).render())

    drive(review(tmp_path, text=text), look)
    shown = str(seen[0])
    assert "[bold]open[/bold]" in shown
    assert "The road is long" in shown
    assert "\x1b" not in shown


def test_a_text_without_candidates_has_an_empty_queue(tmp_path: Path) -> None:
    held = review(
        tmp_path, text="It rains. The road is long and the night is dark, and there is no more of it.\n"
    )
    app = drive(held, presses("a", "e", "u", "n", "down", "r", "s", "l"))
    assert app.items == []
    assert held.decisions == []


def test_spanish_keys_have_spanish_names(tmp_path: Path) -> None:
    app = drive(review(tmp_path), presses(), lang="es")
    named = {
        binding.description for bindings in app._bindings.key_to_bindings.values() for binding in bindings
    }
    assert {"Aceptar", "Rechazar", "Dividir", "Deshacer"} <= named


def picture(folder: Path) -> str:
    """The screen after one decision, as SVG."""
    held, drawn = review(folder), []

    async def draw(pilot: Pilot[None]) -> None:
        await presses("a")(pilot)
        drawn.append(pilot.app.export_screenshot(title="vereda review made-up.txt --by ana"))

    drive(held, draw, tall=26)
    return re.sub(r"@font-face \{.*?\}", "", drawn[0], flags=re.DOTALL)  # fonts of the reader, none fetched


def test_the_picture_of_the_docs_is_this_screen(tmp_path: Path) -> None:
    """VEREDA_DRAW=1 draws it again. Only words are compared: another release of Textual draws other boxes."""
    drawn = picture(tmp_path)
    if os.environ.get("VEREDA_DRAW"):
        PICTURE.write_text(drawn, encoding="utf-8")
    held = PICTURE.read_text(encoding="utf-8")
    for words in ("training", "Accept", "Reject", "commitment"):
        assert words in drawn
        assert words in held
    assert "cdn" not in held
