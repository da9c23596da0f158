"""The way back, written out: one page for each indicator and place, one more for each sum of many."""

import re
from collections.abc import Sequence
from html import escape

from jinja2 import Environment

from vereda.publication import effect_text, effect_words, text, words
from vereda.publication.ledger import Ledger, split
from vereda.publication.teller import Teller
from vereda.terms.answer import Edition
from vereda.terms.figure import Step

_ADDRESS = re.compile(r"(https?://[^\s;,]+)")


def write(env: Environment, edition: Edition, ledger: Ledger, lang: str, prefix: str) -> dict[str, str]:
    """Every trace page of a language, by path."""
    return Writer(env, edition, ledger, lang).pages(prefix)


class Writer:
    """Writes trace pages of one language by hand: there are thousands, all of one simple form."""

    def __init__(self, env: Environment, edition: Edition, ledger: Ledger, lang: str) -> None:
        self.edition, self.ledger, self.lang = edition, ledger, lang
        self._shells: dict[int, str] = {}
        self._env = env
        self._notes = {factor.note.en: factor.note for factor in edition.register.factors if factor.note}
        self._teller = Teller(edition, ledger, lang, "")

    def pages(self, prefix: str) -> dict[str, str]:
        """Pages by path."""
        made: dict[str, str] = {}
        for page, keys in self.ledger.pages().items():
            name, place, _ = split(keys[0])
            rows, chains = [], Chains(self)
            shared = {split(key)[2].partition("~")[2] for key in keys}
            whose = self._whose(shared.pop()) if len(shared) == 1 else ""
            for key in sorted(keys, key=lambda k: split(k)[2]):
                address = self.ledger.address(key)
                if address.page != page:
                    made[prefix + address.page] = self._single(key, address.page)
                rows.append(self._row(key, page, chains, listed=address.page == page, short=bool(whose)))
            title = f"{self._name(name)} · {self._teller.place(place)}"
            what = "Outcome" if name in {"effect", "displaced", "finding", "panel"} else "Period"
            head = f'<p class="sub">{whose}</p>' if whose else ""
            made[prefix + page] = self._page(page, title, head + self._table(rows, what) + chains.html())
        return made

    # ---- pages -------------------------------------------------------------------------------------------

    def _page(self, path: str, title: str, body: str) -> str:
        depth = path.count("/")
        if depth not in self._shells:
            teller = Teller(self.edition, self.ledger, self.lang, "/".join(["x"] * depth + ["§path§"]))
            shell = self._env.get_template("trace.html").render(t=teller, nav=[], names=text.NAMES)
            self._shells[depth] = shell.replace("/".join(["x"] * depth + ["§path§"]), "§path§")
        shell = self._shells[depth].replace("§path§", escape(path)).replace("§title§", escape(title))
        return shell.replace("§body§", body)

    def _single(self, key: str, path: str) -> str:
        step, chains = self.ledger.steps[key], Chains(self)
        name, place, tail = split(key)
        keyed = [child for child in step.inputs if child.key]
        chains.mark([child for child in step.inputs if not child.key])
        same = {split(child.key)[0] for child in keyed} == {name}
        rows = "".join(
            f"<tr><td>{self._link(c, path, self._label(c, place_only=same))}<td class=r>{self._bare(c)}<td>{self._how(c.locator)}"
            for c in sorted(keyed, key=lambda c: -(c.value or c.high or 0.0))
        )
        body = (
            f'<p class="lead" id="step">{self._period(tail, short=True)}: <b>{self._value(step)}</b>. {self._how(step.locator)}.</p>'
            f'<p class="sub">{self._whose(tail.partition("~")[2])}</p>'
            f'<table class="slim"><caption>{self._say("Every part, largest first, in the unit of the whole.")}</caption><thead><tr><th scope="col">{self._say("Part")}</th>'
            f'<th scope="col" class="r">{self._say("Value")}</th><th scope="col">{self._say("Where it is printed")}</th></tr></thead><tbody>{rows}</tbody></table>{chains.html()}'
        )
        return self._page(
            path, f"{self._name(name)} · {self._teller.place(place)} · {tail.partition('~')[0]}", body
        )

    def _table(self, rows: Sequence[tuple[str, str, str, str]], when: str = "Period") -> str:
        heads = (when, "Value", "How it is made, where it is printed", "Made from")
        cells = "".join(
            f'<th scope="col"{" class=r" if i == 1 else ""}>{self._say(h)}</th>' for i, h in enumerate(heads)
        )
        body, i = [], 0
        while i < len(rows):
            end = i + 1
            while end < len(rows) and rows[end][2:] == rows[i][2:] and rows[i][0]:
                end += 1
            first, last = rows[i], rows[end - 1]
            anchors = "".join(f'<i id="{escape(row[0])}"></i>' for row in rows[i + 1 : end])
            period = first[1] if end == i + 1 else f"{first[1]} – {last[1]}"
            own = f' id="{escape(first[0])}"' if first[0] else ""
            body.append(f'<tr{own}><th scope="row">{period}{anchors}<td class="r">{first[2]}{first[3]}')
            i = end
        return f'<table class="stack"><thead><tr>{cells}</tr></thead><tbody>{"".join(body)}</tbody></table>'

    def _row(
        self, key: str, page: str, chains: "Chains", listed: bool, short: bool
    ) -> tuple[str, str, str, str]:
        """Anchor, period, value, and what follows; rows that differ in nothing but the period become one."""
        step, tail = self.ledger.steps[key], split(key)[2]
        period = self._period(tail, short) or escape(step.name)
        value = self._value(step)
        if not listed:
            return (
                "",
                period,
                value,
                f"<td colspan=2>{self._link(step, page, self._how(step.locator or self._kind(step)))}",
            )
        links = [self._part(c, page, chains) for c in step.inputs if c.key]
        links += chains.mark([c for c in step.inputs if not c.key])
        said = "" if step.note in {*words.STATES, "measured"} else step.note
        note = f"<small>{self._how(said)}</small>" if said else ""
        what = self._how(step.locator) or self._kind(step)
        return self.ledger.address(key).anchor, period, value, f"<td>{what}{note}<td>{'<br>'.join(links)}"

    def _part(self, child: Step, page: str, chains: "Chains") -> str:
        said = f"{self._link(child, page, self._label(child))} {self._value(child)}"
        if child.key in self.ledger.addresses:
            return said
        ends = ", ".join([self._how(child.locator), *chains.mark([c for c in child.inputs if not c.key])])
        return f"{said} <small>{ends}</small>"

    # ---- words -------------------------------------------------------------------------------------------

    def _say(self, english: str) -> str:
        return escape(text.translate(english, self.lang))

    def _how(self, locator: str) -> str:
        note = self._notes.get(locator)
        said = escape(note.say(self.lang) if note else text.how(locator, self.lang))
        return _ADDRESS.sub(r'<a href="\1">\1</a>', said) if "http" in said else said

    def _kind(self, step: Step) -> str:
        return self._say(words.KINDS.get(step.kind, step.kind))

    def _name(self, indicator: str) -> str:
        known = {
            "verdict": "Verdict", "target": "Target", "change": "Change from the baseline", "gap": "Distance to the target",
            "training": "Training", "sum": "Sum", "stated": "Stated value", "part": "Part", "count": "Count", "scope": "Scope",
            "effect": "Effect", "displaced": "Effect on neighbours", "finding": "Finding",
            "panel": "Panel of the estimate", "production": "Potential production", "parameter": "Factor",
            "elsewhere": "Printed for another place or time",
        }  # fmt: skip
        return (
            text.translate(known[indicator], self.lang)
            if indicator in known
            else self._teller.series(indicator)
        )

    def _value(self, step: Step) -> str:
        if step.value is None and step.low is not None:
            return escape(text.banded(step, self.lang))
        if step.value is None:
            return escape(text.state(step.note, self.lang)) if step.note in words.STATES else "–"
        after = text.unit(step.unit, self.lang)
        return escape(text.exact(step.value, self.lang) + (f"\u00a0{after}" if after else ""))

    def _period(self, tail: str, short: bool = False) -> str:
        when, _, rest = tail.partition("~")
        dated = re.match(r"(FY)?\d{4}", when)
        said = escape(text.when(when, self.lang) if dated else self._outcome(when))
        whose = "" if short else self._whose(rest)
        return said + (f"<small>{whose}</small>" if whose else "")

    def _whose(self, tail: str) -> str:
        """Estimator, vintage and source, as the key names them."""
        estimator, _, rest = tail.partition("~")
        if estimator in effect_words.ESTIMATORS:
            parts = [
                effect_text.estimator(estimator, self.lang),
                effect_text.choices(rest.replace("~", ","), self.lang),
            ]
        elif estimator in (names := {a.id: a.lead.name for a in self.edition.production}):
            parts = [
                names[estimator].say(self.lang),
                *(text.how(part, self.lang) for part in rest.split("~")),
            ]
        elif (part := estimator.replace("-", " ")) in effect_words.PARTS:
            parts = [text.translate(effect_words.PARTS[part], self.lang), *rest.split("~")]
        elif (check := estimator.partition("."))[0] in effect_words.TESTS:
            parts = [effect_text.test(check[0], self.lang), check[2]]
        else:
            parts = [self._teller.estimator(estimator) if estimator else "", *rest.split("~")]
        return escape(", ".join(part for part in parts if part))

    def _outcome(self, when: str) -> str:
        """The outcome that stands where other keys have a period."""
        told = {o.outcome for finding in self.edition.findings for o in finding.outcomes}
        return self._teller.series(when) if when in told else when

    def _bare(self, step: Step) -> str:
        if step.value is None:
            return text.banded(step, self.lang, with_unit=False) or "–"
        return text.exact(step.value, self.lang)

    def _label(self, child: Step, place_only: bool = False) -> str:
        name, place, tail = split(child.key)
        if place_only:
            return escape(self._teller.place(place))
        what = tail.rpartition("~")[2] if name == "production" else ""  # one year has many computed numbers
        parts = [self._name(name), self._teller.place(place), tail.partition("~")[0], what]
        return escape(" · ".join(p for p in parts if p))

    def _link(self, child: Step, page: str, label: str) -> str:
        if child.key not in self.ledger.addresses:
            return label
        return f'<a href="{"../" * page.count("/")}{escape(str(self.ledger.address(child.key)))}">{label}</a>'


class Chains:
    """The ends of the way (vintage, file, publisher, document), each told once a page and named by a letter."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._ends: dict[Step, str] = {}

    def mark(self, steps: Sequence[Step]) -> list[str]:
        """Links to the ends, by letter; a new end gets the next letter."""
        links = []
        for step in steps:
            if step not in self._ends:
                self._ends[step] = _letters(len(self._ends))
            links.append(
                f'<a href="#end-{self._ends[step]}">{self._writer._kind(step)} {self._ends[step]}</a>'
            )
        return links

    def html(self) -> str:
        """The ends, told."""
        return "".join(
            f'<h2 id="end-{letter}">{self._writer._kind(step)} {letter}</h2><ol class="chain">{self._tell(step)}</ol>'
            for step, letter in self._ends.items()
        )

    def _tell(self, step: Step) -> str:
        how = f"<small>{self._writer._how(step.locator)}</small>" if step.locator else ""
        note = f"<small>{self._writer._how(step.note)}</small>" if step.note else ""
        printed = step.value is not None or step.low is not None
        value = f" <b>{self._writer._value(step)}</b>" if printed else ""
        key = f"<small>vereda trace {escape(step.key)}</small>" if step.kind == "year" and step.key else ""
        own = f"<li><b>{self._writer._kind(step)}</b>: {escape(step.name)}{value}{how}{note}{key}</li>"
        return own + "".join(self._tell(child) for child in step.inputs)


def _letters(index: int) -> str:
    head, last = divmod(index, 26)
    return (_letters(head - 1) if head else "") + chr(65 + last)
