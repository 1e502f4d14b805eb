"""What the model layer counts."""

from prometheus_client import Counter, Histogram

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

# --- experiments -------------------------------------------------------------------------------
versions_off = Counter("candor_llm_versions_off", "Prompt versions that broke a guardrail", ["feature"])
control_alarms = Counter("candor_llm_control_alarms", "Looks that found a control beyond a guardrail", ["feature"])

# --- batches -----------------------------------------------------------------------------------
# `outcome` is "done", or why it was given back; of an item "ok", or the kind of the error.
batches = Counter("candor_llm_batches", "Batches of requests that ended", ["feature", "outcome"])
batch_items = Counter("candor_llm_batch_items", "Requests of batches that ended", ["feature", "outcome"])
