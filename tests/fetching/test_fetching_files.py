"""Plain files, CKAN resources and copies: resumed, cached, capped, never mistaken for what they are not."""

import gzip
import io
import os
import socket
import zipfile
from pathlib import Path

import httpx
import pytest
from fetching_case import Waited, bring, file, held, settled, socrata
from portal import File, Portal, WentOut, bomb, cut, drip, page, sent_to, status

from vereda.errors import NotFetched
from vereda.store import Arrivals
from vereda.terms.fetching import Address, Copy, size

CSV = b"code,2019\n" + b"".join(b"%05d,%d.5\n" % (5001 + i, i) for i in range(4000))
PATH = "/data/table.csv"


@pytest.fixture
def shelf(tmp_path: Path) -> Arrivals:
    return Arrivals(tmp_path / "fetched" / "a-file")


def refused(server: Portal, shelf: Arrivals, waited: Waited | None = None, **said: object) -> NotFetched:
    with pytest.raises(NotFetched) as fault:
        bring(file(server, **said), shelf, waited=waited)
    return fault.value


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def test_the_guard_of_these_tests_holds() -> None:
    with pytest.raises(WentOut):
        httpx.get("http://192.0.2.1/", timeout=1)
    with pytest.raises(WentOut):
        httpx.get("http://example.org/", timeout=1)
    with pytest.raises(WentOut), socket.socket() as one:
        one.connect(("198.51.100.1", 80))


def test_the_bytes_are_the_publishers(server: Portal, shelf: Arrivals) -> None:
    server.files[PATH] = File(CSV, headers={"Last-Modified": "Fri, 20 Nov 2026 10:00:00 GMT"})
    got, path = bring(file(server), shelf)
    assert path.read_bytes() == CSV
    assert (got.file, got.published, got.size) == ("table.csv", "2026-11-20", len(CSV))


@pytest.mark.parametrize("mark", [{"ETag": '"abc"'}, {"Last-Modified": "Fri, 20 Nov 2026 10:00:00 GMT"}])
def test_not_modified_is_not_fetched_again(server: Portal, shelf: Arrivals, mark: dict[str, str]) -> None:
    server.files[PATH] = File(CSV, headers=mark)
    latest = settled(shelf, *bring(file(server), shelf))
    assert bring(file(server), shelf, latest)[0].state == "unchanged"
    assert {"if-none-match", "if-modified-since"} & {*server.asked[-1].headers}
    server.files[PATH] = File(CSV + b"09999,1\n", headers={"ETag": '"new"', "Last-Modified": "now"})
    assert bring(file(server), shelf, latest)[0].state == "fetched"


def test_the_same_bytes_without_any_mark_are_no_news(server: Portal, shelf: Arrivals) -> None:
    server.files[PATH] = File(CSV)
    latest = settled(shelf, *bring(file(server), shelf))
    assert bring(file(server), shelf, latest)[0].state == "unchanged"


def test_a_cut_file_is_gone_on_with(server: Portal, shelf: Arrivals) -> None:
    server.files[PATH] = File(CSV, headers={"ETag": '"abc"'})
    server.goes_wrong(PATH, cut(CSV, 9000, ETag='"abc"'))
    _, path = bring(file(server), shelf)
    assert path.read_bytes() == CSV
    assert server.asked[-1].headers["range"] == "bytes=9000-"
    assert server.asked[-1].headers["if-range"] == '"abc"'


def test_the_next_run_goes_on_with_a_cut_file(server: Portal, shelf: Arrivals) -> None:
    server.files[PATH] = File(CSV, headers={"ETag": '"abc"'})
    server.goes_wrong(PATH, cut(CSV, 9000, ETag='"abc"'), status(500))
    assert refused(server, shelf, Waited(tries=2)).why == "unreachable"
    _, path = bring(file(server), shelf)
    assert path.read_bytes() == CSV
    assert server.asked[-1].headers["range"] == "bytes=9000-"


def test_a_file_that_changed_after_the_break_is_not_patched_together(server: Portal, shelf: Arrivals) -> None:
    newer = CSV.replace(b".5", b".7")
    server.files[PATH] = File(newer, headers={"ETag": '"newer"'})
    server.goes_wrong(PATH, cut(CSV, 9000, ETag='"abc"'))
    _, path = bring(file(server), shelf)
    assert path.read_bytes() == newer


def test_a_server_without_parts_is_asked_from_the_start(server: Portal, shelf: Arrivals) -> None:
    server.files[PATH] = File(CSV, headers={"ETag": '"abc"'}, ranges=False)
    server.goes_wrong(PATH, cut(CSV, 9000, ETag='"abc"'))
    assert bring(file(server), shelf)[1].read_bytes() == CSV


def test_a_part_that_begins_elsewhere_is_not_appended(server: Portal, shelf: Arrivals) -> None:
    server.files[PATH] = File(CSV, headers={"ETag": '"abc"'})
    wrong = {"Content-Range": f"bytes 9001-{len(CSV) - 1}/{len(CSV)}"}
    server.goes_wrong(
        PATH, cut(CSV, 9000, ETag='"abc"'), lambda h: h.give(206, CSV[9001:], "text/csv", wrong)
    )
    assert bring(file(server), shelf)[1].read_bytes() == CSV


def test_a_part_that_ends_early_is_not_the_end(server: Portal, shelf: Arrivals) -> None:
    server.files[PATH] = File(CSV, headers={"ETag": '"abc"'})
    some = {"Content-Range": f"bytes 9000-9999/{len(CSV)}"}
    server.goes_wrong(
        PATH, cut(CSV, 9000, ETag='"abc"'), lambda h: h.give(206, CSV[9000:10_000], "text/csv", some)
    )
    assert bring(file(server), shelf)[1].read_bytes() == CSV


def test_a_slow_drip_ends_with_the_time_limit(server: Portal, shelf: Arrivals) -> None:
    server.goes_wrong(PATH, drip(3.0))
    fault = refused(server, shelf, most_seconds=0.3)
    assert fault.why == "slow"
    assert "0.3 seconds" in str(fault)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (page(), "text/html"),
        (page(kind="text/csv"), "a web page"),
        (page('{"error": true}', "text/plain"), "no table"),
        (page("", "text/csv"), "no table"),
    ],
)
def test_a_page_is_no_table(server: Portal, shelf: Arrivals, answer: object, said: str) -> None:
    server.goes_wrong(PATH, answer)  # type: ignore[arg-type]
    fault = refused(server, shelf)
    assert fault.why == "wrong_type"
    assert said in str(fault)


def test_a_page_is_no_xml_either(server: Portal, shelf: Arrivals) -> None:
    server.goes_wrong(PATH, page(kind="text/xml"))
    assert "a web page" in str(refused(server, shelf, format="xml"))


def test_a_packed_answer_cut_inside_is_asked_for_again(server: Portal, shelf: Arrivals) -> None:
    server.files[PATH] = File(CSV)
    two = gzip.compress(CSV[:9000]) + gzip.compress(CSV[9000:])
    for wrong in (gzip.compress(CSV)[:-200], two):  # both are as long as their header says
        server.goes_wrong(
            PATH, lambda h, wrong=wrong: h.give(200, wrong, "text/csv", {"Content-Encoding": "gzip"})
        )
        assert bring(file(server), shelf)[1].read_bytes() == CSV
        assert not server.faults


def test_a_file_larger_than_its_limit_is_refused(server: Portal, shelf: Arrivals) -> None:
    server.files[PATH] = File(CSV)
    assert refused(server, shelf, most_bytes="20 KB").why == "too_big"
    server.goes_wrong(PATH, bomb(30_000_000, "text/csv"))
    assert refused(server, shelf, most_bytes="1 MB").why == "too_big"


@pytest.mark.parametrize(
    ("content", "why", "said"),
    [
        (zipped(sheet=b"0" * 40_000_000), "too_big", "1 MB"),
        (zipped(a=b"x")[:-30], "bad_archive", "cut or damaged"),
        (zipped(**{"..__..__evil.txt": b"x"}), "bad_archive", "climbs out"),
        (b"not a zip", "wrong_type", "something else"),
    ],
)
def test_archives_are_looked_into(
    server: Portal, shelf: Arrivals, content: bytes, why: str, said: str
) -> None:
    server.files["/a/book.xlsx"] = File(content, "application/octet-stream")
    fault = refused(server, shelf, path="/a/book.xlsx", format="xlsx", most_bytes="1 MB")
    assert fault.why == why
    assert said in str(fault)


def test_a_packed_file_is_counted_unpacked(server: Portal, shelf: Arrivals) -> None:
    server.files["/a.gz"] = File(gzip.compress(b"0" * 5_000_000), "application/gzip")
    assert refused(server, shelf, path="/a.gz", format="gz", most_bytes="1 MB").why == "too_big"
    server.files["/a.gz"] = File(gzip.compress(os.urandom(5000))[:-20], "application/gzip")
    assert refused(server, shelf, path="/a.gz", format="gz").why == "bad_archive"


def test_an_encoding_we_did_not_ask_for_is_refused(server: Portal, shelf: Arrivals) -> None:
    server.goes_wrong(PATH, lambda h: h.give(200, b"x", "text/csv", {"Content-Encoding": "br"}))
    assert refused(server, shelf).why == "encoding"


@pytest.mark.parametrize(
    "there", ["file:///etc/passwd", "ftp://example.org/x", "https://example.org/x", "http://example.org/x"]
)
def test_nobody_sends_us_to_another_scheme_or_off_the_safe_road(
    server: Portal, shelf: Arrivals, there: str
) -> None:
    server.goes_wrong(PATH, sent_to(there))
    fault = refused(server, shelf)
    assert fault.why == "other_scheme"
    assert there in str(fault)


def test_a_redirect_is_followed_and_a_circle_is_not(server: Portal, shelf: Arrivals) -> None:
    server.files["/moved.csv"] = File(CSV)
    server.goes_wrong(PATH, sent_to("/moved.csv"))
    assert bring(file(server), shelf)[1].read_bytes() == CSV
    server.goes_wrong(PATH, *[sent_to(PATH)] * 20)
    assert refused(server, shelf).why == "redirects"


def test_a_redirect_to_another_host_does_not_get_the_token(server: Portal, shelf: Arrivals) -> None:
    held(server, 5)
    elsewhere = server.base.replace("127.0.0.1", "localhost")
    server.goes_wrong("/api/views", sent_to(f"{elsewhere}/api/views/abcd-1234.json"))
    bring(socrata(server), shelf, token="s3cret-token")
    assert server.asked[0].headers["x-app-token"] == "s3cret-token"
    assert "x-app-token" not in server.asked[1].headers


def test_a_copy_answers_for_a_publisher_that_does_not(server: Portal, shelf: Arrivals) -> None:
    server.files["/copy.csv"] = File(CSV)
    copies = [
        {"url": f"{server.base}/none.csv"},
        {"url": f"{server.base}/copy.csv", "note": "kept by a friend"},
    ]
    got, path = bring(file(server, fallbacks=copies), shelf)
    assert (got.copy, path.read_bytes()) == ("kept by a friend", CSV)


def test_a_copy_does_not_hide_that_the_columns_changed(server: Portal, shelf: Arrivals) -> None:
    server.files["/copy.csv"] = File(CSV)
    held(server, 5).columns = ["other"]
    with pytest.raises(NotFetched) as fault:
        bring(socrata(server, fallbacks=[{"url": f"{server.base}/copy.csv"}]), shelf)
    assert fault.value.why == "columns_gone"


def ckan(server: Portal, **said: object) -> Address:
    base = {"kind": "ckan", "domain": server.base, "id": "facts", "resource": "facts_2023"}
    return Address.model_validate({**base, **said})


def test_the_resource_meant_is_found(server: Portal, shelf: Arrivals) -> None:
    server.files["/d/facts_2023.csv"] = File(CSV)
    listed = [
        {"name": "readme.txt", "url": f"{server.base}/d/readme.txt"},
        {"name": "Facts", "url": f"{server.base}/d/facts_2023.csv", "last_modified": "2023-09-01T10:00:00"},
    ]
    server.documents["/api/3/action/package_show"] = {"result": {"resources": listed}}
    got, path = bring(ckan(server), shelf)
    assert (path.read_bytes(), got.published) == (CSV, "2023-09-01")
    with pytest.raises(NotFetched, match="2 resources fit") as fault:
        bring(ckan(server, resource=""), shelf)
    assert fault.value.why == "which_resource"


def test_a_resource_at_an_unsafe_address_is_refused(server: Portal, shelf: Arrivals) -> None:
    listed = [{"name": "facts_2023", "url": "http://example.org/facts.csv"}]
    server.documents["/api/3/action/package_show"] = {"result": {"resources": listed}}
    with pytest.raises(NotFetched) as fault:
        bring(ckan(server), shelf)
    assert fault.value.why == "bad_address"


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "file", "url": "http://example.org/x.csv"},
        {"kind": "file", "url": "ftp://example.org/x.csv"},
        {"kind": "file", "url": "https://user:secret@example.org/x.csv"},
        {"kind": "socrata", "domain": "www.datos.gov.co", "id": "not an id"},
        {"kind": "ckan", "domain": "", "id": "facts"},
        {"kind": "file", "url": "https://example.org/x.csv", "most_bytes": "many"},
        {"kind": "file", "url": "https://example.org/x.csv", "pages": "3"},
    ],
)
def test_an_address_that_cannot_be_right_is_refused_in_the_description(said: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        Address.model_validate(said)


def test_sizes_and_copies() -> None:
    assert [size(t) for t in ("12 B", "20 KB", "1.5 GB")] == [12, 20_000, 1_500_000_000]
    with pytest.raises(ValueError):
        Copy(url="http://example.org/copy.csv")
