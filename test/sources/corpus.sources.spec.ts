import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../e2e/client.js';
import { registryHost } from '../e2e/elsewhere.js';
import type { CorpusEnd, CorpusProject } from './corpus/corpus.js';
import { corpus, folderOf } from './corpus/index.js';
import {
  bareCopy,
  copyWithImage,
  type Deployment,
  deployFolder,
  deployZip,
  initFolder,
  stopDeployment,
} from './deployment.js';
import { endsAs } from './ends.js';
import { type Result, writeTable } from './table.js';

/** `short` in all of `npm test`; `whole` when asked for by its name; else names with commas between. */
const extent = process.env['SLIPWAY_SOURCES'] ?? 'short';
const all = await corpus();
const names = extent.split(',');
const isChosen = ({ name, isShort }: CorpusProject): boolean =>
  extent === 'whole' || (extent === 'short' ? isShort === true : names.includes(name));
const chosen = all.filter(isChosen);

const client = new Client();
const results: Result[] = [];
beforeAll(() => client.connect());
afterAll(async () => {
  await client.close();
  if (extent === 'whole') writeTable(results, all);
});

const titled = chosen.map((project) => [`${project.name}: ${project.convention}`, project] as const);
/** In the short form each project is deployed once, with its config.json or without, in turn. */
const inPass = (pass: Result['pass']) =>
  titled.filter((_, n) => extent !== 'short' || (n % 2 === 0) === (pass === 'as it is'));

it('every project that was asked for is there', () => {
  const unknown = names.filter(
    (name) => !['short', 'whole'].includes(name) && !all.some((one) => one.name === name),
  );
  expect(unknown).toEqual([]);
});

/** Checks and notes how it ended, also where that is not how it should. */
async function noted(
  name: string,
  pass: Result['pass'],
  end: CorpusEnd,
  deployment: Deployment,
): Promise<void> {
  const { seconds } = deployment;
  // The page names no registry of a set-up.
  const detected = deployment.detected.map((text) => text.replace(registryHost(), 'registry.example'));
  const note = (ended: string): number => results.push({ name, pass, detected, ended, seconds });
  try {
    note(await endsAs(end, deployment));
  } catch (error) {
    note(`FAILED: ${deployment.error?.code ?? 'it runs'}`);
    throw error;
  } finally {
    await stopDeployment(deployment, client);
  }
}

/** Where it lies, or a copy where its image is. */
async function placed(
  project: CorpusProject,
): Promise<{ readonly folder: string; readonly remove?: () => Promise<void> }> {
  const folder = folderOf(project);
  return project.isImage === true ? copyWithImage(folder) : { folder };
}

describe.concurrent('with its config.json', () => {
  it.each(inPass('as it is'))('%s', async (_, project) => {
    const { name, ends } = project;
    const { folder, remove } = await placed(project);
    try {
      const deployment = await deployFolder(folder, client);
      await noted(name, 'as it is', ends, deployment);
      // Whoever asks without the command hears the same.
      const isOfCommand = deployment.reply === undefined;
      if (isOfCommand) await endsAs(ends, await deployZip(folder, name, client));
    } finally {
      await remove?.();
    }
  });
});

describe.concurrent('without it, through slipway init', () => {
  it.each(inPass('after init'))('%s', async (_, { name, isExample, ends, afterInit = ends }) => {
    const { folder, remove } = await bareCopy(folderOf({ name, isExample }));
    try {
      const error = await initFolder(folder);
      const refused: Deployment = { appId: '', error, detected: [], events: [], seconds: 0 };
      const deployment = error === undefined ? await deployFolder(folder, client) : refused;
      await noted(name, 'after init', afterInit, deployment);
    } finally {
      await remove();
    }
  });
});
