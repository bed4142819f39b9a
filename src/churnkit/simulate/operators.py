"""How different operators send the same lives: the form of each extract, and the layouts that read it."""

from dataclasses import dataclass, replace
from typing import Final

from churnkit.simulate import crm, pipes, shanxi, unicom
from churnkit.simulate.faults import CANONICAL
from churnkit.simulate.forms import Form

EXTRACTS: Final = ("calls", "bills", "subscribers", "status_changes", "handsets", "number_plan", "consents")
OWN: Final = {name: Form(name + "_{month}.csv", faults=CANONICAL.get(name, {})) for name in EXTRACTS}


@dataclass(frozen=True)
class Operator:
    """What an operator sends: a form for each extract, and what params.yaml names to read them."""

    forms: dict[str, Form]
    layouts: tuple[str, ...]


CRM: Final = {"subscribers": crm.SUBSCRIBERS, "status_changes": crm.STATES, "consents": crm.CONSENTS}
ZIPPED: Final = {name: replace(form, name=f"{form.name}.zst") for name, form in CRM.items()}

OPERATORS: Final = {
    "canonical": Operator(OWN, ("canonical",)),
    "unicom": Operator(
        OWN | CRM | {"calls": unicom.CALLS, "bills": pipes.BILLS}, ("canonical", "unicom_gsm", "monthly_pipe", "crm_letters")
    ),
    "shanxi": Operator(
        OWN | ZIPPED | {"calls": shanxi.CALLS, "bills": replace(pipes.BILLS, name="bill_{packed}.dat.gz")},
        ("canonical", "mobile_shanxi", "monthly_pipe", "crm_letters"),
    ),
}
