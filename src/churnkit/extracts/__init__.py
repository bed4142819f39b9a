"""What the operator sends: one module, one extract."""
from churnkit.extracts.bills import BILLS
from churnkit.extracts.calls import CALLS
from churnkit.extracts.care_contacts import CARE_CONTACTS
from churnkit.extracts.consents import CONSENTS
from churnkit.extracts.data_sessions import DATA_SESSIONS
from churnkit.extracts.declare import Extract
from churnkit.extracts.handsets import HANDSETS
from churnkit.extracts.holdings import HOLDINGS
from churnkit.extracts.number_plan import NUMBER_PLAN
from churnkit.extracts.orders import ORDERS
from churnkit.extracts.outcomes import OUTCOMES
from churnkit.extracts.plans import PLANS
from churnkit.extracts.portability_requests import PORTABILITY_REQUESTS
from churnkit.extracts.portings import PORTINGS
from churnkit.extracts.status_changes import STATUS_CHANGES
from churnkit.extracts.subscribers import SUBSCRIBERS
from churnkit.extracts.suppressions import SUPPRESSIONS
from churnkit.extracts.topups import TOPUPS

# In the order of docs/extracts.md: what must come, what happens, what things are, what churnkit asks and is told of people.
EXTRACTS: dict[str, Extract] = {e.name: e for e in (
    CALLS, BILLS, SUBSCRIBERS, STATUS_CHANGES, TOPUPS, DATA_SESSIONS, HANDSETS, NUMBER_PLAN, PORTINGS, PORTABILITY_REQUESTS, PLANS,
    ORDERS, HOLDINGS, SUPPRESSIONS, CARE_CONTACTS, CONSENTS, OUTCOMES)}
