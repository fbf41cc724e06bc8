import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { basesOf, detect, type DockerfilePlan, findingsText, treeOf } from './index.js';

const STAGES = `# syntax=docker/dockerfile:1
ARG NODE=24
FROM node:\${NODE} AS Build
ARG API_URL \\
    # a comment within
    GREETING="good day"
RUN echo "from x as y"
from build
FROM \\
  --platform=linux/amd64 nginx as release
`;

function planned(config: object, dockerfile = STAGES): DockerfilePlan {
  const parsed = parseServiceConfig(JSON.stringify({ runtime: 'dockerfile', port: 80, ...config }));
  const plan = detect(treeOf({ Dockerfile: dockerfile }), parsed);
  if (plan.kind !== 'dockerfile') throw new Error(plan.kind);
  return plan;
}

describe('case 17: what config.json says of a Dockerfile was ignored', () => {
  it.each(['build', 'Build', 'release', '1'])('the stage %s is built', (target) => {
    expect(planned({ target })).toMatchObject({ file: 'Dockerfile', target });
  });

  it('is explained', () => {
    expect(findingsText(planned({ target: 'release' }).found)).toBe(
      'dockerfile, by config.json; stage release, by config.json',
    );
    expect(planned({})).not.toHaveProperty('target');
  });

  it.each(['x', '3', 'y', 'nginx'])('a stage that it does not have is refused: %s', (target) => {
    expect(() => planned({ target })).toThrow(
      `config.json: target: the Dockerfile has no stage "${target}"; it has "build", "release"`,
    );
  });

  it('a stage of a Dockerfile without names is refused', () => {
    expect(() => planned({ target: 'a' }, 'FROM a')).toThrow('none of its stages has a name');
  });

  it('gets its build arguments', () => {
    const args = { NODE: '22', API_URL: 'https://api.example.org', GREETING: 'hello', https_proxy: 'a' };
    expect(planned({ args }).args).toEqual(args);
    expect(planned({}).args).toEqual({});
  });

  it('a build argument that it does not declare would do nothing: it is refused', () => {
    expect(() => planned({ args: { API: 'secret', NODE: '22' } })).toThrow(
      'config.json: args: the Dockerfile declares no build argument API',
    );
  });
});

it('the images that a Dockerfile is built on: neither its own stages nor what only a variable names', () => {
  expect(basesOf(STAGES)).toEqual(['nginx']);
  expect(basesOf('FROM --platform=$BUILDPLATFORM r:5000/a/b@sha256:1 AS x\nFROM X\nfrom c:1')).toEqual([
    'r:5000/a/b@sha256:1',
    'c:1',
  ]);
});

it('the images that a Dockerfile only copies from are bases, too', () => {
  const dockerfile = [
    'FROM node:24 AS build',
    'FROM r:5000/team/base:1',
    'COPY --chown=1:1 --from=r:5000/team/tools:2 /bin/tool /bin/',
    'RUN --mount=type=cache,target=/x --mount=type=bind,from=r:5000/team/data:3,target=/data cp /data/a /a',
    'COPY --from=BUILD /a /b',
    'COPY --from=0 /a /b',
    'COPY --from=$BASE /a /b',
    'RUN echo from=no',
  ].join('\n');
  expect(basesOf(dockerfile)).toEqual([
    'node:24',
    'r:5000/team/base:1',
    'r:5000/team/tools:2',
    'r:5000/team/data:3',
  ]);
});

describe('a Dockerfile of another name or place', () => {
  const plannedOf = (files: Readonly<Record<string, string>>, config: object = {}) =>
    detect(treeOf(files), parseServiceConfig(JSON.stringify({ port: 80, command: 'serve', ...config })));

  it('is built where config.json names it, without a word of the runtime', () => {
    const plan = plannedOf({ 'docker/Dockerfile': 'FROM a' }, { dockerfile: './docker/Dockerfile' });
    expect(plan).toMatchObject({ kind: 'dockerfile', file: 'docker/Dockerfile' });
    expect(findingsText(plan.found)).toBe(
      'dockerfile, by dockerfile in config.json; docker/Dockerfile, by config.json',
    );
  });

  it('Containerfile is found by its name, and Dockerfile wins over it', () => {
    expect(plannedOf({ Containerfile: 'FROM a' })).toMatchObject({ file: 'Containerfile' });
    expect(plannedOf({ Containerfile: 'FROM a', Dockerfile: 'FROM a' })).toMatchObject({
      file: 'Dockerfile',
    });
  });

  it.each([
    'docker/Dockerfile',
    'Dockerfile.prod',
    'deploy/api.Dockerfile',
    'dockerfile',
    'build/Containerfile',
  ])('is not guessed, and the refusal names it: %s', (path) => {
    const refusal = {
      field: 'dockerfile',
      examples: { dockerfile: path },
      hint: `Name the Dockerfile that is built. In config.json that is a line such as "dockerfile": "${path}".`,
    };
    expect(() => plannedOf({ [path]: 'FROM a' })).toThrow(expect.objectContaining(refusal));
    expect(() => plannedOf({ [path]: 'FROM a' }, { runtime: 'dockerfile' })).toThrow(
      expect.objectContaining(refusal),
    );
  });

  it('of a folder that is a service of its own says nothing of the whole', () => {
    expect(() => plannedOf({ 'web/Dockerfile': 'FROM a', 'Dockerfile.dockerignore': '' })).toThrow(
      expect.objectContaining({ field: 'runtime' }),
    );
  });

  it('that is not there is refused, also with its stages and arguments', () => {
    expect(() => plannedOf({ Dockerfile: 'FROM a' }, { dockerfile: 'x/Dockerfile', target: 'b' })).toThrow(
      'config.json: dockerfile: no such file is in the source',
    );
  });

  it('exposes its port', () => {
    const config = { command: undefined, port: undefined, dockerfile: 'a/Dockerfile' };
    expect(() => plannedOf({ 'a/Dockerfile': 'FROM a\nEXPOSE 80' }, config)).toThrow('config.json: port: ');
  });
});

describe('a Dockerfile with a stage for a server and one for a worker', () => {
  const dockerfile = 'FROM a AS base\nFROM base AS web\nEXPOSE 80\nFROM web AS admin\nFROM base AS work\n';

  it.each(['work', 'base', '0'])('the worker was refused for the port of the server: %s', (target) => {
    expect(planned({ port: undefined, target }, dockerfile)).toMatchObject({ target });
  });

  it.each(['web', 'Admin', '2'])('the server is refused without its port: %s', (target) => {
    expect(() => planned({ port: undefined, target }, dockerfile)).toThrow('config.json: port: ');
  });

  it('of none that is named the last stage counts', () => {
    expect(planned({ port: undefined }, dockerfile).kind).toBe('dockerfile');
    expect(() => planned({ port: undefined }, `${dockerfile}EXPOSE 80`)).toThrow('config.json: port: ');
  });
});
