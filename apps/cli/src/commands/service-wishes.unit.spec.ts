import { describe, expect, it } from 'vitest';
import { serviceWishes } from './service-wishes.js';

describe('what is asked for of each service', () => {
  it('is its name alone, when no option says more', () => {
    expect(serviceWishes(['web', 'db'])).toEqual([{ name: 'web' }, { name: 'db' }]);
  });

  it('has the services that must have succeeded first, from one option or several, each once', () => {
    const depends = ['web=db,cache', 'web=db', 'cache=db'];
    expect(serviceWishes(['web', 'cache', 'db'], { depends })).toEqual([
      { name: 'web', dependsOn: ['db', 'cache'] },
      { name: 'cache', dependsOn: ['db'] },
      { name: 'db' },
    ]);
  });

  it('finds the service that an option means by either spelling', () => {
    const options = { depends: ['user-service=my_db'], replicas: ['my-db=2', 'user_service=3'] };
    expect(serviceWishes(['user_service', 'my_db'], options)).toEqual([
      { name: 'user_service', replicas: 3, dependsOn: ['my_db'] },
      { name: 'my_db', replicas: 2 },
    ]);
    expect(() => serviceWishes(['my_db'], { replicas: ['my_db=1', 'my-db=2'] })).toThrow(
      '--replicas names my_db twice',
    );
  });

  it.each(['web', 'web=', '=db', 'web=db=x', 'web=db,', 'Web=db'])('refuses --depends %s', (text) => {
    expect(() => serviceWishes(['web', 'db'], { depends: [text] })).toThrow(
      `--depends is ${JSON.stringify(text)}: it must be such as web=db`,
    );
  });

  it('refuses an order of a service that is not asked for: it would be left out without a word', () => {
    expect(() => serviceWishes(['web'], { depends: ['site=web'] })).toThrow('--depends names site');
  });

  it.each([
    [['web'], ['2', 'web=3']],
    [
      ['web', 'db'],
      ['web=2', 'db=1', 'web=2'],
    ],
  ])('of two counts of one service the last one won silently: %j %j is refused', (names, replicas) => {
    expect(() => serviceWishes(names, { replicas })).toThrow('--replicas names web twice');
  });

  it('refuses one release for several services', () => {
    expect(() => serviceWishes(['web', 'db'], { release: 'r1' })).toThrow(
      '--release needs exactly one service',
    );
    expect(serviceWishes(['web'], { release: 'r1' })).toEqual([{ name: 'web', release: 'r1' }]);
  });
});
