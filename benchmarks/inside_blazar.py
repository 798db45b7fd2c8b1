"""Runs inside Blazar's own environment: its manager and host plugin over SQLite, all of OpenStack around them mocked.

    python -P inside_blazar.py DATABASE lease HOSTS LIVE   one lease for each line read, one line of JSON in answer
    python -P inside_blazar.py DATABASE race KIND TRIALS   two writers, one host, a free day for each trial

Keystone, Nova and Placement answer at once and cost nothing, so what is measured is Blazar's own work.
"""

import json
import logging
import multiprocessing
import multiprocessing.dummy
import sys
import time
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any
from unittest import mock

import sqlalchemy  # type: ignore[import-not-found]
from blazar import context, enforcement  # type: ignore[import-not-found]
from blazar.db import api  # type: ignore[import-not-found]
from blazar.db.sqlalchemy import facade_wrapper, models  # type: ignore[import-not-found]
from blazar.manager import service  # type: ignore[import-not-found]
from blazar.notification import notifier  # type: ignore[import-not-found]
from blazar.plugins.oshosts import host_plugin  # type: ignore[import-not-found]
from oslo_config import cfg  # type: ignore[import-not-found]
from oslo_db import options  # type: ignore[import-not-found]

FIRST = datetime(2030, 1, 1)  # noqa: DTZ001 - Blazar counts in naive UTC
DAY = timedelta(days=1)


def manager(database: str) -> Any:
    """A manager with the plugin for physical hosts, on a database that has its tables."""
    conf = cfg.CONF
    conf([], project="blazar")
    options.set_defaults(conf, connection=f"sqlite:///{database}")
    mock.patch.object(service.service_utils, "rpc").start()
    conf.set_override("plugins", ["physical.host.plugin"], group="manager")
    logging.disable(logging.CRITICAL)
    for where, name in ((host_plugin.nova, "ReservationPool"), (host_plugin.placement, "BlazarPlacementClient")):
        mock.patch.object(where, name).start()
    host_plugin.nova.ReservationPool.return_value.create.return_value.id = 1
    mock.patch.object(service.trusts, "create_ctx_from_trust", lambda trust: asking()).start()
    mock.patch.object(enforcement.UsageEnforcement, "format_context", lambda self, ctx, lease: {}).start()
    api.setup_db()
    mock.patch.object(notifier, "get_notifier").start()
    return service.ManagerService()


def asking() -> Any:
    """Who asks."""
    return context.BlazarContext(user_name="desk", project_id="acme")


def fleet(hosts: int, live: int) -> None:
    """So many hosts, each with so many leases on days of their own, in one commit."""
    with facade_wrapper.session_for_write():
        for i in range(hosts):
            made = {"vcpus": 192, "cpu_info": "", "hypervisor_type": "QEMU", "hypervisor_version": 1}
            made |= {"hypervisor_hostname": f"h{i}", "service_name": f"h{i}", "memory_mb": 1, "local_gb": 1}
            host = api.host_create({"id": str(i), **made, "status": None, "availability_zone": "a", "trust_id": "t"})
            for k in range(live):
                _lease(host["id"], f"live-{i}-{k}", FIRST + (500 + k) * DAY)


def _lease(host: str, name: str, start: datetime) -> None:
    """The rows that Blazar writes for one lease of one host."""
    times = {"start_lease": start, "end_lease": start + DAY, "before_end_lease": start + DAY - timedelta(hours=1)}
    events = [{"event_type": kind, "time": at, "status": "UNDONE"} for kind, at in times.items()]
    dates = {"start_date": start, "end_date": start + DAY}
    lease = api.lease_create({"name": name, **dates, "trust_id": "t", "status": "PENDING", "events": events})
    kind = {"resource_type": "physical:host", "status": "pending"}
    reservation = api.reservation_create({"lease_id": lease["id"], **kind})["id"]
    api.host_reservation_create({"reservation_id": reservation, "aggregate_id": 1, "count_range": "1-1"})
    api.host_allocation_create({"compute_host_id": host, "reservation_id": reservation})


def book(at: Any, name: str, day: int) -> None:
    """One lease of one host for one day, by the call that Blazar's API makes."""
    start = FIRST + day * DAY
    any_host = {"resource_properties": "", "hypervisor_properties": "", "before_end": "default"}
    reservation = {"resource_type": "physical:host", "min": 1, "max": 1, **any_host}
    dates = {"start_date": f"{start:%Y-%m-%d %H:%M}", "end_date": f"{start + DAY:%Y-%m-%d %H:%M}"}
    with asking():
        at.create_lease({"name": name, "trust_id": "t", **dates, "reservations": [reservation]})


def lease(database: str, hosts: int, live: int) -> None:
    """Answer each line, the number of a day, with what the lease of that day took."""
    at, statements = manager(database), []
    fleet(hosts, live)
    with facade_wrapper.session_for_read() as session:
        engine = session.get_bind()
    sqlalchemy.event.listen(engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    print(f"Blazar {version('blazar')} with SQLAlchemy {sqlalchemy.__version__}", flush=True)
    for line in sys.stdin:
        statements.clear()
        wall, cpu = time.perf_counter(), time.process_time()
        book(at, f"lease-{line.strip()}", int(line))
        took = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
        print(json.dumps({**took, "statements": len(statements)}), flush=True)


def race(database: str, kind: str, trials: int) -> None:
    """Two writers ask for the one host on the same day, day after day; what the database then holds."""
    kit: Any = multiprocessing.dummy if kind == "threads" else multiprocessing.get_context("spawn")
    shared = manager(database)
    fleet(1, 0)
    barrier = kit.Barrier(2)
    at = shared if kind == "threads" else None
    writers = [kit.Process(target=write, args=(database, at, name, barrier, trials)) for name in ("a", "b")]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    print(json.dumps(count(trials)))


def write(database: str, at: Any, name: str, barrier: Any, trials: int) -> None:
    """One of the two writers."""
    at = at or manager(database)
    for day in range(trials):
        barrier.wait()
        try:
            book(at, f"{name}-{day}", day)
        except Exception as error:
            print(f"{name}-{day}: {error}"[:120], file=sys.stderr)


def count(trials: int) -> dict[str, int]:
    """On how many days the host has two leases, one or none, and rows that take it without a whole lease."""
    whole: list[int] = [0] * trials
    left = 0
    with facade_wrapper.session_for_read() as session:
        for allocation in session.query(models.ComputeHostAllocation):
            lease = allocation.reservation and allocation.reservation.lease
            if lease and lease.status == "PENDING":
                whole[(lease.start_date - FIRST).days] += 1
            else:
                left += 1
    return {"trials": trials, "two": whole.count(2), "one": whole.count(1), "none": whole.count(0), "left": left}


if __name__ == "__main__":
    database, verb, *rest = sys.argv[1:]
    if verb == "lease":
        lease(database, int(rest[0]), int(rest[1]))
    else:
        race(database, rest[0], int(rest[1]))
