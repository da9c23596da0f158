"""The patterns by which commitments of a language are read, made of its lists."""

import re
from collections.abc import Sequence
from functools import cache

from vereda.statements.language import Language, language
from vereda.statements.layer import fold
from vereda.statements.phrases import Phrasebook


class Grammar:
    """The patterns of one language, compiled once."""

    def __init__(self, lang: Language) -> None:
        self.lang = lang
        said = lang["commitments"]
        self.verbs: Phrasebook[str] = Phrasebook(
            (phrase, strength) for strength, phrases in said.items() for phrase in phrases
        )
        whole = [w for w in lang["future"] if not w.startswith("'")]  # "we'll" has it at its end
        short = [w for w in lang["future"] if w.startswith("'")]
        either = rf"(?<!\w)(?:{_either(whole)})(?!\w)" + (rf"|(?:{_either(short)})(?!\w)" if short else "")
        self.future = re.compile(either) if lang["future"] else None
        endings = lang.data.get("future_endings", "")
        passive = lang.data["passive_future"].replace("DEEDS", _either(lang["deeds"]))
        self.passive = re.compile(rf"(?<!\w)(?:{passive.replace('ENDINGS', endings[:-1])})(?!\w)")
        self.item_verb = (
            re.compile(rf"(?:{_either(lang['item_verbs'])})(?!\w)") if lang["item_verbs"] else None
        )
        self.befalls = re.compile(rf"\s+(?:(?:also|\w+ly)\s+)?(?:{_either(lang['befalling'])})(?!\w)")
        told = lang["backshift"]
        self.backshift = re.compile(rf"(?<!\w)(?:{told})(?!\w)")
        self.endings = re.compile(rf"\b\w{{2,}}{endings[:-1]}\b") if endings else None
        self.not_future = frozenset(lang.data.get("future_not", ()))
        governed, conj = _either(lang["carried_on"]["governed"]), _either(lang["dates"]["and"])
        also = rf"(?:(?:{_either(lang['carried_on']['also'])})\s+)?"
        verb = rf"(?P<verb>{lang.data['carried_on']['infinitive']})(?!\w)"
        plainly = _either(lang["item_verbs"]) or lang.data["carried_on"]["infinitive"]
        self.governed = re.compile(rf"(?<!\w)(?:{governed})(?!\w)")
        self.infinitive = re.compile(rf"\s+{verb}")
        self.modal = re.compile(rf"(?<!\w)(?:{_either(lang['carried_on']['modals'])})(?!\w)")
        self.marked = re.compile(rf"(?:[,;]|(?<!\w)(?:{conj}))\s+{also}(?P<by>{governed})\s+{verb}")
        self.bare = re.compile(
            rf"(?<!\w)(?:{conj})\s+{also}(?P<verb>{plainly})(?!\w)\s+(?!(?:{_either(lang['carried_on']['not_before'])})(?!\w))"
        )
        self.purpose = re.compile(
            rf"(?<!\w)(?:{_either(lang['carried_on']['purpose'])})\s+{verb}".replace("?P<verb>", "?:")
        )
        self.relative = re.compile(rf"(?<!\w)(?:{_either(lang['relative'])})(?:\s+se)?\s+$")
        self.apart = re.compile(rf",\s+(?:{_either(lang['relative'])})\s+$")
        self.nouns: Phrasebook[str] = Phrasebook(
            (p, strength) for strength, phrases in lang["nouns"].items() for p in phrases
        )
        self.weak = frozenset(map(fold, lang["weak"]))
        light = lang["light"]
        few = r"(?:[\w'-]+\s+){0,6}?"
        self.light = {
            strength: re.compile(rf"(?<!\w)(?:{_either(light['verbs'])})\s+{few}(?:{_either(nouns)})(?!\w)")
            for strength, nouns in light["nouns"].items()
        }
        self.outcomes = re.compile(rf"(?<!\w)(?:{_either(lang['outcomes'])})(?!\w)")
        self.announcing = re.compile(rf"(?<!\w)(?:{_either(lang['announcing'])})(?!\w)")
        few = r"(?:[\w'-]+\s+){0,4}?"
        self.announced = re.compile(
            rf"(?<!\w)(?:{_either(lang['announcing'])})\s+{few}(?:{_either(lang['announced'])})(?!\w)"
        )
        self.blocked = re.compile(rf"(?:^|\W)(?:{_either(lang['blocked_before'])})\s+(?:\w+ly\s+)?$")
        self.blocked_after = re.compile(rf"\s+(?:{_either(lang['blocked_after'])})(?!\w)")
        to = _either(lang["carried_on"]["governed"])
        no = _either(lang["carried_on"]["refusing"])
        self.not_to = re.compile(rf".*?\s(?:(?:{to})\s+(?:{no})|(?:{no})\s+(?:{to}))(?!\w)", re.DOTALL)
        self.hedges = re.compile(rf"(?<!\w)(?:{_either(lang['hedges'])})(?!\w)")
        self.reporting = re.compile(rf"(?<!\w)(?:{_either(lang['reporting'])})(?!\w)")
        self.said_before = re.compile(
            rf"(?:{self.reporting.pattern}|(?<!\w)(?:{_either(lang['dates']['and'])}))\s+$"
        )
        self.foreseen = re.compile(rf"(?<!\w)(?:{_either(lang['foreseen'])})(?!\w)[^,;:.]*$")
        self.accusing = re.compile(rf"(?<!\w)(?:{_either(lang['accusing'])})(?!\w)")
        self.deadlines = re.compile(
            rf"(?:^|\W)(?P<cue>{_either(lang['deadline_cues'])})\s+(?:el\s+|la\s+|the\s+)?$"
        )
        self.leads = re.compile(rf"(?<!\w)(?:{_either(lang['leads'])})(?!\w)")
        told = _either(lang["reporting"])
        self.tail = re.compile(
            rf"[,\"]+\s+(?:(?:the|a|an|el|la|un|una)\s+)?[^,;.]{{2,60}}?\s(?:{told})(?!\w)|\"?,\s+(?:{told})(?!\w)"
        )
        self.ends = re.compile("|".join(re.escape(fold(mark)) for mark in lang["clause_ends"]))


@cache
def grammar(code: str) -> Grammar:
    """The grammar of a language."""
    return Grammar(language(code))


def _either(words: Sequence[str]) -> str:
    return "|".join(
        re.escape(fold(w)).replace(r"\ ", r"\s+").replace(r"\*", r"\w*")
        for w in sorted(words, key=len, reverse=True)
    )
