import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '#libs/engine';
import { requireEnv, uniqueName } from '#libs/testing';
import { BASE, context, registryAuth, type Subject, subjects } from './engine-subjects.js';
import { running } from './programs.js';

describe.each(subjects)('%s', (_, start) => {
  const name = uniqueName('by-digest');
  const labels = { 'slipway.test': name };
  const repository = `${new URL(requireEnv('REGISTRY_URL')).host}/${name}/web`;
  let subject: Subject;
  let engine: Engine;
  beforeAll(async () => {
    subject = await start();
    engine = subject.engine;
  });
  afterAll(() => subject.close());

  it('an image that was pulled by digest is listed by it, without a tag; a tag that somebody gives keeps it', async () => {
    const [tag, theirs] = [`${repository}:listed`, `${name}/theirs:1`];
    await engine.build({ context: context(`FROM ${BASE}\nLABEL listed=${name}\n`), tag, labels });
    const { digest } = await engine.push(tag, registryAuth());
    await engine.removeImage(tag);
    const byDigest = `${repository}@${digest}`;
    await engine.pull(byDigest, registryAuth());
    const listed = async () => (await engine.listImages({ labels }))[0];
    expect(await listed()).toMatchObject({ tags: [], digests: [byDigest] });
    const id = await engine.createContainer({
      ...{ name, image: byDigest, labels, memoryMiB: 64, cpu: 0.5, ...running('sleeper') },
    });
    const [made] = (await engine.list({ labels })).filter((container) => container.id === id);
    expect(made?.imageId).toBe((await listed())?.id);
    expect(await engine.removeImage(byDigest), 'a container uses it that never ran').toBe(false);
    await engine.remove(id);
    await engine.tag(byDigest, theirs);
    expect((await listed())?.tags).toEqual([theirs]);
    expect(await engine.removeImage(byDigest)).toBe(true);
    expect(await engine.hasImage(theirs)).toBe(true);
    expect(await engine.removeImage(theirs)).toBe(true);
    expect(await engine.removeImage(theirs)).toBe(false);
  });
});
