/** A config.json of the older form, with absolute paths as users of the first deployer write them. */
export const olderConfig = {
  language: 'python:3.10-alpine',
  workdir: '/myapp',
  port: '8000',
  command: 'python3 /myapp/s1.py',
  packages_file_path: '/myapp/requirements.txt',
  package_installation_cmd: 'pip install -r /myapp/requirements.txt',
} as const;
