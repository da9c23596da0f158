"""Commitments: who binds, commits, agrees, intends, discusses, endorses, reaffirms or offers what.

A sentence is read from its verbs. A verb counts where a party stands before it, where it carries on the verb of a party
("discussed ... and agreed"), or where it opens an item of a list whose head names the parties. What is conditional,
negated or said of things ("results will depend") is no commitment. Reported and hedged ones are marked.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vereda.statements.blocks import Sentence
from vereda.statements.grammar import grammar
from vereda.statements.language import Language
from vereda.statements.layer import fold
from vereda.statements.mention import Mention, Mentions
from vereda.statements.parties import Subject, Subjects
from vereda.statements.verbs import DONE, WOULD, Verb, Verbs

_ITEM = re.compile(
    r"[\s\"']*(?:(?:and|y|e)\s+)?(?:[•·▪●*–-]\s+|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s+|(?:That|Que)\s+)"
)
_COMMA = re.compile(
    r"[,;]\s*(?:(?:and|y|e|also|as well as|asimismo|ademas|tambien)\s+)?$|\b(?:and|y|e)\s+(?:also\s+|further\s+|tambien\s+)?$"
)


#: strengths whose verbs say enough by themselves: read even where nobody stands before them, for a person to look at
_STRONG = frozenset({"binds", "commits", "agrees", "intends", "endorses", "reaffirms", "offers"})
_NOT = re.compile(r"\s+not\s+\w")  # after "will"
_AND_THAT = re.compile(
    r"\b(?:and|y|e)\s+(?:\w+\s+)?(?:that|que)\s+(?:no\s+)?$"
)  # "and says that it": whoever spoke before
_NO = re.compile(r"\bno\s+(?:se\s+)?$")  # before a future
#: nobody between the last clause and its verb: "que asimismo capacitara"; "el programa capacitara" has somebody
_DROPPED = re.compile(
    r"(?:^|[,;:]|\b(?:que|that|y|e|and))\s*(?:(?:no|tambien|asimismo|ademas|se|le|les|also)\s+)*$"
)
_LEADING = re.compile(r"(?:(?:an?|the|una?|el|la|los|las)\s+)?(?:[\w.-]+\s+){0,4}")


@dataclass(frozen=True, slots=True)
class Trigger:
    """A verb of will: where it stands, how strong it is, and who stands before it."""

    start: int
    end: int
    strength: str
    subject: Subject
    whole: bool = False  # it says what will be done by itself: "will not be resumed"


class Commitments:
    """Reads the commitments of one statement."""

    def __init__(self, lang: Language, subjects: Subjects, mentions: Mentions) -> None:
        self.lang, self.subjects, self.mentions = lang, subjects, mentions
        self.grammar, self.verbs = grammar(lang.code), Verbs(lang, mentions)

    def find(self, plain: str, folded: str, sentences: Sequence[Sentence]) -> list[Mention]:
        """Every commitment, in the order of the text."""
        found: list[Mention] = []
        head: tuple[str, Subject] | None = None  # strength and parties that a list's head gives to its items
        before: Subject | None = None
        block = -1
        for sentence in sentences:
            item = _ITEM.match(plain, sentence.start, sentence.end)
            opening = self._head(plain, folded, sentence)
            begins, block = sentence.block != block, sentence.block
            if opening is not None:
                head = opening
            elif head is not None and not item and begins and head[0] and self._leaves(plain, sentence):
                head = None
            triggers = list(self._triggers(plain, folded, sentence, before))
            if head is not None and opening is None and (item or begins):
                triggers = self._item(
                    plain, folded, sentence, item.end() if item else sentence.start, head, triggers
                )
            if item and not triggers and not self.accused(folded, sentence):
                triggers = self._bare_item(plain, folded, sentence, item.end())
            found += self._commitments(plain, folded, sentence, triggers)
            subject = self.subjects.first(plain, folded, sentence.start, sentence.end)
            before = subject or before
        return found

    def accused(self, folded: str, sentence: Sentence) -> bool:
        """Whether the sentence accuses somebody; nothing of it is proposed."""
        return bool(self.grammar.accusing.search(folded, sentence.start, sentence.end))

    def _head(self, plain: str, folded: str, s: Sentence) -> tuple[str, Subject] | None:
        """Strength and parties of a list, where this sentence opens one."""
        text = folded[s.start : s.end].rstrip()
        bare = re.sub(r"^[\W\d]+", "", text).rstrip(" :")
        if bare in {fold(w) for w in self.lang["intros"]}:
            return "commits", self.subjects.everybody()
        if not text.endswith(":"):
            return None
        if self.grammar.outcomes.search(text):
            return "", self.subjects.everybody()
        hits = list(self.grammar.verbs.find(folded, plain, s.start, s.end))
        subject = self.subjects.before(plain, folded, s.start, s.end) or self.subjects.first(
            plain, folded, s.start, s.end
        )
        if subject is None:
            return None
        return (hits[-1].entry if hits else "commits"), subject

    def _leaves(self, plain: str, s: Sentence) -> bool:
        """Whether a sentence without a mark ends the list: it begins as any sentence does."""
        return plain[s.start : s.start + 1].isupper() and not plain[s.start : s.end].rstrip().endswith(";")

    def _item(
        self,
        plain: str,
        folded: str,
        s: Sentence,
        start: int,
        head: tuple[str, Subject],
        triggers: list[Trigger],
    ) -> list[Trigger]:
        """Triggers of a list item: its own verbs, else its first word with the strength of the list."""
        strength, subject = head
        opening = next(iter(self.grammar.verbs.find(folded, plain, start, min(start + 40, s.end))), None)
        if opening is not None and opening.start == start:
            return [Trigger(opening.start, opening.end, opening.entry, subject), *triggers[1:]]
        noun = next(iter(self.grammar.nouns.find(folded, plain, start, min(start + 60, s.end))), None)
        if noun is not None and _LEADING.fullmatch(folded[start : noun.start]):
            return [Trigger(noun.start, noun.end, noun.entry, subject)]
        if triggers or not strength:
            return triggers
        if self.grammar.future and (will := self.grammar.future.search(folded, start, s.end)):
            return [Trigger(will.start(), will.end(), "commits", subject)]
        if self.grammar.endings and (will := self.grammar.endings.search(plain, start, s.end)):
            return [Trigger(will.start(), will.end(), "commits", subject)]
        first = re.match(r"\w+", folded[start : s.end])
        endings = tuple(self.lang["list_verbs"])
        if first and (not endings or first[0].endswith(endings)):
            return [Trigger(start, start + first.end(), strength, subject)]
        return triggers

    def _bare_item(self, plain: str, folded: str, s: Sentence, start: int) -> list[Trigger]:
        """An item that begins with the plain verb, and nobody above it: "Expand training", "Elaborar un borrador"."""
        first = re.match(r"\w+", folded[start : s.end])
        if not first or not plain[start].isupper():
            return []
        said = self.grammar.item_verb
        endings = tuple(self.lang["list_verbs"])
        plainly = bool(said.match(folded, start)) if said else bool(endings) and first[0].endswith(endings)
        if not plainly or len(first[0]) < 3 or s.end - start < 20:
            return []
        return [Trigger(start, start + first.end(), "commits", Subject((), "", start))]

    def _triggers(self, plain: str, folded: str, s: Sentence, before: Subject | None) -> Iterator[Trigger]:
        if self.accused(folded, s) or plain[s.start : s.end].rstrip().endswith("?"):
            return
        last: Trigger | None = None
        for verb in self.verbs.find(plain, folded, s):
            if (last is not None and verb.start < last.end) or not self._wills(plain, folded, s, verb):
                continue
            subject = self._bound(plain, folded, s, verb, last, before)
            if subject is not None:
                strength = "commits" if verb.strength in {WOULD, DONE} else verb.strength
                last = Trigger(verb.start, verb.end, strength, subject, verb.strength == DONE)
                yield last

    def _wills(self, plain: str, folded: str, s: Sentence, verb: Verb) -> bool:
        """Whether a verb states a will here: nothing that is denied, conditional or foreseen."""
        start, end, strength = verb.start, verb.end, verb.strength
        lead, lead_in = folded[s.start : start], folded[max(s.start, start - 24) : start]
        future = self.verbs.future(plain, folded, start, end)
        if strength == WOULD:
            if not self.grammar.reporting.search(lead):
                return False
        elif self.grammar.blocked.search(lead_in) and not (future and _NO.search(lead_in)):
            return False
        if future and self.grammar.foreseen.search(lead[-90:]):
            return False
        # "will not be resumed" promises too, where a party says it; so does "agreed not to"
        refused = strength in {"commits", DONE, WOULD} and _NOT.match(folded, end)
        refused = refused or self.grammar.not_to.match(folded, start, end + 16)
        blocked = self.grammar.blocked_after.match(folded, end) and not refused
        return not blocked and plain[end : end + 2] != ": "

    def _bound(
        self, plain: str, folded: str, s: Sentence, verb: Verb, last: Trigger | None, before: Subject | None
    ) -> Subject | None:
        """Who is bound by a verb: whoever stands before it, carries it on or speaks; without words where nobody is named and
        the verb says enough by itself; None where it says too little."""
        start, end, lead = verb.start, verb.end, folded[s.start : verb.start]
        between = folded[last.end : start] if last is not None else ""
        if last is not None and (_COMMA.search(between) or _AND_THAT.search(between)):
            subject: Subject | None = last.subject
        else:
            subject = self.subjects.before(plain, folded, last.end if last is not None else s.start, start)
        if subject is None and last is None and not self.grammar.leads.sub("", lead).strip(" \"'¿¡-•,"):
            subject = (
                self.subjects.speaking(plain, start) if self._we(plain, start, end) else None
            ) or before
        if self._we(plain, start, end) and (subject is None or not self._spoken(subject)):
            subject = self.subjects.speaking(plain, start) or self.subjects.everybody()
        if subject is None and self._unnamed(plain, folded, start, end) and _DROPPED.search(lead):
            subject = before
        enough = (
            verb.strength == DONE
            or (verb.strength in _STRONG and self._telling(plain, folded, start, end, verb.strength))
            or self._unnamed(plain, folded, start, end)
        )
        return subject or (Subject((), "", start) if enough else None)

    def _unnamed(self, plain: str, folded: str, start: int, end: int) -> bool:
        """Whether a future promises whoever or whatever stands before it: "the programme will train"; not what befalls
        ("prices will fall")."""
        return self.verbs.future(plain, folded, start, end) and not self.grammar.befalls.match(folded, end)

    def _spoken(self, subject: Subject) -> bool:
        """Whether a subject is the speakers themselves: "con el Peru buscaremos" binds not Peru."""
        words = fold(subject.words)
        return bool(subject.speaker) or bool(
            self.subjects.all_words.search(words) or self.subjects.spoken.search(words)
        )

    def _we(self, plain: str, start: int, end: int) -> bool:
        """Whether a verb says "we" by its ending: pondremos, buscaremos."""
        endings = tuple(self.lang["first_person"])
        return bool(endings) and plain[start:end].split()[0].lower().endswith(endings)

    def _telling(self, plain: str, folded: str, start: int, end: int, strength: str) -> bool:
        """Whether a verb says enough without a party before it: "se comprometio a" and "debera" do, "will" does not."""
        future = strength == "commits" and self.verbs.future(plain, folded, start, end)
        return not future and folded[start:end] not in self.grammar.weak

    def _commitments(
        self, plain: str, folded: str, s: Sentence, triggers: Sequence[Trigger]
    ) -> Iterator[Mention]:
        promised: Trigger | None = None
        for n, trigger in enumerate(triggers):
            if promised is not None and promised.strength == trigger.strength == "commits":
                trigger = replace(trigger, start=promised.start)  # "promised me that it will"
            promised = None
            stop = triggers[n + 1].start if n + 1 < len(triggers) else s.end
            end = self._end(plain, folded, trigger, stop, n + 1 < len(triggers))
            if end - trigger.end < 4 and not trigger.whole:
                promised = trigger
                continue
            for one, last in self._parts(plain, folded, trigger, end):
                yield self._mention(plain, folded, s, one, last)

    def _parts(self, plain: str, folded: str, trigger: Trigger, end: int) -> Iterator[tuple[Trigger, int]]:
        """A promise and those that carry it on, each with the end of its words."""
        more = [
            t for t in self.verbs.carried(plain, folded, trigger.start, trigger.end, end) if end - t[1] >= 4
        ]
        parts = [trigger, *(replace(trigger, start=a, end=b) for a, b in more)]
        for n, part in enumerate(parts):
            stop = parts[n + 1].start if n + 1 < len(parts) else end
            yield part, end if stop == end else self._trimmed(plain, folded, part.end, stop)

    def _end(self, plain: str, folded: str, trigger: Trigger, stop: int, followed: bool) -> int:
        """End of the clause: before the next verb's subject, a reporting tail, or the full stop."""
        if followed and not _COMMA.search(folded[trigger.end : stop]):
            subject = self.subjects.start_before(plain, folded, trigger.end, stop)
            stop = subject if subject is not None else stop
        cuts = (
            self.grammar.ends.search(folded, trigger.end, stop),
            self.grammar.tail.search(folded, trigger.end, stop),
        )
        end = min((cut.start() for cut in cuts if cut), default=stop)
        return self._trimmed(plain, folded, trigger.end, end)

    def _trimmed(self, plain: str, folded: str, start: int, end: int) -> int:
        """End of a clause without the small words and marks that join it to the next."""
        text = folded[start:end]
        text = re.sub(
            r"(?:[\s,;:.!?\"'\)]|\b(?:and|y|e|also|tambien|asimismo|ademas|further|he|she|it|they|has|have|had|ha|han|habia|que|that|as|como|to|a)\b\s*)+$",
            "",
            text,
        )
        closing = plain[start + len(text) : start + len(text) + 1]
        balanced = text.count("(") > text.count(")") and closing == ")"
        return start + len(text) + balanced

    def _mention(self, plain: str, folded: str, s: Sentence, trigger: Trigger, end: int) -> Mention:
        inside = self.mentions.within(trigger.start, end)
        hedge = self.grammar.hedges.search(folded, trigger.start, end)
        reported = bool(self.grammar.reporting.search(folded, s.start, s.end)) or self.subjects.quoted(
            plain, trigger.start
        )
        payload: dict[str, Any] = {
            "strength": trigger.strength,
            "parties": list(trigger.subject.parties),
            "party_words": trigger.subject.words,
            "verb": plain[trigger.start : trigger.end],
            "object": plain[trigger.end : end].strip(),
            "places": [link for m in inside if m.kind == "place" for link in m.links],
            **self._deadline(folded, inside),
            **_target(inside),
            "hedged": bool(hedge),
            "reported": reported,
        }
        if hedge:
            payload["hedge"] = hedge[0]
        if trigger.subject.speaker:
            payload["speaker"] = trigger.subject.speaker
        links = tuple(dict.fromkeys(link for m in inside for link in m.links))
        score = 0.8 if trigger.subject.parties else 0.6 if trigger.subject.words else 0.4
        score -= 0.1 * bool(hedge) + 0.1 * reported
        review = "" if trigger.subject.parties else "who is bound is not clear"
        return Mention("commitment", trigger.start, end, payload, links, round(score, 2), review)

    def _deadline(self, folded: str, inside: Sequence[Mention]) -> dict[str, Any]:
        for m in inside:
            if m.kind == "date" and self.grammar.deadlines.search(folded[max(0, m.start - 28) : m.start]):
                return {"deadline_raw": m.payload["text"], "deadline": m.payload["value"]}
        return {"deadline_raw": "", "deadline": ""}


def _target(inside: Sequence[Mention]) -> dict[str, Any]:
    amounts = [m for m in inside if m.kind == "amount"]
    if not amounts:
        return {"target": None}
    first = amounts[0].payload
    return {"target": {"value": first["value"], "unit": first["unit"]}}


__all__ = ["Commitments", "Trigger"]
