-- Takes an interview's allowance out of the budgets.
--
-- ARGV[2] JSON: key (of the allowance), n nano-dollars, e seconds to live, b: budgets as in admit.lua.
-- Returns 1 (taken, also before), 0 (a budget has not so much left), or -place of a budget to be counted first.
local ask = cjson.decode(ARGV[2])
local function there(value) return value and value ~= cjson.null end
local function whole(value) return string.format('%.0f', value) end
if redis.call('EXISTS', ask.key) == 1 then return 1 end
for place, budget in ipairs(ask.b) do
  local spent = redis.call('GET', budget.k)
  if not spent then return -place end
  if there(budget.l) and tonumber(spent) + ask.n > budget.l then return 0 end
end
redis.call('HSET', ask.key, 'left', whole(ask.n))
redis.call('EXPIRE', ask.key, ask.e)
for place, budget in ipairs(ask.b) do
  redis.call('INCRBY', budget.k, whole(ask.n))
  redis.call('EXPIRE', budget.k, budget.e)
  redis.call('HSET', ask.key, 'b' .. place, budget.k)
end
return 1
