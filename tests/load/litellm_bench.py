"""litellm's Router as an opponent, in an environment of its own that has litellm and redis (tests.load.opponent).

    python -m tests.load.litellm_bench --base http://127.0.0.1:9200 --accounts a1,a2 --redis redis://...

Orders as in tests.load.callers: `bare` is the SDK that litellm brings; `plain` a Router with its defaults; `limited`
one that counts requests and tokens a minute in Redis (usage-based-routing-v2, rpm and tpm far above the load) and
checks them before each call. No retries, no fallbacks, no callbacks, no network but loopback.
"""

from __future__ import annotations

import argparse
import logging
import os
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or its import asks the network

import litellm  # type: ignore[import-not-found]
import openai

from tests.load.callers import obey
from tests.load.question import MAX_TOKENS, MODEL, SECONDS, messages, response_format

RPM, TPM = 1_000_000, 1_000_000_000


def router(base: str, accounts: list[str], **options: Any) -> Any:
    """A Router over these accounts."""
    listed = [
        {
            "model_name": MODEL,
            "litellm_params": {
                "model": f"openai/{MODEL}",
                "api_base": f"{base}/{name}/v1",
                "api_key": "none",  # pragma: allowlist secret
                "rpm": RPM,
                "tpm": TPM,
            },
        }
        for name in accounts
    ]
    return litellm.Router(model_list=listed, num_retries=0, timeout=SECONDS, **options)


def limited(base: str, accounts: list[str], redis: str) -> Any:
    """A Router with its limits on."""
    at = urlsplit(redis)
    return router(
        base,
        accounts,
        routing_strategy="usage-based-routing-v2",
        enable_pre_call_checks=True,
        redis_host=at.hostname,
        redis_port=at.port,
        redis_password=unquote(at.password or "") or None,
    )


def ask(made: Any, text: str) -> None:
    made.completion(model=MODEL, messages=messages(text), max_tokens=MAX_TOKENS, response_format=response_format())


def bare(client: openai.OpenAI, text: str) -> None:
    client.chat.completions.create(  # type: ignore[call-overload]
        model=MODEL,
        messages=messages(text),
        max_tokens=MAX_TOKENS,
        response_format=response_format(),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", required=True)
    parser.add_argument("--accounts", required=True)
    parser.add_argument("--redis", required=True)
    told = parser.parse_args()
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    logging.disable(logging.CRITICAL)
    names = told.accounts.split(",")
    client = openai.OpenAI(base_url=f"{told.base}/{names[0]}/v1", api_key="none", max_retries=0, timeout=SECONDS)
    obey(
        {
            "bare": partial(bare, client),
            "plain": partial(ask, router(told.base, names)),
            "limited": partial(ask, limited(told.base, names, told.redis)),
        }
    )


if __name__ == "__main__":
    main()
