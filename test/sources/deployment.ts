import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { deploymentReplied, type DeploymentReply, notServiceConfig, type TaskError } from '#libs/contracts';
import { connectEngine } from '#libs/engine';
import { requireEnv, uniqueName } from '#libs/testing';
import { sentFolder } from '../../apps/cli/src/adapters/sent-folder.js';
import { zipFolder } from '../../apps/cli/src/adapters/zip-folder.js';
import type { Client } from '../e2e/client.js';
import { answerOf, slipway } from '../e2e/command.js';
import { pushElsewhere, registryHost } from '../e2e/elsewhere.js';

const SECONDS = 420;

/** How the deployment of one folder ended. */
export interface Deployment {
  readonly appId: string;
  readonly reply?: DeploymentReply;
  readonly error?: Pick<TaskError, 'code' | 'message' | 'hint'>;
  /** What was found out of the source, service by service. */
  readonly detected: readonly string[];
  /** The names of its events; none where the command refused it before it sent anything. */
  readonly events: readonly string[];
  readonly seconds: number;
}

interface Copy {
  readonly folder: string;
  readonly remove: () => Promise<void>;
}

async function copyOf(folder: string, isKept: (path: string) => Promise<boolean>): Promise<Copy> {
  const root = await mkdtemp(join(tmpdir(), 'slipway-source-'));
  const copy = join(root, basename(folder));
  await cp(folder, copy, { recursive: true, filter: isKept });
  return { folder: copy, remove: () => rm(root, { recursive: true }) };
}

/** A copy of a project without its config.json, or without those of its services; `remove` ends it. */
export const bareCopy = (folder: string): Promise<Copy> =>
  copyOf(folder, async (path) => !(await isOurs(folder, path)));

/** A copy of a project whose image is in a registry that there is: it is pushed there, as another team does. */
export async function copyWithImage(folder: string): Promise<Copy> {
  const copy = await copyOf(folder, () => Promise.resolve(true));
  const path = join(copy.folder, 'config.json');
  const text = (await readFile(path, 'utf8')).replace('registry.example/', `${registryHost()}/`);
  await writeFile(path, text);
  const { image } = JSON.parse(text) as { image: string };
  const builder = connectEngine({ socketPath: new URL(requireEnv('BUILDER_HOST')).pathname });
  try {
    await pushElsewhere(builder, image, basename(folder));
  } finally {
    await builder.close();
  }
  return copy;
}

/** At its root or one below, and ours: another program's is part of the source. */
async function isOurs(folder: string, path: string): Promise<boolean> {
  if (!/^(?:[^/]+\/)?config\.json$/.test(relative(folder, path))) return false;
  return notServiceConfig(await readFile(path, 'utf8')) === undefined;
}

/** `slipway init`; why it wrote nothing, where it did not. */
export async function initFolder(folder: string): Promise<Deployment['error']> {
  const { code, out } = await slipway('init', folder, '--json');
  const { error } = answerOf(out) as CommandError;
  if (code !== 0 && error === undefined) throw new Error(`slipway init ended with ${code}: ${out}`);
  return error;
}

interface CommandError {
  readonly error?: Pick<TaskError, 'code' | 'message' | 'hint'>;
}

/** Deploys a folder by the command, as a user does. */
export async function deployFolder(folder: string, client: Client): Promise<Deployment> {
  const appId = uniqueName('source');
  const begunAt = performance.now();
  const { out } = await slipway('deploy', folder, '--app', appId, '--timeout', String(SECONDS), '--json');
  const seconds = (performance.now() - begunAt) / 1000;
  const answer = answerOf(out);
  const { data: reply } = deploymentReplied.schema.safeParse(answer);
  if (reply !== undefined) return { appId, seconds, ...(await known(reply, client)) };
  const { error } = answer as CommandError;
  if (error === undefined) throw new Error(`slipway deploy gave neither a reply nor an error: ${out}`);
  return { appId, error, detected: [], events: [], seconds };
}

/** The same source without the command, which may have refused it itself. */
export async function deployZip(folder: string, service: string, client: Client): Promise<Deployment> {
  const appId = uniqueName('source');
  const begunAt = performance.now();
  await client.pushBlob(`${appId}--${service}.zip`, await zipFolder(await sentFolder(folder)));
  const reply = await client.ask({ mode: 'build-and-run', appId, services: [service] });
  return { appId, seconds: (performance.now() - begunAt) / 1000, ...(await known(reply, client)) };
}

async function known(
  reply: DeploymentReply,
  client: Client,
): Promise<Pick<Deployment, 'reply' | 'error' | 'detected' | 'events'>> {
  const { token, status, services, error } = reply;
  await client.event(token, status ? 'TaskSucceeded' : 'TaskFailed');
  const detected = client.events
    .filter(({ data }) => data.token === token && data.event === 'SourceFetched')
    .flatMap(({ data: { data } }) => (typeof data['detected'] === 'string' ? data['detected'] : []));
  const why = services.find((service) => service.error !== undefined)?.error ?? error;
  return { reply, error: why, detected: [...new Set(detected)], events: client.eventsOf(token) };
}

export async function stopDeployment({ appId, reply }: Deployment, client: Client): Promise<void> {
  const services = reply?.services.map(({ name }) => name) ?? [];
  if (services.length > 0) await client.ask({ mode: 'stop', appId, services });
}
