-- Chooses the first candidate that has room everywhere and reserves there: breaker, limits, budgets, in one go.
--
-- ARGV[1] key prefix; ARGV[2] JSON:
--   id, lease (ms that the call may take), share (of limits of a minute and at once that it may fill), iv (key of the interview's allowance, or ""),
--   b: budgets {k key, l hard limit or null, e seconds to live, r why it refuses}, money in nano-dollars,
--   c: candidates {a account, t tokens, m whether its limits count the most tokens, n cost, w: windows}
--   windows {s scope, rm, tm, rd, td, fl: limits or null, d: days {k, e}}
-- Returns {place of the candidate (0 = none), ms to wait (-1 = waiting won't help), reasons joined by a comma}
--      or {-1, place of a candidate, place of its window} where use must be counted anew first,
--      or {-2, place of a budget}.
local P = ARGV[1]
local ask = cjson.decode(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local MINUTE = 60000
local function part(limit) return math.max(1, math.floor(limit * ask.share)) end
local function there(value) return value and value ~= cjson.null end
local function whole(value) return string.format('%.0f', value) end

-- Forgets what ended over a minute ago.
local function expire(z, h)
  local gone = redis.call('ZRANGEBYSCORE', z, '-inf', now)
  if #gone == 0 then return end
  local freed = 0
  for _, id in ipairs(gone) do
    freed = freed + tonumber(redis.call('HGET', h, id) or 0)
    redis.call('HDEL', h, id)
  end
  redis.call('HINCRBY', h, 'sum', whole(-freed))
  redis.call('ZREMRANGEBYSCORE', z, '-inf', now)
end

-- Milliseconds until so many tokens of the window are free again.
local function freed_after(z, h, tokens)
  local entries = redis.call('ZRANGE', z, 0, 199, 'WITHSCORES')
  for place = 1, #entries, 2 do
    tokens = tokens - tonumber(redis.call('HGET', h, entries[place]) or 0)
    if tokens <= 0 then return math.max(1, tonumber(entries[place + 1]) - now) end
  end
  return MINUTE
end

local function wait_for(window, tokens)
  local base = P .. 'w:' .. window.s
  local z, h = base .. ':z', base .. ':t'
  local blocked = tonumber(redis.call('GET', base .. ':blocked') or 0)
  if blocked > now then return blocked - now, 'blocked' end
  local seen = redis.call('HMGET', base .. ':seen', 'rl', 'tl', 'rr', 'rru', 'tr', 'tru')
  local rm = tonumber(seen[1]) or (there(window.rm) and window.rm)
  local tm = tonumber(seen[2]) or (there(window.tm) and window.tm)
  if tonumber(seen[4] or 0) > now and tonumber(seen[3]) < 1 then return tonumber(seen[4]) - now, 'requests' end
  if tonumber(seen[6] or 0) > now and tonumber(seen[5]) < tokens then return tonumber(seen[6]) - now, 'tokens' end
  if rm or tm then expire(z, h) end
  if rm then
    local over = redis.call('ZCARD', z) + 1 - part(rm)
    if over > 0 then
      local entry = redis.call('ZRANGE', z, over - 1, over - 1, 'WITHSCORES')
      return entry[2] and math.max(1, tonumber(entry[2]) - now) or -1, 'requests'
    end
  end
  if tm then
    if tokens > tm then return -1, 'tokens' end
    local over = tonumber(redis.call('HGET', h, 'sum') or 0) + tokens - math.max(tokens, part(tm))
    if over > 0 then return freed_after(z, h, over), 'tokens' end
  end
  if there(window.fl) then
    redis.call('ZREMRANGEBYSCORE', base .. ':f', '-inf', now)
    if redis.call('ZCARD', base .. ':f') >= part(window.fl) then return 100, 'in_flight' end
  end
  for _, day in ipairs(window.d) do
    if there(window.rd) and tonumber(redis.call('GET', base .. ':rd:' .. day.k) or 0) + 1 > window.rd then
      return -1, 'requests_day'
    end
    if there(window.td) and tonumber(redis.call('GET', base .. ':td:' .. day.k) or 0) + tokens > window.td then
      return -1, 'tokens_day'
    end
  end
end

local function reserve(choice)
  for _, window in ipairs(choice.w) do
    local base = P .. 'w:' .. window.s
    local z, h = base .. ':z', base .. ':t'
    local seen = redis.call('HMGET', base .. ':seen', 'rr', 'tr', 'rl', 'tl')
    if there(window.rm) or there(window.tm) or seen[3] or seen[4] then
      -- It counts from its end on: nobody knows at which moment of it the provider counted.
      redis.call('ZADD', z, whole(now + ask.lease + MINUTE), ask.id)
      redis.call('HSET', h, ask.id, whole(choice.t))
      redis.call('HINCRBY', h, 'sum', whole(choice.t))
      redis.call('PEXPIRE', z, 3600000)
      redis.call('PEXPIRE', h, 3600000)
    end
    if there(window.fl) then
      redis.call('ZADD', base .. ':f', whole(now + ask.lease), ask.id)
      redis.call('PEXPIRE', base .. ':f', 3600000)
    end
    for _, day in ipairs(window.d) do
      if there(window.rd) then
        redis.call('INCR', base .. ':rd:' .. day.k)
        redis.call('EXPIRE', base .. ':rd:' .. day.k, day.e)
      end
      if there(window.td) then
        redis.call('INCRBY', base .. ':td:' .. day.k, whole(choice.t))
        redis.call('EXPIRE', base .. ':td:' .. day.k, day.e)
      end
    end
    if seen[1] then redis.call('HINCRBY', base .. ':seen', 'rr', -1) end
    if seen[2] then redis.call('HINCRBY', base .. ':seen', 'tr', whole(-choice.t)) end
  end
end

local reasons, shortest = {}, -1
local function no(reason, wait)
  reasons[#reasons + 1] = reason
  if wait >= 0 and (shortest < 0 or wait < shortest) then shortest = wait end
end

local function known(choice)
  for place, window in ipairs(choice.w) do
    local counts = there(window.rm) or there(window.tm) or there(window.rd) or there(window.td)
    if counts and redis.call('EXISTS', P .. 'w:' .. window.s .. ':known') == 0 then return place end
  end
end

for place, budget in ipairs(ask.b) do
  if redis.call('EXISTS', budget.k) == 0 then return {-2, place} end
end

for place, choice in ipairs(ask.c) do
  local breaker = P .. 'breaker:' .. choice.a
  local open = redis.call('HMGET', breaker, 'until', 'probe_until')
  local probe = open[1] and 1 or 0
  local fits = true
  if open[1] and tonumber(open[1]) > now then
    no('open', tonumber(open[1]) - now)
    fits = false
  elseif open[2] and tonumber(open[2]) > now then
    no('probed', math.min(250, tonumber(open[2]) - now))
    fits = false
  end
  if fits then
    local unknown = known(choice)
    if unknown then return {-1, place, unknown} end
    for _, window in ipairs(choice.w) do
      local wait, why = wait_for(window, choice.t)
      if wait then
        no(why, wait)
        fits = false
        break
      end
    end
  end
  if fits then
    local left = ask.iv ~= '' and tonumber(redis.call('HGET', ask.iv, 'left') or -1) or -1
    local allowed = left >= choice.n
    if not allowed then
      for _, budget in ipairs(ask.b) do
        if there(budget.l) and tonumber(redis.call('GET', budget.k)) + choice.n > budget.l then
          no(budget.r, -1)
          fits = false
          break
        end
      end
    end
    if fits then
      reserve(choice)
      local keys = {}
      if allowed then
        redis.call('HINCRBY', ask.iv, 'left', whole(-choice.n))
      else
        for _, budget in ipairs(ask.b) do
          redis.call('INCRBY', budget.k, whole(choice.n))
          redis.call('EXPIRE', budget.k, budget.e)
          keys[#keys + 1] = budget.k
        end
      end
      if probe == 1 then redis.call('HSET', breaker, 'probe_until', whole(now + ask.lease)) end
      local lease = {a = choice.a, t = choice.t, m = choice.m, n = choice.n, w = choice.w, b = keys, p = probe}
      if allowed then lease.iv = ask.iv end
      redis.call('SET', P .. 'lease:' .. ask.id, cjson.encode(lease), 'EX', 172800)
      return {place, 0, ''}
    end
  end
end
return {0, shortest, table.concat(reasons, ',')}
