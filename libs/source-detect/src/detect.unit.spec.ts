import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { detect, findingsText, portOf, SourceRefusal, treeOf } from './index.js';

const detected = (files: Readonly<Record<string, string>>, config: object = {}) =>
  detect(treeOf(files), parseServiceConfig(JSON.stringify({ port: 8080, command: 'x', ...config })));
function refusalOf(refused: () => unknown): unknown {
  try {
    return refused();
  } catch (error) {
    return error;
  }
}
const explained = (...args: Parameters<typeof detected>): string => findingsText(detected(...args).found);

describe('what a folder is', () => {
  it('is said with the file that shows it', () => {
    expect(explained({ 'package.json': '{}', 'index.html': '' })).toMatch(/^node, by package.json/);
    expect(explained({ 'requirements.txt': '', 'README.md': '' })).toMatch(/^python, by requirements.txt/);
    expect(explained({ Dockerfile: 'FROM a', 'package.json': '{}' })).toBe('dockerfile, by Dockerfile');
  });

  it.each(['requirements-production.txt', 'requirements_prod.txt', 'requirements/prod.txt'])(
    '%s is what Python installs from, and showed nothing',
    (path) => expect(explained({ [path]: '', 'shop/web.py': '' })).toMatch(`python, by ${path}`),
  );

  it('is a site where its requirements are those of what builds it', () => {
    const site = detect(
      treeOf({ 'mkdocs.yml': '', 'requirements.txt': 'mkdocs', 'docs/index.md': '' }),
      parseServiceConfig('{"port":80}'),
    );
    expect(findingsText(site.found)).toMatch(/^static, by mkdocs.yml; built with python/);
  });

  it('is what config.json says, whatever the files show', () => {
    expect(explained({ 'package.json': '{}', 'app.py': '' }, { runtime: 'python' })).toMatch(
      /^python, by config.json/,
    );
  });

  it('is refused with the field that settles it where no file shows it', () => {
    expect(() => detected({ 'notes.txt': '' })).toThrow(SourceRefusal);
    expect(() => detected({ 'notes.txt': '' })).toThrow(/^config.json: runtime: no file at the root/);
  });

  it('is refused with the field that it would not use', () => {
    expect(() => detected({ 'index.html': '' })).toThrow(
      'config.json: command: expected no such field: "static" does not use it, every runtime but static does',
    );
  });

  it('a field that a found-out runtime does not use was SOURCE_UNCLEAR, and is CONFIG_INVALID', () => {
    expect(refusalOf(() => detected({ 'index.html': '' }))).toMatchObject({
      code: 'CONFIG_INVALID',
      field: 'command',
    });
    expect(refusalOf(() => detected({ 'notes.txt': '' }))).toMatchObject({ code: 'SOURCE_UNCLEAR' });
  });

  it('is not a dockerfile without one', () => {
    expect(() => detected({ 'index.html': '' }, { runtime: 'dockerfile' })).toThrow(/no Dockerfile lies/);
  });
});

describe('a source that serves the web', () => {
  it('is no worker without a word: its port is asked for', () => {
    const site = () => detect(treeOf({ 'index.html': '' }), parseServiceConfig('{}'));
    expect(site).toThrow(/^config.json: port: what was found is given out by a web server/);
  });

  it('is no worker by a Dockerfile that exposes a port, unless a command makes it one', () => {
    const plan = (config: object, text = 'FROM a\nEXPOSE 80\n') =>
      detect(treeOf({ Dockerfile: text }), parseServiceConfig(JSON.stringify(config)));
    expect(() => plan({})).toThrow('config.json: port: the Dockerfile exposes a port, and none is named');
    for (const config of [{ port: 80 }, { command: 'work' }]) expect(plan(config).kind).toBe('dockerfile');
    expect(plan({}, 'FROM a\n# EXPOSE 80\n').kind).toBe('dockerfile');
  });
});

describe('the port of a command that was found out', () => {
  it('is the one of config.json', () => expect(portOf({ port: 8080 })).toBe(8080));

  it('is asked for: what serves the web must not become a worker without a word', () => {
    expect(() => portOf({})).toThrow(
      'config.json: port: what was found is given out by a web server, and no port is named that it listens on',
    );
  });
});

describe('a source of another runtime', () => {
  it('started the shell of its base image, which ends: without a command it is refused', () => {
    const go = (config: object) =>
      detect(treeOf({ 'go.mod': 'module a' }), parseServiceConfig(JSON.stringify({ port: 8080, ...config })));
    expect(() => go({})).toThrow(/^config.json: command: nothing is found out of how a service in go starts/);
    expect(go({ command: './server', build: 'go build' })).toMatchObject({
      command: ['./server'],
      build: [{ argv: ['go', 'build'] }],
    });
  });
});
