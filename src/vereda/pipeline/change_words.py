"""What `vereda scenes breaks` and `vereda alerts` say, in English and Spanish."""

from vereda.pipeline import imagery_words

WORDS: dict[str, tuple[str, str]] = {
    # breaks
    "breaks": (
        "Breaks of {band} in {n} pixels watched, {first} to {last}; history of {h0} to {h1}",
        "Quiebres de {band} en {n} píxeles vigilados, {first} a {last}; historia de {h0} a {h1}",
    ),
    "not_watched": ("Not watched, and never an alarm: {told}.", "No vigilados, y nunca una alarma: {told}."),
    "short": ("{n} with a history that is too short or misses part of the year", "{n} con historia muy corta o sin parte del año"),
    "unstable": ("{n} with a history that broke itself", "{n} con una historia que ya tiene quiebre"),
    "constant": ("{n} without any spread", "{n} sin variación alguna"),
    "unseen": ("{n} without a clear look since", "{n} sin una vista despejada desde entonces"),
    "looks": (
        "{looks} clear looks a pixel and year while watched, one in {days} days; {before} in the history.",
        "{looks} vistas despejadas por píxel y año durante la vigilancia, una cada {days} días; {before} en la historia.",
    ),
    "detector": ("detector", "detector"),
    "falls": ("falls", "bajas"),
    "rises": ("rises", "alzas"),
    "false": ("false, expected", "falsos, esperados"),
    "limit": ("limit", "límite"),
    "table_limit": ("of the tables", "de las tablas"),
    "later": ("days until a fall of 1, 2, 3 sd is found", "días hasta hallar una baja de 1, 2, 3 de"),
    "cusum": ("CUSUM", "CUSUM"),
    "ewma": ("EWMA", "EWMA"),
    "fall": ("fall", "baja"),
    "rise": ("rise", "alza"),
    "promised": (
        "Asked for: {rate} false alarms a pixel and year, one in {looks} looks, by each detector. The limits of the tables would give {cusum} (CUSUM) and {ewma} (EWMA) here, "
        "so they were raised until simulated land with these dates, gaps and memory kept to it.",
        "Se pidió: {rate} falsas alarmas por píxel y año, una cada {looks} vistas, por cada detector. Los límites de las tablas darían aquí {cusum} (CUSUM) y {ewma} (EWMA), "
        "así que se subieron hasta que un territorio simulado con estas fechas, vacíos y memoria lo cumplió.",
    ),
    "tried": (
        "Tried on this land: fitted to the history before {day}, the rest of the history raised {cusum} (CUSUM) and {ewma} (EWMA) alarms a pixel and year.",
        "Probado en este territorio: ajustado a la historia anterior a {day}, el resto de la historia dio {cusum} (CUSUM) y {ewma} (EWMA) alarmas por píxel y año.",
    ),
    "not_kept": (
        "That is more than twice what was asked for: on real land, drift, haze and weather that many pixels share raise more alarms than simulated land does. Take the tried rate for the false alarms.",
        "Es más del doble de lo pedido: en tierra real, la deriva, la bruma y el clima que muchos píxeles comparten dan más alarmas que el territorio simulado. Tome la tasa probada como la de falsas alarmas.",
    ),
    "memory": (
        "Residuals of the history remember: autocorrelation from one clear look to the next {lag1}, where noise without memory would show {plain}; {rho} was taken.",
        "Los residuos de la historia tienen memoria: autocorrelación de una vista despejada a la siguiente {lag1}, donde ruido sin memoria daría {plain}; se tomó {rho}.",
    ),
    "maybe_none": (
        "{who}: no more than half of what is expected to be false and chance would show. They are no evidence of change.",
        "{who}: no más que la mitad de los falsos esperados y el azar. No son evidencia de cambio.",
    ),
    "begun": (
        "CUSUM left zero {half} days before its alarm in the middle, {most} in nine of ten: roughly how late alarms are.",
        "El CUSUM dejó el cero {half} días antes de su alarma en la mitad de los casos, {most} en nueve de diez: más o menos el retraso.",
    ),
    "what_break": (
        "A break is a look unlike the season before it: cloud that was missed, drought, fire, harvest or clearing. It is no class, no cause and no area.",
        "Un quiebre es una vista distinta de la estación anterior: nube no detectada, sequía, fuego, cosecha o tala. No es clase, causa ni área.",
    ),
    # alerts
    "alerts": ("{title}: alerts of {first} to {last}, up to {until}", "{title}: alertas de {first} a {last}, hasta {until}"),
    "no_alerts": ("{title}: no alert in this file up to {until}.", "{title}: ninguna alerta en este archivo hasta {until}."),
    "confidence": ("confidence", "confianza"),
    "low": ("low", "baja"),
    "high": ("high", "alta"),
    "highest": ("highest", "máxima"),
    "pixels": ("pixels", "píxeles"),
    "hectares": ("hectares", "hectáreas"),
    "cell_weeks": ("cell-weeks", "celdas-semana"),
    "masked": ("not counted out", "sin contar"),
    "false_published": ("false alerts, published", "falsas alertas, publicadas"),
    "none_seen": ("none seen at ten sites of 2021", "ninguna vista en diez sitios de 2021"),
    "radd_false": ("2 % (one basin, above 0.2 ha)", "2 % (una cuenca, más de 0,2 ha)"),
    "radd_missed": (
        "Missed: 5 % of disturbances above 0.2 ha, in one basin, before the satellites changed.",
        "No hallados: 5 % de las perturbaciones de más de 0,2 ha, en una cuenca, antes del cambio de satélites.",
    ),
    "integrated_found": (
        "Found: 97 % on average at ten sites of 2021, three feeds together.",
        "Hallados: 97 % en promedio en diez sitios de 2021, las tres fuentes juntas.",
    ),
    "not_published": ("not published here", "no publicado aquí"),
    "lag_unknown": ("Lag from disturbance to alert: not published here.", "Retraso entre perturbación y alerta: no publicado aquí."),
    "source": ("Source: {source}.", "Fuente: {source}."),
    "apart": (
        "Confidences are never added: a low one becomes high or vanishes in a later edition, and the latest weeks still grow.",
        "Las confianzas nunca se suman: una baja pasa a alta o desaparece en una edición posterior, y las últimas semanas aún crecen.",
    ),
    "what_alert": (
        "An alert is a pixel that looked disturbed on a day: no cause, no crop, and no estimate of area.",
        "Una alerta es un píxel que un día pareció perturbado: ni causa, ni cultivo, ni estimación de área.",
    ),
    # both
    "closed": ("not shown", "no se muestra"),
    "fewer": ("fewer than {few}", "menos de {few}"),
    "cells": (
        "Wrote {file}: cells of {side} m or more, named by row and column from the north-west corner, and ISO weeks. No coordinate is in it.",
        "Se escribió {file}: celdas de {side} m o más, nombradas por fila y columna desde la esquina noroeste, y semanas ISO. No contiene coordenadas.",
    ),
    "trail": ("data {data}, version {version}", "datos {data}, versión {version}"),
}  # fmt: skip


class Voice(imagery_words.Voice):
    """Says these sentences."""

    def __call__(self, word: str, **values: object) -> str:
        """The sentence of that name, filled in."""
        return WORDS[word][0 if self.language == "en" else 1].format(**values)
