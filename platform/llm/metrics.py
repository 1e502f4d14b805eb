"""What the model layer counts."""

from prometheus_client import Counter, Histogram

from llm import features

# `outcome` is "ok" or the kind of the error; a call that was too slow is outcome="timeout".
calls = Counter("candor_llm_calls", "Calls to model providers", ["feature", "provider", "outcome"])
call_seconds = Histogram(
    "candor_llm_call_seconds", "Time of a call to a provider", ["provider"], buckets=(0.2, 0.5, 1, 2, 4, 8, 15, 30, 60)
)
first_token_seconds = Histogram(
    "candor_llm_first_token_seconds",
    "From the request to the first text of a streamed answer",
    ["provider"],
    buckets=(0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30),
)
budget_refusals = Counter("candor_llm_budget_refusals", "Calls not made because a hard budget is used up")
# A prompt over 8,000 tokens or an answer over 2,000 (llm.features says how much each may take): something leaked in.
context_leaks = Counter(
    "candor_llm_context_leaks", "Calls with more tokens than any feature may take", ["feature", "direction"]
)

for _feature in features.listed():
    for _direction in ("in", "out"):
        context_leaks.labels(_feature, _direction)
