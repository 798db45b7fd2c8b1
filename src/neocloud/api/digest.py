"""The digest of deadlines as an event of a webhook: signed as other events are, and tried a few times."""

import asyncio
import random
import time
from collections.abc import Sequence
from hashlib import sha256

import msgspec

from neocloud.api.courier import Pace
from neocloud.api.instants import with_instants
from neocloud.api.posting import Poster
from neocloud.documents.deadlines import deadline_row
from neocloud.errors import Unavailable
from neocloud.model.webhooks import Webhook
from neocloud.operations.reminder import as_text, subject
from neocloud.operations.webhooks import signed
from neocloud.rules.deadlines import Deadline
from neocloud.settings import DIGEST_TRIES
from neocloud.timeline import Span
from neocloud.units import format_instant

DIGEST = "deadlines.digest"
"""The type of the event."""

PACE = Pace(tries=DIGEST_TRIES)


def digest_body(found: Sequence[Deadline], within: Span) -> bytes:
    """The event: the deadlines of a span as `GET /v1/calendar` has them, and the same as plain text."""
    from_at, until_at = (with_instants(format_instant(at)) for at in (within.start_at, within.end_at))
    data = {
        "from": from_at,
        "until": until_at,
        "subject": subject(found, within),
        "text": as_text(found, within),
        "deadlines": [with_instants(deadline_row(each)) for each in found],
    }
    return msgspec.json.encode({"type": DIGEST, "timestamp": from_at, "data": data})


async def post_digest(webhook: Webhook, service: bytes, body: bytes, *, private: bool) -> None:
    """Send it to a webhook. The same body has the same id, so that who had it knows it again.

    Raises Unavailable where it is not taken.
    """
    message = f"{webhook.id}_digest_{sha256(body).hexdigest()[:32]}"
    pace = PACE
    poster, chance = Poster(private=private, timeout_s=pace.timeout_s), random.Random()
    try:
        for tries in range(1, pace.tries + 1):
            headers = signed(service, webhook, message, int(time.time()), body)
            outcome = await poster.post(webhook.url, headers, body)
            if outcome.is_taken:
                return
            if tries < pace.tries:
                await asyncio.sleep(pace.pause_s(tries, chance))
    finally:
        await poster.close()
    raise Unavailable(f"webhook {webhook.id} did not take the digest, tried {pace.tries} times: {outcome.error}")
