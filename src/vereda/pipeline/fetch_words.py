"""What `vereda fetch` says, in English and Spanish."""

from vereda import fetching
from vereda.errors import NotFetched

WORDS: dict[str, tuple[str, str]] = {
    "dataset": ("Dataset", "Conjunto"),
    "title": ("Title", "Título"),
    "address": ("Address", "Dirección"),
    "held": ("Held", "Se tiene"),
    "reader": ("Reader", "Lector"),
    "licence": ("Licence", "Licencia"),
    "state": ("State", "Estado"),
    "rows": ("Rows", "Filas"),
    "size": ("Size", "Tamaño"),
    "sums": ("Sums, as the server's", "Sumas, como las del servidor"),
    "figures": ("Figures", "Cifras"),
    "fetched": ("fetched", "traído"),
    "unchanged": ("unchanged", "sin cambios"),
    "failed": ("failed", "falló"),
    "kept": ("kept as {vintage}", "guardadas como {vintage}"),
    "already": ("held as {vintage}", "ya están como {vintage}"),
    "reconciled": ("read and reconciled", "leídas y conciliadas"),
    "no_reader": ("no reader yet", "aún sin lector"),
    "undated": ("not read: a copy of no stated edition", "sin leer: copia de una edición no indicada"),
    "raw": ("not read, as asked", "sin leer, como se pidió"),
    "refused": ("refused", "rechazadas"),
    "none stated": ("none stated", "no indicada"),
    "not stated": ("not stated", "no indicada"),
    "yes": ("yes", "sí"),
    "no": ("no", "no"),
    "by_hand": ("by hand: {where}", "a mano: {where}"),
    "never": ("–", "–"),
    "edition": ("{vintage} in the case", "{vintage} en el caso"),
    "bytes": ("fetched {day}", "traído {day}"),
    "from_copy": ("{dataset}: from a copy, {copy}.", "{dataset}: de una copia, {copy}."),
    "not_asked": (
        "{dataset}: columns left at the server: {names}.",
        "{dataset}: columnas que quedaron en el servidor: {names}.",
    ),
    "why_no_reader": ("{dataset}: kept as it arrived; {why}.", "{dataset}: guardado como llegó; {why}."),
    "not_in_case": (
        "{dataset}: the case does not name it. Add it to optional_datasets in case.yml and fetch again to use its figures.",
        "{dataset}: el caso no lo nombra. Agréguelo a optional_datasets en case.yml y tráigalo otra vez para usar sus cifras.",
    ),
    "apart": (
        "{dataset}: what arrived is apart in {where}.",
        "{dataset}: lo que llegó está aparte en {where}.",
    ),
    "other_bytes": (
        "{dataset}: an edition {vintage} made from other bytes is held and is never overwritten. The new one is in {where}; "
        "keep it under another day: vereda keep {dataset} FILE --vintage YYYY-MM-DD.",
        "{dataset}: ya se tiene una edición {vintage} hecha de otros bytes, y nunca se sobrescribe. La nueva está en {where}; "
        "guárdela con otro día: vereda keep {dataset} ARCHIVO --vintage AAAA-MM-DD.",
    ),
    "where": ("The files are in {where}.", "Los archivos están en {where}."),
    "summary": (
        "Fetched: {fetched}. Unchanged: {unchanged}. Failed: {failed}. Arrived and refused by their readers: {refused}.",
        "Traídos: {fetched}. Sin cambios: {unchanged}. Fallidos: {failed}. Llegaron y los rechazó su lector: {refused}.",
    ),
    "asking": ("asking {dataset}", "preguntando por {dataset}"),
}


def word(name: str, lang: str, **values: object) -> str:
    """One of WORDS in a language, its holes filled."""
    return WORDS[name][lang == "es"].format_map({k: str(v) for k, v in values.items()})


def why_not(fault: Exception, lang: str) -> str:
    """Why something failed; a refusal of the network in the reader's language, any other as it was raised."""
    if isinstance(fault, NotFetched) and fault.why in fetching.SAYS:
        return fetching.say(fault.why, fault.values, lang)
    return str(fault)
