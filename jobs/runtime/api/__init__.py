"""The API for programs: HTTP and JSON under /api, beside the page or alone; and tools for models, over MCP.

application ── routes ──┬─ handlers ──┬─ operations ── client
  who may ask at all    │             ├─ live         what is looked up once for all who ask
                        │             ├─ body         what comes, within bounds of size and time
                        │             └─ metrics      figures for Prometheus
                        ├─ endpoint     one entry of the table
                        └─ openapi      the same table as a document

operations    what may be asked for: each asks first whether its caller may; mcp_tools: the same for models
run_request   what is asked, as records; given_items: the items that come with it
schedule_request, schedule_operations, schedule_handlers: the same of schedules
service       what all requests share: threads, tokens, counts; places: so many at a time, and of one token
streamed_answer  an answer in pieces; connection: cut where its other end lets it wait
problems      what went wrong, as problem+json; json_answer: all else
server        the API served alone
"""

from jobs.runtime.api.application import ApiApp
from jobs.runtime.api.connection import BoundedConnection, bound_connections
from jobs.runtime.api.endpoint import ROOT
from jobs.runtime.api.mcp_tools import serve_tools
from jobs.runtime.api.server import ending, serve

__all__ = ["ROOT", "ApiApp", "BoundedConnection", "bound_connections", "ending", "serve", "serve_tools"]
