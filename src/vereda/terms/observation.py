"""One value of a series, and where it is printed."""

import pyarrow as pa

#: The columns of every table of observations, in this order.
#: The key is (series, place, period, estimator, source, vintage); everything else is the value and its place of print.
OBSERVATIONS = pa.schema(
    [
        pa.field("series", pa.string(), nullable=False),  # a publisher's variable: coca_area
        pa.field("place", pa.string(), nullable=False),  # CO, CO-52, CO-52835
        pa.field("period", pa.string(), nullable=False),  # as terms.period reads it
        pa.field("estimator", pa.string(), nullable=False),  # who estimated: unodc-simci
        pa.field("source", pa.string(), nullable=False),  # dataset or document: odc-simci-coca, VALORA_2018
        pa.field("vintage", pa.string(), nullable=False),  # when that number was published: 2018-09
        pa.field("value", pa.float64()),  # null where the publisher printed no number
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),  # one of STATUSES
        pa.field("confidence", pa.string()),  # high, medium, low; null where not graded
        pa.field("sheet", pa.string()),  # locator: worksheet or member of an archive
        pa.field("row", pa.int32()),  # locator: line of the file, the header being line 1
        pa.field("col", pa.string()),  # locator: name of the column
        pa.field("page", pa.string()),  # locator: page or paragraph of a document
        pa.field("note", pa.string()),
    ]
)

KEY = ("series", "place", "period", "estimator", "source", "vintage")

STATUSES = frozenset(
    {
        "measured",  # as the publisher prints it
        "rounded",  # the publisher rounded it
        "preliminary",  # revised later, or to a date inside the period
        "computed",  # by the compiler, from printed parts
        "leaked",  # not published by its owner
        "incomplete",  # the publisher's table is known to be incomplete here
        "not_collected",  # the publisher does not collect it here; value is null
        "not_published",  # exists, not public; value is null
    }
)
