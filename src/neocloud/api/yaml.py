"""A body that is YAML, as the JSON that says the same: what comes after reads JSON alone."""

import msgspec

from neocloud.api.problems import Problem
from neocloud.documents.text import Paths, parse
from neocloud.settings import MOST_BODY_BYTES

YAML = frozenset({"application/yaml", "application/x-yaml", "text/yaml"})
"""What a body says of itself that is YAML."""


def json_of(raw: bytes) -> bytes:
    """YAML as JSON; numbers with a fraction are text, which is as good. Raises Invalid, or a problem (413)."""
    if len(raw) > MOST_BODY_BYTES:
        raise Problem(413, "http.too_large", f"YAML has at most {MOST_BODY_BYTES:,} bytes; send more as JSON")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Problem(400, "input.invalid", "this is not UTF-8 text") from None
    return msgspec.json.encode(parse(text, Paths()))
