"""The page at /docs: every operation, with what it needs and an example; plain HTML, nothing from elsewhere."""

import json
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

_STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{border-bottom:1px solid #8886;margin-top:2.5rem}section{margin:1.5rem 0}
code,pre{font:14px/1.45 ui-monospace,monospace}pre{background:#8881;padding:.75rem;overflow:auto;border-radius:6px}
.m{font-weight:700;display:inline-block;min-width:4.5rem}.p{color:#777;float:right}
"""


def docs(document: dict[str, Any]) -> HTMLResponse:
    """The description as a page."""
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    body = "".join(f"<h2 id={escape(tag)!r}>{escape(tag)}</h2>{''.join(found)}" for tag, found in groups.items())
    about = escape(document["info"]["description"])
    page = (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>neocloud API</title><style>{_STYLE}</style>"
        f"<h1>neocloud API {escape(document['info']['version'])}</h1>"
        f"<p>{about}</p><p><a href=/openapi.json>OpenAPI 3.1</a></p>{body}</html>"
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    permission = operation.get("x-permission", "no key needed")
    example = ""
    if body := operation.get("requestBody"):
        shown = body["content"].get("application/json", {}).get("example")
        example = f"<pre>{escape(json.dumps(shown, indent=2))}</pre>" if shown else ""
    return (
        f"<section><span class=p>{escape(permission)}</span><span class=m>{method.upper()}</span>"
        f"<code>{escape(path)}</code><br>{escape(operation['description'])}{example}</section>"
    )
