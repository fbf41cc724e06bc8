import { describe, expect, it } from 'vitest';
import { missingPackages } from './packages.js';

describe('missingPackages', () => {
  it('names none when every file is there', () => {
    expect(missingPackages(undefined, () => true)).toEqual([]);
  });

  it('names the package of a file that is not there, as apt-get knows it', () => {
    const absent = ['/usr/sbin/dockerd', '/usr/bin/htpasswd'];
    expect(missingPackages(undefined, (path) => !absent.includes(path))).toEqual([
      'docker.io',
      'apache2-utils',
    ]);
  });
});
