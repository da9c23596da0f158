"""The sentences of `vereda sources draft`, in English and Spanish."""

from collections.abc import Mapping

from vereda.sources.profiling import Note

#: What a note of the profiler says.
SEEN: Mapping[str, tuple[str, str]] = {
    "kind": ("The bytes of the file are those of: {kind}.", "Los bytes del archivo son los de: {kind}."),
    "member": (
        "The archive holds {of} file(s); this one was read.",
        "El archivo comprimido contiene {of}; se leyó este.",
    ),
    "sheet": (
        "The workbook has {of} sheet(s); this one holds cells.",
        "El libro tiene {of} hoja(s); esta tiene celdas.",
    ),
    "rows_at": (
        "{rows} records stand one under the other there.",
        "Allí hay {rows} registros uno debajo de otro.",
    ),
    "merged_header": (
        "Cells of the header are merged, so it spans {rows} rows; their names are joined by a stroke.",
        "Hay celdas combinadas en el encabezado, que ocupa {rows} filas; sus nombres se unen con una barra.",
    ),
    "encoding_utf8": (
        "Every byte of the file was read as UTF-8 ({bytes} bytes, some of them letters that are not ASCII).",
        "Todos los bytes se leyeron como UTF-8 ({bytes} bytes, algunos de letras que no son ASCII).",
    ),
    "encoding_plain": (
        "Every byte of the file is ASCII ({bytes} bytes), which every encoding reads alike.",
        "Todos los bytes son ASCII ({bytes} bytes), que toda codificación lee igual.",
    ),
    "encoding_mark": (
        "The file begins with the mark of {encoding}.",
        "El archivo empieza con la marca de {encoding}.",
    ),
    "encoding_bytes": (
        "The file is not UTF-8. As {encoding} its other bytes are {marks}, as in: {sample}. Look whether these are words.",
        "El archivo no es UTF-8. Como {encoding}, sus demás bytes son {marks}, como en: {sample}. Compruebe que son palabras.",
    ),
    "delimiter": (
        "{mark!r} parts the first {lines} lines into {cells} cells each; no other mark parts header and lines alike.",
        "{mark!r} divide las primeras {lines} líneas en {cells} celdas; ningún otro signo divide igual encabezado y líneas.",
    ),
    "header": (
        "Line {line} is the first as wide as the table and holds {columns} different names; {above} line(s) stand above it.",
        "La línea {line} es la primera tan ancha como la tabla y tiene {columns} nombres distintos; encima hay {above}.",
    ),
    "no_newline": ("The last line does not end.", "La última línea no termina."),
    # numbers
    "decided": (
        "Decimal {mark!r}: {count} cells ({different} different) can be read in no other way, for example {cells}.",
        "Decimal {mark!r}: {count} celdas ({different} distintas) no admiten otra lectura, por ejemplo {cells}.",
    ),
    "ambiguous": (
        "Read by itself, either mark would do for {count} cells ({different} different): {cells}. The column decides for them; "
        "confirm it with a published total.",
        "Por sí solas, {count} celdas ({different} distintas) admiten ambos signos: {cells}. Decide la columna; confírmelo "
        "con un total publicado.",
    ),
    "undecided": (
        "No cell decides between 4.603 and 4,603. A published total does.",
        "Ninguna celda decide entre 4.603 y 4,603. Lo decide un total publicado.",
    ),
    "both": (
        "Two ways of writing in one column: {points} cells only with a point ({point}), {commas} only with a comma ({comma}). "
        "Ask the publisher.",
        "Dos formas de escribir en una columna: {points} celdas solo con punto ({point}), {commas} solo con coma ({comma}). "
        "Pregunte al editor.",
    ),
    "no_mark": (
        "No cell has a mark: every way of writing reads them alike.",
        "Ninguna celda lleva signo: toda forma de escribir las lee igual.",
    ),
    # period
    "wide": (
        "{count} headers differ only in the year ({shape}), from {first} to {last}.",
        "{count} encabezados difieren solo en el año ({shape}), de {first} a {last}.",
    ),
    "wide_gaps": (
        "No column for {years}: the reader asks for every year between, so the file cannot be read as it stands.",
        "No hay columna para {years}: el lector pide todos los años intermedios, así que el archivo no puede leerse como está.",
    ),
    "several_shapes": (
        "Several groups of columns differ only in a year: {shapes}. One series can be read so; choose one, or ask for a long table.",
        "Varios grupos de columnas difieren solo en un año: {shapes}. Así puede leerse una serie; elija una o pida una tabla larga.",
    ),
    "years": (
        "Column {column!r} is named for a period and holds {different} different years, {first} to {last}.",
        "La columna {column!r} se llama como un período y tiene {different} años distintos, de {first} a {last}.",
    ),
    "period_empty": (
        "{count} cells of it are empty, which no reader accepts.",
        "{count} de sus celdas están vacías, lo que ningún lector acepta.",
    ),
    "fiscal": (
        "The header {column!r} says that the years are fiscal.",
        "El encabezado {column!r} dice que los años son fiscales.",
    ),
    "days": (
        "Column {column!r} holds days such as {example}, from {first} to {last}.",
        "La columna {column!r} contiene días como {example}, de {first} a {last}.",
    ),
    "date_form": (
        "The days are written: {forms}. {example} fits no other order.",
        "Los días están escritos: {forms}. {example} no admite otro orden.",
    ),
    "date_undecided": (
        "No cell decides whether day or month comes first: {example}. Write dmy or mdy in a list.",
        "Ninguna celda decide si va primero el día o el mes: {example}. Escriba dmy o mdy en una lista.",
    ),
    "date_others": (
        "Other cells are written otherwise ({forms}): list these too.",
        "Otras celdas están escritas de otro modo ({forms}): inclúyalos también en la lista.",
    ),
    "no_period": (
        "No column holds years or days and no header names a year: write the year of the whole file.",
        "Ninguna columna contiene años o días ni un encabezado nombra un año: escriba el año de todo el archivo.",
    ),
    "several_periods": (
        "Several columns could be the period: {columns}.",
        "Varias columnas podrían ser el período: {columns}.",
    ),
    "unnamed_period": (
        "Column {column!r} holds numbers like years, and its name does not say that they are.",
        "La columna {column!r} contiene números como años, y su nombre no dice que lo sean.",
    ),
    # place
    "joined": (
        "{joined} of {of} different codes of {column!r} are places of the gazetteer, with {prefix!r} before them.",
        "{joined} de {of} códigos distintos de {column!r} son lugares del nomenclátor, con {prefix!r} delante.",
    ),
    "prefix": (
        "Put before the code, as the gazetteer writes it.",
        "Va delante del código, como lo escribe el nomenclátor.",
    ),
    "width": (
        "Codes have {width} digits: a lost zero is seen.",
        "Los códigos tienen {width} dígitos: un cero perdido se nota.",
    ),
    "rival_codes": (
        "Other columns hold codes of the same level: {columns}.",
        "Otras columnas tienen códigos del mismo nivel: {columns}.",
    ),
    "lost_zeros": (
        "{codes} codes ({rows} rows) are a digit short and are places with a 0 before them: {examples}. Say why, and they get it back.",
        "A {codes} códigos ({rows} filas) les falta un dígito y son lugares con un 0 delante: {examples}. Diga por qué y lo recuperan.",
    ),
    "name_agrees": (
        "{column!r} calls {right} of {of} places as the gazetteer does; the reader compares them.",
        "{column!r} llama a {right} de {of} lugares como el nomenclátor; el lector los compara.",
    ),
    "parent_agrees": (
        "{column!r} names what lies above the place, in {right} of {of} cases as the gazetteer does.",
        "{column!r} nombra lo que está por encima del lugar, en {right} de {of} casos como el nomenclátor.",
    ),
    "parent_differs": (
        "{column!r} names what lies above as the gazetteer does for {right} of {of} pairs, and otherwise in: {names}. Another name, or "
        "a wrong code.",
        "{column!r} nombra lo que está por encima como el nomenclátor en {right} de {of} pares, y de otro modo en: {names}. Otro "
        "nombre, o un código errado.",
    ),
    "joined_by_name": (
        "No column has codes. {joined} of {of} different names of {column!r} are one place each; the names are listed as codes.",
        "Ninguna columna tiene códigos. {joined} de {of} nombres distintos de {column!r} son un solo lugar; se listan como códigos.",
    ),
    "within": (
        "Looked for only inside what {column!r} names.",
        "Buscados solo dentro de lo que nombra {column!r}.",
    ),
    "same_name": (
        "Names of several places, never chosen between: {names}.",
        "Nombres de varios lugares, entre los que no se elige: {names}.",
    ),
    "no_place": (
        "No column holds codes or names of the gazetteer's places.",
        "Ninguna columna contiene códigos o nombres de lugares del nomenclátor.",
    ),
    "codes_of_none": (
        "Written like codes, and not of this case's gazetteer: {columns}. Name the case that has their places (--case).",
        "Escritas como códigos, y no del nomenclátor de este caso: {columns}. Nombre el caso que tiene sus lugares (--case).",
    ),
    "code_and_zeros": (
        "{column!r} holds codes with three zeros after them ({example} for {code}); no reader cuts them off.",
        "{column!r} contiene códigos seguidos de tres ceros ({example} por {code}); ningún lector los corta.",
    ),
    # layout and series
    "layout_wide": ("One column a year.", "Una columna por año."),
    "layout_once": (
        "{key}: no two of {rows} rows have the same.",
        "{key}: no hay dos de {rows} filas con lo mismo.",
    ),
    "layout_sample": (
        "{key}: no two of the {rows} rows looked at have the same; the others were not looked at.",
        "{key}: no hay dos de las {rows} filas miradas con lo mismo; las demás no se miraron.",
    ),
    "layout_days": (
        "{twice} of {rows} rows share {key} with another: events, added up by place and year.",
        "{twice} de {rows} filas comparten {key} con otra: hechos, que se suman por lugar y año.",
    ),
    "layout_days_once": (
        "No two of {rows} rows share {key}. Events are added up by year; what is measured on a day must not be. Write events if these "
        "may be added up.",
        "No hay dos de {rows} filas con el mismo {key}. Los hechos se suman por año; lo medido un día no debe sumarse. Escriba events "
        "si estas pueden sumarse.",
    ),
    "layout_twice": (
        "{twice} of {rows} rows share {key} with another. Write events if their figures may be added up, long if another column "
        "tells them apart; say which.",
        "{twice} de {rows} filas comparten {key} con otra. Escriba events si sus cifras pueden sumarse, long si otra columna las "
        "distingue; diga cuál.",
    ),
    "layout_unknown": (
        "Decided once place and period are: write long, wide or events.",
        "Se decide cuando lo estén lugar y período: escriba long, wide o events.",
    ),
    "series_from": (
        "{twice} rows share {key} with another; with {column!r} none does, and no other column alone tells them apart.",
        "{twice} filas comparten {key} con otra; con {column!r} ninguna, y ninguna otra columna sola las distingue.",
    ),
    "several_series": (
        "{twice} rows share {key} with another. Told apart by any of: {columns}. Write which names the series.",
        "{twice} filas comparten {key} con otra. Las distingue cualquiera de: {columns}. Escriba cuál nombra la serie.",
    ),
    "unit_named": ("The header {column!r} says {unit}.", "El encabezado {column!r} dice {unit}."),
    "unit_not_said": (
        "Neither header nor a column says the unit.",
        "Ni el encabezado ni una columna dicen la unidad.",
    ),
    "percent_below_one": (
        "The header {column!r} says per cent, and no figure is above {most}: a share of one, or small per cents.",
        "El encabezado {column!r} dice por ciento, y ninguna cifra pasa de {most}: una parte de uno, o porcentajes pequeños.",
    ),
    "unit_column": ("Every row says {text!r}.", "Todas las filas dicen {text!r}."),
    "unit_texts": (
        "Texts that stand for units: {texts}. Write the unit of each; quantities in different units are no series together.",
        "Textos que nombran unidades: {texts}. Escriba la unidad de cada uno; cantidades en unidades distintas no son una serie.",
    ),
    "sum_of_columns": (
        "{column} = {parts} in all {rows} rows: a whole beside its parts, never to be added to them.",
        "{column} = {parts} en las {rows} filas: un todo junto a sus partes, que no se suma a ellas.",
    ),
    "quotient": (
        "{column} = {times:g} x {top} / {bottom} in every row: a quotient, never to be added up.",
        "{column} = {times:g} x {top} / {bottom} en todas las filas: un cociente, que no se suma.",
    ),
    "sum_of_texts": (
        "{text!r} equals the sum of all others in each of {groups} group(s): a total among its parts. Leave it out (`leave_out`) or "
        "describe it apart.",
        "{text!r} es la suma de los demás en cada uno de {groups} grupo(s): un total entre sus partes. Déjelo fuera (`leave_out`) o "
        "descríbalo aparte.",
    ),
    # columns that are not read
    "again": ("{by} says it already, in every row", "ya lo dice {by}, en todas las filas"),
    "one_text": ("{text!r} in every row", "{text!r} en todas las filas"),
    "no_text": ("empty in every row", "vacía en todas las filas"),
    "row_number": ("numbers the rows", "numera las filas"),
    "words": ("{different} different texts: {examples}", "{different} textos distintos: {examples}"),
    "identifier": ("{column!r} is named like an identifier.", "{column!r} se llama como un identificador."),
    "coordinate": ("{column!r} is named like a coordinate.", "{column!r} se llama como una coordenada."),
    "calendar": (
        "{column!r} is named like a month, a day or another part of a year.",
        "{column!r} se llama como un mes, un día u otra parte del año.",
    ),
    "events_of_shares": (
        "These are named like shares, rates or means, which no sum means anything of: {columns}.",
        "Estas se llaman como partes, tasas o medias, cuya suma no significa nada: {columns}.",
    ),
    "not_within": (
        "No column names what lies above, so each name was looked for in the whole gazetteer: confirm each and delete the mark.",
        "Ninguna columna nombra lo que está por encima, así que cada nombre se buscó en todo el nomenclátor: confirme cada uno y "
        "borre la marca.",
    ),
    "code_like": ("Written like a code: {example}.", "Escrita como un código: {example}."),
}

#: What the draft and the report say of their own.
WORDS: Mapping[str, tuple[str, str]] = {
    "head": (
        "Drafted by `vereda sources draft` from {file} (sha256 {sha256}...). It is read once no line says {mark}: replace each with "
        "what you know. The comments say what was seen in the file; delete them when you have read them.",
        "Borrador de `vereda sources draft` a partir de {file} (sha256 {sha256}...). Se lee cuando ninguna línea diga {mark}: "
        "reemplace cada una por lo que sepa. Los comentarios dicen lo que se vio en el archivo; bórrelos tras leerlos.",
    ),
    "read_all": ("All {rows} rows were profiled.", "Se examinaron las {rows} filas."),
    "read_sample": (
        "{sample} of {rows} rows were profiled: the first 200,000 and every 50th after them. Encoding and the number of rows are of "
        "the whole file; what needs every row is left open.",
        "Se examinaron {sample} de {rows} filas: las primeras 200.000 y una de cada 50 después. La codificación y el número de filas "
        "son de todo el archivo; lo que exige todas las filas queda abierto.",
    ),
    "ask_title": ("What the table shows, and of where.", "Qué muestra la tabla, y de dónde."),
    "ask_publisher": ("Who publishes it.", "Quién la publica."),
    "ask_address": ("The address where it is published.", "La dirección donde se publica."),
    "ask_licence": ("Its licence in the publisher's words, or: none stated", "Su licencia en palabras del editor, o: none stated"),
    "ask_terms": (
        "open, if the terms allow to pass the figures on; otherwise: not stated",
        "open, si los términos permiten difundir las cifras; si no: not stated",
    ),
    "ask_obtained": (
        "Where this file is from, when, and what was done to it.",
        "De dónde viene este archivo, cuándo, y qué se le hizo.",
    ),
    "ask_vintage": ("The edition: when these figures were published, for example 2026-02.", "La edición: cuándo se publicaron estas cifras, por ejemplo 2026-02."),
    "ask_estimator": ("Who estimated the figures, as the case calls it.", "Quién estimó las cifras, como lo llama el caso."),
    "or_fixed": ("A file of one place says `fixed:` and its code instead of `column:`.", "Un archivo de un solo lugar dice `fixed:` y su código en vez de `column:`."),
    "known_as": (
        "{places} place(s) have another name in the file. Same place: keep the name without the mark. Wrong code: delete the line and "
        "write a `corrections` entry with its reason.",
        "{places} lugar(es) tienen otro nombre en el archivo. Mismo lugar: deje el nombre sin la marca. Código errado: borre la línea y "
        "escriba una entrada en `corrections` con su razón.",
    ),
    "called": ("{code} is called: {names}", "{code} se llama: {names}"),
    "place_empty": (
        "The place is empty in {rows} row(s). Name a column that says it and its texts ({{column: ..., codes: {{...}}}}), or leave "
        "those rows out.",
        "El lugar está vacío en {rows} fila(s). Nombre una columna que lo diga y sus textos ({{column: ..., codes: {{...}}}}), o deje "
        "fuera esas filas.",
    ),
    "unjoined": (
        "{texts} text(s) in {rows} row(s) join to no place. Write the code of each; a remainder or a new place is declared under `places`.",
        "{texts} texto(s) en {rows} fila(s) no corresponden a ningún lugar. Escriba el código de cada uno; un resto o un lugar nuevo se "
        "declara en `places`.",
    ),
    "rows": ("{rows} row(s)", "{rows} fila(s)"),
    "odd_periods": ("{texts} text(s) are no plain year.", "{texts} texto(s) no son un año sin más."),
    "series_named": (
        "Series are named after the file; give them the case's own names where it has them.",
        "Las series se llaman como en el archivo; deles el nombre del caso donde lo tenga.",
    ),
    "ask_name": ("What it counts, in a phrase.", "Qué cuenta, en una frase."),
    "bounds": (
        "Seen: {least} to {most}. State `least` and `most` if you know what is possible.",
        "Visto: de {least} a {most}. Diga `least` y `most` si sabe qué es posible.",
    ),
    "never_summed": (
        "Named like a share, rate, mean or index: its unit must say so, and it is never added up over places.",
        "Se llama como una parte, tasa, media o índice: su unidad debe decirlo, y no se suma entre lugares.",
    ),
    "no_figures": ("No column holds figures: each row counts as one.", "Ninguna columna contiene cifras: cada fila cuenta uno."),
    "many_figures": (
        "{columns} columns hold figures. Move those to be read from `ignore` to here, each with its series.",
        "{columns} columnas contienen cifras. Pase las que se leerán de `ignore` aquí, cada una con su serie.",
    ),
    "numbers": (
        "The way numbers are written belongs to a column, never to a cell.",
        "La forma de escribir los números es de la columna, nunca de la celda.",
    ),
    "of_column": ("As in column {column!r}, and all that are not listed.", "Como en la columna {column!r} y todas las que no se listan."),
    "dash_zero": ("{texts} prints a zero.", "{texts} imprime un cero."),
    "empty": (
        "{cells} cell(s) are empty: write absent (no figure) or zero. Only the publisher knows.",
        "{cells} celda(s) están vacías: escriba absent (sin cifra) o zero. Solo el editor lo sabe.",
    ),
    "odd": (
        "No numbers: {texts}. Rename the mark to `none` (no figure) or `zero`; split the list if they differ.",
        "No son números: {texts}. Cambie la marca por `none` (sin cifra) o `zero`; separe la lista si difieren.",
    ),
    "sentinels": (
        "Far from all others and repeated: {texts}. Keep those that mean no figure, without the mark; delete the others.",
        "Lejos de todos los demás y repetidos: {texts}. Deje los que signifiquen que no hay cifra, sin la marca; borre los demás.",
    ),
    "ignore": (
        "Columns that are not read, each with the reason. One to be read is moved to `values`, `note`, or where it belongs.",
        "Columnas que no se leen, cada una con la razón. La que deba leerse pasa a `values`, `note` o donde corresponda.",
    ),
    "ask_places": ("Which places the publisher covers.", "Qué lugares cubre el editor."),
    "ask_years": ("First and last year covered, for example 2001-2023.", "Primer y último año cubiertos, por ejemplo 2001-2023."),
    "ask_absent": (
        "What it means that a place is not in the file: zero, missing or not_collected. Zeros are printed in {zeros} of {columns} "
        "columns of figures.",
        "Qué significa que un lugar no esté en el archivo: zero, missing o not_collected. Hay ceros impresos en {zeros} de {columns} "
        "columnas de cifras.",
    ),
    "ask_totals": (
        "Write published totals under `totals`, with where they are printed; not what the file adds up to.",
        "Escriba los totales publicados en `totals`, con dónde están impresos; no lo que suma el archivo.",
    ),
    # the report
    "title": ("Profile of {file}", "Perfil de {file}"),
    "decided_title": ("What the file decides", "Lo que decide el archivo"),
    "open_title": ("What a person has to say", "Lo que debe decir una persona"),
    "columns_title": ("Columns", "Columnas"),
    "seen_title": ("What adds up to what", "Qué suma qué"),
    "places_title": ("Places that do not join", "Lugares que no corresponden"),
    "more": ("and {count} more", "y {count} más"),
    "left": (
        "{count} lines are left to fill in; {always} of them stand in every draft (title, publisher, terms, what absence means ...).",
        "Quedan {count} líneas por llenar; {always} de ellas están en todo borrador (título, editor, términos, qué significa la "
        "ausencia...).",
    ),
    "written": ("Draft written: {path}", "Borrador escrito: {path}"),
    "not_written": ("Nothing was written. To write the draft: --out FOLDER", "No se escribió nada. Para escribir el borrador: --out CARPETA"),
    "then": (
        "Fill it in, then: vereda keep {name} FILE --vintage YYYY-MM --case CASE",
        "Llénelo y luego: vereda keep {name} FILE --vintage YYYY-MM --case CASE",
    ),
    "column": ("Column", "Columna"),
    "role": ("For", "Para"),
    "different": ("Different", "Distintos"),
    "said_of": ("What was seen", "Lo que se vio"),
    "undecided_short": ("not decided", "sin decidir"),
    "role_place": ("place", "lugar"),
    "role_name": ("name of the place", "nombre del lugar"),
    "role_parent": ("name of what lies above", "nombre de lo que está encima"),
    "role_period": ("period", "período"),
    "role_year": ("figures of a year", "cifras de un año"),
    "role_value": ("figures", "cifras"),
    "role_series": ("name of the series", "nombre de la serie"),
    "role_unit": ("unit", "unidad"),
    "role_again": ("repeats another", "repite otra"),
    "role_one_text": ("one text", "un solo texto"),
    "role_row_number": ("row number", "número de fila"),
    "role_open": ("a person says", "lo dice una persona"),
    "empties": ("{cells} empty", "{cells} vacías"),
    "no_numbers": ("no numbers: {texts}", "no son números: {texts}"),
    "may_be_none": ("may mean no figure: {texts}", "puede significar sin cifra: {texts}"),
    "never_short": ("never added up", "no se suma"),
}  # fmt: skip


def say(one: Note, lang: str) -> str:
    """A note of the profiler as a sentence."""
    return SEEN[one.what][lang == "es"].format_map(dict(one.values))


def word(name: str, lang: str, /, **values: object) -> str:
    """One of WORDS in a language, its holes filled."""
    return WORDS[name][lang == "es"].format_map(values)
