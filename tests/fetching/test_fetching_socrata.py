"""The Socrata client against a portal that caps, cuts, lies and forgets."""

import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from fetching_case import COLUMNS, ID, TABLE, Waited, bring, events, held, rows_of, settled, socrata
from portal import DEFAULT_LIMIT, Portal, bomb, cut, page, silence, status

from vereda.errors import NotFetched
from vereda.store import Arrivals


@pytest.fixture
def shelf(tmp_path: Path) -> Arrivals:
    return Arrivals(tmp_path / "fetched" / "a-dataset")


def refused(server: Portal, shelf: Arrivals, waited: Waited | None = None, **said: object) -> NotFetched:
    with pytest.raises(NotFetched) as fault:
        bring(socrata(server, **said), shelf, waited=waited)
    return fault.value


def test_every_row_arrives_once_and_as_printed(server: Portal, shelf: Arrivals) -> None:
    held(server, 2500)
    got, path = bring(socrata(server, page=700), shelf)
    wanted = [{c: row[c] or "" for c in COLUMNS} for row in events(2500)]
    assert rows_of(path) == wanted
    assert got.rows == 2500
    whole = sum(Decimal(row["cantidad"]) for row in events(2500) if row["cantidad"])
    assert [Decimal(text) for text in got.sums["cantidad"]] == [whole, whole]
    assert got.published == "2026-09-21"


def test_the_default_limit_of_the_portal_is_never_relied_on(server: Portal, shelf: Arrivals) -> None:
    held(server, DEFAULT_LIMIT + 1)
    got, _ = bring(socrata(server), shelf)
    assert got.rows == DEFAULT_LIMIT + 1
    assert all(int(a.query["$limit"]) == 50_000 and a.query["$order"] == ":id" for a in server.pages())


def test_a_cap_below_what_was_asked_loses_no_row(server: Portal, shelf: Arrivals) -> None:
    held(server, 2500, cap=1000)
    got, _ = bring(socrata(server, page=20_000), shelf)
    assert got.rows == 2500
    assert [a.query["$offset"] for a in server.pages()] == ["0", "1000", "2000", "2500"]


def test_we_say_who_we_are(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    bring(socrata(server), shelf)
    assert all(a.headers["user-agent"].startswith("vereda/") for a in server.asked)


def test_a_portal_that_refuses_names_the_token(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    server.goes_wrong("/api/views", status(403))
    waited = Waited()
    fault = refused(server, shelf, waited)
    assert fault.why == "refused"
    assert "VEREDA_SOCRATA_TOKEN" in str(fault)
    assert not waited.pauses  # asking again would not help


def test_the_token_goes_to_the_portal_and_nowhere_else(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    got, path = bring(socrata(server), shelf, token="s3cret-token")
    assert {a.headers.get("x-app-token") for a in server.asked} == {"s3cret-token"}
    settled(shelf, got, path)
    kept = b"".join(p.read_bytes() for p in shelf.folder.rglob("*") if p.is_file())
    assert b"s3cret-token" not in kept
    server.goes_wrong("/api/views", status(403))
    with pytest.raises(NotFetched) as fault:
        bring(socrata(server), shelf, token="s3cret-token")
    assert "s3cret-token" not in str(fault.value)
    assert "not accepted" in str(fault.value)


def test_retry_after_is_heeded(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    server.goes_wrong(TABLE, status(429, Retry_After="17"), status(503))
    waited = Waited(first=1.0)
    got, _ = bring(socrata(server), shelf, waited=waited)
    assert got.rows == 10
    assert waited.pauses == [17.0, 2.0]  # as long as asked; then our own pause, doubled


def test_a_wait_past_the_limit_is_said_and_not_waited_for(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    server.goes_wrong(TABLE, status(429, Retry_After="86400"))
    waited = Waited()
    fault = refused(server, shelf, waited)
    assert fault.why == "asks_to_wait"
    assert "86400" in str(fault)
    assert not waited.pauses


def test_errors_of_the_server_are_outlasted(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    server.goes_wrong(TABLE, status(500), status(502), status(504))
    waited = Waited(first=1.0)
    assert bring(socrata(server), shelf, waited=waited)[0].rows == 10
    assert waited.pauses == [1.0, 2.0, 4.0]


def test_errors_without_end_are_given_up(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    server.goes_wrong(TABLE, *[status(500)] * 20)
    fault = refused(server, shelf, Waited(tries=3))
    assert fault.why == "unreachable"
    assert "HTTP 500, 3 times" in str(fault)


def test_a_cut_page_is_asked_for_again(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    server.goes_wrong(f"{ID}.json", cut(b'[{"fecha_hecho": "2010', 12, "application/json"))
    server.goes_wrong(TABLE, page('[{"cod_muni": "05001"}, {"cod_', "application/json"))
    assert bring(socrata(server), shelf)[0].rows == 10


def test_silence_is_given_up(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    server.goes_wrong("/api/views", silence(0.6), silence(0.6))
    fault = refused(server, shelf, Waited(tries=2, silence=0.2))
    assert fault.why == "unreachable"
    assert "no word" in str(fault)


def test_the_next_run_goes_on_after_a_break(server: Portal, shelf: Arrivals) -> None:
    held(server, 2500)
    bring_until = [lambda h: h._serve(*_parts(h)) for _ in range(2)]
    server.goes_wrong(":id", *bring_until, status(500), status(500))
    assert refused(server, shelf, Waited(tries=2), page=1000).why == "unreachable"
    before = len(server.pages())
    got, path = bring(socrata(server, page=1000), shelf)
    assert got.rows == len(rows_of(path)) == 2500
    assert [a.query["$offset"] for a in server.pages()[before:]] == ["2000", "2500"]


def _parts(handler: object) -> tuple[str, dict[str, str], dict[str, str]]:
    asked = handler.portal.asked[-1]  # type: ignore[attr-defined]
    return asked.path, asked.query, asked.headers


def test_pages_of_an_older_state_are_not_mixed_with_newer_ones(server: Portal, shelf: Arrivals) -> None:
    table = held(server, 2500)
    server.goes_wrong(":id", lambda h: h._serve(*_parts(h)), *[status(500)] * 2)
    refused(server, shelf, Waited(tries=2), page=1000)
    table.updated += 86_400
    before = len(server.pages())
    assert bring(socrata(server, page=1000), shelf)[0].rows == 2500
    assert server.pages()[before].query["$offset"] == "0"


def test_a_table_changed_while_it_arrives_is_not_kept(server: Portal, shelf: Arrivals) -> None:
    table = held(server, 30)

    def grows(handler: object) -> None:
        handler._serve(*_parts(handler))  # type: ignore[attr-defined]
        table.rows[0]["cantidad"] = "999"

    server.goes_wrong(":id", grows)
    assert refused(server, shelf).why == "changed_meanwhile"
    assert not list(shelf.folder.rglob("*.gz"))


def test_a_page_of_html_is_refused(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    server.goes_wrong(":id", page())
    fault = refused(server, shelf)
    assert fault.why == "wrong_type"
    assert "text/html" in str(fault)


def test_a_list_of_something_else_is_refused(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    server.goes_wrong(":id", *[page("[1, 2, 3]", "application/json")] * 2)
    assert refused(server, shelf, Waited(tries=2)).why == "unreachable"


def test_columns_that_are_gone_are_named(server: Portal, shelf: Arrivals) -> None:
    table = held(server, 10)
    table.columns = ["fecha", "cod_muni", "cantidad"]
    fault = refused(server, shelf)
    assert fault.why == "columns_gone"
    assert "fecha_hecho" in str(fault)
    assert "It has: fecha, cod_muni, cantidad" in str(fault)
    assert not server.pages()


def test_new_columns_are_told_or_refused_as_declared(server: Portal, shelf: Arrivals) -> None:
    table = held(server, 10)
    table.columns = [*COLUMNS, "unidad"]
    assert bring(socrata(server), shelf)[0].not_asked == ("unidad",)
    fault = refused(server, shelf, other_columns="refused")
    assert fault.why == "columns_new"
    assert "unidad" in str(fault)


def test_an_id_that_is_gone_is_said_plainly(server: Portal, shelf: Arrivals) -> None:
    fault = refused(server, shelf)
    assert fault.why == "gone"
    assert "404" in str(fault)
    assert "rotate" in str(fault)


def test_a_server_that_gives_the_same_page_for_ever_is_stopped(server: Portal, shelf: Arrivals) -> None:
    held(server, 2500, steady=False)
    assert refused(server, shelf, page=1000).why == "same_page"
    assert len(server.pages()) == 2


def test_an_endless_table_is_stopped(server: Portal, shelf: Arrivals) -> None:
    held(server, 2500, endless=True, cap=1000)
    fault = refused(server, shelf)
    assert fault.why == "endless"
    assert "2500" in str(fault)
    assert len(server.pages()) == 3


def test_a_bomb_is_not_unpacked(server: Portal, shelf: Arrivals) -> None:
    held(server, 10)
    server.goes_wrong(":id", bomb(50_000_000))
    fault = refused(server, shelf, most_bytes="1 MB")
    assert fault.why == "too_big"
    assert sum(p.stat().st_size for p in shelf.folder.rglob("*") if p.is_file()) < 10_000


def test_fewer_rows_than_counted_are_refused(server: Portal, shelf: Arrivals) -> None:
    held(server, 2500, counted=2501)
    fault = refused(server, shelf)
    assert fault.why == "short"
    assert fault.values == {"url": f"{server.base}/d/{ID}", "counted": "2501", "rows": "2500"}


def test_a_sum_that_differs_is_refused(server: Portal, shelf: Arrivals) -> None:
    held(server, 100, added={"cantidad": "1"})
    fault = refused(server, shelf)
    assert fault.why == "sums"
    assert fault.values["column"] == "cantidad"


def test_the_rounding_of_the_server_is_no_difference(server: Portal, shelf: Arrivals) -> None:
    table = held(server, 100)
    whole = sum(Decimal(row["cantidad"]) for row in table.rows if row["cantidad"])
    table.added = {"cantidad": str(whole + Decimal("1e-8"))}
    assert bring(socrata(server), shelf)[0].rows == 100


def test_an_unstable_order_is_noticed_although_the_count_agrees(server: Portal, shelf: Arrivals) -> None:
    table = held(server, 2000, shuffled=True)
    for row in table.rows:
        row["cantidad"] = "1"  # so that the sum agrees as well
    fault = refused(server, shelf, page=1000)
    assert fault.why == "twice"
    assert fault.values["rows"] == "1"


def test_a_table_that_is_nearly_empty_is_refused(server: Portal, shelf: Arrivals) -> None:
    held(server, 3)
    assert refused(server, shelf, rows_at_least=1000).why == "too_few"


def test_what_did_not_change_is_not_fetched_again(server: Portal, shelf: Arrivals) -> None:
    table = held(server, 100)
    latest = settled(shelf, *bring(socrata(server), shelf))
    pages = len(server.pages())
    assert bring(socrata(server), shelf, latest)[0].state == "unchanged"
    assert len(server.pages()) == pages
    table.rows[7]["cantidad"] = "5.5"  # the date says nothing changed; the sum does
    got, _ = bring(socrata(server), shelf, latest)
    assert got.state == "fetched"


def test_a_column_asked_for_in_addition_is_fetched(server: Portal, shelf: Arrivals) -> None:
    held(server, 100)
    latest = settled(shelf, *bring(socrata(server, columns=COLUMNS[1:]), shelf))
    assert bring(socrata(server), shelf, latest)[0].state == "fetched"


def test_the_file_that_the_portal_writes_is_counted(server: Portal, shelf: Arrivals) -> None:
    table = held(server, 100)
    got, path = bring(socrata(server, how="export", sums=[]), shelf)
    assert got.rows == len(rows_of(path)) == 100
    table.counted = 101
    table.updated += 1
    assert refused(server, shelf, how="export", sums=[]).why == "short"


def test_numbers_keep_every_digit(server: Portal, shelf: Arrivals) -> None:
    table = held(server, 2)
    table.rows[1]["cantidad"] = 0.1234567890123456  # a number, not a text
    _, path = bring(socrata(server, sums=[]), shelf)
    assert rows_of(path)[1]["cantidad"] == "0.1234567890123456"


def test_a_killed_run_leaves_whole_pages_and_the_next_goes_on(server: Portal, shelf: Arrivals) -> None:
    held(server, 3000, cap=100)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from types import SimpleNamespace as S; from pathlib import Path\n"
        "from fetching_case import bring, socrata; from vereda.store import Arrivals\n"
        "bring(socrata(S(base=sys.argv[2])), Arrivals(Path(sys.argv[3])))\n"
    )
    here = str(Path(__file__).parent)
    child = subprocess.Popen([sys.executable, "-c", code, here, server.base, str(shelf.folder)])
    while child.poll() is None and len(server.pages()) < 5:
        time.sleep(0.005)
    child.kill()
    child.wait()
    asked = len(server.pages())
    assert 5 <= asked < 31, "killed on the way"
    got, path = bring(socrata(server), shelf)
    assert got.rows == len(rows_of(path)) == 3000
    assert (
        int(server.pages()[asked].query["$offset"]) >= 300
    )  # at most the last two pages were not on the disk
