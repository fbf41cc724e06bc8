import { describe, expect, it } from 'vitest';
import {
  deploymentRequested,
  type DeploymentReply,
  moveRequested,
  scaleRequested,
  type ScaleReply,
  topics,
} from '#libs/contracts';
import {
  acceptDeployment,
  type AcceptPorts,
  acceptMove,
  acceptRepair,
  acceptScale,
  answerRefused,
  answerRefusedScale,
} from './accept-request.js';
import type { WantedNow } from './domain/early-refusal.js';
import type { FirstEvent, KnownOfScaling, NewRequest } from './domain/intake.js';
import type { Origin, RequestStore } from './ports.js';

interface Known extends NewRequest {
  readonly origin: Origin;
  readonly tasks: readonly FirstEvent[];
  readonly reply?: DeploymentReply | ScaleReply;
}

/** The record in memory; what is sent and what is cancelled, in order. */
class MemoryRequests implements RequestStore {
  readonly known = new Map<string, Known>();
  readonly sent: [token: string, topic: string, status: boolean][] = [];
  readonly cancelled: [token: string, open: readonly string[], by: object][] = [];
  /** Tasks that have ended. */
  readonly ended = new Set<string>();
  scaling: KnownOfScaling = { fence: 0, isRollingOut: false };
  wanted: WantedNow = { isBusy: false };

  add(request: NewRequest, origin: Origin, tasks: readonly FirstEvent[]): Promise<boolean> {
    return this.store({ ...request, origin, tasks });
  }

  async addAnswered(
    request: NewRequest,
    origin: Origin,
    reply: DeploymentReply | ScaleReply,
  ): Promise<boolean> {
    const isNew = await this.store({ ...request, origin, tasks: [], reply });
    if (isNew) this.send(request.token);
    return isNew;
  }

  async answerAgain(token: string): Promise<void> {
    this.send(token);
  }

  async openTasks(token: string): Promise<readonly string[] | undefined> {
    const ids = this.known.get(token)?.tasks.map(({ data }) => `${token}/${data.service}`);
    return ids?.filter((id) => !this.ended.has(id));
  }

  async knownOfScaling(_of: object, fence: number): Promise<KnownOfScaling> {
    return { ...this.scaling, fence: Math.max(fence, this.scaling.fence) };
  }

  async wantedNow(): Promise<WantedNow> {
    return this.wanted;
  }

  async cancel(token: string, openTasks: readonly string[], by: object): Promise<void> {
    this.cancelled.push([token, openTasks, by]);
  }

  private async store(request: Known): Promise<boolean> {
    if (this.known.has(request.token)) return false;
    this.known.set(request.token, request);
    return true;
  }

  private send(token: string): void {
    const request = this.known.get(token);
    if (request?.reply !== undefined) this.sent.push([token, request.replyTopic, request.reply.status]);
  }
}

const NOW = new Date('2026-01-01T00:00:00.000Z');
const OTHER_TOPIC = 'team.replies';

function intake() {
  const requests = new MemoryRequests();
  const rules = { replyTopics: [OTHER_TOPIC], defaultDeadlineMs: 60_000 };
  const ports: AcceptPorts = { requests, rules, clock: { now: () => NOW } };
  return { requests, ports };
}

const deployment = (request: object) =>
  deploymentRequested.schema.parse({
    ...{ token: 't', mode: 'build-and-run', appId: 'shop', appName: 'Shop', services: ['web'] },
    ...request,
  });
const scale = (request: object) =>
  scaleRequested.schema.parse({ token: 's', appId: 'shop', service: 'web', by: 1, ...request });

const tasksOf = ({ known }: MemoryRequests, token: string) => known.get(token)?.tasks.map(({ data }) => data);
const errorOf = ({ known }: MemoryRequests, token: string) => known.get(token)?.reply?.error?.code;

describe('a deployment request', () => {
  it('becomes a task for each service, in the order in which they are named', async () => {
    const { requests, ports } = intake();
    const services = ['web', { name: 'api', release: 'r-1', dependsOn: ['web'], source: { blob: 'x.zip' } }];
    await acceptDeployment(ports, deployment({ services, dryRun: true, restart: true }));
    const common = { token: 't', appId: 'shop', appName: 'Shop', mode: 'build-and-run', dryRun: true };
    expect(tasksOf(requests, 't')).toMatchObject([
      { ...common, restart: true, service: 'web', source: { blob: 'shop--web.zip' } },
      { ...common, service: 'api', source: { blob: 'x.zip' }, wantedRelease: 'r-1', dependsOn: ['web'] },
    ]);
    expect(requests.sent).toEqual([]);
  });

  it.each([
    ['the configured deadline', {}, '2026-01-01T00:01:00.000Z'],
    ['its own deadline', { deadlineMs: 5_000 }, '2026-01-01T00:00:05.000Z'],
  ])('has %s, from now on', async (_, request, deadlineAt) => {
    const { requests, ports } = intake();
    await acceptDeployment(ports, deployment(request));
    expect(tasksOf(requests, 't')).toMatchObject([{ deadlineAt }]);
  });

  it.each([undefined, topics.deploymentResponses, OTHER_TOPIC])(
    'may name the reply topic %s',
    async (replyTo) => {
      const { requests, ports } = intake();
      await acceptDeployment(ports, deployment({ replyTo }));
      expect(requests.known.get('t')?.replyTopic).toBe(replyTo ?? topics.deploymentResponses);
      expect(tasksOf(requests, 't')).toHaveLength(1);
    },
  );

  it.each(['build-and-run', 'cancel'])(
    'of mode %s is refused for another reply topic, on the default one, and does nothing',
    async (mode) => {
      const { requests, ports } = intake();
      await acceptDeployment(ports, deployment({ token: 'first' }));
      await acceptDeployment(ports, deployment({ mode, replyTo: 'stolen', cancels: 'first' }));
      expect(errorOf(requests, 't')).toBe('REPLY_TOPIC_REFUSED');
      expect(requests.known.get('t')?.reply).toMatchObject({ status: false, failed: ['web'] });
      expect(requests.sent).toEqual([['t', topics.deploymentResponses, false]]);
      expect([tasksOf(requests, 't'), requests.cancelled]).toEqual([[], []]);
    },
  );

  it('keeps who asks as claimed, and the name that is proven instead of it', async () => {
    const asked = { principal: 'ada', reason: 'the sale', services: [{ name: 'web', replicas: 3 }] };
    const claimed = intake();
    await acceptDeployment(claimed.ports, deployment(asked));
    const common = { reason: 'the sale', replicas: 3 };
    expect(tasksOf(claimed.requests, 't')).toMatchObject([{ ...common, principal: 'ada', verified: false }]);
    const proven = intake();
    await acceptDeployment(proven.ports, deployment(asked), { principal: 'ci' });
    expect(tasksOf(proven.requests, 't')).toMatchObject([{ ...common, principal: 'ci', verified: true }]);
  });

  it('keeps how it came', async () => {
    const { requests, ports } = intake();
    await acceptDeployment(ports, deployment({}), { traceparent: 'trace', principal: 'ci' });
    expect(requests.known.get('t')?.origin).toEqual({ traceparent: 'trace', principal: 'ci' });
  });

  it('is taken in once: again, it is answered again if it has its answer, and changes nothing', async () => {
    const { requests, ports } = intake();
    await acceptDeployment(ports, deployment({ token: 'open' }));
    await acceptDeployment(ports, deployment({ token: 'open', services: ['other'] }));
    await acceptDeployment(ports, deployment({ token: 'refused', replyTo: 'stolen' }));
    await acceptDeployment(ports, deployment({ token: 'refused' }));
    expect(tasksOf(requests, 'open')).toMatchObject([{ service: 'web' }]);
    expect(tasksOf(requests, 'refused')).toEqual([]);
    const refusal = ['refused', topics.deploymentResponses, false];
    expect(requests.sent).toEqual([refusal, refusal]);
  });
});

describe('a cancel', () => {
  const cancel = (cancels: string, request: object = {}) =>
    deployment({ token: 'c', mode: 'cancel', services: [], cancels, ...request });

  it('ends what is open of the request, and is answered on its own reply topic', async () => {
    const { requests, ports } = intake();
    await acceptDeployment(ports, deployment({ services: ['web', 'api'] }));
    requests.ended.add('t/web');
    await acceptDeployment(ports, cancel('t', { replyTo: OTHER_TOPIC }));
    expect(requests.cancelled).toEqual([['t', ['t/api'], { verified: false }]]);
    expect(requests.sent).toEqual([['c', OTHER_TOPIC, true]]);
  });

  it.each([
    ['no-such', 'REQUEST_UNKNOWN'],
    ['t', 'REQUEST_ENDED'],
  ])('of %s is refused with %s', async (token, code) => {
    const { requests, ports } = intake();
    await acceptDeployment(ports, deployment({}));
    requests.ended.add('t/web');
    await acceptDeployment(ports, cancel(token));
    expect([errorOf(requests, 'c'), requests.cancelled]).toEqual([code, []]);
    expect(requests.sent).toEqual([['c', topics.deploymentResponses, false]]);
  });
});

describe('a scale request', () => {
  it('for a canary is a scaling, and with all requests a run of its release', async () => {
    const asked = async (percent: number) => {
      const { ports, requests } = intake();
      const canary = { release: 'web-1', percent };
      await acceptScale(ports, scale({ by: undefined, canary }), {});
      const { tasks = [], ...known } = requests.known.get('s') ?? {};
      return { known, data: tasks[0]?.data };
    };
    const tried = await asked(10);
    expect(tried.data).toMatchObject({
      ...{ mode: 'scale', scale: { canary: { release: 'web-1', percent: 10 } } },
    });
    const promoted = await asked(100);
    expect(promoted.data).toMatchObject({ mode: 'run', wantedRelease: 'web-1' });
    expect(promoted.data).not.toHaveProperty('scale');
    for (const { known } of [tried, promoted])
      expect(known).toMatchObject({ kind: 'scale', replyTopic: topics.scaleResponses });
  });

  it.each([{ by: -2 }, { by: undefined, to: 0 }, { by: undefined, instance: 'web-1' }])(
    'of %j becomes one task',
    async (change) => {
      const { requests, ports } = intake();
      await acceptScale(ports, scale({ ...change, deadlineMs: 1_000 }));
      expect(tasksOf(requests, 's')).toMatchObject([
        {
          mode: 'scale',
          service: 'web',
          appName: 'shop',
          scale: change,
          deadlineAt: '2026-01-01T00:00:01.000Z',
        },
      ]);
      expect(requests.known.get('s')).toMatchObject({ kind: 'scale', replyTopic: topics.scaleResponses });
    },
  );

  it('keeps who asks as claimed, and the name that is proven instead of it', async () => {
    for (const [proven, expected] of [
      [undefined, { principal: 'ada', verified: false }],
      ['ci', { principal: 'ci', verified: true }],
    ] as const) {
      const { requests, ports } = intake();
      await acceptScale(ports, scale({ principal: 'ada' }), { principal: proven });
      expect(tasksOf(requests, 's')).toMatchObject([expected]);
    }
  });

  it('of the load balancer moves one instance to a node, and wants nothing new', async () => {
    const { requests, ports } = intake();
    const move = { ...moveRequested.example, token: 'm', deadlineMs: 1_000 };
    expect(await acceptMove(ports, move)).toBe(true);
    expect(await acceptMove(ports, move)).toBe(false);
    expect(tasksOf(requests, 'm')).toEqual([
      expect.objectContaining({
        ...{ mode: 'scale', appName: 'Shop', principal: 'slipway', verified: true, reason: move.reason },
        scale: { repairs: move.instance, moves: true, toNode: 'node-3' },
        deadlineAt: '2026-01-01T00:00:01.000Z',
      }),
    ]);
    expect(requests.known.get('m')).toMatchObject({ kind: 'scale', replyTopic: topics.scaleResponses });
  });

  it('of a reconciler brings back as many as are wanted, in the name of Slipway', async () => {
    const { requests, ports } = intake();
    await acceptRepair(ports, { token: 'r', appId: 'shop', appName: 'The shop', service: 'web' });
    expect(tasksOf(requests, 'r')).toMatchObject([
      { mode: 'scale', scale: { restore: true }, principal: 'slipway', verified: true },
    ]);
  });

  it('of a repair brings one instance back, under the name of its application', async () => {
    const { requests, ports } = intake();
    const repair = { token: 'r', appId: 'shop', appName: 'Shop', service: 'web', instance: 'web-1' };
    await acceptRepair(ports, repair);
    expect(tasksOf(requests, 'r')).toMatchObject([
      { appName: 'Shop', scale: { repairs: 'web-1' }, mode: 'scale' },
    ]);
    expect(requests.known.get('r')).toMatchObject({ kind: 'scale', request: repair });
    await acceptRepair(ports, { ...repair, token: 'z', alsoInstances: ['web-2', 'web-3'] });
    expect(tasksOf(requests, 'z')).toMatchObject([
      { scale: { repairs: 'web-1', alsoRepairs: ['web-2', 'web-3'] } },
    ]);
    await acceptRepair(ports, { ...repair, token: 'y', moves: true, yields: true });
    expect(tasksOf(requests, 'y')).toMatchObject([
      { scale: { repairs: 'web-1', moves: true, yields: true } },
    ]);
  });
});

describe('a request of an autoscaler', () => {
  const repliesOf = async (known: KnownOfScaling, request: object) => {
    const { requests, ports } = intake();
    requests.scaling = known;
    await acceptScale(ports, scale({ by: undefined, ...request }));
    const { reply, tasks = [] } = requests.known.get('s') ?? {};
    return {
      code: (reply as ScaleReply | undefined)?.error?.code,
      tasks: tasks.map(({ data }) => data.scale),
    };
  };

  it('a load balancer that has lost its lease changes nothing', async () => {
    const known = { fence: 7, isRollingOut: false, count: 2 };
    expect(await repliesOf(known, { to: 9, fence: 6 })).toEqual({ code: 'FENCE_OUTDATED', tasks: [] });
    for (const fence of [7, 8])
      expect(await repliesOf(known, { to: 9, fence })).toEqual({
        code: undefined,
        tasks: [{ to: 9, fence }],
      });
  });

  it('does not scale in while a rollout is under way, and may scale out', async () => {
    const known = { fence: 1, isRollingOut: true, count: 4 };
    expect(await repliesOf(known, { to: 3, fence: 1 })).toEqual({ code: 'ROLLOUT_UNDER_WAY', tasks: [] });
    for (const to of [4, 5])
      expect(await repliesOf(known, { to, fence: 1 })).toMatchObject({ tasks: [{ to }] });
    // Whoever wants fewer all the same is a person.
    expect(await repliesOf(known, { to: 3 })).toMatchObject({ tasks: [{ to: 3 }] });
  });

  it.each([{ by: 1 }, { instance: 'web-1' }])('names the number itself, not %j', (wish) => {
    const request = { token: 's', appId: 'shop', service: 'web', fence: 1, ...wish };
    expect(scaleRequested.schema.safeParse(request).error?.issues[0]?.path).toEqual(['fence']);
  });
});

describe('a request that cannot be read', () => {
  it('is answered once, and again when it comes again', async () => {
    const { requests, ports } = intake();
    const reply = { token: 'u', status: false, services: [], failed: [] };
    for (const _ of [1, 2]) await answerRefused(ports, { unreadable: '{' }, reply);
    await answerRefusedScale(ports, { unreadable: '{' }, { token: 'v', status: false });
    const answered = ['u', topics.deploymentResponses, false];
    expect(requests.sent).toEqual([answered, answered, ['v', topics.scaleResponses, false]]);
    expect(requests.known.get('u')?.request).toEqual({ unreadable: '{' });
  });
});
