"""Runs a module that uses Candor's code: python -m tests.load.within_django prepare ARGUMENT...

A name without a dot is one of tests.load.

Without a server's environment the addresses of its services lead nowhere: enough for what only counts prompts.
"""

import os
import runpy
import sys

import django

from core.localservices.urls import NAMES

NOWHERE = {True: "redis://127.0.0.1:1/0", False: "postgres://nobody@127.0.0.1:1/nothing"}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if "DATABASE_URL" not in os.environ:
        os.environ |= {"CANDOR_ENV": "test"} | {name: NOWHERE["REDIS" in name] for name in NAMES}
    django.setup()
    del sys.argv[0]
    name = sys.argv[0]
    runpy.run_module(name if "." in name else f"tests.load.{name}", run_name="__main__")
