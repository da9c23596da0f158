"""The profiler: what an unknown file shows of how it should be described. It proposes, with its evidence, and never decides."""

from vereda.sources.profiling.locales import Figures
from vereda.sources.profiling.note import Note, Proposed, note
from vereda.sources.profiling.opening import Opened, open_file, provisional
from vereda.sources.profiling.profile import Column, Profile, number_format, profile

__all__ = [
    "Column", "Figures", "Note", "Opened", "Profile", "Proposed", "note", "number_format", "open_file", "profile",
    "provisional",
]  # fmt: skip
