import { describe, expect, it } from 'vitest';
import { aliveAfter, waitAfter } from './probe-until-healthy.js';

describe('the wait between two probes', () => {
  it('is short while a service may be up at any moment', () => {
    expect(waitAfter(0)).toBe(8);
    expect(waitAfter(40)).toBe(8);
  });

  it('lets no service that became healthy wait for more than a tenth of its own start', () => {
    expect(waitAfter(300)).toBe(30);
    expect(waitAfter(2_000)).toBe(200);
  });

  it('is half a second at most', () => {
    expect(waitAfter(60_000)).toBe(500);
  });
});

describe('how often the engine is asked whether a container still runs', () => {
  it('is soon, for one that ends at once', () => {
    expect(aliveAfter(0)).toBe(100);
    expect(aliveAfter(200)).toBe(100);
  });

  it('is less and less the longer a start takes: fifty that start at once are not slowed by a thousand questions', () => {
    let questions = 0;
    for (let elapsed = 100; elapsed < 2_000; elapsed += aliveAfter(elapsed)) questions += 1;
    expect(questions).toBeLessThan(9);
  });

  it('is every second at least', () => {
    expect(aliveAfter(60_000)).toBe(1_000);
  });
});
