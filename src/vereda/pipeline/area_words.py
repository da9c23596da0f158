"""What `vereda area` says, in English and Spanish."""

from typing import Literal

from vereda.publication.text import digits

Language = Literal["en", "es"]

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Area from a sample", "Área a partir de una muestra"),
    "from": (
        "{n} points in {h} strata, {total} {unit}; {design} sample; {level} intervals: {kind}",
        "{n} puntos en {h} estratos, {total} {unit}; muestra {design}; intervalos del {level}: {kind}",
    ),
    "stratified": ("stratified", "estratificada"),
    "simple": ("simple, stratified afterwards", "simple, estratificada después"),
    "definition": ("What was counted: {text}", "Qué se contó: {text}"),
    "no_definition": (
        "What was counted is not stated (--definition): figures with different definitions must not be compared.",
        "No se dice qué se contó (--definition): cifras con definiciones distintas no deben compararse.",
    ),
    "class": ("class", "clase"),
    "area": ("area", "área"),
    "se": ("std. error", "error est."),
    "interval": ("interval", "intervalo"),
    "wald": ("Wald", "Wald"),
    "helped": ("With the probabilities of the map", "Con las probabilidades del mapa"),
    "worth_times": ("worth points, times", "vale puntos, veces"),
    "map_alone": ("map alone, no estimate", "solo el mapa, no es estimación"),
    "few_here": ("none: few hits or misses", "ninguno: pocos aciertos o fallos"),
    "helped_if": (
        "Holds if the map did not learn from these points, and where points are many: it is Wald's interval.",
        "Vale si el mapa no aprendió de estos puntos, y donde los puntos son muchos: es el intervalo de Wald.",
    ),
    "mapped": ("mapped", "en el mapa"),
    "to": ("{low} to {high}", "{low} a {high}"),
    "few": (
        "{cls}: few hits or misses in {strata}. Wald's interval does not hold there.",
        "{cls}: pocos aciertos o fallos en {strata}. Allí no vale el intervalo de Wald.",
    ),
    "few_hits": (
        "{stratum} ({hits} of {n} points; may hide {hides} {unit} more)",
        "{stratum} ({hits} de {n} puntos; puede esconder {hides} {unit} más)",
    ),
    "few_misses": (
        "{stratum} ({hits} of {n} points; {hides} {unit} may be too much)",
        "{stratum} ({hits} de {n} puntos; pueden sobrar {hides} {unit})",
    ),
    "counted": (
        "{cls}: counting pixels gives {mapped} {unit}, {off} off the estimate. The map is no estimate.",
        "{cls}: contar píxeles da {mapped} {unit}, {off} respecto de la estimación. El mapa no es una estimación.",
    ),
    "accuracy": ("Accuracy of the map", "Exactitud del mapa"),
    "overall": ("overall {value} ± {half}", "global {value} ± {half}"),
    "user": ("user's", "del usuario"),
    "producer": ("producer's", "del productor"),
    "no_map": (
        "Accuracy of the map: not measured, no map class is given.",
        "Exactitud del mapa: no medida, no se da la clase del mapa.",
    ),
    "agreement": ("Agreement of interpreters", "Acuerdo entre intérpretes"),
    "kappa": (
        "{names}: kappa {value} ({low} to {high}), the same on {observed} of {n} points",
        "{names}: kappa {value} ({low} a {high}), lo mismo en {observed} de {n} puntos",
    ),
    "no_kappa": (
        "{names}: kappa cannot be told, one class only was seen",
        "{names}: kappa no se puede calcular, se vio una sola clase",
    ),
    "interpreter": ("{name} alone", "solo {name}"),
    "undecided": (
        "{n} of {all} points are undecided between interpreters. There is no estimate until they are decided (--decided COL); "
        "each interpreter's own is above.",
        "{n} de {all} puntos están sin decidir entre intérpretes. No hay estimación hasta decidirlos (--decided COL); arriba "
        "está la de cada intérprete.",
    ),
    "same_map": (
        "Strata are taken for map classes, since they have the same names.",
        "Los estratos se toman como clases del mapa, porque tienen los mismos nombres.",
    ),
    "harm": (
        "Area level only: nothing here says where a class was seen. Forms with answers do; keep them with the survey.",
        "Solo por áreas: nada aquí dice dónde se vio una clase. Los formularios contestados sí; guárdelos con la encuesta.",
    ),
    "design_title": ("Design of a sample", "Diseño de una muestra"),
    "stratum": ("stratum", "estrato"),
    "share": ("of the land", "del territorio"),
    "expected": ("expected", "esperado"),
    "points": ("points", "puntos"),
    "no_hit": ("no hit", "sin acierto"),
    "part": ("of the class", "de la clase"),
    "plan": (
        "{n} points ({rule}, at least {minimum} a stratum): expected {area} {unit} ± {half} ({relative}) by Wald, if the shares "
        "are as expected.",
        "{n} puntos ({rule}, al menos {minimum} por estrato): se esperan {area} {unit} ± {half} ({relative}) según Wald, si las "
        "proporciones son las esperadas.",
    ),
    "cost": (
        "They cost {cost}; {left} of the budget is left.",
        "Cuestan {cost}; quedan {left} del presupuesto.",
    ),
    "worth": (
        "{more} more points: ± {half} ({relative}) instead of ± {before}, {gain} narrower.",
        "{more} puntos más: ± {half} ({relative}) en vez de ± {before}, {gain} más estrecho.",
    ),
    "blind": (
        "{stratum} holds {part} of the class and will have no hit at all with probability {no_hit}: its intervals will be wide, "
        "and Wald's will be wrong. More points there, or a buffer that takes the likely part out of it.",
        "{stratum} tiene {part} de la clase y con probabilidad {no_hit} no tendrá ningún acierto: sus intervalos serán anchos, "
        "y el de Wald, falso. Más puntos allí, o una franja que le quite la parte probable.",
    ),
    "try": (
        "See whether its intervals hold: vereda area simulate",
        "Vea si sus intervalos valen: vereda area simulate",
    ),
    "wrote": ("Wrote {files} into {folder}.", "Se escribió {files} en {folder}."),
    "simulate_title": ("Does the interval hold?", "¿Vale el intervalo?"),
    "simulated": (
        "{draws} samples of {n} points from a land with {truth} {unit} ({share}) of the class; estimate off by {bias} on average, "
        "{rmse} typically.",
        "{draws} muestras de {n} puntos de un territorio con {truth} {unit} ({share}) de la clase; la estimación se desvía {bias} "
        "en promedio, {rmse} típicamente.",
    ),
    "kind": ("interval", "intervalo"),
    "covers": ("covers", "cubre"),
    "above": ("lies above", "queda por encima"),
    "below": ("lies below", "queda por debajo"),
    "half": ("half-width", "semiancho"),
    "verdict": ("verdict", "veredicto"),
    "holds": ("holds", "vale"),
    "narrow": ("too narrow", "demasiado estrecho"),
    "wide": ("wider than needed", "más ancho de lo necesario"),
    "empty": (
        "{stratum}: no hit in {share} of the samples.",
        "{stratum}: ningún acierto en {share} de las muestras.",
    ),
    "trail": (
        "data {data}, seed {seed}, version {version}",
        "datos {data}, semilla {seed}, versión {version}",
    ),
    "beta": ("beta", "beta"),
    "jeffreys": ("Jeffreys", "Jeffreys"),
    "wilson": ("Wilson", "Wilson"),
    "bootstrap": ("bootstrap", "bootstrap"),
    "neyman": ("least variance", "mínima varianza"),
    "proportional": ("proportional", "proporcional"),
    "power": ("power", "potencia"),
    "equal": ("equal", "igual"),
    "given": ("as given", "como se dieron"),
}


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

    def percent(self, value: float, places: int = 1, sign: bool = False) -> str:
        """12.3 % of 0.123."""
        return ("+" if sign and value > 0 else "") + digits(100 * value, self.language, places) + "\u00a0%"
