"""The register of the fixture: a few real entries, in our words."""

from functools import lru_cache

from vereda.terms.cooperation import (
    Case,
    Claim,
    Commitment,
    Conflict,
    Document,
    Forum,
    Instrument,
    Meeting,
    Membership,
    Metric,
    Part,
    Party,
    Register,
    Scope,
    ScopeVersion,
    Target,
    Text,
    Training,
)  # fmt: skip


def T(en, es):
    return Text(en=en, es=es)


BY = {"cites": ("HLD7",)}


@lru_cache
def register() -> Register:
    return Register(
        case=Case(
            id="us-colombia", title=T("United States and Colombia", "Estados Unidos y Colombia"),
            lead=T("Counternarcotics and security cooperation: what was agreed, what was done, what changed.",
                   "Cooperación antinarcóticos y de seguridad: qué se acordó, qué se hizo, qué cambió."),
            country="CO", as_of="2026-11-22", datasets=("odc-simci-coca",), priority_scope="priority",
            headline="half-area", mapped="coca_area", indicators=("coca_area", "potential_cocaine_hcl"),
            place_indicators=("coca_area", "homicide_rate", "extortion"),
            estimators={"unodc-simci": T("UNODC and SIMCI", "UNODC y SIMCI"), "us-ondcp": T("ONDCP, United States", "ONDCP, Estados Unidos"),
                        "gov-co": T("Government of Colombia", "Gobierno de Colombia")},
            series={"coca_area": T("Coca cultivation", "Cultivo de coca"),
                    "manual_eradication": T("Manual eradication", "Erradicación manual"),
                    "legal_crop_area": T("Permanent legal crops planted", "Cultivos lícitos permanentes sembrados")},
            unknowns=(T("Which year and whose estimate the 2018 pledge meant by 'current levels'.",
                        "De qué año y de quién era la estimación que el compromiso de 2018 llamó «niveles actuales»."),
                      T("Three of the twelve metrics of 2024: their wording was not seen.",
                        "Tres de las doce métricas de 2024: no se vio su redacción.")),
        ),
        parties=(Party(id="US", name=T("United States", "Estados Unidos"), kind="state"),
                 Party(id="CO", name=T("Colombia", "Colombia"), kind="state")),
        documents=(Document(id="HLD7", publisher="US Department of State", title="Seventh High-Level Dialogue", date="2018-03-01",
                            address="https://www.state.gov/", kind="joint statement"),),
        forums=(Forum(id="hld", name=T("High-Level Dialogue", "Diálogo de Alto Nivel"), parties=("US", "CO"), **BY),),
        meetings=tuple(
            Meeting(id=f"M{n}", forum="hld", ordinal=n, date=d, where=T(w, w), confidence="high", **BY)
            for n, d, w in ((1, "2010-10", "Bogotá"), (2, "2011-05", "Washington"), (4, "2013/2014", "Washington"),
                            (7, "2018-03-01", "Bogotá"), (10, "2023-03-27/2023-03-28", "Washington"))
        ),
        instruments=(
            Instrument(id="INS04", name=T("Five-year pledge", "Compromiso a cinco años"), kind="joint pledge", parties=("US", "CO"),
                       start="2018-03-01", end="2023-12-31", content=T("cut area and production to 50 %", "reducir área y producción al 50 %"),
                       confidence="high", **BY),
            Instrument(id="INS10", name=T("Eight metrics", "Ocho métricas"), kind="joint statement", parties=("US", "CO"),
                       start="2022-04-28", content=T("eight metrics, published yearly", "ocho métricas, publicadas cada año"),
                       confidence="high", **BY),
            Instrument(id="INS12", name=T("Twelve metrics", "Doce métricas"), kind="joint statement", parties=("US", "CO"),
                       start="2024-07-26", replaces="INS10", content=T("twelve metrics", "doce métricas"), confidence="high", **BY),
        ),
        metrics=(
            Metric(id="MT22-1", instrument="INS10", version="2022", position=1, name=T("Hectares of coca eradicated", "Hectáreas de coca erradicadas"),
                   unit="ha", level=("national", "municipal"), state="derivable", series=("manual_eradication",),
                   state_note=T("Open data would give it.", "Los datos abiertos la darían."), confidence="high", **BY),
            Metric(id="MT22-6", instrument="INS10", version="2022", position=6, name=T("Money-laundering indictment rate", "Tasa de imputación por lavado"),
                   unit="rate", state="not_found", state_note=T("No figure found.", "No se halló cifra."), confidence="high", **BY),
            Metric(id="MT24-3", instrument="INS12", version="2024", position=3, name=T("Hectares of coca eradicated", "Hectáreas de coca erradicadas"),
                   unit="ha", state="derivable", series=("manual_eradication",), replaces=("MT22-1",),
                   state_note=T("Open data would give it.", "Los datos abiertos la darían."), confidence="high", **BY),
            Metric(id="MT24-10", instrument="INS12", version="2024", position=10, name=T("Not seen", "No vista"), state="not_seen",
                   state_note=T("The wording was not seen.", "No se vio la redacción."), confidence="low", **BY),
        ),
        commitments=(
            _half("C01", "us-ondcp"), _half("C02", "unodc-simci"),
            Commitment(id="C05", promise="area-2026", parties=("CO",), strength="commits", made_on="2023-09", due="2026-12-31",
                       gist=T("90,000 ha less coca by 2026", "90.000 ha menos de coca en 2026"),
                       target=Target(rule="minus", value=90000, unit="ha"), better="at_most",
                       parts=(Part(name=T("voluntary", "voluntaria"), value=69000), Part(name=T("forced", "forzosa"), value=23000)), **BY),
            Commitment(id="C10", promise="release", instrument="INS10", parties=("US", "CO"), strength="commits", made_on="2022-04-28",
                       due="yearly", gist=T("Publish the metrics every year", "Publicar las métricas cada año"), release_duty=True,
                       places=("CO-52835", "CO-05120", "CO-54720"), target=Target(rule="level", value=1, unit="releases/year"), **BY),
            Commitment(id="C13", promise="manual-2019", parties=("CO",), strength="intends", made_on="2019-02", due="2019-12-31",
                       gist=T("Eradicate 80,000 ha by hand in 2019", "Erradicar a mano 80.000 ha en 2019"),
                       target=Target(rule="level", value=80000, unit="ha"), better="at_least", **BY),
        ),
        trainings=(Training(id="U012", measure="personnel_trained", group=T("six countries", "seis países"), period="2013-2017",
                            value=15534, unit="persons", note=T("end date not stated", "fecha final no declarada"), confidence="medium", **BY),),
        memberships=(Membership(id="U001", country=T("Panama", "Panamá"), since="2013", confidence="high", **BY),),
        scopes=(Scope(id="priority", name=T("Priority municipalities", "Municipios priorizados"), instrument="INS04",
                      versions=(ScopeVersion(since="2021-09", places=("CO-52835", "CO-05120", "CO-54720"), **BY),
                                ScopeVersion(since="2024-07-26", stated_count=5, **BY))),),
        conflicts=(Conflict(id="X01", subject=T("Place of the first dialogue, 2012", "Lugar del primer diálogo, 2012"),
                            first=Claim(text=T("Washington, 23 February", "Washington, 23 de febrero"), cites="HLD7"),
                            second=Claim(text=T("Bogotá, February 2012", "Bogotá, febrero de 2012"), cites="HLD7"),
                            handling=T("keep both", "conservar ambas"), commitments=("C02",)),),
        files={"commitment/C02": "commitments.yml:40"},
    )  # fmt: skip


def _half(id: str, estimator: str) -> Commitment:
    return Commitment(
        id=id, promise="half-area", instrument="INS04", parties=("US", "CO"), strength="commits", made_on="2018-03-01", due="2023-12-31",
        gist=T("Cut coca cultivation to 50 % of current levels", "Reducir el cultivo de coca al 50 % de los niveles actuales"),
        target=Target(rule="times", value=0.5, unit="ha"), better="at_most",
        ambiguity=T("The baseline year is not named.", "No se nombra el año base."), cites=("HLD7",),
        judged_on=({"series": "coca_area", "place": "CO", "estimator": estimator},), baselines=({"series": "coca_area", "place": "CO", "period": "2017", "estimator": estimator},),
    )  # fmt: skip
