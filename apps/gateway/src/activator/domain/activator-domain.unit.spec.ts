import { describe, expect, it } from 'vitest';
import { isProbe } from './probe.js';
import { refusalFor } from './refusal.js';
import { Waiting } from './waiting.js';

describe('places to wait', () => {
  it('are bounded by service and in all, and free again once somebody goes', () => {
    const waiting = new Waiting<number>({ requests: 3, requestsPerService: 2 });
    expect([1, 2, 3].map((one) => waiting.add('a', one))).toEqual([true, true, false]);
    expect([4, 5].map((one) => waiting.add('b', one))).toEqual([true, false]);
    waiting.remove('a', 1);
    waiting.remove('a', 1);
    waiting.remove('b', 9);
    expect(waiting.add('b', 5)).toBe(true);
    expect(Object.fromEntries(waiting.counts)).toEqual({ a: 1, b: 2 });
    waiting.remove('a', 2);
    expect(waiting.services).toEqual(['b']);
    expect(waiting.at('b')).toEqual([4, 5]);
  });
});

describe('health checks', () => {
  const settings = { agents: ['kube-probe', 'ELB-HealthChecker'], paths: ['/healthz'] };

  it.each([
    ['kube-probe/1.30', '/', true],
    ['KUBE-PROBE', '/', true],
    ['Mozilla/5.0 kube-probe', '/', false],
    [undefined, '/', false],
    ['Mozilla/5.0', '/healthz?x=1', true],
    ['Mozilla/5.0', '/healthz/more', false],
  ])('%s asking for %s: %s', (agent, url, is) => {
    expect(isProbe(settings, { agent, url })).toBe(is);
  });

  it('an empty name is not that of everybody', () => {
    expect(isProbe({ agents: [''], paths: [] }, { agent: 'curl', url: '/' })).toBe(false);
  });
});

describe('the refusal', () => {
  it.each([
    ['text/html,*/*;q=0.8', 'text/html; charset=utf-8'],
    ['Application/JSON; q=1', 'application/json'],
    ['application/json, text/html', 'text/html; charset=utf-8'],
    ['*/*', 'text/plain; charset=utf-8'],
    [undefined, 'text/plain; charset=utf-8'],
  ])('to one that accepts %s is %s', (accept, type) => {
    expect(refusalFor(accept).contentType).toBe(type);
  });

  it('of a service of HTTP/2 says so: its instances may speak another protocol', () => {
    for (const accept of ['text/html', 'application/json', '*/*']) {
      expect(refusalFor(accept, true).body).toContain('traffic.protocol is h2');
      expect(refusalFor(accept).body).not.toContain('h2');
    }
  });
});
