-- Gives back to the budgets what is left of an interview's allowance. ARGV[2] JSON: key.
-- Calls under way settle without it: their rest is nobody's, which is less than they could have cost.
local key = cjson.decode(ARGV[2]).key
local kept = redis.call('HGETALL', key)
local left, budgets = 0, {}
for place = 1, #kept, 2 do
  if kept[place] == 'left' then left = tonumber(kept[place + 1]) else budgets[#budgets + 1] = kept[place + 1] end
end
redis.call('DEL', key)
for _, budget in ipairs(budgets) do
  if redis.call('EXISTS', budget) == 1 then redis.call('INCRBY', budget, string.format('%.0f', -left)) end
end
return 1
