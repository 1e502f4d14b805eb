"""What a page says about its own faults: errors of scripts, refusals of the content policy, failed requests."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Response, WebError

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  window.reportViolation(`${event.effectiveDirective} ${event.blockedURI} on ${event.documentURI}`));
"""
NOT_LOADED = "Failed to load resource"  # said of every answer from 400 on; those are counted by themselves
POLICY = "Content Security Policy"


class Watch:
    """The faults of all pages of the contexts it is over."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.violations: list[str] = []
        self.refused: list[int] = []

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._said)
        context.on("weberror", self._broke)
        context.on("response", self._answered)
        context.expose_binding("reportViolation", self._violated)
        context.add_init_script(REPORT_VIOLATIONS)

    def _said(self, message: ConsoleMessage) -> None:
        if POLICY in message.text:
            self.violations.append(message.text)
        elif message.type == "error" and NOT_LOADED not in message.text:
            self.errors.append(message.text)

    def _broke(self, error: WebError) -> None:
        self.errors.append(str(error.error))

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.refused.append(response.status)

    def _violated(self, source: Any, violation: str) -> None:
        self.violations.append(violation)
