"""What is said of a feature is said of those of whom it is true."""
import pandas as pd

from churnkit.features import REGISTRY
from churnkit.reasons import reasons


def test_the_sentence_of_a_handset_that_came_with_a_contract_is_said_to_those_whose_did():
    told = reasons(pd.DataFrame({"is_handset_own_purchased": [1.0] * 3}), pd.DataFrame({"is_handset_own_purchased": [1, 1, 0]}), REGISTRY, top=1)
    assert told["reason_1_en"].fillna("").tolist() == ["", "", "the new handset came with a contract or a bundle"]
