import { openGateway } from '../adapters/gateway.js';
import { certificateLines, isWell } from '../domain/certificate-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';

/** Shows the certificates of the gateway. 2 where one is missing or was not renewed, else 0. */
export async function certificates(output: Output): Promise<ExitCode> {
  const all = await openGateway().certificates();
  output.answer({ items: all }, certificateLines(all, output.paint));
  return all.every(isWell) ? exitCodes.ok : exitCodes.changes;
}
