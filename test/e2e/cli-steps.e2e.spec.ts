import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentProgressed } from '#libs/contracts';
import { uniqueName } from '#libs/testing';
import { greeter } from './client.js';
import { RunningCommand, slipway } from './command.js';
import { type Files, sourceFolders } from './source-folders.js';

const folders = sourceFolders();
beforeAll(() => folders.make());
afterAll(() => folders.remove());

/** Never healthy, and long enough in its start for a Ctrl-C to come before its end. */
const deaf: Files = {
  ...greeter('x', { health: { path: '/', startupMs: 5_000 } }),
  'server.js': 'setInterval(() => 0, 1e6);',
};

describe('the steps of a request', () => {
  it('events -f shows them as they come, and ends well at Ctrl-C', async () => {
    const app = uniqueName('events');
    const following = new RunningCommand(['events', '-f', '--app', app, '--json']);
    await following.says('Following');
    expect(following.out).toBe('');
    await slipway('stop', app, 'web');
    await following.says('TaskSucceeded');
    const { code, out, err } = await following.interrupt();
    expect({ code, err }).toEqual({ code: 0, err: 'Following; Ctrl-C ends it.\n' });
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => deploymentProgressed.schema.parse(JSON.parse(line)));
    expect(lines.map(({ event }) => event)).toEqual([
      'TaskAccepted',
      'TurnTaken',
      'InstancesSurveyed',
      'PlanMade',
      'TaskSucceeded',
    ]);
    expect(new Set(lines.map(({ appId }) => appId))).toEqual(new Set([app]));
  });

  it('Ctrl-C before the request was sent was silent: it says that nothing was sent', async () => {
    const silent = createServer();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const asked = once(silent, 'connection') as Promise<[Socket]>;
    const broker = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const stopping = new RunningCommand(['stop', 'shop', 'web'], { ...process.env, KAFKA_BROKERS: broker });
    const [socket] = await asked;
    const { code, err } = await stopping.interrupt();
    expect(code).toBe(130);
    expect(err).toMatch(/^INTERRUPTED {2}Nothing was sent: .*\nhint: .*\n$/);
    socket.destroy();
    silent.close();
  });

  it('Ctrl-C during a wait says how to go on following, and following that shows every step', async () => {
    const words = ['deploy', await folders.write({ web: deaf }), '--app', uniqueName('left')];
    const deploying = new RunningCommand(words);
    await deploying.says('InstanceStarted');
    const left = await deploying.interrupt();
    expect(left.code).toBe(130);
    expect(left.err).toMatch(/^INTERRUPTED {2}You stopped waiting; the request cli-\S+ goes on\nhint: /);
    const [, next = ''] = /\nnext: slipway (events -f --token cli-\S+)\n$/.exec(left.err) ?? [];
    const following = new RunningCommand(next.split(' '));
    await following.says('TaskFailed');
    const { code, out } = await following.interrupt();
    expect(code).toBe(0);
    expect(out).toMatch(/TaskAccepted\n[^]* {2}StepFailed {2}HEALTH_TIMEOUT\n[^]*TaskFailed\n$/);
    const kept = await slipway(...next.split(' ').filter((word) => word !== '-f'));
    expect(kept).toEqual({ code: 0, out, err: '' });
  });
});

it('no event of a token was no word: it says so on standard error, and how to go on', async () => {
  const unknown = `cli-${randomUUID()}`;
  const { code, out, err } = await slipway('events', '--token', unknown, '--json');
  expect({ code, out }).toEqual({ code: 0, out: '' });
  expect(err).toBe(`Kafka keeps no step of the request ${unknown}.\nnext: slipway history ${unknown}\n`);
});
