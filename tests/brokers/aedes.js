// SPDX-License-Identifier: MIT
// node aedes.js FOLDER PORT: aedes as its own page shows it.
const aedes = require(process.argv[2] + '/node_modules/aedes')()
require('net').createServer(aedes.handle).listen(Number(process.argv[3]), '127.0.0.1')
