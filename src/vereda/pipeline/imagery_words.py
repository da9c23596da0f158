"""What `vereda scenes` and `vereda classify` say, in English and Spanish."""

from typing import Literal

from vereda.publication.text import digits

Language = Literal["en", "es"]

WORDS: dict[str, tuple[str, str]] = {
    # scenes
    "built": ("Cube {path}: {rows} by {columns} pixels of {size}, {t} dates, {b} bands", "Cubo {path}: {rows} por {columns} píxeles de {size}, {t} fechas, {b} bandas"),
    "values": ("Values: {values}.", "Valores: {values}."),
    "value": ("{band} {low} to {high}", "{band} de {low} a {high}"),
    "no_value": ("{band} none", "{band} ninguno"),
    "bands": ("Bands: {bands}", "Bandas: {bands}"),
    "scenes": ("From {n} scenes or files; {how}.", "De {n} escenas o archivos; {how}."),
    "median": ("each step is the median of what was clear in it", "cada paso es la mediana de lo que estuvo despejado"),
    "as_read": ("values as the files have them", "valores tal como están en los archivos"),
    "resumed": ("{done} of {all} blocks were there already.", "{done} de {all} bloques ya estaban."),
    "step": ("step", "paso"),
    "date": ("date", "fecha"),
    "clear": ("clear", "despejado"),
    "never": ("Not a single clear look.", "Ni una sola vista despejada."),
    "trail": ("data {data}, version {version}", "datos {data}, versión {version}"),
    # classify
    "selection": (
        "Model selection, not map accuracy: these series were not drawn by lot. For accuracy and area: vereda area.",
        "Selección de modelos, no exactitud del mapa: estas series no se sortearon. Para exactitud y área: vereda area.",
    ),
    "validated": ("{kind}: {n} labelled series, {k} classes, {seeds} seed(s)", "{kind}: {n} series etiquetadas, {k} clases, {seeds} semilla(s)"),
    "way": ("left out", "lo que se aparta"),
    "overall": ("right", "aciertos"),
    "kappa": ("kappa", "kappa"),
    "macro_f1": ("macro F1", "F1 macro"),
    "folds": ("folds", "pliegues"),
    "groups": ("groups", "grupos"),
    "unseen": ("class not learnt", "clase no aprendida"),
    "random": ("series, at random", "series, al azar"),
    "place": ("places", "lugares"),
    "block": ("blocks of {side:g}", "bloques de {side:g}"),
    "year": ("years", "años"),
    "one_place": ("all series are of one place", "todas las series son de un lugar"),
    "one_block": ("all series lie in one block", "todas las series están en un bloque"),
    "one_year": ("all series are of one year", "todas las series son de un año"),
    "no_transfer": (
        "{way}: {n} series of a class that the model could not learn in their fold. That score is none of transfer.",
        "{way}: {n} series de una clase que el modelo no pudo aprender en su pliegue. Esa cifra no mide transferencia.",
    ),
    "class": ("class", "clase"),
    "series": ("series", "series"),
    "found": ("found", "hallada"),
    "right": ("right when said", "acierta al decirla"),
    "by_place": ("By class, places left out", "Por clase, apartando lugares"),
    "quality": ("The labelled series", "Las series etiquetadas"),
    "places": (
        "{n} series of {places} places, up to {most} of one: leaving out series at random lets a model meet the same place again.",
        "{n} series de {places} lugares, hasta {most} de uno: al apartar series al azar, el modelo vuelve a encontrar el mismo lugar.",
    ),
    "conflicts": ("{n} series share place and year with another label: rows {rows}.", "{n} series comparten lugar y año con otra etiqueta: filas {rows}."),
    "twins": ("{n} series have the same values as one with another label: rows {rows}.", "{n} series tienen los mismos valores que otra con otra etiqueta: filas {rows}."),
    "suspects": (
        "{n} series look like another class than their label (confident learning): look at them again, do not drop them unseen. Rows: {rows}.",
        "{n} series parecen de otra clase que su etiqueta (confident learning): mírelas de nuevo, no las quite sin verlas. Filas: {rows}.",
    ),
    "tied_year": (
        "{cls} is seen in {year} alone: a model may know the year instead of the class.",
        "{cls} solo se ve en {year}: el modelo puede conocer el año en vez de la clase.",
    ),
    "tied_block": (
        "{cls} is seen in one block alone: a model may know the place instead of the class.",
        "{cls} solo se ve en un bloque: el modelo puede conocer el lugar en vez de la clase.",
    ),
    "rows_more": ("{rows} and {n} more", "{rows} y {n} más"),
    "fitted": ("Wrote {path}: {kind}, {n} series, classes {classes}", "Se escribió {path}: {kind}, {n} series, clases {classes}"),
    "left_out": ("{n} series with gaps longer than {gap} steps were left out.", "Se apartaron {n} series con vacíos de más de {gap} pasos."),
    "model": ("model {model}, trained on {footprint}, {packages}", "modelo {model}, entrenado con {footprint}, {packages}"),
    "other_packages": (
        "The model was written with {then}; here is {now}. It was fitted again and may differ.",
        "El modelo se escribió con {then}; aquí hay {now}. Se ajustó de nuevo y puede diferir.",
    ),
    "predicted": ("Classes of {n} pixels: strata for a sample, not areas", "Clases de {n} píxeles: estratos para una muestra, no áreas"),
    "stratum": ("stratum", "estrato"),
    "mapped": ("mapped, ha", "en el mapa, ha"),
    "share": ("of the land", "del territorio"),
    "unlike": ("unlike the training", "distinto del entrenamiento"),
    "masked": ("left out by the mask", "fuera por la máscara"),
    "unseen_land": ("not seen clearly enough", "no visto con claridad suficiente"),
    "not_area": (
        "Mapped hectares are counted pixels: no estimate of area, and no error is known. Draw points: vereda area design {file}",
        "Las hectáreas del mapa son píxeles contados: no estiman el área, y su error no se conoce. Sortee puntos: vereda area design {file}",
    ),
    "mask_omits": (
        "The mask leaves out {n} of {all} labelled series of {cls}. Its land is a stratum of its own: give it points.",
        "La máscara aparta {n} de {all} series etiquetadas de {cls}. Su tierra es un estrato propio: dele puntos.",
    ),
    "mask_none": (
        "The mask leaves out none of the labelled series; that says nothing of the land. What it leaves out is a stratum of its own.",
        "La máscara no aparta ninguna serie etiquetada; eso no dice nada de la tierra. Lo que aparta es un estrato propio.",
    ),
    "wrote": ("Wrote {files} into {folder}.", "Se escribió {files} en {folder}."),
    "points_elsewhere": (
        "{n} of {all} points lie in another stratum of this map than their survey says. With a new model that is so; else they "
        "were drawn on another cube, and their numbers mean other places here.",
        "{n} de {all} puntos están en otro estrato de este mapa que el que dice su muestra. Con un modelo nuevo es así; si no, se "
        "sortearon en otro cubo y aquí sus números son otros lugares.",
    ),
    "survey": (
        "{path} shows single pixels. It belongs to the survey, to draw points from; never publish it.",
        "{path} muestra píxeles sueltos. Es de la encuesta, para sortear puntos; no lo publique nunca.",
    ),
    "harm": (
        "Area level only: no parcel, owner or coordinate is in these files; cells are {cell} m or more.",
        "Solo por áreas: estos archivos no tienen parcelas, dueños ni coordenadas; las celdas miden {cell} m o más.",
    ),
    # worked case
    "case_split": (
        "{train} labelled series of {tp} places train the map. The other places are the land of this exercise: {frame} pixels labelled in {year}, {area} ha.",
        "{train} series etiquetadas de {tp} lugares entrenan el mapa. Los otros lugares son la tierra de este ejercicio: {frame} píxeles etiquetados en {year}, {area} ha.",
    ),
    "case_drawn": (
        "{n} of them drawn by lot (seed {seed}) in {h} strata of the map; their labels are then looked up.",
        "{n} de ellos sorteados (semilla {seed}) en {h} estratos del mapa; luego se consultan sus etiquetas.",
    ),
    "estimate": ("estimate, ha", "estimación, ha"),
    "interval": ("95 % interval", "intervalo 95 %"),
    "helped": ("with probabilities", "con probabilidades"),
    "few": ("too few hits", "muy pocos aciertos"),
    "counted": ("counted pixels", "píxeles contados"),
    "truth": ("all labels", "todas las etiquetas"),
    "covers": ("covers", "cubre"),
    "yes": ("yes", "sí"),
    "no": ("no", "no"),
    "to": ("{low} to {high}", "{low} a {high}"),
    "cite": (
        "{cls}, {year}: {area} ha ({low} to {high}, 95 %), {n} pixels by lot from {frame} in {h} strata; labels of {who}; map: {kind}, {model}.",
        "{cls}, {year}: {area} ha ({low} a {high}, 95 %), {n} píxeles por sorteo de {frame} en {h} estratos; etiquetas de {who}; mapa: {kind}, {model}.",
    ),
    "case_tested": (
        "Put to the test by {draws} other draws, since all labels are known. {classes}.",
        "A prueba con otros {draws} sorteos, pues todas las etiquetas se conocen. {classes}.",
    ),
    "case_class": (
        "{cls}: the interval holds {covers} of the time; typical error {rmse} ha by points, {helped} ha with probabilities; counted pixels are always {off} ha off",
        "{cls}: el intervalo acierta el {covers} de las veces; error típico {rmse} ha con puntos, {helped} ha con probabilidades; los píxeles contados se desvían siempre {off} ha",
    ),
    "case_limits": (
        "The interval speaks of the labelled pixels, which their publisher chose; not of the country around them, and not of whether the labels are right.",
        "El intervalo habla de los píxeles etiquetados, que eligió su publicador; no de la tierra alrededor, ni de si las etiquetas son correctas.",
    ),
    "legend": ("Share of each cell of {cell} m, counted pixels (no estimate of area)", "Parte de cada celda de {cell} m, píxeles contados (no estima el área)"),
    "blank": ("not mapped", "sin mapa"),
    "area_title": ("Area by class: estimate with its 95 % interval, counted pixels, all labels", "Área por clase: estimación con su intervalo del 95 %, píxeles contados, todas las etiquetas"),
}  # fmt: skip


class Voice:
    """Says a sentence in one language, and numbers as the pages write them."""

    def __init__(self, language: Language = "en") -> None:
        self.language = language

    def __call__(self, word: str, **values: object) -> str:
        """The sentence of that name, filled in."""
        return WORDS[word][0 if self.language == "en" else 1].format(**values)

    def number(self, value: float, places: int = 0) -> str:
        """1,234.5 or 1.234,5."""
        return digits(value, self.language, places)

    def percent(self, value: float, places: int = 1) -> str:
        """12.3 % of 0.123."""
        return digits(100 * value, self.language, places) + "\u00a0%"
