import { beforeEach, describe, expect, it } from 'vitest';
import type { NodeAnswer, NodeRequest } from '#libs/contracts';
import { answerNodeRequest } from './answer-node-request.js';
import type { Explanation } from './domain/explanation.js';
import { type Candidate, place, type Place, type Placement, type Wish } from './domain/place.js';
import { candidate } from './domain/place.testing.js';
import type { NodeAccess, Placing } from './ports.js';

const request: NodeRequest = {
  accessToken: 'token-1',
  appId: 'shop',
  service: 'web',
  resources: { cpu: 0.5, memoryMiB: 100 },
  avoidNodes: [],
  expiresAt: '2026-01-01T00:00:00Z',
};

/** Nodes and reservations in memory. */
class KnownNodes implements Placing {
  readonly reservations = new Map<string, Place>();
  readonly closed = new Set<string>();
  readonly standing = 'free';
  /** What is true meanwhile, once others have taken places; read by `renew` and by a claim that comes too late. */
  actual: readonly Candidate[];

  constructor(public candidates: readonly Candidate[]) {
    this.actual = candidates;
  }

  kept({ accessToken }: NodeRequest) {
    return Promise.resolve(this.reservations.get(accessToken));
  }

  private decided: Placement | undefined;

  decide(wish: Wish) {
    this.decided = place(wish, this.candidates);
    return this.decided;
  }

  claim(wish: Wish) {
    const { decided } = this;
    if (decided?.place === undefined) throw new RangeError('expected a place to claim');
    const now = place({ ...wish, onNode: decided.place.node }, this.actual).place;
    this.candidates = this.actual;
    return Promise.resolve(now && { place: now, explanation: decided.explanation });
  }

  renew() {
    this.candidates = this.actual;
    return Promise.resolve();
  }

  accessTo(name: string): Promise<NodeAccess | undefined> {
    const isKnown = this.candidates.some((candidate) => candidate.name === name);
    if (!isKnown || this.closed.has(name)) return Promise.resolve(undefined);
    return Promise.resolve({
      ...{ name, address: '10.0.0.1', sshPort: 22, sshUser: 'root', cpus: 2 },
      ...{ hostKeyFingerprint: 'SHA256:x', sealedLogin: `login of ${name}` },
    });
  }

  reserve({ accessToken }: NodeRequest, place: Place): Promise<void> {
    this.reservations.set(accessToken, place);
    return Promise.resolve();
  }
}

let placing: KnownNodes;
let sent: NodeAnswer[];
let explained: (Explanation | undefined)[];
beforeEach(() => {
  placing = new KnownNodes([candidate('a'), candidate('b', { reserved: { cpu: 1, memoryMiB: 0 } })]);
  sent = [];
  explained = [];
});
const answers = {
  send: (answer: NodeAnswer, _request: NodeRequest, explanation?: Explanation) => {
    sent.push(answer);
    explained.push(explanation);
    return Promise.resolve();
  },
  sendWaiting: () => Promise.reject(new Error('no request here may wait')),
};
const line = { join: () => Promise.resolve(undefined) };
async function answer(changes: Partial<NodeRequest> = {}): Promise<NodeAnswer> {
  const given = await answerNodeRequest(
    { placing, answers, line, now: () => new Date() },
    { ...request, ...changes },
  );
  if (given === undefined) throw new Error('expected an answer');
  return given;
}

describe('the answer to a node request', () => {
  it('is the best node with its sealed login; its place is reserved, and the answer is sent', async () => {
    const given = await answer();
    expect(given).toMatchObject({ accessToken: 'token-1', appId: 'shop', service: 'web', refusals: [] });
    expect(given.node).toMatchObject({ name: 'a', port: 20_000, score: 85, sealedLogin: 'login of a' });
    expect(placing.reservations.get('token-1')).toEqual({ node: 'a', port: 20_000, score: 85 });
    expect(sent).toEqual([given]);
  });

  it('is the kept place for a token that has one, though another node is better now', async () => {
    placing.reservations.set('token-1', { node: 'b', port: 20_007, score: 12 });
    expect((await answer()).node).toMatchObject({ name: 'b', port: 20_007, score: 12 });
    expect(placing.reservations.size).toBe(1);
    expect(sent).toHaveLength(1);
  });

  it('is a new place where the kept one is on a node that is not enrolled any more', async () => {
    placing.reservations.set('token-1', { node: 'gone', port: 20_007, score: 12 });
    expect((await answer()).node?.name).toBe('a');
    expect(placing.reservations.get('token-1')?.node).toBe('a');
  });

  it('is another node where the best one was taken by others meanwhile', async () => {
    placing.actual = [candidate('a', { reserved: { cpu: 2 } }), candidate('b')];
    expect((await answer()).node?.name).toBe('b');
    expect(placing.reservations.size).toBe(1);
  });

  it('is a node that was full when it was last read, and none is refused by what was read before', async () => {
    placing.candidates = [candidate('a', { reserved: { cpu: 2 } })];
    expect((await answer()).node?.name).toBe('a');
    placing.candidates = [candidate('a')];
    placing.actual = [candidate('a', { reserved: { cpu: 2 } })];
    expect(await answer({ accessToken: 'token-2' })).toMatchObject({
      refusals: [{ node: 'a', reason: 'not enough CPU: needed 0.5, used 2 of 2 cores' }],
    });
  });

  it('passes over a node whose login cannot be opened', async () => {
    placing.closed.add('a');
    expect(await answer()).toMatchObject({ node: { name: 'b' }, refusals: [] });
    expect(placing.reservations.get('token-1')?.node).toBe('b');
  });

  it('names each node with its reason where none is left, reserves nothing, and is sent all the same', async () => {
    placing.closed.add('a');
    const given = await answer({ resources: { cpu: 1.5, memoryMiB: 100 } });
    expect(given.node).toBeUndefined();
    expect(given.refusals).toEqual([
      { node: 'a', reason: expect.stringContaining('enrol the node again') as string },
      { node: 'b', reason: 'not enough CPU: needed 1.5, used 1 of 2 cores' },
    ]);
    expect(placing.reservations.size).toBe(0);
    expect(sent).toEqual([given]);
  });

  it('is sent with what decided it: the best nodes, or what ruled out each; one given again is not decided anew', async () => {
    await answer();
    await answer();
    await answer({ accessToken: 'token-2', resources: { cpu: 3, memoryMiB: 100 } });
    expect(explained).toMatchObject([
      { nodes: 2, best: [{ node: 'a', points: 85 }, { node: 'b' }], refused: [] },
      undefined,
      {
        nodes: 2,
        best: [],
        refused: [{ filter: 'cpu', nodes: 2, missing: 'needs 3 cores, best free 2 on a' }],
      },
    ]);
  });

  it('explains the decision that won where the node of the one before was taken meanwhile', async () => {
    placing.actual = [candidate('a', { reserved: { cpu: 2 } }), candidate('b')];
    await answer();
    expect(explained).toMatchObject([{ best: [{ node: 'b' }], refused: [{ filter: 'cpu', closest: 'a' }] }]);
  });
});
