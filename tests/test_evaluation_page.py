"""The page for managers says first what the calls would find, in plain words, and needs nothing but itself."""
import re
from pathlib import Path

import pandas as pd
import pytest

from churnkit.evaluation_page import html
from churnkit.figures import draw_calibration

CALIBRATION = {"predicted_over_observed": 1.02, "predicted_over_observed_top_decile": 0.95, "calibration_slope": 1.01}
LIST = {"called": 500, "expected_yuan": 13926.0, "brought_yuan": 15352.0, "brought_yuan_low": 13173.0, "brought_yuan_high": 17909.0}
OPEN = {"rows": 18282, "churned": 527, "churned_share": 0.028826, "capacity": 500, "precision_at_capacity": 0.414, "precision_at_capacity_low": 0.376,
        "precision_at_capacity_high": 0.462, "lift_at_capacity": 14.36, "recall_at_capacity": 0.39, **CALIBRATION,
        "calibration": {"holds": True, "outside": [], "unsure": []},
        "exit_kinds": {"left": {"churned": 221, "auc": 0.76, "recall_at_capacity": 0.16, "recall_at_capacity_low": 0.12,
                                "recall_at_capacity_high": 0.21}},
        "money": {"empc": {"empc": 0.54, "empc_low": 0.45, "empc_high": 0.64, "empc_share": 0.037}, "list": {"capacity": LIST, "best_length": LIST}}}
VERDICT = {"beats_baselines": True, "baselines": {"logistic": 0.378, "seed_rules": 0.1},
           "gain_over": {"logistic": {"value": 0.036, "low": 0.008, "high": 0.062}, "seed_rules": {"value": 0.31, "low": 0.27, "high": 0.36}}}
CALLS = pd.DataFrame({"calls": [500, 500], "score": ["model", "logistic"], "found": [207.0, 189.0], "precision": [0.414, 0.378],
                      "precision_low": [0.376, 0.34], "precision_high": [0.462, 0.43], "recall": [0.39, 0.36], "lift": [14.4, 13.1],
                      "precision_gain_low": [None, 0.008], "precision_gain_high": [None, 0.062]})
GROUP = {"dimension": "branch", "rows": 967, "churned": 33, "churned_share": 0.034, "selection_rate": 0.008, "precision": 0.5, "precision_low": 0.1,
         "precision_high": 1.0, "missed_share": 0.88, "predicted_over_observed": 0.79}
GROUPS = pd.DataFrame([{**GROUP, "group": "<东湖>", "recall": 0.12, "recall_low": 0.03, "recall_high": 0.22},
                       {**GROUP, "group": "西湖", "recall": 0.4, "recall_low": 0.3, "recall_high": 0.5}])


def page(tmp_path: Path, model: dict = OPEN, verdict: dict = VERDICT, groups: pd.DataFrame = GROUPS) -> str:
    draw_calibration(tmp_path / "calibration.png", pd.Series([0.1, 0.2]).to_numpy(), pd.Series([0.1, 0.2]).to_numpy())
    return html({"as_of": "2026-08-01", "label": "any", "open": model}, verdict, CALLS, groups, tmp_path)


def test_the_first_sentence_says_how_many_of_the_called_would_have_left_and_how_many_at_random(tmp_path):
    text = page(tmp_path)
    assert ("Of 500 customers called in the model's order about 207 (188–231) would have left; at random it would have been 14, "
            "by logistic regression 189.") in text
    assert text.index("would have left") < text.index("<img")


@pytest.mark.parametrize(("verdict", "said"), [
    (VERDICT, "which is not chance"),
    ({**VERDICT, "gain_over": {**VERDICT["gain_over"], "logistic": {"value": 0.036, "low": -0.01, "high": 0.08}}}, "may be chance"),
    ({**VERDICT, "beats_baselines": False}, "calling by it is not advised")])
def test_the_lead_over_the_best_simple_way_is_told_with_its_interval(tmp_path, verdict, said):
    assert said in page(tmp_path, verdict=verdict)


def test_the_page_needs_no_script_and_nothing_from_elsewhere_and_holds_its_pictures(tmp_path):
    text = page(tmp_path)
    assert "<script" not in text
    assert re.findall(r"(?:src|href)=.([a-z]+:[a-z]+/[a-z]+)", text) == ["data:image/png"]
    assert "://" not in text


def test_a_group_whose_leavers_are_missed_is_named_and_its_name_is_no_markup(tmp_path):
    text = page(tmp_path)
    assert "groups unlike that, beyond chance: &lt;东湖&gt; 12%." in text
    assert "<东湖>" not in text
    assert "No group's leavers" in page(tmp_path, groups=GROUPS[1:])


def test_money_says_what_it_rests_on_and_is_left_out_where_there_are_no_bills(tmp_path):
    assert "assumptions in export.economics, not measurements" in page(tmp_path)
    without = {**OPEN, "money": {"empc": OPEN["money"]["empc"]}}
    assert "There are no bills, so the list cannot be valued." in page(tmp_path, without)


@pytest.mark.parametrize(("calibration", "kind"), [
    ({"holds": True, "outside": [], "unsure": []}, "note good"), ({"holds": False, "outside": ["a"], "unsure": ["a"]}, "it may be chance"),
    ({"holds": False, "outside": ["a", "b"], "unsure": ["a"]}, "note alarm")])
def test_probabilities_that_do_not_hold_are_told(tmp_path, calibration, kind):
    assert kind in page(tmp_path, {**OPEN, "calibration": calibration}).partition("do the probabilities hold</small></h2>")[2].partition("<h2>")[0]


def test_what_the_rows_cannot_say_is_a_dash(tmp_path):
    bare = page(tmp_path, {**OPEN, "predicted_over_observed_top_decile": None, "calibration": {"holds": False, "outside": ["a"], "unsure": []}},
                groups=GROUPS.head(0))
    assert "(– in the tenth most at risk)" in bare
    assert "The features tell no branch, tenure or payment kind." in bare
