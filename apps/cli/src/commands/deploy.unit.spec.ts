import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Output } from '../output.js';
import { checkedFolders } from './deploy.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-cli-'));
  for (const [name, config] of [
    ['api', { runtime: 'static', port: 8080 }],
    ['config', { development: { password: 'hunter2' } }],
  ] as const) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'config.json'), JSON.stringify(config));
  }
});
afterEach(() => rm(folder, { recursive: true }));

function recordingOutput(): { readonly output: Output; readonly said: string[] } {
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text) } as never;
  return { output: new Output({ json: false, out: stream, err: stream }), said };
}

describe('a folder with the config.json of another program beside the services', () => {
  it('failed the deploy: it is passed over, and said with its reason', async () => {
    const { output, said } = recordingOutput();
    const { services } = await checkedFolders(folder, [], output);
    expect(services.map(({ name }) => name)).toEqual(['api']);
    expect(said).toEqual([
      'passed over config: its config.json has no runtime, so it is not that of a service\n',
    ]);
  });

  it('asked for by name is refused, with the reason', async () => {
    const hint = expect.stringMatching(/It has api\. config was passed over: .* no runtime/) as string;
    const asked = checkedFolders(folder, ['config'], recordingOutput().output);
    await expect(asked).rejects.toMatchObject({ code: 'NO_SERVICE', hint });
  });
});
