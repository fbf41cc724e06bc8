import { request } from 'node:http';

/** One call of a local engine's HTTP API; the answer's body as text. Throws on a status of 400 or more. */
export function engineCall(
  socketPath: string,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const call = request({ socketPath, method, path, headers, timeout: 30_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const said = Buffer.concat(chunks).toString();
        const status = response.statusCode ?? 0;
        if (status < 400) resolve(said);
        else reject(new Error(`${method} ${path}: ${status} ${said}`));
      });
    });
    call.once('timeout', () => call.destroy(new Error(`${method} ${path}: no answer in 30 s`)));
    call.once('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export async function engineAnswers(socketPath: string): Promise<boolean> {
  return engineCall(socketPath, 'GET', '/_ping').then(
    (body) => body === 'OK',
    () => false,
  );
}

/** Removes every container, running or not; returns how many. */
export async function removeContainers(socketPath: string): Promise<number> {
  const listed = JSON.parse(await engineCall(socketPath, 'GET', '/containers/json?all=1')) as {
    readonly Id: string;
  }[];
  await Promise.all(
    listed.map(({ Id }) => engineCall(socketPath, 'DELETE', `/containers/${Id}?force=1&v=1`)),
  );
  return listed.length;
}
