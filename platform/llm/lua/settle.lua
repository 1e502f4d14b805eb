-- Ends a reservation once: what was not used is free again, the breaker learns how it went, headers are believed.
--
-- ARGV[1] key prefix; ARGV[2] JSON:
--   id, t tokens used, n cost in nano-dollars, sent (whether the provider may have counted it),
--   r: how it went (ok, failed, bad, auth, limited, other), weight (of a failure), trip (failures that open it),
--   pause, longest (ms that it stays open: at first, at most), half (ms in which failures count half),
--   retry (ms that the provider asked to wait, or null),
--   seen: what headers said {rl, tl, rr, rru (ms from now), tr, tru}, or null
-- Returns 0 if it was ended before, else 1; then "opened", "closed" or "".
local P = ARGV[1]
local told = cjson.decode(ARGV[2])
local kept = redis.call('GETDEL', P .. 'lease:' .. told.id)
if not kept then return {0, ''} end
local lease = cjson.decode(kept)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function there(value) return value and value ~= cjson.null end
local function whole(value) return string.format('%.0f', value) end

local used = lease.m and told.sent and lease.t or told.t
local scope
for _, window in ipairs(lease.w) do
  local base = P .. 'w:' .. window.s
  local z, h = base .. ':z', base .. ':t'
  scope = base
  redis.call('ZREM', base .. ':f', told.id)
  local held = tonumber(redis.call('HGET', h, told.id) or -1)
  if held >= 0 then
    if told.sent then
      redis.call('ZADD', z, whole(now + 60000), told.id)
      redis.call('HSET', h, told.id, whole(used))
      redis.call('HINCRBY', h, 'sum', whole(used - held))
    else
      redis.call('ZREM', z, told.id)
      redis.call('HDEL', h, told.id)
      redis.call('HINCRBY', h, 'sum', whole(-held))
    end
  end
  for _, day in ipairs(window.d) do
    local rd, td = base .. ':rd:' .. day.k, base .. ':td:' .. day.k
    if not told.sent and there(window.rd) and redis.call('EXISTS', rd) == 1 then redis.call('DECR', rd) end
    if there(window.td) and redis.call('EXISTS', td) == 1 then
      redis.call('INCRBY', td, whole((told.sent and used or 0) - lease.t))
    end
  end
end

for _, budget in ipairs(lease.b) do
  if redis.call('EXISTS', budget) == 1 then redis.call('INCRBY', budget, whole(told.n - lease.n)) end
end
if lease.iv and redis.call('EXISTS', lease.iv) == 1 then
  redis.call('HINCRBY', lease.iv, 'left', whole(lease.n - told.n))
end

if scope and there(told.seen) then
  local at = scope .. ':seen'
  local flying = redis.call('ZCARD', scope .. ':f')
  for _, name in ipairs({'rl', 'tl'}) do
    if there(told.seen[name]) then redis.call('HSET', at, name, whole(told.seen[name])) end
  end
  if there(told.seen.rr) and there(told.seen.rru) then
    redis.call('HSET', at, 'rr', whole(told.seen.rr - flying), 'rru', whole(now + told.seen.rru))
  end
  if there(told.seen.tr) and there(told.seen.tru) then
    redis.call('HSET', at, 'tr', whole(told.seen.tr), 'tru', whole(now + told.seen.tru))
  end
  redis.call('EXPIRE', at, 3600)
end

local wait = there(told.retry) and told.retry
if scope and told.r == 'limited' then
  local strikes = redis.call('HINCRBY', scope .. ':seen', 'strikes', 1)
  redis.call('EXPIRE', scope .. ':seen', 3600)
  wait = wait or math.min(60000, 500 * 2 ^ strikes)
elseif scope and told.r == 'ok' then
  redis.call('HDEL', scope .. ':seen', 'strikes')
  wait = nil
end
if scope and wait then
  local before = tonumber(redis.call('GET', scope .. ':blocked') or 0)
  if now + wait > before then redis.call('SET', scope .. ':blocked', whole(now + wait), 'PX', whole(wait + 1)) end
end

local breaker = P .. 'breaker:' .. lease.a
local function open(pause)
  pause = math.min(pause, told.longest)
  redis.call('HSET', breaker, 'until', whole(now + pause), 'pause', whole(pause), 'bad', 0, 'at', whole(now),
    'kind', told.r)
  redis.call('HDEL', breaker, 'probe_until')
  redis.call('PEXPIRE', breaker, whole(pause + 3600000))
  return {1, 'opened'}
end
if told.r == 'ok' then
  if lease.p == 1 then
    redis.call('DEL', breaker)
    return {1, 'closed'}
  end
  local bad = tonumber(redis.call('HGET', breaker, 'bad') or 0)
  if bad > 0 then redis.call('HSET', breaker, 'bad', math.max(0, bad - 1)) end
elseif told.r == 'failed' or told.r == 'bad' or told.r == 'auth' then
  local kept = redis.call('HMGET', breaker, 'bad', 'at', 'pause', 'until')
  local pause = tonumber(kept[3] or 0)
  if lease.p == 1 or (told.r == 'auth' and not kept[4]) then return open(math.max(told.pause, pause * 2)) end
  if kept[4] then return {1, ''} end -- began before it opened
  local bad = tonumber(kept[1] or 0) * 0.5 ^ ((now - tonumber(kept[2] or now)) / told.half) + told.weight
  if bad >= told.trip then return open(told.pause) end
  redis.call('HSET', breaker, 'bad', bad, 'at', whole(now))
  redis.call('PEXPIRE', breaker, 3600000)
elseif lease.p == 1 then
  redis.call('HDEL', breaker, 'probe_until') -- it said nothing about the provider's health
end
return {1, ''}
