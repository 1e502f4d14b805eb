"""What the model layer counts."""

from prometheus_client import Counter, Histogram

calls = Counter("candor_llm_calls", "Calls to model providers", ["feature", "provider", "outcome"])
call_seconds = Histogram(
    "candor_llm_call_seconds", "Time of a call to a provider", ["provider"], buckets=(0.2, 0.5, 1, 2, 4, 8, 15, 30, 60)
)
