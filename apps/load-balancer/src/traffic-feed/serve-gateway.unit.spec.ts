import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type FeedEntry,
  type FromGateway,
  type FromLoadBalancer,
  parseFromLoadBalancer,
} from '#libs/contracts';
import { encoded } from './domain/encoded.js';
import { FeedLog } from './domain/feed-log.js';
import { PIECE_SIZE } from './domain/feeding.js';
import { ScoreLog } from './domain/score-log.js';
import type { Carriers, Line, OverrideList, Reports } from './ports.js';
import { ServeGateway } from './serve-gateway.js';

const web: FeedEntry = { kind: 'service', name: 'shop/web', service: { appId: 'shop', service: 'web' } };
const instance = (name: string): FeedEntry => ({
  ...{ kind: 'instance', name },
  instance: { appId: 'shop', service: 'web', state: 'running', address: '10.0.0.1', port: 20_000 },
});

class TestLine implements Line {
  hasRoom = true;
  readonly sent: FromLoadBalancer[] = [];
  closed: readonly [number, string] | undefined;

  send(message: FromLoadBalancer): void {
    expect(parseFromLoadBalancer(encoded(message))).toEqual({ kind: 'message', message });
    this.sent.push(message);
  }
  close(code: number, reason: string): void {
    this.closed = [code, reason];
  }
}

/** Everything that was done with the leases, in order; a lease can lapse, and the database can be away. */
class TestCarriers implements Carriers {
  readonly calls: string[] = [];
  isHeld = true;
  failure: Error | undefined;
  /** Until it is let go, nothing is answered. */
  held: PromiseWithResolvers<void> | undefined;

  register = (id: string) => this.call(`register ${id}`).then(() => undefined);
  renew = (id: string) => this.call(`renew ${id}`);
  applied = (id: string, revision: number, busy: readonly string[]) =>
    this.call(`applied ${id} ${revision} ${busy.join()}`);
  release = (id: string) => this.call(`release ${id}`).then(() => undefined);

  private async call(what: string): Promise<boolean> {
    this.calls.push(what);
    await this.held?.promise;
    if (this.failure !== undefined) throw this.failure;
    return this.isHeld;
  }
}

/** What a gateway said of its requests, in order. */
class TestReports implements Reports {
  readonly said: unknown[] = [];
  figures = (message: unknown): void => void this.said.push(message);
  wake = (services: readonly string[]): void => void this.said.push(services);
  end = (): Promise<void> => {
    this.said.push('end');
    return Promise.resolve();
  };
}

const ID = 'edge-1/process-1';
const settled = () => new Promise(setImmediate);

function serving(log: FeedLog, more: { readonly caughtUp?: () => Promise<void> } = {}) {
  const [line, carriers, reports] = [new TestLine(), new TestCarriers(), new TestReports()];
  const [scores, overrides] = [
    new ScoreLog(),
    { version: 0, current: () => [] as { instance: string; weight: number }[] },
  ];
  const errors: unknown[] = [];
  const gateway = new ServeGateway({
    ...{ line, log, carriers, replica: 'lb-1', leaseMs: 5_000 },
    registry: { caughtUp: () => Promise.resolve(), ...more },
    ...{ scores, overrides: overrides as OverrideList, reportsOf: () => reports },
    onHello: () => undefined,
    onSnapshot: () => undefined,
    onError: (error) => errors.push(error),
  });
  const say = (message: FromGateway): void => gateway.receive(JSON.stringify(message));
  const hello = async (resume?: number, protocol = 1): Promise<void> => {
    say({ type: 'hello', protocol, gateway: 'edge-1', process: 'process-1', resume });
    await settled();
  };
  return { gateway, line, carriers, errors, say, hello, reports, scores, overrides };
}

function logOf(...entries: readonly FeedEntry[]): FeedLog {
  const log = new FeedLog(PIECE_SIZE);
  log.replace(10, entries);
  return log;
}

describe('a gateway that says hello', () => {
  it('has its lease before it hears of anything, and then all that there is', async () => {
    const caught = Promise.withResolvers<void>();
    const { line, carriers, hello } = serving(logOf(web, instance('a')), { caughtUp: () => caught.promise });
    await hello();
    expect([carriers.calls, line.sent]).toEqual([[`register ${ID}`], []]);
    caught.resolve();
    await settled();
    expect(line.sent).toEqual([
      { type: 'welcome', protocol: 1, replica: 'lb-1', leaseMs: 5_000 },
      { type: 'snapshot', revision: 10, piece: 1, pieces: 1, entries: [web, instance('a')] },
    ]);
  });

  it('gets 10,000 instances in pieces, and what changes behind them', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => instance(`i${n}`));
    const log = logOf(...many);
    const { line, hello, gateway } = serving(log);
    await hello();
    log.append(11, [{ revision: 11, entry: { kind: 'instance', name: 'i0' } }]);
    gateway.feed();
    const pieces = line.sent.slice(1, -1);
    expect(pieces.map((message) => (message.type === 'snapshot' ? message.piece : 0))).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
    const entries = pieces.flatMap((message) => (message.type === 'snapshot' ? message.entries : []));
    expect(isDeepStrictEqual(entries, many)).toBe(true);
    expect(line.sent.at(-1)).toEqual({
      ...{ type: 'changes', from: 10, revision: 11, entries: [{ kind: 'instance', name: 'i0' }] },
    });
  });

  it('and knows a revision gets the changes after it alone, also where there are none', async () => {
    const log = logOf(web);
    log.append(12, [{ revision: 12, entry: instance('a') }]);
    for (const [resume, entries] of [
      [10, [instance('a')]],
      [12, []],
    ] as const) {
      const { line, hello } = serving(log);
      await hello(resume);
      expect(line.sent.slice(1)).toEqual([{ type: 'changes', from: resume, revision: 12, entries }]);
    }
  });

  it.each([9, 11])(
    'and knows revision %i, which this replica cannot go on from, gets a snapshot',
    async (resume) => {
      const { line, hello, carriers, say } = serving(logOf(web));
      line.hasRoom = false;
      await hello(resume);
      // Of another registry, perhaps: it is not believed.
      say({ type: 'applied', revision: resume, busy: [] });
      expect(carriers.calls).toEqual([`register ${ID}`]);
      line.hasRoom = true;
      await settled();
    },
  );

  it('speaks another version, and hears which one is expected', async () => {
    const { line, carriers, hello } = serving(logOf());
    await hello(undefined, 2);
    expect([line.closed, carriers.calls]).toEqual([[4406, 'expected protocol 1'], []]);
  });

  it('while the database is away is sent away', async () => {
    const { line, carriers, errors, hello } = serving(logOf());
    carriers.failure = new Error('away');
    await hello();
    expect([line.closed, line.sent, errors]).toEqual([
      [1013, 'the registry is away'],
      [],
      [carriers.failure],
    ]);
  });

  it('and is cut off meanwhile, hears nothing', async () => {
    const { line, carriers, hello, gateway } = serving(logOf());
    carriers.held = Promise.withResolvers();
    await hello();
    gateway.cut();
    carriers.held.resolve();
    await settled();
    expect([line.sent, line.closed]).toEqual([[], undefined]);
  });
});

describe('a gateway that takes little', () => {
  it('costs no memory: it gets what is there when it has room, and a snapshot where it missed too much', async () => {
    const log = new FeedLog(PIECE_SIZE, 5);
    log.replace(10, [web]);
    const { line, hello, gateway } = serving(log);
    await hello();
    line.hasRoom = false;
    for (let n = 11; n <= 13; n += 1) {
      log.append(n, [{ revision: n, entry: instance(`i${n}`) }]);
      gateway.feed();
    }
    expect(line.sent).toHaveLength(2);
    line.hasRoom = true;
    gateway.feed();
    expect(line.sent.at(-1)).toMatchObject({ type: 'changes', from: 10, revision: 13 });
    line.hasRoom = false;
    for (let n = 14; n <= 40; n += 1) log.append(n, [{ revision: n, entry: instance(`i${n}`) }]);
    gateway.feed();
    line.hasRoom = true;
    gateway.feed();
    expect(line.sent.at(-1)).toMatchObject({ type: 'snapshot', revision: 40, pieces: 1 });
  });

  it('hears about once a second of revisions that changed nothing for it', async () => {
    const log = logOf(web);
    const { line, hello, gateway } = serving(log);
    await hello();
    log.append(14, []);
    gateway.feed();
    expect(line.sent).toHaveLength(2);
    gateway.catchUp();
    gateway.catchUp();
    expect(line.sent.slice(2)).toEqual([{ type: 'changes', from: 10, revision: 14, entries: [] }]);
  });
});

describe('the lease of a gateway', () => {
  it('follows what the gateway says', async () => {
    const { carriers, say, hello, line } = serving(logOf());
    await hello();
    const said: readonly FromGateway[] = [
      { type: 'renew' },
      { type: 'applied', revision: 10, busy: ['a', 'b'] },
      { type: 'bye' },
    ];
    for (const message of said) {
      say(message);
      await settled();
    }
    expect(carriers.calls).toEqual([
      ...[`register ${ID}`, `renew ${ID}`, `applied ${ID} 10 a,b`, `release ${ID}`],
    ]);
    expect(line.closed).toEqual([1000, 'bye']);
  });

  it('is written one word at a time: a flood of them is one', async () => {
    const { carriers, say, hello } = serving(logOf());
    await hello();
    carriers.held = Promise.withResolvers();
    say({ type: 'renew' });
    for (let n = 0; n < 1_000; n += 1) say({ type: 'applied', revision: 10, busy: [`i${n}`] });
    say({ type: 'renew' });
    carriers.held.resolve();
    await settled();
    expect(carriers.calls.slice(1)).toEqual([`renew ${ID}`, `applied ${ID} 10 i999`]);
  });

  it('that has lapsed ends the connection, so that the gateway takes another one', async () => {
    const { carriers, say, hello, line } = serving(logOf());
    await hello();
    carriers.isHeld = false;
    say({ type: 'applied', revision: 10, busy: [] });
    await settled();
    expect(line.closed).toEqual([4409, 'the lease has lapsed']);
  });

  it('that could not be written is written with the next word', async () => {
    const { carriers, say, hello, line, errors } = serving(logOf());
    await hello();
    carriers.failure = new Error('away');
    say({ type: 'applied', revision: 10, busy: ['a'] });
    await settled();
    carriers.failure = undefined;
    say({ type: 'renew' });
    await settled();
    expect([carriers.calls.at(-1), errors.length, line.closed]).toEqual([`applied ${ID} 10 a`, 1, undefined]);
  });

  it('is not released when the line is cut: it lapses unless the gateway comes back', async () => {
    const { carriers, gateway, hello } = serving(logOf());
    await hello();
    gateway.cut();
    await settled();
    expect(carriers.calls).toEqual([`register ${ID}`]);
  });
});

describe('what is not understood', () => {
  it.each([
    ['no JSON', '{'],
    ['a wrong member', '{"type":"applied","revision":-1,"busy":[]}'],
    ['a message before hello', '{"type":"renew"}'],
    ['too many instances', JSON.stringify({ type: 'applied', revision: 1, busy: Array(10_001).fill('a') })],
  ])('%s ends the connection with a reason', (_, text) => {
    const { gateway, line, carriers } = serving(logOf());
    gateway.receive(text);
    expect(line.closed?.[0]).toBe(4400);
    gateway.receive('{"type":"renew"}');
    expect(carriers.calls).toEqual([]);
  });

  it('a second hello and a word before the welcome end the connection', async () => {
    for (const message of [
      { type: 'hello', protocol: 1, gateway: 'edge-1', process: 'process-1' },
      { type: 'renew' },
    ] as const) {
      const { line, say, hello, carriers } = serving(logOf());
      carriers.held = Promise.withResolvers();
      await hello();
      say(message);
      expect(line.closed?.[0]).toBe(4400);
      carriers.held.resolve();
      await settled();
      expect(line.sent).toEqual([]);
    }
  });

  it('a type that a newer gateway knows is passed over', async () => {
    const { gateway, line, hello } = serving(logOf());
    gateway.receive('{"type":"news"}');
    await hello();
    gateway.receive('{"type":"news"}');
    expect([line.closed, line.sent.length]).toEqual([undefined, 2]);
  });
});

describe('a gateway that says how it does', () => {
  const figures = {
    type: 'figures',
    at: 5,
    services: [{ name: 'shop/web', inFlight: 1 }],
    instances: [],
  } as const;

  it('is heard from its welcome on, until its connection ends', async () => {
    const { gateway, say, hello, reports } = serving(logOf(web));
    await hello();
    say(figures as unknown as FromGateway);
    say({ type: 'wake', services: ['shop/web'] });
    gateway.cut();
    gateway.cut();
    expect(reports.said).toEqual([figures, ['shop/web'], 'end']);
  });

  it('is not heard before its welcome', async () => {
    const { say, line, reports } = serving(logOf(web));
    say({ type: 'wake', services: ['shop/web'] });
    await settled();
    expect(line.closed).toEqual([4400, 'expected hello']);
    expect(reports.said).toEqual([]);
  });
});

describe('a reader that subscribes', () => {
  it('hears what a gateway hears, and has no lease', async () => {
    const { say, line, carriers, gateway, scores } = serving(logOf(web));
    scores.replace(new Map([['a', { overall: 57.4, state: 'MU' }]]));
    say({ type: 'subscribe', protocol: 1 });
    await settled();
    expect(line.sent.map(({ type }) => type)).toEqual(['welcome', 'snapshot', 'scores']);
    expect(carriers.calls).toEqual([]);
    gateway.catchUp();
    say({ type: 'bye' });
    expect(line.closed).toEqual([1000, 'bye']);
  });

  it('may say nothing else', async () => {
    const { say, line, reports } = serving(logOf(web));
    say({ type: 'subscribe', protocol: 1 });
    await settled();
    say({ type: 'wake', services: ['shop/web'] });
    expect(line.closed).toEqual([4400, 'expected a reader to say bye only']);
    expect(reports.said).toEqual([]);
  });
});

describe('scores', () => {
  const scoresIn = (line: TestLine) => line.sent.filter(({ type }) => type === 'scores');

  it('come whole, then what changed, and each second that they hold', async () => {
    const { gateway, line, hello, scores } = serving(logOf(web));
    scores.replace(new Map([['a', { overall: 57.4, state: 'MU' }]]));
    await hello();
    scores.replace(new Map([['a', { overall: 57.3, state: 'MU' }]]));
    gateway.catchUp();
    scores.replace(new Map([['b', { overall: 3, state: 'HU' }]]));
    gateway.catchUp();
    expect(scoresIn(line)).toEqual([
      { type: 'scores', isWhole: true, scores: [{ name: 'a', score: 57, state: 'MU' }] },
      { type: 'scores', scores: [] },
      { type: 'scores', scores: [{ name: 'b', score: 3, state: 'HU' }, { name: 'a' }] },
    ]);
  });

  it('that a slow gateway has missed come as they are once it has room', async () => {
    const { gateway, line, hello, scores } = serving(logOf(web));
    scores.replace(new Map([['a', { overall: 50, state: 'MU' }]]));
    await hello();
    line.hasRoom = false;
    for (const overall of [40, 30, 20]) {
      scores.replace(new Map([['a', { overall, state: 'HU' }]]));
      gateway.catchUp();
    }
    line.hasRoom = true;
    gateway.catchUp();
    expect(scoresIn(line).slice(1)).toEqual([
      { type: 'scores', scores: [{ name: 'a', score: 20, state: 'HU' }] },
    ]);
  });

  it('are not told where nobody scores', async () => {
    const { gateway, line, hello } = serving(logOf(web));
    await hello();
    gateway.catchUp();
    expect(scoresIn(line)).toEqual([]);
  });
});

it('weights that an operator has set are told whole, once', async () => {
  const { gateway, line, hello, overrides } = serving(logOf(web));
  await hello();
  overrides.version = 1;
  overrides.current = () => [{ instance: 'a', weight: 20 }];
  gateway.tellOverrides();
  gateway.catchUp();
  expect(line.sent.filter(({ type }) => type === 'overrides')).toEqual([
    { type: 'overrides', overrides: [{ instance: 'a', weight: 20 }] },
  ]);
});
