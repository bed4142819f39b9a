"""The pipeline, in order: one module, one `dvc.yaml` stage, one section of `params.yaml`."""

STAGES = ("ingest", "summarise", "label", "featurize", "audit", "train", "evaluate", "score", "monitor", "export")
