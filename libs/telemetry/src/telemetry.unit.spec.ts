import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { describe, expect, it } from 'vitest';
import { Secret } from '#libs/config';
import { createLogger, createMetrics, Health, TelemetryModule } from './index.js';

describe('the logger', () => {
  it("writes JSON lines with app, replica and the child's token, and never a secret", () => {
    const lines: string[] = [];
    const logger = createLogger({
      app: 'deployer',
      replica: 'r1',
      destination: { write: (line) => lines.push(line) },
    });
    logger
      .child({ token: 't1' })
      .info({ password: 'hunter2', node: { sealedLogin: 'hunter2' }, key: new Secret('hunter2') }, 'hello');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      app: 'deployer',
      replica: 'r1',
      token: 't1',
      msg: 'hello',
      password: '[redacted]',
    });
    expect(lines[0]).not.toContain('hunter2');
  });
});

describe('Health', () => {
  it('is ready when every check is, and says which is not', async () => {
    const health = new Health(20);
    health.register('good', () => undefined);
    expect(await health.readiness()).toEqual({ ready: true, checks: { good: 'ok' } });
    health.register('bad', () => Promise.reject(new Error('refused')));
    health.register('hanging', () => new Promise(() => undefined));
    expect(await health.readiness()).toEqual({
      ready: false,
      checks: { good: 'ok', bad: 'refused', hanging: 'no answer within 20 ms' },
    });
  });

  it('never becomes ready again after failReadiness', async () => {
    const health = new Health();
    health.failReadiness('consumer crashed');
    expect(await health.readiness()).toEqual({ ready: false, checks: { process: 'consumer crashed' } });
  });
});

describe('the pages', () => {
  it('serves /health, /ready and /metrics', async () => {
    const health = new Health();
    const metrics = createMetrics('deployer');
    metrics.counter('replies_total', 'Replies sent').inc(3);
    const app = await NestFactory.create<NestFastifyApplication>(
      TelemetryModule.forRoot({ health, metrics }),
      new FastifyAdapter(),
      { logger: false },
    );
    await app.init();
    const get = (url: string) => app.inject({ method: 'GET', url });
    expect((await get('/health')).json()).toEqual({ status: 'ok' });
    expect((await get('/metrics')).body).toContain('slipway_replies_total{app="deployer"} 3');
    expect((await get('/ready')).statusCode).toBe(200);
    health.failReadiness('gone');
    const failed = await get('/ready');
    expect([failed.statusCode, failed.json()]).toEqual([503, { ready: false, checks: { process: 'gone' } }]);
    await app.close();
  });
});
