import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestFolder } from '../adapters/service-folder.testing.js';
import { Output } from '../output.js';
import { checkedFolders } from './deploy.js';

let folder: TestFolder;
beforeEach(async () => {
  folder = await TestFolder.make();
  await folder.service('api', '{"runtime": "static", "port": 8080}');
  await folder.service('config', '{"development": {"password": "hunter2"}}');
});
afterEach(() => folder.remove());

function recordingOutput(): { readonly output: Output; readonly said: string[] } {
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text) } as never;
  return { output: new Output({ json: false, out: stream, err: stream }), said };
}

describe('a folder with the config.json of another program beside the services', () => {
  it('failed the deploy: it is passed over, and said with its reason', async () => {
    const { output, said } = recordingOutput();
    const { services } = await checkedFolders(folder.path, [], output);
    expect(services.map(({ name }) => name)).toEqual(['api']);
    expect(said).toEqual([
      'passed over config: its config.json has no runtime, so it is not that of a service\n',
    ]);
  });

  it('asked for by name is refused, with the reason', async () => {
    const hint = expect.stringMatching(/It has api\. config was passed over: .* no runtime/) as string;
    const asked = checkedFolders(folder.path, ['config'], recordingOutput().output);
    await expect(asked).rejects.toMatchObject({ code: 'NO_SERVICE', hint });
  });
});
