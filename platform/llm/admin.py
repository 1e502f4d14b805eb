"""The admin of the model layer, by part."""

from llm import admin_experiments  # noqa: F401 (its classes register themselves)
