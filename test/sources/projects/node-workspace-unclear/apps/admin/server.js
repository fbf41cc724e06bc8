require('node:http').createServer((q, a) => a.end('admin')).listen(process.env.PORT);
