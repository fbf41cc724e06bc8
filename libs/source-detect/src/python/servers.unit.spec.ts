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

  it('a server that only a constraint names was started, and was not installed', () => {
    const files = {
      'requirements.txt': '-c limits.txt\nflask\n',
      'limits.txt': 'waitress==3.0.2\n',
      'app.py': FLASK,
    };
    expect(command(files)).toBe('gunicorn --bind 0.0.0.0:8000 app:app');
    expect(plan(files).install).toHaveLength(2);
  });

  it.each([
    ['waitress; sys_platform == "win32"', 'gunicorn'],
    ["waitress==3.0.2 ; platform_system=='Windows' and python_version >= '3.9'", 'gunicorn'],
    ['waitress; os_name == "nt"', 'gunicorn'],
    ['waitress; sys_platform != "linux"', 'gunicorn'],
    ['waitress; sys_platform == "linux"', 'waitress-serve'],
    ['waitress; sys_platform != "win32"', 'waitress-serve'],
    ['waitress; sys_platform == "win32" or sys_platform == "linux"', 'waitress-serve'],
    ['waitress; python_version >= "3.8"', 'waitress-serve'],
  ])('one of another system was started, and was not installed: %s', (line, server) => {
    expect(wsgi(line)).toMatch(new RegExp(`^${server} `));
  });

  it.each([
    ['markers = "sys_platform == \'win32\'"', 'gunicorn'],
    ['markers = "sys_platform == \'linux\'"', 'waitress-serve'],
    ['optional = true', 'gunicorn'],
  ])('one that Poetry does not install was started: %s', (field, server) => {
    const pyproject = `[tool.poetry.dependencies]\nflask = "3"\nwaitress = { version = "3", ${field} }\n`;
    expect(command({ 'pyproject.toml': pyproject, 'poetry.lock': '', 'app.py': FLASK })).toMatch(
      new RegExp(`^${server} `),
    );
  });

  it('one for development in a Pipfile.lock was started, and was not installed', () => {
    const lock = (part: string) =>
      JSON.stringify({ _meta: {}, default: { flask: {} }, [part]: { waitress: {} } }, undefined, 4);
    expect(command({ 'Pipfile.lock': lock('develop'), 'app.py': FLASK })).toMatch(/^gunicorn /);
    const both = JSON.stringify({ default: { flask: {}, waitress: {} }, develop: {} });
    expect(command({ 'Pipfile.lock': both, 'app.py': FLASK })).toMatch(/^waitress-serve /);
  });

  it('is the script itself where it listens for others on the port', () => {
    const itself = `${FLASK}if __name__ == "__main__":\n    app.run(host="0.0.0.0", port=int(os.environ["PORT"]))\n`;
    expect(command({ 'requirements.txt': 'flask\n', 'app.py': itself })).toBe('python app.py');
    expect(command({ 'requirements.txt': 'flask\ngunicorn\n', 'app.py': itself })).toContain('gunicorn');
    const local = `${FLASK}if __name__ == "__main__":\n    app.run(debug=True)\n`;
    expect(command({ 'requirements.txt': 'flask\n', 'app.py': local })).toContain('gunicorn');
  });
});
