"""What the invented operator is like: every size, rate and hazard of the simulator, in one place."""

from typing import Final

# --- The base -----------------------------------------------------------------------------------------------------
BURN_IN_MONTHS: Final = 5  # lived before the first file, so that debts, drifts and temptations are under way by then
BURN_IN_LOSS: Final = 0.02  # share of the lines off the books by then; as many more are drawn
GROSS_ADDS_SHARE: Final = 0.027  # new subscribers a month, as a share of the first base; keeps the base about flat
TENURE_MEAN_DAYS: Final = 1300.0  # of the first base, exponential
TENURE_MAX_DAYS: Final = 4200  # the operator opened its network then
LINE_KINDS: Final = ("voice", "iot", "test", "staff", "data_only", "sub_line", "company")
LINE_KIND_SHARES: Final = (0.955, 0.010, 0.001, 0.004, 0.010, 0.010, 0.010)
PAYMENT_KINDS: Final = ("postpaid", "quasi_prepaid", "prepaid")
PAYMENT_SHARES: Final = (0.60, 0.22, 0.18)
CHANNELS: Final = ("shop", "dealer", "online", "door_to_door")
CHANNEL_SHARES: Final = (0.42, 0.30, 0.22, 0.06)
FARMED_SHARE: Final = 0.16  # of dealer activations: lines kept alive for the commission (养卡)
SECOND_LINE_SHARE: Final = 0.06  # lines whose customer owns another line too
KEY_ACCOUNT_SHARE: Final = 0.015  # lines with a named account manager
AUTOPAY_SHARE: Final = 0.35
CONTRACT_SHARE: Final = 0.62  # of billed lines
MINIMUM_SPEND_SHARE: Final = 0.30  # of contracts
DUAL_SIM_SHARE: Final = 0.85  # of handset models
COMMUNITY_SIZE: Final = 30  # members of one community of the contact graph
DEGREE_MEDIAN: Final = 11.0  # contacts of a subscriber, lognormal
DEGREE_SIGMA: Final = 0.6
ON_NET_SHARE: Final = 0.36  # of the contacts
SLOT_SKEW: Final = 2.2  # rank of the contact called = degree * u ** skew: few contacts take most calls
CLOSE_FRIENDS: Final = 5  # ranks that count as close

# --- Usage, per day of a subscriber at its usual level --------------------------------------------------------------
OUT_CALLS: Final = 0.44
IN_CALLS: Final = 0.42  # answered or not
OUT_SMS: Final = 0.045
IN_SMS: Final = 0.05
SERVICE_SMS: Final = 0.18  # 106…: codes and notices
CARE_CONTACTS: Final = 0.022  # the operator's own care and campaigns, mostly SMS
SHORT_CODE_CALLS: Final = 0.018  # incoming calls from 95… and 96…
RIVAL_CARE_NOISE: Final = 0.0015  # anyone may ask a rival
RATE_SIGMA: Final = 0.58  # of the lognormal personal rate
RATE_FLOOR: Final = 0.56  # of the mean rate: below it, 30 silent days would be common by chance
LIGHT_SHARE: Final = 0.006  # very light users, below the floor
LIGHT_RATE: Final = (0.20, 0.40)  # their rate, as a share of the mean
TWO_PHONE_SHARE: Final = 0.04  # innocent owners of two phones: low, steady, mostly receiving
SALESMAN_SHARE: Final = 0.03  # innocents who forward unconditionally a day or two each week
# What becomes of calls not answered: nothing, forwarded to a notice platform (来电提醒), or to an own second number.
FORWARD_SHARES: Final = (0.79, 0.16, 0.05)
HOLIDAY_SHARE: Final = 0.022  # a month: one or two weeks of silence that mean nothing
HOLIDAY_PEAK: Final = 2.0  # factor in February and August
ANSWER_SHARE: Final = (0.66, 0.92)
MONTH_NOISE: Final = 0.12  # log s.d. of a person's usage from month to month
VOICE_TREND: Final = 0.996  # network-wide voice, per month
MEAN_CALL_S: Final = 68.0

# --- Money ---------------------------------------------------------------------------------------------------------
VOICE_CENTS_A_MINUTE: Final = 15
SMS_CENTS: Final = 10
DATA_LOG_MEAN: Final = -0.85  # log of data use over allowance
DATA_LOG_SIGMA: Final = 0.35  # between people
DATA_MONTH_SIGMA: Final = 0.16  # within one person
MISFIT_SHARE: Final = 0.05  # plans that are too small for their owner
MISFIT_LOG_MEAN: Final = 0.08
DATA_SPIKE_SHARE: Final = 0.022  # a month
DATA_SPIKE: Final = (1.8, 4.5)  # factor on that month's use
VALUE_ADDED_SHARE: Final = 0.16
THIRD_PARTY_SHARE: Final = 0.03  # a month

# --- Payment, chance a day (billed lines) ---------------------------------------------------------------------------
LATE_SHARE: Final = 0.13  # people who pay late by habit
PAY_BEFORE_DUE: Final = (0.30, 0.015)  # punctual, late
PAY_OVERDUE: Final = (0.35, 0.05)
PAY_AUTO: Final = 0.985  # of automatic payments succeed on the second of the month
PAY_STOPPED: Final = 0.33  # one-way stopped: most pay within days
PAY_TWO_WAY: Final = 0.09  # two-way stopped
TROUBLE_ONSET: Final = 0.0070  # a month: money trouble begins, for a billed line
TROUBLE_LATE_FACTOR: Final = 3.0  # the same, for people who pay late by habit
TROUBLE_YOUNG_FACTOR: Final = 1.6  # the same, in the first year
TROUBLE_RECOVERY: Final = 0.06  # a month
TROUBLE_FACTORS: Final = (0.8, 0.16, 0.06, 0.025)  # on the chances above (capped at late habit), by month of trouble
STOP_LAG_DAYS: Final = (20, 31)  # due date to one-way stop
TWO_WAY_LAG_DAYS: Final = (14, 29)  # one-way to two-way stop
CANCEL_LAG_DAYS: Final = 75  # two-way stop for arrears to cancellation
IDLE_CANCEL_DAYS: Final = 150  # silence to cancellation, for prepaid lines
DUE_DAYS: Final = (10, 15, 20, 25)  # of the month after the bill's

# --- Why they leave: hazards a month --------------------------------------------------------------------------------
BASE_LEFT: Final = 0.0038  # no trace: nobody can see it, so the best achievable cannot either
BASE_SILENT: Final = 0.0009  # no trace either
CONTRACT_END: Final = 0.034  # extra, with the end 20 days past to 30 days ahead; tapers off outside
CONTRACT_SHIELD: Final = 0.4  # factor on the extra causes while more than 90 days of contract are left
BILL_SHOCK: Final = 0.105  # extra, per unit of bill over 1.35 times the usual, capped
BILL_SHOCK_FROM: Final = 1.35
BILL_SHOCK_CAP: Final = 1.2
PLAN_MISFIT: Final = 0.17  # extra, times the square of the overage share of the last three bills
OLD_HANDSET: Final = 0.022  # extra, rising over two years from a model's age of 58 months
OLD_HANDSET_FROM_MONTHS: Final = 58
FRIEND_LEFT: Final = 0.6  # extra, times the squared share of calls that went to contacts who left within 60 days
FRIEND_LEFT_DAYS: Final = 60
FARMED_EXIT: Final = 0.30  # farmed lines, from day 30 to 150; they fall silent
TEMPTED_ONSET: Final = 0.0010  # a month, anywhere: asks a rival
TEMPTED_ONSET_OFFER: Final = 0.026  # in a district with a rival's offer
TEMPTED_LEAD_DAYS: Final = 35  # asks a rival so long before leaving is likely
TEMPTED_EXIT: Final = 0.30  # then, while tempted
TEMPTED_DAYS: Final = 105  # in all
ASKS_RIVAL: Final = 0.18  # calls a day to a rival's hotline meanwhile
MOVING_ONSET: Final = 0.0010
MOVING_LEAD_DAYS: Final = 30  # calls to another province begin so long before
MOVING_EXIT: Final = 0.45
MOVING_DAYS: Final = 90
LEFT_PORTED_SHARE: Final = 0.42  # ports out; the others cancel
LEFT_PRE_CANCEL_SHARE: Final = 0.6  # of those who cancel: pre-cancelled first
PRE_CANCEL_DAYS: Final = 60

# --- The drift to a second SIM --------------------------------------------------------------------------------------
DRIFT_ONSET: Final = 0.0078  # a month
DRIFT_DUAL_SIM_FACTOR: Final = 1.3
DRIFT_DAYS: Final = (85, 145)  # onset to full depth
DRIFT_SEEN: Final = 0.27  # depth at which usage has fallen all the way: the fall comes well before the end
DRIFT_OUT: Final = 0.90  # share of outgoing use lost at full depth
DRIFT_IN: Final = 0.48  # share of answered incoming use lost at full depth
DRIFT_SILENT: Final = 0.055  # a day, times the fourth power of depth
DRIFT_PORT: Final = 0.0060  # a day, times depth squared
DRIFT_RECOVERY: Final = 0.0035  # a day: the second SIM was a trial
DRIFT_FORWARD_SHARE: Final = 0.65  # drifters who forward unconditionally to the rival number
DRIFT_FORWARDED: Final = 0.7  # share of their incoming calls that then is
DRIFT_FORWARD_FROM: Final = 0.25  # depth from which they do
RETREAT_TEMPTED: Final = 0.4  # share of a drift's whole fall in usage that shows while tempted by a rival
RETREAT_TROUBLE: Final = 0.5  # the same in money trouble

# --- The mix drifts: yearly swing of each cause, and its phase in months --------------------------------------------
MIX_SWING: Final = 0.25
MIX_PHASES: Final = {"contract": 0.0, "shock": 3.0, "handset": 6.0, "friends": 9.0, "drift": 4.0, "trouble": 8.0}

# --- Events that are not churn, a month -----------------------------------------------------------------------------
HANDSET_CHANGE: Final = 0.024
KEEP_NUMBER: Final = 0.0006  # stop on request (停机保号)
KEEP_NUMBER_DAYS: Final = (30, 90)
HIGH_SPEND_STOP: Final = 0.0006  # one-way, opened again within days
HIGH_SPEND_DAYS: Final = (1, 4)
MIGRATION: Final = 0.0003
RENEWAL_A_DAY: Final = 0.014  # contracts within 60 days of their end

# --- Consents -------------------------------------------------------------------------------------------------------
CONSENT_NONE: Final = 0.04
CONSENT_REFUSED: Final = 0.07
CONSENT_WITHDRAWN: Final = 0.0015  # a month

# --- Planted faults -------------------------------------------------------------------------------------------------
DUPLICATE_SHARE: Final = 0.0004  # of the rows of calls, bills and status changes
BAD_SHARE: Final = 0.00008  # of the rows of calls and bills, for each rule

# --- The best achievable --------------------------------------------------------------------------------------------
REPLAYS: Final = 100  # forward replays of the hidden state
GAP_DAYS: Final = 10
HORIZON_DAYS: Final = 30
RUN_DAYS: Final = 30  # a silent run; also the days within which a stop for arrears may be paid off
BEYOND_DAYS: Final = 20  # replayed after the window: who leaves then may have fallen silent before its end
RATE_SLACK: Final = 0.93  # usual activity over the mean rate: weekends, lean months and the decline of voice
STRIDE_DAYS: Final = 5  # of a replay of the drift; payment is replayed day by day
AFTER_DAYS: Final = 75  # life goes on this long after the last file, so that its outcomes are known too
