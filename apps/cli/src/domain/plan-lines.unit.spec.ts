import { describe, expect, it } from 'vitest';
import type { DeploymentReply, ServiceReply } from '#libs/contracts';
import { planLines } from './plan-lines.js';
import { plainPaint } from './progress-lines.js';
import { replyLines } from './reply-lines.js';

const screen = { paint: plainPaint, columns: 80 };
const service = (name: string, more: Partial<ServiceReply>): ServiceReply => ({
  ...{ name, status: 'planned', instances: [], phases: {} },
  ...more,
});
const replyOf = (...services: ServiceReply[]): DeploymentReply => {
  const failed = services.filter(({ status }) => status === 'failed').map(({ name }) => name);
  return { token: 't', status: failed.length === 0, services, failed };
};
const address = {
  ...{ node: 'node-1', ip: '10.0.0.1', port: 20_000, url: 'http://10.0.0.1:20000', container: 'c' },
  startedAt: '2026-01-01T00:00:00.000Z',
};

it('a reply shows its phases in the order in which they happened, not in that of a stored record', () => {
  const phases = { pull: 10, push: 20, build: 30, fetch: 40 };
  const phaseOrder = ['fetch', 'build', 'push', 'pull'];
  const lines = replyLines(replyOf(service('web', { status: 'running', phases, phaseOrder })), 10, screen);
  expect(lines[1]?.trim()).toBe('fetch 0.04s  build 0.03s  push 0.02s  pull 0.01s');
});

it('a reply says of a worker on which node it runs, and no address', () => {
  const { port: _port, url: _url, ...worker } = address;
  const lines = replyLines(replyOf(service('jobs', { status: 'running', instances: [worker] })), 10, screen);
  expect(lines[0]).toBe(' ✔ jobs  running  on node-1');
});

describe('a plan', () => {
  it('says what would be done to each service, and how much it is', () => {
    const plan: ServiceReply['plan'] = [
      { action: 'build' },
      { action: 'start' },
      { action: 'replace', instance: 'web-0', node: 'node-1' },
      { action: 'stop', instance: 'web-1', node: 'node-2' },
    ];
    const notes = ['config.json names no health path.'];
    expect(planLines(replyOf(service('web', { plan, notes }), service('db', { plan: [] })), screen)).toEqual([
      ' ✔ web  planned',
      '     + build',
      '     + start',
      '     ~ replace web-0 on node-1',
      '     - stop web-1 on node-2',
      '     note: config.json names no health path.',
      ' ✔ db  nothing to do',
      '4 changes; nothing was done yet.',
    ]);
  });

  it('says that there is nothing to do', () => {
    expect(planLines(replyOf(service('db', { plan: [] })), screen).at(-1)).toBe('Nothing to do.');
  });

  it('that failed is never taken for one without changes', () => {
    const error = { code: 'CONFIG_MISSING', message: 'no config.json', hint: 'add it' };
    const lines = planLines(replyOf(service('web', { status: 'failed', error })), screen);
    expect(lines).toContain('     CONFIG_MISSING  no config.json');
    expect(lines.at(-1)).toBe('There is no plan: what failed is said above.');
  });
});

describe('a reply', () => {
  it('says after a failure what goes on serving', () => {
    const error = { code: 'CONTAINER_EXITED', message: 'exited', hint: 'read the log' };
    const serving = { release: 'web-1', instances: [address] };
    const lines = replyLines(replyOf(service('web', { status: 'failed', error, serving })), 10, screen);
    expect(lines).toContain('     still serving: web-1  http://10.0.0.1:20000 on node-1');
  });

  it('says what is worth knowing, without what a terminal would obey', () => {
    const notes = ['users\u001b[2J see it'];
    const lines = replyLines(replyOf(service('web', { status: 'running', notes })), 10, screen);
    expect(lines).toContain('     note: users see it');
  });
});
