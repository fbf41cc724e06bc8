import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { serviceNameSchema } from '#libs/contracts';
import { corpus, folderOf } from './index.js';

const FOLDER = join(import.meta.dirname, '../projects');
const projects = await corpus();

it('each project has a folder of its own, and each folder its project', () => {
  const own = projects.filter(({ isExample }) => isExample !== true);
  expect(own.map(({ name }) => name).sort()).toEqual(readdirSync(FOLDER).sort());
});

it('each folder can name a service', () => {
  const wrong = projects.filter(({ name }) => !serviceNameSchema.safeParse(name).success);
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

it('each project holds something', () => {
  const empty = projects.filter((project) => {
    const folder = folderOf(project);
    return !existsSync(folder) || readdirSync(folder).length === 0;
  });
  expect(empty.map(({ name }) => name)).toEqual([]);
});

it('nine of them were in npm test: twelve are, some of every kind and of every good end', () => {
  const short = projects.filter(({ isShort }) => isShort === true);
  expect(short).toHaveLength(12);
  const kinds = new Set(short.map(({ name }) => name.split('-')[0]));
  expect([...kinds].sort()).toEqual(['dockerfile', 'node', 'older', 'plain', 'python', 'static']);
  const ends = new Set(short.map(({ ends: end }) => ('runs' in end ? end.runs : Object.keys(end)[0])));
  expect([...ends].sort()).toEqual(['answers', 'refused', 'works']);
});
