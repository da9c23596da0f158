"""Workbooks made part by part, so that each can be wrong in one way."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import escape

Cell = str | float | date | None
Rows = Sequence[Sequence[Cell]]

_TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
</Types>"""
_RELS = """<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>
</Relationships>"""
_STYLES = """<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>"""
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_TIES = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


def letter(column: int) -> str:
    return chr(65 + column)


def sheet(rows: Rows, merged: Sequence[str] = (), more: str = "", first: int = 1) -> str:
    """A worksheet. `more` is XML put after the rows; `first` is the row on which they begin."""
    lines = [
        f'<row r="{at}">{"".join(_cell(value, f"{letter(i)}{at}") for i, value in enumerate(row))}</row>'
        for at, row in enumerate(rows, start=first)
    ]
    ranges = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
    tail = f'<mergeCells count="{len(merged)}">{ranges}</mergeCells>' if merged else ""
    return f'<?xml version="1.0"?><worksheet {_MAIN}><sheetData>{"".join(lines)}{more}</sheetData>{tail}</worksheet>'


def book(sheets: dict[str, str], parts: dict[str, bytes] | None = None) -> bytes:
    """A workbook of the sheets given, with further parts."""
    names = "".join(
        f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>'
        for i, name in enumerate(sheets, start=1)
    )
    ties = "".join(
        f'<Relationship Id="rId{i}" Target="worksheets/sheet{i}.xml" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
        for i in range(1, len(sheets) + 1)
    )
    ties += (
        '<Relationship Id="rId90" Target="styles.xml" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/>'
    )
    content: dict[str, bytes] = {
        "[Content_Types].xml": _TYPES.encode(),
        "_rels/.rels": _RELS.encode(),
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook {_MAIN} {_TIES}><sheets>{names}</sheets></workbook>'.encode(),
        "xl/_rels/workbook.xml.rels": (
            '<?xml version="1.0"?><Relationships '
            f'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{ties}</Relationships>'
        ).encode(),
        "xl/styles.xml": _STYLES.encode(),
    }
    content |= {
        f"xl/worksheets/sheet{i}.xml": text.encode() for i, text in enumerate(sheets.values(), start=1)
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in {**content, **(parts or {})}.items():
            archive.writestr(name, part)
    return out.getvalue()


def _cell(value: Cell, at: str) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return f'<c r="{at}" s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{at}"><v>{value!r}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
