import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { Engine } from '#libs/engine';
import { requireEnv } from '#libs/testing';

/** The registry of the set-up, as a name of an image begins with it. */
export const registryHost = (): string => new URL(requireEnv('REGISTRY_URL')).host;

/**
 * Builds an image beside Slipway and pushes it, as another team does. It answers at port 8080 with the first argument
 * of its program, else with `says`. Gives its digest.
 */
export async function pushElsewhere(builder: Engine, image: string, says: string): Promise<string> {
  const server = `require('node:http').createServer((_, answer) => answer.end(process.argv[2] ?? '${says}')).listen(8080);`;
  const context = pack();
  context.entry(
    { name: 'Dockerfile' },
    'FROM slipway/node:24\nCOPY server.js /\nUSER 1000\nCMD ["node", "/server.js"]\n',
  );
  context.entry({ name: 'server.js' }, server);
  context.finalize();
  await builder.build({ context: context as unknown as Readable, tag: image, labels: {} });
  const { digest } = await builder.push(image, {
    username: requireEnv('REGISTRY_USERNAME'),
    password: requireEnv('REGISTRY_PASSWORD'),
    serveraddress: registryHost(),
  });
  await builder.removeImage(image);
  return digest;
}
