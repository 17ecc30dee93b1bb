"""An answer in JSON."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from jobs.runtime.core.text import json_safe


class JsonAnswer(Response):
    """A document, or one that is JSON already; what is not seen in texts is an escape, as on the command line."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes of the answer."""
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
        return json_safe(text).encode()
