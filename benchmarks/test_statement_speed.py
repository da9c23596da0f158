"""Reading statements: a two-page text from the shell, pages an hour on one core, memory over ten thousand pages.

A page is 3,000 characters. The texts are the made-up statements of the tests, with their marks taken off and other
figures in every copy, so that nothing is read twice. spaCy runs beside us on the same pages: a blank pipeline with its
rule-based sentences and a matcher for the phrases of the same case, because its models are no part of the package.
"""

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from vereda import statements
from vereda.pipeline.reading import gazetteer
from vereda.statements.gold import folder
from vereda.statements.language import language

ROOT = Path(__file__).resolve().parents[1]
CASE = ROOT / "cases" / "us-colombia"
PAGE = 3000  # characters
PAGES = int(10_000 * float(os.environ.get("VEREDA_BENCH_SCALE", "1")))
AIM = 10_000  # pages an hour on one core


@cache
def _made_up(lang: str) -> str:
    texts = [a.text for a in folder(ROOT / "tests" / "data" / "statements") if a.lang == lang]
    return "\n\n".join(texts)


def document(n: int, pages: int = 2, lang: str = "en") -> str:
    """A statement of so many pages; every one has other numbers."""
    whole = _made_up(lang)
    start = whole.find("\n\n", (n * 997) % len(whole)) + 2
    text = (whole[start:] + "\n\n" + whole * (pages * PAGE // len(whole) + 1))[: pages * PAGE]
    return re.sub(r"\b\d{3,}\b", lambda m: m[0] if 1900 < int(m[0]) < 2100 else str(100 + n % 900), text)


# ---- a process of its own -----------------------------------------------------------------------------------


def cold(file: Path) -> tuple[float, float]:
    """Seconds of the clock and of the processor that `vereda read FILE` takes, from the shell."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(
        [Path(sys.executable).with_name("vereda"), "read", file, "--text-lang", "en"],
        check=True,
        capture_output=True,
    )
    took = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.benchmark(group="statements")
def test_a_two_page_statement_from_the_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "two-pages.txt"
    file.write_text(document(1), encoding="utf-8")
    found = [cold(file) for _ in range(9)]
    with capsys.disabled():
        print(
            f"\nvereda read, 2 pages, cold: {median(f[0] for f in found):.2f} s (fastest {min(f[0] for f in found):.2f}; "
            f"processor {median(f[1] for f in found):.2f} s); aim 0.5 s; load {os.getloadavg()[0]:.1f}"
        )


# ---- one process, many pages --------------------------------------------------------------------------------


def resident() -> float:
    """Memory held now, MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def ours(pages: int, lang: str) -> Iterator[tuple[int, int]]:
    """Read and extract two-page statements; pages done and candidates found, as they come."""
    words, places = statements.vocabulary(CASE), gazetteer(CASE)
    for n in range(pages // 2):
        read = statements.read(f"{n}.txt", document(n, lang=lang).encode(), lang)
        yield 2 * (n + 1), len(statements.extract(read, words, places))


def theirs(pages: int, lang: str) -> Iterator[tuple[int, int]]:
    """The same pages by spaCy: tokens, sentences, and a matcher for the names and verbs of the case."""
    spacy = pytest.importorskip("spacy")
    from spacy.matcher import PhraseMatcher

    nlp = spacy.blank(lang)
    nlp.add_pipe("sentencizer")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher.add("case", [nlp.make_doc(p) for p in phrases(lang)])
    for n in range(pages // 2):
        doc = nlp(document(n, lang=lang))
        yield 2 * (n + 1), len(matcher(doc)) + sum(1 for _ in doc.sents)


def phrases(lang: str) -> list[str]:
    """Names of the places, organisations, instruments, threats and interventions of the case, and the verbs of will."""
    words = statements.vocabulary(CASE)
    names = [
        n
        for entries in words.entries.values()
        for e in entries
        for n in (*e.get("names", ()), *e.get("phrases", ()))
    ]
    verbs = list(_texts(language(lang)["commitments"]))
    return [*names, *verbs, *(p.name for p in gazetteer(CASE).places.values())]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(part)


def timed(read: Iterator[tuple[int, int]]) -> tuple[float, int, int]:
    """Processor seconds, pages and things found."""
    next(read)  # dictionaries and patterns are made once
    started, pages, found = time.process_time(), 0, 0
    for _, n in read:
        pages, found = pages + 2, found + n
    return time.process_time() - started, pages, found


@pytest.mark.benchmark(group="statements")
@pytest.mark.parametrize("lang", ["en", "es"])
def test_pages_an_hour_on_one_core(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    pages = max(40, PAGES // 25)
    took, done, found = timed(ours(pages, lang))
    assert found > done  # every page of a statement says something
    line = f"\n{lang}: ours {3600 * done / took:>12,.0f} pages an hour of one core ({1e3 * took / done:.1f} ms a page); aim {AIM:,}"
    try:
        theirs_took, theirs_done, _ = timed(theirs(pages, lang))
        line += f"\n    spaCy, blank, sentences and matcher {3600 * theirs_done / theirs_took:>12,.0f}"
    except pytest.skip.Exception as why:
        line += f"\n    spaCy was not run: {why}"
    with capsys.disabled():
        print(line)


@pytest.mark.benchmark(group="statements")
def test_memory_over_ten_thousand_pages(capsys: pytest.CaptureFixture[str]) -> None:
    held: dict[int, float] = {}
    for done, _ in ours(PAGES, "en"):
        if done % max(2, PAGES // 10) == 0:
            held[done] = resident()
    with capsys.disabled():
        print("\nmemory, MB by pages read: " + ", ".join(f"{n:,}: {mb:.0f}" for n, mb in held.items()))
