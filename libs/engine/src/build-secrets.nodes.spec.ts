import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { pack } from 'tar-stream';
import { afterAll, describe, expect, it } from 'vitest';
import { SshPool } from '#libs/ssh';
import { requireEnv, sshTargetOf, testNodes } from '#libs/testing';
import { type BuildRequest, connectEngine, type Engine } from './index.js';
import { inWhole } from '../../../test/short-form.js';

/** Left out of the short form: the search of an image, which test/e2e/build-secrets does as well. */
const whole = inWhole('nodes');

const [IMAGE, SMALL_IMAGE] = ['slipway/python:3.11', 'slipway/static:1'];
const RUN = randomBytes(4).toString('hex');
const LABELS = { 'slipway.test': RUN };
const VALUE = `token/${randomBytes(24).toString('hex')}`;
const HASH = createHash('sha256').update(VALUE).digest('hex');
/** Stands in a layer, so that whoever looks for the secret there is seen to look well. */
const MARKER = `marker-${RUN}`;

const socketPath = requireEnv('BUILDER_HOST').replace(/^unix:\/\//, '');
const ssh = new SshPool();
const [node] = await testNodes();
const builder = connectEngine({ socketPath });
const overSsh = connectEngine({ ssh, target: sshTargetOf(node) });
const tagOf = (name: string): string => `slipway-test/${RUN}:${name}`;
const built: [Engine, string][] = [];
afterAll(async () => {
  for (const [engine, tag] of built) await engine.removeImage(tag);
  await Promise.all([builder.close(), overSsh.close()]);
  await ssh.close();
});

function context(lines: readonly string[]): Readable {
  const tar = pack();
  tar.entry({ name: 'Dockerfile' }, [...lines, ''].join('\n'));
  tar.finalize();
  return tar as unknown as Readable;
}

interface Given extends Partial<BuildRequest> {
  readonly base?: string;
}

async function build(engine: Engine, name: string, lines: string[], { base = IMAGE, ...more }: Given = {}) {
  const request = {
    context: context([`FROM ${base}`, ...lines]),
    tag: tagOf(name),
    labels: LABELS,
    networkMode: 'none',
  };
  built.push([engine, request.tag]);
  return engine.build({ ...request, secrets: { TOKEN: VALUE }, ...more });
}

const MOUNT = '--mount=type=secret,id=TOKEN,required=true';
const CHECK = `sha256sum /run/secrets/TOKEN | grep ${HASH}`;

describe('a secret of a build', () => {
  it.each([
    ['on this machine', builder],
    ['over SSH', overSsh],
  ])('is there in the step that mounts it, and in no other: an engine %s', async (where, engine) => {
    await build(engine, where.replaceAll(' ', '-').toLowerCase(), [
      `RUN ${MOUNT} ${CHECK}`,
      'RUN test ! -s /run/secrets/TOKEN',
    ]);
  });

  whole.it('leaves nothing in the layers and the history of the image', async () => {
    await build(builder, 'saved', [`RUN ${MOUNT} ${CHECK} && echo ${MARKER} > /marker`], {
      base: SMALL_IMAGE,
    });
    const image = new Docker({ socketPath }).getImage(tagOf('saved'));
    const saved = await buffer((await image.get()) as Readable);
    expect(saved.includes(MARKER)).toBe(true);
    const about = JSON.stringify([await image.history(), await image.inspect()]);
    expect(about).toContain('/run/secrets/TOKEN');
    for (const form of [VALUE, Buffer.from(VALUE).toString('base64')]) {
      expect(saved.includes(form)).toBe(false);
      expect(about).not.toContain(form);
    }
  });

  it('is as it was stored, to the last byte', async () => {
    const value = 'ä "quoted" $HOME\n\n';
    const hash = createHash('sha256').update(value).digest('hex');
    const secrets = { TOKEN: value };
    await build(builder, 'exact', [`RUN ${MOUNT} sha256sum /run/secrets/TOKEN | grep ${hash}`], { secrets });
  });

  it('that a step needs and the build has not fails the build, and names the secret', async () => {
    const failing = build(builder, 'none', [`RUN --mount=type=secret,id=OTHER,required=true true`]);
    await expect(failing).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringContaining('OTHER') as string,
    });
  });

  it('is refused by the classic builder, before anything is built', async () => {
    const lines: string[] = [];
    const onOutput = (line: string): void => void lines.push(line);
    const failing = build(builder, 'classic', ['RUN true'], { builder: 'classic', onOutput });
    await expect(failing).rejects.toMatchObject({
      code: 'BUILD_SECRETS_UNSUPPORTED',
      message: expect.stringContaining('has no BuildKit') as string,
    });
    expect(lines).toEqual([]);
  });
});
