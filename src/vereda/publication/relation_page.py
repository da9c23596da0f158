"""The page of the statements: what they name, where they disagree, how they hang together, and the theory they imply."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from vereda.publication import relation_charts as charts
from vereda.publication import text
from vereda.publication.teller import Teller
from vereda.publication.words import N_
from vereda.terms.answer import Edition
from vereda.terms.cooperation import Commitment, Forum, Instrument, Scope
from vereda.terms.relation import Edge, Mention, SourceText

RELATIONS = {
    "reaffirms": N_("reaffirms"), "narrows": N_("narrows"), "supersedes": N_("takes the place of"),
    "fulfils": N_("fulfils"), "contradicts": N_("contradicts"),
}  # fmt: skip
KINDS = {
    "pillar": N_("pillar"), "area": N_("area of cooperation"), "forum": N_("forum"), "instrument": N_("instrument"),
    "intervention": N_("intervention"), "threat": N_("threat"), "measure": N_("measure"),
}  # fmt: skip
RESPONSES = {
    "accepted": N_("accepted"), "partly_accepted": N_("partly accepted"), "rejected": N_("rejected"),
    "none_found": N_("no response found"), "not_checked": N_("not checked"),
}  # fmt: skip
#: Grades of an edge, the strongest first: the best of what tests it is drawn.
STRENGTH = ("credible", "fragile", "not_identified", "waiting_for_data")
OVERDUE = {"not_measured", "not_published", "cannot_be_judged"}


def page(t: Teller) -> dict[str, Any]:
    """Everything the page is given; each part is empty where the case has no such file."""
    register, lang = t.edition.register, t.lang
    day = t.edition.as_of
    acts = sorted((a for a in register.acts if (a.date or "") <= day), key=lambda a: (a.date or "9999", a.id))
    graded = {edge.id: tests(edge, t.edition) for edge in register.edges}
    best = {
        key: min((g for _, g in found), key=STRENGTH.index, default="untested")
        for key, found in graded.items()
    }
    return {
        "acts": acts,
        "timeline": Markup(charts.timeline(acts, lang)),
        "coverage": [SimpleNamespace(c=c, svg=Markup(charts.squares(c, lang))) for c in t.edition.coverage],
        "threats": Markup(_threats(t.edition, lang)),
        "areas": _areas(t.edition, lang),
        "theory": Markup(charts.theory(register.nodes, register.edges, best, lang)),
        "edges": [SimpleNamespace(e=e, tests=graded[e.id], best=best[e.id]) for e in register.edges],
        "nodes": {n.id: n.name for n in register.nodes},
        "overdue": [c for c in t.edition.agreed.commitments if _overdue(c.entry.due, c.state, day)],
        "called": lambda ref: called(ref, t),
        "dated": lambda said: dated(said, t.edition),
        "types": charts.TYPES,
        "relations": RELATIONS,
        "kinds": KINDS,
        "responses": RESPONSES,
    }


def tests(edge: Edge, edition: Edition) -> list[tuple[str, str]]:
    """(plan, grade) of every evaluation that asks about the edge; the grade is that of the outcome."""
    found = []
    for test in edge.tested_by:
        finding = next((f for f in edition.findings if f.plan.id == test.plan), None)
        if finding is not None:
            grade = next((o.grade for o in finding.outcomes if o.outcome == test.outcome), finding.grade)
            found.append((test.plan, str(grade)))
    return found


def called(ref: str, t: Teller) -> Markup:
    """What people call an entry, linked to where it stands."""
    kind, _, name = ref.partition("/")
    register = t.edition.register
    if kind == "commitment":
        found = next(c for c in register.commitments if c.id == name)
        return Markup('<a href="{}">{}</a>').format(t.go(f"commitments/{name}.html"), t.words(found.gist))
    if kind == "meeting":
        meeting = next(m for m in register.meetings if m.id == name)
        forum = next(f for f in register.forums if f.id == meeting.forum)
        return Markup("{}, {}").format(t.words(forum.name), t.day(meeting.date))
    held: dict[str, Sequence[Instrument | Forum | Scope]] = {
        "instrument": register.instruments,
        "forum": register.forums,
        "scope": register.scopes,
    }
    if kind == "conflict":
        conflict = next(c for c in register.conflicts if c.id == name)
        return Markup('<a href="{}">{}</a>').format(t.go(f"conflicts.html#{name}"), t.words(conflict.subject))
    if kind == "training":
        training = next(u for u in register.trainings if u.id == name)
        where, measure = t.go(f"done.html#{name}"), t.words(t.word(training.measure))
        return Markup('<a href="{}">{}: {}</a>').format(where, measure, t.words(training.group))
    entry = next((e for e in held.get(kind, ()) if e.id == name), None)
    if entry is None:
        return t.words(ref)
    where = f"agreed.html#instrument-{name}" if kind == "instrument" else f"agreed.html#{kind}s"
    return Markup('<a href="{}">{}</a>').format(t.go(where), t.words(entry.name))


def _overdue(due: str | None, state: str, day: str) -> bool:
    """Past its day with no evidence; a yearly duty counts where nothing was found."""
    return state in OVERDUE and due is not None and (due == "yearly" or due <= day)


def _threats(edition: Edition, lang: str) -> str:
    """Rows by the word of the vocabulary, columns by statement."""
    named = [m for m in edition.register.mentions if m.names == "threat"]
    keys = list(dict.fromkeys(map(_key, named)))
    first = {key: next(m for m in named if _key(m) == key) for key in keys}
    texts = sorted(edition.register.texts, key=lambda s: dated(s, edition) or "9999")
    columns = [dated(s, edition)[:4] or text.translate(N_("undated"), lang) for s in texts]
    rows = {
        first[key].gist.say(lang): [
            any(_key(m) == key and m.span.said_in == s.id for m in named) for s in texts
        ]
        for key in keys
    }
    return charts.matrix(rows, columns, lang)


def trail(entry: Commitment, t: Teller) -> list[SimpleNamespace]:
    """What was said of a promise and of the text it stands in, and what followed, the oldest first.

    Each has a day ("" where none is known), and either a link of the register or a statement with the passage that
    names it.
    """
    register = t.edition.register
    mine = {f"commitment/{entry.id}", f"instrument/{entry.instrument}"}
    found = [
        SimpleNamespace(day=_since(link.newer, t.edition), link=link, mention=None, said=None)
        for link in register.links
        if {link.newer, link.older} & mine
    ]
    texts = {s.id: s for s in register.texts}
    for m in register.mentions:
        if m.entry in mine:
            said = texts[m.span.said_in]
            found.append(SimpleNamespace(day=dated(said, t.edition), link=None, mention=m, said=said))
    answers = [a for a in register.answered if a.recommendation in mine]
    found += [SimpleNamespace(day="", link=None, mention=None, said=None, answer=a) for a in answers]
    return sorted(found, key=lambda one: one.day or "9999")


def _since(ref: str, edition: Edition) -> str:
    """The day of an entry: of a meeting, an instrument, a promise; "" of anything else."""
    kind, _, name = ref.partition("/")
    register = edition.register
    days = {
        "meeting": {m.id: m.date for m in register.meetings},
        "instrument": {i.id: i.start for i in register.instruments},
        "commitment": {c.id: c.made_on for c in register.commitments},
    }
    return days.get(kind, {}).get(name, "")


def _areas(edition: Edition, lang: str) -> list[tuple[str, list[tuple[Mention, str]]]]:
    """Where passages say that a threat is: threats by area, each with the year of its statement, the oldest first."""
    texts = {s.id: dated(s, edition)[:4] for s in edition.register.texts}
    found: dict[str, list[tuple[Mention, str]]] = {}
    for m in edition.register.mentions:
        if m.names == "threat" and m.area is not None:
            found.setdefault(m.area.say(lang), []).append((m, texts[m.span.said_in]))
    return [(area, sorted(found[area], key=lambda pair: pair[1] or "9999")) for area in sorted(found)]


def dated(said: SourceText, edition: Edition) -> str:
    """The date the text bears; else that of the document it is, which a person gave; "" where neither has one."""
    given = (d.date for d in edition.register.documents if d.id in said.cites and d.date)
    return said.date or next(given, "")


def _key(mention: Mention) -> str:
    return mention.vocabulary or mention.id
