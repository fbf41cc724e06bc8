import { describe, expect, it } from 'vitest';
import { waitAfter } from './probe-until-healthy.js';

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
