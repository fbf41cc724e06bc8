import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../e2e/client.js';
import type { CorpusProject } from './corpus/corpus.js';
import { corpus } from './corpus/index.js';
import { type Deployment, deployFolder, deployZip, stopDeployment } from './deployment.js';
import { endsAs } from './ends.js';
import { type Result, writeTable } from './table.js';

const PROJECTS = join(import.meta.dirname, 'projects');

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

it('every project that was asked for is there', () => {
  const unknown = names.filter(
    (name) => !['short', 'whole'].includes(name) && !all.some((one) => one.name === name),
  );
  expect(unknown).toEqual([]);
});

/** Notes how it ended, also where that is not how it should. */
async function noted(project: CorpusProject, pass: Result['pass'], deployment: Deployment): Promise<void> {
  const { detected, seconds } = deployment;
  const note = (ended: string): number =>
    results.push({ name: project.name, pass, detected, ended, seconds });
  try {
    note(await endsAs(project.ends, deployment));
  } catch (error) {
    note(`FAILED: ${deployment.error?.code ?? 'it runs'}`);
    throw error;
  } finally {
    await stopDeployment(deployment, client);
  }
}

describe.concurrent('with its config.json', () => {
  it.each(titled)('%s', async (_, project) => {
    const folder = join(PROJECTS, project.name);
    const deployment = await deployFolder(folder, client);
    await noted(project, 'as it is', deployment);
    // Whoever asks without the command hears the same.
    const isOfCommand = deployment.reply === undefined;
    if (isOfCommand) await endsAs(project.ends, await deployZip(folder, project.name, client));
  });
});
