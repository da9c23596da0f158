"""Every sentence in both languages with the same blanks; without the extra, the core says how to get it."""

import subprocess
import sys
from string import Formatter

from vereda.pipeline.imagery_words import WORDS


def test_both_languages_fill_the_same_blanks() -> None:
    for word, (english, spanish) in WORDS.items():
        assert english, word
        assert spanish, word
        names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, spanish)]
        assert names[0] == names[1], word


WITHOUT = """
import sys
class None_:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in ('sklearn', 'lightgbm', 'rasterio', 'rioxarray', 'zarr', 'odc', 'pystac', 'xarray'):
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, None_())
from click.testing import CliRunner
from vereda.cli import main
for args in sys.argv[1:]:
    found = CliRunner().invoke(main, args.split())
    print(found.exit_code, found.output)
"""


def test_without_the_extra_commands_say_how_to_get_it(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "f.csv").write_text("file,band,date\na.tif,ndvi,2020-01-01\n", encoding="utf-8")
    ask = [
        f"scenes build {tmp_path}/f.csv --out {tmp_path}/c.zarr",
        f"scenes info {tmp_path}/c.zarr",
        "classify --help",
        "area --help",
    ]
    found = subprocess.run([sys.executable, "-c", WITHOUT, *ask], capture_output=True, text=True, check=True)
    assert found.stdout.count("pip install 'vereda[imagery]'") == 2, found.stdout
    assert found.stdout.count("\n0 ") + found.stdout.startswith("0 ") == 2
