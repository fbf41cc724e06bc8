import { describe, expect, it } from 'vitest';
import { treeOf } from '../source-tree.js';
import { foundPort, portInWords } from './found-port.js';

const node = (text: string): string | undefined => said({ 'server.js': text }, 'node');
const python = (text: string): string | undefined => said({ 'app.py': text }, 'python');

function said(files: Readonly<Record<string, string>>, runtime: string): string | undefined {
  const found = foundPort(treeOf(files), runtime);
  return found && `${found.value}, by ${found.by}`;
}

describe('a port in the source', () => {
  it.each([
    "app.listen(3000, () => console.log('up'))",
    'const port = process.env.PORT || 3000;',
    "const port = process.env.PORT ?? '3000';",
    'const PORT = Number(process.env.PORT) || 3000',
    'const port = parseInt(process.env.PORT, 10) || 3000;',
    "var port = normalizePort(process.env.PORT || '3000');",
    'const port = 3000;',
    'await fastify.listen({ host: "0.0.0.0", port: 3000 })',
    'serve({ fetch: app.fetch, port: 3000 })',
    'const { PORT = 3000 } = process.env;',
    'server.listen(process.env["PORT"] || 3000)',
  ])('of Node.js: %s', (text) => {
    expect(node(text)).toBe('3000, by server.js, line 1');
  });

  it.each([
    'app.run(host="0.0.0.0", port=5000)',
    'app.run(debug=True, port=int(os.environ.get("PORT", 5000)))',
    "port = int(os.getenv('PORT', '5000'))",
    'port = int(os.environ.get("PORT") or 5000)',
    'uvicorn.run("main:app", host="0.0.0.0", port=5000)',
    'serve(app, host="0.0.0.0", port=5000)',
    'HTTPServer(("", 5000), Handler).serve_forever()',
    'web.run_app(app, port=5000)',
    'PORT: int = 5000',
  ])('of Python: %s', (text) => {
    expect(python(text)).toBe('5000, by app.py, line 1');
  });

  it.each([
    ['go', 'main.go', 'log.Fatal(http.ListenAndServe(":8090", nil))'],
    ['go', 'main.go', 'r.Run("0.0.0.0:8090")'],
    ['ruby', 'app.rb', 'set :port, 8090'],
    ['ruby', 'app.rb', 'port ENV.fetch("PORT") { 8090 }'],
    ['java', 'Main.java', 'HttpServer.create(new InetSocketAddress(8090), 0);'],
  ])('of %s: %s: %s', (runtime, file, text) => {
    expect(said({ [file]: text }, runtime)).toBe(`8090, by ${file}, line 1`);
  });

  it('of Spring Boot, in its properties', () => {
    const file = 'src/main/resources/application.properties';
    expect(said({ [file]: 'a=b\nserver.port=${PORT:8081}\n' }, 'java')).toBe(`8081, by ${file}, line 2`);
  });

  it('is the default of the framework where its call names none', () => {
    expect(python('app = Flask(__name__)\napp.run(debug=True)')).toBe(
      '5000, by app.py, the default of Flask',
    );
    expect(python('import uvicorn\nuvicorn.run(app)')).toBe('8000, by app.py, the default of uvicorn');
  });

  it('is that of the file which a service begins with', () => {
    const files = {
      'a/mock.js': 'x.listen(9999)',
      'src/index.ts': '\napp.listen(4000)',
      'test/b.js': 'a.listen(1234)',
    };
    expect(said(files, 'node')).toBe('4000, by src/index.ts, line 2');
  });

  it.each([
    '// app.listen(3000)',
    'db.connect({ host: "db", port: 5432 })',
    'server.listen(0)',
    'server.listen(process.env.PORT)',
    'const port = 99999;',
    'const version = 3000.5; x.listen(3000.5)',
  ])('is not guessed from: %s', (text) => {
    expect(node(text)).toBeUndefined();
  });

  it('is that of a Procfile, a start script, or an example of the environment', () => {
    expect(said({ Procfile: 'web: gunicorn -b 0.0.0.0:8002 app:app' }, 'python')).toBe(
      '8002, by Procfile, line 1',
    );
    const manifest = JSON.stringify({ scripts: { dev: 'x --port 1111', start: 'next start -p 3002' } });
    expect(said({ 'package.json': manifest }, 'node')).toBe('3002, by its start script in package.json');
    expect(said({ '.env.example': 'A=1\nPORT=3003\n' }, 'node')).toBe('3003, by .env.example, line 2');
  });
});

describe('EXPOSE of a Dockerfile', () => {
  it.each([
    ['EXPOSE 8080', 8080],
    ['EXPOSE 8080/tcp 9090', 8080],
    ['FROM a AS build\nEXPOSE 1111\nFROM b\nEXPOSE 2222', 2222],
    ['ENV PORT=3000\nEXPOSE $PORT', 3000],
    ['ARG APP_PORT=3001\nexpose ${APP_PORT}/tcp', 3001],
    ['FROM a\nENV NODE_ENV=production \\\n    PORT=3002\nEXPOSE $PORT', 3002],
    ['FROM a\nEXPOSE ${PORT:-3003}', 3003],
    ['FROM a AS Base\nEXPOSE 3004\nFROM b AS build\nEXPOSE 1\nFROM base', 3004],
    ['FROM a AS base\nEXPOSE 1111\nFROM base\nEXPOSE 3005', 3005],
  ])('%j', (dockerfile, value) => {
    expect(foundPort(treeOf({ Dockerfile: dockerfile }), 'dockerfile')).toEqual({
      value,
      by: 'EXPOSE of Dockerfile',
    });
  });

  it('counts for a Dockerfile only, and gives way to the source where it has none', () => {
    expect(said({ Dockerfile: 'EXPOSE 8080' }, 'node')).toBeUndefined();
    expect(said({ Dockerfile: 'FROM a', 'server.js': 'x.listen(3000)' }, 'dockerfile')).toBe(
      '3000, by server.js, line 1',
    );
  });
});

it.each([
  ['gunicorn -b 0.0.0.0:8000 app:app', 8000],
  ['gunicorn --bind=:8000 app:app', 8000],
  ['uvicorn main:app --host 0.0.0.0 --port 8000', 8000],
  ['python manage.py runserver 0.0.0.0:8000', 8000],
  ['node server.js', undefined],
  ['gunicorn -b 0.0.0.0:$PORT app:app', undefined],
])('the words %j name the port %s', (words, port) => {
  expect(portInWords(words)).toBe(port);
});
