"""The keyboard queue of `vereda review` in the terminal: one candidate at a time, its sentence in context, one key a decision."""

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Label, ProgressBar, Static

from vereda.errors import VeredaError
from vereda.pipeline.review_seen import Item, Review, around, details, fields, span_by_words
from vereda.pipeline.review_words import word

CSS = """
Screen { layout: vertical; }
#title { text-style: bold; padding: 0 1; }
#progress { padding: 0 1; color: $text-muted; }
ProgressBar { padding: 0 1; }
#text { border: round $primary; padding: 1 2; height: 1fr; }
#details { padding: 0 2; height: auto; max-height: 10; }
#said { padding: 0 2; height: 1; color: $warning; }
Ask, Form { align: center middle; }
.box { width: 90%; max-width: 110; height: auto; max-height: 90%; border: round $accent; background: $surface; padding: 1 2; }
.row { height: auto; }
.row Label { width: 16; color: $text-muted; }
.row Input { width: 1fr; background: $boost; margin-bottom: 0; }
"""


class Ask(ModalScreen[str | None]):
    """One question, one line."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar = [Binding("escape", "leave", "Esc")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        """The question over its line."""
        with VerticalScroll(classes="box"):
            yield Label(self.question, markup=False)
            yield Input(id="answer")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter answers."""
        self.dismiss(event.value)

    def action_leave(self) -> None:
        """Escape answers nothing."""
        self.dismiss(None)


class Form(ModalScreen[dict[str, str] | None]):
    """The fields of an entry, each in a line of its own."""

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar = [Binding("escape", "leave", "Esc"), Binding("ctrl+s", "save", "Ctrl+S")]

    def __init__(self, heading: str, given: Mapping[str, str], names: Mapping[str, str]) -> None:
        super().__init__()
        self.heading, self.given, self.names = heading, given, names

    def compose(self) -> ComposeResult:
        """A label and a line for each field."""
        with VerticalScroll(classes="box"):
            yield Label(self.heading, markup=False)
            for name, value in self.given.items():
                with Horizontal(classes="row"):
                    yield Label(self.names.get(name, name), markup=False)
                    yield Input(value, id=name.replace(".", "-"), compact=True)

    def on_input_submitted(self) -> None:
        """Enter saves."""
        self.action_save()

    def action_save(self) -> None:
        """Hand back what stands in the lines."""
        self.dismiss({name: self.query_one(f"#{name.replace('.', '-')}", Input).value for name in self.given})

    def action_leave(self) -> None:
        """Escape changes nothing."""
        self.dismiss(None)


class Queue(App[None]):
    """Candidates of one statement, the surest first."""

    CSS = CSS
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, held: Review, lang: str = "en") -> None:
        super().__init__()
        self.held, self.lang = held, lang
        self.at = 0
        for keys, action, name in (
            ("a", "accept", "key_accept"), ("e", "edit", "key_edit"), ("r", "reject", "key_reject"),
            ("s", "split", "key_split"), ("l", "link", "key_link"), ("u", "undo", "key_undo"),
            ("n", "next_open", "key_next"), ("q", "quit", "key_quit"),
        ):  # fmt: skip
            self.bind(keys, action, description=word(name, lang))
        self.bind("up,k,left", "step(-1)", show=False)
        self.bind("down,j,right", "step(1)", show=False)

    def compose(self) -> ComposeResult:
        """Head, text, details, message, keys."""
        yield Static(self.held.document.title or self.held.document.name, id="title", markup=False)
        yield Static(id="progress")
        yield ProgressBar(show_eta=False)
        with VerticalScroll(id="text"):
            yield Static(id="quote")
        yield Static(id="details")
        yield Static(id="said")
        yield Footer()

    def on_mount(self) -> None:
        """Open at the first candidate that is not decided: a review is gone on with where it was left."""
        self.items = self.held.queue()
        self.action_next_open()

    # ---- what is shown ------------------------------------------------------------------------------------

    @property
    def item(self) -> Item | None:
        """The candidate on the screen."""
        return self.items[self.at] if self.items else None

    def show(self, message: str = "") -> None:
        """Draw the candidate, where the review stands, and a message."""
        done, total = self.held.progress()
        told = word("progress", self.lang, done=done, all=total, by=self.held.by, left=total - done)
        self.query_one("#progress", Static).update(Text(f"{min(self.at + 1, total)}/{total}  ·  {told}"))
        self.query_one(ProgressBar).update(total=max(total, 1), progress=done)
        if not message and done == total:
            message = word("finished" if total else "nothing_here", self.lang)
        self.query_one("#said", Static).update(Text(message))
        if self.item is not None:
            self.query_one("#quote", Static).update(_highlighted(self.held, self.item))
            self.query_one("#details", Static).update(_details(self.held, self.item, self.lang))

    def action_step(self, by: int) -> None:
        """The one before or after."""
        self.at = max(0, min(len(self.items) - 1, self.at + by))
        self.show()

    def action_next_open(self) -> None:
        """The next that is not decided, from the top where none follows."""
        order = [*range(self.at, len(self.items)), *range(self.at)]
        self.at = next(
            (n for n in order if self.items[n].decision is None), min(self.at, max(len(self.items) - 1, 0))
        )
        self.show()

    # ---- decisions ----------------------------------------------------------------------------------------

    def take(self, verdict: str, **more: object) -> str:
        """Record a decision and go on. What cannot stand is said and handed back, and nothing is recorded."""
        if self.item is None:
            return ""
        try:
            if verdict == "split":
                self.held.split(self.item.candidate, str(more["words"]))
            else:
                self.held.decide(self.item.candidate, verdict, **more)  # type: ignore[arg-type]
        except VeredaError as fault:
            self.show(str(fault))
            return str(fault)
        self.items = self.held.queue()
        self.action_next_open()
        return ""

    def action_accept(self) -> None:
        """As proposed."""
        self.take("accept")

    def action_reject(self) -> None:
        """With a reason, or none."""
        self._ask("ask_why_reject", lambda why: self.take("reject", why=why))

    def action_link(self) -> None:
        """To what the register or the gazetteer holds."""
        self._ask(
            "ask_link",
            lambda said: self.take("link", links=said.replace(",", " ").split()),
        )

    def action_split(self) -> None:
        """In two, where the words typed begin."""
        self._ask("ask_split", lambda words: self.take("split", words=words))

    def action_edit(self) -> None:
        """The fields of the entry, and the span by its first and last words."""
        if self.item is None:
            return
        self._form(word("form", self.lang), fields(self.held, self.item))

    def _form(self, heading: str, given: dict[str, str]) -> None:
        names = {
            "begins": word("from_words", self.lang),
            "ends": word("to_words", self.lang),
            "why": word("why", self.lang),
        }
        form = Form(heading, given, names)
        self.push_screen(form, lambda said: None if said is None else self._edited(said))

    def _edited(self, given: dict[str, str]) -> None:
        if self.item is None:
            return
        said = dict(given)
        first, last, why = (said.pop(name) for name in ("begins", "ends", "why"))
        try:
            span = span_by_words(self.held, self.item.candidate, first, last)
        except VeredaError as fault:
            self._form(str(fault), given)  # nothing that was typed is lost
            return
        fault_said = self.take("edit", said=said, why=why, span=span)
        if fault_said:
            self._form(fault_said, given)

    def action_undo(self) -> None:
        """Take back the last decision and show its candidate."""
        try:
            undone = self.held.undo()
        except VeredaError as fault:
            self.show(str(fault))
            return
        self.items = self.held.queue()
        if undone is None:
            self.show(word("nothing_to_undo", self.lang))
            return
        self.at = next((n for n, i in enumerate(self.items) if i.name == undone.candidate), 0)
        self.show(word("undone", self.lang, candidate=undone.candidate))

    def _ask(self, question: str, then: object) -> None:
        if self.item is not None:
            self.push_screen(
                Ask(word(question, self.lang)),
                lambda said: None if said is None else then(said),  # type: ignore[operator]
            )


def _highlighted(held: Review, item: Item) -> Text:
    """The paragraph around the quote, the quote marked; control characters never reach the terminal."""
    before, quote, after = around(held, item.candidate)
    return Text.assemble((before, "dim"), (quote, "bold reverse"), (after, "dim"))


def _details(held: Review, item: Item, lang: str) -> Text:
    text = Text()
    for name, value in details(held, item, lang):
        text.append(f"{name}: ", style="bold")
        text.append(f"{value}\n")
    return text
