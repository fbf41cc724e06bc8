import { describe, expect, it } from 'vitest';
import { parse as parseConfig, problemsOf as problemsOfConfig } from './service-config.testing.js';

const parse = (config: object) => parseConfig({ port: 80, ...config });
const problemsOf = (config: object) => problemsOfConfig({ port: 80, ...config });

describe('buildSecrets', () => {
  it('name secrets by variable; one may be a variable of the running service, too', () => {
    const buildSecrets = { NPM_TOKEN: 'npm-token' };
    const config = { runtime: 'node', buildSecrets, secrets: { NPM_TOKEN: 'other' }, env: { A: 'b' } };
    expect(parse(config).buildSecrets).toEqual(buildSecrets);
    expect(parse({ runtime: 'node', buildSecrets, env: { NPM_TOKEN: '' } }).env).toEqual({ NPM_TOKEN: '' });
  });

  it('are refused where nothing is built', () => {
    const config = { runtime: 'image', image: 'nginx:1', buildSecrets: { A: 'a' } };
    expect(problemsOf(config)).toEqual([
      {
        field: 'buildSecrets',
        expected: 'expected no such field: "image" does not use it, every runtime but image does',
      },
    ]);
  });

  it('have names of variables, except in a Dockerfile, whose mounts have any id', () => {
    const buildSecrets = { 'npm.token-1': 'a' };
    expect(parse({ runtime: 'dockerfile', buildSecrets }).buildSecrets).toEqual(buildSecrets);
    expect(problemsOf({ runtime: 'python', buildSecrets: { 'npm-token': 'a' } })).toMatchObject([
      { field: 'buildSecrets.npm-token', expected: expect.stringContaining('variable name') as string },
    ]);
    for (const id of ['a b', 'a,target=/etc/x', '$(id)', '-a', ''])
      expect(problemsOf({ runtime: 'dockerfile', buildSecrets: { [id]: 'a' } }), id).toHaveLength(1);
  });

  it('do not repeat a value that stands in the place of the name of a secret', () => {
    const problems = problemsOf({ runtime: 'node', buildSecrets: { TOKEN: 'Hunter2!' } });
    expect(problems).toMatchObject([{ field: 'buildSecrets.TOKEN' }]);
    expect(JSON.stringify(problems)).not.toContain('Hunter2');
  });

  it('are as many as a service may have', () => {
    const buildSecrets = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`S${n}`, 'a']));
    expect(problemsOf({ runtime: 'node', buildSecrets })).toMatchObject([{ field: 'buildSecrets' }]);
  });
});
