import { chmod, lstat, mkdir, rename, writeFile } from 'node:fs/promises';
import { marks } from '../domain/operations.js';
import { type ConfigInput, haproxyConfig } from './haproxy-config.js';
import { marksMap, optionsMap, routesMap } from './haproxy-maps.js';
import { filesIn } from './haproxy-settings.js';

/** Nobody else may read the requests' addresses, or command HAProxy. */
export async function ownFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid } = await lstat(folder);
  if (uid !== process.getuid?.())
    throw new Error(`GATEWAY_FOLDER: ${folder} belongs to another user; expected one of this process`);
  await chmod(folder, 0o700);
}

/** Writes the maps and haproxy.cfg. The one before stays where `validate` rejects the new one. */
export async function writeFiles(
  input: ConfigInput,
  validate: (config: string) => Promise<void>,
): Promise<void> {
  const { carrying } = input;
  const { config, routes, options, marks: markFiles } = filesIn(input.settings.folder);
  const next = `${config}.next`;
  await writeFile(routes, routesMap(carrying), { mode: 0o600 });
  await writeFile(options, optionsMap(carrying), { mode: 0o600 });
  for (const mark of marks) await writeFile(markFiles[mark], marksMap(carrying, mark), { mode: 0o600 });
  await writeFile(next, haproxyConfig(input), { mode: 0o600 });
  await validate(next);
  await rename(next, config);
}
