"""The circle: how many people are called and heard from, and how evenly contact is spread over them."""
from churnkit.engine import Column, F
from churnkit.expressions import count_if
from churnkit.features.declare import entropy, feature, n_log_n
from churnkit.features.usage import over_months
from churnkit.history import Events

QUARTER = 3  # months


@feature("contacts", unit="count", months=(1, QUARTER), missing=0, risky="-", group="silence", zh="近{window}个月仅主动联系过{value:.0f}人",
         en="called or texted only {value:.0f} people in {window} months",
         zero=("近{window}个月没有主动联系过任何人", "called or texted nobody in {window} months"))
def people_called(people: Events, months: int) -> Column:
    """People called or texted in the last so many months."""
    return count_if(over_months("out", months) > 0)


@feature("contacts", unit="count", months=(1, QUARTER), missing=0, risky="-", group="silence", zh="近{window}个月仅接听过{value:.0f}人的来电",
         en="took calls of only {value:.0f} people in {window} months",
         zero=("近{window}个月没有接听过任何人的来电", "took no call in {window} months"))
def people_answered(people: Events, months: int) -> Column:
    """People whose call was answered in the last so many months."""
    return count_if(over_months("answered", months) > 0)


@feature("contacts", unit="nats", months=(1, QUARTER), risky="-", group="contacts")
def contact_entropy(people: Events, months: int) -> Column:
    """Entropy of the calls and SMS of the last so many months over the people they were with, 0 for one person; null without any."""
    events = over_months("events", months)
    return entropy(F.sum(events), F.sum(n_log_n(events)))


@feature("contacts", unit="count", months=(QUARTER,), missing=0, risky="-", group="contacts", zh="近{window}个月八成来往只与{value:.0f}人",
         en="four fifths of contact in {window} months with only {value:.0f} people",
         zero=("近{window}个月与任何人都没有来往", "in touch with nobody in {window} months"))
def contacts_of_four_fifths(people: Events, months: int) -> Column:
    """How many of the people most in touch with make up four fifths of the calls and SMS of the last so many months."""
    events = over_months("events", months)
    return count_if((events > 0) & (F.col("closer_events") * 5 < F.col("all_events") * 4))
