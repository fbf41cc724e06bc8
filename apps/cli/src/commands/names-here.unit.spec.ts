import { expect, it } from 'vitest';
import { namesHere } from './names-here.js';

function named(written: { readonly appId?: string; readonly service?: string }) {
  const said: string[] = [];
  return { here: namesHere(written, { aside: (text) => void said.push(text) }), said };
}

it('a command takes either spelling of a name, and says which it has here', () => {
  expect(named({ appId: 'my_app', service: 'user_service' })).toEqual({
    here: { appId: 'my-app', service: 'user-service' },
    said: ['application my_app is named my-app here', 'service user_service is named user-service here'],
  });
});

it('what is written as it is here, or left out, is not worth a word', () => {
  expect(named({ appId: 'my-app' })).toEqual({ here: { appId: 'my-app' }, said: [] });
});
