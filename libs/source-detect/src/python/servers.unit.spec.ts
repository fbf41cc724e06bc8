import { describe, expect, it } from 'vitest';
import { command, FLASK, plan } from './python.testing.js';

describe('the server', () => {
  const wsgi = (server: string) => command({ 'requirements.txt': `flask\n${server}\n`, 'app.py': FLASK });
  const asgi = (server: string) =>
    command({
      'requirements.txt': `starlette\n${server}\n`,
      'app.py': 'from starlette.applications import Starlette\napp = Starlette()\n',
    });

  it.each([
    ['gunicorn', 'gunicorn --bind 0.0.0.0:8000 app:app'],
    ['waitress', 'waitress-serve --listen=0.0.0.0:8000 app:app'],
    ['hypercorn', 'hypercorn --bind 0.0.0.0:8000 app:app'],
    ['granian', 'granian --interface wsgi --host 0.0.0.0 --port 8000 app:app'],
    ['uvicorn', 'gunicorn --bind 0.0.0.0:8000 app:app'],
  ])('of a WSGI app with %s', (server, expected) => {
    expect(wsgi(server)).toBe(expected);
  });

  it.each([
    ['uvicorn[standard]', 'uvicorn --host 0.0.0.0 --port 8000 app:app'],
    ['Hypercorn', 'hypercorn --bind 0.0.0.0:8000 app:app'],
    ['daphne', 'daphne -b 0.0.0.0 -p 8000 app:app'],
    ['granian', 'granian --interface asgi --host 0.0.0.0 --port 8000 app:app'],
    ['gunicorn\nuvicorn', 'uvicorn --host 0.0.0.0 --port 8000 app:app'],
    ['gunicorn', 'uvicorn --host 0.0.0.0 --port 8000 app:app'],
  ])('of an ASGI app with %s', (server, expected) => {
    expect(asgi(server)).toBe(expected);
  });

  it('is there where a framework brings it', () => {
    const fastapi = {
      'requirements.txt': 'fastapi[standard]\n',
      'main.py': 'import fastapi\napi = fastapi.FastAPI()\n',
    };
    expect(plan(fastapi).install).toHaveLength(1);
    expect(command(fastapi)).toBe('uvicorn --host 0.0.0.0 --port 8000 main:api');
  });

  it('is the script itself where it listens for others on the port', () => {
    const itself = `${FLASK}if __name__ == "__main__":\n    app.run(host="0.0.0.0", port=int(os.environ["PORT"]))\n`;
    expect(command({ 'requirements.txt': 'flask\n', 'app.py': itself })).toBe('python app.py');
    expect(command({ 'requirements.txt': 'flask\ngunicorn\n', 'app.py': itself })).toContain('gunicorn');
    const local = `${FLASK}if __name__ == "__main__":\n    app.run(debug=True)\n`;
    expect(command({ 'requirements.txt': 'flask\n', 'app.py': local })).toContain('gunicorn');
  });
});
