from dataclasses import replace

import pytest

from vereda import publication
from vereda.errors import NoTrace
from vereda.publication.ledger import Ledger, figures
from vereda.publication.refuse import bare_numbers, must_be_traced
from vereda.terms.figure import Figure, Step


@pytest.mark.parametrize(
    "html",
    [
        "<p>It grew by 47 percent.</p>",
        '<p><a href="x.html">252,573 ha</a></p>',
        "<td>12</td>",
        '<p><a class="n" href="x">47 %</a> of 300</p>',
        "<p>&#49;7 commitments</p>",
    ],
)
def test_a_bare_number_is_refused(html: str) -> None:
    assert bare_numbers(html)
    with pytest.raises(NoTrace, match="bare number"):
        must_be_traced({"index.html": html})


@pytest.mark.parametrize(
    "html",
    [
        '<p><a class="n" href="trace/x.html#t2023">252,573 ha</a></p>',
        '<time datetime="2018-03-01">1 March 2018</time>',
        "<code>CO-52835</code>",
        '<svg viewBox="0 0 10 10"><text>2023</text></svg>',
        '<span class="plain">by 2023</span>',
        '<td data-th="2023" class="r plain">12</td>',
    ],
)
def test_what_walks_somewhere_or_is_a_label_may_stand(html: str) -> None:
    assert bare_numbers(html) == []


def test_a_figure_without_a_trace_stops_the_publication(edition, tracer) -> None:
    lost = Figure(1.0, "ha", "coca_area@CO-99999:2023")
    done = replace(edition.done, training=(lost,))
    with pytest.raises(NoTrace, match="CO-99999"):
        publication.site(replace(edition, done=done), tracer)


def test_a_trace_that_says_another_number_stops_the_publication(edition, tracer) -> None:
    first = edition.changed.indicators[0]
    wrong = replace(first.current[-1], value=1.0)
    changed = replace(
        edition.changed,
        indicators=(replace(first, current=(*first.current[:-1], wrong)), *edition.changed.indicators[1:]),
    )
    with pytest.raises(NoTrace, match=r"prints 1\.0"):
        publication.site(replace(edition, changed=changed), tracer)


def test_every_fault_is_told_at_once() -> None:
    def never(key: str) -> Step:
        raise NoTrace("no")

    with pytest.raises(NoTrace, match=r"3 number\(s\)"):
        Ledger([Figure(1.0, "ha", f"a@CO:{year}") for year in (2001, 2002, 2003)], [], never)


def test_figures_are_found_however_deep(edition) -> None:
    found = {f.trace for f in figures(edition)}
    assert "coca_area@CO-52835:2023~unodc-simci~2026-02~odc-simci-coca" in found
    assert "target@C02:0" in found  # inside a reading, and inside a message
