import { appIdSchema } from '#libs/contracts';
import { openNodeManager } from '../adapters/node-manager.js';
import { tableLines } from '../domain/table.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { valid } from './push.js';

/** What runs where, of one application or of all. */
export async function status(appId: string | undefined, output: Output): Promise<ExitCode> {
  if (appId !== undefined) valid(appIdSchema, appId);
  const instances = await openNodeManager().instances(appId);
  output.data(instances);
  const rows = instances.map((i) => [i.appId, i.service, i.state, i.node, i.url, i.release]);
  if (rows.length === 0)
    output.line(
      `Nothing runs${appId === undefined ? '' : ` of ${appId}`}. next: slipway deploy <dir> --app ${appId ?? '<id>'}`,
    );
  else
    for (const line of tableLines(['APP', 'SERVICE', 'STATE', 'NODE', 'URL', 'RELEASE'], rows))
      output.line(line);
  return exitCodes.ok;
}
