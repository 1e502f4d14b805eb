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
# `outcome` is ok, failed, or last: its place did not answer, and the key read before stayed in use.
key_reads = Counter("candor_llm_key_reads", "Reads of providers' keys", ["kind", "outcome"])
# Of each look into the cache `outcome` is hit or miss. Besides, "refused" counts answers that were thrown away (they
# did not open, or were too large to keep), and "away" counts what Redis did not answer.
cache = Counter("candor_llm_cache", "Answers that were kept for the same question", ["feature", "outcome"])
# "led" asked the provider, "shared" took the answer of an equal call that was on its way, "away" led without Redis.
flights = Counter("candor_llm_flights", "Calls that could share one answer", ["feature", "outcome"])
budget_refusals = Counter("candor_llm_budget_refusals", "Calls not made because a hard budget is used up")
# Apart from these, because it is the tenant's own wish, which nobody has to be woken for.
own_budget_refusals = Counter(
    "candor_llm_own_budget_refusals", "Calls not made because a budget that their tenant set for itself is used up"
)
own_budget_notices = Counter(
    "candor_llm_own_budget_notices", "Budgets that tenants set for themselves and that came to a level", ["level"]
)
# More than llm.features lets a call take, at most 8,000 tokens in and 2,000 out: something leaked in. It was not sent.
context_leaks = Counter(
    "candor_llm_context_leaks", "Calls with more tokens than their feature may take", ["feature", "direction"]
)

# --- experiments -------------------------------------------------------------------------------
versions_off = Counter("candor_llm_versions_off", "Prompt versions that broke a guardrail", ["feature"])
control_alarms = Counter("candor_llm_control_alarms", "Looks that found a control beyond a guardrail", ["feature"])

# --- batches -----------------------------------------------------------------------------------
# `outcome` is "done", or why it was given back; of an item "ok", or the kind of the error.
batches = Counter("candor_llm_batches", "Batches of requests that ended", ["feature", "outcome"])
batch_items = Counter("candor_llm_batch_items", "Requests of batches that ended", ["feature", "outcome"])

for _level in ("warned", "used_up"):
    own_budget_notices.labels(_level)
for _feature in features.listed():
    versions_off.labels(_feature)
    for _direction in ("in", "out"):
        context_leaks.labels(_feature, _direction)
