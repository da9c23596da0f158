"""What `vereda review` says, in English and Spanish."""

WORDS: dict[str, tuple[str, str]] = {
    "progress": (
        "{done} of {all} decided by {by}; {left} to go",
        "{done} de {all} decididos por {by}; faltan {left}",
    ),
    "kept": ("accepted", "aceptado"),
    "accept": ("accepted", "aceptado"),
    "edit": ("accepted with changes", "aceptado con cambios"),
    "link": ("in the register already", "ya está en el registro"),
    "reject": ("rejected", "rechazado"),
    "rejected": ("rejected", "rechazado"),
    "split": ("split", "dividido"),
    "open": ("open", "pendiente"),
    "disputed": ("disputed", "en disputa"),
    "written": ("in the case: {entry}", "en el caso: {entry}"),
    "lacks": ("not in the case yet, it lacks: {fields}", "aún no está en el caso, le falta: {fields}"),
    "mark": ("accepted as a mark on the text", "aceptado como marca en el texto"),
    "file": ("Decisions: {file}", "Decisiones: {file}"),
    "none": ("No decision yet.", "Aún no hay decisiones."),
    "one_reviewer": (
        "Agreement: not measured, fewer than two reviewers decided the same candidates.",
        "Acuerdo: no medido, menos de dos revisores decidieron los mismos candidatos.",
    ),
    "kappa": (
        "{names}: Cohen's kappa {value} ({low} to {high}, 95 %), the same on {same} of {n}",
        "{names}: kappa de Cohen {value} ({low} a {high}, 95 %), lo mismo en {same} de {n}",
    ),
    "alpha": (
        "{names}: Krippendorff's alpha {value} ({low} to {high}, 95 %) on {n} candidates",
        "{names}: alfa de Krippendorff {value} ({low} a {high}, 95 %) en {n} candidatos",
    ),
    "no_kappa": (
        "{names}: agreement beyond chance cannot be told, both gave one verdict only ({n} candidates)",
        "{names}: no se puede calcular el acuerdo más allá del azar, ambos dieron un solo veredicto ({n} candidatos)",
    ),
    "earlier": (
        "{n} decisions were taken on an earlier version of this file ({sha}): {verified} stand where they stood, {moved} have "
        "moved, {lost} are no longer in the text. They do not count for this version; --carry takes over those that stand or "
        "have moved.",
        "{n} decisiones se tomaron sobre una versión anterior de este archivo ({sha}): {verified} siguen en su lugar, {moved} "
        "se movieron y {lost} ya no están en el texto. No cuentan para esta versión; --carry adopta las que siguen o se "
        "movieron.",
    ),
    "applied": ("{n} decisions recorded.", "{n} decisiones registradas."),
    "same": ("{n} were held already.", "{n} ya estaban registradas."),
    "wrote": ("{n} entries added to {folder}.", "{n} entradas agregadas a {folder}."),
    "would": (
        "These lines would be added to the case; --write adds them.",
        "Estas líneas se agregarían al caso; --write las agrega.",
    ),
    "nothing": ("Nothing new to add to the case.", "Nada nuevo que agregar al caso."),
    "how": (
        "No terminal here to decide in. Run it in one, or apply decisions: --decisions FILE.",
        "Aquí no hay terminal para decidir. Ejecútelo en una, o aplique decisiones: --decisions ARCHIVO.",
    ),
    # ---- the screen
    "key_accept": ("Accept", "Aceptar"),
    "key_edit": ("Edit", "Editar"),
    "key_reject": ("Reject", "Rechazar"),
    "key_split": ("Split", "Dividir"),
    "key_link": ("Link", "Vincular"),
    "key_undo": ("Undo", "Deshacer"),
    "key_next": ("Next open", "Siguiente"),
    "key_quit": ("Quit", "Salir"),
    "ask_why_reject": (
        "Why is it rejected? (Enter to leave out)",
        "¿Por qué se rechaza? (Intro para omitir)",
    ),
    "ask_link": (
        "It names what is held already: instrument:INS02, place:CO-52835",
        "Nombra algo que ya se tiene: instrument:INS02, place:CO-52835",
    ),
    "ask_split": (
        "Type the words with which the second one begins",
        "Escriba las palabras con que empieza el segundo",
    ),
    "form": (
        "In your own words; the text itself is not kept. Enter saves, Escape leaves.",
        "Con sus propias palabras; el texto no se guarda. Intro guarda, Escape sale.",
    ),
    "why": ("why", "por qué"),
    "from_words": ("begins with", "empieza con"),
    "to_words": ("ends with", "termina con"),
    "finished": ("Everything is decided. q leaves.", "Todo está decidido. q sale."),
    "nothing_here": ("Nothing to decide in this text.", "Nada que decidir en este texto."),
    "undone": ("Taken back: {candidate}", "Se deshizo: {candidate}"),
    "nothing_to_undo": ("Nothing to take back.", "Nada que deshacer."),
    "score": ("score", "puntaje"),
    "look": ("look twice", "mirar dos veces"),
}


def word(name: str, lang: str, **values: object) -> str:
    """One of WORDS in a language, its holes filled."""
    return WORDS[name][lang == "es"].format_map({k: str(v) for k, v in values.items()})
