"""The house's one import rule: a room knows `terms` and `errors`; only the pipeline knows rooms; the cli knows the pipeline."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src" / "vereda"
ROOMS = sorted(p.name for p in SRC.iterdir() if p.is_dir() and (p / "__init__.py").exists())
ALLOWED = {
    "terms": {"errors"},
    "pipeline": set(ROOMS) | {"errors"},
    "cli": {"pipeline", "errors"},
}


def _imports(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "vereda":
            names |= {node.module} if node.module != "vereda" else {f"vereda.{a.name}" for a in node.names}
        elif isinstance(node, ast.Import):
            names |= {a.name for a in node.names if a.name.split(".")[0] == "vereda"}
    return {name.split(".")[1] for name in names if "." in name} - {"__version__"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_only_terms_and_errors(room: str) -> None:
    allowed = ALLOWED.get(room, {"terms", "errors"}) | {room}
    for file in (SRC / room).rglob("*.py"):
        assert _imports(file) <= allowed, (
            f"{file.relative_to(SRC)} imports {sorted(_imports(file) - allowed)}"
        )


def test_only_the_store_writes_to_disk() -> None:
    writing = {"write_text", "write_bytes", "mkdir", "rename", "unlink", "symlink_to", "rmtree"}
    for file in SRC.rglob("*.py"):
        if file.relative_to(SRC).parts[0] == "store":
            continue
        calls = {n.func.attr for n in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
                 if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)}  # fmt: skip
        assert not calls & writing, f"{file.relative_to(SRC)} writes: {sorted(calls & writing)}"


def test_one_file_opens_the_network() -> None:
    for file in SRC.rglob("*.py"):
        if file.relative_to(SRC).as_posix() == "fetching/door.py":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        names |= {
            n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module
        }
        assert not names & {"httpx", "requests", "urllib3", "socket", "http"}, file


def test_the_engine_names_no_country() -> None:
    """Colombia lives in cases and in the folders of its sources, not in code."""
    for file in SRC.rglob("*.py"):
        if "sources" in file.relative_to(SRC).parts or file.relative_to(SRC).parts[0] == "cli":
            continue
        text = ast.unparse(_without_docstrings(ast.parse(file.read_text(encoding="utf-8"))))
        for word in ("Colombia", "Tumaco", "UNODC", "simci", "divipola"):
            assert word not in text, f"{file.relative_to(SRC)} names {word}"


def _without_docstrings(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [
                n
                for n in body
                if not (
                    isinstance(n, ast.Expr)
                    and isinstance(n.value, ast.Constant)
                    and isinstance(n.value.value, str)
                )
            ]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
    return tree


def test_a_command_loads_what_it_needs() -> None:
    """`vereda read` answers in half a second: whatever draws, computes or stores is loaded by the command that asks."""
    heavy = "{'altair', 'numba', 'pandas', 'pyarrow', 'duckdb', 'sklearn'}"
    told = subprocess.run(
        [sys.executable, "-c", f"import sys, vereda.cli; print(sorted({heavy} & set(sys.modules)))"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert told.stdout.strip() == "[]"
