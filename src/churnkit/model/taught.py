"""What a table's columns could tell at most: a booster that is taught true probabilities, where an invented operator knows them."""
from collections.abc import Mapping
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from churnkit.model import encode, folds
from churnkit.model.learning import Learning, read_learning


def taught(features: pd.DataFrame, probability: np.ndarray, rows: pd.DataFrame, *, valid: tuple[pd.DataFrame, np.ndarray],
           params: Mapping[str, Any] | Learning | None = None, seed: int = 0) -> np.ndarray:
    """The log odds of each of `rows` by boosters that learnt the probabilities of `features`, and not who then churned by luck.

    `valid`, a later table and its probabilities, tells the number of trees, by cross entropy.
    """
    learning = read_learning(params)
    columns, matrix, _ = encode.learn(features, probability, smooth=learning.smooth, seed=seed)
    later, asked = (encode.encode(encode.matched(table, columns), columns) for table in (valid[0], rows))
    binned, names = folds.dataset(learning, columns, matrix, probability), [column.name for column in columns]
    margins = []
    for bag in range(learning.bags or 1):
        told = learning.boosting(learning.shapes[0], len(matrix), seed * 1000 + bag, names, learning.threads_used) | {"objective": "cross_entropy"}
        watched = lgb.Dataset(later, valid[1], reference=binned, params=told)
        stop = lgb.early_stopping(learning.patience, verbose=False)
        booster = lgb.train(told, binned, learning.max_trees, valid_sets=[watched], callbacks=[stop])
        margins.append(np.asarray(booster.predict(asked, raw_score=True, num_iteration=booster.best_iteration)))
    return np.asarray(np.mean(margins, axis=0))
