import type { DeploymentReply } from '#libs/contracts';
import { removeSource } from '../adapters/upload.js';
import { beforeSending } from '../before-sending.js';
import { leftOutText } from '../domain/left-out.js';
import { planLines } from '../domain/plan-lines.js';
import { shellWord } from '../domain/shell-word.js';
import type { ProgramContext } from '../command-line.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { deploySettings } from '../settings.js';
import { checkedFolders, sendFolders } from './deploy.js';
import { ask, asQuestion, buildRequest, newToken, type FolderNotes, type Following } from './request.js';
import { serviceWishes, type ServiceOptions, type ServiceWish } from './service-wishes.js';

export interface PlanOptions extends Following, ServiceOptions {
  readonly appId: string;
  /** Of services that are built already, when left out. */
  readonly directory?: string;
  readonly services: readonly string[];
  readonly restart?: boolean;
  readonly confirm?: ProgramContext['confirm'];
}

/** Says what `deploy`, or `run` without a folder, would do, and does nothing. */
export async function plan(options: PlanOptions, output: Output): Promise<ExitCode> {
  if (options.directory === undefined)
    return planOf('run', serviceWishes(options.services, options), options, output);
  const { directory, services: asked, confirm } = options;
  const { services: folders, ...notes } = await checkedFolders(
    { directory, services: asked, confirm },
    output,
  );
  deploySettings();
  // What is planned must not lie where the next build looks for its source.
  const token = newToken();
  const blobOf = (service: string): string => `plans/${token}/${service}.zip`;
  const wishes = serviceWishes(
    folders.map(({ name }) => name),
    options,
  ).map((wish) => ({ ...wish, source: { blob: blobOf(wish.name) } }));
  try {
    const { leftOut } = await beforeSending(options.interrupted, () =>
      sendFolders(folders, blobOf, (sent) => {
        const text = leftOutText(sent.leftOut);
        if (text !== undefined) output.note(`${sent.service}: ${text}`);
      }),
    );
    return await planOf('build-and-run', wishes, options, output, { ...notes, leftOut });
  } finally {
    await Promise.all(wishes.map(({ source }) => removeSource(source.blob)));
  }
}

async function planOf(
  mode: 'run' | 'build-and-run',
  services: readonly ServiceWish[],
  options: PlanOptions,
  output: Output,
  folders: FolderNotes = {},
): Promise<ExitCode> {
  const { appId, timeoutMs, restart } = options;
  const request = buildRequest({ mode, appId, services, timeoutMs, restart, dryRun: true });
  const { reply, elapsedMs } = await ask(asQuestion(request), options, output);
  const changes = changesIn(reply);
  const next = reply.status && changes > 0 ? commandFor(options) : undefined;
  const lines = planLines(reply, output);
  if (next !== undefined) lines.push(`next: ${output.paint.bold(next)}`);
  output.answer({ ...reply, ...folders, changes, elapsedMs: Math.round(elapsedMs), next }, lines);
  if (!reply.status) return exitCodes.failed;
  return changes === 0 ? exitCodes.ok : exitCodes.changes;
}

const changesIn = ({ services }: DeploymentReply): number =>
  services.reduce((sum, { plan: changes = [] }) => sum + changes.length, 0);

function commandFor({
  directory,
  appId,
  services,
  restart,
  depends = [],
  release,
  replicas = [],
}: PlanOptions): string {
  const names = services.map((name) => ` ${name}`).join('');
  const options = [
    ...depends.map((order) => ` --depends ${order}`),
    ...replicas.map((count) => ` --replicas ${count}`),
    restart === true ? ' --restart' : '',
    release === undefined ? '' : ` --release ${release}`,
  ].join('');
  return directory === undefined
    ? `slipway run ${appId}${names}${options}`
    : `slipway deploy ${shellWord(directory)}${names} --app ${appId}${options}`;
}
