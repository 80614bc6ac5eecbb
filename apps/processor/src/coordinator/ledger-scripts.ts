import { maxSources } from './coordinator';

/*
 * KEYS[1]  the slot, a hash: s:<source> a manifest that was seen, e:<member> an emitted member, d an emission that was acknowledged
 * KEYS[2]  the entity's sources, a sorted set by log time last seen
 * Both keys carry the entity as their hash tag, so a Redis Cluster keeps them together.
 */

/**
 * ARGV: now, leaseMs, force (0 or 1), slotTtlMs, sourcesTtlMs, number of sources, sources..., held members...
 * Answers WAIT, EMIT, MORE or DUP.
 */
export const decideScript = `
local slot, live = KEYS[1], KEYS[2]
local now, lease, force = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local sources = tonumber(ARGV[6])
for i = 7, 6 + sources do
  redis.call('ZADD', live, 'GT', now, ARGV[i])
  redis.call('HSET', slot, 's:' .. ARGV[i], '1')
end
redis.call('ZREMRANGEBYSCORE', live, '-inf', '(' .. (now - lease))
local surplus = redis.call('ZRANGE', live, ${-maxSources - 1}, ${-maxSources - 1}, 'WITHSCORES')
if surplus[2] then redis.call('ZREMRANGEBYSCORE', live, '-inf', surplus[2]) end
redis.call('PEXPIRE', slot, ARGV[4])
redis.call('PEXPIRE', live, ARGV[5])
local emitted = redis.call('HEXISTS', slot, 'd') == 1
local news = not emitted
for i = 7 + sources, #ARGV do
  if redis.call('HEXISTS', slot, 'e:' .. ARGV[i]) == 0 then news = true end
end
if not news then return 'DUP' end
local emit = emitted and 'MORE' or 'EMIT'
if force then return emit end
for _, source in ipairs(redis.call('ZRANGE', live, 0, -1)) do
  if redis.call('HEXISTS', slot, 's:' .. source) == 0 then return 'WAIT' end
end
return emit
`;

/** ARGV: slotTtlMs, members... */
export const doneScript = `
redis.call('HSET', KEYS[1], 'd', '1')
for i = 2, #ARGV do redis.call('HSET', KEYS[1], 'e:' .. ARGV[i], '1') end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
`;
