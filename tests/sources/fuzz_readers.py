"""Coverage-guided search for bytes that a reader neither reads nor refuses: `make fuzz`, with SECONDS=300.

atheris (libFuzzer) changes the extracts of all sources, one reader after the other, towards code that has not run yet. A
VeredaError that names the file is right; any other error, or a minute for one file, stops the search and keeps the bytes.
"""

import random
import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "sources"))
with atheris.instrument_imports(include=["vereda"]):
    from vereda import sources

from sources_case import EXTRACTS  # noqa: E402
from test_sources_fuzz import attempt  # noqa: E402

#: One of each way of reading: wide and long text, events, places, neighbours, polygons, each kind of file.
READERS = (
    "odc-simci-coca", "ponal-homicides", "ucdp-events", "dane-divipola", "dane-adjacency", "dane-mgn-geometry",
    "mindefensa-kidnapping", "cede-conflict-panel", "cede-context-panel", "aiddata-aims-iati", "upra-eva-crops",
    "vipaa-armed-actors", "cnmh-conflict-cases", "deforestation-choco", "demining-activities",
)  # fmt: skip


def main(folder: Path) -> None:
    """Seeds into `folder`/seeds, then the search; further arguments are libFuzzer's (-max_total_time=300)."""
    names = {name: next((EXTRACTS / name).glob("*")).name for name in READERS}
    seeds, files = folder / "seeds", folder / "files"
    seeds.mkdir(parents=True, exist_ok=True)
    files.mkdir(exist_ok=True)
    for number, name in enumerate(READERS):
        content = (EXTRACTS / name / names[name]).read_bytes()
        (seeds / name).write_bytes(bytes([number]) + content)
    assert set(READERS) <= set(sources.datasets())

    def one(content: bytes) -> None:
        if not content:
            return
        name = READERS[content[0] % len(READERS)]
        path = files / names[name]
        path.write_bytes(content[1:])
        attempt(name, path)

    random.seed(0)
    atheris.Setup([sys.argv[0], str(seeds), "-timeout=60", "-rss_limit_mb=4096", "-seed=1", f"-artifact_prefix={folder}/", *sys.argv[2:]], one)  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
