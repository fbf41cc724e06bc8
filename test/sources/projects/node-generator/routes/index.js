const express = require('express');

const router = express.Router();
router.get('/', (request, response) => response.send('Started by bin/www'));
module.exports = router;
