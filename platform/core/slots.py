"""How much of one kind of work a tenant may have in flight: a set of slots in Redis, each free again by itself.

Whoever finds no slot waits in a set of its own, and who leaves wakes the one that waited longest. All of this is a
hint, like the messages: without Redis nobody is held back, and what was forgotten here is still owed in its row.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog
from redis import RedisError

from core.claims import AlreadyClaimed
from core.redis import client, key

HELD_SECONDS = 45  # above the longest a turn may take; a killed worker's slots come back after this
CALLED_SECONDS = 10  # the slot is kept for who was called, or newcomers would be faster for ever
FORGOTTEN_SECONDS = 600

ENTER = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if held or redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[1], now + ARGV[3] * 1000, ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[4])
  redis.call('ZREM', KEYS[2], ARGV[1])
  return held and 2 or 1
end
redis.call('ZADD', KEYS[2], 'NX', now, ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 0
"""
# Two, where so many are free: a slot whose holder died was freed by time, and nobody was called for it.
LEAVE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREM', KEYS[1], ARGV[1])
local called = {}
while #called < 2 and redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[2]) do
  local following = redis.call('ZPOPMIN', KEYS[2])[1]
  if not following then break end
  redis.call('ZADD', KEYS[1], now + ARGV[3] * 1000, following)
  called[#called + 1] = following
end
return called
"""
WILL_BE_CALLED = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZCOUNT', KEYS[1], now, '+inf') > 0 and redis.call('ZSCORE', KEYS[2], ARGV[1]) ~= false
"""
WAITS, ENTERED, HELD = 0, 1, 2
log = structlog.get_logger()


class NoSlot(Exception):
    """The tenant has as much in flight as its plan allows; this work is called when a slot is free."""


@contextmanager
def hold(name: str, object_id: UUID, *, most: int, wake: Callable[[UUID], None]) -> Iterator[None]:
    """Hold one of the tenant's `most` slots inside the block; `wake` is called with who may enter next.

    Who held its slot before (its worker was killed) holds it again.

    :raises NoSlot: if all are held; the object waits and will be woken.
    """
    keys = _keys(name)
    entered = _enter(keys, object_id, most)
    if entered == WAITS:
        raise NoSlot(f"{name} {object_id}")
    try:
        yield
    except AlreadyClaimed:
        if entered == ENTERED:  # else the slot is that of the worker who claimed it
            _leave(keys, object_id, most, wake)
        raise
    except BaseException:
        _leave(keys, object_id, most, wake)
        raise
    else:
        _leave(keys, object_id, most, wake)


def will_be_called(name: str, object_id: UUID) -> bool:
    """Whether this object waits and somebody holds a slot, who calls when it is free."""
    try:
        return client().eval(WILL_BE_CALLED, 2, *_keys(name), object_id.hex) == 1
    except RedisError:
        return False


def _keys(name: str) -> tuple[str, str]:
    """Of the slots that are held, and of those who wait for one."""
    return key("slots", name), key("slots", name, "waiting")


def _enter(keys: tuple[str, str], object_id: UUID, most: int) -> int:
    try:
        entered: int = client().eval(ENTER, 2, *keys, object_id.hex, most, HELD_SECONDS, FORGOTTEN_SECONDS)
    except RedisError:
        log.warning("slots_unavailable")
        return ENTERED
    return entered


def _leave(keys: tuple[str, str], object_id: UUID, most: int, wake: Callable[[UUID], None]) -> None:
    try:
        called: list[bytes] = client().eval(LEAVE, 2, *keys, object_id.hex, most, CALLED_SECONDS)
    except RedisError:
        log.warning("slots_unavailable")
        return
    for following in called:
        wake(UUID(following.decode()))
