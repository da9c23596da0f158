"""What `vereda diff` says, in English and Spanish."""

WORDS: dict[str, tuple[str, str]] = {
    "counted": ("Cells: {counts}.", "Celdas: {counts}."),
    "many_same": ("the same {many}", "iguales {many}"),
    "many_changed": ("changed {many}", "cambiadas {many}"),
    "many_rounded": ("other by rounding only {many}", "distintas solo por redondeo {many}"),
    "many_restated": (
        "same figure, other unit, status or interval {many}",
        "misma cifra, otra unidad, estado o intervalo {many}",
    ),
    "many_appeared": ("appeared {many}", "aparecidas {many}"),
    "many_gone": ("gone {many}", "desaparecidas {many}"),
    "nothing": ("No cell differs.", "Ninguna celda difiere."),
    "entries": ("Entries: {counts}.", "Entradas: {counts}."),
    "noticed": ("What the cells alone do not say", "Lo que las celdas solas no dicen"),
    "sums": ("Sums of the cells, where any differs", "Sumas de las celdas, donde alguna difiere"),
    "largest": ("The cells, the largest differences first", "Las celdas, primero las mayores diferencias"),
    "more": ("and {many} more; all of them with --json", "y {many} más; todas con --json"),
    "not_added": ("not added up", "no se suma"),
    "series": ("Series", "Serie"),
    "period": ("Period", "Periodo"),
    "level": ("Level", "Nivel"),
    "cells": ("Cells", "Celdas"),
    "before": ("Before", "Antes"),
    "after": ("After", "Después"),
    "difference": ("Difference", "Diferencia"),
    "appeared": ("appeared", "aparecidas"),
    "gone": ("gone", "desaparecidas"),
    "changed": ("changed", "cambiadas"),
    "one_appeared": ("appeared", "aparecida"),
    "one_gone": ("gone", "desaparecida"),
    "one_changed": ("changed", "cambiada"),
    "one_rounded": ("rounded", "redondeada"),
    "one_restated": ("said otherwise", "dice otra cosa"),
    "place": ("Place", "Lugar"),
    "entry": ("Entry", "Entrada"),
    "column": ("Column", "Columna"),
    "what": ("What", "Qué"),
    "printed": ("Printed at", "Impreso en"),
    "row": ("row", "fila"),
    "name": ("name", "nombre"),
    "parent": ("inside", "dentro de"),
    "since": ("since", "desde"),
    "until": ("until", "hasta"),
    "lon": ("longitude", "longitud"),
    "lat": ("latitude", "latitud"),
    "aliases": ("other names", "otros nombres"),
    "predecessors": ("predecessors", "predecesores"),
    "note": ("note", "nota"),
    "contact": ("contact", "contacto"),
    "reallocated": (
        "A reallocation: {series} {period}{level}: the sum stays at {sum} {unit}, and {moved} {unit} moved between {cells} cells. "
        "No total shows it.",
        "Una reasignación: {series} {period}{level}: la suma sigue en {sum} {unit}, y {moved} {unit} pasaron entre {cells} "
        "celdas. Ningún total lo muestra.",
    ),
    "scaled": (
        "{series}: all {cells} figures were multiplied by {factor}, and the unit is still called {before}. The unit changed, or "
        "one of the editions was read in the wrong locale.",
        "{series}: las {cells} cifras se multiplicaron por {factor}, y la unidad sigue llamándose {before}. Cambió la unidad, o "
        "una de las ediciones se leyó con el formato numérico equivocado.",
    ),
    "scaled_with_unit": (
        "{series}: all {cells} figures were multiplied by {factor}, and the unit went from {before} to {after}.",
        "{series}: las {cells} cifras se multiplicaron por {factor}, y la unidad pasó de {before} a {after}.",
    ),
    "unit": (
        "{series}: the unit was {before} and is {after}, while all {same} figures stayed.",
        "{series}: la unidad era {before} y es {after}, y las {same} cifras no cambiaron.",
    ),
    "unit_and_values": (
        "{series}: the unit was {before} and is {after}; {changed} figures changed with it and {same} stayed.",
        "{series}: la unidad era {before} y es {after}; con ella cambiaron {changed} cifras y {same} no.",
    ),
    "renamed": (
        "{what} {before} is gone and {after} appeared with the same {cells} figures: the name or code changed, not the figures.",
        "{what} {before} ya no está y apareció {after} con las mismas {cells} cifras: cambió el nombre o el código, no las cifras.",
    ),
    "rounded": (
        "{cells} figures differ by no more than the decimals of the coarser edition explain.",
        "{cells} cifras difieren en no más de lo que explican los decimales de la edición menos fina.",
    ),
    "zeros_appeared": (
        "{cells} of the cells that appeared are zero; where an absent place means zero, nothing changed there.",
        "{cells} de las celdas que aparecieron son cero; donde un lugar ausente significa cero, allí no cambió nada.",
    ),
    "zeros_gone": (
        "{cells} of the cells that are gone were zero; where an absent place means zero, nothing changed there.",
        "{cells} de las celdas que ya no están eran cero; donde un lugar ausente significa cero, allí no cambió nada.",
    ),
    "said": (
        "{what}: “{before}” became “{after}”, while no figure in both editions changed.",
        "{what}: «{before}» pasó a «{after}», y ninguna cifra que esté en ambas ediciones cambió.",
    ),
    "said_and_values": (
        "{what}: “{before}” became “{after}”, and {cells} figures in both editions changed.",
        "{what}: «{before}» pasó a «{after}», y cambiaron {cells} cifras que están en ambas ediciones.",
    ),
    "unsaid": (
        "The {edition} edition does not say how its series are defined: whether a definition changed cannot be known.",
        "La edición {edition} no dice cómo se definen sus series: no se puede saber si cambió alguna definición.",
    ),
    "earlier": ("earlier", "anterior"),
    "later": ("later", "posterior"),
    "title": ("title", "título"),
    "publisher": ("publisher", "editor"),
    "absent": ("what an absent place means", "qué significa un lugar ausente"),
    "known gap": ("known gap of", "vacío conocido de"),
    "definition": ("definition of", "definición de"),
    "silent": ("nothing", "nada"),
    "failed": (
        "{edition} does not reconcile: {check}: found {found}, published {expected}.",
        "{edition} no concilia: {check}: se encontró {found}, publicado {expected}.",
    ),
    "estimator": ("Estimator", "Estimador"),
    "source": ("Source", "Fuente"),
}


def word(name: str, lang: str, **values: object) -> str:
    """One of WORDS in a language, its holes filled."""
    return WORDS[name][lang == "es"].format_map({k: str(v) for k, v in values.items()})
