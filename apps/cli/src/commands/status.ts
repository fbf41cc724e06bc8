import { appIdSchema } from '#libs/contracts';
import { openNodeManager } from '../adapters/node-manager.js';
import { tableLines } from '../domain/table.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { valid } from './valid.js';

export interface StatusOptions {
  /** Of every application when left out. */
  readonly appId?: string;
  /** Those that have ended, too. */
  readonly all: boolean;
}

/** What runs where. */
export async function status({ appId, all }: StatusOptions, output: Output): Promise<ExitCode> {
  valid({ argument: '<app>', schema: appIdSchema, text: appId });
  const instances = await openNodeManager().instances({ appId, state: all ? undefined : 'running' });
  const rows = instances.map((i) => [i.appId, i.service, i.state, i.node, i.url, i.release, i.instance]);
  const head = ['APP', 'SERVICE', 'STATE', 'NODE', 'URL', 'RELEASE', 'INSTANCE'];
  output.answer(instances, rows.length === 0 ? nothing(appId, output) : tableLines(head, rows));
  return exitCodes.ok;
}

function nothing(appId: string | undefined, { paint }: Output): string[] {
  const what = appId === undefined ? 'Nothing runs.' : `Nothing of ${appId} runs.`;
  return [what, `next: ${paint.bold(`slipway deploy <dir> --app ${appId ?? '<id>'}`)}`];
}
