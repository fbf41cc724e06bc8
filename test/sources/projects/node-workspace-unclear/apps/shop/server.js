require('node:http').createServer((q, a) => a.end('shop')).listen(process.env.PORT);
