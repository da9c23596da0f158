"""Why a fetch did not come about, in English and Spanish."""

from typing import NoReturn

from vereda.errors import NotFetched

SAYS: dict[str, tuple[str, str]] = {
    "gone": (
        "{url} is not there any more (HTTP {status}). Ids of portals rotate: look the title up in the portal, and put the "
        "new id into the description.",
        "{url} ya no está (HTTP {status}). Los identificadores de los portales rotan: busque el título en el portal y ponga "
        "el nuevo identificador en la descripción.",
    ),
    "refused": (
        "{url} refuses us (HTTP {status}). {token} A withdrawn dataset answers so too: look its title up in the portal.",
        "{url} nos rechaza (HTTP {status}). {token} Un conjunto retirado responde igual: busque su título en el portal.",
    ),
    "asked_wrong": (
        "{url} does not understand the question (HTTP {status}: {said}). A column was renamed, or the portal changed.",
        "{url} no entiende la pregunta (HTTP {status}: {said}). Se renombró una columna o cambió el portal.",
    ),
    "odd_status": (
        "{url} answers HTTP {status}, which we do not know what to make of. Open the address in a browser.",
        "{url} responde HTTP {status}, y no sabemos qué hacer con eso. Abra la dirección en un navegador.",
    ),
    "unreachable": (
        "{url} cannot be had: {said}, {tries} times. What arrived is kept; run again to go on from there.",
        "{url} no se pudo obtener: {said}, {tries} veces. Lo que llegó se guarda; repita la orden para seguir desde ahí.",
    ),
    "asks_to_wait": (
        "{url} asks us to wait {seconds} seconds, which is past the time limit. Run again later; what arrived is kept.",
        "{url} pide esperar {seconds} segundos, más que el límite de tiempo. Repita más tarde; lo que llegó se guarda.",
    ),
    "slow": (
        "{url} is too slow: the limit of {seconds} seconds is over. What arrived is kept; run again to go on from there.",
        "{url} es demasiado lento: se acabó el límite de {seconds} segundos. Lo que llegó se guarda; repita para seguir.",
    ),
    "too_big": (
        "{url} is larger than {most} once unpacked, the limit of its description: an archive bomb, or not the file meant.",
        "{url} supera {most} ya descomprimido, el límite de su descripción: una bomba comprimida, o no es el archivo.",
    ),
    "redirects": (
        "{url} sends us on and on, more than {most} times. Open it in a browser and put the last address into the description.",
        "{url} nos redirige una y otra vez, más de {most} veces. Ábrala en un navegador y ponga la última dirección en la "
        "descripción.",
    ),
    "other_scheme": (
        "{url} sends us to {other}, which is not a safe address. We do not go there.",
        "{url} nos envía a {other}, que no es una dirección segura. No vamos allá.",
    ),
    "encoding": (
        "{url} is packed as {said}, which we did not ask for and do not read.",
        "{url} viene empaquetado como {said}, que no pedimos ni leemos.",
    ),
    "wrong_type": (
        "{url} gives {said} where {format} was expected: often a page that says sorry. Open it in a browser.",
        "{url} da {said} donde se esperaba {format}: suele ser una página de disculpa. Ábrala en un navegador.",
    ),
    "bad_archive": (
        "{url} is no archive we open: {said}.",
        "{url} no es un archivo comprimido que abramos: {said}.",
    ),
    "columns_gone": (
        "{url} no longer has the columns {names}. It has: {there}. Nothing was fetched; change the description.",
        "{url} ya no tiene las columnas {names}. Tiene: {there}. No se trajo nada; cambie la descripción.",
    ),
    "columns_new": (
        "{url} has new columns: {names}. Nothing was fetched: name each in the description, or say why it is not asked for.",
        "{url} tiene columnas nuevas: {names}. No se trajo nada: nómbrelas en la descripción, o diga por qué no se piden.",
    ),
    "no_columns": (
        "{url} does not say which columns it has. The portal changed, or it is no table.",
        "{url} no dice qué columnas tiene. Cambió el portal, o no es una tabla.",
    ),
    "too_few": (
        "{url} counts {rows} rows, and at least {least} are described: it is being rebuilt, or was replaced.",
        "{url} cuenta {rows} filas, y se describen al menos {least}: lo están rehaciendo, o fue sustituido.",
    ),
    "not_a_page": (
        "{url} gave something that is no list of rows ({said}).",
        "{url} dio algo que no es una lista de filas ({said}).",
    ),
    "same_page": (
        "{url} gives the same page again: it does not heed the offset. Stopped after {rows} rows; they are kept apart.",
        "{url} da otra vez la misma página: no atiende el desplazamiento. Se detuvo tras {rows} filas; se guardan aparte.",
    ),
    "endless": (
        "{url} goes on giving rows after the {counted} it counts. Stopped after {rows}; they are kept apart.",
        "{url} sigue dando filas después de las {counted} que cuenta. Se detuvo tras {rows}; se guardan aparte.",
    ),
    "short": (
        "{url} counts {counted} rows, and {rows} arrived. They are kept apart and not read.",
        "{url} cuenta {counted} filas, y llegaron {rows}. Se guardan aparte y no se leen.",
    ),
    "twice": (
        "{url}: {rows} rows arrived twice, so others did not: its order is not stable. They are kept apart and not read.",
        "{url}: {rows} filas llegaron dos veces, así que faltan otras: su orden no es estable. Se guardan aparte y no se leen.",
    ),
    "sums": (
        "{url}: column {column} adds up to {theirs} at the server and to {ours} in what arrived. Kept apart and not read.",
        "{url}: la columna {column} suma {theirs} en el servidor y {ours} en lo que llegó. Se guarda aparte y no se lee.",
    ),
    "not_number": (
        "{url}: row {row}, column {column}: {said} cannot be added up. Kept apart and not read.",
        "{url}: fila {row}, columna {column}: {said} no se puede sumar. Se guarda aparte y no se lee.",
    ),
    "changed_meanwhile": (
        "{url} was changed by its publisher while it arrived. Run again; nothing is kept of the mixture.",
        "{url} fue cambiado por su editor mientras llegaba. Repita la orden; no se guarda nada de la mezcla.",
    ),
    "which_resource": (
        "{url}: {n} resources fit {wanted}. There are: {there}. State one in the description.",
        "{url}: {n} recursos corresponden a {wanted}. Hay: {there}. Indique uno en la descripción.",
    ),
    "bad_address": (
        "{url} names {other}, which is no address we fetch from.",
        "{url} nombra {other}, que no es una dirección de la que traigamos nada.",
    ),
}
TOKEN = {
    "none": (
        "Portals refuse callers without a token when they are busy: set VEREDA_SOCRATA_TOKEN and run again.",
        "Los portales ocupados rechazan a quien no lleva token: defina VEREDA_SOCRATA_TOKEN y repita.",
    ),
    "given": ("The token given was not accepted either.", "Tampoco se aceptó el token dado."),
    "": ("", ""),
}
#: After these, a copy kept elsewhere is worth asking.
ELSEWHERE = {
    "gone", "refused", "odd_status", "unreachable", "asks_to_wait", "slow", "redirects", "other_scheme", "wrong_type",
}  # fmt: skip


def refuse(why: str, **values: str | int) -> NoReturn:
    """Raise NotFetched with the sentence `why`."""
    raise refusal(why, **values)


def refusal(why: str, **values: str | int) -> NotFetched:
    """The error itself, its sentence in English."""
    given = {name: str(value) for name, value in values.items()}
    return NotFetched(say(why, given, "en"), why, given)


def say(why: str, values: dict[str, str], lang: str) -> str:
    """The sentence in a language; `token` is a sentence of its own."""
    at = 1 if lang == "es" else 0
    filled = {**values, "token": TOKEN[values.get("token", "")][at]} if why == "refused" else values
    return " ".join(SAYS[why][at].format_map(filled).split())
