import { describe, expect, it } from 'vitest';
import { type ContainerSpec, createOptions } from './container-spec.js';

const spec = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  ...{ name: 'c', image: 'a:1', env: {}, labels: {}, memoryMiB: 64, cpu: 0.5 },
  ...more,
});

describe('what a container is made of', () => {
  it('case 21: of a worker no port is published', () => {
    const options = createOptions(spec());
    expect(options).not.toHaveProperty('ExposedPorts');
    expect(options.HostConfig).not.toHaveProperty('PortBindings');
    const published = createOptions(spec({ containerPort: 80, hostPort: 20_000 }));
    expect(published.HostConfig?.PortBindings).toEqual({ '80/tcp': [{ HostPort: '20000' }] });
  });

  it('case 20: an image that must be process 1 is given no init', () => {
    expect(createOptions(spec()).HostConfig?.Init).toBe(true);
    expect(createOptions(spec({ init: false })).HostConfig?.Init).toBe(false);
  });

  it('is the user and the folder of the image where nothing is said', () => {
    const options = createOptions(spec());
    for (const field of ['User', 'WorkingDir']) expect(options).not.toHaveProperty(field);
    expect(createOptions(spec({ user: '1000:1000', workdir: '/srv' }))).toMatchObject({
      User: '1000:1000',
      WorkingDir: '/srv',
    });
  });

  it('has volumes by name', () => {
    expect(createOptions(spec()).HostConfig).not.toHaveProperty('Mounts');
    const volumes = [{ volume: 'slipway.shop.web.data', path: '/app/data' }];
    expect(createOptions(spec({ volumes })).HostConfig?.Mounts).toEqual([
      { Type: 'volume', Source: 'slipway.shop.web.data', Target: '/app/data' },
    ]);
  });

  it('has folders in memory, and where nothing else can be written, /tmp is one of them', () => {
    expect(createOptions(spec()).HostConfig).not.toHaveProperty('Tmpfs');
    const tmpfs = createOptions(spec({ tmpfs: ['/run/app'] })).HostConfig?.Tmpfs as object;
    expect(Object.keys(tmpfs)).toEqual(['/run/app']);
    const { HostConfig } = createOptions(spec({ readOnly: true, tmpfs: ['/run/app'] }));
    expect(HostConfig?.ReadonlyRootfs).toBe(true);
    expect(Object.keys(HostConfig?.Tmpfs as object)).toEqual(['/run/app', '/tmp']);
  });
});
