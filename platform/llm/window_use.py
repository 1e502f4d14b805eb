"""How full the windows of an account are now, to be shown."""

from redis import RedisError

from core import clock
from core.redis import client, platform_key
from llm import admission
from llm.admission import NoCount
from llm.targets import Window


def use(window: Window, time_zone: str) -> list[tuple[str, int, int | None]]:
    """What is used of each limit now: (name, used, limit).

    :raises NoCount: if Redis is away.
    """
    day = admission.days(time_zone, 0.0)[0]["k"]
    try:
        with client().pipeline(transaction=False) as pipe:
            base = platform_key("llm", f"w:{window.scope}")
            now = round(clock.now().timestamp() * 1000)
            pipe.zcount(f"{base}:z", now, "+inf")
            pipe.hget(f"{base}:t", "sum")
            pipe.get(f"{base}:rd:{day}")
            pipe.get(f"{base}:td:{day}")
            pipe.zcount(f"{base}:f", now, "+inf")
            used = [int(count or 0) for count in pipe.execute()]
    except RedisError as error:
        raise NoCount(type(error).__name__) from None
    limits = window.limits
    names = ("requests a minute", "tokens a minute", "requests a day", "tokens a day", "at once")
    allowed = (
        limits.requests_minute,
        limits.tokens_minute,
        limits.requests_day,
        limits.tokens_day,
        limits.in_flight,
    )
    return list(zip(names, used, allowed, strict=True))
