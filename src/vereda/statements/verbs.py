"""Verbs of will in a sentence: those of the language's list, futures, and verbs that carry one on ("and to publish")."""

import re
from dataclasses import dataclass

from vereda.statements.blocks import Sentence
from vereda.statements.grammar import grammar
from vereda.statements.language import Language
from vereda.statements.mention import Mentions

#: mark of a deed to be done that needs nobody before it ("will be disbursed", "se celebrara")
DONE = "done"
#: mark of a promise told in the past tense, where somebody is said to have said it
WOULD = "would"


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of will: where it stands, and how strong it is; or `DONE`, or `WOULD`."""

    start: int
    end: int
    strength: str


class Verbs:
    """Finds the verbs of will of one language."""

    def __init__(self, lang: Language, mentions: Mentions) -> None:
        self.lang, self.mentions = lang, mentions
        self.grammar = grammar(lang.code)

    def find(self, plain: str, folded: str, s: Sentence) -> list[Verb]:
        """Verbs of a sentence from left to right, the longer first where two begin together."""
        found = [
            Verb(h.start, h.end, h.entry) for h in self.grammar.verbs.find(folded, plain, s.start, s.end)
        ]
        for strength, light in self.grammar.light.items():
            found += [Verb(m.start(), m.end(), strength) for m in light.finditer(folded, s.start, s.end)]
        for m in self.grammar.announcing.finditer(folded, s.start, s.end):
            if self._money(m.end()):
                found.append(Verb(m.start(), m.end(), "commits"))
        found += [
            Verb(m.start(), m.end(), "commits")
            for m in self.grammar.announced.finditer(folded, s.start, s.end)
        ]
        found += self._futures(plain, folded, s)
        return sorted(found, key=lambda v: (v.start, -v.end))

    def _futures(self, plain: str, folded: str, s: Sentence) -> list[Verb]:
        said, found = self.grammar, []
        if said.future:
            for m in said.future.finditer(folded, s.start, s.end):
                that = said.relative.search(folded[max(s.start, m.start() - 12) : m.start()])
                if not that or self._apart(folded, s.start, m.start()):
                    found.append(Verb(m.start(), m.end(), self._how(folded, m.end())))
        found += [Verb(m.start(), m.end(), WOULD) for m in said.backshift.finditer(plain, s.start, s.end)]
        accented = self.lang["deeds"] == []  # "se celebrará" is told from "se celebrara" by its accent
        for m in said.passive.finditer(plain if accented else folded, s.start, s.end):
            if not self._told(folded, s.start, m.start()):
                found.append(Verb(m.start(), m.end(), DONE))
        if said.endings:
            for m in said.endings.finditer(plain, s.start, s.end):
                if self._told(folded, s.start, m.start()) and not self._apart(folded, s.start, m.start()):
                    continue
                # a name, unless it is "Terminaremos" or opens its sentence
                begins = m[0][0].isupper() and not (
                    m.start() == s.start and plain[m.end() + 1 : m.end() + 2].islower()
                )
                if m[0].endswith("remos") if begins else m[0].lower() not in said.not_future:
                    found.append(Verb(m.start(), m.end(), "commits"))
        return found

    def future(self, plain: str, folded: str, start: int, end: int) -> bool:
        """Whether these words are a future: "will", "ampliará"."""
        said, endings = self.grammar.future, self.grammar.endings
        return bool(said and said.fullmatch(folded, start, end)) or bool(
            endings and endings.fullmatch(plain, start, end)
        )

    def carried(self, plain: str, folded: str, start: int, end: int, stop: int) -> list[tuple[int, int]]:
        """Verbs that carry on the one from `start` to `end`: "will carry out ... and deliver", "a instalar ... y a
        compartir". One without its own "to" may belong to a purpose, and is left where one stands before it."""
        said = self.grammar
        governs = said.governed.search(folded, start, min(stop, end + 8))
        plainly = (
            said.modal.fullmatch(folded, start, end)
            or self.future(plain, folded, start, end)
            or (self.lang["list_verbs"] and said.infinitive.match(folded, end))
        )
        if not (governs and governs.end() >= end) and not plainly:
            return []
        marked = [
            m.span("verb")
            for m in said.marked.finditer(folded, end, stop)
            if governs and m["by"] == governs[0] and plain[m.start("verb")].islower()
        ]
        bare = [
            m.span("verb")
            for m in said.bare.finditer(folded, end, stop)
            if not said.purpose.search(folded, governs.end() if governs else end, m.start())
        ]
        return sorted({*marked, *bare})

    def _money(self, at: int) -> bool:
        """Whether a sum of money follows closely: to announce a sum is to promise it."""
        return any(
            m.kind == "amount" and len(m.payload["unit"]) == 3 for m in self.mentions.within(at, at + 60)
        )

    def _told(self, folded: str, start: int, at: int) -> bool:
        """Whether a future stands in a relative clause: "a fair that will last"; "said that it will" and "and that it
        will" do not."""
        lead = folded[max(start, at - 40) : at]
        that = self.grammar.relative.search(lead)
        return that is not None and not self.grammar.said_before.search(lead[: that.start()])

    def _apart(self, folded: str, start: int, at: int) -> bool:
        """Whether a relative clause is set apart by a comma: "the centre, which will open". It says what is planned."""
        return bool(self.grammar.apart.search(folded[max(start, at - 16) : at]))

    def _how(self, folded: str, end: int) -> str:
        after = re.match(r"\s+(\w+)", folded[end : end + 24])
        return "intends" if after and after[1] in self.lang["intending"] else "commits"


__all__ = ["DONE", "WOULD", "Verb", "Verbs"]
