"""What was agreed: reads the reviewed files of a case and judges its commitments."""

from vereda.cooperation.coverage import coverage
from vereda.cooperation.evidence import find, own_step, steps, verdict
from vereda.cooperation.held import scope_figures, training_figures
from vereda.cooperation.progress import answer, gather, judge, promise, promises
from vereda.cooperation.register import ordinal_gaps, read, superseded
from vereda.cooperation.sentences import MESSAGES
from vereda.cooperation.target import arithmetic, due_day, target_value

__all__ = [
    "MESSAGES",
    "answer",
    "arithmetic",
    "coverage",
    "due_day",
    "find",
    "gather",
    "judge",
    "ordinal_gaps",
    "own_step",
    "promise",
    "promises",
    "read",
    "scope_figures",
    "steps",
    "superseded",
    "target_value",
    "training_figures",
    "verdict",
]
