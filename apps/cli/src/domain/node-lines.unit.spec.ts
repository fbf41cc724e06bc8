import { describe, expect, it } from 'vitest';
import type { NodeDetails, NodePage } from '#libs/contracts';
import { drainLines, nodePageLines, nodeTable, problemLines, stateText } from './node-lines.js';
import { plainPaint } from './progress-lines.js';

const GIB = 1024 ** 3;
const node: NodeDetails = {
  ...{ name: 'node-1', state: 'ready', address: '10.0.0.1', sshPort: 22, cpus: 4, memoryBytes: 8 * GIB },
  ...{ engineVersion: '29.0.1', allocatable: { cpus: 3.5, memoryBytes: 7 * GIB } },
};

describe('the table of nodes', () => {
  it('shows what instances may have, and zones where there are any', () => {
    const zoned = { ...node, name: 'node-2', sshPort: 2222, zone: 'a', unenforced: ['cpu'] };
    expect(nodeTable([node, zoned])).toEqual([
      'NODE    STATE  ADDRESS        CPUS  MEMORY   ZONE  ENGINE',
      'node-1  ready  10.0.0.1       3.5   7.0 GiB  -     29.0.1',
      'node-2  ready  10.0.0.1:2222  3.5   7.0 GiB  a     29.0.1 (no limits of cpu)',
    ]);
    expect(nodeTable([node])[0]).not.toContain('ZONE');
  });

  it('shows why a node takes nothing, where there is a reason', () => {
    const lost = {
      ...node,
      name: 'node-2',
      state: 'unreachable',
      stateReason: 'connect\u001b[31m ECONNREFUSED',
    };
    expect(nodeTable([node, lost])).toEqual([
      'NODE    STATE        ADDRESS   CPUS  MEMORY   ENGINE  REASON',
      'node-1  ready        10.0.0.1  3.5   7.0 GiB  29.0.1',
      'node-2  unreachable  10.0.0.1  3.5   7.0 GiB  29.0.1  connect ECONNREFUSED',
    ]);
    expect(nodeTable([node])[0]).not.toContain('REASON');
  });

  it('shows what a node manager of before does not say as it can', () => {
    expect(nodeTable([{ name: 'n', state: 'ready', address: 'a' }])[1]).toBe(
      'n     ready  a        -     -       -',
    );
  });
});

it('a state is told with its time, its principal and its reason', () => {
  expect(stateText(node)).toBe('ready');
  const said = { stateSince: '2026-01-01T00:00:00.000Z', stateBy: 'ada', stateReason: 'new\u001b[31m disk' };
  expect(stateText({ ...node, state: 'cordoned', ...said })).toBe(
    'cordoned since 2026-01-01T00:00:00.000Z, by ada: new disk',
  );
});

it('problems are told with what to do, what refuses apart from what warns', () => {
  const problem = { code: 'CLOCK_SKEW', message: 'It is late.', hint: 'Set it.' };
  const problems = [
    { ...problem, severity: 'refuses' as const },
    { ...problem, severity: 'warns' as const },
  ];
  expect(problemLines(problems, plainPaint)).toEqual([
    ...['✖ CLOCK_SKEW  It is late.', '  Set it.', '! CLOCK_SKEW  It is late.', '  Set it.'],
  ]);
});

const holding = [{ instance: 'shop-web-1', appId: 'shop', service: 'web', reason: 'its volumes are here' }];
const draining: NodePage = {
  ...{ ...node, state: 'draining', wish: 'draining', architecture: 'x86_64', zone: 'a' },
  labels: { disk: 'ssd' },
  drain: { deadline: '2026-01-01T00:10:00.000Z', isLate: false, left: 1, holding },
  instances: [{ instance: 'shop-web-1', appId: 'shop', service: 'web', state: 'running' }],
  events: [
    { at: '2026-01-01T00:00:00.000Z', event: 'draining', state: 'draining', by: 'ada', reason: 'move' },
  ],
};

it('one node is shown with what runs there, what holds its drain up and what happened', () => {
  const lines = nodePageLines(draining, plainPaint);
  expect(lines[0]).toBe('node-1');
  for (const part of [
    '  machine        x86_64, 4 cores, 8.0 GiB',
    '  for instances  3.5 cores, 7.0 GiB',
    '  labels         disk=ssd',
    '  drain          1 to move, should be done by 2026-01-01T00:10:00.000Z',
    'instances:',
    '  shop-web-1  shop/web  running',
    'holds the drain up:',
    '  shop-web-1  shop/web  its volumes are here',
    'history:',
    '  2026-01-01T00:00:00.000Z  draining  draining  by ada  move',
  ])
    expect(lines).toContain(part);
  expect(nodePageLines(node, plainPaint).join('\n')).not.toContain('history');
});

it('a drain that is waited for says what is left', () => {
  expect(drainLines(draining)).toEqual(['node-1: 1 instance to move', '  shop-web-1: its volumes are here']);
});
