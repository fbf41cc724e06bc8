import { describe, expect, it } from 'vitest';
import { command, type Files, FLASK, MAIN, plan, WSGI } from './python.testing.js';

describe('the app', () => {
  const BASE = { 'requirements.txt': 'flask\ngunicorn\nuvicorn\n' };
  const CASES: readonly (readonly [string, Files, string])[] = [
    ['in a file of any name', { 'shop.py': FLASK }, `${WSGI} shop:app`],
    [
      'with a type, of another name',
      { 'app.py': 'import flask\nsite: flask.Flask = flask.Flask(__name__)\n' },
      `${WSGI} app:site`,
    ],
    [
      'of a factory that is called',
      { 'notes.py': 'from app import create_app\napp = create_app()\n', 'app/__init__.py': '' },
      `${WSGI} notes:app`,
    ],
    [
      'of a factory in a package',
      { 'shop/__init__.py': 'from flask import Flask\ndef create_app(config=None):\n  pass\n' },
      `${WSGI} shop:create_app()`,
    ],
    [
      'in wsgi.py that imports it',
      { 'wsgi.py': 'from shop import app as application\n', 'shop/__init__.py': '' },
      `${WSGI} wsgi:application`,
    ],
    ['in a package', { 'shop/__init__.py': '', 'shop/main.py': FLASK }, `${WSGI} shop.main:app`],
    ['below src', { 'src/shop/__init__.py': '', 'src/shop/web.py': FLASK }, `${WSGI} shop.web:app`],
    ['of Bottle', { 'app.py': 'import bottle\napp = bottle.default_app()\n' }, `${WSGI} app:app`],
    [
      'of Falcon by ASGI',
      { 'app.py': 'import falcon.asgi\napp = falcon.asgi.App()\n' },
      'uvicorn --host 0.0.0.0 --port 8000 app:app',
    ],
    ['of Falcon', { 'app.py': 'import falcon\napp = falcon.App()\n' }, `${WSGI} app:app`],
    [
      'of Litestar',
      { 'app.py': 'from litestar import Litestar\napp = Litestar([])\n' },
      'uvicorn --host 0.0.0.0 --port 8000 app:app',
    ],
    [
      'of Sanic',
      { 'server.py': 'from sanic import Sanic\napp = Sanic("x")\n' },
      'sanic server:app --host=0.0.0.0 --port=8000 --single-process',
    ],
    ['by hand', { 'app.py': 'def simple(environ, start_response):\n    pass\n' }, `${WSGI} app:simple`],
    [
      'by hand, async',
      { 'app.py': 'async def app(scope, receive, send):\n    pass\n' },
      'uvicorn --host 0.0.0.0 --port 8000 app:app',
    ],
    [
      'of Dash',
      { 'app.py': 'from dash import Dash\napp = Dash()\nserver = app.server\n' },
      `${WSGI} app:server`,
    ],
    [
      'in a package that hides a file',
      { 'app.py': FLASK, 'app/__init__.py': '', 'app/web.py': FLASK },
      `${WSGI} app.web:app`,
    ],
    ['not in the tests', { 'tests/app.py': FLASK, 'main.py': MAIN }, 'python main.py'],
  ];

  it.each(CASES)('%s', (_, files, expected) => {
    expect(command({ ...BASE, ...files })).toBe(expected);
  });

  it('of aiohttp is its script, or gunicorn with its worker', () => {
    const aiohttp = { 'main.py': `from aiohttp import web\napp = web.Application()\n${MAIN}` };
    expect(command({ ...aiohttp, 'requirements.txt': 'aiohttp\n' })).toBe('python main.py');
    expect(command({ ...aiohttp, 'requirements.txt': 'aiohttp\ngunicorn\n' })).toBe(
      `${WSGI} --worker-class aiohttp.GunicornWebWorker main:app`,
    );
  });

  it('of Chainlit ended at once: a command of its own loads it', () => {
    const files = { 'requirements.txt': 'chainlit\n', 'app.py': 'import chainlit as cl\n' };
    expect(command(files)).toBe('chainlit run app.py --host 0.0.0.0 --port 8000 --headless');
  });

  it('of Dash without `server` listened on 127.0.0.1: its environment names another', () => {
    const text = 'from dash import Dash\napp = Dash()\nif __name__ == "__main__":\n    app.run()\n';
    const dash = plan({ 'requirements.txt': 'dash\n', 'app.py': text });
    expect([dash.command, dash.env]).toMatchObject([['python', 'app.py'], { HOST: '0.0.0.0' }]);
  });

  it('of Streamlit and of Gradio is started by their usual commands', () => {
    expect(command({ 'requirements.txt': 'streamlit\n', 'Home.py': 'import streamlit as st\n' })).toBe(
      'streamlit run Home.py --server.port 8000 --server.address 0.0.0.0 --server.headless true',
    );
    const gradio = plan({ 'requirements.txt': 'gradio\n', 'app.py': 'import gradio as gr\ndemo.launch()\n' });
    expect(gradio.command).toEqual(['python', 'app.py']);
    expect(gradio.env).toMatchObject({ GRADIO_SERVER_NAME: '0.0.0.0', GRADIO_SERVER_PORT: '8000' });
  });

  it('is found by PYTHONPATH where it imports what lies beside it by a bare name', () => {
    const beside = plan({ ...BASE, 'api/main.py': `${FLASK}from models import Book\n`, 'api/models.py': '' });
    expect([beside.env['PYTHONPATH'], beside.command?.at(-1)]).toEqual(['/app/api', 'main:app']);
    const named = plan({
      ...BASE,
      'api/main.py': `${FLASK}from api.models import Book\n`,
      'api/models.py': '',
    });
    expect([named.env['PYTHONPATH'], named.command?.at(-1)]).toEqual([undefined, 'api.main:app']);
  });

  it('of a script within a package is started by its name', () => {
    expect(command({ 'bot/__init__.py': '', 'bot/__main__.py': 'from . import run\n' })).toBe(
      'python -m bot',
    );
  });

  it('is refused where nothing shows it, by the field that would say it', () => {
    expect(() => plan({ 'requirements.txt': 'flask\n', 'shapes/square.py': 'SIDE = 2\n' })).toThrow(
      'config.json: command: nothing shows how the service starts',
    );
  });
});
