import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { detect } from '../detect.js';
import { treeOf } from '../source-tree.js';
import { command, FLASK, found, plan } from './python.testing.js';

const block = (...lines: string[]): string =>
  ['# /// script', ...lines.map((line) => (line === '' ? '#' : `# ${line}`)), '# ///', ''].join('\n');
const BOT = `${block('requires-python = ">=3.11"', 'dependencies = [', '  "requests<3",', '', '  "rich",', ']')}import requests\n`;

describe('a script that says what it needs (PEP 723)', () => {
  it('is installed by its block, and started', () => {
    const { install, base, command: argv } = plan({ 'count.py': `#!/usr/bin/env python3\n${BOT}` });
    expect(install.map((step) => step.argv.slice(3))).toEqual([['requests<3', 'rich']]);
    expect(base).toMatchObject({
      version: { text: '>=3.11', by: 'requires-python of count.py', scheme: 'pep440' },
    });
    expect(argv).toEqual(['python', 'count.py']);
    expect(found({ 'count.py': BOT })).toContain(
      'pip, by the script block of count.py; a script, by count.py',
    );
  });

  it('shows the runtime, whatever its name, and with the line ends of Windows', () => {
    const config = parseServiceConfig(JSON.stringify({ command: 'python count.py' }));
    const tree = treeOf({ 'count.py': BOT.replaceAll('\n', '\r\n') });
    expect(detect(tree, config)).toMatchObject({
      base: { runtime: 'python' },
      install: [{ argv: expect.arrayContaining(['requests<3', 'rich']) as string[] }],
    });
  });

  it('holds the app of a framework', () => {
    expect(command({ 'main.py': `${block('dependencies = ["flask", "gunicorn"]')}${FLASK}` })).toBe(
      'gunicorn --bind 0.0.0.0:8000 main:app',
    );
  });

  it('gives way to a manifest', () => {
    expect(plan({ 'requirements.txt': '', 'main.py': BOT }).install[0]?.argv.at(-1)).toBe('requirements.txt');
  });

  it('is the one that command names, or that has a usual name; of others none is guessed', () => {
    const two = { 'a.py': BOT, 'b.py': block('dependencies = ["schedule"]') };
    expect(plan(two, { command: 'python b.py' }).install[0]?.argv.at(-1)).toBe('schedule');
    expect(plan({ ...two, 'main.py': block('dependencies = ["attrs"]') }).install[0]?.argv.at(-1)).toBe(
      'attrs',
    );
    expect(() => plan(two)).toThrow('config.json: command: a.py, b.py each say what they need');
  });

  it('is refused where pip could not install it', () => {
    const text = block(
      'dependencies = ["shop"]',
      '[tool.uv.sources]',
      'shop = { git = "https://host/shop" }',
    );
    expect(() => plan({ 'main.py': text })).toThrow('install: the block of main.py has [tool.uv.sources]');
    expect(() => plan({ 'main.py': block('dependencies = [') })).toThrow(
      'the block of main.py is no valid TOML',
    );
  });
});
