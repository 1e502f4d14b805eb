"""The admin of the model layer, by part."""

from llm.admin import assurance, batches, experiments, registry, use  # noqa: F401 (their classes register themselves)
