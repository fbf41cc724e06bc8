import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CorpusProject } from './corpus.js';

const isArea = (file: string): boolean =>
  file.endsWith('.ts') && !['corpus.ts', 'index.ts'].includes(file) && !file.endsWith('.spec.ts');

/** The projects of every area: each file of this folder that exports lists of them, in the order of their names. */
export async function corpus(): Promise<readonly CorpusProject[]> {
  const files = readdirSync(import.meta.dirname)
    .filter(isArea)
    .sort();
  const lists = await Promise.all(files.map(listsOf));
  return lists.flat();
}

const PROJECTS = join(import.meta.dirname, '../projects');
const EXAMPLES = join(import.meta.dirname, '../../../examples');

/** Where a project lies. */
export const folderOf = ({ name, isExample }: Pick<CorpusProject, 'name' | 'isExample'>): string =>
  join(isExample === true ? EXAMPLES : PROJECTS, name);

async function listsOf(file: string): Promise<readonly CorpusProject[]> {
  const area = (await import(join(import.meta.dirname, file))) as Record<string, unknown>;
  const lists = Object.values(area).filter(Array.isArray) as CorpusProject[][];
  if (lists.length === 0) throw new Error(`${file} exports no list of projects`);
  return lists.flat();
}
