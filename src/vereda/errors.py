"""Every error vereda raises on purpose. Each says what happened, where, and what to do.

VeredaError
├── BadSource          a publisher's file is not what its description says
│   ├── UnknownColumn  a column is new or missing
│   ├── BadNumber      a cell is not a number in the column's locale
│   ├── DuplicateKey   two rows claim one place and period
│   └── NotReconciled  the figures do not add up to what was published
├── UnknownPlace       a place code that is in no gazetteer we hold
├── BadPeriod          a period or vintage that cannot be read, or lies outside coverage
├── BadCase            the reviewed files of a case are wrong (all faults at once)
├── BadStatement       a document that cannot be read as a statement, or is no longer the one that was read
├── BadStore           the store is too old, busy, damaged, or the disk refuses
├── NotFetched         a publisher's server did not give what was asked for, whole and as described
├── WaitingForData     the description is here, the vintage is not
├── NoTrace            a number without a way back; it is not published
├── BadDesign          a panel or plan that cannot answer the question asked of it
├── NotCertified       a solver that did not reach its optimum; nothing is reported
└── BadRequest         a command asked for something that does not exist
    └── NeedsExtra     a command needs packages that are not part of the core
"""

from collections.abc import Mapping, Sequence


class VeredaError(Exception):
    """Something the person at the desk can mend; printed without a traceback."""


class BadSource(VeredaError):
    """A publisher's file is not what its description says."""


class UnknownColumn(BadSource):
    """A column is new or missing."""


class BadNumber(BadSource):
    """A cell is not a number in the locale of its column."""


class DuplicateKey(BadSource):
    """Two rows claim the same place and period."""


class NotReconciled(BadSource):
    """The figures do not add up to what was published."""


class UnknownPlace(VeredaError):
    """A place code that is in no gazetteer we hold."""

    def __init__(self, code: str, where: str = "", near: Sequence[str] = ()) -> None:
        hint = f" Nearest codes: {', '.join(near)}." if near else ""
        at = f"{where}: " if where else ""
        super().__init__(
            f"{at}{code!r} is not a place in the gazetteer.{hint} "
            "Codes are text and keep their leading zeros ('CO-05120', not 5120). "
            "A new municipality or an alias is added to the gazetteer's source."
        )


class BadPeriod(VeredaError):
    """A period or vintage that cannot be read, or lies outside coverage."""


class Fault:
    """One fault in a case file: where it stands and what to do."""

    __slots__ = ("file", "line", "problem", "remedy")

    def __init__(self, file: str, line: int, problem: str, remedy: str) -> None:
        self.file, self.line, self.problem, self.remedy = file, line, problem, remedy

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem} -> {self.remedy}"


class BadCase(VeredaError):
    """The reviewed files of a case are wrong; every fault is listed at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{len(self.faults)} fault(s) in the case; nothing was run:\n{lines}")


class BadStatement(VeredaError):
    """A document that cannot be read as a statement, or is no longer the one that was read."""


class BadStore(VeredaError):
    """The store is too old, busy, damaged, or the disk refuses."""


class NotFetched(VeredaError):
    """A publisher's server did not give what was asked for, whole and as described.

    `why` names the sentence and `values` fill it, so that it can be said in another language.
    """

    def __init__(self, message: str, why: str = "", values: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.why, self.values = why, dict(values or {})


class WaitingForData(VeredaError):
    """The description is here, the vintage is not; the message names the source and the command."""


class NoTrace(VeredaError):
    """A number without a way back; the publisher refuses it."""


class BadDesign(VeredaError):
    """A panel or a plan that cannot answer the question asked of it."""


class NotCertified(VeredaError):
    """A solver that did not reach its optimum; nothing is reported."""


class BadRequest(VeredaError):
    """A command asked for something that does not exist."""


class NeedsExtra(BadRequest):
    """A command needs packages that are not part of the core."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"This command needs {package}, which comes with the extra {extra!r}: pip install 'vereda[{extra}]'. "
            "Everything else runs without it."
        )
