"""The admin of the model layer, by part."""

from llm.admin import experiments, registry, use  # noqa: F401 (their classes register themselves)
