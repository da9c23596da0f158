"""Statements in, candidates with exact spans out. Offline: rules and gazetteers, English and Spanish as data."""

from vereda.statements.extract import Extractor, extract
from vereda.statements.language import codes
from vereda.statements.reading import read
from vereda.statements.verify import Checked, check, digest, same, sift, span, stands, verified
from vereda.statements.vocabulary import Vocabulary
from vereda.statements.vocabulary import read as vocabulary

__all__ = [
    "Checked", "Extractor", "Vocabulary", "check", "codes", "digest", "extract", "read", "same", "sift", "span", "stands",
    "verified", "vocabulary",
]  # fmt: skip
