"""What the operator sends: one module, one extract."""
from churnkit.extracts.bills import BILLS
from churnkit.extracts.calls import CALLS
from churnkit.extracts.consents import CONSENTS
from churnkit.extracts.declare import Extract
from churnkit.extracts.handsets import HANDSETS
from churnkit.extracts.number_plan import NUMBER_PLAN
from churnkit.extracts.status_changes import STATUS_CHANGES
from churnkit.extracts.subscribers import SUBSCRIBERS

EXTRACTS: dict[str, Extract] = {e.name: e for e in (CALLS, BILLS, SUBSCRIBERS, STATUS_CHANGES, HANDSETS, NUMBER_PLAN, CONSENTS)}
