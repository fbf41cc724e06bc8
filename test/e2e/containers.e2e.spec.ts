import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '#libs/testing';
import { inWhole } from '../short-form.js';
import { Client, greeter } from './client.js';
import { answering } from './services.js';

/** Left out of the short form: further settings of a container, a deployment each. */
const whole = inWhole('e2e');

const client = new Client();
const apps: string[] = [];
beforeAll(() => client.connect());
afterAll(async () => {
  for (const appId of apps) await client.ask({ mode: 'stop', appId, services: ['web'] });
  await client.close();
});

/** Deploys one service of these files, and gives what it answers. */
async function answerOf(files: Readonly<Record<string, string>>): Promise<string> {
  const appId = uniqueName('container');
  apps.push(appId);
  await client.push(appId, 'web', files);
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  expect(reply.services[0]?.error).toBeUndefined();
  return (await fetch(String(reply.services[0]?.instances[0]?.url))).text();
}

/** A service of Node.js that answers with what this expression comes to. */
const telling = (expression: string, config: object = {}): Record<string, string> => ({
  ...greeter('', config),
  'server.js': answering(`answer.end(String(${expression}))`),
});

const SQLITE = `
import http.server, os, pathlib, pwd, sqlite3

class Notes(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with sqlite3.connect('notes.sqlite3') as database:
            database.execute('create table if not exists notes (text)')
            database.execute("insert into notes values ('kept')")
            notes = database.execute('select text from notes').fetchall()
        pathlib.Path('uploads').mkdir(exist_ok=True)
        pathlib.Path.home().joinpath('.cache').mkdir(exist_ok=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{notes[0][0]} {pwd.getpwuid(os.getuid()).pw_name}".encode())

http.server.HTTPServer(('', int(os.environ['PORT'])), Notes).serve_forever()
`;
it('case 18: a service that kept SQLite and uploads in its own folder could not open its file', async () => {
  const config = { runtime: 'python', command: ['python3', 'server.py'] };
  expect(await answerOf({ ...greeter('', config), 'server.py': SQLITE })).toBe('kept slipway');
});

whole.describe('case 20: an image that must be process 1', () => {
  const own = {
    Dockerfile: 'FROM slipway/node:24\nCOPY server.js /\nUSER 10001\nCMD ["node", "/server.js"]\n',
  };
  const config = { runtime: 'dockerfile', command: undefined };

  it('always got an init before it: with init false it is process 1', async () => {
    expect(await answerOf({ ...telling('process.pid', { ...config, init: false }), ...own })).toBe('1');
    expect(await answerOf({ ...telling('process.pid', config), ...own })).not.toBe('1');
  });
});

describe('a container', () => {
  const writes = (path: string): string =>
    `(() => { try { require('node:fs').writeFileSync('${path}/x', ''); return 'written'; } catch (e) { return e.code; } })()`;
  const all = `[${['/app', '/tmp', '/run/app'].map(writes).join(', ')}]`;

  it('that is read-only writes into /tmp and tmpfs alone', async () => {
    expect(await answerOf(telling(all, { readOnly: true, tmpfs: ['/run/app'] }))).toBe(
      'EROFS,written,written',
    );
  });

  whole.it('has a writable working folder and no other folder by itself', async () => {
    expect(await answerOf(telling(all))).toBe('written,written,ENOENT');
  });

  whole.it('runs as the user and in the folder that are named', async () => {
    const config = { user: '65534:65534', workdir: '/tmp', command: ['node', '/app/server.js'] };
    expect(await answerOf(telling('[process.getuid(), process.cwd()]', config))).toBe('65534,/tmp');
  });
});
