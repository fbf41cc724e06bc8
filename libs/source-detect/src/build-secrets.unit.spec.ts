import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { detect, findingsText, treeOf } from './index.js';

const buildSecrets = { NPM_TOKEN: 'npm-token' };
const planned = (files: Readonly<Record<string, string>>, config: object = {}) =>
  detect(treeOf(files), parseServiceConfig(JSON.stringify({ port: 80, buildSecrets, ...config })));

const NODE = { 'package.json': '{"dependencies":{"koa":"2"},"scripts":{"start":"node a.js"}}', 'a.js': '' };

describe('secrets of a build', () => {
  it('are given to steps that are found out, and are named where the build is explained', () => {
    const plan = planned(NODE);
    expect(plan).toMatchObject({ kind: 'steps', secrets: ['NPM_TOKEN'] });
    expect(findingsText(plan.found)).toMatch(/; secrets of the build: NPM_TOKEN, by config\.json$/);
    expect(planned(NODE, { buildSecrets: undefined })).toMatchObject({ secrets: [] });
  });

  it('that no step would use are refused, not ignored', () => {
    expect(() => planned({ 'index.js': '' }, { command: 'node index.js' })).toThrow(
      'config.json: buildSecrets: nothing of this source is installed or built, so no step would use them',
    );
    expect(() => planned({ 'index.html': '' })).toThrow(
      /^config\.json: buildSecrets: nothing of this source/,
    );
  });

  it('of a runtime that is found out have names of variables', () => {
    expect(() => planned(NODE, { buildSecrets: { 'npm-token': 'a' } })).toThrow(
      'config.json: buildSecrets.npm-token: expected a variable name: the steps of "node" get it as an environment variable',
    );
  });
});

describe('secrets of a build by a Dockerfile', () => {
  it.each([
    ['by id', 'RUN --mount=type=secret,id=NPM_TOKEN npm ci'],
    [
      'with more of its options',
      'RUN --mount=type=secret,required=true,id=NPM_TOKEN,target=/root/.npmrc npm ci',
    ],
    [
      'beside another mount, over two lines',
      'RUN --mount=type=cache,target=/c \\\n  --mount=type=secret,id=NPM_TOKEN npm ci',
    ],
    ['by the name of its file', 'run --mount=type=secret,target=/run/NPM_TOKEN npm ci'],
    ['by source', 'RUN --mount=type=secret,source=NPM_TOKEN npm ci'],
    ['by a variable, which only the build knows', 'ARG ID\nRUN --mount=type=secret,id=$ID npm ci'],
  ])('are mounted %s', (_how, lines) => {
    const plan = planned({ Dockerfile: `FROM a\n${lines}\n` });
    expect(findingsText(plan.found)).toContain('secrets of the build: NPM_TOKEN');
  });

  it('may have any id that a mount takes', () => {
    const Dockerfile = 'FROM a\nRUN --mount=type=secret,id=npm.token-1 npm ci';
    expect(planned({ Dockerfile }, { buildSecrets: { 'npm.token-1': 'a' } }).kind).toBe('dockerfile');
  });

  it.each([
    ['by no step', 'RUN npm ci'],
    ['in a comment', '# RUN --mount=type=secret,id=NPM_TOKEN npm ci'],
    ['under another id', 'RUN --mount=type=secret,id=NPM_TOKENS npm ci'],
    ['as another kind of mount', 'RUN --mount=type=cache,id=NPM_TOKEN,target=/c npm ci'],
  ])('that are mounted %s are refused with the line that would do', (_how, lines) => {
    expect(() => planned({ Dockerfile: `FROM a\n${lines}\n` })).toThrow(
      'config.json: buildSecrets: no step of the Dockerfile mounts NPM_TOKEN',
    );
  });
});
