"""Figures of the relation: its points in time, what the statements name, and the theory of change with its grades."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from textwrap import wrap

from vereda.publication import text
from vereda.publication.words import N_
from vereda.terms.relation import CONFLICTUAL, Act, Coverage, Edge, Mention, Node

WIDE, NARROW = 680, 340
#: What became of a thing that a statement names -> fill, line.
HELD = {
    "entry": ("var(--coca)", "var(--coca)"),
    "vocabulary": ("var(--rival)", "var(--rival)"),
    "left_out": ("var(--paper)", "var(--bad)"),
}
#: Grade of an edge -> colour, dashes.
LINES = {
    "credible": ("var(--good)", ""),
    "fragile": ("var(--target)", ""),
    "not_identified": ("var(--soft)", "7 4"),
    "waiting_for_data": ("var(--wait)", "7 4"),
    "untested": ("var(--bad)", "2 4"),
}
TYPES = {
    "agree": N_("agree"), "consult": N_("consult"), "support": N_("support"), "cooperate": N_("cooperate"),
    "aid": N_("aid"), "yield": N_("yield"), "request": N_("request"), "accuse": N_("accuse"), "reject": N_("reject"),
    "threaten": N_("threaten"), "protest": N_("protest"), "sanction": N_("sanction"), "mobilise": N_("mobilise"),
    "coerce": N_("coerce"), "assault": N_("assault"),
}  # fmt: skip


def state_of(mention: Mention) -> str:
    """Which of the three became of it."""
    return "entry" if mention.entry else "vocabulary" if mention.vocabulary else "left_out"


def timeline(acts: Sequence[Act], lang: str) -> str:
    """A column a year, cooperative above the line and conflictual below; the undated stand last."""
    if not acts:
        return ""
    years = sorted({(act.date or "9999")[:4] for act in acts})
    return _both(
        lambda width: _timeline(acts, years, lang, width), text.translate(N_("Relation timeline"), lang)
    )


def _timeline(acts: Sequence[Act], years: Sequence[str], lang: str, width: int) -> tuple[int, list[str]]:
    columns: dict[str, tuple[list[Act], list[Act]]] = {year: ([], []) for year in years}
    for act in acts:
        columns[(act.date or "9999")[:4]][act.deed in CONFLICTUAL].append(act)
    above, below = (max(len(pair[side]) for pair in columns.values()) for side in (0, 1))
    line = 22 + 22 * above
    shapes = [f'<path d="M0 {line}H{width}" stroke="var(--ink)"/>']
    shapes += [_text(0, 12, text.translate(N_("cooperative"), lang), "var(--soft)", 12)]
    if below:
        shapes.append(
            _text(0, line + 40 + 22 * below, text.translate(N_("conflictual"), lang), "var(--soft)", 12)
        )
    for n, (year, (friendly, hostile)) in enumerate(columns.items()):
        x = 8 + n * (width - 8) / len(columns)
        said = text.translate(N_("undated"), lang) if year == "9999" else year
        shapes.append(_text(x - 6, line + 17, said, "var(--ink)", 13, True))
        for side, group in ((-1, friendly), (1, hostile)):
            for k, act in enumerate(group):
                y = line - 14 - 22 * k if side < 0 else line + 34 + 22 * k
                hue = "var(--coca)" if side < 0 else "var(--bad)"
                shapes.append(f'<circle cx="{x:.0f}" cy="{y}" r="5" fill="{hue}"/>')
                shapes.append(
                    _text(x + 10, y + 4, f"{text.translate(TYPES[act.deed], lang)}", "var(--ink)", 12.5)
                )
    return line + 48 + 22 * below, shapes


def squares(coverage: Coverage, lang: str) -> str:
    """One square for each thing a statement names, in the order it is said."""
    label = coverage.statement.title.say(lang)

    def drawn(width: int) -> tuple[int, list[str]]:
        across = width // 16
        shapes = []
        for n, mention in enumerate(coverage.mentions):
            fill, stroke = HELD[state_of(mention)]
            x, y = 1 + 16 * (n % across), 1 + 16 * (n // across)
            shapes.append(
                f'<rect x="{x}" y="{y}" width="12" height="12" fill="{fill}" stroke="{stroke}" stroke-width="1.5">'
                f"<title>{escape(mention.gist.say(lang))}</title></rect>"
            )
        return 16 * (1 + (len(coverage.mentions) - 1) // across) if coverage.mentions else 4, shapes

    return _both(drawn, label)


def matrix(rows: Mapping[str, Sequence[bool]], columns: Sequence[str], lang: str) -> str:
    """Threats by statement: a dot where it is named."""
    if not rows:
        return ""

    def drawn(width: int) -> tuple[int, list[str]]:
        left = 250 if width == WIDE else 178
        step = (width - left) / len(columns)
        shapes = [
            # a word beside a year stands a line lower where columns are narrow, so that the two do not touch
            _text(
                left + step * n + 10,
                14 if width == WIDE or len(c) <= 4 else 25,
                c,
                "var(--soft)",
                12 if width == WIDE else 9.5,
                middle=True,
            )
            for n, c in enumerate(columns)
        ]
        for k, (name, marks) in enumerate(rows.items()):
            y = 38 + 24 * k
            lines = wrap(name, 40 if width == WIDE else 30)[:2]
            size = 13.0 if len(lines) == 1 else 10.5
            shapes += [
                _text(0, y + 4 - 6 * (len(lines) - 1) + 11 * i, line, "var(--ink)", size)
                for i, line in enumerate(lines)
            ]
            shapes.append(f'<path d="M{left} {y}H{width}" stroke="var(--rule)"/>')
            shapes += [
                f'<circle cx="{left + step * n + 10:.0f}" cy="{y}" r="6" fill="var(--coca)"/>'
                for n, mark in enumerate(marks)
                if mark
            ]
        return 38 + 24 * len(rows), shapes

    return _both(drawn, text.translate(N_("Threats named, by statement"), lang))


def theory(nodes: Sequence[Node], edges: Sequence[Edge], grades: Mapping[str, str], lang: str) -> str:
    """Three columns and the edges between them, numbered as in the list below, dashed where nothing tests them."""
    if not edges:
        return ""
    label = text.translate(N_("Theory of change: an intervention, its output, the outcome"), lang)
    return _both(lambda width: _theory(nodes, edges, grades, lang, width), label)


def _theory(
    nodes: Sequence[Node], edges: Sequence[Edge], grades: Mapping[str, str], lang: str, width: int
) -> tuple[int, list[str]]:
    layers = [[n for n in nodes if n.layer == layer] for layer in ("intervention", "output", "outcome")]
    tall = 66 * max(map(len, layers)) + 20
    box = 150 if width == WIDE else 82
    margin = 40 if width == WIDE else 26
    at = {
        node.id: ((width - box - margin) * column / 2, 30 + (tall - 20) * (row + 0.5) / len(layer))
        for column, layer in enumerate(layers)
        for row, node in enumerate(layer)
    }
    shapes: list[str] = []
    for number, edge in enumerate(edges, 1):
        (x1, y1), (x2, y2) = at[edge.cause], at[edge.effect]
        hue, dash = LINES[grades[edge.id]]
        same = x1 == x2
        x1 += box
        bend = x1 + margin if same else 0.0
        path = (
            f"M{x1:.0f} {y1:.0f}C{bend:.0f} {y1:.0f} {bend:.0f} {y2:.0f} {x1:.0f} {y2:.0f}"
            if same
            else f"M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}"
        )
        shapes.append(
            f'<path d="{path}" fill="none" stroke="{hue}" stroke-width="2.2" stroke-dasharray="{dash}"/>'
        )
        share = 0.25 if abs(y2 - y1) > 40 else 0.65  # numbers of edges that cross do not meet
        mark = (
            (x1 + 0.75 * margin - 4, (y1 + y2) / 2)
            if same
            else (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share)
        )
        shapes.append(
            f'<circle cx="{mark[0]:.0f}" cy="{mark[1]:.0f}" r="9" fill="var(--paper)" stroke="{hue}"/>'
        )
        shapes.append(_text(mark[0], mark[1] + 4, str(number), "var(--ink)", 11, middle=True))
    for node in nodes:
        x, y = at[node.id]
        shapes.append(
            f'<rect x="{x:.0f}" y="{y - 23:.0f}" width="{box}" height="46" rx="4" fill="var(--card)" stroke="var(--rule)"/>'
        )
        lines = wrap(node.name.say(lang), 20 if width == WIDE else 13, break_long_words=False)[:3]
        size = 13.0 if width == WIDE else 10.5
        top = y + 4 - 6.5 * (len(lines) - 1)
        shapes += [
            _text(x + box / 2, top + 13 * k, line, "var(--ink)", size, middle=True)
            for k, line in enumerate(lines)
        ]
    heads = [N_("Intervention"), N_("Output"), N_("Outcome")]
    for column, head in enumerate(heads):
        x = (width - box - margin) * column / 2
        shapes.append(_text(x, 14, text.translate(head, lang), "var(--soft)", 12, True))
    return tall + 30, shapes


def _both(drawn: Callable[[int], tuple[int, list[str]]], label: str) -> str:
    """The drawing at both widths; the page shows one."""
    parts = []
    for width, name in ((WIDE, "wide"), (NARROW, "narrow")):
        height, shapes = drawn(width)
        parts.append(
            f'<svg class="chart {name}" role="img" aria-label="{escape(label)}" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}">{"".join(shapes)}</svg>'
        )
    return "".join(parts)


def _text(
    x: float, y: float, said: str, colour: str, size: float, bold: bool = False, middle: bool = False
) -> str:
    weight = ' font-weight="650"' if bold else ""
    anchor = ' text-anchor="middle"' if middle else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size:g}" fill="{colour}"{weight}{anchor}>{escape(said)}</text>'
