import { describe, expect, it } from 'vitest';
import { freeSubnet } from './subnet.js';

describe('freeSubnet', () => {
  it('takes the first /24 when nothing is taken', () => {
    expect(freeSubnet([])).toBe('10.80.0');
  });

  it('passes over what an address, a route or a wider range touches', () => {
    expect(freeSubnet(['10.80.0.17/32', '10.80.1.0/24', '10.80.2.128/25', '10.80.3.1'])).toBe('10.80.4');
    expect(freeSubnet(['10.80.0.0/15'])).toBe('10.82.0');
    expect(freeSubnet(['10.79.255.0/24', '10.80.1.0/24'])).toBe('10.80.0');
  });

  it('gives the preferred one while it is free', () => {
    expect(freeSubnet(['10.80.0.0/24'], '10.95.7')).toBe('10.95.7');
    expect(freeSubnet(['10.95.7.1/24'], '10.95.7')).toBe('10.80.0');
  });

  it('leaves aside what is no IPv4 range, as a default route or IPv6', () => {
    expect(freeSubnet(['default', 'fe80::/64', ''])).toBe('10.80.0');
  });

  it('throws when every one is taken', () => {
    expect(() => freeSubnet(['10.0.0.0/8'])).toThrow('No /24');
  });
});
