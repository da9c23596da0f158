"""Where rooms meet. Read `path` first: from vintages to answers and pages.

path        run a case, ask it, evaluate its plans (loaded when one of its names is used: `vereda estimate` needs none)
study       a case on the table: register, sources, editions, checks
intake      check, verify, keep, init
fetching    the publishers' servers asked, what arrives kept and handed to `keep` (fetch_shown, fetch_words)
drafting    an unknown file profiled, a description proposed: `vereda sources draft` (drafting_yaml, drafting_words)
revising    two editions of one publication compared: `vereda diff` (revision_shown, revision_words)
boundaries  codes in time, neighbours: `vereda places`
desk        which figure answers for a series, place and period
questions   agreed, done, changed
panels, evaluating   because of what
estimating  any panel, not only a case's
measuring_area, designing_area   areas from a sample of points, and the design of one (area_files, _seen, _words, _shown)
building_scenes, classifying, land_cover   scenes into cubes, labelled series into strata, a worked case (training_files, imagery_words, _shown)
watching, alerting   breaks of a cube, public alerts, by cell and week (change_words, change_shown)
tracing     the way back
reading     a statement and its candidates (candidates)
reviewing   decisions on them (review_elsewhere, _entries, _seen, _shown, _words); exporting: the forms of others
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vereda.pipeline.path import (
        Reply,
        Study,
        answer,
        check,
        differences,
        edition,
        evaluate,
        find_case,
        headline,
        init,
        keep,
        run,
        show,
        verify,
    )

__all__ = [
    "Reply", "Study", "answer", "check", "differences", "edition", "evaluate", "find_case", "headline", "init", "keep",
    "run", "show", "verify",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name.startswith("__") or find_spec(f"{__name__}.{name}") is not None:
        raise AttributeError(name)  # a module of this room: Python imports it
    return getattr(import_module(f"{__name__}.path"), name)
