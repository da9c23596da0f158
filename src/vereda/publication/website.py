"""The whole site: pages in every language, traces, style and downloads. It returns documents and saves nothing."""

from collections.abc import Callable
from pathlib import Path

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from vereda.publication import package, text, traces
from vereda.publication.ledger import Ledger, Tracer, printed
from vereda.publication.maps import Field, polygons
from vereda.publication.pages import Page, plan
from vereda.publication.refuse import must_be_traced
from vereda.publication.teller import Teller
from vereda.terms.answer import Edition

HERE = Path(__file__).parent


class Compiled(BytecodeCache):
    """Templates compiled once for every language."""

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Use what another language compiled."""
        if bucket.key in self._codes:
            bucket.bytecode_from_string(self._codes[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it for the next language."""
        self._codes[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()
Progress = Callable[[str, int, int], None]


def site(
    edition: Edition,
    tracer: Tracer,
    languages: tuple[str, ...] = ("en", "es"),
    progress: Progress | None = None,
) -> dict[str, str | bytes]:
    """Relative path -> content. NoTrace, naming every fault, if a number on a page has no way back."""
    tell = progress or (lambda words, done, of: None)
    tell("tracing every number", 0, 3)
    verdicts = [answer.trace for answer in edition.agreed.commitments]
    ledger = Ledger(printed(edition), verdicts, tracer)
    tell("drawing charts and maps", 1, 3)
    files = package.downloads(edition, ledger)
    pages = plan(edition, files)
    made: dict[str, str] = {}
    for number, lang in enumerate(languages):
        env = environment(lang)
        for page in pages:
            made[prefix(lang) + page.path] = render(env, page, edition, ledger, lang)
        tell("writing pages", 1 + (number + 1) * len(pages), 1 + (len(languages) + 1) * len(pages))
    must_be_traced(made)
    ways: dict[str, str] = {}
    for lang in languages:
        ways |= traces.write(environment(lang), edition, ledger, lang, prefix(lang))
    tell("writing traces", 3, 3)
    found = {"style.css": (HERE / "style.css").read_text(encoding="utf-8"), **made, **ways}
    field = Field.of(edition.changed.maps, edition.gazetteer)
    if field and (ground := polygons(edition.geometry, field)):
        found["ground.svg"] = ground
    return {**found, **{file.path: file.content for file in files}}


def prefix(lang: str) -> str:
    """The folder of a language: English stands at the root."""
    return "" if lang == "en" else f"{lang}/"


def environment(lang: str) -> Environment:
    """Jinja with escaping, no undefined names, and the words of one language."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=COMPILED,
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda english: text.translate(english, lang),
        lambda one, many, n: text.translate(one if n == 1 else many, lang),
        newstyle=True,
    )
    env.globals["digits"] = lambda value: text.digits(value, lang)
    env.filters["exact"] = repr  # a number for a machine, with every digit
    env.globals["value"] = lambda value, unit: (
        "" if value is None else text.digits(value, lang, text.decimals(value, unit))
    )
    return env


def navigation(lang: str, edition: Edition) -> list[tuple[str, str]]:
    """The pages in the bar."""

    def _(english: str) -> str:
        return text.translate(english, lang)

    return [
        ("index.html", _("Overview")),
        ("agreed.html", _("Agreed")),
        ("done.html", _("Done")),
        ("changed.html", _("Changed")),
        *([("production.html", _("Production"))] if edition.production else []),
        *([("because.html", _("Because of"))] if edition.findings else []),
        ("places/index.html", _("Places")),
        ("sources.html", _("Sources")),
        ("methods.html", _("Methods")),
        ("data.html", _("Data")),
    ]


def render(env: Environment, page: Page, edition: Edition, ledger: Ledger, lang: str) -> str:
    """One page in one language."""
    teller = Teller(edition, ledger, lang, page.path)
    told = page.tell(teller)
    return env.get_template(page.template).render(
        t=teller, nav=navigation(lang, edition), **({"names": text.NAMES} | told)
    )
