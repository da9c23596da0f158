"""IATI files: transactions with their donor and line; nothing a file declares is fetched or unfolded."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources_case import EXTRACTS, publishers

from vereda import sources
from vereda.errors import BadSource, VeredaError
from vereda.sources import iati
from vereda.sources.description import Expect
from vereda.terms.place import Gazetteer

(EXTRACT,) = (EXTRACTS / "aiddata-aims-iati").glob("*")
ACTIVITY = """<iati-activity default-currency="USD"><iati-identifier>A-1</iati-identifier>
<participating-org role="1"><narrative>Sweden</narrative></participating-org>
<participating-org role="1"><narrative>Norway</narrative></participating-org>
<participating-org role="4"><narrative>An agency</narrative></participating-org>
<recipient-country code="CO"/>
<transaction><transaction-type code="2"/><transaction-date iso-date="2012-01-01"/><value>10.5</value></transaction>
<transaction><transaction-type code="3"/><value currency="EUR">4</value></transaction>
</iati-activity>"""


def file(folder: Path, inside: str = ACTIVITY, head: str = "", version: str = "2.03") -> Path:
    path = folder / "activities.xml"
    path.write_text(
        f'<?xml version="1.0"?>{head}<iati-activities version="{version}">{inside}</iati-activities>'
    )
    return path


def transactions(path: Path) -> list[dict[str, str]]:
    return [row for _, batch in iati.blocks(path) for row in batch.to_pylist()]


def test_a_transaction_knows_its_activity_and_its_line(tmp_path: Path) -> None:
    first, second = transactions(file(tmp_path))
    assert first == {
        "activity": "A-1", "donor": "Sweden;Norway", "country": "CO", "sector": "", "type": "2", "date": "2012-01-01",
        "currency": "USD", "value": "10.5", "row": "6",
    }  # fmt: skip
    assert (second["type"], second["date"], second["currency"], second["value"]) == ("3", "", "EUR", "4")


@pytest.mark.parametrize("version", ["1.05", "2.04", ""])
def test_another_version_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(BadSource, match=r"is not read, only activities of 2\.01, 2\.02, 2\.03"):
        transactions(file(tmp_path, version=version))


def test_a_billion_laughs_are_refused(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    head = f'<!DOCTYPE iati-activities [<!ENTITY l0 "ha">{entities}]>'
    laughing = ACTIVITY.replace("Sweden", "&l9;")
    with pytest.raises(BadSource, match="declares a document type"):
        transactions(file(tmp_path, laughing, head))


def test_an_entity_that_points_to_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("a secret")
    head = f'<!DOCTYPE iati-activities [<!ENTITY s SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    with pytest.raises(BadSource, match="declares a document type"):
        transactions(file(tmp_path, ACTIVITY.replace("Sweden", "&s;"), head))


def test_nothing_a_file_names_is_fetched(tmp_path: Path) -> None:
    asked: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *said: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        head = f'<!DOCTYPE iati-activities SYSTEM "http://127.0.0.1:{server.server_port}/iati.dtd">'
        with pytest.raises(BadSource, match="declares a document type"):
            transactions(file(tmp_path, head=head))
        server.shutdown()
    assert asked == []


def test_a_gzip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iati, "UNPACKED", 1 << 18)
    path = tmp_path / "bomb.xml.gz"
    path.write_bytes(gzip.compress(b'<iati-activities version="2.03">' + b" " * (1 << 20)))
    with pytest.raises(BadSource, match="a bomb, or the wrong file"):
        transactions(path)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    whole = gzip.decompress(EXTRACT.read_bytes())
    path = tmp_path / "cut.xml"
    for end in range(0, len(whole) - 25, 211):
        path.write_bytes(whole[:end])
        with pytest.raises(BadSource):
            transactions(path)
    packed = tmp_path / "cut.xml.gz"
    packed.write_bytes(EXTRACT.read_bytes()[:-20])
    with pytest.raises(BadSource, match="cut or damaged"):
        transactions(packed)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(at=st.integers(0, 10_000), by=st.binary(max_size=4))
def test_bytes_changed_anywhere_give_rows_or_a_plain_refusal(tmp_path: Path, at: int, by: bytes) -> None:
    whole = bytearray(gzip.decompress(EXTRACT.read_bytes()))
    at %= len(whole)
    whole[at : at + len(by)] = by
    path = tmp_path / "changed.xml"
    path.write_bytes(bytes(whole))
    try:
        found = transactions(path)
    except VeredaError:
        return
    assert all({*row} == {*iati.COLUMNS} for row in found)


def test_a_wrong_country_is_named_with_its_line(colombia: Gazetteer, tmp_path: Path) -> None:
    text = (
        gzip.decompress(EXTRACT.read_bytes())
        .decode()
        .replace('recipient-country code="CO"', 'recipient-country code="QQ"')
    )
    path = tmp_path / "elsewhere.xml"
    path.write_text(text)
    described = sources.describe("aiddata-aims-iati").model_copy(update={"expect": Expect()})
    with pytest.raises(VeredaError, match=r"elsewhere.xml:44: column 'country'"):
        sources.read(described, path, colombia)


@pytest.mark.shared
def test_the_table_and_the_iati_file_tell_the_same(colombia: Gazetteer) -> None:
    """Two routes to 849.4 million dollars: years, donors and sums agree to the cent."""

    def sums(name: str) -> dict[tuple[str, str], float]:
        table = sources.read(sources.describe(name), publishers(name), colombia)
        return {(r["series"], r["period"]): round(r["value"], 2) for r in table.to_pylist()}

    table, xml = sums("aiddata-aims-projects"), sums("aiddata-aims-iati")
    assert table == xml
    assert sum(v for (series, _), v in xml.items() if series == "aid_committed") == pytest.approx(
        849.35e6, abs=5e3
    )
    assert sum(v for (series, _), v in xml.items() if series.endswith("united-states")) == pytest.approx(
        198e6, abs=5e5
    )


@pytest.mark.shared
def test_the_whole_file_holds_one_commitment_an_activity() -> None:
    rows = transactions(publishers("aiddata-aims-iati"))
    assert len(rows) == 638
    assert len({row["activity"] for row in rows}) == 638
    assert {row["type"] for row in rows} == {"2"}
    assert sum(row["country"] == "" for row in rows) == 27
