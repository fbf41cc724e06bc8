export { type RedisCommand, RedisClient, type RedisParts } from './redis-client.js';
export { type RedisConfig, redisVariables } from './redis-config.js';
