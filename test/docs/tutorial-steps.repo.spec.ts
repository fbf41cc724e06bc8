import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/tutorial/your-own-app.md', 'utf8');
const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) => text);
const lines = blocks.flatMap((text) => text.split('\n'));

describe('the tutorial of an own app worked only for Express', () => {
  it('all of its commands name the service that the folder makes, in both folders', () => {
    const folders = lines.flatMap((line) => /^cd (\S+)$/.exec(line)?.[1] ?? []);
    expect(folders).toHaveLength(2);
    const [name] = new Set(folders.map((path) => basename(path)));
    for (const folder of folders) expect(basename(folder)).toBe(name);
    const apps = lines.flatMap((line) => /--app (\S+)/.exec(line)?.[1] ?? []);
    expect(new Set(apps)).toEqual(new Set([name]));
    expect(lines).toContain(`slipway stop ${name} ${name}`);
  });

  it('a command that writes over config.json is none of its steps', () => {
    expect(lines.filter((line) => line.includes('--force'))).toEqual([]);
  });

  it('each file that it changes is one that it has made', () => {
    const made = lines.flatMap((line) => /^cat > (\S+) <</.exec(line)?.[1] ?? []);
    const changed = lines.flatMap((line) => /^sed -i '.*' (\S+)$/.exec(line)?.[1] ?? []);
    expect(changed).toEqual(['app.py', 'server.js']);
    for (const file of changed) expect(made).toContain(file);
  });
});
