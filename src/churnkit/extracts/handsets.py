"""Handset models by the first eight digits of their IMEI (TAC)."""
from churnkit.extracts.declare import Column, Extract

HANDSETS = Extract(
    name="handsets",
    one_row="one TAC",
    clock=None,
    keep="last",
    natural_key=("tac",),
    columns=(
        Column("tac", "text", "First 8 digits of the IMEI.", required=True, keeps=8),
        Column("brand", "text", "Maker."),
        Column("model", "text", "Model; several TACs may share one.", required=True),
        Column("launched_on", "date", "When the model came to market."),
        Column("generation", "choice", "Fastest network it can use.", choices=("2G", "3G", "4G", "5G")),
        Column("price_band", "choice", "Price when new.", choices=("low", "mid", "high")),
        Column("is_smartphone", "flag", "Whether it is a smartphone."),
        Column("is_dual_sim", "flag", "Whether it takes two SIMs."),
    ),
)
