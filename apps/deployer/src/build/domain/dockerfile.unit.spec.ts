import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { detect, treeOf } from '#libs/source-detect';
import { asWritten, writeDockerfile } from './dockerfile.js';

const images = {
  byRuntime: { python: 'py:3', node: 'node:24.1', 'node:22': 'node:22-slim', static: 'nginx:1' },
  legacy: { python: 'own/py:3' },
};
const write = (config: object, files: string[] = [], cacheMounts = false) => {
  const parsed = parseServiceConfig(JSON.stringify(config));
  const tree = treeOf(Object.fromEntries(files.map((file) => [file, ''])));
  const written = writeDockerfile(detect(tree, parsed), { config: parsed, images, cacheMounts });
  return { ...written, lines: written?.dockerfile.trim().split('\n') ?? [] };
};

describe('the Dockerfile', () => {
  it('of a Python service: dependencies before the code, exec forms, a user other than root, a health check', () => {
    const config = {
      runtime: 'python',
      port: 8000,
      command: ['gunicorn', 'app:app'],
      health: { path: '/health' },
    };
    const { lines } = write(config, ['app.py', 'requirements.txt']);
    expect(lines[0]).toBe('FROM py:3');
    const install = lines.findIndex((line) => line.includes('"install"'));
    const code = lines.findIndex((line) => line.startsWith('COPY --chown'));
    expect(install).toBeGreaterThan(lines.indexOf('COPY ["requirements.txt","./"]'));
    expect(code).toBeGreaterThan(install);
    expect(lines).toContain('USER 10001:10001');
    expect(lines.at(-1)).toBe('CMD ["gunicorn","app:app"]');
    expect(
      lines.some((line) => line.startsWith('HEALTHCHECK') && line.includes('http://127.0.0.1:8000/health')),
    ).toBe(true);
  });

  it('of a Node service: npm ci with a lock file, npm install without, nothing without a package.json', () => {
    const config = { runtime: 'node', port: 1, command: 'node s.js' };
    expect(write(config, ['s.js', 'package.json', 'package-lock.json']).dockerfile).toContain(
      '["npm","ci","--omit=dev"]',
    );
    expect(write(config, ['s.js', 'package.json']).dockerfile).toContain('["npm","install","--omit=dev"]');
    expect(write(config, ['s.js']).dockerfile).not.toContain('npm');
  });

  it('takes the base image of the version that is asked for, or says which there are', () => {
    const from = (version?: string) => write({ runtime: 'node', version, port: 1, command: 'x' }).lines[0];
    expect(from()).toBe('FROM node:24.1');
    expect(from('24')).toBe('FROM node:24.1');
    expect(from('22')).toBe('FROM node:22-slim');
    expect(() => from('2')).toThrow(
      'version: no base image has this version of node; available: node (node:24.1), node:22 (node:22-slim)',
    );
  });

  it('installs nothing where the older form says nothing (it installed from a file of another name)', () => {
    const older = {
      language: 'python:3',
      workdir: '/a',
      port: '1',
      command: 'x',
      packages_file_path: 'p.txt',
    };
    const { dockerfile } = write({ ...older, package_installation_cmd: '' }, ['p.txt']);
    expect(dockerfile).not.toContain('install');
  });

  it("keeps the package manager's cache only where the engine can", () => {
    const config = { runtime: 'python', port: 1, command: 'x' };
    expect(write(config, ['requirements.txt'], true).dockerfile).toContain(
      'RUN --mount=type=cache,target=/root/.cache/pip ["pip"',
    );
    expect(write(config, ['requirements.txt'], false).dockerfile).not.toContain('--mount');
  });

  it('gives no input to a shell (names in the seed were injectable)', () => {
    const hostile = '$(touch /owned); rm -rf / && echo "`id`"';
    const { lines } = write({
      runtime: 'python',
      port: 1,
      command: ['a', hostile],
      install: ['b', hostile],
      build: ['c', hostile],
    });
    for (const line of lines.filter((text) => text.includes('owned'))) {
      expect(JSON.parse(line.slice(line.indexOf('['))), 'an argument of its own').toContain(hostile);
    }
    expect(lines.filter((text) => text.includes('owned'))).toHaveLength(3);
  });

  it('of the older form: its own image, or the mapped one, its workdir and its package file', () => {
    const legacy = {
      language: 'python:3.10-alpine',
      workdir: '/code',
      port: '80',
      command: 'python app.py',
      packages_file_path: 'reqs.txt',
      package_installation_cmd: 'pip install -r reqs.txt',
    };
    const { lines } = write(legacy, ['reqs.txt']);
    expect(lines.slice(0, 3)).toEqual(['FROM own/py:3', 'USER 0', 'WORKDIR /code']);
    expect(lines.slice(-2)).toEqual(['ENTRYPOINT []', 'CMD ["python","app.py"]']);
    expect(lines).toContain('RUN ["pip","install","-r","reqs.txt"]');
    expect(write({ ...legacy, language: 'ruby:3' }, ['reqs.txt']).lines[0]).toBe('FROM ruby:3');
  });

  it("is the source's own for the runtime dockerfile", () => {
    expect(write({ runtime: 'dockerfile', port: 80 }, ['Dockerfile']).dockerfile).toBeUndefined();
  });

  it('shows its own part of a step to nobody who reads the log', () => {
    const { lines } = write({ runtime: 'node', port: 1, command: 'x', build: ['npm', 'run', 'build'] }, [
      'package.json',
    ]);
    const [step = ''] = lines.filter((line) => line.includes('"build"'));
    expect(asWritten(`[5/6] ${step}`)).toBe('[5/6] RUN ["npm","run","build"]');
    const [, , script = ''] = JSON.parse(step.replace('RUN ', '')) as string[];
    expect(asWritten(`executor failed running [sh -c ${script} sh npm run build]: exit code: 1`)).toBe(
      'executor failed running [npm run build]: exit code: 1',
    );
    expect(asWritten(`[5/6] RUN ["sh","-c","${script}","sh","npm"]`), 'as an engine shows it').toBe(
      '[5/6] RUN ["npm"]',
    );
    expect(asWritten(lines[2] ?? '')).toBe('RUN ["sh","-c","make the user of the service","sh","/app"]');
  });

  it('shows as little of the script that reads secrets of the build', () => {
    const buildSecrets = { NPM_TOKEN: 'a', OTHER: 'b' };
    const config = { runtime: 'node', port: 1, command: 'x', build: ['npm', 'run', 'build'], buildSecrets };
    const { lines } = write(config, ['package.json']);
    const [step = ''] = lines.filter((line) => line.includes('"build"'));
    const mounts = Object.keys(buildSecrets).map((id) => `--mount=type=secret,id=${id},required=true`);
    expect(asWritten(`[5/6] ${step}`)).toBe(`[5/6] RUN ${mounts.join(' ')} ["npm","run","build"]`);
    const words = JSON.parse(step.slice(step.indexOf('['))) as string[];
    expect(asWritten(`executor failed running [${words.join(' ')}]: exit code: 1`)).toBe(
      'executor failed running [npm run build]: exit code: 1',
    );
  });
});
