"""What is counted and timed where it happens. core.exposition shows it, core.gauges adds what must be looked up.

A series costs memory in every process and time in every scrape, so a histogram or a gauge never has a tenant.
`*_total` is added to the names of counters. Where an alert divides two rates, the labels stand from the start
at 0: a series that appears with its first event shows no rate for it.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

TURN_PHASES: Final = ("queue", "context", "first_token", "generation", "save")
ERROR_KINDS: Final = ("failed", "timeout", "refused", "unavailable")

requests = Counter("candor_requests", "Requests answered", ["route", "method", "status"])
request_seconds = Histogram("candor_request_seconds", "Time to answer a request", ["route"])
slow_bodies = Counter("candor_slow_bodies", "Requests refused because their body took too long")
tasks = Counter("candor_tasks", "Tasks finished", ["task", "outcome"])
task_seconds = Histogram("candor_task_seconds", "Time of a task", ["task"], buckets=(0.05, 0.2, 1, 3, 8, 15, 40))
duplicate_deliveries = Counter("candor_duplicate_deliveries", "Deliveries of work that was claimed or done", ["task"])
sweeps = Counter("candor_sweeps", "Sweeps of the due table")
swept = Counter("candor_swept", "Hints sent again by the sweeper", ["kind"])
ratelimit_unavailable = Counter("candor_ratelimit_unavailable", "Acts allowed because Redis was away")

# --- interviews --------------------------------------------------------------------------------
interviews = Counter("interviews", "Interviews by what happened", ["tenant", "event"])
turns = Counter("candor_turns", "Turns by outcome and mode", ["tenant", "outcome", "mode"])
evaluations = Counter("candor_evaluations", "Evaluations by outcome and mode", ["tenant", "outcome", "mode"])
interview_errors = Counter(
    "interview_errors",
    "Turns in which something went wrong: failed (no reply, a retry is offered), or the script took the model's "
    "place: timeout (too slow), refused (its text failed the output checks), unavailable (any other reason)",
    ["kind"],
)
ai_response_latency = Histogram(
    "ai_response_latency_seconds",
    "From the accepted answer to its recorded reply, as database time tells it",
    buckets=(0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6.5, 8, 10, 12.5, 15, 20, 30, 40, 60, 120),
)
turn_phase = Histogram(
    "candor_turn_phase_seconds",
    "Parts of a turn: queue (accepted to claimed), context (reading what the model is told), first_token (asked to "
    "first text), generation (asked to last text, first_token included), save (recording the reply)",
    ["phase"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 15, 30, 60),
)

# --- quality of evaluations (docs/quality.md) --------------------------------------------------
PASS_DISTANCES: Final = (0, 1, 2, 3, 4)
RATING_OUTCOMES: Final = ("rated", "no_evidence", "withheld")
AGREEMENT: Final = ("0", "1", "2+", "one_without")
RETEST: Final = ("0", "1", "2+")

model_answers = Counter(
    "candor_evaluation_model_answers",
    "Answers of a model about a competency: accepted, or refused (no answer of the wanted shape)",
    ["model", "outcome"],
)
model_quotes = Counter(
    "candor_evaluation_quotes", "Quotes that a model said: located, or fabricated (in no answer)", ["model", "outcome"]
)
model_levels = Counter(
    "candor_evaluation_levels",
    "Levels that a model said: supported by a located quote, or unsupported",
    ["model", "outcome"],
)
ratings = Counter("candor_evaluation_ratings", "Ratings that were stored, by what came of them", ["mode", "outcome"])
ratings_withheld = Counter("candor_evaluation_withheld", "Ratings left to a person, by why", ["reason"])
pass_distance = Histogram(
    "candor_evaluation_spread",
    "Levels between the lowest and the highest of a model's passes at a rating",
    buckets=PASS_DISTANCES,
)
agreement = Counter(
    "candor_agreement_pairs",
    "A person's and an evaluation's rating of a competency, as a review was submitted, by the levels between them",
    ["mode", "apart"],
)
retests = Counter("candor_retests", "Evaluations that were to be made a second time, by how it ended", ["outcome"])
retest_levels = Counter(
    "candor_retest_levels", "Ratings of evaluations made a second time, by the levels between both", ["apart"]
)
stars = Counter(
    "candor_stars",
    "Candidates' first ratings of their interview; who changes their mind is not counted again",
    ["stars"],
)
thumbs = Counter("candor_thumbs", "Candidates' first thumbs on a question; as for stars", ["thumb"])

# --- streams -----------------------------------------------------------------------------------
live_connections = Gauge("candor_live_connections", "Open event streams", multiprocess_mode="livesum")
live_published = Counter("candor_live_events_published", "Events handed to Redis for the streams")
live_dropped = Counter("candor_live_events_dropped", "Events no stream was given, or streams cut", ["reason"])

# --- payment by card ---------------------------------------------------------------------------
WEBHOOK_OUTCOMES: Final = ("stored", "repeated", "refused", "forged")
STRIPE_OUTCOMES: Final = ("done", "unmatched", "refused", "failed", "unavailable")

stripe_webhooks = Counter("candor_stripe_webhooks", "Posts to the address for Stripe's events", ["outcome"])
stripe_events = Counter("candor_stripe_events", "Events of Stripe's by what came of them", ["outcome"])
stripe_calls_failed = Counter("candor_stripe_calls_failed", "Questions that Stripe did not answer as hoped", ["kind"])
stripe_missed = Counter("candor_stripe_missed", "What the daily look at Stripe found, and no event had brought")

for _kind in ERROR_KINDS:
    interview_errors.labels(_kind)
for _phase in TURN_PHASES:
    turn_phase.labels(_phase)
for _mode in ("model", "basic"):
    for _outcome in RATING_OUTCOMES:
        ratings.labels(_mode, _outcome)
    for _apart in AGREEMENT:
        agreement.labels(_mode, _apart)
for _outcome in ("done", "dropped"):
    retests.labels(_outcome)
for _apart in RETEST:
    retest_levels.labels(_apart)
for _stars in ("1", "2", "3", "4", "5"):
    stars.labels(_stars)
for _thumb in ("up", "down"):
    thumbs.labels(_thumb)
for _outcome in WEBHOOK_OUTCOMES:
    stripe_webhooks.labels(_outcome)
for _kind in ("unavailable", "declined", "refused", "gone"):
    stripe_calls_failed.labels(_kind)
for _outcome in STRIPE_OUTCOMES:
    stripe_events.labels(_outcome)
