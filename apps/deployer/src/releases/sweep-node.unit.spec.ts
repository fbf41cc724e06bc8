import { describe, expect, it } from 'vitest';
import type { Need, NodeImage } from './domain/node-images.js';
import { type Swept, sweepNode, type SweepPorts } from './sweep-node.js';

const ref = (name: string): string => `host/shop/web@sha256:${name}`;

/** A node whose images are 10 bytes each, on a disk of 100 bytes; what is needed can change at any moment. */
class World {
  readonly images = new Map<string, NodeImage>();
  readonly needs = new Map<string, Need>();
  readonly used: string[] = [];
  readonly removed: string[] = [];
  readonly failures: string[] = [];
  /** Of others. */
  othersBytes = 0;
  hasDisk = true;
  /** What happens between the list of images and the first removal, and so on. */
  afterList: () => void = () => undefined;
  beforeRemove: (name: string) => void = () => undefined;

  add(name: string, need: Need): this {
    this.images.set(name, { id: name, digests: [ref(name)], tags: [] });
    this.needs.set(name, need);
    return this;
  }

  readonly ports: SweepPorts = {
    images: {
      own: () => {
        const listed = [...this.images.values()];
        this.afterList();
        return Promise.resolve(listed);
      },
      used: () => Promise.resolve([...this.used]),
      disk: () => {
        const usedBytes = this.othersBytes + this.images.size * 10;
        return Promise.resolve(this.hasDisk ? { usedBytes, availableBytes: 100 - usedBytes } : undefined);
      },
      remove: (_node, image) => {
        const name = image.slice(ref('').length);
        this.beforeRemove(name);
        if (this.used.includes(name) || !this.images.delete(name)) return Promise.resolve(false);
        this.removed.push(name);
        return Promise.resolve(true);
      },
    },
    releases: {
      neededOn: (_node, images) =>
        Promise.resolve(
          images.flatMap((image) => {
            const need = this.needs.get(image.slice(ref('').length));
            return need === undefined ? [] : [{ image, need, usedAt: this.images.size }];
          }),
        ),
    },
    clock: { now: () => new Date() },
    onFailure: (_node, image) => void this.failures.push(image),
  };

  sweep(diskPercent = 100, signal = new AbortController().signal): Promise<Swept> {
    return sweepNode(this.ports, 'node-1', { diskPercent, graceMs: 0 }, signal);
  }
}

describe('a sweep of a node', () => {
  it('removes what no release needs, and nothing else while there is room', async () => {
    const world = new World().add('old', 'nothing').add('last', 'rollback').add('runs', 'now');
    expect(await world.sweep(85)).toEqual({ surplus: 1, spare: 0, failed: 0, stillFull: false });
    expect(world.removed).toEqual(['old']);
  });

  it('makes room until the disk is below its limit, and not more', async () => {
    const world = new World();
    for (const name of ['a', 'b', 'c', 'd', 'e']) world.add(name, 'rollback');
    world.othersBytes = 50;
    expect(await world.sweep(80)).toEqual({ surplus: 0, spare: 2, failed: 0, stillFull: false });
    expect(world.images.size).toBe(3);
  });

  it('never makes room with what runs there, and says that it could not', async () => {
    const world = new World().add('runs', 'now').add('wanted', 'wanted');
    world.othersBytes = 75;
    expect(await world.sweep(80)).toEqual({ surplus: 0, spare: 1, failed: 0, stillFull: true });
    expect(world.removed).toEqual(['wanted']);
  });

  it('makes no room where nobody can say how full the disk is, or is told not to', async () => {
    const world = new World().add('last', 'rollback');
    world.othersBytes = 89;
    expect(await world.sweep(100)).toMatchObject({ spare: 0, stillFull: false });
    world.hasDisk = false;
    expect(await world.sweep(10)).toMatchObject({ spare: 0, stillFull: false });
  });

  it('an image that a task came to need after the list stays', async () => {
    const world = new World().add('old', 'nothing');
    world.afterList = () => world.needs.set('old', 'now');
    expect(await world.sweep()).toMatchObject({ surplus: 0 });
    expect(world.removed).toEqual([]);
  });

  it('an image that a task came to need while others were removed stays', async () => {
    const world = new World().add('old', 'nothing').add('older', 'nothing').add('last', 'rollback');
    world.othersBytes = 69;
    world.beforeRemove = () => {
      world.needs.set('older', 'now');
      world.needs.set('last', 'now');
    };
    expect(await world.sweep(10)).toMatchObject({ surplus: 1, spare: 0 });
    expect(world.removed).toEqual(['old']);
  });

  it('an image of which a container was made after the list is refused by the engine, which is no failure', async () => {
    const world = new World().add('old', 'nothing');
    world.beforeRemove = (name) => void world.used.push(name);
    expect(await world.sweep()).toEqual({ surplus: 0, spare: 0, failed: 0, stillFull: false });
  });

  it('goes on after an image that could not be removed, and counts it', async () => {
    const world = new World().add('bad', 'nothing').add('old', 'nothing');
    world.beforeRemove = (name) => {
      if (name === 'bad') throw new Error('the engine failed');
    };
    expect(await world.sweep()).toMatchObject({ surplus: 1, failed: 1 });
    expect([world.removed, world.failures]).toEqual([['old'], [ref('bad')]]);
  });

  it('ends after the image that is being removed when its replica ends', async () => {
    const world = new World().add('one', 'nothing').add('two', 'nothing');
    const end = new AbortController();
    world.beforeRemove = () => end.abort();
    expect(await world.sweep(10, end.signal)).toMatchObject({ surplus: 1, stillFull: false });
    expect(world.removed).toEqual(['one']);
  });
});
