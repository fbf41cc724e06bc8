import { describe, expect, it } from 'vitest';
import { decideReport } from './node-report.js';
import { NEW_STANDING, type Standing } from './standing.js';

const at = (second: number): string => new Date(second * 1_000).toISOString();
const LOST = { state: 'unreachable', reason: 'no answer', reportedAt: at(100) } as const;
const BACK = { state: 'ready', reportedAt: at(100) } as const;
const UNREACHABLE: Standing = { ...NEW_STANDING, reachable: false, verdict: { at: at(50) } };
const RETURNING: Standing = { ...NEW_STANDING, returning: at(90) };

describe('a report of the deployer', () => {
  it.each([
    ['no agent ever said anything', undefined],
    ['the agent has been silent for longer than half a minute', 69_999],
  ])('is a verdict where %s', (_, agentAtMs) => {
    expect(decideReport(NEW_STANDING, LOST, agentAtMs)).toEqual({
      standing: { wish: 'none', reachable: false, verdict: { at: at(100), reason: 'no answer' } },
      event: 'unreachable',
    });
    expect(decideReport(UNREACHABLE, BACK, agentAtMs)).toMatchObject({ event: 'reachable' });
    expect(decideReport(RETURNING, BACK, agentAtMs)).toEqual({ standing: NEW_STANDING, event: 'reachable' });
  });

  it('is none while an agent speaks of the node', () => {
    expect(decideReport(NEW_STANDING, LOST, 70_000)).toEqual({ standing: NEW_STANDING });
    expect(decideReport(RETURNING, BACK, 70_000)).toEqual({ standing: RETURNING });
  });

  it('ends the cleaning of the return that it names, also while an agent speaks', () => {
    const cleaned = { ...BACK, cleaned: at(90) };
    expect(decideReport(RETURNING, cleaned, 99_000)).toEqual({ standing: NEW_STANDING, event: 'reachable' });
    expect(decideReport(RETURNING, { ...cleaned, cleaned: at(80) }, 99_000)).toEqual({ standing: RETURNING });
  });
});
