import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deploymentProgressed, type DeploymentProgress, type DeploymentReply } from '#libs/contracts';
import { nextCommand } from './next-command.js';
import { eventLines, plainPaint, progressLines } from './progress-lines.js';
import { foldProgress, startProgress, type RequestProgress } from './progress.js';
import { replyLines } from './reply-lines.js';
import { tableLines } from './table.js';
import { chooseServices } from './targets.js';

const event = (part: Partial<DeploymentProgress>): DeploymentProgress =>
  deploymentProgressed.schema.parse({
    ...(deploymentProgressed.example as object),
    phase: undefined,
    ms: undefined,
    data: {},
    ...part,
  });

const screen = { paint: plainPaint, columns: 80 };
const BEGUN_AT = 1_000;
const started = startProgress('order-4711', ['app-server', 'prices'], BEGUN_AT);
const folded = (...events: readonly DeploymentProgress[]): RequestProgress =>
  events.reduce((progress, next) => foldProgress(progress, next, BEGUN_AT + 2_500), started);

describe('folding the events of a request', () => {
  it('collects the phases that ended, in order', () => {
    const done = folded(
      event({ version: 1, phase: 'fetch', ms: 12 }),
      event({ version: 2, phase: 'build', ms: 2100 }),
    );
    expect(done.services[0]?.phases).toEqual([
      { name: 'fetch', ms: 12 },
      { name: 'build', ms: 2100 },
    ]);
    expect(done.services[0]?.state).toBe('working');
  });

  it('shows what a plan says before anything is started', () => {
    const planned = event({ version: 1, event: 'PlanMade', data: { notes: ['users\u001b[2J see it'] } });
    const lines = progressLines(folded(planned), BEGUN_AT, screen);
    expect(lines).toContain('     note: users see it');
    expect(eventLines(planned, { token: false })).toEqual([
      expect.stringMatching(/PlanMade {2}note: users see it$/),
    ]);
  });

  it('shows what room an instance waits for, told by each, and stays at its step', () => {
    const asked = event({ version: 1, event: 'NodeRequested' });
    const waits = event({
      version: 0,
      event: 'RoomAwaited',
      data: { notes: ['waits for room until 10:01'] },
    });
    const lines = progressLines(folded(asked, waits, waits), BEGUN_AT, screen);
    expect(lines.filter((line) => line.includes('waits for room'))).toEqual([
      '     note: waits for room until 10:01',
    ]);
    expect(lines[1]).toContain('looks for a node');
    expect(eventLines(waits, { token: false })).toEqual([
      expect.stringMatching(/RoomAwaited {2}note: waits for room until 10:01$/),
    ]);
  });

  it('counts a repeated event once', () => {
    const fetched = event({ version: 1, phase: 'fetch', ms: 12 });
    expect(folded(fetched, fetched)).toEqual(folded(fetched));
  });

  it('adds up a phase that every replica goes through', () => {
    const pulls = folded(
      event({ version: 1, phase: 'pull', ms: 300 }),
      event({ version: 2, phase: 'pull', ms: 40 }),
    );
    expect(pulls.services[0]?.phases).toEqual([{ name: 'pull', ms: 340 }]);
  });

  it.each([
    ['TaskSucceeded', 'done'],
    ['TaskFailed', 'failed'],
    ['StepFailed', 'working'],
  ])('after %s a service is %s', (name, state) => {
    expect(folded(event({ version: 1, event: name })).services[0]?.state).toBe(state);
  });

  it.each([{ token: 'other' }, { service: 'not-asked-for' }, { service: undefined }])(
    'is not moved by %o',
    (part) => {
      expect(folded(event(part))).toEqual(started);
    },
  );

  const fetched = event({ version: 1, event: 'SourceFetched' });
  const output = event({ event: 'BuildOutput', version: 0, data: { lines: ['Step 1', 'Step 2', ''] } });
  const built = event({ version: 2, phase: 'build', ms: 5 });

  it('shows the last line of build output until the build ends', () => {
    expect(folded(fetched, output).services[0]?.lastLine).toBe('Step 2');
    expect(folded(fetched, output, built).services[0]?.lastLine).toBeUndefined();
  });

  it('does not go back to building when output comes after the end of the build', () => {
    expect(folded(fetched, built, output)).toEqual(folded(fetched, built));
  });
});

describe('what is shown', () => {
  it('draws a tree with a line for each service and the time of each phase', () => {
    const progress = folded(
      event({ version: 1, event: 'SourceFetched', phase: 'fetch', ms: 20 }),
      event({ version: 2, event: 'NodeAssigned', node: 'node-1', phase: 'place', ms: 2100 }),
    );
    expect(progressLines(progress, 13_345, screen)).toEqual([
      '[+] 0/2  order-4711  12.3s',
      ' … app-server  builds on node-1  9.85s',
      '     fetch 0.02s  place 2.10s',
      ' · prices      waits',
    ]);
  });

  it('counts the services that have ended, well or not, and stops their clocks', () => {
    const ended = folded(
      event({ version: 1, event: 'TaskFailed' }),
      event({ version: 1, event: 'TaskSucceeded', service: 'prices' }),
    );
    expect(progressLines(ended, 13_345, screen)).toEqual([
      '[+] 2/2  order-4711  12.3s',
      ' ✖ app-server  failed',
      ' ✔ prices      done',
    ]);
  });

  it('breaks the phases onto as many lines as the terminal needs', () => {
    const phases = ['fetch', 'build', 'push'].map((phase, n) => event({ version: n + 1, phase, ms: 1000 }));
    const lines = progressLines(folded(...phases), BEGUN_AT, { ...screen, columns: 32 });
    expect(lines.slice(2, 4)).toEqual(['     fetch 1.00s  build 1.00s', '     push 1.00s']);
  });

  it('knows words for every step that the deployer stores', () => {
    const source = readFileSync(
      join(import.meta.dirname, '../../../deployer/src/task/domain/task.events.ts'),
      'utf8',
    );
    const steps = [...source.matchAll(/^ {2}([A-Z]\w+): /gm)].map(([, name]) => name ?? '');
    expect(steps.length).toBeGreaterThan(10);
    for (const step of steps) {
      const [, line] = progressLines(folded(event({ version: 1, event: step })), BEGUN_AT, screen);
      expect(line).not.toContain(step);
    }
  });

  it.each([
    [true, '2026-01-01T00:00:00.000Z  order-4711  app-server  ImageBuilt  build=2.10s'],
    [false, '2026-01-01T00:00:00.000Z  app-server  ImageBuilt  build=2.10s'],
  ])('says an event in one line, with its token: %s', (token, line) => {
    expect(eventLines(event({ phase: 'build', ms: 2100 }), { token })).toEqual([line]);
  });

  it('let bars of progress and steps that were cached scroll by: they are left out', () => {
    const lines = [
      'CACHED [2/6] WORKDIR /app',
      'Collecting flask',
      '   ━━━━━━━━━━━━━ 159.5/159.5 kB 14.4 MB/s',
    ];
    const of = (said: readonly string[]) =>
      eventLines(event({ event: 'BuildOutput', version: 0, data: { lines: said } }), { token: false });
    expect(of(lines)).toEqual(['2026-01-01T00:00:00.000Z  app-server  BuildOutput  Collecting flask']);
    expect(of(lines.slice(0, 1))).toEqual([]);
  });

  it('says each line of build output in a line of its own', () => {
    const said = event({ event: 'BuildOutput', version: 0, data: { lines: ['Step 1', '', 'Step 2'] } });
    expect(eventLines(said, { token: false })).toEqual([
      '2026-01-01T00:00:00.000Z  app-server  BuildOutput  Step 1',
      '2026-01-01T00:00:00.000Z  app-server  BuildOutput  Step 2',
    ]);
  });

  it('says with which code a step failed', () => {
    const failed = event({ event: 'StepFailed', data: { step: 'build', error: { code: 'BUILD_FAILED' } } });
    expect(eventLines(failed, { token: false })).toEqual([
      '2026-01-01T00:00:00.000Z  app-server  StepFailed  BUILD_FAILED',
    ]);
  });

  it('ends a failure with code, the end of the log and, last, the hint', () => {
    const lines = replyLines(failedReply('CONTAINER_EXITED'), 31_600, screen);
    expect(lines).toEqual([
      ' ✖ app-server  failed',
      '     fetch 0.01s  build 2.10s',
      '     CONTAINER_EXITED  exited with 1',
      '     | first',
      '     | second',
      '     hint: read the log',
      'Failed: app-server in 31.6s',
    ]);
  });

  it('gives a terminal no command that a log or a build holds', () => {
    const error = { code: 'BUILD_FAILED', message: 'a\u001b[2Jb', hint: 'c\nd', logTail: '\u001b[31mred' };
    const service = { name: 'web', status: 'failed', instances: [], phases: {}, error } as const;
    const reply = { token: 't', status: false, services: [{ ...service, instances: [] }], failed: ['web'] };
    expect(replyLines(reply, 0, screen).slice(1, 4)).toEqual([
      '     BUILD_FAILED  ab',
      '     | red',
      '     hint: c d',
    ]);
    const said = event({ event: 'BuildOutput', version: 0, data: { lines: ['\u001b[1mStep 1'] } });
    expect(eventLines(said, { token: false })[0]).toMatch(/ Step 1$/);
  });

  it('says of what was stopped but did not run that it did not, and no time that is none', () => {
    const web = { name: 'web', status: 'not-running', instances: [], phases: { stop: 0 } } as const;
    const reply = { token: 't', status: true, services: [{ ...web, instances: [] }], failed: [] };
    expect(replyLines(reply, 120, screen)).toEqual([' ✔ web  was not running', 'Finished in 0.12s']);
  });

  it('pads columns to the widest cell', () => {
    expect(tableLines(['A', 'B'], [['long', 'x']])).toEqual(['A     B', 'long  x']);
  });
});

describe('the next command', () => {
  it.each([
    ['NO_NODE', 'slipway node ls'],
    ['RELEASE_NOT_FOUND', 'slipway build shop app-server'],
    // Was the deployment that had just failed: its log was nowhere named.
    ['BUILD_FAILED', 'slipway logs shop app-server --build'],
    // Showed the events, although the source is what has to change.
    ['SOURCE_UNCLEAR', 'slipway deploy examples/shop --app shop app-server'],
    ['RELEASE_FAILED', 'slipway deploy examples/shop --app shop app-server'],
    ['INTERNAL', 'slipway events --token order-4711'],
  ])('after %s is %s', (code, command) => {
    expect(nextCommand(failedReply(code), { mode: 'run', appId: 'shop', directory: 'examples/shop' })).toBe(
      command,
    );
  });
});

describe('the next command after a failure', () => {
  it('is for the service that failed first, not for those that waited for it', () => {
    const reply = failedReply('NO_NODE');
    const [cause] = reply.services;
    const error = { code: 'DEPENDENCY_FAILED', message: 'm', hint: 'h' };
    const services = cause === undefined ? [] : [{ ...cause, name: 'a', error }, cause];
    expect(nextCommand({ ...reply, services }, { mode: 'run', appId: 'shop' })).toBe('slipway node ls');
  });

  it.each([
    [{ mode: 'rollback' }, 'slipway releases shop app-server'],
    [{ mode: 'run', releaseNamed: true }, 'slipway releases shop app-server'],
    [{ mode: 'run' }, 'slipway build shop app-server'],
    // Of what was never deployed there is no source to build.
    [{ mode: 'scale' }, 'slipway status shop'],
  ] as const)('of %j that found no release is %s', (asked, command) => {
    expect(nextCommand(failedReply('RELEASE_NOT_FOUND'), { appId: 'shop', ...asked })).toBe(command);
  });
});

describe('the next command after a success', () => {
  it.each([
    ['build', 'slipway run shop app-server'],
    ['run', 'slipway status shop'],
    ['build-and-run', 'slipway status shop'],
    ['stop', undefined],
  ] as const)('of %s is %s', (mode, command) => {
    const reply = { ...failedReply('INTERNAL'), status: true };
    expect(nextCommand(reply, { mode, appId: 'shop' })).toBe(command);
  });
});

describe('what a deploy brings', () => {
  it('takes all services when none is named, in a stable order', () => {
    expect(chooseServices(['site', 'prices'], [])).toEqual({ chosen: ['prices', 'site'], unknown: [] });
  });

  it('names what is not there: an empty match must never mean all', () => {
    expect(chooseServices(['site'], ['sight'])).toEqual({ chosen: ['sight'], unknown: ['sight'] });
  });

  it('takes a service by either spelling, itself before another one of its name', () => {
    expect(chooseServices(['user_service'], ['user-service'])).toEqual({
      ...{ chosen: ['user_service'], unknown: [] },
    });
    expect(chooseServices(['user_service', 'user-service'], ['user-service']).chosen).toEqual([
      'user-service',
    ]);
  });
});

function failedReply(code: string): DeploymentReply {
  const took = { phases: { build: 2100, fetch: 9 }, phaseOrder: ['fetch', 'build'] };
  const error = { code, message: 'exited with 1', hint: 'read the log', logTail: 'first\nsecond\n' };
  return {
    token: 'order-4711',
    status: false,
    services: [{ name: 'app-server', status: 'failed', instances: [], error, ...took }],
    failed: ['app-server'],
  };
}
