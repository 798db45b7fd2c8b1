"""One webhook is sent its events, in order, each until it is taken or given up. What comes of that is noted here.

At least once: after a crash what was taken since the last note in the journal is sent again, under the same
`webhook-id`, by which a receiver knows it.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import uuid4

import msgspec

from neocloud.api.feed import Event, Feed
from neocloud.api.posting import Outcome, Poster
from neocloud.errors import Unavailable
from neocloud.model.commands import WebhookDelivered
from neocloud.model.webhooks import Failure, Webhook
from neocloud.operations.webhooks import signed
from neocloud.rules.webhooks import is_sent
from neocloud.settings import (
    EVENTS_PAGE,
    WEBHOOK_FIRST_RETRY_S,
    WEBHOOK_GIVE_UP_S,
    WEBHOOK_LONGEST_RETRY_S,
    WEBHOOK_LOOK_S,
    WEBHOOK_PASSED_OVER,
    WEBHOOK_PROGRESS_S,
    WEBHOOK_TIMEOUT_S,
    WEBHOOK_TRIES,
)

_encode = msgspec.json.Encoder().encode


class Pace(NamedTuple):
    """How quickly webhooks are sent events, and for how long one event is tried; see the settings."""

    timeout_s: float = WEBHOOK_TIMEOUT_S
    first_retry_s: float = WEBHOOK_FIRST_RETRY_S
    longest_retry_s: float = WEBHOOK_LONGEST_RETRY_S
    tries: int = WEBHOOK_TRIES
    give_up_s: float = WEBHOOK_GIVE_UP_S
    progress_s: float = WEBHOOK_PROGRESS_S
    look_s: float = WEBHOOK_LOOK_S

    def pause_s(self, tries: int, chance: random.Random) -> float:
        """How long to wait after so many tries: twice as long each time, give or take a fifth."""
        longest = min(self.longest_retry_s, self.first_retry_s * 2.0 ** min(tries - 1, 30))
        return longest * chance.uniform(0.8, 1.2)


class Courier:
    """What is sent to one webhook. `turns` bounds how many of one tenant's are sent something at the same time."""

    def __init__(
        self, webhook: Webhook, feed: Feed, poster: Poster, *, secret: bytes, pace: Pace, chance: random.Random,
        turns: asyncio.Semaphore,
    ) -> None:  # fmt: skip
        self.webhook = webhook
        self._feed, self._poster, self._secret = feed, poster, secret
        self._pace, self._chance, self._turns = pace, chance, turns
        self._at = self._noted = webhook.delivered_seq
        self._unsaid = False  # whether something was taken, or given up, since the last note
        self._failed: list[Failure] = []
        self._retried: list[int] = []
        self._nudged = asyncio.Event()
        self.gone_seq: int | None = None
        """The event that was answered 410 Gone: the webhook is to be dropped, and sent nothing more."""

    def changed(self, webhook: Webhook) -> None:
        """The webhook has another form: what waits is tried at once where it is to be sent something again."""
        if webhook.again and webhook.again != self.webhook.again:
            self._nudged.set()
        self.webhook = webhook

    async def run(self) -> None:
        """Send what there is, and what comes, without end but that it is gone."""
        while self.gone_seq is None:
            try:
                if not await self._again() and not await self._next():
                    await self._feed.moved(self._pace.look_s)
            except Unavailable:
                await asyncio.sleep(self._pace.look_s)  # the journal cannot be read now

    # ---- sending ----

    async def _again(self) -> bool:
        """Try once more, and once only, an event that had failed; False where there is none."""
        waiting = [seq for seq in self.webhook.again if seq not in self._retried]
        if not waiting:
            return False
        for event in await self._feed.page(waiting[0] - 1, 1):
            outcome = await self._try(event)
            if not outcome.is_taken:
                self._give_up(event, 1, outcome)
        self._retried.append(waiting[0])
        self._unsaid = True
        return True

    async def _next(self) -> bool:
        """Send a page of what comes next, up to one that fails, and that until it is taken or given up."""
        found = await self._up_to_failure()
        if isinstance(found, bool):
            return found
        event, outcome = found
        await self._insist(event, outcome)
        self._at, self._unsaid = event.entry.seq, True
        return True

    async def _up_to_failure(self) -> tuple[Event, Outcome] | bool:
        """An event that failed, alone: while it is tried again, the page that it was on is not held."""
        page = await self._feed.page(self._at, EVENTS_PAGE)
        for event in page:
            if is_sent(self.webhook, event.entry):
                outcome = await self._try(event)
                if not outcome.is_taken:
                    return event, outcome
                self._unsaid = True
            self._at = event.entry.seq
        return bool(page)

    async def _insist(self, event: Event, outcome: Outcome) -> None:
        """Try until it is taken, or has been tried often or long enough."""
        began_s, tries = asyncio.get_running_loop().time(), 1
        while not outcome.is_taken:
            late = asyncio.get_running_loop().time() - began_s >= self._pace.give_up_s
            if outcome.is_gone or tries >= self._pace.tries or late:
                self._give_up(event, tries, outcome)
                return
            await self._pause(self._pace.pause_s(tries, self._chance))
            outcome, tries = await self._try(event), tries + 1

    async def _pause(self, pause_s: float) -> None:
        self._nudged.clear()
        try:
            async with asyncio.timeout(pause_s):
                await self._nudged.wait()
        except TimeoutError:
            return

    async def _try(self, event: Event) -> Outcome:
        message = f"{self.webhook.id}_{event.entry.seq}"
        body = event.body(self._feed.shared, self.webhook.tenant)
        async with self._turns:
            headers = signed(self._secret, self.webhook, message, self._feed.shared.clock(), body)
            return await self._poster.post(self.webhook.url, headers, body)

    def _give_up(self, event: Event, tries: int, outcome: Outcome) -> None:
        now = self._feed.shared.now
        if outcome.is_gone:
            self.gone_seq = event.entry.seq
        self._failed.append(
            Failure(seq=event.entry.seq, at=now, tries=tries, status=outcome.status, error=outcome.error)
        )

    # ---- noting ----

    @asynccontextmanager
    async def noting(self) -> AsyncIterator[WebhookDelivered | None]:
        """How far it has come, to be written inside; None where there is nothing to tell. It counts if all goes well.

        That others' entries were passed over is told seldom: telling it is itself an entry to be passed over.
        """
        at, failed, retried, unsaid = self._at, tuple(self._failed), tuple(self._retried), self._unsaid
        if not unsaid and at - self._noted < WEBHOOK_PASSED_OVER:
            yield None
            return
        self._unsaid = False
        try:
            yield WebhookDelivered(
                id=f"webhook:{self.webhook.id}:{at}:{uuid4().hex}", webhook=self.webhook.id, seq=at, failed=failed,
                retried=retried,
            )  # fmt: skip
        except BaseException:
            self._unsaid = self._unsaid or unsaid
            raise
        self._noted = at
        self._failed = self._failed[len(failed) :]
        self._retried = self._retried[len(retried) :]
