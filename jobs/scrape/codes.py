"""The scraper's own codes and what each means; the list is closed."""

from __future__ import annotations

from jobs.web.codes import WEB_CODES

CODES = {
    **WEB_CODES,
    "truncated": "ok: the page is larger than the cap and was cut there",
    "not_text": "ok: not a page but an image, a PDF or the like; size and type are the answer",
    "sends_on": "ok: the page says hardly anything, and sends on to another (refresh_to)",
    "blocked_challenge": "a test for robots came instead of the page, or a firewall's refusal of robots",
    "robots_disallowed": "the site's robots.txt asks us not to fetch the page",
    "parse_error": "the page cannot be read",
}
