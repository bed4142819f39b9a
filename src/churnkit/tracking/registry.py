"""Which version of the registered model is the champion and which the challenger, by aliases."""
from collections.abc import Mapping
from typing import Any

from churnkit.tracking.runs import CHALLENGER, REGISTERED, Run
from churnkit.tracking.store import experiment_id, opened, searched

CHAMPION = "champion"
MODEL_TAG = "model.latest"  # the identity of the model that a training left in models/latest


def run_of(identity: str) -> Run | None:
    """The newest run that trained the model of that identity; None where the store knows none."""
    client = opened()
    found = searched(client, experiment_id(client), f"tags.`{MODEL_TAG}` = '{identity}'")
    return Run(client, found[0].info.run_id) if found else None


def crown(run: Run, tags: Mapping[str, Any]) -> str:
    """The version of the run's model, now under the alias champion and no longer under challenger; the run and the version bear the tags."""
    version = run.register()
    run.client.set_registered_model_alias(REGISTERED, CHAMPION, version)
    if alias_version(run.client, CHALLENGER) == version:
        run.client.delete_registered_model_alias(REGISTERED, CHALLENGER)
    run.tags(tags)
    for name, value in tags.items():
        run.client.set_model_version_tag(REGISTERED, version, name, str(value))
    return version


def alias_version(client: Any, alias: str) -> str | None:
    """The version that an alias stands for; None where it stands for none."""
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_model_version_by_alias(REGISTERED, alias).version)
    except MlflowException:
        return None


def alias_run(client: Any, alias: str) -> str | None:
    """The id of the run whose model bears an alias; None where no model does."""
    version = alias_version(client, alias)
    return str(client.get_model_version(REGISTERED, version).run_id) if version else None
