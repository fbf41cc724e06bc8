import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { detect, type DockerfilePlan, findingsText, treeOf } from './index.js';

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
