import { createSocket } from 'node:dgram'
import { parentPort } from 'node:worker_threads'

/** The least that Node can do with a message: back to where it came from, unread. */
const socket = createSocket('udp4')
socket.on('message', (message, from) => socket.send(message, from.port, from.address))
socket.bind(0, '127.0.0.1', () => parentPort?.postMessage(socket.address().port))
