"""Where cases are: found without reading anything of them."""

from pathlib import Path

from vereda.errors import BadRequest

PACKAGE = Path(__file__).resolve().parents[1]


def find_case(name: str) -> Path:
    """The folder of a case: a path, or the name of a case in `cases/` or one that comes with vereda."""
    places = [Path(name), Path("cases") / name, PACKAGE / "cases" / name, PACKAGE.parents[1] / "cases" / name]
    for folder in places:
        if (folder / "case.yml").is_file():
            return folder
    raise BadRequest(
        f"There is no case {name!r}: looked for case.yml in {', '.join(str(p) for p in places[:2])} and in vereda itself. "
        "Name the folder of a case, or start one with `vereda init NAME`."
    )
