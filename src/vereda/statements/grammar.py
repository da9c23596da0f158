"""The patterns by which commitments of a language are read, made of its lists."""

import re
from functools import cache

from vereda.statements.language import Language, language
from vereda.statements.layer import fold
from vereda.statements.phrases import Phrasebook, either


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
        coming = rf"(?<!\w)(?:{either(whole)})(?!\w)" + (rf"|(?:{either(short)})(?!\w)" if short else "")
        self.future = re.compile(coming) if lang["future"] else None
        endings = lang.data.get("future_endings", "")
        passive = lang.data["passive_future"].replace("DEEDS", either(lang["deeds"]))
        self.passive = re.compile(rf"(?<!\w)(?:{passive.replace('ENDINGS', endings[:-1])})(?!\w)")
        self.item_verb = (
            re.compile(rf"(?:{either(lang['item_verbs'])})(?!\w)") if lang["item_verbs"] else None
        )
        self.befalls = re.compile(rf"\s+(?:(?:also|\w+ly)\s+)?(?:{either(lang['befalling'])})(?!\w)")
        told = lang["backshift"]
        self.backshift = re.compile(rf"(?<!\w)(?:{told})(?!\w)")
        self.endings = re.compile(rf"\b\w{{2,}}{endings[:-1]}\b") if endings else None
        self.not_future = frozenset(lang.data.get("future_not", ()))
        governed, conj = either(lang["carried_on"]["governed"]), either(lang["dates"]["and"])
        also = rf"(?:(?:{either(lang['carried_on']['also'])})\s+)?"
        verb = rf"(?P<verb>{lang.data['carried_on']['infinitive']})(?!\w)"
        plainly = either(lang["item_verbs"]) or lang.data["carried_on"]["infinitive"]
        self.governed = re.compile(rf"(?<!\w)(?:{governed})(?!\w)")
        self.infinitive = re.compile(rf"\s+{verb}")
        self.modal = re.compile(rf"(?<!\w)(?:{either(lang['carried_on']['modals'])})(?!\w)")
        self.marked = re.compile(rf"(?:[,;]|(?<!\w)(?:{conj}))\s+{also}(?P<by>{governed})\s+{verb}")
        self.bare = re.compile(
            rf"(?<!\w)(?:{conj})\s+{also}(?P<verb>{plainly})(?!\w)\s+(?!(?:{either(lang['carried_on']['not_before'])})(?!\w))"
        )
        self.purpose = re.compile(
            rf"(?<!\w)(?:{either(lang['carried_on']['purpose'])})\s+{verb}".replace("?P<verb>", "?:")
        )
        self.relative = re.compile(rf"(?<!\w)(?:{either(lang['relative'])})(?:\s+se)?\s+$")
        self.apart = re.compile(rf",\s+(?:{either(lang['relative'])})\s+$")
        self.nouns: Phrasebook[str] = Phrasebook(
            (p, strength) for strength, phrases in lang["nouns"].items() for p in phrases
        )
        self.weak = frozenset(map(fold, lang["weak"]))
        light = lang["light"]
        few = r"(?:[\w'-]+\s+){0,6}?"
        self.light = {
            strength: re.compile(rf"(?<!\w)(?:{either(light['verbs'])})\s+{few}(?:{either(nouns)})(?!\w)")
            for strength, nouns in light["nouns"].items()
        }
        self.outcomes = re.compile(rf"(?<!\w)(?:{either(lang['outcomes'])})(?!\w)")
        self.announcing = re.compile(rf"(?<!\w)(?:{either(lang['announcing'])})(?!\w)")
        few = r"(?:[\w'-]+\s+){0,4}?"
        self.announced = re.compile(
            rf"(?<!\w)(?:{either(lang['announcing'])})\s+{few}(?:{either(lang['announced'])})(?!\w)"
        )
        self.blocked = re.compile(rf"(?:^|\W)(?:{either(lang['blocked_before'])})\s+(?:\w+ly\s+)?$")
        self.blocked_after = re.compile(rf"\s+(?:{either(lang['blocked_after'])})(?!\w)")
        to = either(lang["carried_on"]["governed"])
        no = either(lang["carried_on"]["refusing"])
        self.not_to = re.compile(rf".*?\s(?:(?:{to})\s+(?:{no})|(?:{no})\s+(?:{to}))(?!\w)", re.DOTALL)
        self.hedges = re.compile(rf"(?<!\w)(?:{either(lang['hedges'])})(?!\w)")
        self.reporting = re.compile(rf"(?<!\w)(?:{either(lang['reporting'])})(?!\w)")
        self.said_before = re.compile(
            rf"(?:{self.reporting.pattern}|(?<!\w)(?:{either(lang['dates']['and'])}))\s+$"
        )
        self.foreseen = re.compile(rf"(?<!\w)(?:{either(lang['foreseen'])})(?!\w)[^,;:.]*$")
        self.accusing = re.compile(rf"(?<!\w)(?:{either(lang['accusing'])})(?!\w)")
        self.deadlines = re.compile(
            rf"(?:^|\W)(?P<cue>{either(lang['deadline_cues'])})\s+(?:el\s+|la\s+|the\s+)?$"
        )
        self.leads = re.compile(rf"(?<!\w)(?:{either(lang['leads'])})(?!\w)")
        told = either(lang["reporting"])
        self.tail = re.compile(
            rf"[,\"]+\s+(?:(?:the|a|an|el|la|un|una)\s+)?[^,;.]{{2,60}}?\s(?:{told})(?!\w)|\"?,\s+(?:{told})(?!\w)"
        )
        self.ends = re.compile("|".join(re.escape(fold(mark)) for mark in lang["clause_ends"]))


@cache
def grammar(code: str) -> Grammar:
    """The grammar of a language."""
    return Grammar(language(code))
