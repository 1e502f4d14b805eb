"""Runs a module of tests.load that uses Candor's code: python -m tests.load.within_django prepare ARGUMENT..."""

import os
import runpy
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    del sys.argv[0]
    runpy.run_module(f"tests.load.{sys.argv[0]}", run_name="__main__")
