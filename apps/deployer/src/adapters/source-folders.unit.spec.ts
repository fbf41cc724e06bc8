import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { folderPrefix, removeAbandonedSources, removeSourcesOfFormer } from './source-folders.js';

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'slipway-folders-'));
});
afterEach(() => rmSync(work, { recursive: true }));

/** Of a process that has ended. */
const dead = (): number => Number(spawnSync(process.execPath, ['--version']).pid);
const make = (...folders: string[]): void =>
  folders.forEach((folder) => mkdirSync(join(work, folder, 'tree'), { recursive: true }));

it('folders of a killed replica are removed, those of living ones and of other machines stay', async () => {
  const kept = [
    `${folderPrefix(process.pid)}a`,
    `${folderPrefix(1)}b`,
    `source-other.host-${dead()}-c`,
    'source-dE4f',
  ];
  make(...kept, `${folderPrefix(dead())}d`);
  await removeAbandonedSources(work);
  expect(readdirSync(work).sort()).toEqual(kept.sort());
});

it('a start removes what a former process of the same number left, as the first of a container always has', async () => {
  make(`${folderPrefix(process.pid)}a`, `${folderPrefix(dead())}b`, `${folderPrefix(1)}c`);
  await removeSourcesOfFormer(work);
  expect(readdirSync(work)).toEqual([`${folderPrefix(1)}c`]);
});

it('a work directory that is not there yet is no error', async () => {
  await removeSourcesOfFormer(join(work, 'none'));
  expect(readdirSync(work)).toEqual([]);
});
