"""Tables of the model layer, all in the public schema: a tenant is named by its schema, an interview by its id."""

from llm.models.assurance import AssuranceRun
from llm.models.batches import Batch, BatchItem
from llm.models.calls import LlmCall
from llm.models.experiments import Experiment, Variant
from llm.models.money import Budget, UsageDay, UsageGroup, UsageHour
from llm.models.own_budgets import OwnBudget, OwnBudgetNotice
from llm.models.receipts import ReceiptSum
from llm.models.registry import Account, Offer, OwnKey, Price

__all__ = [
    "Account",
    "AssuranceRun",
    "Batch",
    "BatchItem",
    "Budget",
    "Experiment",
    "LlmCall",
    "Offer",
    "OwnBudget",
    "OwnBudgetNotice",
    "OwnKey",
    "Price",
    "ReceiptSum",
    "UsageDay",
    "UsageGroup",
    "UsageHour",
    "Variant",
]
