"""What the recipe would have said at a past date: learnt from outcomes that were known by then, and from no others."""
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from churnkit import examples
from churnkit.model import Learning, Model, fit, refit

EVERYONE = "all"  # the part of a stratum that is the whole of it


@dataclass(frozen=True)
class Recipe:
    """How params.yaml says to learn: the choices, the features not to read, the most as-of dates, the seed."""

    learning: Learning
    without: tuple[str, ...]
    max_dates: int
    seed: int

    def read(self, rows: Any) -> Any:
        """The columns of a table that the model may read; `train` refuses names in `without` that are no feature."""
        return examples.features_of(rows).drop(columns=list(self.without), errors="ignore")

    def learnt(self, months: Sequence[Any]) -> Model:
        """The model of these months, oldest first: all but the last are fitted, the last tells the tree count and calibrates."""
        import pandas as pd

        earlier, later = pd.concat(months[:-1], ignore_index=True), months[-1]
        table = self.read(earlier)
        return fit(table, earlier["churned"], params=self.learning, seed=self.seed,
                   valid=(self.read(later).reindex(columns=table.columns), later["churned"]))

    def scoring(self, judged: Model, months: Sequence[Any]) -> Model:
        """The same recipe refitted on all of these months, as the one that scores is."""
        import pandas as pd

        every = pd.concat(months, ignore_index=True)
        return refit(judged, self.read(every), every["churned"])


def probabilities(model: Model, rows: Any) -> Any:
    """The churn probability of each row; a column that the month lacks is missing for everyone."""
    return model.predict_proba(examples.features_of(rows).reindex(columns=model.feature_names))
