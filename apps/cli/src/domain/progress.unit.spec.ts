import { describe, expect, it } from 'vitest';
import { deploymentProgressed, type DeploymentProgress, type DeploymentReply } from '#libs/contracts';
import { nextCommand } from './next-command.js';
import { eventLine, plainPaint, progressLines, replyLines } from './progress-lines.js';
import { foldProgress, startProgress } from './progress.js';
import { tableLines } from './table.js';
import { chooseServices, sourceBlobName } from './targets.js';

const event = (part: Partial<DeploymentProgress>): DeploymentProgress =>
  deploymentProgressed.schema.parse({
    ...(deploymentProgressed.example as object),
    phase: undefined,
    ms: undefined,
    data: {},
    ...part,
  });

const started = startProgress('order-4711', ['app-server', 'prices']);

describe('folding the events of a request', () => {
  it('collects the phases that ended, in order', () => {
    const done = [
      event({ version: 1, phase: 'fetch', ms: 12 }),
      event({ version: 2, phase: 'build', ms: 2100 }),
    ].reduce(foldProgress, started);
    expect(done.services[0]?.phases).toEqual([
      { name: 'fetch', ms: 12 },
      { name: 'build', ms: 2100 },
    ]);
    expect(done.services[0]?.state).toBe('working');
  });

  it('counts a repeated event once', () => {
    const once = foldProgress(started, event({ version: 1, phase: 'fetch', ms: 12 }));
    expect(foldProgress(once, event({ version: 1, phase: 'fetch', ms: 12 }))).toEqual(once);
  });

  it.each([{ token: 'other' }, { service: 'not-asked-for' }, { service: undefined }])(
    'is not moved by %o',
    (part) => {
      expect(foldProgress(started, event(part))).toEqual(started);
    },
  );

  it('shows the last line of build output until the build ends', () => {
    const building = foldProgress(
      started,
      event({ event: 'BuildOutput', version: 0, data: { lines: ['Step 1', 'Step 2', ''] } }),
    );
    expect(building.services[0]?.lastLine).toBe('Step 2');
    const built = foldProgress(building, event({ version: 1, phase: 'build', ms: 5 }));
    expect(built.services[0]?.lastLine).toBeUndefined();
  });
});

describe('what is shown', () => {
  it('draws a tree with a line for each service and the time of each phase', () => {
    const progress = foldProgress(
      started,
      event({ version: 1, event: 'ImageBuilt', node: 'node-1', phase: 'build', ms: 2100 }),
    );
    expect(progressLines(progress, 12_345, plainPaint).map((line) => line.trimEnd())).toEqual([
      '[+] order-4711  1/2 begun  12.3s',
      ' … app-server on node-1  ImageBuilt  build 2.10s',
      ' · prices  waiting',
    ]);
  });

  it('says an event in one line', () => {
    expect(eventLine(event({ phase: 'build', ms: 2100 }))).toBe(
      '2026-01-01T00:00:00.000Z  order-4711  app-server  ImageBuilt  build=2.10s',
    );
  });

  it('ends a failure with code, hint and the end of the log', () => {
    const lines = replyLines(failedReply('CONTAINER_EXITED'), 31_600, plainPaint);
    expect(lines).toEqual([
      ' ✖ app-server  failed  build 2.10s',
      '     CONTAINER_EXITED  exited with 1',
      '     hint: read the log',
      '     | first',
      '     | second',
      'Failed: app-server in 31.6s',
    ]);
  });

  it('pads columns to the widest cell', () => {
    expect(tableLines(['A', 'B'], [['long', 'x']])).toEqual(['A     B', 'long  x']);
  });
});

describe('the next command', () => {
  it.each([
    ['NO_NODE', 'slipway node ls'],
    ['RELEASE_NOT_FOUND', 'slipway build shop app-server'],
    ['BUILD_FAILED', 'slipway deploy examples/shop --app shop app-server'],
    ['INTERNAL', 'slipway events --token order-4711'],
  ])('after %s is %s', (code, command) => {
    expect(nextCommand(failedReply(code), { appId: 'shop', directory: 'examples/shop' })).toBe(command);
  });
});

describe('what a deploy brings', () => {
  it('takes all services when none is named, in a stable order', () => {
    expect(chooseServices(['site', 'prices'], [])).toEqual({ chosen: ['prices', 'site'], unknown: [] });
  });

  it('names what is not there: an empty match must never mean all', () => {
    expect(chooseServices(['site'], ['sight'])).toEqual({ chosen: ['sight'], unknown: ['sight'] });
  });

  it('uploads to where the deployer looks', () => {
    expect(sourceBlobName('shop', 'prices')).toBe('shop--prices.zip');
  });
});

function failedReply(code: string): DeploymentReply {
  const error = { code, message: 'exited with 1', hint: 'read the log', logTail: 'first\nsecond\n' };
  return {
    token: 'order-4711',
    status: false,
    services: [{ name: 'app-server', status: 'failed', instances: [], phases: { build: 2100 }, error }],
    failed: ['app-server'],
  };
}
