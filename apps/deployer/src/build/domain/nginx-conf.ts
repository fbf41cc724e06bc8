/** Where the configuration of a site's web server lies in its build context. */
export const NGINX_CONF = '.slipway/nginx.conf';

/** nginx as nobody in particular: everything that it writes lies in /tmp. */
export function nginxConf(port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path /tmp/${name};`,
  );
  return `worker_processes 1;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  sendfile on;
${temporary.join('\n')}
  server {
    listen ${port};
    root /srv/site;
    location ~ /\\. { deny all; }
    location = /config.json { deny all; }
  }
}
`;
}
