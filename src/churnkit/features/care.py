"""Care: how often the subscriber turns to this operator's own care line."""
from churnkit.engine import Column
from churnkit.features.declare import feature
from churnkit.history import Events


@feature("usage_daily", unit="count", windows=(30, 90), missing=0, risky="±", zh="近{window}天联系客服{value:.0f}次",
         en="{value:.0f} calls or SMS to our care line in {window} days", needs=("number_plan",))
def own_care_calls(usage: Events, window: int) -> Column:
    """Outgoing calls and SMS to this operator's care line in the window."""
    return usage.total("care_calls", window)
