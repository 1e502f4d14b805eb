-- Sets a window's counters to what the ledger says, unless somebody did so meanwhile.
--
-- ARGV[2] JSON: base (of the window's keys), day, rd requests and td tokens of that day, e seconds to live,
--   calls: {id, moment (ms) at which it stops counting, tokens} of those that began lately.
local told = cjson.decode(ARGV[2])
local base = told.base
if redis.call('EXISTS', base .. ':known') == 1 then return 0 end
local function whole(value) return string.format('%.0f', value) end
redis.call('SET', base .. ':rd:' .. told.day, whole(told.rd), 'NX', 'EX', told.e)
redis.call('SET', base .. ':td:' .. told.day, whole(told.td), 'NX', 'EX', told.e)
for _, call in ipairs(told.calls) do
  if redis.call('ZADD', base .. ':z', 'NX', whole(call[2]), call[1]) == 1 then
    redis.call('HSET', base .. ':t', call[1], whole(call[3]))
    redis.call('HINCRBY', base .. ':t', 'sum', whole(call[3]))
  end
end
redis.call('SET', base .. ':known', 1, 'EX', told.e)
return 1
