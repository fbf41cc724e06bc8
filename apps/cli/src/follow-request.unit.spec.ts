import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  deadLetterTopic,
  deploymentProgressed,
  deploymentReplied,
  deploymentRequested,
  topics,
} from '#libs/contracts';
import type { Broker, TailedMessage } from './adapters/broker.js';
import { CliError } from './errors.js';
import { followRequest } from './follow-request.js';
import { Output } from './output.js';

/** The last steps, and replies, come within so long. */
const SOON_MS = 1_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const request = deploymentRequested.schema.parse(deploymentRequested.example);

/** A broker whose platform answers in the very moment of publishing, as fast as one ever could; or with pauses. */
function brokerThatSays(said: readonly Partial<TailedMessage>[], pauseMs = 0): Broker & { calls: string[] } {
  let deliver: (message: TailedMessage) => void = () => undefined;
  const calls: string[] = [];
  return {
    calls,
    follow: async (_topics, onMessage) => {
      calls.push('follow');
      deliver = onMessage;
      const stop = async (): Promise<void> => {
        calls.push('stop');
        deliver = () => undefined;
      };
      return { stop };
    },
    publish: async () => {
      calls.push('publish');
      said.forEach((part, n) => {
        const message = {
          topic: topics.deploymentResponses,
          key: '',
          partition: 0,
          offset: '0',
          data: {},
          headers: {},
        };
        const say = (): void => deliver({ ...message, ...part });
        if (pauseMs === 0) say();
        else setTimeout(say, n * pauseMs);
      });
    },
    readKept: async () => undefined,
  };
}

const never = new Promise<void>(() => undefined);

function run(broker: Broker, timeoutMs = 60_000, interrupted = never) {
  const out = new PassThrough();
  const stream = out as unknown as NodeJS.WriteStream;
  const output = new Output({ json: false, out: stream, err: stream });
  const question = {
    ...{ definition: deploymentRequested, answered: deploymentReplied, data: request },
    services: request.services.map(({ name }) => name),
  };
  const reply = followRequest(question, {
    broker,
    output,
    timeoutMs,
    clock: () => 0,
    interrupted: () => interrupted,
  });
  return { reply, shown: () => String(out.read() ?? '') };
}

describe('following a request', () => {
  it('reads along before it publishes, so that the quickest reply is seen', async () => {
    const broker = brokerThatSays([{ data: deploymentReplied.example }]);
    const { reply } = run(broker);
    await vi.advanceTimersByTimeAsync(SOON_MS);
    expect((await reply).status).toBe(true);
    expect(broker.calls).toEqual(['follow', 'publish', 'stop']);
  });

  it('prints the steps where nothing can be redrawn', async () => {
    const step = { topic: topics.deploymentEvents, data: deploymentProgressed.example };
    const { reply, shown } = run(brokerThatSays([step, { data: deploymentReplied.example }]));
    await vi.advanceTimersByTimeAsync(SOON_MS);
    await reply;
    expect(shown()).toContain('app-server  ImageBuilt  build=2.10s');
  });

  it('prints the steps that come after the reply, which leaves before them', async () => {
    const ended = { ...(deploymentProgressed.example as object), event: 'TaskSucceeded', version: 4 };
    const last = request.services.map(({ name }) => ({
      topic: topics.deploymentEvents,
      data: { ...ended, service: name },
    }));
    const { reply, shown } = run(brokerThatSays([{ data: deploymentReplied.example }, ...last], 20));
    await vi.advanceTimersByTimeAsync(SOON_MS);
    await reply;
    const lines = shown();
    for (const { name } of request.services) expect(lines).toContain(`${name}  TaskSucceeded`);
  });

  it('does not take the reply to another token', async () => {
    const other = { ...(deploymentReplied.example as object), token: 'other' };
    const { reply } = run(brokerThatSays([{ data: other }]), 20);
    const late = expect(reply).rejects.toMatchObject({
      code: 'REPLY_TIMEOUT',
      next: `slipway events -f --token ${request.token}`,
    });
    await vi.advanceTimersByTimeAsync(SOON_MS);
    await late;
  });

  it('says at once when the request went to the dead letters, with the reason', async () => {
    const headers = { reason: 'appId is missing' };
    const topic = deadLetterTopic(topics.deploymentRequests);
    const { reply } = run(brokerThatSays([{ topic, headers, data: { token: request.token } }]));
    await expect(reply).rejects.toMatchObject({
      code: 'MESSAGE_INVALID',
      logTail: 'reason: appId is missing',
      exitCode: 1,
    });
  });

  it('a Ctrl-C before the request was sent was silent: it says that nothing was sent', async () => {
    const broker = brokerThatSays([]);
    const { reply } = run(
      { ...broker, follow: () => new Promise(() => undefined) },
      60_000,
      Promise.resolve(),
    );
    await expect(reply).rejects.toMatchObject({
      code: 'INTERRUPTED',
      exitCode: 130,
      message: 'Nothing was sent: you stopped the command before its request',
      next: undefined,
    });
    expect(broker.calls).toEqual([]);
  });

  it('tells at Ctrl-C how to go on following, since the request goes on', async () => {
    const interruption = Promise.withResolvers<void>();
    const broker = brokerThatSays([]);
    const publish: Broker['publish'] = (...message) => {
      interruption.resolve();
      return broker.publish(...message);
    };
    const { reply } = run({ ...broker, publish }, 60_000, interruption.promise);
    await expect(reply).rejects.toMatchObject({
      code: 'INTERRUPTED',
      exitCode: 130,
      next: `slipway events -f --token ${request.token}`,
    });
    expect(broker.calls).toEqual(['follow', 'publish', 'stop']);
  });

  it('stops reading when publishing fails', async () => {
    const broker = brokerThatSays([]);
    const down = new CliError('KAFKA_UNREACHABLE', 'down', 1, { hint: 'start it' });
    const { reply } = run({ ...broker, publish: () => Promise.reject(down) });
    await expect(reply).rejects.toBe(down);
    expect(broker.calls).toEqual(['follow', 'stop']);
  });
});
