"""Who sends webhooks: of all processes on a journal one, which has claimed that; with a courier for each webhook."""

import asyncio
import logging
import random
from contextlib import suppress

from neocloud.api.courier import Courier, Pace
from neocloud.api.posting import Poster
from neocloud.api.service import Service
from neocloud.errors import NeocloudError
from neocloud.model.commands import DropWebhook
from neocloud.model.entries import Author
from neocloud.model.webhooks import Webhook
from neocloud.operations.ledger import Said
from neocloud.operations.webhooks import digest_of, secret_of
from neocloud.settings import WEBHOOKS_AT_ONCE
from neocloud.store import open_journal
from neocloud.store.journal import Journal

_log = logging.getLogger(__name__)

_AUTHOR = Author("system")


class Sender:
    """Sends webhooks for as long as no other process does. `chance` spreads what is tried again."""

    def __init__(self, service: Service, pace: Pace | None = None, chance: random.Random | None = None) -> None:
        self._service = service
        self._pace = pace or Pace()
        self._chance = chance or random.Random()
        self._claim: Journal | None = None
        self._couriers: dict[str, tuple[Courier, asyncio.Task[None]]] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._warned: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Send no more, write down how far each webhook has come, and let another process go on."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                if self._standing() and await self._claimed():
                    await self._send()
            except NeocloudError as error:
                _log.warning("webhooks: %s", error)
            except Exception:
                _log.exception("webhooks are not sent for a while")
            await self._service.feed.moved(self._pace.look_s)

    def _standing(self) -> dict[str, Webhook]:
        """The webhooks that are sent something, but for those with another secret than ours."""
        with self._service.shared.ledger.lock:
            found = [each for each in self._service.shared.ledger.world.webhooks.values() if each.stands]
        return {each.id: each for each in found if self._is_ours(each)}

    def _is_ours(self, webhook: Webhook) -> bool:
        known = self._couriers.get(webhook.id)
        if known is not None and known[0].webhook.digest == webhook.digest:
            return True
        if digest_of(secret_of(self._service.secret, webhook.id, webhook.secret_version)) == webhook.digest:
            return True
        if webhook.id not in self._warned:
            self._warned.add(webhook.id)
            _log.warning(
                "webhook %s has a secret of another service's; let NEOCLOUD_SERVICE_SECRET be the same everywhere, "
                "or rotate it",
                webhook.id,
            )
        return False

    # ---- the claim ----

    async def _claimed(self) -> bool:
        """Whether this process is the one, and knows all that another may have noted before."""

        def claim() -> int | None:
            if self._claim is None:
                self._claim = open_journal(self._service.url)
            return self._claim.head().seq if self._claim.claim("webhooks") else None

        try:
            seq = await asyncio.to_thread(claim)
        except NeocloudError:
            await self._let_go()
            raise
        if seq is None:
            return False
        await self._service.known(seq)
        return True

    async def _let_go(self) -> None:
        claim, self._claim = self._claim, None
        if claim is not None:
            await asyncio.to_thread(claim.close)

    # ---- sending ----

    async def _send(self) -> None:
        """Send, until another process does, or nothing is to be sent any more, or we are stopped."""
        _log.info("this process sends webhooks")
        poster = Poster(private=self._service.private_webhooks, timeout_s=self._pace.timeout_s)
        tasks = [asyncio.create_task(each) for each in (self._keep_claim(), self._keep_notes(), self._look(poster))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            running = [*tasks, *(task for _, task in self._couriers.values())]
            for task in running:
                task.cancel()
            ended = await asyncio.gather(*running, return_exceptions=True)
            await asyncio.shield(self._end(poster))
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def _end(self, poster: Poster) -> None:
        await self._note()
        self._couriers.clear()
        await poster.close()
        await self._let_go()

    async def _keep_claim(self) -> None:
        while True:
            await asyncio.sleep(self._pace.look_s)
            if not self._standing() or not await self._claimed():
                return

    async def _keep_notes(self) -> None:
        while True:
            await asyncio.sleep(self._pace.progress_s)
            await self._note()

    async def _note(self) -> None:
        """Write down how far each webhook has come; what cannot be written now is written the next time."""
        await asyncio.gather(*(self._note_one(courier) for courier, _ in list(self._couriers.values())))

    async def _note_one(self, courier: Courier) -> None:
        try:
            async with courier.noting() as fact:
                if fact is not None:
                    answer = await self._service.say(Said(fact, _AUTHOR))
                    if answer.changes and isinstance(answer.noun, Webhook):
                        courier.changed(answer.noun)
        except NeocloudError as error:
            _log.warning("how far webhook %s has come is not written down: %s", courier.webhook.id, error)

    async def _look(self, poster: Poster) -> None:
        """Keep a courier for each webhook that stands."""
        while True:
            standing = self._standing()
            for name, webhook in standing.items():
                if name in self._couriers:
                    self._couriers[name][0].changed(webhook)
                else:
                    self._begin(webhook, poster)
            for name in self._couriers.keys() - standing.keys():
                self._couriers.pop(name)[1].cancel()
            await self._bury()
            await self._service.feed.moved(self._pace.look_s)

    async def _bury(self) -> None:
        """Let go of couriers that ended: by a mistake of ours, and the next look begins anew; or by what is gone."""
        for name, (courier, task) in list(self._couriers.items()):
            if task.done() and courier.gone_seq is not None:
                await self._note_one(courier)
                await self._drop(courier.webhook, courier.gone_seq)
                self._couriers.pop(name, None)
            elif task.done():
                _log.error("webhook %s stopped, and begins anew", name, exc_info=task.exception())
                await self._note_one(courier)
                self._couriers.pop(name, None)

    async def _drop(self, webhook: Webhook, seq: int) -> None:
        """Drop a webhook that says itself that it is gone. If that cannot be written now, it will say so again."""
        reason = f"it answered 410 Gone to event {seq}"
        try:
            fact = DropWebhook(id=f"gone:{webhook.id}:{seq}", webhook=webhook.id, reason=reason)
            await self._service.say(Said(fact, _AUTHOR))
            _log.warning("webhook %s is dropped: %s", webhook.id, reason)
        except NeocloudError as error:
            _log.warning("webhook %s is gone, and not dropped yet: %s", webhook.id, error)

    def _begin(self, webhook: Webhook, poster: Poster) -> None:
        turns = self._turns.setdefault(webhook.tenant, asyncio.Semaphore(WEBHOOKS_AT_ONCE))
        courier = Courier(
            webhook, self._service.feed, poster, secret=self._service.secret, pace=self._pace, chance=self._chance,
            turns=turns,
        )  # fmt: skip
        self._couriers[webhook.id] = (courier, asyncio.create_task(courier.run()))
