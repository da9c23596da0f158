"""Hectares planted and tonnes harvested by municipality, year and crop: the survey's rows of one crop added up, each row once.

Only permanent crops are read: their area stands once a year. Short-cycle crops are surveyed by half-year, and
adding the halves counts the same land twice.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vereda.errors import BadSource, UnknownColumn

COLUMNS = [
    "divipola_raw", "year", "periodo", "grupo_cultivo", "cultivo", "desagregacion_cultivo", "area_sembrada",
    "area_cosechada", "produccion", "rendimiento", "ciclo_del_cultivo",
]  # fmt: skip
CYCLES = ["PERMANENTE", "Permanente", "ANUAL", "TRANSITORIO", "Transitorio"]
#: Surveyed to 2018 only (66 923 ha then, nearly all of it rubber): left out, so that a year means what the next one does.
ENDED = ["FORESTALES", "FLORES Y FOLLAJES", "HONGOS"]
PRINTED = pa.decimal128(18, 2)  # as printed
EVERY = "legal_crop"  # its tonnes are left out: a tonne of oil fruit and one of coffee are no two tonnes of anything
CROPS = {
    "Cacao": "cacao",
    "Cafe": "coffee",  # so written until 2018
    "Café": "coffee",
    "Palma De Aceite": "oil_palm",
    "Platano": "plantain",  # so written until 2018
    "Plátano": "plantain",
}


def table(path: Path) -> pa.Table:
    """One row a municipality, year and series, as text; `row` is the first of the rows added, `added` says how many."""
    rows = pq.read_table(path)
    if rows.column_names != COLUMNS:
        raise UnknownColumn(
            f"{path.name}: the columns are {', '.join(rows.column_names)} and not those described. "
            "Change sources/upra_eva_crops if the publisher changed the file."
        )
    printed = pc.add(pa.array(range(rows.num_rows), pa.int32()), pa.scalar(1, pa.int32()))
    permanent = _permanent(rows.append_column("row", printed), path.name)
    crop = pc.index_in(permanent["cultivo"], value_set=pa.array(list(CROPS)))
    named = pa.array(list(CROPS.values())).take(crop.combine_chunks())
    every = permanent.append_column("crop", pa.repeat(EVERY, permanent.num_rows))
    each = permanent.append_column("crop", named).filter(pc.is_valid(named))
    return _added(pa.concat_tables([every, each]))


def _permanent(rows: pa.Table, file: str) -> pa.Table:
    """Permanent crops surveyed for a whole year: code, year, crop, planted area, harvest."""
    texts = {name: pc.cast(rows[name], pa.string()) for name in rows.column_names}
    strange = sorted(set(pc.unique(texts["ciclo_del_cultivo"]).to_pylist()) - set(CYCLES), key=str)
    if strange:
        raise BadSource(f"{file}: the cycle {strange[0]!r} is not described. State what it means in read.py.")
    lasting = pc.is_in(texts["ciclo_del_cultivo"], value_set=pa.array(CYCLES[:2]))
    yearly = pc.equal(texts["periodo"], texts["year"])
    still = pc.invert(pc.is_in(texts["grupo_cultivo"], value_set=pa.array(ENDED)))
    early = pc.less(rows["year"], 2019)  # the older of the publisher's two files lost the leading zeros
    code = pc.if_else(early, pc.utf8_lpad(texts["divipola_raw"], 5, "0"), texts["divipola_raw"])
    kept = pa.table(
        {
            "code": code,
            "year": texts["year"],
            "cultivo": texts["cultivo"],
            "area_sembrada": rows["area_sembrada"],
            "produccion": rows["produccion"],
            "row": rows["row"],
        }
    )
    return kept.filter(pc.and_(pc.and_(lasting, yearly), still))


def _added(rows: pa.Table) -> pa.Table:
    sums = rows.group_by(["code", "year", "crop"], use_threads=False).aggregate(
        [("area_sembrada", "sum"), ("produccion", "sum"), ("row", "min"), ("row", "count")]
    )
    area = _rows(sums, "area_sembrada", "_area")
    harvest = _rows(sums.filter(pc.not_equal(sums["crop"], EVERY)), "produccion", "_production")
    return pa.concat_tables([area, harvest])


def _rows(sums: pa.Table, column: str, what: str) -> pa.Table:
    """Rows of one of the two columns of numbers, the other left empty."""
    other = {"area_sembrada": "produccion", "produccion": "area_sembrada"}[column]
    count = pc.cast(sums["row_count"], pa.string())
    return pa.table(
        {
            "code": sums["code"],
            "year": sums["year"],
            "series": pc.binary_join_element_wise(sums["crop"], what, ""),
            column: pc.cast(pc.cast(sums[f"{column}_sum"], PRINTED), pa.string()),
            other: pa.repeat("", sums.num_rows),
            "row": pc.cast(sums["row_min"], pa.string()),
            "added": pc.binary_join_element_wise("rows added:", count, " "),
        }
    ).select(["code", "year", "series", "area_sembrada", "produccion", "row", "added"])
